//! Secrets in the clear, in every string of every object.

mod finding;
mod secret;
mod walk;

use std::collections::HashSet;

use krm::field::PointerBuf;
use krm::finding::Finding;
use krm::resource_list::Item;

use crate::config::Spec;
use crate::rule::Rule;
use crate::sealed;
use walk::{ObjectKind, Walk};

/// The secrets in the clear in an object. `references` are the fields in it that name a Secret or a key of one.
pub(crate) fn findings(item: &Item, spec: &Spec, references: &HashSet<&PointerBuf>) -> Vec<Finding> {
    let kind = kind_of(item);
    let mut values = if kind == ObjectKind::Secret { secret::values(item, spec) } else { Vec::new() };
    values.extend(Walk::through(item.value(), kind, references));
    values.sort_by_key(|value| value.hit.rule != Rule::SealingKey);
    values.iter().filter_map(|value| value.finding(item, spec)).collect()
}

fn kind_of(item: &Item) -> ObjectKind {
    match (item.group(), item.kind()) {
        ("", "Secret") => ObjectKind::Secret,
        // Other operators seal too, under the same kind.
        (_, sealed::KIND) => ObjectKind::SealedSecret,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => ObjectKind::Definition,
        ("external-secrets.io", _) => ObjectKind::ExternalSecret,
        _ => ObjectKind::Other,
    }
}
