//! What makes a field sure to name a storage class, in objects that no table lists.

use serde_json::{Map, Value};

use crate::mentions::is_class_key;
use crate::quantity;

/// Words in the keys of mappings where claims are.
const CLAIMS: [&str; 6] = ["persist", "storage", "volume", "claim", "pvc", "disk"];

/// Endings of the keys of sizes.
const SIZES: [&str; 3] = ["size", "capacity", "storage"];

/// Keys of object stores, whose tiers are called storage classes too.
const BUCKETS: [&str; 4] = ["bucket", "bucketName", "endpoint", "region"];

/// Whether a mapping below `keys`, its own and the one above, describes a claim: it holds an amount of storage, and one of the
/// keys is called after claims.
pub(crate) fn is_sized_claim(map: &Map<String, Value>, keys: [&str; 2]) -> bool {
    let mut sizes = map.iter().filter(|(key, value)| is_size(key, value)).map(|(key, _)| key.as_str());
    // Most mappings hold no size.
    let Some(size) = sizes.next() else { return false };
    let is_of_claim = keys.into_iter().chain([size]).any(is_called_after_claims);
    is_of_claim && !BUCKETS.iter().any(|key| map.contains_key(*key))
}

fn is_called_after_claims(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    CLAIMS.iter().any(|word| key.contains(word))
}

fn is_size(key: &str, value: &Value) -> bool {
    // Most keys end in other letters.
    match key.as_bytes().last() {
        Some(b's') if key == "resources" => is_amount(&value["requests"]["storage"]),
        Some(b's') if key == "requests" => is_amount(&value["storage"]),
        Some(b'e' | b'E' | b'y' | b'Y') => SIZES.iter().any(|ending| ends_in(key, ending)) && is_amount(value),
        _ => false,
    }
}

fn ends_in(key: &str, ending: &str) -> bool {
    let start = key.len().checked_sub(ending.len());
    start.and_then(|start| key.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

/// Whether a value is an amount of storage, and no plain number of other things.
fn is_amount(value: &Value) -> bool {
    let has_unit =
        value.as_str().is_some_and(|text| text == "0" || text.ends_with(|last: char| last.is_ascii_alphabetic()));
    quantity::parse(value).is_some_and(|bytes| has_unit || bytes >= 1 << 20)
}

/// The text that a mapping holds for a variable or a path that is called after storage classes, and its key: of
/// `name: STORAGE_CLASS`, `value: standard` the second entry. The names are the values of `name` and `path`.
pub(crate) fn named_value<'m>(
    map: &'m Map<String, Value>,
    names: [Option<&Value>; 2],
) -> Option<(&'static str, &'m str)> {
    let is_named = names.into_iter().any(|name| {
        let name = name.and_then(Value::as_str);
        name.and_then(|name| name.rsplit(['/', '.']).next()).is_some_and(is_class_key)
    });
    let value = |key: &'static str| Some((key, map.get(key)?.as_str()?));
    if is_named { value("value").or_else(|| value("default")) } else { None }
}

/// The text behind a flag for classes, as of `--storage-class`, `standard`.
pub(crate) fn behind_flag<'v>(flag: &Value, class: &'v Value) -> Option<&'v str> {
    let flag = flag.as_str()?.strip_prefix('-')?;
    if is_class_key(flag) { class.as_str() } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_claim(map: &Value, keys: [&str; 2]) -> bool {
        map.as_object().is_some_and(|map| is_sized_claim(map, keys))
    }

    #[test]
    fn a_size_below_storage_makes_a_claim() {
        for map in [
            json!({"size": "10Gi"}),
            json!({"capacity": "1Ti"}),
            json!({"requests": {"storage": "1Gi"}}),
            json!({"resources": {"requests": {"storage": "1Gi"}}}),
            json!({"alertmanagerStorageSize": "1Gi"}),
            json!({"storage": "0"}),
        ] {
            assert!(is_claim(&map, ["persistence", ""]) && is_claim(&map, ["data", "volumes"]), "{map}");
        }
        assert!(is_claim(&json!({"storageSize": "1Gi"}), ["spec", ""]));
        for map in [json!({"size": 3}), json!({"size": "small"}), json!({}), json!({"size": "1Gi", "bucket": "b"})] {
            assert!(!is_claim(&map, ["persistence", ""]), "{map}");
        }
        assert!(!is_claim(&json!({"size": "10Gi"}), ["pool", "spec"]));
    }
}
