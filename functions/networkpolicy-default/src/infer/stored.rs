//! ConfigMaps and Secrets that a workload reads, and what of them a build does not show.

use std::collections::{BTreeMap, BTreeSet};

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, Referent};
use manifests::addresses::{Certainty, Mention, mentions_of, names_host};
use manifests::secrets::SecretData;
use serde_json::Value;

use crate::facts::operator_secrets::texts_of_made;
use crate::plan::Plan;
use crate::rule::Rule;

/// ConfigMaps that every namespace has.
const GIVEN_CONFIG_MAPS: [&str; 2] = ["kube-root-ca.crt", "openshift-service-ca.crt"];
/// The API group of SealedSecrets.
const SEALED_SECRETS: &str = "bitnami.com";

/// What begins where a template puts in a value.
const TEMPLATE: &str = "{{";

/// What keeps values by keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

impl Store {
    /// The kind.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// The values of a ConfigMap or Secret, as far as the build shows them.
pub(super) struct Stored {
    /// The name by which the workload knows it.
    pub(super) name: String,
    /// The texts by key.
    pub(super) texts: BTreeMap<String, String>,
    /// The keys whose values are sealed.
    pub(super) sealed: BTreeSet<String>,
    /// Why values are not shown.
    why: Why,
}

/// Why a build does not show the values of a Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It is there.
    Shown,
    /// It is sealed.
    Sealed,
    /// It is not part of the build.
    Absent,
}

/// A variable with an address that the build does not show.
pub(super) struct Sealed {
    /// Its name.
    variable: String,
    secret: String,
    why: Why,
    path: FieldPath,
}

impl Stored {
    /// The ConfigMap or Secret of a name that an object reads; just the key, if the reference is to one. A missing
    /// ConfigMap is reported, unless the reference is optional.
    pub(super) fn find(
        plan: &mut Plan<'_, '_>,
        item: &Item,
        (store, name): (Store, &str),
        reference: &Value,
    ) -> Option<Self> {
        match store {
            Store::ConfigMap => config_map(plan, item, name, reference),
            Store::Secret => secret(plan, item, name, reference),
        }
    }

    /// A ConfigMap or Secret of the build.
    fn of_item(item: &Item, reference: &Value) -> Self {
        let texts = reference["key"].as_str().map_or_else(|| texts_in(item), |key| text_in(item, key));
        Self { name: item.name().to_owned(), texts, sealed: BTreeSet::new(), why: Why::Shown }
    }

    fn of_secret(name: &str, data: SecretData, why: Why) -> Self {
        Self { name: name.to_owned(), texts: data.texts, sealed: data.sealed, why }
    }

    /// A SealedSecret. A text of its template that takes its host from a sealed value is as good as sealed.
    fn of_sealed_secret(sealed: &Item) -> Self {
        let mut data = SecretData::of_sealed_secret(sealed);
        let takes_host = |key: &str, text: &str| {
            let is_host = |mention: &Mention| mention.certainty > Certainty::Word;
            names_host(key) && text.contains(TEMPLATE) && !mentions_of(key, text).iter().any(is_host)
        };
        let texts = std::mem::take(&mut data.texts).into_iter();
        let (opaque, texts): (BTreeMap<_, _>, _) = texts.partition(|(key, text)| takes_host(key, text));
        data.sealed.extend(opaque.into_keys());
        Self::of_secret(sealed.name(), SecretData { texts, ..data }, Why::Sealed)
    }

    /// A variable that takes the value of a key, if the build does not show the value, and its name or the key speaks of a host.
    pub(super) fn sealed(&self, variable: &str, key: &str, path: impl Fn() -> FieldPath) -> Option<Sealed> {
        let is_sealed = self.why == Why::Absent || self.sealed.contains(key);
        (is_sealed && (names_host(variable) || names_host(key))).then(|| Sealed {
            variable: variable.to_owned(),
            secret: self.name.clone(),
            why: self.why,
            path: path(),
        })
    }
}

/// The texts of a ConfigMap or Secret by key.
pub(super) fn texts_in(item: &Item) -> BTreeMap<String, String> {
    if item.kind() == "Secret" {
        return SecretData::of_secret(item).texts;
    }
    let data = item.field(&["data"]);
    let texts = data.as_object().into_iter().flatten();
    texts.filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned()))).collect()
}

/// The text of one key of a ConfigMap or Secret.
fn text_in(item: &Item, key: &str) -> BTreeMap<String, String> {
    if item.kind() == "Secret" {
        return SecretData::of_secret_key(item, key).texts;
    }
    let text = item.field(&["data", key]).as_str().map(str::to_owned);
    text.map(|text| (key.to_owned(), text)).into_iter().collect()
}

fn config_map(plan: &mut Plan<'_, '_>, item: &Item, name: &str, reference: &Value) -> Option<Stored> {
    let resources = plan.cluster.resources;
    let problem = match resources.referent(item.id(), "", "ConfigMap", name) {
        Referent::Found(id) => {
            plan.note_read(id);
            return Some(Stored::of_item(resources.get(id), reference));
        }
        Referent::Ambiguous(_) => "which several were once named; use the present name of one",
        Referent::Missing => "which is not part of this build, so hosts that it names are not seen; add it",
    };
    let is_told = reference["optional"] != true && !GIVEN_CONFIG_MAPS.contains(&name);
    if is_told && plan.cluster.settings.protects(item.namespace()) {
        let message = format!("reads ConfigMap `{name}`, {problem}");
        plan.report_once(Finding::new(Rule::ConfigMapUnread, message).on(item));
    }
    None
}

/// A Secret of several former names is none that the build shows.
fn secret(plan: &mut Plan<'_, '_>, item: &Item, name: &str, reference: &Value) -> Option<Stored> {
    let resources = plan.cluster.resources;
    let mut found = |group: &str, kind: &str| match resources.referent(item.id(), group, kind, name) {
        Referent::Found(id) => {
            plan.note_read(id);
            Some(resources.get(id))
        }
        Referent::Missing | Referent::Ambiguous(_) => None,
    };
    if let Some(secret) = found("", "Secret") {
        return Some(Stored::of_item(secret, reference));
    }
    if let Some(sealed) = found(SEALED_SECRETS, "SealedSecret") {
        return Some(Stored::of_sealed_secret(sealed));
    }
    if let Some(texts) = texts_of_made(resources, item, name) {
        return Some(Stored::of_secret(name, SecretData { texts, ..SecretData::default() }, Why::Shown));
    }
    (reference["optional"] != true).then(|| Stored::of_secret(name, SecretData::default(), Why::Absent))
}

/// Says that an object takes all variables of a Secret that the build does not show, if it is one.
pub(super) fn report_unread(plan: &mut Plan<'_, '_>, item: &Item, stored: &Stored, path: impl Fn() -> FieldPath) {
    if stored.why == Why::Absent && plan.cluster.settings.protects(item.namespace()) {
        let message = format!(
            "takes all variables of Secret `{}`, which is not part of this build, so hosts that it names are not seen; write them \
             into variables that are not secret, or list the workload under `replatform.dev/allow-from` of what it connects to",
            stored.name
        );
        plan.report_once(Finding::new(Rule::SecretUnread, message).on(item).at(path()));
    }
}

/// Says once for an object which addresses it takes from Secrets that the build does not show.
pub(super) fn report_sealed(plan: &mut Plan<'_, '_>, item: &Item, sealed: &[Sealed]) {
    let Some(first) = sealed.first().filter(|_| plan.cluster.settings.protects(item.namespace())) else { return };
    let others: BTreeSet<_> = sealed.iter().map(|sealed| &sealed.variable).collect();
    let (more, unseen) = match others.len() - 1 {
        0 => (String::new(), "the host in it is"),
        1 => (", and another variable likewise".to_owned(), "the hosts in them are"),
        more => (format!(", and {more} more variables likewise"), "the hosts in them are"),
    };
    let why = if first.why == Why::Sealed { "which is sealed" } else { "which is not part of this build" };
    let message = format!(
        "takes variable {} from Secret `{}`, {why}{more}, so {unseen} not seen; list the workload under \
         `replatform.dev/allow-from` of what it connects to, or write the host into a variable that is not secret",
        first.variable, first.secret
    );
    plan.report_once(Finding::new(Rule::SealedAddress, message).on(item).at(first.path.clone()));
}
