//! Ingresses that were written for OpenShift, and traces of its idling.

use krm::field::FieldPath;
use krm::resource_list::Item;

use super::adaptation::{Adaptation, annotations, objects};
use crate::config::Spec;
use crate::rule::Rule;

/// The class of OpenShift becomes the configured one; annotations for its router are told.
pub(super) fn classes_and_annotations(item: &Item, spec: &Spec, adaptation: &mut Adaptation) {
    if item.is("", "Service") {
        idling(item, adaptation);
    }
    if !item.is("networking.k8s.io", "Ingress") {
        return;
    }
    if item.value()["spec"]["ingressClassName"] == "openshift-default" {
        adaptation.edit(item)["spec"]["ingressClassName"] = spec.ingress_class_name.clone().into();
    }
    for (key, value) in annotations(item) {
        let field = FieldPath::annotation(key);
        if key == "kubernetes.io/ingress.class" && value == "openshift-default" {
            adaptation.edit(item)["metadata"]["annotations"][key] = spec.ingress_class_name.clone().into();
        } else if key.starts_with("route.openshift.io/") {
            let message = format!(
                "`{value}` tells OpenShift what Route to make of this Ingress; write that Route in its place, and this function converts it"
            );
            adaptation.report(Rule::IngressForOpenShift, item, field, message);
        } else if key.starts_with("haproxy.router.openshift.io/") || key.starts_with("router.openshift.io/") {
            let message = "is read by the router of OpenShift only; write a Route in the place of this Ingress, or use annotations of its controller";
            adaptation.report(Rule::IngressForOpenShift, item, field, message);
        }
    }
    for (index, tls) in objects(&item.value()["spec"]["tls"]) {
        if tls.as_object().is_some_and(serde_json::Map::is_empty) {
            let message = "asks OpenShift for TLS with its own certificate; name hosts and a Secret";
            adaptation.report(Rule::IngressForOpenShift, item, FieldPath::from("spec.tls").index(index), message);
        }
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
