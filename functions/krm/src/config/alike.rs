//! Options that fit their schema as far as their types alone can tell.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Whether the types of options read them, and write every part of them as it is given: then they are spelt as they should
/// be, and there is nothing in them that the types do not know. `false` tells nothing.
pub(crate) fn are_written_alike(options: &Value, types: &[fn(&Value) -> Option<Value>]) -> bool {
    let written: Vec<_> = types.iter().filter_map(|written| written(options)).collect();
    let is_written = |(key, value): (&String, &Value)| {
        written.iter().any(|written| written.get(key).is_some_and(|written| says_all(written, value)))
    };
    written.len() == types.len() && options.as_object().is_some_and(|options| options.iter().all(is_written))
}

/// What a type makes of options, if it can read them.
pub(crate) fn written_as<S: Serialize + DeserializeOwned>(options: &Value) -> Option<Value> {
    serde_json::to_value(S::deserialize(options).ok()?).ok()
}

/// Whether a value says all that another one does.
fn says_all(value: &Value, other: &Value) -> bool {
    match (value, other) {
        (Value::Object(value), Value::Object(other)) => {
            other.iter().all(|(key, other)| value.get(key).is_some_and(|value| says_all(value, other)))
        }
        (Value::Array(value), Value::Array(other)) => {
            value.len() == other.len() && value.iter().zip(other).all(|(value, other)| says_all(value, other))
        }
        (value, other) => value == other,
    }
}
