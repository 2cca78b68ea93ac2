//! What haproxy-ingress holds once for all Ingresses of a Service, or of a host.
//!
//! Source: haproxy-ingress `docs/content/en/docs/configuration/keys.md` (Scope), `pkg/converters/ingress/ingress.go`
//! (`addBackend`): a backend is a Service and a port of its pods.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use krm::table::rows;
use manifests::services::PortReference;
use serde_json::{Value, json};

use super::annotations::PREFIX;
use crate::objects::Object;
use crate::target_keys::{Claim, Hand, Key, ServicePorts, Settings, Store, WayOut};

/// The other prefix that haproxy-ingress reads.
const FORMER_PREFIX: &str = "ingress.kubernetes.io/";
const AUTHORITY: &str = "secure-verify-ca-secret";
/// A key of the host, which also makes the backend one of TCP.
const PASSTHROUGH: &str = "ssl-passthrough";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Backend,
    Host,
}

/// The keys that an Ingress shares with others, with what they hold for.
static SHARED: LazyLock<HashMap<&str, Scope>> = LazyLock::new(|| {
    let table = rows::<2>(include_str!("../../../data/haproxy-ingress-keys.tsv"));
    table.map(|[key, scope]| (key, if scope == "Host" { Scope::Host } else { Scope::Backend })).collect()
});

/// What haproxy-ingress holds of these objects, if it serves Ingresses of this class.
pub(super) fn claims<'b>(class: &str, hand: &Hand<'b>, ports: &ServicePorts<'_>) -> Vec<Claim<'b>> {
    let ingresses = hand.objects().iter().filter(|object| object.is("networking.k8s.io", "Ingress"));
    let ingresses = ingresses.filter(|object| {
        let named = object.value["spec"]["ingressClassName"].as_str();
        named.or_else(|| object.annotation("kubernetes.io/ingress.class")) == Some(class)
    });
    ingresses.flat_map(|object| of_ingress(object, hand, ports)).collect()
}

fn of_ingress<'b>(object: &Object<'b>, hand: &Hand<'b>, ports: &ServicePorts<'_>) -> Vec<Claim<'b>> {
    let (of_hosts, mut of_backends) = settings(object);
    if let Some(authority) = of_backends.get_mut(AUTHORITY) {
        let name = authority.as_str().unwrap_or_default();
        if let Some(secret) = hand.referent(object, "Secret", name) {
            *authority = secret.value["stringData"].clone();
        }
    }
    let mut claims = Vec::new();
    for rule in object.value["spec"]["rules"].as_array().into_iter().flatten() {
        let host = rule["host"].as_str().unwrap_or_default();
        claims.extend(of_hosts.iter().map(|(key, value)| of_host(object, host, key, value)));
        let paths = rule["http"]["paths"].as_array().into_iter().flatten();
        claims.extend(paths.filter_map(|path| of_backend(object, &path["backend"]["service"], &of_backends, ports)));
    }
    claims
}

type Annotations = BTreeMap<String, Value>;

/// The keys of an Ingress that hold for its hosts, and those that hold for its Services.
fn settings(object: &Object<'_>) -> (Annotations, Annotations) {
    let annotations = object.value["metadata"]["annotations"].as_object().into_iter().flatten();
    let keys = annotations.filter_map(|(annotation, value)| {
        let key = annotation.strip_prefix(PREFIX).or_else(|| annotation.strip_prefix(FORMER_PREFIX))?;
        Some((key.to_owned(), value.clone(), *SHARED.get(key)?))
    });
    let (mut of_hosts, mut of_backends) = (Annotations::new(), Annotations::new());
    for (key, value, scope) in keys {
        if scope == Scope::Backend || key == PASSTHROUGH {
            of_backends.insert(key.clone(), value.clone());
        }
        if scope == Scope::Host {
            of_hosts.insert(key, value);
        }
    }
    (of_hosts, of_backends)
}

fn of_host<'b>(object: &Object<'b>, host: &'b str, key: &str, value: &Value) -> Claim<'b> {
    Claim {
        key: Key::Id(Store::HaProxyHosts, format!("{host}/{key}")),
        settings: Settings::Fields(Cow::Owned(json!({key: value}))),
        item: object.item,
        what: ("the host", host),
        way_out: WayOut::None,
    }
}

fn of_backend<'b>(
    object: &Object<'b>,
    service: &'b Value,
    settings: &Annotations,
    ports: &ServicePorts<'_>,
) -> Option<Claim<'b>> {
    let name = service["name"].as_str()?;
    let number = service["port"]["number"].as_u64().and_then(|number| u16::try_from(number).ok());
    let reference = number.map_or_else(
        || PortReference::of_text(service["port"]["name"].as_str().unwrap_or_default()),
        PortReference::Number,
    );
    let known = ports.of(object.namespace, name).iter().find(|port| match &reference {
        PortReference::Number(number) => port.number == *number,
        PortReference::Name(name) => port.name.as_ref() == Some(name),
    });
    let target = known.map_or(&reference, |port| &port.target);
    Some(Claim {
        key: Key::Id(Store::HaProxyBackends, format!("{}/{name}/{target}", object.namespace.unwrap_or_default())),
        settings: Settings::Fields(Cow::Owned(
            settings.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        )),
        item: object.item,
        what: ("the Service", name),
        way_out: if settings.is_empty() { WayOut::None } else { WayOut::OwnServices },
    })
}
