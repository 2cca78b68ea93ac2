//! Amounts of several resources, as `requests` and `limits` give them.

use std::collections::BTreeMap;

use manifests::quantities::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Amounts by the name of the resource, as `memory: 2Gi`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Amounts(#[schemars(with = "BTreeMap<String, Value>")] BTreeMap<String, Quantity>);

impl Amounts {
    /// The amount of a resource, if it is stated.
    pub(crate) fn get(&self, resource: &str) -> Option<&Quantity> {
        self.0.get(resource)
    }

    /// Whether a resource is stated.
    pub(crate) fn has(&self, resource: &str) -> bool {
        self.0.contains_key(resource)
    }

    /// The resources and their amounts, in the order of the names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Quantity)> {
        self.0.iter().map(|(resource, quantity)| (resource.as_str(), quantity))
    }

    /// The names of the resources.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether no resource is stated.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// States what is not stated yet, and gives the names of it.
    pub(crate) fn fill(&mut self, others: &Self) -> Vec<String> {
        let missing: Vec<_> = others
            .iter()
            .filter(|(resource, _)| !self.has(resource))
            .map(|(name, amount)| (name.to_owned(), amount.clone()))
            .collect();
        let names = missing.iter().map(|(name, _)| name.clone()).collect();
        self.0.extend(missing);
        names
    }
}

impl<'a> FromIterator<(&'a str, Quantity)> for Amounts {
    fn from_iter<I: IntoIterator<Item = (&'a str, Quantity)>>(amounts: I) -> Self {
        Self(amounts.into_iter().map(|(resource, quantity)| (resource.to_owned(), quantity)).collect())
    }
}
