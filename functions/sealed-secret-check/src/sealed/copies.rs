//! Equal values in several objects. Sealing is randomised, so equal values are copies of one.

use std::collections::BTreeMap;

use krm::finding::Finding;

use super::scope::Label;
use super::sealed_secret::{SealedSecret, WholeValue};
use crate::rule::Rule;

/// The labels of the objects that hold a value, by its RSA part.
pub(super) struct Copies<'s>(BTreeMap<&'s [u8], Vec<&'s Label>>);

impl<'s> Copies<'s> {
    /// The values of these objects.
    pub(super) fn among(sealed: &'s [SealedSecret<'s>]) -> Self {
        let mut labels: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for whole in sealed.iter().flat_map(SealedSecret::whole_values) {
            labels.entry(whole.value.rsa_part()).or_default().push(&whole.sealed.label);
        }
        Self(labels)
    }

    /// The labels of all objects that hold this value.
    pub(super) fn labels_of(&self, whole: &WholeValue<'_>) -> &[&'s Label] {
        self.0.get(whole.value.rsa_part()).map_or(&[], Vec::as_slice)
    }

    /// An object that holds this value too, but is bound to something else.
    pub(super) fn problem(&self, whole: &WholeValue<'_>) -> Option<Finding> {
        let label = &whole.sealed.label;
        let other = self.labels_of(whole).iter().find(|other| other.text() != label.text())?;
        let message = format!(
            "is a copy of the value in SealedSecret `{}/{}`; a value fits one of the two at most ({} here), so reseal it for \
             each",
            other.namespace, other.name, label.scope
        );
        Some(whole.finding(Rule::SealedForAnotherObject, message))
    }
}
