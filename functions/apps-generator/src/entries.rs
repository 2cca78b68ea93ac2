//! Entries become apps of the environment: what it changes is merged into what holds everywhere.

use std::collections::HashMap;

use krm::config::ConfigError;
use krm::field::FieldPath;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use crate::app::NamedApp;
use crate::config::{App, ENVIRONMENTS, Entry, Serverless};
use crate::target::Target;

/// The apps of the config, in their order.
///
/// # Errors
/// Environments that there are not, and values that do not fit each other.
pub(crate) fn apps(target: &Target<'_>) -> Result<Vec<NamedApp>, ConfigError> {
    let mut apps = Vec::new();
    for (name, entry) in target.spec.apps.iter() {
        let place = FieldPath::from("spec.apps").key(name);
        let app: App = of_environment(entry, target, &place)?;
        apps.push(NamedApp { name: name.to_owned(), group: name.to_owned(), place, app });
    }
    for (name, entry) in target.spec.serverless.iter() {
        apps.extend(serverless(name, entry, target)?);
    }
    Ok(apps)
}

/// The functions of a serverless entry, each an app.
fn serverless(name: &str, entry: &Entry<Serverless>, target: &Target<'_>) -> Result<Vec<NamedApp>, ConfigError> {
    let place = FieldPath::from("spec.serverless").key(name);
    let Serverless { common, functions } = of_environment(entry, target, &place)?;
    if functions.is_empty() {
        let message = "must list the functions, each with its `ingress`, its `scaling` or its `schedule`: a build cannot read the decorators in a program";
        return Err(ConfigError::new(place.key("functions"), message));
    }
    let mut apps = Vec::new();
    for (function, part) in functions.iter() {
        let place = place.clone().key("functions").key(function);
        let mut merged = Value::Object(common.clone());
        merge(&mut merged, &Value::Object(part.clone()), &place)?;
        if !merged["schedule"].is_null() && merged["kind"].is_null() {
            merged["kind"] = "CronJob".into();
        } else if merged["schedule"].is_null() && merged["scaling"]["type"].is_null() {
            merged["scaling"]["type"] = "keda-http".into();
        }
        let app: App = typed(merged, &place)?;
        apps.push(NamedApp { name: format!("{name}-{function}"), group: name.to_owned(), place, app });
    }
    Ok(apps)
}

/// An entry as it is in the environment.
///
/// # Errors
/// An environment that there is not, and values that do not fit each other.
pub(crate) fn of_environment<T: DeserializeOwned>(
    entry: &Entry<T>,
    target: &Target<'_>,
    place: &FieldPath,
) -> Result<T, ConfigError> {
    for name in entry.environments.keys() {
        target.check(name, &place.clone().key(ENVIRONMENTS).key(name))?;
    }
    let mut merged = Value::Object(entry.common.clone());
    if let Some((name, part)) = target.environment.and_then(|name| entry.environments.get_key_value(name)) {
        merge(&mut merged, part, &place.clone().key(ENVIRONMENTS).key(name))?;
    }
    typed(merged, place)
}

/// A value as a type.
///
/// # Errors
/// The field that does not fit.
pub(crate) fn typed<T: DeserializeOwned>(value: Value, place: &FieldPath) -> Result<T, ConfigError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let option = error.path().iter().fold(place.clone(), |place, segment| match segment {
            Segment::Seq { index } => place.index(*index),
            Segment::Map { key } => place.key(key),
            Segment::Enum { variant } => place.key(variant),
            Segment::Unknown => place,
        });
        let message = error.into_inner().to_string();
        match message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
            Some(field) => ConfigError::new(option.key(field), "must be given"),
            None => ConfigError::new(option, message),
        }
    })
}

/// Merges `part` into `value`: mappings key by key, where null takes a key out; anything else is replaced.
///
/// # Errors
/// A mapping where there is a list, or the other way round: one has names, and the other may have other names.
fn merge(value: &mut Value, part: &Value, place: &FieldPath) -> Result<(), ConfigError> {
    match (value, part) {
        (Value::Object(common), Value::Object(part)) => merge_mapping(common, part, place),
        (Value::Object(_), Value::Array(_)) | (Value::Array(_), Value::Object(_)) => {
            let message = "is a list in one place and a mapping in the other; write both as mappings, which are merged";
            Err(ConfigError::new(place.clone(), message))
        }
        (value, part) => {
            *value = part.clone();
            Ok(())
        }
    }
}

fn merge_mapping(
    common: &mut Map<String, Value>,
    part: &Map<String, Value>,
    place: &FieldPath,
) -> Result<(), ConfigError> {
    for (key, change) in part {
        match common.get_mut(key) {
            _ if change.is_null() => drop(common.shift_remove(key)),
            Some(value) => merge(value, change, &place.clone().key(key))?,
            None => drop(common.insert(key.clone(), change.clone())),
        }
    }
    Ok(())
}

/// Checks that no two apps have one name.
///
/// # Errors
/// The second one.
pub(crate) fn check_names(apps: &[NamedApp], target: &Target<'_>) -> Result<(), ConfigError> {
    let mut known = HashMap::new();
    for app in apps {
        if !manifests::names::is_dns_label(&app.name) {
            let message = "must be a name of at most 63 small letters, digits and dashes";
            return Err(ConfigError::new(app.place.clone(), message));
        }
        if let Some(other) = known.insert((&app.name, app.namespace(target)), &app.place) {
            let message = format!("has the name of {other}; give it another name or another namespace");
            return Err(ConfigError::new(app.place.clone(), message));
        }
    }
    Ok(())
}
