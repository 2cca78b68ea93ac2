//! The configs of our functions, in files and texts.

use std::collections::BTreeSet;

use krm::config::API_VERSION;
use serde_json::Value;

use crate::kustomization::Target;
use crate::skippable::values;

/// The kinds of the configs of our functions in a file or a text.
pub(crate) fn kinds_in(target: &Target) -> BTreeSet<String> {
    let text = match target {
        Target::File(file) => std::fs::read_to_string(file).unwrap_or_default(),
        Target::Inline(text) => text.clone(),
        Target::Directory(_) | Target::Remote(_) | Target::Missing(_) => String::new(),
    };
    let group = API_VERSION.split('/').next().unwrap_or_default();
    if !text.contains(group) {
        return BTreeSet::new();
    }
    let values = values(&text).into_iter();
    let is_ours =
        |value: &Value| value["apiVersion"].as_str().is_some_and(|version| version.split('/').next() == Some(group));
    values.filter(is_ours).flat_map(|config| kinds_of(&config)).collect()
}

/// The kinds of the functions that a config runs: its own, or those of a Pipeline.
pub fn kinds_of(config: &Value) -> BTreeSet<String> {
    let kind = |config: &Value| config["kind"].as_str().unwrap_or_default().to_owned();
    match config["spec"]["functions"].as_array() {
        Some(functions) if config["kind"] == "Pipeline" => functions.iter().map(kind).collect(),
        _ => [kind(config)].into(),
    }
}
