//! Objects in little memory.

use serde::Deserialize;
use serde_json::{Deserializer, Value};

/// An object as its JSON, which is exactly its value. The value itself takes some eight times the memory, and for a large build
/// functions make thousands of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed(Box<str>);

impl Packed {
    /// Packs an object.
    pub fn of(object: &Value) -> Self {
        let json = serde_json::to_string(object);
        Self(json.unwrap_or_else(|error| unreachable!("a value is written as JSON: {error}")).into())
    }

    /// The object.
    pub fn value(&self) -> Value {
        let mut json = Deserializer::from_str(&self.0);
        // As deep as the value was that it was made of.
        json.disable_recursion_limit();
        Value::deserialize(&mut json).unwrap_or_else(|error| unreachable!("it was written as JSON: {error}"))
    }

    /// Changes the object.
    pub fn revise(&mut self, revise: impl FnOnce(&mut Value)) {
        let mut object = self.value();
        revise(&mut object);
        *self = object.into();
    }

    /// Whether a text without quotes and line breaks may be in it; it may be a key or a part of one.
    pub fn may_hold(&self, text: &str) -> bool {
        self.0.contains(text)
    }
}

impl From<Value> for Packed {
    fn from(object: Value) -> Self {
        Self::of(&object)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Values of every kind, floats as near to one another as they can be.
    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..5).prop_map(|entries| entries.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_object_is_what_was_packed(value in values()) {
            let read = Packed::of(&value).value();
            prop_assert_eq!(&read, &value);
            prop_assert_eq!(read.to_string(), value.to_string(), "the order of the entries is the same");
        }
    }

    #[test]
    fn an_object_may_be_as_deep_as_a_text_can_say() {
        let deep = (0..300).fold(json!(0.1), |value, _| json!([value]));
        assert_eq!(Packed::of(&deep).value(), deep);
    }
}
