//! The `networkPolicyPeers` of a listener: clients of the new listener come from elsewhere than from the OpenShift router.

use krm::finding::{Finding, Findings};
use platforms::{HOST_NETWORK_LABEL, is_router_label};
use serde_json::{Value, json};

use crate::config::{ListenerType, Options};
use crate::replacement::Replacement;

const FIELD: &str = "networkPolicyPeers";

/// Rewrites the peers that meant the OpenShift router, so that clients of the new listener come through.
pub(crate) fn rewrite(replaced: &Replacement<'_>, value: &mut Value, findings: &mut Findings) {
    let Some(peers) = value[FIELD].as_array().filter(|peers| !peers.is_empty()) else { return };
    let kept: Vec<Value> = peers.iter().filter(|peer| !is_router(peer)).cloned().collect();
    let has_router = kept.len() < peers.len();
    match (replaced.listener.new_type, has_router) {
        (ListenerType::ClusterIp, true) => {
            value[FIELD] = kept.into_iter().chain([traefik(replaced.options)]).collect();
        }
        (ListenerType::ClusterIp, false) => {}
        (ListenerType::NodePort | ListenerType::LoadBalancer, true) => to_networks(replaced, kept, value, findings),
        (ListenerType::NodePort | ListenerType::LoadBalancer, false) => {
            if !kept.iter().any(is_network) {
                let message = "clients from outside come by way of a node and match no selector, so they stay out; add an `ipBlock` \
                               of the node and pod networks";
                findings.push(replaced.on_field(FIELD, Finding::warning(message)));
            }
        }
    }
}

/// Puts `clientCIDRs` in the place of the router.
fn to_networks(replaced: &Replacement<'_>, kept: Vec<Value>, value: &mut Value, findings: &mut Findings) {
    let blocks = replaced.options.spec.client_cidrs.iter().map(|cidr| json!({"ipBlock": {"cidr": cidr}}));
    match (kept.is_empty(), blocks.len() == 0) {
        (true, true) => {
            value.as_object_mut().map(|listener| listener.shift_remove(FIELD));
            let message = "let in the OpenShift router alone, and without it every pod and address may connect, as all \
                           clients of the router could; `clientCIDRs` limits them";
            findings.push(replaced.on_field(FIELD, Finding::warning(message)));
        }
        (false, true) if !kept.iter().any(is_network) => {
            let message = "lets in the OpenShift router and some pods; clients from outside come by way of a node now and would \
                           stay out: give the node and pod networks as `clientCIDRs`";
            findings.push(replaced.on_field(FIELD, Finding::error(message)));
        }
        _ => value[FIELD] = kept.into_iter().chain(blocks).collect(),
    }
}

fn traefik(options: &Options<'_>) -> Value {
    let traefik = options.spec.platform.traefik();
    let namespace = options.spec.traefik.namespace.as_deref().unwrap_or(traefik.namespace);
    json!({
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": traefik.app_name}},
    })
}

fn is_network(peer: &Value) -> bool {
    peer["ipBlock"].is_object()
}

/// Whether a peer means the OpenShift router, which on some clusters runs in the network of its hosts.
fn is_router(peer: &Value) -> bool {
    let selector = &peer["namespaceSelector"];
    let of_labels = selector["matchLabels"].as_object().into_iter().flatten();
    let of_labels = of_labels.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    let of_expressions = selector["matchExpressions"].as_array().into_iter().flatten().flat_map(labels_of);
    let mut labels = of_labels.chain(of_expressions);
    labels.any(|(key, value)| key == HOST_NETWORK_LABEL || is_router_label(key, value))
}

/// The labels that match an expression: a label that must only exist may be empty.
fn labels_of(expression: &Value) -> Vec<(&str, &str)> {
    let key = expression["key"].as_str().unwrap_or_default();
    let values = expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
    match expression["operator"].as_str() {
        Some("In") => values.map(|value| (key, value)).collect(),
        Some("Exists") => vec![(key, "")],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_router_is_known_by_labels_and_expressions() {
        let labels = |labels: Value| json!({"namespaceSelector": {"matchLabels": labels}});
        let expression = |expression: Value| json!({"namespaceSelector": {"matchExpressions": [expression]}});
        for (peer, expected) in [
            (labels(json!({"policy-group.network.openshift.io/ingress": ""})), true),
            (labels(json!({"network.openshift.io/policy-group": "ingress"})), true),
            (labels(json!({"policy-group.network.openshift.io/host-network": ""})), true),
            (labels(json!({"network.openshift.io/policy-group": "monitoring"})), false),
            (
                expression(
                    json!({"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["a", "openshift-ingress"]}),
                ),
                true,
            ),
            (
                expression(
                    json!({"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["openshift-ingress"]}),
                ),
                false,
            ),
            (expression(json!({"key": "policy-group.network.openshift.io/ingress", "operator": "Exists"})), true),
            (expression(json!({"key": "kubernetes.io/metadata.name", "operator": "Exists"})), false),
            (json!({"podSelector": {}}), false),
        ] {
            assert_eq!(is_router(&peer), expected, "{peer}");
        }
    }
}
