//! A list of pull secrets to be written.

use serde_json::{Value, json};

/// A list of pull secrets to be written.
#[derive(Debug)]
pub(crate) struct NewList {
    /// The keys that lead to the field; mappings that are missing are made.
    pub(crate) keys: Vec<String>,
    /// The list.
    pub(crate) value: Value,
}

impl NewList {
    /// Writes the list.
    pub(crate) fn write(self, root: &mut Value) {
        let mut place = root;
        for key in self.keys {
            if place.is_null() {
                *place = json!({});
            }
            let Some(map) = place.as_object_mut() else { return };
            place = map.entry(key).or_insert(Value::Null);
        }
        *place = self.value;
    }
}
