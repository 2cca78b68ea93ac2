//! Values of JSON and YAML as keys and texts.

use std::borrow::Cow;

use krm::field::PointerBuf;
use serde_json::Value;

/// A text or number in a tree, with the key that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf<'v> {
    /// Where it is.
    pub(super) pointer: PointerBuf,
    /// The key: its own, or that of the list that it is in; of `{name: X, value: Y}` the name.
    pub(super) key: &'v str,
    /// The text of the scalar, of a number as well.
    pub(super) text: Cow<'v, str>,
}

/// The texts and numbers of a tree in their order, below a key.
pub(super) fn leaves<'v>(key: &'v str, value: &'v Value) -> Vec<Leaf<'v>> {
    let mut found = Vec::new();
    descend(key, value, &mut PointerBuf::new(), &mut found);
    found
}

fn descend<'v>(key: &'v str, value: &'v Value, at: &mut PointerBuf, found: &mut Vec<Leaf<'v>>) {
    match value {
        Value::String(text) => found.push(Leaf { pointer: at.clone(), key, text: text.into() }),
        Value::Number(number) => found.push(Leaf { pointer: at.clone(), key, text: number.to_string().into() }),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push_back(index);
                descend(key, item, at, found);
                at.pop_back();
            }
        }
        Value::Object(entries) => {
            let named = entries.get("name").and_then(Value::as_str);
            for (name, value) in entries {
                at.push_back(name.as_str());
                descend(named.filter(|_| name == "value").unwrap_or(name), value, at, found);
                at.pop_back();
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// The JSON that a text is, if it is a list or mapping.
pub(super) fn json(text: &str) -> Option<Value> {
    let text = text.trim();
    let is_json = text.starts_with(['{', '[']) && text.ends_with(['}', ']']);
    is_json.then(|| serde_json::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_keys_and_texts() {
        let value =
            json(r#" {"db": {"host": "pg", "port": 5432}, "env": [{"name": "H", "value": "x"}], "hosts": ["a"]}"#);
        let value = value.expect("it is JSON");
        let tell = |leaf: &Leaf<'_>| format!("{}={} {}", leaf.key, leaf.text, leaf.pointer);
        let told: Vec<_> = leaves("", &value).iter().map(tell).collect();
        let expected =
            ["host=pg /db/host", "port=5432 /db/port", "name=H /env/0/name", "H=x /env/0/value", "hosts=a /hosts/0"];
        assert_eq!(told, expected);
        assert!(json("{{ .x }}").is_none() && json("[db]").is_none());
    }
}
