//! The configs of our functions, in files and texts.

use std::collections::BTreeSet;

use krm::config::API_VERSION;
use serde_json::Value;

use crate::kustomization::Target;
use crate::skippable::{RUNTIME, values};

/// The kinds of the configs of our functions in a file or a text.
pub(crate) fn kinds_in(target: &Target) -> BTreeSet<String> {
    let text = text_of(target);
    if !text.contains(group()) {
        return BTreeSet::new();
    }
    values(&text).into_iter().filter(is_ours).flat_map(|config| kinds_of(&config)).collect()
}

/// Whether a file or a text holds configs of functions and nothing else: of ours, of those that kustomize has built in, or of
/// others that an annotation names.
pub(crate) fn holds_only_configs(target: &Target) -> bool {
    let is_config = |value: &Value| {
        is_ours(value) || value["apiVersion"] == "builtin" || value["metadata"]["annotations"][RUNTIME].is_string()
    };
    let values = values(&text_of(target));
    !values.is_empty() && values.iter().all(is_config)
}

fn text_of(target: &Target) -> String {
    match target {
        Target::File(file) => std::fs::read_to_string(file).unwrap_or_default(),
        Target::Inline(text) => text.clone(),
        Target::Directory(_) | Target::Remote(_) | Target::Missing(_) => String::new(),
    }
}

/// The API group of the configs of our functions.
fn group() -> &'static str {
    API_VERSION.split('/').next().unwrap_or_default()
}

fn is_ours(value: &Value) -> bool {
    value["apiVersion"].as_str().is_some_and(|version| version.split('/').next() == Some(group()))
}

/// The kinds of the functions that a config runs: its own, or those of a Pipeline.
pub fn kinds_of(config: &Value) -> BTreeSet<String> {
    let kind = |config: &Value| config["kind"].as_str().unwrap_or_default().to_owned();
    match config["spec"]["functions"].as_array() {
        Some(functions) if config["kind"] == "Pipeline" => functions.iter().map(kind).collect(),
        _ => [kind(config)].into(),
    }
}
