//! What the options say that no type can refuse well: keys of others, blocks of environments beside fields, and variables
//! that nothing replaces.

use std::collections::HashMap;
use std::sync::LazyLock;

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::table;
use serde_json::{Map, Value};

use crate::config::ENVIRONMENTS;

/// The lists of entries, each with the kind of its entries in the table of keys.
const ENTRIES: [(&str, &str); 4] =
    [("apps", "apps.*"), ("serverless", "apps.*"), ("helm", "helm.*"), ("compose", "compose.*")];

/// Names that people give to environments, which no field has.
const USUAL_ENVIRONMENTS: [&str; 8] = ["local", "dev", "test", "qa", "staging", "gcp", "prod", "production"];

/// Keys whose values are texts of programs, in which `${` means something to them.
const OF_PROGRAMS: [&str; 7] = ["command", "args", "pre_stop", "post_start", "configmaps", "values", "compose"];

/// Checks the options as they are written.
///
/// # Errors
/// The first option that is wrong.
pub(crate) fn check(options: &Value, at: &FieldPath) -> Result<(), ConfigError> {
    check_variables(options, at)?;
    check_version(options, at)?;
    let names = environment_names(options);
    for (name, environment) in options[ENVIRONMENTS].as_object().into_iter().flatten() {
        check_keys(environment, "environments.*", &at.clone().key(ENVIRONMENTS).key(name))?;
    }
    for (list, kind) in ENTRIES {
        for (entry, place) in things(&options[list], &at.clone().key(list)) {
            check_entry(entry, kind, &names, &place)?;
            for (function, place) in things(&entry["functions"], &place.clone().key("functions")) {
                check_entry(function, kind, &names, &place)?;
            }
        }
    }
    Ok(())
}

fn check_version(options: &Value, at: &FieldPath) -> Result<(), ConfigError> {
    match &options["version"] {
        Value::Null => Ok(()),
        Value::String(version) if version == "2" => Ok(()),
        other => Err(ConfigError::new(
            at.clone().key("version"),
            format!("{other} must be `\"2\"`, the version of this format"),
        )),
    }
}

/// The names of the environments, and those that people give to them.
fn environment_names(options: &Value) -> Vec<&str> {
    let named = options[ENVIRONMENTS].as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    named.chain(USUAL_ENVIRONMENTS).collect()
}

/// The things of a mapping or of a list, with their places.
fn things<'v>(value: &'v Value, at: &FieldPath) -> Vec<(&'v Value, FieldPath)> {
    match value {
        Value::Object(things) => things.iter().map(|(name, thing)| (thing, at.clone().key(name))).collect(),
        Value::Array(things) => {
            things.iter().enumerate().map(|(index, thing)| (thing, at.clone().index(index))).collect()
        }
        _ => Vec::new(),
    }
}

fn check_entry(entry: &Value, kind: &str, names: &[&str], place: &FieldPath) -> Result<(), ConfigError> {
    let keys = entry.as_object().into_iter().flat_map(Map::keys);
    if let Some(name) = keys.map(String::as_str).find(|key| names.contains(key)) {
        let message = format!("is no field; what is different in an environment is in `environments.{name}`");
        return Err(ConfigError::new(place.clone().key(name), message));
    }
    if kind == "helm.*" && entry["values"].is_string() {
        let message = "must be a mapping with the values themselves: a build reads no files";
        return Err(ConfigError::new(place.clone().key("values"), message));
    }
    check_keys(entry, kind, place)?;
    for (part, place) in things(&entry[ENVIRONMENTS], &place.clone().key(ENVIRONMENTS)) {
        check_keys(part, kind, &place)?;
    }
    Ok(())
}

/// Refuses the keys of a value, and of those in it, that the table lists for a place.
fn check_keys(value: &Value, place: &str, at: &FieldPath) -> Result<(), ConfigError> {
    for (key, inner) in value.as_object().into_iter().flatten() {
        let field = at.clone().key(key);
        if let Some(reason) = reason(place, key) {
            return Err(ConfigError::new(field, format!("is not taken: it {reason}")));
        }
        let below = format!("{place}.{key}");
        check_keys(inner, &below, &field)?;
        let each = format!("{below}.*");
        if unsupported().contains_key(each.as_str()) {
            things(inner, &field).into_iter().try_for_each(|(thing, field)| check_keys(thing, &each, &field))?;
        }
    }
    Ok(())
}

/// The keys that are not taken, by their place and then by their name, each with the reason.
fn unsupported() -> &'static HashMap<&'static str, HashMap<&'static str, &'static str>> {
    static KEYS: LazyLock<HashMap<&str, HashMap<&str, &str>>> = LazyLock::new(|| {
        let mut keys: HashMap<_, HashMap<_, _>> = HashMap::new();
        for [place, key, reason] in table::rows(include_str!("../data/unsupported-keys.tsv")) {
            keys.entry(place).or_default().insert(key, reason);
        }
        keys
    });
    &KEYS
}

/// Why a key is not taken.
fn reason(place: &str, key: &str) -> Option<&'static str> {
    unsupported().get(place)?.get(key).copied()
}

/// Refuses `${`, but in texts of programs.
fn check_variables(value: &Value, at: &FieldPath) -> Result<(), ConfigError> {
    match value {
        Value::String(text) if text.contains("${") => {
            let message =
                "holds `${`, and nothing replaces variables in a config; write the value, or patch it in the overlay";
            Err(ConfigError::new(at.clone(), message))
        }
        Value::Object(fields) => {
            let checked = fields.iter().filter(|(key, _)| !OF_PROGRAMS.contains(&key.as_str()));
            checked.into_iter().try_for_each(|(key, value)| check_variables(value, &at.clone().key(key)))
        }
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(index, item)| check_variables(item, &at.clone().index(index)))
        }
        _ => Ok(()),
    }
}
