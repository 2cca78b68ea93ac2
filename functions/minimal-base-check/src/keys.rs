//! Keys that mean the same in custom resources and in the values of Helm charts.

use std::collections::HashMap;
use std::sync::LazyLock;

use krm::field::PointerBuf;
use krm::table;
use manifests::claims::OBJECT_STORES;
use manifests::fields::below;
use serde_json::{Map, Value};

use crate::aspect::Aspect;

const KEYS: &str = include_str!("../data/keys.tsv");

/// The keys of the table, with what each is about and the shape of its values.
static BY_KEY: LazyLock<HashMap<&str, (Aspect, &str)>> =
    LazyLock::new(|| table::rows(KEYS).map(|[key, aspect, shape]| (key, (Aspect::of_name(aspect), shape))).collect());

/// What was found at a pointer.
pub(crate) type Found = (Aspect, PointerBuf);

/// What the keys in a value tell; `base` is where the value is. What is found is not searched further.
pub(crate) fn search(value: &Value, base: &mut PointerBuf, found: &mut Vec<Found>) {
    node(value, "", base, found);
}

fn node(value: &Value, around: &str, pointer: &mut PointerBuf, found: &mut Vec<Found>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                below(pointer, key, |pointer| match aspect_of(key, value, map, around) {
                    Some(aspect) => found.push((aspect, pointer.clone())),
                    None => node(value, key, pointer, found),
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                below(pointer, &index.to_string(), |pointer| node(item, around, pointer, found));
            }
        }
        _ => {}
    }
}

/// What an entry of a mapping is about; `around` is the key of the mapping.
fn aspect_of(key: &str, value: &Value, map: &Map<String, Value>, around: &str) -> Option<Aspect> {
    let (aspect, shape) = BY_KEY.get(key)?;
    let has_shape = match *shape {
        "count" => value.is_u64(),
        "resources" => return resources(value),
        "labels" => value.as_object().is_some_and(|map| map.values().all(Value::is_string)),
        "mapping" => value.is_object(),
        "list" => value.as_array().is_some_and(|items| items.iter().all(Value::is_object)),
        "name" => value.as_str().is_some_and(|name| !name.is_empty()),
        "class" => value.as_str().is_some_and(|name| !name.is_empty()) && !is_object_store(around),
        "size" => is_amount(value) && is_claim(map, around),
        "amount" => is_amount(value),
        other => unreachable!("`{other}` is no shape"),
    };
    has_shape.then_some(*aspect)
}

/// What a mapping with requests or limits is about: those of storage are of a claim.
fn resources(value: &Value) -> Option<Aspect> {
    let amounts = value.as_object()?;
    let is_own = |key: &str| matches!(key, "cpu" | "memory" | "ephemeral-storage");
    let of = |key: &str| amounts.get(key).and_then(Value::as_object);
    if of("requests").or(of("limits")).is_some_and(|amounts| amounts.contains_key("storage")) {
        return Some(Aspect::StorageSize);
    }
    let has_amounts = of("requests").is_some() || of("limits").is_some() || amounts.keys().any(|key| is_own(key));
    has_amounts.then_some(Aspect::Resources)
}

fn is_object_store(key: &str) -> bool {
    OBJECT_STORES.iter().any(|store| key.eq_ignore_ascii_case(store))
}

/// Whether a mapping with a size is a claim: it has a class or access modes, or is called after storage.
fn is_claim(map: &Map<String, Value>, around: &str) -> bool {
    let beside = ["storageClass", "storageClassName", "class", "accessModes", "accessMode"];
    let around = around.to_ascii_lowercase();
    beside.iter().any(|key| map.contains_key(*key))
        || ["persist", "storage", "volume", "pvc", "claim"].iter().any(|word| around.contains(word))
}

/// Whether a value is an amount of bytes with a unit, as `10Gi`.
fn is_amount(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    unit.len() < text.len()
        && matches!(unit, "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(value: &Value) -> Vec<(Aspect, String)> {
        let mut found = Vec::new();
        search(value, &mut PointerBuf::new(), &mut found);
        found.into_iter().map(|(aspect, pointer)| (aspect, pointer.to_string())).collect()
    }

    /// A value of a shape.
    fn example(shape: &str) -> Value {
        match shape {
            "count" => json!(3),
            "resources" => json!({"requests": {"cpu": "1"}}),
            "labels" => json!({"pool": "web"}),
            "mapping" => json!({"podAntiAffinity": {}}),
            "list" => json!([{"key": "dedicated"}]),
            "name" | "class" => json!("fast"),
            "size" | "amount" => json!("10Gi"),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn every_key_is_found_by_its_shape_and_by_no_other() {
        let shapes = ["count", "resources", "labels", "list", "name", "amount"];
        for [key, aspect, shape] in table::rows(KEYS) {
            let of = |value: Value| found(&json!({"a": {"persistence": [{key: value, "other": 1}]}}));
            assert_eq!(of(example(shape)), [(Aspect::of_name(aspect), format!("/a/persistence/0/{key}"))], "{key}");
            let is_alike = |other: &str| {
                other == shape
                    || matches!((shape, other), ("mapping", "labels" | "resources") | ("size", "amount"))
                    || matches!((shape, other), ("class" | "name", "amount" | "name"))
            };
            for other in shapes.iter().filter(|other| !is_alike(other)) {
                assert_eq!(of(example(other)), [], "{key} as {other}");
            }
        }
    }

    #[test]
    fn what_only_looks_so_is_not_found() {
        for value in [
            json!({"replicas": "many", "size": "10Gi", "resources": {"limits": "none"}, "nodeSelector": {"matchLabels": {}}}),
            json!({"s3": {"storageClass": "STANDARD"}, "persistence": {"storageClass": "", "size": 3}}),
            json!({"resources": ["pods"], "affinity": "hard", "tolerations": ["a"]}),
        ] {
            assert_eq!(found(&value), [], "{value}");
        }
        let claim = json!({"spec": {"resources": {"requests": {"storage": "1Gi"}}}});
        assert_eq!(found(&claim), [(Aspect::StorageSize, "/spec/resources".to_owned())]);
        assert_eq!(found(&json!({"resources": {"cpu": "1"}})), [(Aspect::Resources, "/resources".to_owned())]);
    }
}
