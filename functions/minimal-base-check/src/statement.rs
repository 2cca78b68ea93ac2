//! What an object states of that which differs between environments.

use std::collections::HashSet;

use krm::field::{Pointer, PointerBuf};
use krm::resource_list::Item;
use krm::table;
use manifests::fields::Pattern;
use manifests::pods;
use serde_json::Value;

use crate::aspect::Aspect;
use crate::document::Document;
use crate::field_table::FieldTable;
use crate::keys;
use crate::portable::is_portable;

/// A field that an object states.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    /// What it is about.
    pub(crate) aspect: Aspect,
    /// Where it is in the document.
    pub(crate) pointer: PointerBuf,
    /// What it says.
    pub(crate) value: Value,
}

const LOOK_ALIKES: &str = include_str!("../data/look-alikes.tsv");

/// API groups of policies, which hold patterns of objects.
const POLICY_GROUPS: [&str; 5] = [
    "constraints.gatekeeper.sh",
    "kyverno.io",
    "mutations.gatekeeper.sh",
    "policies.kyverno.io",
    "templates.gatekeeper.sh",
];

/// Top-level fields that hold nothing of the kind.
const NOT_SEARCHED: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

/// Whether there is anything that an object of this kind could state.
pub(crate) fn may_state(item: &Item, fields: &FieldTable<'_>) -> bool {
    let (group, kind) = (item.group(), item.kind());
    !fields.known(group, kind).is_empty() || fields.forbidden(group, kind).next().is_some() || is_searched(group, kind)
}

/// What an object states: of two fields of which one is in the other, the outer one.
pub(crate) fn statements(document: &Document<'_>, fields: &FieldTable<'_>) -> Vec<Statement> {
    let item = document.item;
    let known = fields.known(item.group(), item.kind());
    let rows = known.iter().chain(fields.forbidden(item.group(), item.kind()));
    let of_rows =
        rows.flat_map(|row| row.pattern.matches(&document.value).into_iter().map(|found| (row.aspect, found.pointer)));
    let mut found: Vec<_> = of_rows.collect();
    if is_searched(item.group(), item.kind()) {
        search(document, &mut found);
    }
    let stated = found.into_iter().filter_map(|(aspect, pointer)| {
        let value = document.at(&pointer).filter(|value| is_stated(value))?.clone();
        let key = pointer.back().map(|token| token.decoded().into_owned()).unwrap_or_default();
        let is_portable = aspect == Aspect::Scheduling && is_portable(&key, &value);
        (!is_portable).then_some(Statement { aspect, pointer, value })
    });
    outermost(stated.collect())
}

/// Whether keys tell what an object of a kind states: a custom resource that is no policy, and whose pods no table knows.
fn is_searched(group: &str, kind: &str) -> bool {
    let is_custom = group.contains('.') && !group.ends_with(".k8s.io");
    is_custom && !POLICY_GROUPS.contains(&group) && pods::kind(group, kind).is_none()
}

/// What the keys in an object tell, and the dotted names of its chart values.
fn search(document: &Document<'_>, found: &mut Vec<keys::Found>) {
    let entries = document.value.as_object().into_iter().flatten();
    for (key, value) in entries.filter(|(key, _)| !NOT_SEARCHED.contains(&key.as_str())) {
        keys::search(value, &mut PointerBuf::from_tokens([key.as_str()]), found);
    }
    let look_alikes = look_alikes(document);
    found.retain(|(_, pointer)| !look_alikes.iter().any(|place| pointer.starts_with(place)));
    for (field, value) in document.named_values() {
        let mut named = Vec::new();
        keys::search(&value, &mut PointerBuf::new(), &mut named);
        found.extend(named.into_iter().map(|(aspect, _)| (aspect, field.clone())));
    }
}

/// The fields of an object that keys would take for something else.
fn look_alikes(document: &Document<'_>) -> Vec<PointerBuf> {
    let item = document.item;
    let rows = table::rows(LOOK_ALIKES).filter(|[group, kind, ..]: &[&str; 4]| item.is(group, kind));
    let matches = rows.flat_map(|[_, _, path, _]| Pattern::known(path).matches(&document.value));
    matches.map(|found| found.pointer).collect()
}

/// Whether a value says anything: null and what is empty do not, an empty text does.
pub(crate) fn is_stated(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(map) => map.values().any(is_stated),
        Value::Array(items) => items.iter().any(is_stated),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// The statements that are in no other, each once.
fn outermost(statements: Vec<Statement>) -> Vec<Statement> {
    let pointers: HashSet<_> = statements.iter().map(|statement| statement.pointer.clone()).collect();
    let is_inside = |pointer: &Pointer| {
        std::iter::successors(pointer.parent(), |pointer| pointer.parent()).any(|outer| pointers.contains(outer))
    };
    let mut seen = HashSet::new();
    let is_own = |statement: &Statement| !is_inside(&statement.pointer) && seen.insert(statement.pointer.clone());
    let mut is_own = is_own;
    statements.into_iter().filter(|statement| is_own(statement)).collect()
}

/// The parts of a value that are neither mappings nor lists, with the pointer of each; `pointer` is where the value is.
pub(crate) fn leaves<'v>(pointer: &Pointer, value: &'v Value) -> Vec<(PointerBuf, &'v Value)> {
    let below = |token: String, value: &'v Value| leaves(&pointer.with_trailing_token(token), value);
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().flat_map(|(key, value)| below(key.clone(), value)).collect()
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().flat_map(|(index, item)| below(index.to_string(), item)).collect()
        }
        leaf => vec![(pointer.to_buf(), leaf)],
    }
}
