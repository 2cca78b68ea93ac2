//! Routes of the Gateway API: the Gateways that they belong to, and what they may lead to.

use krm::field::FieldPath;
use krm::resource_list::{Item, Referent};
use serde_json::Value;

use super::backend::Backend;
use super::classes;
use crate::facts::classes::Class;
use crate::facts::cluster::Cluster;
use crate::plan::{Plan, Source};
use crate::policy::Peer;
use crate::rule::Rule;

/// The API group.
pub(super) const GROUP: &str = "gateway.networking.k8s.io";

/// The pods of all Gateways that a route belongs to.
pub(super) fn peers(plan: &mut Plan<'_, '_>, route: &Item) -> Vec<Peer> {
    let mut peers = Vec::new();
    for (source, class) in classes(plan.cluster, route) {
        peers.extend(classes::peers(plan, &source, &class));
    }
    peers
}

/// The classes of the Gateways that a route belongs to, and the fields that say so. Routes of a service mesh belong to
/// Services.
pub(super) fn classes(cluster: &Cluster<'_>, route: &Item) -> Vec<(Source, Class)> {
    let parents = list(&route.value()["spec"]["parentRefs"]).enumerate();
    let parents = parents.filter(|(_, parent)| parent["kind"].as_str().is_none_or(|kind| kind == "Gateway"));
    parents.map(|(index, parent)| class_of(cluster, route, index, parent)).collect()
}

fn class_of(cluster: &Cluster<'_>, route: &Item, index: usize, parent: &Value) -> (Source, Class) {
    let name = parent["name"].as_str().unwrap_or_default();
    let gateway = match parent["namespace"].as_str() {
        Some(namespace) => cluster.resources.referent_in(route.id(), namespace, GROUP, "Gateway", name),
        None => cluster.resources.referent(route.id(), GROUP, "Gateway", name),
    };
    match gateway {
        Referent::Found(gateway) => {
            let gateway = cluster.resources.get(gateway);
            (Source::new(gateway, "spec.gatewayClassName"), Class::of_gateway(gateway))
        }
        // The Gateway is in another build, as is common.
        Referent::Missing | Referent::Ambiguous(_) => {
            let path = FieldPath::from("spec.parentRefs").index(index);
            (Source::new(route, path), Class::Gateway(cluster.settings.spec.default_ingress_class.clone()))
        }
    }
}

/// Whether a route may lead where it does: into another namespace only with a grant there.
pub(super) fn may_lead(plan: &mut Plan<'_, '_>, backend: &Backend<'_>) -> bool {
    let other = backend.namespace.filter(|namespace| backend.item.namespace_name() != *namespace);
    let may_lead = other.is_none_or(|namespace| is_granted(plan, backend.item, namespace));
    if !may_lead {
        let message = "leads to another namespace without a ReferenceGrant there in this build, so nothing is opened; add \
                       the grant to the build, or list the ingress controller under `allow-from` of the workload";
        plan.findings.push(backend.source().finding(Rule::GatewayRouteWithoutGrant, message));
    }
    may_lead
}

fn is_granted(plan: &Plan<'_, '_>, route: &Item, namespace: &str) -> bool {
    let is_from_route = |from: &Value| {
        from["group"] == GROUP && from["kind"] == route.kind() && from["namespace"] == route.namespace_name()
    };
    plan.cluster.items(GROUP, "ReferenceGrant").filter(|grant| grant.namespace_name() == namespace).any(|grant| {
        let spec = &grant.value()["spec"];
        list(&spec["from"]).any(is_from_route) && list(&spec["to"]).any(|to| to["kind"] == "Service")
    })
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
