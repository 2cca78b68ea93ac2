//! The shape of a SealedSecret, and what the API server says of the Secret it gives.
//!
//! Sources: sealed-secrets `helm/sealed-secrets/crds`, `types.go`, `sealedsecret_expansion.go`; Kubernetes
//! `pkg/apis/core/validation`, `ValidateSecret`.

use krm::field::FieldPath;
use krm::finding::Finding;
use serde_json::{Map, Value};

use super::scope::{CLUSTER_WIDE, NAMESPACE_WIDE};
use super::sealed_secret::{API_VERSION, SealedSecret, keys_of, path_of};
use super::template;
use crate::rule::Rule;

/// Keys that a Secret of a type must have.
const TYPES: &[(&str, Need)] = &[
    ("kubernetes.io/tls", Need::All(&["tls.crt", "tls.key"])),
    ("kubernetes.io/dockerconfigjson", Need::All(&[".dockerconfigjson"])),
    ("kubernetes.io/dockercfg", Need::All(&[".dockercfg"])),
    ("kubernetes.io/ssh-auth", Need::All(&["ssh-privatekey"])),
    ("kubernetes.io/basic-auth", Need::One(&["username", "password"])),
];

/// The fields that the CRD knows.
const SPEC_FIELDS: &[&str] = &["encryptedData", "template", "data"];
const TEMPLATE_FIELDS: &[&str] = &["type", "immutable", "metadata", "data"];

/// All keys of a list, or one of it.
enum Need {
    All(&'static [&'static str]),
    One(&'static [&'static str]),
}

/// What is wrong with the shape.
pub(super) fn problems(sealed: &SealedSecret<'_>) -> Vec<Finding> {
    api_version(sealed)
        .into_iter()
        .chain(annotations(sealed))
        .chain(data(sealed))
        .chain(encrypted_data(sealed))
        .chain(unknown_fields("spec", sealed.spec(), SPEC_FIELDS))
        .chain(unknown_fields("spec.template", sealed.template(), TEMPLATE_FIELDS))
        .chain(secret_type(sealed))
        .chain(templates(sealed))
        .map(|problem| sealed.finding(problem.rule, problem.message, problem.path))
        .collect()
}

/// What is wrong with a field.
struct Problem {
    rule: Rule,
    path: FieldPath,
    message: String,
}

impl Problem {
    fn new(rule: Rule, path: impl Into<FieldPath>, message: impl Into<String>) -> Self {
        Self { rule, path: path.into(), message: message.into() }
    }
}

fn api_version(sealed: &SealedSecret<'_>) -> Option<Problem> {
    let version = sealed.item.api_version();
    let message = format!("`{version}` does not exist; use `{API_VERSION}`");
    (version != API_VERSION).then(|| Problem::new(Rule::MalformedSealedSecret, "apiVersion", message))
}

fn annotations(sealed: &SealedSecret<'_>) -> Vec<Problem> {
    let annotations = &sealed.object["metadata"]["annotations"];
    let values = [NAMESPACE_WIDE, CLUSTER_WIDE].map(|annotation| (annotation, &annotations[annotation]));
    let misread = values.into_iter().filter(|(_, value)| !value.is_null() && !value.is_string());
    misread
        .map(|(annotation, value)| {
            let message =
                format!("`{value}` must be a string; write `\"{value}\"`, or the API server refuses the object");
            Problem::new(Rule::MalformedSealedSecret, FieldPath::annotation(annotation), message)
        })
        .collect()
}

/// The deprecated `spec.data`.
fn data(sealed: &SealedSecret<'_>) -> Option<Problem> {
    let spec = sealed.spec();
    let (rule, message) = match &spec["data"] {
        Value::Null => return None,
        Value::String(_) if spec["encryptedData"].is_null() => (
            Rule::DeprecatedSealedData,
            "is the deprecated form, one value for the whole Secret; seal each value with a current kubeseal",
        ),
        Value::String(_) => (
            Rule::MalformedSealedSecret,
            "is beside `spec.encryptedData`, and the controller refuses both at once; remove `spec.data`",
        ),
        _ => (Rule::MalformedSealedSecret, "must be a string; values by key belong in `spec.encryptedData`"),
    };
    Some(Problem::new(rule, "spec.data", message))
}

fn encrypted_data(sealed: &SealedSecret<'_>) -> Vec<Problem> {
    let spec = sealed.spec();
    let (rule, message) = match &spec["encryptedData"] {
        Value::Object(values) if !values.is_empty() => return values.iter().flat_map(entry).collect(),
        Value::Null if !spec["data"].is_null() => return Vec::new(),
        Value::Null | Value::Object(_) => (
            Rule::EmptySealedSecret,
            "seals nothing: the controller would make an empty Secret and report success; seal the values, or remove the object"
                .to_owned(),
        ),
        other => (
            Rule::MalformedSealedSecret,
            format!(
                "must map keys to sealed values, but is {}: the controller would make an empty Secret and report success",
                type_of(other)
            ),
        ),
    };
    vec![Problem::new(rule, "spec.encryptedData", message)]
}

fn entry((key, value): (&String, &Value)) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !value.is_string() {
        let message = format!("must be a string, but is {}; reseal the value", type_of(value));
        problems.push(Problem::new(Rule::MalformedSealedValue, path_of(Some(key)), message));
    }
    if !is_key(key) {
        let message = "is no key that a Secret can have: letters, digits, `-`, `_` and `.`, at most 253; rename it";
        problems.push(Problem::new(Rule::RefusedSecret, path_of(Some(key)), message));
    }
    problems
}

fn unknown_fields(path: &'static str, fields: &Value, known: &'static [&str]) -> Vec<Problem> {
    let unknown = fields.as_object().into_iter().flat_map(Map::keys).filter(|key| !known.contains(&key.as_str()));
    let message = "is no field of a SealedSecret, so the API server drops it silently; remove it";
    unknown.map(|key| Problem::new(Rule::DroppedSealedField, FieldPath::from(path).key(key), message)).collect()
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// Whether the API server takes it as a key of a Secret.
fn is_key(key: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    (1..=253).contains(&key.len()) && key.chars().all(is_letter) && key != "." && key != ".."
}

/// A type that needs what is missing.
fn secret_type(sealed: &SealedSecret<'_>) -> Option<Problem> {
    let has_values = sealed.spec()["encryptedData"].as_object().is_some_and(|values| !values.is_empty());
    let secret_type = sealed.template()["type"].as_str().filter(|_| has_values)?;
    let message = match secret_type {
        "kubernetes.io/service-account-token" => {
            let annotations = &sealed.template()["metadata"]["annotations"];
            let is_missing = annotations["kubernetes.io/service-account.name"].is_null();
            is_missing.then(|| {
                "needs the annotation `kubernetes.io/service-account.name` in `spec.template.metadata`, or the API server \
                 refuses the Secret"
                    .to_owned()
            })?
        }
        _ => {
            let (_, need) = TYPES.iter().find(|(name, _)| *name == secret_type)?;
            let missing = need.missing(sealed)?;
            format!("`{secret_type}` needs the key {missing}, or the API server refuses the Secret; seal it too")
        }
    };
    Some(Problem::new(Rule::RefusedSecret, "spec.template.type", message))
}

impl Need {
    /// The keys that the Secret should have besides those it has, as words.
    fn missing(&self, sealed: &SealedSecret<'_>) -> Option<String> {
        let keys = keys_of(sealed.object);
        let (missing, conjunction): (Vec<_>, _) = match self {
            Self::All(needed) => (needed.iter().filter(|key| !keys.contains(**key)).collect(), " "),
            Self::One(needed) if needed.iter().any(|key| keys.contains(*key)) => return None,
            Self::One(needed) => (needed.iter().collect(), " or "),
        };
        let missing: Vec<_> = missing.into_iter().map(|key| format!("`{key}`")).collect();
        (!missing.is_empty()).then(|| missing.join(conjunction))
    }
}

/// The Go templates of `spec.template.data`.
fn templates(sealed: &SealedSecret<'_>) -> Vec<Problem> {
    let is_deprecated = !sealed.spec()["data"].is_null();
    let values = &sealed.spec()["encryptedData"];
    let entries = sealed.template()["data"].as_object().into_iter().flatten();
    let problems = entries.filter_map(|(key, text)| {
        let (rule, message) = match text.as_str() {
            None => (Rule::MalformedSealedSecret, format!("must be a string, but is {}", type_of(text))),
            Some(text) => {
                let error = template::check(text, |key| is_deprecated || values.get(key).is_some()).err()?;
                (error.rule(), error.message())
            }
        };
        Some(Problem::new(rule, FieldPath::from("spec.template.data").key(key), message))
    });
    problems.collect()
}
