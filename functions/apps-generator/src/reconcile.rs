//! What was generated takes the place of what the same config generated before.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::bookkeeping::{MANAGED_BY, is_bookkeeping};
use krm::resource_list::{Item, ItemId, Resources, namespace_name};
use serde_json::{Map, Value};

use crate::rule::Rule;

/// The annotation that names the config from which an object comes.
pub(crate) const CONFIG: &str = "replatform.dev/config";

/// What tells objects apart: API group, kind, namespace and name.
type Key = (String, String, String, String);

fn key_of(object: &Value) -> Key {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let api_version = text(&object["apiVersion"]);
    let group = api_version.split_once('/').map(|(group, _)| group.to_owned()).unwrap_or_default();
    let metadata = &object["metadata"];
    (group, text(&object["kind"]), namespace_name(metadata["namespace"].as_str()).to_owned(), text(&metadata["name"]))
}

fn key_of_item(item: &Item) -> Key {
    (item.group().to_owned(), item.kind().to_owned(), item.namespace_name().to_owned(), item.name().to_owned())
}

/// Puts objects into the build: new ones are added, those of an earlier run are changed where they differ, and those that
/// the config no longer gives go.
pub(crate) fn reconcile(objects: Vec<Value>, resources: &mut Resources, findings: &mut Findings) {
    let config = resources.config_name().to_owned();
    let known: BTreeMap<Key, ItemId> = resources.iter().map(|item| (key_of_item(item), item.id())).collect();
    let mut own: BTreeSet<ItemId> = resources.iter().filter(|item| is_of_config(item, &config)).map(Item::id).collect();
    let mut seen = BTreeSet::new();
    for mut object in objects {
        mark(&mut object, &config);
        let key = key_of(&object);
        let there = known.get(&key);
        if !seen.insert(key) {
            findings.push(taken(&object, "is generated twice; give one of the two another name"));
            continue;
        }
        match there {
            None => resources.add(&object),
            Some(id) if own.remove(id) => update(*id, object, resources),
            Some(_) => findings.push(taken(
                &object,
                "is in the build already, and this config did not make it; rename one of the two",
            )),
        }
    }
    own.into_iter().for_each(|id| resources.remove(id));
}

fn taken(object: &Value, message: &'static str) -> Finding {
    Finding::new(Rule::NameTaken, message).on(ObjectReference::from(object))
}

/// Whether an object comes from a config of this name.
fn is_of_config(item: &Item, config: &str) -> bool {
    item.value()["metadata"]["labels"][MANAGED_BY] == env!("CARGO_PKG_NAME")
        && item.annotation(CONFIG).unwrap_or_default() == config
}

/// Notes in an object from which config it comes.
fn mark(object: &mut Value, config: &str) {
    let metadata = &mut object["metadata"];
    for (field, key, value) in [("labels", MANAGED_BY, env!("CARGO_PKG_NAME")), ("annotations", CONFIG, config)] {
        if metadata[field].is_null() {
            metadata[field] = Value::Object(Map::new());
        }
        if !value.is_empty() {
            metadata[field][key] = value.into();
        }
    }
    for field in ["annotations", "labels"] {
        if let Some(entries) = metadata[field].as_object_mut() {
            entries.sort_keys();
        }
    }
    if metadata["annotations"].as_object().is_some_and(Map::is_empty)
        && let Some(metadata) = metadata.as_object_mut()
    {
        metadata.shift_remove("annotations");
    }
}

/// Makes of an object what is generated now. What the host wrote into it stays.
fn update(id: ItemId, mut object: Value, resources: &mut Resources) {
    let item = resources.get(id);
    let kept: Map<String, Value> = item
        .annotations()
        .iter()
        .filter(|(key, _)| is_bookkeeping(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !kept.is_empty() {
        if object["metadata"]["annotations"].is_null() {
            object["metadata"]["annotations"] = Value::Object(Map::new());
        }
        if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
            annotations.extend(kept);
        }
    }
    if *item.value() != object {
        *resources.edit(id) = object;
    }
}
