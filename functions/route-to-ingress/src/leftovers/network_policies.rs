//! Network policies that let the OpenShift router in.

use krm::field::FieldPath;
use krm::resource_list::Item;
use platforms::{RouterPeer, router_peer};
use serde_json::{Value, json};

use super::adaptation::{Adaptation, objects};
use crate::config::Spec;
use crate::rule::Rule;

/// A peer that is the router becomes one that is the configured ingress controller.
pub(super) fn peers(item: &Item, spec: &Spec, adaptation: &mut Adaptation) {
    if !item.is("networking.k8s.io", "NetworkPolicy") {
        return;
    }
    for (rule_index, rule) in objects(&item.value()["spec"]["ingress"]) {
        let field = FieldPath::from("spec.ingress").index(rule_index).key("from");
        let mut peers = Vec::new();
        for (peer_index, peer) in objects(&rule["from"]) {
            match router_peer(peer) {
                Some(RouterPeer::HostNetwork) => {
                    let message = "lets in what runs in the network of OpenShift's hosts; on K3s that needs an ipBlock of the nodes' addresses";
                    adaptation.report(Rule::RouterOnHostNetwork, item, field.clone().index(peer_index), message);
                    peers.push(peer.clone());
                }
                Some(RouterPeer::Namespace { rest }) => {
                    peers.extend(rest);
                    peers.push(controller(spec));
                }
                None => peers.push(peer.clone()),
            }
        }
        if rule["from"].as_array().is_some_and(|old| *old != peers) {
            adaptation.edit(item)["spec"]["ingress"][rule_index]["from"] = peers.into();
        }
    }
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
