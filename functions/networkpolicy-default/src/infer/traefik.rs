//! Traefik's own kinds, and who serves them.

use krm::field::FieldPath;
use krm::resource_list::Item;

use super::classes;
use crate::facts::classes::{CLASS_ANNOTATION, Class};
use crate::plan::{Plan, Source};
use crate::policy::Peer;

/// The API groups.
pub(super) const GROUPS: [&str; 2] = ["traefik.io", "traefik.containo.us"];

/// Traefik as a peer.
pub(super) fn peers(plan: &mut Plan<'_, '_>, item: &Item) -> Vec<Peer> {
    let source = Source::new(item, FieldPath::annotation(CLASS_ANNOTATION));
    classes::peers(plan, &source, &Class::of_traefik(item))
}
