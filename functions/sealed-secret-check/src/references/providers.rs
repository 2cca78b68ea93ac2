//! What makes a Secret when the build is applied, and with which keys.
//!
//! Most of it is in the table `secret-providers.tsv`; here is what a table cannot say. Sources: External Secrets
//! `apis/externalsecrets/v1`; cert-manager ingress-shim; the Secrets Store CSI driver.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use krm::resource_list::Item;
use krm::table;
use manifests::fields::Pattern;
use serde_json::Value;

use super::kind_table::KindTable;
use crate::sealed;

/// A Secret that exists once the build is applied.
#[derive(Debug, Clone)]
pub(super) struct Provided {
    /// Its name now, then the names kustomize remembers.
    pub(super) names: Vec<String>,
    /// The keys it has.
    pub(super) keys: Keys,
    /// What the provider does with a Secret of the same name that it did not make.
    pub(super) claim: Claim,
}

/// The keys of a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keys {
    /// These and no others.
    Closed(BTreeSet<String>),
    /// They are not known before run time.
    Open,
}

/// What a provider does with a Secret of the same name that it did not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It owns the Secret: two of them fight, or one gives up.
    Owns,
    /// It takes what is there.
    Shares,
}

/// The Secrets that an object makes.
pub(super) fn provided(item: &Item) -> Vec<Provided> {
    // Most kinds make none, and need not be read.
    let spec = || &item.value()["spec"];
    let mut provided: Vec<_> = TABLE.of(item).flat_map(|row| row.provided(item)).collect();
    match (item.group(), item.kind()) {
        (sealed::GROUP, sealed::KIND) => provided.push(sealed_secret(item)),
        ("", "Secret") => provided.push(secret(item)),
        ("external-secrets.io", "ExternalSecret") => provided.extend(external_secret(item)),
        ("external-secrets.io", "ClusterExternalSecret") => {
            let name =
                spec()["externalSecretSpec"]["target"]["name"].as_str().or(spec()["externalSecretName"].as_str());
            provided.push(Provided { names: names_or_own(item, name), keys: Keys::Open, claim: Claim::Owns });
        }
        ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => {
            provided.extend(spec()["secretObjects"].as_array().into_iter().flatten().filter_map(mounted_secret));
        }
        ("networking.k8s.io", "Ingress") => provided.extend(shimmed(item, "spec.tls[].secretName")),
        ("gateway.networking.k8s.io", "Gateway") => {
            provided.extend(shimmed(item, "spec.listeners[].tls.certificateRefs[].name"));
        }
        _ => {}
    }
    provided
}

/// Objects that always make Secrets, or do so under plain conditions.
static TABLE: LazyLock<KindTable<Row>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../../data/secret-providers.tsv"));
    rows.map(|[group, kind, name, keys, claim, when]| (group, kind, Row::read([name, keys, claim, when]))).collect()
});

struct Row {
    name: NameColumn,
    keys: Keys,
    claim: Claim,
    when: Vec<Condition>,
}

/// What the Secrets are called.
enum NameColumn {
    /// As fields say.
    Fields(Pattern),
    /// Like the object, with this before and behind its name.
    Derived(&'static str, &'static str),
}

/// A condition on a field of the object.
enum Condition {
    Is(Pattern, &'static str),
    IsMissing(Pattern),
}

impl Row {
    fn read([name, keys, claim, when]: [&'static str; 4]) -> Self {
        Self {
            name: match name.split_once("{name}") {
                Some((before, behind)) => NameColumn::Derived(before, behind),
                None => NameColumn::Fields(Pattern::known(name)),
            },
            keys: match keys {
                "?" => Keys::Open,
                keys => Keys::Closed(keys.split(' ').map(str::to_owned).collect()),
            },
            claim: if claim == "owns" { Claim::Owns } else { Claim::Shares },
            when: when.split(' ').filter(|condition| *condition != "-").map(Condition::read).collect(),
        }
    }

    fn provided(&self, item: &Item) -> Vec<Provided> {
        if !self.when.iter().all(|condition| condition.holds(item.value())) {
            return Vec::new();
        }
        let provided = |names| Provided { names, keys: self.keys.clone(), claim: self.claim };
        match &self.name {
            NameColumn::Fields(pattern) => {
                names_at(pattern, item.value()).into_iter().map(|name| provided(vec![name])).collect()
            }
            NameColumn::Derived(before, behind) => {
                vec![provided(item.names().iter().map(|name| format!("{before}{name}{behind}")).collect())]
            }
        }
    }
}

impl Condition {
    fn read(text: &'static str) -> Self {
        match (text.strip_prefix('!'), text.split_once('=')) {
            (Some(path), _) => Self::IsMissing(Pattern::known(path)),
            (None, Some((path, value))) => Self::Is(Pattern::known(path), value),
            (None, None) => unreachable!("`{text}` is no condition"),
        }
    }

    fn holds(&self, object: &Value) -> bool {
        match self {
            Self::Is(pattern, expected) => pattern.matches(object).iter().any(|found| match found.value {
                Value::String(text) => text == expected,
                Value::Bool(is_on) => is_on.to_string() == **expected,
                _ => false,
            }),
            Self::IsMissing(pattern) => pattern.matches(object).iter().all(|found| found.value.is_null()),
        }
    }
}

/// The texts in these fields.
fn names_at(pattern: &Pattern, value: &Value) -> Vec<String> {
    pattern.matches(value).iter().filter_map(|found| found.value.as_str().map(str::to_owned)).collect()
}

/// The name that an object gives to its Secret, or else its own names.
fn names_or_own(item: &Item, name: Option<&str>) -> Vec<String> {
    name.map_or_else(|| item.names(), |name| vec![name.to_owned()])
}

/// The keys of mappings.
fn keys_in<'v>(mappings: impl IntoIterator<Item = &'v Value>) -> BTreeSet<String> {
    let entries = mappings.into_iter().flat_map(|mapping| mapping.as_object().into_iter().flatten());
    entries.map(|(key, _)| key.clone()).collect()
}

fn sealed_secret(item: &Item) -> Provided {
    let object = item.value();
    // The deprecated form seals all keys as one value.
    let is_whole = object["spec"]["data"].is_string();
    let keys = if is_whole { Keys::Open } else { Keys::Closed(sealed::keys_of(object)) };
    Provided { names: item.names(), keys, claim: Claim::Owns }
}

fn secret(item: &Item) -> Provided {
    let object = item.value();
    // sealed-secrets may take over a Secret that says so.
    let annotations = &object["metadata"]["annotations"];
    let is_given = |name: &str| annotations[format!("sealedsecrets.bitnami.com/{name}")] == "true";
    let claim = if is_given("managed") || is_given("patch") { Claim::Shares } else { Claim::Owns };
    let keys = keys_in([&object["data"], &object["stringData"]]);
    // A Secret that is empty in git is filled in the cluster.
    let keys = if keys.is_empty() { Keys::Open } else { Keys::Closed(keys) };
    Provided { names: item.names(), keys, claim }
}

fn external_secret(item: &Item) -> Option<Provided> {
    let spec = &item.value()["spec"];
    let target = &spec["target"];
    let claim = match target["creationPolicy"].as_str() {
        Some("Merge" | "None") => return None,
        Some("CreateOrMerge") => Claim::Shares,
        _ => Claim::Owns,
    };
    let names = names_or_own(item, target["name"].as_str());
    target["manifest"].is_null().then(|| Provided { names, keys: external_keys(spec), claim })
}

/// The keys of the Secret of an ExternalSecret.
fn external_keys(spec: &Value) -> Keys {
    let template = &spec["target"]["template"];
    let replaces = template["mergePolicy"] != "Merge" && template["data"].is_object();
    if !template["templateFrom"].is_null() || (!spec["dataFrom"].is_null() && !replaces) {
        return Keys::Open;
    }
    let mut keys = keys_in([&template["data"]]);
    if !replaces {
        keys.extend(names_at(&Pattern::known("data[].secretKey"), spec));
    }
    Keys::Closed(keys)
}

/// The Secret that the Secrets Store CSI driver makes of mounted content.
fn mounted_secret(object: &Value) -> Option<Provided> {
    let names = vec![object["secretName"].as_str()?.to_owned()];
    let keys = names_at(&Pattern::known("data[].key"), object);
    Some(Provided { names, keys: Keys::Closed(keys.into_iter().collect()), claim: Claim::Owns })
}

/// The Secrets of the Certificates that cert-manager makes for an Ingress or Gateway with one of its annotations.
fn shimmed(item: &Item, names: &str) -> Vec<Provided> {
    let annotations = ["cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme"];
    if !annotations.iter().any(|annotation| item.annotation(annotation).is_some()) {
        return Vec::new();
    }
    let keys = TABLE.first("cert-manager.io", "Certificate").map_or(Keys::Open, |certificate| certificate.keys.clone());
    let names = names_at(&Pattern::known(names), item.value()).into_iter();
    names.map(|name| Provided { names: vec![name], keys: keys.clone(), claim: Claim::Shares }).collect()
}

#[cfg(test)]
mod tests {
    use krm::trial::merge;
    use serde_json::json;

    use super::super::sample;
    use super::*;

    #[test]
    fn every_row_of_the_table_gives_its_secret() {
        for row @ [group, kind, name, keys, claim, when] in table::rows(include_str!("../../data/secret-providers.tsv"))
        {
            let mut object = if name.contains("{name}") { json!({}) } else { sample::with(name, &json!("sample")) };
            for (path, value) in when.split(' ').filter_map(|condition| condition.split_once('=')) {
                merge(&mut object, &sample::with(path, &json!(value)));
            }
            let resources = sample::build(group, kind, object);
            let item = resources.iter().next().expect("it is an object");
            let provided = provided(item);
            let expected = name.contains("{name}").then(|| name.replace("{name}", "sample"));
            let expected = expected.unwrap_or_else(|| "sample".to_owned());
            let found = provided.iter().find(|provided| provided.names == [expected.as_str()]);
            let found = found.unwrap_or_else(|| panic!("{row:?}: {provided:?}"));
            match &found.keys {
                Keys::Open => assert_eq!(keys, "?", "{row:?}"),
                Keys::Closed(closed) => assert!(keys.split(' ').all(|key| closed.contains(key)), "{row:?}"),
            }
            assert_eq!(if found.claim == Claim::Owns { "owns" } else { "shares" }, claim, "{row:?}");
        }
    }

    #[test]
    fn a_row_gives_nothing_where_its_conditions_do_not_hold() {
        let cases = [
            (
                "postgresql.cnpg.io",
                "Cluster",
                json!({"bootstrap": {"initdb": {"secret": {"name": "x"}}}}),
                "sample-app",
            ),
            ("postgresql.cnpg.io", "Cluster", json!({}), "sample-superuser"),
            (
                "postgresql.cnpg.io",
                "Cluster",
                json!({"enableSuperuserAccess": true, "superuserSecret": {"name": "x"}}),
                "sample-superuser",
            ),
            ("secrets.hashicorp.com", "VaultStaticSecret", json!({"destination": {"name": "x"}}), "x"),
            ("secrets.hashicorp.com", "VaultStaticSecret", json!({"destination": {"name": "x", "create": false}}), "x"),
        ];
        for (group, kind, spec, name) in cases {
            let resources = sample::build(group, kind, json!({ "spec": spec }));
            let item = resources.iter().next().expect("it is an object");
            assert!(provided(item).iter().all(|provided| provided.names != [name]), "{kind} {spec}");
        }
    }
}
