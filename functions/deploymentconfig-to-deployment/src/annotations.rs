//! Annotations that nothing on K3s reads.

use serde_json::Value;

/// Takes an annotation out of the `metadata` at a JSON pointer, and the mapping of annotations with the last one.
pub(crate) fn remove(object: &mut Value, metadata: &str, key: &str) {
    let Some(Value::Object(metadata)) = object.pointer_mut(metadata) else { return };
    let Some(Value::Object(annotations)) = metadata.get_mut("annotations") else { return };
    annotations.shift_remove(key);
    if annotations.is_empty() {
        metadata.shift_remove("annotations");
    }
}
