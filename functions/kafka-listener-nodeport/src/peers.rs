//! The `networkPolicyPeers` of a listener: clients of the new listener come from elsewhere than from the OpenShift router.

use krm::finding::Findings;
use krm::rule::Severity;
use platforms::{RouterPeer, router_peer};
use serde_json::{Value, json};

use crate::config::{ListenerType, Options};
use crate::replacement::Replacement;
use crate::rule::Rule;

const FIELD: &str = "networkPolicyPeers";

/// Rewrites the peers that meant the OpenShift router, so that clients of the new listener come through.
pub(crate) fn rewrite(replaced: &Replacement<'_>, value: &mut Value, findings: &mut Findings) {
    let Some(peers) = value[FIELD].as_array().filter(|peers| !peers.is_empty()) else { return };
    let has_router = peers.iter().any(|peer| router_peer(peer).is_some());
    let kept: Vec<Value> = peers.iter().filter_map(without_router).collect();
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
                findings.push(replaced.on_field(FIELD, Rule::PeersWithoutNetwork, message));
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
            findings.push(replaced.on_field(FIELD, Rule::KafkaOpenToAll, message));
        }
        (false, true) if !kept.iter().any(is_network) => {
            let message = "lets in the OpenShift router and some pods; clients from outside come by way of a node now and would \
                           stay out: give the node and pod networks as `clientCIDRs`";
            let finding = replaced.on_field(FIELD, Rule::PeersWithoutNetwork, message);
            findings.push(finding.with_severity(Severity::Error));
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

/// What stays of a peer. The router runs in the network of its hosts on some clusters.
fn without_router(peer: &Value) -> Option<Value> {
    match router_peer(peer) {
        Some(RouterPeer::Namespace { rest }) => rest,
        Some(RouterPeer::HostNetwork) => None,
        None => Some(peer.clone()),
    }
}

fn is_network(peer: &Value) -> bool {
    peer["ipBlock"].is_object()
}
