//! The JSON Schema of the options, from their types, and how to read it.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::common::{CheckSpec, CommonSpec};

/// The JSON Schema of `spec`: the function's own options, then those that every function has.
pub(crate) fn spec_schema<S: JsonSchema>(is_check: bool) -> Value {
    let mut schema = schema_of::<S>();
    let mut common = vec![schema_of::<CommonSpec>()];
    if is_check {
        common.push(schema_of::<CheckSpec>());
    }
    let properties = &mut schema["properties"];
    if properties.is_null() {
        *properties = json!({});
    }
    for common in common {
        if let (Value::Object(properties), Some(more)) = (&mut *properties, common["properties"].as_object()) {
            properties.extend(more.clone());
        }
    }
    schema["additionalProperties"] = json!(false);
    if let Value::Object(schema) = &mut schema {
        schema.shift_remove("title");
        schema.shift_remove("$schema");
    }
    schema
}

fn schema_of<S: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let schema: Schema = settings.into_generator().into_root_schema_for::<S>();
    schema.to_value()
}

/// The schema that a reference to one of the `$defs` of `root` means; any other as it is.
pub(crate) fn resolved<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    name.and_then(|name| root["$defs"].get(name)).unwrap_or(schema)
}

/// The schema of a value of this schema where it is not null, references followed.
pub(super) fn of_value<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    resolved(non_null(resolved(schema, root)), root)
}

/// The schema where the value is not null.
fn non_null(schema: &Value) -> &Value {
    let any = schema["anyOf"].as_array();
    any.and_then(|any| any.iter().find(|schema| schema["type"] != "null")).unwrap_or(schema)
}

/// The name of the schema's type, or nothing if any will do.
pub(crate) fn type_of(schema: &Value) -> &str {
    let schema = non_null(schema);
    match &schema["type"] {
        Value::String(name) => name,
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default(),
        _ => "",
    }
}

/// The values that an enumeration allows.
pub(crate) fn allowed_values(schema: &Value) -> Option<Vec<Value>> {
    variants_of(schema).map(|variants| variants.into_iter().map(|(value, _)| value.clone()).collect())
}

/// The values that an enumeration allows, each with the schema that describes it.
pub(super) fn variants_of(schema: &Value) -> Option<Vec<(&Value, &Value)>> {
    let schema = non_null(schema);
    if let Some(values) = schema["enum"].as_array() {
        return Some(values.iter().map(|value| (value, &Value::Null)).collect());
    }
    let mut variants = Vec::new();
    for variant in schema["oneOf"].as_array()? {
        match (variant.get("const"), variant["enum"].as_array()) {
            (Some(value), _) => variants.push((value, variant)),
            (None, Some(values)) => variants.extend(values.iter().map(|value| (value, variant))),
            (None, None) => return None,
        }
    }
    Some(variants)
}

pub(super) fn keys_of(schema: &Value) -> Vec<&str> {
    schema["properties"].as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
}
