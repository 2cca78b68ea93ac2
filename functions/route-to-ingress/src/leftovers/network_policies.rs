//! Network policies that let the OpenShift router in.

use krm::resource_list::Item;
use serde_json::{Value, json};

use super::{Adaptation, objects};
use crate::config::Spec;

/// Labels of namespaces where OpenShift runs its router.
const ROUTER_NAMESPACES: [(&str, &str); 3] = [
    ("network.openshift.io/policy-group", "ingress"),
    ("policy-group.network.openshift.io/ingress", ""),
    ("kubernetes.io/metadata.name", "openshift-ingress"),
];
const HOST_NETWORK: &str = "policy-group.network.openshift.io/host-network";

/// A peer that is the router becomes one that is the configured ingress controller.
pub(super) fn peers(item: &Item, spec: &Spec, adaptation: &mut Adaptation) {
    if !item.is("networking.k8s.io", "NetworkPolicy") {
        return;
    }
    for (rule_index, rule) in objects(&item.value()["spec"]["ingress"]) {
        for (peer_index, peer) in objects(&rule["from"]) {
            let field = format!("spec.ingress[{rule_index}].from[{peer_index}]");
            let labels = &peer["namespaceSelector"]["matchLabels"];
            if labels.get(HOST_NETWORK).is_some() {
                let message = "lets in what runs in the network of OpenShift's hosts; on K3s that needs an ipBlock of the nodes' addresses";
                adaptation.warn(item, field, message);
            } else if ROUTER_NAMESPACES.iter().any(|(key, value)| labels[*key] == *value) {
                let new = controller(spec);
                adaptation.edit(item)["spec"]["ingress"][rule_index]["from"][peer_index] = new;
            }
        }
    }
}

/// The pods of the ingress controller. Their labels stand as expressions, because kustomize's label transformers add
/// labels of the application to `matchLabels` of peers too.
fn controller(spec: &Spec) -> Value {
    let peer = &spec.controller_pods;
    json!({
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": peer.namespace}},
        "podSelector": {"matchExpressions": [
            {"key": "app.kubernetes.io/name", "operator": "In", "values": [peer.app_name]},
        ]},
    })
}
