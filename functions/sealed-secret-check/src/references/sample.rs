//! Objects for the tests of the tables.

use krm::resource_list::Resources;
use krm::trial::merge;
use serde_json::{Value, json};

/// The smallest object in which a field pattern finds `field`.
pub(super) fn with(path: &str, field: &Value) -> Value {
    let path = path.trim_start_matches('.');
    if path.is_empty() {
        return field.clone();
    }
    if let Some(inner) = path.strip_prefix('[') {
        let (name, rest) = inner.split_once(']').expect("the bracket is closed");
        let below = with(rest, field);
        return if name.is_empty() { json!([below]) } else { json!({ name: below }) };
    }
    let (segment, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let below = with(rest, field);
    if segment == "**" { below } else { json!({ segment.replace('*', "any"): below }) }
}

/// A build of one object of a group and kind, of any kind for `*`.
pub(super) fn build(group: &str, kind: &str, mut object: Value) -> Resources {
    let named = |name: &str| name.replace('*', "any");
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{}/v1", named(group)) };
    merge(&mut object, &json!({"apiVersion": api_version, "kind": named(kind), "metadata": {"name": "sample"}}));
    Resources::from_streams(vec![(None, object.to_string())]).expect("JSON is YAML")
}
