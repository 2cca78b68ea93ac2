//! A SealedSecret and its values.

use std::collections::BTreeSet;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use serde_json::Value;

use super::scope::{Label, Scope};
use super::value::{Defect, SealedValue};
use crate::rule::Rule;

/// The API group of SealedSecrets.
pub(crate) const GROUP: &str = "bitnami.com";
/// Their kind.
pub(crate) const KIND: &str = "SealedSecret";
/// Their only version.
pub(super) const API_VERSION: &str = "bitnami.com/v1alpha1";

/// A SealedSecret, read once.
pub(super) struct SealedSecret<'r> {
    pub(super) item: &'r Item,
    pub(super) object: &'r Value,
    /// What its values must be bound to.
    pub(super) label: Label,
    /// The sealed values by their key; the deprecated `spec.data` has none.
    values: Vec<(Option<&'r str>, Result<SealedValue, Defect>)>,
}

impl<'r> SealedSecret<'r> {
    /// Reads the object and its values.
    pub(super) fn read(item: &'r Item) -> Self {
        let object = item.value();
        let scope = Scope::of(&object["metadata"]["annotations"]);
        let entries = object["spec"]["encryptedData"].as_object().into_iter().flatten();
        let entries = entries.filter_map(|(key, value)| Some((Some(key.as_str()), value.as_str()?)));
        let whole = object["spec"]["data"].as_str().map(|value| (None, value));
        Self {
            item,
            object,
            label: Label::new(scope, item.namespace().unwrap_or_default(), item.name()),
            values: entries.chain(whole).map(|(key, value)| (key, SealedValue::parse(value))).collect(),
        }
    }

    /// The `spec`.
    pub(super) fn spec(&self) -> &'r Value {
        &self.object["spec"]
    }

    /// The `spec.template`, of which the controller makes the Secret.
    pub(super) fn template(&self) -> &'r Value {
        &self.spec()["template"]
    }

    /// The values that can be taken apart.
    pub(super) fn whole_values(&self) -> impl Iterator<Item = WholeValue<'_>> {
        let wholes = self.values.iter().filter_map(|(key, value)| Some((*key, value.as_ref().ok()?)));
        wholes.map(|(key, value)| WholeValue { sealed: self, key, value })
    }

    /// What is wrong with the other values.
    pub(super) fn broken_values(&self) -> impl Iterator<Item = Finding> {
        let broken = self.values.iter().filter_map(|(key, value)| Some((*key, value.as_ref().err()?)));
        broken.map(|(key, defect)| {
            let rule = if defect.is_leak() { Rule::NotSealed } else { Rule::MalformedSealedValue };
            self.finding(rule, defect.message(), path_of(key))
        })
    }

    /// A finding about a field of the object.
    pub(super) fn finding(&self, rule: Rule, message: String, path: impl Into<FieldPath>) -> Finding {
        Finding::new(rule, message).on(self.item).at(path)
    }
}

/// A sealed value that can be taken apart, in its SealedSecret.
#[derive(Clone, Copy)]
pub(super) struct WholeValue<'s> {
    pub(super) sealed: &'s SealedSecret<'s>,
    /// The key in the Secret; the deprecated `spec.data` has none.
    pub(super) key: Option<&'s str>,
    pub(super) value: &'s SealedValue,
}

impl WholeValue<'_> {
    /// A finding about the value.
    pub(super) fn finding(&self, rule: Rule, message: String) -> Finding {
        self.sealed.finding(rule, message, path_of(self.key))
    }
}

/// The field of the value with a key.
pub(super) fn path_of(key: Option<&str>) -> FieldPath {
    match key {
        Some(key) => FieldPath::from("spec.encryptedData").key(key),
        None => FieldPath::from("spec.data"),
    }
}

/// The keys of the Secret that a SealedSecret makes.
pub(crate) fn keys_of(sealed: &Value) -> BTreeSet<String> {
    let spec = &sealed["spec"];
    let mappings = [&spec["encryptedData"], &spec["template"]["data"]].into_iter().filter_map(Value::as_object);
    mappings.flatten().map(|(key, _)| key.clone()).collect()
}
