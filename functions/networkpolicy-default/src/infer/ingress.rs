//! Ingress.

use krm::resource_list::Item;
use serde_json::Value;

use super::backend::{Backend, controller};
use crate::plan::{Plan, Reason};
use crate::policy::PortReference;

/// The annotation that named the class before `spec.ingressClassName`.
pub(crate) const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// Lets ingress controllers reach what Ingresses lead to.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    for item in plan.cluster.items("networking.k8s.io", "Ingress") {
        if !plan.cluster.settings.protects(item.namespace()) {
            continue;
        }
        let (path, class) = class(plan, item);
        let Some(controller) = controller(plan, item, path, &class) else { continue };
        let peers = plan.cluster.settings.controller_peers(controller);
        for (path, backend) in backends(item.value()) {
            let Some(name) = backend["service"]["name"].as_str() else { continue };
            let port = &backend["service"]["port"];
            let port = PortReference::of(&port["number"]).or_else(|| PortReference::of(&port["name"]));
            Backend { item, path, namespace: None, name, port }.open(plan, Reason::IngressController, &peers);
        }
    }
}

/// The class of an Ingress, and the field that says so.
pub(crate) fn class(plan: &Plan<'_, '_>, item: &Item) -> (&'static str, String) {
    if let Some(class) = item.value()["spec"]["ingressClassName"].as_str() {
        return ("spec.ingressClassName", class.to_owned());
    }
    match item.annotation(CLASS_ANNOTATION) {
        Some(class) => ("metadata.annotations[kubernetes.io/ingress.class]", class.to_owned()),
        None => ("spec.ingressClassName", plan.cluster.settings.spec.default_ingress_class.clone()),
    }
}

/// Every backend of an Ingress with the field it stands in.
fn backends(ingress: &Value) -> Vec<(String, &Value)> {
    let spec = &ingress["spec"];
    let mut backends = vec![("spec.defaultBackend".to_owned(), &spec["defaultBackend"])];
    for (rule, value) in spec["rules"].as_array().into_iter().flatten().enumerate() {
        for (path, value) in value["http"]["paths"].as_array().into_iter().flatten().enumerate() {
            backends.push((format!("spec.rules[{rule}].http.paths[{path}].backend"), &value["backend"]));
        }
    }
    backends
}
