//! Makes objects without the fields that are not given.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

/// A mapping that is made field by field.
#[derive(Debug, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A field that is always there.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// A field that is there if it is given.
    pub(crate) fn maybe(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// A field that is there if it is `true`.
    pub(crate) fn flag(self, key: &str, value: bool) -> Self {
        self.maybe(key, value.then_some(true))
    }

    /// A list that is there if it has items.
    pub(crate) fn list(self, key: &str, items: Vec<impl Into<Value>>) -> Self {
        let items: Vec<Value> = items.into_iter().map(Into::into).collect();
        self.maybe(key, (!items.is_empty()).then_some(items))
    }

    /// A mapping that is there if it has keys.
    pub(crate) fn map(self, key: &str, entries: &BTreeMap<String, String>) -> Self {
        let entries: Map<_, _> = entries.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
        self.maybe(key, (!entries.is_empty()).then_some(entries))
    }

    /// A mapping that is there if it has fields.
    pub(crate) fn fields(self, key: &str, fields: Self) -> Self {
        self.maybe(key, (!fields.is_empty()).then_some(fields.0))
    }

    /// What is serialised under the names of the Kubernetes API.
    pub(crate) fn typed(self, key: &str, value: &Option<impl Serialize>) -> Self {
        self.maybe(key, value.as_ref().map(api))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields of another mapping too.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        Self::Object(fields.0)
    }
}

/// A value under the names of the Kubernetes API.
pub(crate) fn api(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
