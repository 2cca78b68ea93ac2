//! Annotations for OpenShift on Ingresses of other classes, and traces of its idling.

use krm::field::FieldPath;
use krm::resource_list::Item;

use super::adaptation::{Adaptation, Context, annotations};
use crate::annotations::Meaning;
use crate::rule::Rule;

/// Annotations for the router of OpenShift on Ingresses of another class.
pub(super) fn annotations_for_openshift(item: &Item, _: &Context<'_>, adaptation: &mut Adaptation) {
    if item.is("", "Service") {
        idling(item, adaptation);
    }
    if !item.is("networking.k8s.io", "Ingress") {
        return;
    }
    for (key, _) in annotations(item).filter(|(key, _)| matches!(Meaning::of(key), Meaning::Router | Meaning::Ingress))
    {
        let message = "is read by OpenShift only, and not on an Ingress of this class; take it out, or use annotations of its controller";
        adaptation.report(Rule::IngressForOpenShift, item, FieldPath::annotation(key), message);
    }
}

/// Traces of an idled Service; nothing wakes it up on K3s.
fn idling(item: &Item, adaptation: &mut Adaptation) {
    let is_trace = |key: &str| key.starts_with("idling.alpha.openshift.io/");
    if !annotations(item).any(|(key, _)| is_trace(key)) {
        return;
    }
    adaptation.report(
        Rule::IdledService,
        item,
        "metadata.annotations",
        "was idled by OpenShift; scale its workloads up again, nothing else will",
    );
    adaptation.drop_annotations(item, is_trace);
}
