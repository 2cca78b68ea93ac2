//! What one object needs, and how its parts are looked at.

use krm::field::FieldPath;
use krm::finding::{Finding, Message};
use krm::resource_list::Item;
use serde_json::Value;

use crate::config::Spec;
use crate::rule::Rule;

/// What objects are adapted to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'c> {
    /// The options.
    pub(super) spec: &'c Spec,
    /// Whether the build has Routes, or Ingresses that OpenShift makes Routes of.
    pub(super) has_routes: bool,
}

/// What one object needs: the value it should have, and the findings about it.
#[derive(Debug, Default)]
pub(super) struct Adaptation {
    /// The object as it should be, if it changes.
    pub(super) value: Option<Value>,
    /// What the user should know.
    pub(super) findings: Vec<Finding>,
    /// Objects that must come beside it.
    pub(super) companions: Vec<Value>,
}

impl Adaptation {
    /// Reports something about a field of the object.
    pub(super) fn report(&mut self, rule: Rule, item: &Item, field: impl Into<FieldPath>, message: impl Into<Message>) {
        self.findings.push(Finding::new(rule, message).on(item).at(field));
    }

    /// The object to be changed.
    pub(super) fn edit(&mut self, item: &Item) -> &mut Value {
        self.value.get_or_insert_with(|| item.value().clone())
    }

    /// The object as it will be.
    pub(super) fn current<'v>(&'v self, item: &'v Item) -> &'v Value {
        self.value.as_ref().unwrap_or_else(|| item.value())
    }

    /// Takes annotations out, and their map with the last of them.
    pub(super) fn drop_annotations(&mut self, item: &Item, goes: impl Fn(&str) -> bool) {
        let metadata = &mut self.edit(item)["metadata"];
        if let Some(annotations) = metadata["annotations"].as_object_mut() {
            annotations.retain(|key, _| !goes(key));
            if let (true, Some(metadata)) = (annotations.is_empty(), metadata.as_object_mut()) {
                metadata.shift_remove("annotations");
            }
        }
    }
}

/// The items of a list of objects, with their index.
pub(super) fn objects(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    value.as_array().into_iter().flatten().enumerate()
}

/// The strings of a list.
pub(super) fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The annotations of the object that people wrote.
pub(super) fn annotations(item: &Item) -> impl Iterator<Item = (&str, &str)> {
    item.user_annotations().into_iter().filter_map(|(key, text)| Some((key, text?)))
}
