//! Options that fit their schema as far as their types alone can tell.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::field::holds;

/// Whether the types of options read them, and write every part of them as it is given: then they are spelt as they should
/// be, and there is nothing in them that the types do not know. `false` tells nothing.
pub(crate) fn are_written_alike(options: &Value, types: &[fn(&Value) -> Option<Value>]) -> bool {
    let written: Vec<_> = types.iter().filter_map(|written| written(options)).collect();
    let is_written = |(key, value): (&String, &Value)| {
        written.iter().any(|written| written.get(key).is_some_and(|written| holds(written, value)))
    };
    written.len() == types.len() && options.as_object().is_some_and(|options| options.iter().all(is_written))
}

/// What a type makes of options, if it can read them.
pub(crate) fn written_as<S: Serialize + DeserializeOwned>(options: &Value) -> Option<Value> {
    serde_json::to_value(S::deserialize(options).ok()?).ok()
}
