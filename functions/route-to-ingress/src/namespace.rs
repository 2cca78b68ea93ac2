//! Why the namespace of a Route is not known, and what helps.

use krm::finding::Finding;
use krm::resource_list::Item;

use crate::rule::Rule;

/// Marks what comes from a chart; kustomize does so from 5.8 on.
///
/// Source: kustomize `api/internal/utils/annotations.go`, and kustomize#6058 for what comes of it.
const OF_CHART: &str = "internal.config.kubernetes.io/helm-generated";
/// Is on every object that kustomize gives to a function.
const OF_KUSTOMIZE: &str = "kustomize.config.k8s.io/id";

/// The error about a Route without a namespace, where `reason` says what needs it.
pub(crate) fn missing(route: &Item, reason: &str) -> Finding {
    let message = if route.annotation(OF_CHART).is_some() {
        format!(
            "is not given, as kustomize 5.8 writes none into objects of charts (kustomize#6058), but {reason}; set \
             spec.namespace of the function"
        )
    } else if route.annotation(OF_KUSTOMIZE).is_some() {
        format!(
            "is not given here, but {reason}; list the function in the overlay that sets `namespace:`, not in its base or in \
             a Component; where no overlay sets one, set spec.namespace of the function"
        )
    } else {
        format!("is not given, but {reason}; give it, or set spec.namespace of the function")
    };
    Finding::new(Rule::RouteWithoutNamespace, message).on(route).at("metadata.namespace")
}
