//! What private keys say of a sealed value.

use krm::finding::Finding;

use super::identity::{former_labels, written_by_kubeseal};
use super::keyring::{Keyring, Opened};
use super::scope::{Label, Scope};
use super::sealed_secret::{SealedSecret, WholeValue};
use crate::base64;
use crate::rule::Rule;
use crate::text::values;

/// What is wrong with a value, now that it can be opened, or why it cannot. `others` are the labels of its copies.
pub(super) fn problem(whole: &WholeValue<'_>, others: &[&Label], keyring: &Keyring) -> Option<Finding> {
    let label = &whole.sealed.label;
    let (rule, message) = match keyring.open(whole.value, label) {
        Opened::Plain(plain) => (Rule::DoubtfulSealedContent, content_problem(whole.key, &plain)?),
        Opened::Damaged => (Rule::MalformedSealedValue, DAMAGED.to_owned()),
        Opened::Shut => match fitting(whole, others, keyring) {
            Some(other) => (Rule::SealedForAnotherObject, reason(label, &other)),
            None => (Rule::SealedForAnotherKey, CANNOT_BE_OPENED.to_owned()),
        },
    };
    Some(whole.finding(rule, message))
}

const DAMAGED: &str = "was damaged after it was sealed: its key opens, its content does not; reseal the value";
const CANNOT_BE_OPENED: &str = "cannot be opened: it was sealed for another cluster's key, for another name or namespace that \
                                nothing here tells, or was damaged; reseal the value";

/// The label that opens the value instead, of all that its surroundings suggest.
fn fitting(whole: &WholeValue<'_>, others: &[&Label], keyring: &Keyring) -> Option<Label> {
    let mut tried = vec![whole.sealed.label.text()];
    suggested_labels(whole.sealed, others).into_iter().find(|label| {
        let text = label.text();
        let is_new = !tried.contains(&text);
        tried.push(text);
        is_new && keyring.open(whole.value, label) != Opened::Shut
    })
}

/// Every scope of every name in every namespace that the surroundings of a value suggest.
fn suggested_labels(sealed: &SealedSecret<'_>, others: &[&Label]) -> Vec<Label> {
    let mut known = vec![sealed.label.clone()];
    known.extend(written_by_kubeseal(sealed));
    known.extend(former_labels(sealed));
    known.extend(others.iter().copied().cloned());
    let namespaces: Vec<_> = known.iter().map(|label| label.namespace.as_str()).chain(["default"]).collect();
    let strict = namespaces
        .iter()
        .flat_map(|namespace| known.iter().map(|label| Label::new(Scope::Strict, namespace, &label.name)));
    let namespace_wide =
        namespaces.iter().map(|namespace| Label::new(Scope::NamespaceWide, namespace, &sealed.label.name));
    strict.chain(namespace_wide).chain([Label::new(Scope::ClusterWide, "", "")]).collect()
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
            _ => "reseal the value for this object".to_owned(),
        };
        return format!("was sealed {}, for {other}, but {place} says {}; {remedy}", other.scope, label.scope);
    }
    let wrong = match (label.namespace == other.namespace, label.name == other.name) {
        (true, _) => "name",
        (false, false) if label.scope == Scope::Strict => "name and namespace",
        (false, _) => "namespace",
    };
    format!("was sealed for {other}, but is in {place}: wrong {wrong}; reseal the value for this object")
}

/// What is odd about what was sealed. Nothing of it is shown.
fn content_problem(key: Option<&str>, plain: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(plain).ok();
    let is_line = |text: &str| text.ends_with('\n') && text.trim_end_matches(['\r', '\n']).lines().count() == 1;
    match (key, text) {
        _ if plain.is_empty() => Some("seals an empty value; reseal the value".to_owned()),
        (Some(".dockerconfigjson"), text) => {
            let value = text.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
            let has_logins = value.is_some_and(|value| value["auths"].is_object());
            (!has_logins).then(|| "seals no JSON with `auths`, which a pull secret must be; reseal the value".to_owned())
        }
        (Some(key @ ("tls.crt" | "tls.key")), text) => {
            let label = if key == "tls.key" { "PRIVATE KEY-----" } else { "BEGIN CERTIFICATE-----" };
            let is_pem = text.is_some_and(|text| text.contains(label));
            (!is_pem).then(|| format!("seals no PEM that a `{key}` must be; reseal the value"))
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
