//! Why the namespace of a Route is not known, and what helps.

use krm::finding::Finding;
use krm::resource_list::Item;
use krm::resource_list::bookkeeping::{KUSTOMIZE_ID, OF_CHART};

use crate::rule::Rule;

/// The error about a Route without a namespace, where `reason` says what needs it.
pub(crate) fn missing(route: &Item, reason: &str) -> Finding {
    let message = if route.annotation(OF_CHART).is_some() {
        format!(
            "is not given, as kustomize 5.8 writes the `namespace:` of a kustomization into no object of a chart \
             (kustomize#6058), but {reason}; set spec.namespace of the function"
        )
    } else if route.annotation(KUSTOMIZE_ID).is_some() {
        format!(
            "is not given here, but {reason}; set `namespace:` in the kustomization of the overlay and list the function there, \
             not in its base or in a Component, which come before it; where no overlay sets one, set spec.namespace of the function"
        )
    } else {
        format!(
            "is not given, but {reason}; set `namespace:` in the kustomization of the overlay, give it here, or set \
             spec.namespace of the function"
        )
    };
    Finding::new(Rule::RouteWithoutNamespace, message).on(route).at("metadata.namespace")
}
