//! What a Route asks for, with host, ports and certificates worked out, in no controller's language.

use std::collections::BTreeMap;

use krm::resource_list::Item;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::annotations::stays_behind;
use crate::config::BackendCa;
use crate::hosts::Host;
use crate::order::Order;
use crate::origin::Origin;
use crate::route::InsecurePolicy;
use crate::settings::Setting;

/// A Route, understood.
#[derive(Debug)]
pub(crate) struct Exposure<'r> {
    /// The Route, or the Ingress that OpenShift makes it of.
    pub(crate) route: &'r Item,
    /// The place of the options by which it is served.
    pub(crate) options: usize,
    /// Where its fields are written.
    pub(crate) origin: Origin,
    /// The name of what it becomes.
    pub(crate) name: String,
    /// The namespace, if it is known: that of the Route, or the configured one.
    pub(crate) namespace: Option<String>,
    pub(crate) host: Host,
    pub(crate) path: Path,
    pub(crate) termination: Termination,
    /// The Services that get requests; at least one.
    pub(crate) backends: Vec<Backend>,
    /// How backends are reached by TLS, if they are.
    pub(crate) backend_tls: Option<BackendTls>,
    pub(crate) settings: Vec<Setting>,
    pub(crate) apart: Apart,
}

/// How a Route is told apart from others that the controller would take it for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Apart {
    /// What is made for it has names with a hash.
    pub(crate) names: bool,
    /// Traefik gets an IngressRoute, as it would mix up an Ingress of it with another one.
    pub(crate) router: bool,
    /// It has Services of its own, as the controller holds settings by Service.
    pub(crate) services: bool,
}

impl Backend {
    /// The name of the Service that requests go to.
    pub(crate) fn reference(&self) -> &str {
        self.own_service.as_deref().unwrap_or(&self.service)
    }
}

/// The paths that a Route serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
    /// Every path.
    All,
    /// `/foo` itself and what is below it, but not `/foobar`.
    At(String),
    /// Only what is below: `/foo/`, with its slash.
    Below(String),
}

impl Path {
    /// The paths that `spec.path` of a Route means.
    pub(crate) fn of(path: Option<&str>) -> Self {
        match path.unwrap_or_default() {
            "" | "/" => Self::All,
            path if path.ends_with('/') => Self::Below(path.to_owned()),
            path => Self::At(path.to_owned()),
        }
    }

    /// The path as the Route writes it.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::All => "/",
            Self::At(path) | Self::Below(path) => path,
        }
    }
}

/// Where TLS from clients ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Termination {
    /// There is none.
    Plain,
    /// At the controller.
    Edge { insecure: InsecurePolicy, certificate: Certificate },
    /// At the pod.
    Passthrough { redirect: bool },
}

/// The certificate that clients see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// cert-manager issues it into this Secret. Of several Routes for a host only one orders it.
    Issued {
        secret: String,
        /// Whether people named the Secret.
        is_fixed: bool,
        order: Option<Box<Order>>,
    },
    /// It is in this Secret.
    Secret(String),
    /// The controller's own, as OpenShift serves its wildcard certificate, or the one that it has for the host.
    Default,
}

impl Certificate {
    /// The Secret with the certificate, if there is one.
    pub(crate) fn secret(&self) -> Option<&str> {
        match self {
            Self::Issued { secret, .. } | Self::Secret(secret) => Some(secret),
            Self::Default => None,
        }
    }

    /// What is asked of cert-manager, where this Route is the one to ask.
    pub(crate) fn order(&self) -> Option<&Order> {
        match self {
            Self::Issued { order, .. } => order.as_deref(),
            Self::Secret(_) | Self::Default => None,
        }
    }
}

/// A Service that gets requests.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) service: String,
    /// The Service for the same pods that only this Route uses, if it needs one.
    pub(crate) own_service: Option<String>,
    pub(crate) port: BackendPort,
    /// Its share relative to the others; positive.
    pub(crate) weight: u16,
}

/// The port of a Service that gets requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BackendPort {
    /// The `name` of the Service port.
    pub(crate) name: Option<String>,
    /// Its `port`. Missing only when the Service is not in the build and the Route names the port.
    pub(crate) number: Option<u16>,
    /// Its `appProtocol`.
    pub(crate) app_protocol: Option<String>,
}

impl BackendPort {
    /// Whether the router of OpenShift speaks HTTP/2 without TLS to it.
    pub(crate) fn speaks_h2c(&self) -> bool {
        matches!(self.app_protocol.as_deref(), Some("h2c" | "kubernetes.io/h2c"))
    }
}

/// How backends are trusted.
#[derive(Debug)]
pub(crate) struct BackendTls {
    pub(crate) trust: Trust,
    /// The field of the Route that states it.
    pub(crate) field: &'static str,
}

/// Whom to believe that it is the backend.
#[derive(Debug)]
pub(crate) enum Trust {
    /// The CA certificate written into the Route, in PEM.
    Written(String),
    /// The CA certificate under `ca.crt` of this object.
    Ca(BackendCa),
    /// Anybody.
    Anybody,
}

impl Exposure<'_> {
    /// The name that objects made for this Route start with. Traefik joins names by dashes and folds everything else,
    /// so neither dots nor double dashes may be in it.
    pub(crate) fn base_name(&self) -> String {
        let name = fold(&self.name);
        if self.apart.names { format!("{name}-{}", self.hash("")) } else { name }
    }

    /// A few digits that no other namespace and name lead to, nor this Route together with something else.
    pub(crate) fn hash(&self, of: &str) -> String {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        let digest = Sha256::digest(format!("{namespace}/{}/{of}", self.name));
        digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Metadata for an object made for this Route: its labels, and what people annotated it with.
    fn metadata(&self, name: &str, annotations: &[(&str, String)]) -> Value {
        let labels = self.route.field(&["metadata", "labels"]);
        let labels = labels.as_object().into_iter().flatten();
        let labels = labels.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
        let kept = self.route.user_annotations().into_iter().filter(|(key, _)| !stays_behind(key));
        let kept = kept.filter_map(|(key, text)| Some((key, text?)));
        let annotations = kept.chain(annotations.iter().map(|(key, value)| (*key, value.as_str())));
        let annotations: BTreeMap<_, _> = annotations.collect();
        let labels: BTreeMap<_, _> = labels.collect();
        let texts = [("annotations", annotations), ("labels", labels)].into_iter().filter(|(_, map)| !map.is_empty());
        let texts = texts.map(|(field, map)| (field, Value::from_iter(map)));
        // Where the Route leaves it to something later, so must what it becomes, as what is beside it does.
        let namespace = self.route.namespace().map(|namespace| ("namespace", namespace.into()));
        texts.chain([("name", name.into())]).chain(namespace).collect()
    }

    /// A custom resource made for this Route.
    pub(crate) fn object(&self, api_version: &str, kind: &str, name: &str, spec: Value) -> Value {
        self.annotated(api_version, kind, (name, &[]), spec)
    }

    /// An object made for this Route, with a name and annotations of its own.
    pub(crate) fn annotated(
        &self,
        api_version: &str,
        kind: &str,
        (name, annotations): (&str, &[(&str, String)]),
        spec: Value,
    ) -> Value {
        let metadata = self.metadata(name, annotations);
        Value::from_iter([
            ("apiVersion", api_version.into()),
            ("kind", kind.into()),
            ("metadata", metadata),
            ("spec", spec),
        ])
    }

    /// A ConfigMap or Secret with the CA certificate of the backends, under `ca.crt` of its field.
    pub(crate) fn authority(&self, kind: &str, field: &str, name: &str, pem: &str) -> Value {
        let mut object = self.object("v1", kind, name, Value::Null);
        if let Value::Object(object) = &mut object {
            object.shift_remove("spec");
            object.insert(field.to_owned(), json!({"ca.crt": pem}));
        }
        object
    }
}

/// Text as Traefik folds it in ids: letters, digits and single dashes between them.
///
/// Source: `Normalize` in traefik `pkg/provider/configuration.go`.
pub(crate) fn fold(text: &str) -> String {
    fold_all(&[text])
}

/// Texts, one right behind the other, as Traefik folds them in ids.
pub(crate) fn fold_all(texts: &[&str]) -> String {
    let mut folded = String::with_capacity(texts.iter().map(|text| text.len()).sum());
    let mut ends_word = false;
    for text in texts {
        for (index, word) in text.split(|character: char| !character.is_alphanumeric()).enumerate() {
            ends_word |= index > 0 && !folded.is_empty();
            if !word.is_empty() && std::mem::take(&mut ends_word) {
                folded.push('-');
            }
            folded.push_str(word);
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fold_to_words_and_single_dashes() {
        for (texts, expected) in [
            (&["a-b", "-", "c"][..], "a-b-c"),
            (&["--a.b", "", "c__", "/d/"], "a-bc-d"),
            (&["é1", "\u{2013}", "2"], "é1-2"),
            (&["-", "."], ""),
        ] {
            assert_eq!(fold_all(texts), expected);
            assert_eq!(fold(&texts.concat()), expected);
        }
    }
}
