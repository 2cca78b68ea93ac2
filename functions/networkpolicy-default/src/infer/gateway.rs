//! Routes of the Gateway API.

use krm::finding::Finding;
use krm::resource_list::{Item, Referent};
use serde_json::Value;

use super::backend::{Backend, controller};
use crate::cluster::namespace_name;
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, PortReference};

const GROUP: &str = "gateway.networking.k8s.io";
const ROUTES: [&str; 5] = ["HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"];

/// Lets the pods of Gateways reach what routes lead to.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    for kind in ROUTES {
        for item in plan.cluster.items(GROUP, kind) {
            if !plan.cluster.settings.protects(item.namespace()) {
                continue;
            }
            let peers = peers(plan, item);
            for (path, reference) in references(item.value()) {
                open(plan, item, path, reference, &peers);
            }
        }
    }
}

/// The pods of all Gateways that a route belongs to. Routes of a service mesh belong to Services.
fn peers(plan: &mut Plan<'_, '_>, item: &Item) -> Vec<Peer> {
    let mut peers = Vec::new();
    for (index, parent) in item.value()["spec"]["parentRefs"].as_array().into_iter().flatten().enumerate() {
        if parent["kind"].as_str().is_some_and(|kind| kind != "Gateway") {
            continue;
        }
        let name = parent["name"].as_str().unwrap_or_default();
        let gateway = match parent["namespace"].as_str() {
            Some(namespace) => plan.cluster.resources.referent_in(item.id(), namespace, GROUP, "Gateway", name),
            None => plan.cluster.resources.referent(item.id(), GROUP, "Gateway", name),
        };
        let found = match gateway {
            Referent::Found(gateway) => {
                let gateway = plan.cluster.resources.get(gateway);
                let class = gateway.value()["spec"]["gatewayClassName"].as_str().unwrap_or_default();
                controller(plan, gateway, "spec.gatewayClassName", class)
            }
            // The Gateway lives elsewhere, as it mostly does.
            _ => {
                let class = plan.cluster.settings.spec.default_ingress_class.clone();
                controller(plan, item, &format!("spec.parentRefs[{index}]"), &class)
            }
        };
        peers.extend(found.map(|controller| plan.cluster.settings.controller_peers(controller)).unwrap_or_default());
    }
    peers
}

fn open(plan: &mut Plan<'_, '_>, item: &Item, path: String, reference: &Value, peers: &[Peer]) {
    let is_service = reference["group"].as_str().unwrap_or_default().is_empty()
        && reference["kind"].as_str().is_none_or(|kind| kind == "Service");
    let Some(name) = reference["name"].as_str().filter(|_| is_service) else { return };
    let namespace = reference["namespace"].as_str();
    if namespace
        .is_some_and(|namespace| namespace_name(item.namespace()) != namespace && !is_granted(plan, item, namespace))
    {
        let message = "leads to another namespace without a ReferenceGrant there in this build, so nothing is opened; add \
                       the grant to the build, or list the ingress controller under `allow-from` of the workload";
        plan.findings.push(Finding::warning(message).on(item.reference()).at(path));
        return;
    }
    let port = PortReference::of(&reference["port"]);
    Backend { item, path, namespace, name, port }.open(plan, Reason::IngressController, peers);
}

fn is_granted(plan: &Plan<'_, '_>, route: &Item, namespace: &str) -> bool {
    let from_route = |from: &Value| {
        from["group"] == GROUP
            && from["kind"] == route.kind()
            && from["namespace"] == namespace_name(route.namespace()).as_str()
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    plan.cluster.items(GROUP, "ReferenceGrant").any(|grant| {
        let spec = &grant.value()["spec"];
        namespace_name(grant.namespace()) == namespace
            && list(&spec["from"]).iter().any(from_route)
            && list(&spec["to"]).iter().any(|to| to["kind"] == "Service")
    })
}

/// Every reference to a Service with the field it stands in, those of mirroring filters included.
fn references(route: &Value) -> Vec<(String, &Value)> {
    let mut references = Vec::new();
    for (path, rule) in items("spec.rules", &route["spec"]["rules"]) {
        references.extend(mirrors(&path, rule));
        for (path, backend) in items(&format!("{path}.backendRefs"), &rule["backendRefs"]) {
            references.extend(mirrors(&path, backend));
            references.push((path, backend));
        }
    }
    references
}

fn mirrors<'v>(path: &str, holder: &'v Value) -> impl Iterator<Item = (String, &'v Value)> {
    items(&format!("{path}.filters"), &holder["filters"])
        .map(|(path, filter)| (format!("{path}.requestMirror.backendRef"), &filter["requestMirror"]["backendRef"]))
}

fn items<'v>(path: &str, list: &'v Value) -> impl Iterator<Item = (String, &'v Value)> + use<'v> {
    let path = path.to_owned();
    list.as_array().into_iter().flatten().enumerate().map(move |(index, item)| (format!("{path}[{index}]"), item))
}
