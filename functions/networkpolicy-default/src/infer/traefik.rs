//! Traefik's own kinds, and who serves them.

use krm::field::FieldPath;
use krm::resource_list::Item;

use super::classes::{CLASS_ANNOTATION, controller};
use crate::plan::{Plan, Source};
use crate::policy::Peer;

/// The API groups.
pub(super) const GROUPS: [&str; 2] = ["traefik.io", "traefik.containo.us"];

/// Traefik as a peer.
pub(super) fn peers(plan: &mut Plan<'_, '_>, item: &Item) -> Option<Vec<Peer>> {
    let class = item.annotation(CLASS_ANNOTATION).unwrap_or("traefik");
    let source = Source::new(item, FieldPath::annotation(CLASS_ANNOTATION));
    let controller = controller(plan, &source, class)?;
    Some(plan.cluster.settings.controller_peers(controller))
}
