//! How manifests that were written for OpenShift mean its router.

use krm::table;
use serde_json::Value;

/// The label by which manifests mean what runs in the network of OpenShift's hosts, where the router runs on some
/// clusters.
const HOST_NETWORK_LABEL: &str = "policy-group.network.openshift.io/host-network";

/// The label of the pods of every router.
///
/// Source: openshift/cluster-ingress-operator pkg/operator/controller/names.go.
const ROUTER_PODS_LABEL: &str = "ingresscontroller.operator.openshift.io/deployment-ingresscontroller";

/// A peer of a network policy that means the router of OpenShift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouterPeer {
    /// The namespace of the router. Of a peer that names several namespaces, `rest` is the peer of the others.
    Namespace {
        /// The peer without the router.
        rest: Option<Value>,
    },
    /// What runs in the network of OpenShift's hosts, the router included.
    HostNetwork,
}

/// What a peer of a network policy means of the OpenShift router; `None` if it does not mean it.
///
/// `peer` is a `NetworkPolicyPeer` of networking.k8s.io/v1, whose selectors have labels or expressions.
pub fn router_peer(peer: &Value) -> Option<RouterPeer> {
    if labels(&peer["podSelector"]).iter().any(|(key, _)| *key == ROUTER_PODS_LABEL) {
        return Some(RouterPeer::Namespace { rest: None });
    }
    let labels = labels(&peer["namespaceSelector"]);
    if labels.iter().any(|(key, _)| *key == HOST_NETWORK_LABEL) {
        return Some(RouterPeer::HostNetwork);
    }
    let is_router = labels.iter().any(|(key, value)| is_router_label(key, value));
    is_router.then(|| RouterPeer::Namespace { rest: without_router(peer) })
}

/// Whether a label of a namespace means the namespace of the OpenShift router.
fn is_router_label(key: &str, value: &str) -> bool {
    let mut rows = table::rows(include_str!("../data/router-labels.tsv"));
    rows.any(|[label, of_router]| label == key && (of_router == "*" || of_router == value))
}

/// The labels by which a selector finds namespaces. One that must only be there has no value.
fn labels(selector: &Value) -> Vec<(&str, &str)> {
    let equal = selector["matchLabels"].as_object().into_iter().flatten();
    let equal = equal.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    let expressions = selector["matchExpressions"].as_array().into_iter().flatten().flat_map(|expression| {
        let values = match expression["operator"].as_str() {
            Some("In") => expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_router_is_known_by_labels_and_expressions() {
        let labels = |labels: Value| json!({"namespaceSelector": {"matchLabels": labels}});
        let expression = |key: &str, operator: &str, values: &[&str]| json!({"namespaceSelector": {"matchExpressions": [{"key": key, "operator": operator, "values": values}]}});
        let router = Some(RouterPeer::Namespace { rest: None });
        let name = "kubernetes.io/metadata.name";
        for (peer, expected) in [
            (labels(json!({"network.openshift.io/policy-group": "ingress"})), router.clone()),
            (labels(json!({"network.openshift.io/policy-group": "monitoring"})), None),
            (labels(json!({"policy-group.network.openshift.io/ingress": ""})), router.clone()),
            (labels(json!({"policy-group.network.openshift.io/ingress": "true"})), router.clone()),
            (labels(json!({"policy-group.network.openshift.io/host-network": ""})), Some(RouterPeer::HostNetwork)),
            (labels(json!({name: "openshift-ingress"})), router.clone()),
            (labels(json!({name: "openshift-monitoring"})), None),
            (expression(name, "In", &["openshift-ingress"]), router.clone()),
            (
                expression(name, "In", &["shop", "openshift-ingress"]),
                Some(RouterPeer::Namespace { rest: Some(expression(name, "In", &["shop"])) }),
            ),
            (expression(name, "NotIn", &["openshift-ingress"]), None),
            (expression("policy-group.network.openshift.io/ingress", "Exists", &[]), router),
            (json!({"podSelector": {}}), None),
            (labels(json!({"name": "openshift-ingress"})), Some(RouterPeer::Namespace { rest: None })),
            (labels(json!({"name": "apps"})), None),
            (
                json!({"namespaceSelector": {}, "podSelector": {"matchLabels": {ROUTER_PODS_LABEL: "default"}}}),
                Some(RouterPeer::Namespace { rest: None }),
            ),
            (
                json!({"podSelector": {"matchExpressions": [{"key": ROUTER_PODS_LABEL, "operator": "Exists"}]}}),
                Some(RouterPeer::Namespace { rest: None }),
            ),
            (json!({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}), None),
        ] {
            assert_eq!(router_peer(&peer), expected, "{peer}");
        }
    }
}
