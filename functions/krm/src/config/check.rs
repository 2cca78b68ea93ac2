//! Holds options against the schema of their types.

use serde_json::{Map, Value, json};

use super::error::ConfigError;
use super::schema::{allowed_values, keys_of, of_value, resolved, type_of};
use crate::field::FieldPath;

/// Checks a value against the part of JSON Schema that the option types need.
pub(super) fn check(value: &Value, schema: &Value, option: &FieldPath) -> Result<(), ConfigError> {
    check_in(value, schema, schema, option)
}

/// Checks a value against a part of the schema `root`.
fn check_in(value: &Value, schema: &Value, root: &Value, option: &FieldPath) -> Result<(), ConfigError> {
    let nullable = schema["anyOf"].as_array().is_some_and(|any| any.iter().any(|schema| schema["type"] == "null"))
        || schema["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    if value.is_null() && nullable {
        return Ok(());
    }
    let schema = fitting(schema, root, value);
    if let Some(allowed) = allowed_values(schema) {
        if allowed.contains(value) {
            return Ok(());
        }
        let listed: Vec<_> = allowed.iter().map(|value| format!("`{}`", plain(value))).collect();
        let message = format!("`{}` must be one of {}", plain(value), listed.join(", "));
        return Err(ConfigError::new(option.clone(), message));
    }
    match (type_of(schema), value) {
        ("object", Value::Object(object)) => check_object(object, schema, root, option),
        ("array", Value::Array(array)) => array
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check_in(item, &schema["items"], root, &option.clone().index(index))),
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("", _) => Ok(()),
        ("integer", Value::Number(number)) if number.is_i64() || number.is_u64() => {
            let number = number.as_i64().unwrap_or(i64::MAX);
            let bound = |key: &str, default| schema[key].as_i64().unwrap_or(default);
            let (least, most) = (bound("minimum", i64::MIN), bound("maximum", i64::MAX));
            if (least..=most).contains(&number) {
                return Ok(());
            }
            let allowed = match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
                (Some(least), Some(most)) => format!("from {least} to {most}"),
                (Some(least), None) => format!("{least} or more"),
                (_, Some(most)) => format!("{most} or less"),
                (None, None) => "in range".to_owned(),
            };
            Err(ConfigError::new(option.clone(), format!("`{number}` must be {allowed}")))
        }
        ("number", Value::Number(_)) => Ok(()),
        (expected, _) => {
            let expected = match expected {
                "object" => "a mapping",
                "array" => "a list",
                "boolean" => "`true` or `false`",
                "integer" => "a whole number",
                "number" => "a number",
                _ => "a string",
            };
            Err(ConfigError::new(option.clone(), format!("`{}` must be {expected}", plain(value))))
        }
    }
}

fn check_object(
    object: &Map<String, Value>,
    schema: &Value,
    root: &Value,
    option: &FieldPath,
) -> Result<(), ConfigError> {
    for (key, value) in object {
        let path = option.clone().key(key);
        match (schema["properties"].get(key), &schema["additionalProperties"]) {
            (Some(property), _) => check_in(value, property, root, &path)?,
            (None, Value::Object(_)) => check_in(value, &schema["additionalProperties"], root, &path)?,
            (None, Value::Bool(true)) => {}
            _ => return Err(ConfigError::new(path, unknown_key(key, &keys_of(schema)))),
        }
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    match required.into_iter().find(|key| !object.contains_key(*key)) {
        Some(missing) => Err(ConfigError::new(option.clone().key(missing), "must be given")),
        None => Ok(()),
    }
}

/// The schema that a reference means, and of one that allows several types, the one of the value.
fn fitting<'s>(schema: &'s Value, root: &'s Value, value: &Value) -> &'s Value {
    let schema = resolved(schema, root);
    let fits = |schema: &&Value| match type_of(schema) {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" | "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    };
    let Some(any) = schema["anyOf"].as_array() else { return schema };
    let fitting = any.iter().map(|schema| fitting(schema, root, value));
    fitting.clone().find(fits).unwrap_or_else(|| of_value(schema, root))
}

/// The name that was meant by another one, if one of these is near enough.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let similarity = |known: &str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    let nearest = known.iter().copied().max_by(|one, other| similarity(one).total_cmp(&similarity(other)));
    nearest.filter(|nearest| similarity(nearest) > 0.75)
}

pub(super) fn unknown_key(key: &str, known: &[&str]) -> String {
    match nearest(key, known) {
        Some(nearest) => format!("is no option of this function; did you mean `{nearest}`?"),
        None => {
            let known: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
            format!("is no option of this function; there are {}", known.join(", "))
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_and_the_type_of_a_value_choose_the_schema() {
        let schema = json!({
            "$defs": {
                "Thing": {"type": "object", "properties": {"size": {"type": "integer"}}, "additionalProperties": false},
                "Share": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            },
            "type": "object",
            "properties": {
                "things": {"anyOf": [
                    {"type": "object", "additionalProperties": {"$ref": "#/x/$defs/Thing"}},
                    {"type": "array", "items": {"$ref": "#/x/$defs/Thing"}},
                ]},
                "share": {"anyOf": [{"$ref": "#/x/$defs/Share"}, {"type": "null"}]},
            },
        });
        let fault = |value: Value| {
            check(&value, &schema, &FieldPath::from("spec"))
                .err()
                .map(|error| format!("{}: {}", error.option, error.message))
        };
        for fine in [
            json!({"things": {"a": {"size": 1}}}),
            json!({"things": [{"size": 1}, {}]}),
            json!({"share": "25%"}),
            json!({"share": 1}),
            json!({"share": null}),
        ] {
            assert_eq!(fault(fine), None);
        }
        for (wrong, expected) in [
            (
                json!({"things": {"a": {"sise": 1}}}),
                "spec.things.a.sise: is no option of this function; did you mean `size`?",
            ),
            (json!({"things": [{"size": "x"}]}), "spec.things[0].size: `x` must be a whole number"),
            (json!({"things": "x"}), "spec.things: `x` must be a mapping"),
            (json!({"share": true}), "spec.share: `true` must be a whole number"),
        ] {
            assert_eq!(fault(wrong).as_deref(), Some(expected));
        }
    }
}
