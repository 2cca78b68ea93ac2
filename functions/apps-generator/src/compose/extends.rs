//! Services that extend others of the project.
//!
//! Source: compose-spec `05-services.md`, `extends`, and `13-merge.md`.

use serde_json::{Map, Value};

use super::mounts;
use super::node::Node;
use crate::rule::Rule;

/// A service with all that it takes over from the services that it extends.
pub(super) fn resolved(name: &str, services: &Map<String, Value>, node: &Node<'_>) -> Value {
    let mut service = services[name].clone();
    let mut seen = vec![name.to_owned()];
    while let Some(base) = base_of(&service, node) {
        let Some(below) = services.get(&base).filter(|_| !seen.contains(&base)) else {
            node.tell(Rule::ComposeValue, format!("extends `{base}`, which is no other service of the project"));
            break;
        };
        let above = without_extends(service);
        service = merged("", below.clone(), above);
        seen.push(base);
    }
    without_extends(service)
}

fn base_of(service: &Value, node: &Node<'_>) -> Option<String> {
    let extends = service.get("extends")?;
    if let Some(name) = extends.as_str() {
        return Some(name.to_owned());
    }
    if let Some(place) = node.get("extends") {
        place.check_keys("extends");
    }
    let is_here = extends.get("file").is_none();
    extends["service"].as_str().filter(|_| is_here).map(str::to_owned)
}

fn without_extends(mut service: Value) -> Value {
    if let Some(keys) = service.as_object_mut() {
        keys.shift_remove("extends");
    }
    service
}

/// Keys whose entries are `NAME=value` texts or a mapping.
const PAIRS: [&str; 6] = ["annotations", "depends_on", "environment", "labels", "networks", "sysctls"];
/// Lists that are not appended to, but replaced.
const REPLACED: [&str; 3] = ["command", "entrypoint", "test"];

/// The value of a key of the one that extends, laid over that of the one which is extended.
fn merged(key: &str, below: Value, above: Value) -> Value {
    match (below, above) {
        (below, above) if PAIRS.contains(&key) => merged_entries(entries(key, below), entries(key, above)),
        (Value::Object(below), Value::Object(above)) => merged_entries(below, above),
        (Value::Array(below), Value::Array(above)) if !REPLACED.contains(&key) => {
            let is_new = |item: &Value| !above.iter().any(|other| identity(key, other) == identity(key, item));
            let mut items: Vec<_> = below.into_iter().filter(is_new).collect();
            items.extend(above);
            Value::Array(items)
        }
        (_, above) => above,
    }
}

fn merged_entries(mut below: Map<String, Value>, above: Map<String, Value>) -> Value {
    for (key, value) in above {
        let value = match below.get_mut(&key) {
            Some(known) => merged(&key, known.take(), value),
            None => value,
        };
        below.insert(key, value);
    }
    Value::Object(below)
}

/// The entries of a mapping that may be written as a list.
fn entries(key: &str, value: Value) -> Map<String, Value> {
    match value {
        Value::Object(entries) => entries,
        Value::Array(items) => items.into_iter().filter_map(|item| entry(key, &item)).collect(),
        _ => Map::new(),
    }
}

fn entry(key: &str, item: &Value) -> Option<(String, Value)> {
    let text = item.as_str()?;
    Some(match (text.split_once('='), key) {
        (_, "depends_on") => (text.to_owned(), serde_json::json!({"condition": "service_started"})),
        (Some((name, value)), _) => (name.to_owned(), value.into()),
        (None, _) => (text.to_owned(), Value::Null),
    })
}

/// What makes an item of a list the same as another.
fn identity(key: &str, item: &Value) -> Value {
    match key {
        "volumes" => {
            let short = item.as_str().and_then(mounts::short).map(|mount| Value::from(mount.target));
            short.unwrap_or_else(|| item["target"].clone())
        }
        "configs" | "secrets" => item.get("target").or_else(|| item.get("source")).unwrap_or(item).clone(),
        _ => item.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::node::Project;
    use super::*;

    #[test]
    fn a_service_takes_over_what_it_does_not_say() {
        let services = json!({
            "base": {"image": "a", "environment": ["A=1", "B=2"], "command": ["x"], "volumes": ["d:/d", "e:/e"],
                "ports": ["80"], "healthcheck": {"test": ["CMD", "x"], "retries": 2}},
            "middle": {"extends": {"service": "base"}, "environment": {"B": "3"}, "ports": ["80", "81"]},
            "top": {"extends": "middle", "command": ["y"], "volumes": [{"type": "volume", "source": "f", "target": "/d"}],
                "healthcheck": {"test": ["CMD", "y"]}},
        });
        let project = Project::default();
        let root = json!({});
        let node = Node::root(&root, &project);
        let services = services.as_object().expect("a mapping");
        assert_eq!(
            resolved("top", services, &node),
            json!({"image": "a", "environment": {"A": "1", "B": "3"}, "command": ["y"],
                "volumes": ["e:/e", {"type": "volume", "source": "f", "target": "/d"}], "ports": ["80", "81"],
                "healthcheck": {"test": ["CMD", "y"], "retries": 2}})
        );
    }
}
