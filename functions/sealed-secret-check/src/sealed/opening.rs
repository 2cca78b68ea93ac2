//! What private keys say of a sealed value.

use krm::finding::Finding;

use super::SealedSecret;
use super::identity::{former_places, written_by_kubeseal};
use super::keyring::{Keyring, Opened};
use super::scope::{Label, Scope};
use super::value::SealedValue;
use crate::base64;
use crate::text::values;

/// What is wrong with a value, now that it can be opened, or why it cannot.
pub(super) fn problem(
    sealed: &SealedSecret<'_>,
    key: Option<&str>,
    value: &SealedValue,
    others: &[Label],
    keyring: &Keyring,
) -> Option<Finding> {
    let path = SealedSecret::path(key);
    let damaged =
        || "was damaged after it was sealed: its key opens, its content does not; seal the value anew".to_owned();
    let (message, rule) = match keyring.open(value, &sealed.label) {
        Opened::Plain(plain) => {
            let finding = Finding::warning(content_problem(key, &plain)?);
            return Some(sealed.finding(finding, path, "sealed-content"));
        }
        Opened::Damaged => (damaged(), "malformed"),
        Opened::Shut => match fitting(sealed, value, others, keyring) {
            Some(other) => (reason(&sealed.label, &other), "wrong-label"),
            None => (
                "cannot be opened: it was sealed for another cluster's key, for another name or namespace that nothing here tells, or was damaged; \
                 seal the value anew"
                    .to_owned(),
                "wrong-key",
            ),
        },
    };
    Some(sealed.finding(Finding::error(message), path, rule))
}

/// The label that opens the value instead, of all that its surroundings suggest.
fn fitting(sealed: &SealedSecret<'_>, value: &SealedValue, others: &[Label], keyring: &Keyring) -> Option<Label> {
    let mut places = vec![sealed.label.clone()];
    places.extend(written_by_kubeseal(sealed));
    places.extend(former_places(sealed));
    places.extend(others.iter().cloned());
    let names: Vec<_> = places.iter().map(|place| place.name.clone()).collect();
    let mut namespaces: Vec<_> = places.iter().map(|place| place.namespace.clone()).collect();
    namespaces.push("default".to_owned());
    let mut labels: Vec<Label> = Vec::new();
    for namespace in &namespaces {
        labels.extend(names.iter().map(|name| Label::new(Scope::Strict, namespace, name)));
    }
    labels.extend(namespaces.iter().map(|namespace| Label::new(Scope::NamespaceWide, namespace, &sealed.label.name)));
    labels.push(Label::new(Scope::ClusterWide, "", ""));
    let mut tried = vec![sealed.label.text()];
    labels.into_iter().find(|label| {
        let text = label.text();
        let is_new = !tried.contains(&text);
        tried.push(text);
        is_new && keyring.open(value, label) != Opened::Shut
    })
}

/// Why a value that opens under one label does not under another.
fn reason(label: &Label, other: &Label) -> String {
    let place = match label.namespace.as_str() {
        "" => format!("`{}` without a namespace", label.name),
        namespace => format!("`{namespace}/{}`", label.name),
    };
    if label.scope != other.scope {
        let fits_here = other.scope == Scope::ClusterWide || label.namespace == other.namespace;
        let remedy = match (other.scope.annotation(), label.scope.annotation()) {
            (Some(annotation), _) if other.scope > label.scope && fits_here => {
                format!("put the annotation `{annotation}: \"true\"` on the SealedSecret itself")
            }
            (_, Some(annotation)) if other.text() == Label { scope: other.scope, ..label.clone() }.text() => {
                format!("take the annotation `{annotation}` away")
            }
            _ => "seal the value anew for here".to_owned(),
        };
        return format!("was sealed {}, for {other}, but {place} says {}; {remedy}", other.scope, label.scope);
    }
    let wrong = match (label.namespace == other.namespace, label.name == other.name) {
        (true, _) => "name",
        (false, false) if label.scope == Scope::Strict => "name and namespace",
        (false, _) => "namespace",
    };
    format!("was sealed for {other}, but stands in {place}: wrong {wrong}; seal the value anew for here")
}

/// What is odd about what was sealed. Nothing of it is shown.
fn content_problem(key: Option<&str>, plain: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(plain).ok();
    let is_line = |text: &str| text.ends_with('\n') && text.trim_end_matches(['\r', '\n']).lines().count() == 1;
    match (key, text) {
        _ if plain.is_empty() => Some("seals an empty value; seal the value anew".to_owned()),
        (Some(".dockerconfigjson"), text) => {
            let value = text.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
            let has_logins = value.is_some_and(|value| value["auths"].is_object());
            (!has_logins).then(|| "seals no JSON with `auths`, which a pull secret must be; seal the value anew".to_owned())
        }
        (Some(key @ ("tls.crt" | "tls.key")), text) => {
            let label = if key == "tls.key" { "PRIVATE KEY-----" } else { "BEGIN CERTIFICATE-----" };
            let is_pem = text.is_some_and(|text| text.contains(label));
            (!is_pem).then(|| format!("seals no PEM that a `{key}` must be; seal the value anew"))
        }
        (_, Some(text)) if values::is_dummy(text.trim()) => Some("seals a dummy of a template; seal the real value".to_owned()),
        (_, Some(text)) if is_encoded_text(text) => {
            Some("seals base64 of text: the value was encoded before it was sealed, and the Secret will hold it so; seal it as it is".to_owned())
        }
        (_, Some(text)) if is_line(text) => {
            Some("seals a line break behind the value, as `echo` adds it; seal it without (`echo -n`)".to_owned())
        }
        _ => None,
    }
}

/// Whether a value is base64 of readable text: the mark of a value that was encoded for `data` and then sealed.
fn is_encoded_text(text: &str) -> bool {
    let decoded = base64::decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let is_plain = |text: &String| text.chars().all(|letter| !letter.is_control() || letter.is_whitespace());
    text.len() >= 12 && decoded.as_ref().is_some_and(is_plain)
}
