//! Traefik's own kinds: IngressRoute, IngressRouteTCP, IngressRouteUDP, TraefikService and Middleware.
//!
//! Source: traefik `pkg/provider/kubernetes/crd/traefikio/v1alpha1`.

use krm::resource_list::Item;
use serde_json::Value;

use super::backend::{Backend, controller};
use super::ingress::CLASS_ANNOTATION;
use super::texts::{Mention, mentions};
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, PortReference};

const GROUPS: [&str; 2] = ["traefik.io", "traefik.containo.us"];
const ROUTES: [&str; 3] = ["IngressRoute", "IngressRouteTCP", "IngressRouteUDP"];

/// Lets Traefik reach what its routes, weighted and mirrored services, and middlewares lead to.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    for group in GROUPS {
        for kind in ROUTES {
            for item in plan.cluster.items(group, kind) {
                let Some(peers) = peers(plan, item) else { continue };
                for (index, route) in item.value()["spec"]["routes"].as_array().into_iter().flatten().enumerate() {
                    let path = format!("spec.routes[{index}].services");
                    open_all(plan, item, &path, &route["services"], &peers);
                }
            }
        }
        for item in plan.cluster.items(group, "TraefikService") {
            let Some(peers) = peers(plan, item) else { continue };
            let spec = &item.value()["spec"];
            open_all(plan, item, "spec.weighted.services", &spec["weighted"]["services"], &peers);
            open(plan, item, "spec.mirroring", &spec["mirroring"], &peers);
            open_all(plan, item, "spec.mirroring.mirrors", &spec["mirroring"]["mirrors"], &peers);
        }
        for item in plan.cluster.items(group, "Middleware") {
            let Some(peers) = peers(plan, item) else { continue };
            let spec = &item.value()["spec"];
            open(plan, item, "spec.errors.service", &spec["errors"]["service"], &peers);
            if let Some(address) = spec["forwardAuth"]["address"].as_str() {
                open_address(plan, item, address, &peers);
            }
        }
    }
}

/// Traefik as a peer, unless the namespace is not ours.
fn peers(plan: &mut Plan<'_, '_>, item: &Item) -> Option<Vec<Peer>> {
    if !plan.cluster.settings.protects(item.namespace()) {
        return None;
    }
    let class = item.annotation(CLASS_ANNOTATION).unwrap_or("traefik");
    let controller = controller(plan, item, "metadata.annotations[kubernetes.io/ingress.class]", class)?;
    Some(plan.cluster.settings.controller_peers(controller))
}

fn open_all(plan: &mut Plan<'_, '_>, item: &Item, path: &str, services: &Value, peers: &[Peer]) {
    for (index, service) in services.as_array().into_iter().flatten().enumerate() {
        open(plan, item, &format!("{path}[{index}]"), service, peers);
    }
}

fn open(plan: &mut Plan<'_, '_>, item: &Item, path: &str, service: &Value, peers: &[Peer]) {
    let Some(name) = service["name"].as_str() else { return };
    // A TraefikService is an object of its own, or one that Traefik makes itself, as `api@internal`.
    if service["kind"] == "TraefikService" {
        return;
    }
    let backend = Backend {
        item,
        path: path.to_owned(),
        namespace: service["namespace"].as_str(),
        name,
        port: PortReference::of(&service["port"]),
    };
    // With `nodePortLB` Traefik goes through the node, whose address is what the pod sees.
    if service["nodePortLB"] == true {
        backend.open(plan, Reason::Anywhere, &[Peer::Anybody]);
    } else {
        backend.open(plan, Reason::IngressController, peers);
    }
}

fn open_address(plan: &mut Plan<'_, '_>, item: &Item, address: &str, peers: &[Peer]) {
    for Mention { host, port, .. } in mentions(address) {
        let labels: Vec<_> = host.split('.').collect();
        let (name, namespace) = match labels.as_slice() {
            [name] => (*name, None),
            [name, namespace] | [name, namespace, "svc", ..] => (*name, Some(*namespace)),
            _ => continue,
        };
        let path = "spec.forwardAuth.address".to_owned();
        let port = port.map(PortReference::Number);
        if matches!(plan.cluster.service_named(item.id(), namespace, name), crate::cluster::ServiceReferent::Found(_)) {
            Backend { item, path, namespace, name, port }.open(plan, Reason::IngressController, peers);
        }
    }
}
