//! SealedSecrets that cannot be unsealed, or give a Secret that the cluster refuses.

mod identity;
pub(crate) mod keyring;
mod opening;
pub(crate) mod scope;
mod shape;
mod template;
pub(crate) mod value;

use std::collections::{BTreeMap, BTreeSet};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use serde_json::Value;

use keyring::{Disproof, Keyring};
use scope::{Label, Scope};
use value::{Defect, SealedValue};

/// The API group of SealedSecrets.
pub(crate) const GROUP: &str = "bitnami.com";
/// Their kind.
pub(crate) const KIND: &str = "SealedSecret";
/// The label of Secrets that hold the keys of the controller. Source: sealed-secrets `pkg/controller/keyregistry.go`.
pub(crate) const KEY_LABEL: &str = "sealedsecrets.bitnami.com/sealed-secrets-key";

/// A SealedSecret, read once.
pub(crate) struct SealedSecret<'r> {
    pub(crate) item: &'r Item,
    object: &'r Value,
    label: Label,
    /// The sealed values by their key; the deprecated `spec.data` has none.
    values: Vec<(Option<&'r str>, Result<SealedValue, Defect>)>,
}

impl<'r> SealedSecret<'r> {
    fn read(item: &'r Item) -> Self {
        let object = item.value();
        let scope = Scope::of(&object["metadata"]["annotations"]);
        let entries = object["spec"]["encryptedData"].as_object().into_iter().flatten();
        let entries = entries.filter_map(|(key, value)| Some((Some(key.as_str()), value.as_str()?)));
        let whole = object["spec"]["data"].as_str().map(|value| (None, value));
        Self {
            item,
            object,
            label: Label::new(scope, item.namespace().unwrap_or_default(), item.name()),
            values: entries.chain(whole).map(|(key, value)| (key, SealedValue::parse(value))).collect(),
        }
    }

    fn template(&self) -> &Value {
        &self.object["spec"]["template"]
    }

    fn path(key: Option<&str>) -> String {
        match key {
            Some(key) => FieldPath::from("spec.encryptedData").key(key).to_string(),
            None => "spec.data".to_owned(),
        }
    }

    fn finding(&self, finding: Finding, path: impl Into<FieldPath>, rule: &str) -> Finding {
        finding.on(self.item.reference()).at(path).tag("rule", rule)
    }
}

/// The keys of the Secret that a SealedSecret gives.
pub(crate) fn keys_of(sealed: &Value) -> BTreeSet<String> {
    let keys = |value: &Value| value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let spec = &sealed["spec"];
    keys(&spec["encryptedData"]).into_iter().chain(keys(&spec["template"]["data"])).collect()
}

/// Checks every SealedSecret.
pub(crate) fn check(resources: &Resources, keyring: &Keyring, findings: &mut Findings) {
    let sealed: Vec<_> = resources.iter().filter(|item| item.is(GROUP, KIND)).map(SealedSecret::read).collect();
    let copies = Copies::among(&sealed);
    for one in &sealed {
        findings.extend(shape::problems(one));
        findings.extend(broken_values(one));
        let wholes = one.values.iter().filter_map(|(key, value)| Some((*key, value.as_ref().ok()?)));
        let wholes: Vec<_> = wholes.collect();
        if keyring.can_open() {
            for (key, value) in &wholes {
                let labels = copies.labels_of(value);
                findings.extend(opening::problem(one, *key, value, &labels, keyring));
            }
        } else {
            findings.extend(identity::problems(one));
            findings.extend(wholes.iter().filter_map(|(key, value)| copies.problem(one, *key, value)));
            findings.extend(wholes.iter().filter_map(|(key, value)| foreign_value(one, *key, value, keyring)));
            findings.extend(wholes.iter().filter_map(|(key, value)| short_value(one, *key, value)));
        }
    }
}

fn broken_values(sealed: &SealedSecret<'_>) -> Vec<Finding> {
    let broken = sealed.values.iter().filter_map(|(key, value)| Some((*key, value.as_ref().err()?)));
    broken
        .map(|(key, defect)| {
            let rule = if defect.is_leak() { "not-sealed" } else { "malformed" };
            sealed.finding(Finding::error(defect.message()), SealedSecret::path(key), rule)
        })
        .collect()
}

/// What public certificates alone say of a value.
fn foreign_value(
    sealed: &SealedSecret<'_>,
    key: Option<&str>,
    value: &SealedValue,
    keyring: &Keyring,
) -> Option<Finding> {
    let why = match keyring.disproves(value)? {
        Disproof::Length { bits } => format!("its key has {bits} bits, and no given key has that length"),
        Disproof::Modulus => "the number in it is greater than every given key of its length could make".to_owned(),
    };
    let message = format!(
        "was sealed for none of the given certificates: {why}; seal the value with the certificate of this cluster"
    );
    Some(sealed.finding(Finding::error(message), SealedSecret::path(key), "wrong-key"))
}

/// What the length alone says: it is the length of the plain value, which no key hides.
fn short_value(sealed: &SealedSecret<'_>, key: Option<&str>, value: &SealedValue) -> Option<Finding> {
    let length = value.plaintext_length();
    let finding = match (key, length) {
        (_, 0) => Finding::warning("seals an empty value; seal the value anew"),
        (Some("tls.key"), 1..100) => {
            Finding::warning(format!("seals {length} bytes, too few for a private key; seal the value anew"))
        }
        (Some(".dockerconfigjson"), 1..15) => {
            Finding::warning(format!("seals {length} bytes, too few for a registry login; seal the value anew"))
        }
        _ => return None,
    };
    Some(sealed.finding(finding, SealedSecret::path(key), "sealed-content"))
}

/// Equal values in several objects. Sealing is randomised, so equal values are copies of one.
struct Copies {
    labels: BTreeMap<Vec<u8>, Vec<Label>>,
}

impl Copies {
    fn among(sealed: &[SealedSecret<'_>]) -> Self {
        let mut labels: BTreeMap<Vec<u8>, Vec<Label>> = BTreeMap::new();
        for one in sealed {
            for value in one.values.iter().filter_map(|(_, value)| value.as_ref().ok()) {
                labels.entry(value.rsa_part().to_vec()).or_default().push(one.label.clone());
            }
        }
        Self { labels }
    }

    /// The labels of all objects that hold this value.
    fn labels_of(&self, value: &SealedValue) -> Vec<Label> {
        self.labels.get(value.rsa_part()).cloned().unwrap_or_default()
    }

    fn problem(&self, sealed: &SealedSecret<'_>, key: Option<&str>, value: &SealedValue) -> Option<Finding> {
        let labels = self.labels.get(value.rsa_part())?;
        let other = labels.iter().find(|label| label.text() != sealed.label.text())?;
        let message = format!(
            "is a copy of the value in SealedSecret `{}/{}`; a value fits one of the two at most ({} here), so seal it anew for each",
            other.namespace, other.name, sealed.label.scope
        );
        Some(sealed.finding(Finding::error(message), SealedSecret::path(key), "copied"))
    }
}
