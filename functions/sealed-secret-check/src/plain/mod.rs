//! Secrets in the clear, in every string of every object.

mod finding;
mod secret;
mod walk;

use std::collections::{BTreeSet, HashSet};

use krm::field::{FieldPath, PointerBuf};
use krm::finding::Finding;
use krm::resource_list::Item;

use crate::config::Spec;
use crate::rule::Rule;
use crate::sealed;
use crate::text::Scanner;
use finding::Allowed;
use walk::{ObjectKind, Walk};

/// Looks for secrets in the clear, and keeps which entries of `spec.allow` were needed.
pub(crate) struct Search<'s> {
    spec: &'s Spec,
    scanner: Scanner,
    needed: BTreeSet<usize>,
}

impl<'s> Search<'s> {
    /// A search with these options.
    pub(crate) fn new(spec: &'s Spec) -> Self {
        Self { spec, scanner: Scanner::default(), needed: BTreeSet::new() }
    }

    /// The secrets in the clear in an object. `references` are the fields in it that name a Secret or a key of one.
    pub(crate) fn findings(&mut self, item: &Item, references: &HashSet<&PointerBuf>) -> Vec<Finding> {
        let kind = kind_of(item);
        let mut values = if kind == ObjectKind::Secret { secret::values(item, self.spec) } else { Vec::new() };
        values.extend(Walk::through(item.value(), kind, references, &mut self.scanner));
        values.retain(|value| !(value.hit.is_public && self.spec.allow_public_keys));
        values.sort_by_key(|value| value.hit.rule != Rule::SealingKey);
        let findings = values.iter().filter_map(|value| match value.finding(item, self.spec) {
            Ok(finding) => Some(finding),
            Err(Allowed(index)) => {
                self.needed.insert(index);
                None
            }
        });
        findings.collect()
    }

    /// The entries of `spec.allow` that no value needed.
    pub(crate) fn idle(&self) -> impl Iterator<Item = Finding> {
        let idle = (0..self.spec.allow.len()).filter(|index| !self.needed.contains(index));
        idle.map(|index| {
            let message = "allows a value that this build does not hold at that place; take it out, unless another build needs it";
            Finding::new(Rule::EntryWithoutEffect, message).at(FieldPath::from("spec.allow").index(index))
        })
    }
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
