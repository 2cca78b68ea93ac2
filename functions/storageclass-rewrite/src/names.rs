//! Classes in keys and lists, where two names may become one.

use krm::finding::Finding;
use serde_json::{Map, Value};

use crate::classes::{Classes, Fate};
use crate::path::{Place, child};
use crate::quantity;
use crate::rewrite::unknown;
use crate::scan::Certainty;

/// What keys of ResourceQuotas have behind the name of a class.
///
/// Source: `pkg/quota/v1/evaluator/core/persistent_volume_claims.go`.
const QUOTA_SUFFIX: &str = ".storageclass.storage.k8s.io/";

type Report<'r> = &'r mut dyn FnMut(&str, Finding);

/// The limits of a ResourceQuota. Limits that come to mean the same class add up.
pub(crate) fn quota_keys(value: &Value, place: &Place, classes: &Classes, report: Report<'_>) -> Value {
    rename(value, place, report, &mut |key, report| {
        let (class, resource) = key.split_once(QUOTA_SUFFIX)?;
        known(class, &child(&place.pointer(), key), classes, report);
        Some(format!("{}{QUOTA_SUFFIX}{resource}", classes.written(class)))
    })
}

/// A mapping whose keys are classes.
pub(crate) fn keys(value: &Value, place: &Place, classes: &Classes, report: Report<'_>) -> Value {
    rename(value, place, report, &mut |key, report| {
        known(key, &child(&place.pointer(), key), classes, report);
        Some(classes.written(key).to_owned())
    })
}

/// A mapping of which only the values are classes of the new cluster: the keys say what backups of the old one hold.
pub(crate) fn map_values(value: &Value, classes: &Classes) -> Value {
    let mut renamed = value.clone();
    for class in renamed.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(name) = class.as_str() {
            *class = classes.written(name).into();
        }
    }
    renamed
}

/// A list of classes. A class that is there already is not named twice.
pub(crate) fn list(value: &Value, place: &Place, classes: &Classes, report: Report<'_>) -> Value {
    for (index, class) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(class) = class.as_str() {
            known(class, &child(&place.pointer(), &index.to_string()), classes, report);
        }
    }
    renamed_list(value, classes)
}

fn renamed_list(value: &Value, classes: &Classes) -> Value {
    let mut renamed: Vec<Value> = Vec::new();
    for class in value.as_array().into_iter().flatten() {
        let name = class.as_str().map_or_else(|| class.clone(), |name| classes.written(name).into());
        if name == *class || !renamed.contains(&name) {
            renamed.push(name);
        }
    }
    renamed.into()
}

/// The rules of a Role: `resourceNames` of those that are about StorageClasses and nothing else.
pub(crate) fn rbac_rules(value: &Value, place: &Place, classes: &Classes, report: Report<'_>) -> Value {
    let mut rules = value.clone();
    for (index, rule) in rules.as_array_mut().into_iter().flatten().enumerate() {
        let names = |field: &str| rule[field].as_array().into_iter().flatten().filter_map(Value::as_str);
        let is_ours = |resource: &str| resource == "storageclasses" || resource.starts_with("storageclasses/");
        let in_group = names("apiGroups").any(|group| group == "storage.k8s.io" || group == "*");
        if !in_group || !names("resources").any(|resource| is_ours(resource) || resource == "*") {
            continue;
        }
        let Some(resource_names) = rule.get("resourceNames").filter(|names| names.is_array()) else { continue };
        let renamed = renamed_list(resource_names, classes);
        if renamed == *resource_names {
            continue;
        }
        if names("resources").all(is_ours) {
            rule["resourceNames"] = renamed;
        } else {
            let pointer = child(&child(&place.pointer(), &index.to_string()), "resourceNames");
            let message = "may name storage classes or other resources of the rule, so they stay; give storageclasses a rule of its own";
            report(&pointer, Finding::warning(message));
        }
    }
    rules
}

fn known(class: &str, pointer: &str, classes: &Classes, report: Report<'_>) {
    let finding = unknown(classes.unknown(), class, Certainty::Sure);
    if let (Fate::Unknown, Some(finding)) = (classes.fate(class), finding) {
        report(pointer, finding);
    }
}

/// A mapping with its keys renamed, in the order of the old ones.
fn rename(
    value: &Value,
    place: &Place,
    report: Report<'_>,
    renamed_key: &mut dyn FnMut(&str, Report<'_>) -> Option<String>,
) -> Value {
    let Some(map) = value.as_object() else { return value.clone() };
    let mut renamed: Map<String, Value> = Map::new();
    for (key, value) in map {
        let new_key = renamed_key(key, report).unwrap_or_else(|| key.clone());
        let Some(present) = renamed.get(&new_key) else {
            renamed.insert(new_key, value.clone());
            continue;
        };
        let pointer = child(&place.pointer(), key);
        match sum(present, value) {
            Some(sum) => {
                let message = format!("joins `{new_key}`, whose limits now add up; see whether the sum is meant");
                report(&pointer, Finding::warning(message).current(value.clone()).proposed(sum.clone()));
                renamed.insert(new_key, sum);
            }
            None => {
                let message =
                    format!("becomes `{new_key}`, which is there already with another value; join the two by hand");
                if present != value {
                    report(&pointer, Finding::error(message));
                }
            }
        }
    }
    Value::Object(renamed)
}

fn sum(one: &Value, other: &Value) -> Option<Value> {
    let bytes = quantity::parse(one)? + quantity::parse(other)?;
    let plain = |value: &Value| value.as_str().is_none_or(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    Some(if plain(one) && plain(other) { bytes.to_string() } else { quantity::format(bytes) }.into())
}
