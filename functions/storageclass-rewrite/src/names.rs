//! Classes in keys and lists, where two names may become one.

use krm::field::{FieldPath, PointerBuf};
use krm::finding::Finding;
use krm::rule::CommonRule;
use manifests::fields::Field;
use serde_json::{Map, Value};

use crate::classes::{Classes, Outcome};
use crate::document::Review;
use crate::field_table::{Certainty, Content};
use crate::quantity;
use crate::rule::Rule;

/// What keys of ResourceQuotas have behind the name of a class.
///
/// Source: `pkg/quota/v1/evaluator/core/persistent_volume_claims.go`.
const QUOTA_SUFFIX: &str = ".storageclass.storage.k8s.io/";

/// The key by which a ResourceQuota limits a resource of a class.
pub(crate) fn quota_key(class: &str, resource: &str) -> String {
    format!("{class}{QUOTA_SUFFIX}{resource}")
}

/// Renames the classes in a field that holds several.
pub(crate) fn rename(field: Field, content: Content, classes: &Classes, review: &mut Review<'_, '_>) {
    let Some(value) = field.read(review.document.value) else { return };
    if !has_type(content, value) {
        let message = "is not of the type that the field must have, so no class in it is rewritten; correct it";
        return review.report_value(Finding::new(CommonRule::MalformedField, message), &field);
    }
    let mut renamer = Renamer { pointer: field.pointer(), content, classes, review };
    let renamed = match content {
        Content::QuotaKeys => renamer.quota_keys(value),
        Content::Keys => renamer.keys(value),
        Content::ClassMap => renamer.map_values(value),
        Content::Rules => renamer.rules(value),
        Content::Class | Content::Volume | Content::Helm(_) | Content::Yaml | Content::Application => {
            renamer.list(value)
        }
    };
    if renamed != *value {
        review.write(field, renamed);
    }
}

/// Whether a value has the type of the content; nothing is of every type. The rules of a Role are not about storage alone.
fn has_type(content: Content, value: &Value) -> bool {
    let is_mapping = matches!(content, Content::QuotaKeys | Content::Keys | Content::ClassMap);
    value.is_null() || value.is_object() || !is_mapping
}

struct Renamer<'n, 'r, 'd> {
    /// The field.
    pointer: PointerBuf,
    content: Content,
    classes: &'n Classes,
    review: &'n mut Review<'r, 'd>,
}

impl Renamer<'_, '_, '_> {
    fn path(&self) -> FieldPath {
        FieldPath::from(&self.pointer)
    }

    /// The limits of a ResourceQuota. Limits that come to mean the same class add up.
    fn quota_keys(&mut self, value: &Value) -> Value {
        self.rename_keys(value, |renamer, key| {
            let (class, resource) = key.split_once(QUOTA_SUFFIX)?;
            renamer.check(class, renamer.path().key(key));
            Some(quota_key(renamer.classes.written(class), resource))
        })
    }

    /// A mapping whose keys are classes.
    fn keys(&mut self, value: &Value) -> Value {
        self.rename_keys(value, |renamer, key| {
            renamer.check(key, renamer.path().key(key));
            Some(renamer.classes.written(key).to_owned())
        })
    }

    /// A mapping of which only the values are classes of the new cluster: the keys are classes in backups of the old one.
    fn map_values(&self, value: &Value) -> Value {
        let mut renamed = value.clone();
        for class in renamed.as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(name) = class.as_str() {
                *class = self.classes.written(name).into();
            }
        }
        renamed
    }

    /// A list of classes. A class that is there already is not named twice.
    fn list(&mut self, value: &Value) -> Value {
        for (index, class) in value.as_array().into_iter().flatten().enumerate() {
            if let Some(class) = class.as_str() {
                self.check(class, self.path().index(index));
            }
        }
        self.renamed_list(value)
    }

    fn renamed_list(&self, value: &Value) -> Value {
        let mut renamed: Vec<Value> = Vec::new();
        for class in value.as_array().into_iter().flatten() {
            let name = class.as_str().map_or_else(|| class.clone(), |name| self.classes.written(name).into());
            if name == *class || !renamed.contains(&name) {
                renamed.push(name);
            }
        }
        renamed.into()
    }

    /// The rules of a Role: `resourceNames` of those that are about StorageClasses and nothing else.
    fn rules(&mut self, value: &Value) -> Value {
        let mut rules = value.clone();
        for (index, rule) in rules.as_array_mut().into_iter().flatten().enumerate() {
            let about = subject(rule);
            let Some(names) = rule.get("resourceNames").filter(|names| about != Subject::Other && names.is_array())
            else {
                continue;
            };
            let renamed = self.renamed_list(names);
            if renamed == *names {
                continue;
            }
            if about == Subject::Classes {
                rule["resourceNames"] = renamed;
            } else {
                let message = "may name storage classes or other resources of the rule, so they stay; give storageclasses a rule of its own";
                let finding = Finding::new(Rule::RoleNamesMixedResources, message);
                self.review.report(finding, self.path().index(index).key("resourceNames"));
            }
        }
        rules
    }

    /// Says what there is to say of an unknown class.
    fn check(&mut self, class: &str, path: FieldPath) {
        let finding = self.classes.unknown_finding(class, Certainty::Sure);
        if let (Outcome::Unknown, Some(finding)) = (self.classes.outcome(class), finding) {
            self.review.report(finding, path);
        }
    }

    /// A mapping with its keys renamed, in the order of the old ones.
    fn rename_keys(&mut self, value: &Value, new_key: impl Fn(&mut Self, &str) -> Option<String>) -> Value {
        let Some(map) = value.as_object() else { return value.clone() };
        let mut renamed: Map<String, Value> = Map::new();
        for (key, value) in map {
            let new_key = new_key(self, key).unwrap_or_else(|| key.clone());
            match renamed.get(&new_key).cloned() {
                None => drop(renamed.insert(new_key, value.clone())),
                Some(present) => {
                    if let Some(sum) = self.join(key, value, &new_key, &present) {
                        renamed.insert(new_key, sum);
                    }
                }
            }
        }
        Value::Object(renamed)
    }

    /// The value of two keys that become one: limits add up, other values do not.
    fn join(&mut self, key: &str, value: &Value, new_key: &str, present: &Value) -> Option<Value> {
        let path = self.path().key(key);
        let sum = if self.content == Content::QuotaKeys { sum(present, value) } else { None };
        if let Some(sum) = &sum {
            let message = format!("joins `{new_key}`, whose limits now add up; see whether the sum is meant");
            let finding = self.review.placed(Finding::new(Rule::QuotaLimitsAdded, message), path);
            self.review.findings.push(finding.current(value.clone()).proposed(sum.clone()));
        } else if present != value {
            let message =
                format!("becomes `{new_key}`, which is there already with another value; join the two by hand");
            self.review.report(Finding::new(Rule::ClassKeysCollide, message), path);
        }
        sum
    }
}

/// What a rule of a Role is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// StorageClasses alone.
    Classes,
    /// StorageClasses and other resources.
    Mixed,
    /// Other resources.
    Other,
}

fn subject(rule: &Value) -> Subject {
    let names = |field: &str| rule[field].as_array().into_iter().flatten().filter_map(Value::as_str);
    let is_class = |resource: &str| resource == "storageclasses" || resource.starts_with("storageclasses/");
    let in_group = names("apiGroups").any(|group| group == "storage.k8s.io" || group == "*");
    if !in_group || !names("resources").any(|resource| is_class(resource) || resource == "*") {
        Subject::Other
    } else if names("resources").all(is_class) {
        Subject::Classes
    } else {
        Subject::Mixed
    }
}

fn sum(one: &Value, other: &Value) -> Option<Value> {
    let bytes = quantity::parse(one)? + quantity::parse(other)?;
    let plain = |value: &Value| value.as_str().is_none_or(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    Some(if plain(one) && plain(other) { bytes.to_string() } else { quantity::format(bytes) }.into())
}
