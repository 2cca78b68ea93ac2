//! The shape of a SealedSecret, and what the API server says of the Secret it gives.
//!
//! Sources: sealed-secrets `helm/sealed-secrets/crds`, `types.go`, `sealedsecret_expansion.go`; Kubernetes
//! `pkg/apis/core/validation`, `ValidateSecret`.

use krm::finding::Finding;
use serde_json::{Map, Value};

use super::scope::{CLUSTER_WIDE, NAMESPACE_WIDE};
use super::{SealedSecret, keys_of, template};

/// Keys that a Secret of a type must have: all of a list, or one of it.
const TYPES: &[(&str, Need)] = &[
    ("kubernetes.io/tls", Need::All(&["tls.crt", "tls.key"])),
    ("kubernetes.io/dockerconfigjson", Need::All(&[".dockerconfigjson"])),
    ("kubernetes.io/dockercfg", Need::All(&[".dockercfg"])),
    ("kubernetes.io/ssh-auth", Need::All(&["ssh-privatekey"])),
    ("kubernetes.io/basic-auth", Need::One(&["username", "password"])),
];

enum Need {
    All(&'static [&'static str]),
    One(&'static [&'static str]),
}

/// What is wrong with the shape.
pub(super) fn problems(sealed: &SealedSecret<'_>) -> Vec<Finding> {
    let mut problems = Vec::new();
    let mut add = |finding: Finding, path: &str| problems.push(sealed.finding(finding, path, "shape"));
    let spec = &sealed.object["spec"];
    if sealed.item.api_version() != "bitnami.com/v1alpha1" {
        add(
            Finding::error(format!("`{}` does not exist; use `bitnami.com/v1alpha1`", sealed.item.api_version())),
            "apiVersion",
        );
    }
    for annotation in [NAMESPACE_WIDE, CLUSTER_WIDE] {
        let value = &sealed.object["metadata"]["annotations"][annotation];
        if !value.is_null() && !value.is_string() {
            add(
                Finding::error(format!(
                    "`{value}` must be a string; write `\"{value}\"`, or the API server refuses the object"
                )),
                &format!("metadata.annotations[{annotation}]"),
            );
        }
    }
    match &spec["data"] {
        Value::Null => {}
        Value::String(_) if spec["encryptedData"].is_null() => add(
            Finding::info(
                "is the deprecated form, one value for the whole Secret; seal each value with a current kubeseal",
            ),
            "spec.data",
        ),
        Value::String(_) => add(
            Finding::error(
                "stands beside `spec.encryptedData`, and the controller refuses both at once; remove `spec.data`",
            ),
            "spec.data",
        ),
        _ => add(Finding::error("must be a string; values by key belong in `spec.encryptedData`"), "spec.data"),
    }
    match &spec["encryptedData"] {
        Value::Object(values) if !values.is_empty() => {
            for (key, value) in values {
                let path = SealedSecret::path(Some(key));
                if !value.is_string() {
                    add(
                        Finding::error(format!("must be a string, but is {}; seal the value anew", type_of(value))),
                        &path,
                    );
                }
                if !is_key(key) {
                    add(
                        Finding::error(
                            "is no key that a Secret can have: letters, digits, `-`, `_` and `.`, at most 253",
                        ),
                        &path,
                    );
                }
            }
        }
        Value::Null if !spec["data"].is_null() => {}
        Value::Null | Value::Object(_) => add(
            Finding::error(
                "seals nothing: the controller would make an empty Secret and report success; seal the values, or remove the object",
            ),
            "spec.encryptedData",
        ),
        other => add(
            Finding::error(format!(
                "must map keys to sealed values, but is {}: the controller would make an empty Secret and report success",
                type_of(other)
            )),
            "spec.encryptedData",
        ),
    }
    for (fields, known, path) in [
        (spec, &["encryptedData", "template", "data"][..], "spec"),
        (&spec["template"], &["type", "immutable", "metadata", "data"][..], "spec.template"),
    ] {
        for key in fields.as_object().into_iter().flat_map(Map::keys).filter(|key| !known.contains(&key.as_str())) {
            add(
                Finding::warning("is no field of a SealedSecret, so the API server drops it in silence; remove it"),
                &format!("{path}.{key}"),
            );
        }
    }
    problems.extend(type_problem(sealed));
    problems.extend(template_problems(sealed));
    problems
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

fn type_problem(sealed: &SealedSecret<'_>) -> Option<Finding> {
    let has_values = sealed.object["spec"]["encryptedData"].as_object().is_some_and(|values| !values.is_empty());
    let secret_type = sealed.template()["type"].as_str().filter(|_| has_values)?;
    let keys = keys_of(sealed.object);
    if secret_type == "kubernetes.io/service-account-token" {
        let annotations = &sealed.template()["metadata"]["annotations"];
        let message = "needs the annotation `kubernetes.io/service-account.name` in `spec.template.metadata`, or the API server refuses the Secret";
        let is_missing = annotations["kubernetes.io/service-account.name"].is_null();
        return is_missing.then(|| sealed.finding(Finding::error(message), "spec.template.type", "shape"));
    }
    let (_, need) = TYPES.iter().find(|(name, _)| *name == secret_type)?;
    let missing: Vec<_> = match need {
        Need::All(needed) => needed.iter().filter(|key| !keys.contains(**key)).copied().collect(),
        Need::One(needed) if needed.iter().any(|key| keys.contains(*key)) => Vec::new(),
        Need::One(needed) => vec![needed[0], "or", needed[1]],
    };
    if missing.is_empty() {
        return None;
    }
    let missing: Vec<_> =
        missing.iter().map(|word| if *word == "or" { (*word).to_owned() } else { format!("`{word}`") }).collect();
    let message = format!(
        "`{secret_type}` needs the key {}, or the API server refuses the Secret; seal it too",
        missing.join(" ")
    );
    Some(sealed.finding(Finding::error(message), "spec.template.type", "shape"))
}

fn template_problems(sealed: &SealedSecret<'_>) -> Vec<Finding> {
    let is_deprecated = !sealed.object["spec"]["data"].is_null();
    let values = &sealed.object["spec"]["encryptedData"];
    let entries = sealed.template()["data"].as_object().into_iter().flatten();
    entries
        .filter_map(|(key, text)| {
            let path = krm::field::FieldPath::of_pointer(&format!(
                "/spec/template/data/{}",
                key.replace('~', "~0").replace('/', "~1")
            ));
            let Some(text) = text.as_str() else {
                let message = format!("must be a string, but is {}", type_of(text));
                return Some(sealed.finding(Finding::error(message), path, "shape"));
            };
            let error = template::check(text, |key| is_deprecated || values.get(key).is_some()).err()?;
            Some(sealed.finding(Finding::error(error.message()), path, "template"))
        })
        .collect()
}
