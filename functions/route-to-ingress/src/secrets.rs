//! The Secrets of a build: who gives them their content, and who uses them.

use std::collections::HashMap;

use krm::resource_list::{Item, ItemId, Prefilter, Resources, namespace_name};
use krm::table;
use manifests::fields::Pattern;
use manifests::pods::{self, PodTemplate};
use serde_json::Value;

/// By these a Service asks OpenShift's service CA for a certificate in a Secret.
pub(crate) const SERVING_CERTIFICATE: [&str; 2] =
    ["service.beta.openshift.io/serving-cert-secret-name", "service.alpha.openshift.io/serving-cert-secret-name"];

/// Where pods name Secrets. Each holds [`WORD`].
const IN_PODS: [&str; 4] = [
    "volumes[].secret.secretName",
    "volumes[].projected.sources[].secret.name",
    "*ontainers[].envFrom[].secretRef.name",
    "*ontainers[].env[].valueFrom.secretKeyRef.name",
];

/// A pod without this word names no Secret, so that it need not be read.
const WORD: &str = "secret";

/// What an object has to do with a Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The object.
    pub(crate) id: ItemId,
    /// What it does with the Secret.
    pub(crate) role: Role,
}

/// What an object does with a Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// It gives it its content.
    Makes,
    /// It asks OpenShift's service CA for a certificate in it.
    Serves,
    /// It reads it.
    Uses,
}

/// The Secrets that a build knows, by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    owners: HashMap<(String, String), Owner>,
    /// Certificates of cert-manager by namespace and host: the Secret of each, and the object.
    certificates: HashMap<(String, String), (String, ItemId)>,
}

impl Secrets {
    /// Looks through a build.
    pub(crate) fn of(resources: &Resources) -> Self {
        let rows = table::rows(include_str!("../data/secret-sources.tsv"));
        let rows: Vec<_> =
            rows.map(|[group, kind, field, makes]| (group, kind, Pattern::known(field), makes)).collect();
        let in_pods = IN_PODS.map(Pattern::known);
        let prefilter = Prefilter::new([WORD]);
        let mut secrets = Self::default();
        for item in resources.iter() {
            for (_, _, field, makes) in rows.iter().filter(|(group, kind, ..)| item.is(group, kind)) {
                let role = if *makes == "yes" { Role::Makes } else { Role::Uses };
                secrets.note_named(item, field, role);
            }
            if item.is("cert-manager.io", "Certificate") {
                secrets.note_certificate(item);
            }
            for name in SERVING_CERTIFICATE.iter().filter_map(|key| item.annotation(key)) {
                secrets.note(item, name, Role::Serves);
            }
            if let Some(kind) = pods::kind(item.group(), item.kind())
                && prefilter.may_match(item)
                && let Some(template) = PodTemplate::at(kind, item.value())
            {
                let named = in_pods.iter().flat_map(|pattern| pattern.matches(template.spec));
                let names: Vec<_> = named.filter_map(|found| found.value.as_str()).collect();
                names.into_iter().for_each(|name| secrets.note(item, name, Role::Uses));
            }
        }
        secrets
    }

    /// Notes the Secrets that a field names; the name of the object where it names none.
    fn note_named(&mut self, item: &Item, field: &Pattern, role: Role) {
        let named: Vec<_> = field.matches(item.value()).into_iter().filter_map(|found| found.value.as_str()).collect();
        let by_field = named.iter().filter(|name| !name.is_empty() && **name != item.name());
        by_field.for_each(|name| self.note(item, name, role));
        let is_its_own = role == Role::Makes && (named.is_empty() || named.contains(&item.name()));
        if is_its_own {
            // Under kustomize references still hold the names from before.
            item.names().iter().for_each(|name| self.note(item, name, role));
        }
    }

    fn note_certificate(&mut self, item: &Item) {
        let spec = &item.value()["spec"];
        // ingress-shim and this function call a Certificate like its Secret.
        self.note(item, item.name(), Role::Makes);
        let Some(secret) = spec["secretName"].as_str() else { return };
        for host in spec["dnsNames"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let key = (item.namespace_name().to_owned(), host.to_ascii_lowercase());
            self.certificates.entry(key).or_insert_with(|| (secret.to_owned(), item.id()));
        }
    }

    fn note(&mut self, item: &Item, name: &str, role: Role) {
        let key = (item.namespace_name().to_owned(), name.to_owned());
        let owner = Owner { id: item.id(), role };
        let known = self.owners.entry(key).or_insert(owner);
        if role < known.role {
            *known = owner;
        }
    }

    /// Who has to do with a Secret: who makes it, if that is known.
    pub(crate) fn owner(&self, namespace: Option<&str>, name: &str) -> Option<&Owner> {
        self.owners.get(&(namespace_name(namespace).to_owned(), name.to_owned()))
    }

    /// Whether something in the build makes a Secret.
    pub(crate) fn is_made(&self, namespace: Option<&str>, name: &str) -> bool {
        self.owner(namespace, name).is_some_and(|owner| owner.role == Role::Makes)
    }

    /// The Secret of a Certificate of the build for a host, and that Certificate.
    pub(crate) fn certificate(&self, namespace: Option<&str>, host: &str) -> Option<(&str, ItemId)> {
        let found = self.certificates.get(&(namespace_name(namespace).to_owned(), host.to_owned()))?;
        Some((found.0.as_str(), found.1))
    }
}
