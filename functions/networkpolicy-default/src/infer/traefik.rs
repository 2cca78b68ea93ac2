//! Traefik's own kinds: who serves them, and the addresses that middlewares hold.
//!
//! Source: traefik `pkg/provider/kubernetes/crd/traefikio/v1alpha1`.

use krm::field::FieldPath;
use krm::resource_list::Item;
use manifests::addresses::{Mention, mentions};
use manifests::services::PortReference;

use super::backend::Backend;
use super::classes::{CLASS_ANNOTATION, controller};
use crate::facts::cluster::ServiceReferent;
use crate::plan::{Plan, Source};
use crate::policy::Peer;
use crate::reason::Reason;

const GROUPS: [&str; 2] = ["traefik.io", "traefik.containo.us"];

/// Lets Traefik ask the Services that its middlewares name by address.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for item in GROUPS.iter().flat_map(|group| cluster.items(group, "Middleware")) {
        let Some(address) = item.value()["spec"]["forwardAuth"]["address"].as_str() else { continue };
        if !cluster.settings.protects(item.namespace()) {
            continue;
        }
        let Some(peers) = peers(plan, item) else { continue };
        for backend in mentions(address).iter().filter_map(|mention| asked(item, mention)) {
            let referent = cluster.service_named(item.id(), backend.namespace, backend.name);
            if matches!(referent, ServiceReferent::Found(_)) {
                backend.open(plan, Reason::IngressController, &peers);
            }
        }
    }
}

/// Traefik as a peer.
pub(super) fn peers(plan: &mut Plan<'_, '_>, item: &Item) -> Option<Vec<Peer>> {
    let class = item.annotation(CLASS_ANNOTATION).unwrap_or("traefik");
    let source = Source::new(item, FieldPath::annotation(CLASS_ANNOTATION));
    let controller = controller(plan, &source, class)?;
    Some(plan.cluster.settings.controller_peers(controller))
}

/// The Service that a host may be.
fn asked<'r>(item: &'r Item, mention: &'r Mention) -> Option<Backend<'r>> {
    let labels: Vec<_> = mention.host.split('.').collect();
    let (name, namespace) = match labels.as_slice() {
        [name] => (*name, None),
        [name, namespace] | [name, namespace, "svc", ..] => (*name, Some(*namespace)),
        _ => return None,
    };
    let path = FieldPath::from("spec.forwardAuth.address");
    Some(Backend { item, path, namespace, name, port: mention.port.map(PortReference::Number) })
}
