//! Writing into the configuration of a listener. What is missing on the way is made; its shape was checked before.

use std::collections::HashMap;

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

/// The entries of `configuration.brokers`, to be changed.
pub(crate) struct BrokerEntries<'v> {
    entries: &'v mut Vec<Value>,
    /// Where the first entry of each broker is.
    places: HashMap<u32, usize>,
}

/// `configuration.brokers`.
pub(crate) fn brokers(listener: &mut Value) -> BrokerEntries<'_> {
    let brokers = configuration(listener).entry("brokers").or_insert_with(|| json!([]));
    if !brokers.is_array() {
        *brokers = json!([]);
    }
    let Value::Array(entries) = brokers else { unreachable!("it was just made a list") };
    let mut places = HashMap::new();
    for (place, id) in entries.iter().enumerate().filter_map(|(place, entry)| Some((place, broker_of(entry)?))) {
        places.entry(id).or_insert(place);
    }
    BrokerEntries { entries, places }
}

impl BrokerEntries<'_> {
    /// The first entry of a broker, or a new one at the end.
    pub(crate) fn of(&mut self, id: u32) -> &mut Map<String, Value> {
        let place = *self.places.entry(id).or_insert_with(|| {
            self.entries.push(json!({"broker": id}));
            self.entries.len() - 1
        });
        self.entries[place].as_object_mut().unwrap_or_else(|| unreachable!("an entry with a broker is a mapping"))
    }
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
