//! Amounts of several resources, as `requests` and `limits` give them.

use std::collections::BTreeMap;

use manifests::quantities::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Amounts by the name of the resource, as `memory: 2Gi`.
///
/// Every container of a build has two of these, of one or two resources each: a tree would take five times the memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct Amounts(#[schemars(with = "BTreeMap<String, Value>")] Vec<(String, Quantity)>);

impl Amounts {
    /// The amount of a resource, if it is stated.
    pub(crate) fn get(&self, resource: &str) -> Option<&Quantity> {
        self.iter().find(|(name, _)| *name == resource).map(|(_, quantity)| quantity)
    }

    /// Whether a resource is stated.
    pub(crate) fn has(&self, resource: &str) -> bool {
        self.get(resource).is_some()
    }

    /// The resources and their amounts, in the order of the names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Quantity)> {
        self.0.iter().map(|(resource, quantity)| (resource.as_str(), quantity))
    }

    /// The names of the resources.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(resource, _)| resource)
    }

    /// Whether no resource is stated.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// States what is not stated yet.
    pub(crate) fn fill(&mut self, others: &Self) {
        let missing: Vec<_> = others.0.iter().filter(|(resource, _)| !self.has(resource)).cloned().collect();
        self.0.extend(missing);
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
}

impl Serialize for Amounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Amounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(|amounts| Self(amounts.into_iter().collect()))
    }
}

impl<'a> FromIterator<(&'a str, Quantity)> for Amounts {
    fn from_iter<I: IntoIterator<Item = (&'a str, Quantity)>>(amounts: I) -> Self {
        let amounts: BTreeMap<_, _> = amounts.into_iter().collect();
        Self(amounts.into_iter().map(|(resource, quantity)| (resource.to_owned(), quantity)).collect())
    }
}
