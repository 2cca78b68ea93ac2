//! Writing into the configuration of a listener. What is missing on the way is made; its shape was checked before.

use serde_json::{Map, Value, json};

use crate::listener::broker_of;

/// `configuration`.
pub(crate) fn configuration(listener: &mut Value) -> &mut Map<String, Value> {
    mapping(listener, "configuration")
}

/// `configuration.bootstrap`.
pub(crate) fn bootstrap(listener: &mut Value) -> &mut Map<String, Value> {
    configuration(listener);
    mapping(&mut listener["configuration"], "bootstrap")
}

/// The first entry of `configuration.brokers` for a broker, or a new one at the end.
pub(crate) fn broker(listener: &mut Value, id: u32) -> &mut Map<String, Value> {
    configuration(listener);
    let brokers = &mut listener["configuration"]["brokers"];
    if !brokers.is_array() {
        *brokers = json!([]);
    }
    let Value::Array(entries) = brokers else { unreachable!("it was just made a list") };
    let index = entries.iter().position(|entry| broker_of(entry) == Some(id)).unwrap_or_else(|| {
        entries.push(json!({"broker": id}));
        entries.len() - 1
    });
    entries[index].as_object_mut().unwrap_or_else(|| unreachable!("an entry with a broker is a mapping"))
}

/// Adds a name to the certificates of all brokers.
pub(crate) fn add_alternative_name(listener: &mut Value, name: &str) {
    let names = bootstrap(listener).entry("alternativeNames").or_insert_with(|| json!([]));
    if let Value::Array(names) = names
        && !names.iter().any(|known| known == name)
    {
        names.push(json!(name));
    }
}

/// The mapping at a key, made if there is none.
pub(crate) fn mapping<'v>(parent: &'v mut Value, key: &str) -> &'v mut Map<String, Value> {
    let value = &mut parent[key];
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().unwrap_or_else(|| unreachable!("it was just made a mapping"))
}
