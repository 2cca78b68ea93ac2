//! How an overlay states a field: which kind of patch works.

use krm::field::{Pointer, PointerBuf};
use krm::resource_list::Item;
use manifests::helm::Form;
use manifests::pods;
use serde_json::{Map, Value, json};

use crate::aspect::Aspect;
use crate::document::Document;

/// Lists of pods that a strategic merge patch merges by the names of their items.
///
/// Source: kubernetes/api core/v1 types.go, `patchStrategy`; kustomize has it for the groups of [`MERGED_GROUPS`].
const MERGED_LISTS: [&str; 4] = ["containers", "ephemeralContainers", "initContainers", "volumes"];

/// The API groups of kinds with pods whose schema is part of kustomize. In others a patch replaces every list.
const MERGED_GROUPS: [&str; 3] = ["", "apps", "batch"];

/// The longest value that a message quotes.
const LONGEST_VALUE: usize = 120;

/// How an overlay states a value of a field, as `by a patch`.
pub(crate) fn how(document: &Document<'_>, field: &Pointer, aspect: Aspect, value: &Value) -> String {
    let item = document.item;
    match document.chart(field) {
        Some(Form::Text) => {
            return "by a patch with the whole text of the values, of which no patch can change a part".to_owned();
        }
        Some(Form::Parameters) => return json_patch(&parameter(document, field), "a list of parameters"),
        _ => {}
    }
    if let Some(list) = replaced_list(document, field) {
        let (path, value) = addition(document, field, value);
        return json_patch(&(path.to_string(), value), &format!("the list `{list}`"));
    }
    if aspect == Aspect::Replicas && field.as_str() == "/spec/replicas" && is_scaled(item) {
        return "by `replicas` of its kustomization or by a patch".to_owned();
    }
    "by a patch".to_owned()
}

/// Whether the field `replicas` of a kustomization sets the replicas of an object: that of every kind of Kubernetes that has them.
///
/// Source: kustomize api/internal/konfig/builtinpluginconsts/replicas.go.
fn is_scaled(item: &Item) -> bool {
    let is_of_openshift = item.kind() == "DeploymentConfig";
    MERGED_GROUPS.contains(&item.group()) && pods::kind(item.group(), item.kind()).is_some() && !is_of_openshift
}

fn json_patch((path, value): &(String, Value), list: &str) -> String {
    let text = value.to_string();
    let text = if text.len() > LONGEST_VALUE { "VALUE" } else { &text };
    format!(
        "by a JSON patch, as `- {{op: add, path: {path}, value: {text}}}`, since a strategic merge patch replaces {list}"
    )
}

/// The list on the way to a field that a strategic merge patch would replace.
fn replaced_list(document: &Document<'_>, field: &Pointer) -> Option<String> {
    let is_known = MERGED_GROUPS.contains(&document.item.group());
    let lists = std::iter::successors(field.parent(), |pointer| pointer.parent())
        .filter(|pointer| document.at(pointer).is_some_and(Value::is_array));
    let keys = lists.filter_map(|list| list.back().map(|token| token.decoded().into_owned()));
    let replaced = keys.filter(|key| !is_known || !MERGED_LISTS.contains(&key.as_str()));
    replaced.last()
}

/// The path and the value of the operation that adds a field with the mappings around it that are not there.
fn addition(document: &Document<'_>, field: &Pointer, value: &Value) -> (PointerBuf, Value) {
    let (mut path, mut value) = (field.to_buf(), value.clone());
    while let Some(parent) = path.parent().map(Pointer::to_buf) {
        if document.at(&parent).is_some() {
            break;
        }
        if let Some(key) = path.back().map(|token| token.decoded().into_owned()) {
            value = Map::from_iter([(key, value)]).into();
        }
        path = parent;
    }
    (path, value)
}

/// The path and the value of the operation that adds a parameter of a chart.
fn parameter(document: &Document<'_>, field: &Pointer) -> (String, Value) {
    let item = field.parent().unwrap_or(Pointer::root());
    let list = item.parent().unwrap_or(Pointer::root());
    let name = document.at(item).map(|item| item["name"].clone()).unwrap_or_default();
    (format!("{list}/-"), json!({"name": name, "value": document.at(field)}))
}
