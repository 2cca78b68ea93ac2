//! Network policies that let the OpenShift router in.

use krm::field::FieldPath;
use krm::resource_list::Item;
use platforms::{HOST_NETWORK_LABEL, is_router_label};
use serde_json::{Value, json};

use super::adaptation::{Adaptation, objects, strings};
use crate::config::Spec;

/// A peer that is the router becomes one that is the configured ingress controller.
pub(super) fn peers(item: &Item, spec: &Spec, adaptation: &mut Adaptation) {
    if !item.is("networking.k8s.io", "NetworkPolicy") {
        return;
    }
    for (rule_index, rule) in objects(&item.value()["spec"]["ingress"]) {
        let field = FieldPath::from("spec.ingress").index(rule_index).key("from");
        let mut peers = Vec::new();
        for (peer_index, peer) in objects(&rule["from"]) {
            let labels = labels(&peer["namespaceSelector"]);
            if labels.iter().any(|(key, _)| *key == HOST_NETWORK_LABEL) {
                let message = "lets in what runs in the network of OpenShift's hosts; on K3s that needs an ipBlock of the nodes' addresses";
                adaptation.warn(item, field.clone().index(peer_index), message);
                peers.push(peer.clone());
            } else if labels.iter().any(|(key, value)| is_router_label(key, value)) {
                peers.extend(without_router(peer));
                peers.push(controller(spec));
            } else {
                peers.push(peer.clone());
            }
        }
        if rule["from"].as_array().is_some_and(|old| *old != peers) {
            adaptation.edit(item)["spec"]["ingress"][rule_index]["from"] = peers.into();
        }
    }
}

/// The labels by which a selector finds namespaces. One that must only be there has no value.
fn labels(selector: &Value) -> Vec<(&str, &str)> {
    let equal = selector["matchLabels"].as_object().into_iter().flatten();
    let equal = equal.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    let expressions = objects(&selector["matchExpressions"]).flat_map(|(_, expression)| {
        let values = match expression["operator"].as_str() {
            Some("In") => strings(&expression["values"]),
            Some("Exists") => vec![""],
            _ => Vec::new(),
        };
        let key = expression["key"].as_str().unwrap_or_default();
        values.into_iter().map(move |value| (key, value))
    });
    equal.chain(expressions).collect()
}

/// The peer without the namespace of the router, where it is one of several in an expression.
fn without_router(peer: &Value) -> Option<Value> {
    let mut peer = peer.clone();
    let expressions = peer["namespaceSelector"]["matchExpressions"].as_array_mut()?;
    let mut others = false;
    for expression in expressions {
        let key = expression["key"].as_str().unwrap_or_default().to_owned();
        if let Some(values) = expression["values"].as_array_mut() {
            let count = values.len();
            values.retain(|value| value.as_str().is_none_or(|value| !is_router_label(&key, value)));
            others |= (1..count).contains(&values.len());
        }
    }
    others.then_some(peer)
}

/// The pods of the ingress controller. Their labels are expressions, because kustomize's label transformers add
/// labels of the application to `matchLabels` of peers too.
fn controller(spec: &Spec) -> Value {
    let (namespace, app_name) = spec.controller_pods();
    json!({
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "podSelector": {"matchExpressions": [
            {"key": "app.kubernetes.io/name", "operator": "In", "values": [app_name]},
        ]},
    })
}
