//! The ids by which Traefik holds things.
//!
//! Source: traefik `pkg/provider/kubernetes/crd/kubernetes_http.go` (`makeID`, `fullServiceName`, `buildServicesLB`),
//! `pkg/provider/kubernetes/ingress/kubernetes.go` (`loadConfigurationFromIngresses`).

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::exposure::fold_all;
use crate::objects::Object;
use crate::target_keys::{Claim, Hand, Key, Settings, Store, WayOut};

const GROUP: &str = "traefik.io";

/// Kinds that Traefik holds by an id of namespace and name, one store a kind.
const BY_ID: [&str; 4] = ["Middleware", "MiddlewareTCP", "ServersTransport", "ServersTransportTCP"];

/// Where a TraefikService names Services that are held by an id of namespace, name and port.
const MEMBERS: [&str; 6] = [
    "/spec/weighted/services",
    "/spec/highestRandomWeight/services",
    "/spec/mirroring/mirrors",
    "/spec/mirroring",
    "/spec/failover/service",
    "/spec/failover/fallback",
];

/// What of a Service in a list tells which it is and how much it gets, and is no setting of it.
const NO_SETTINGS: [&str; 5] = ["kind", "namespace", "name", "port", "weight"];

/// Whether Traefik holds something of objects of this kind.
pub(super) fn concerns(group: &str, kind: &str) -> bool {
    match group {
        GROUP => BY_ID.contains(&kind) || matches!(kind, "IngressRoute" | "TraefikService"),
        "networking.k8s.io" => kind == "Ingress",
        _ => false,
    }
}

/// What Traefik holds of these objects, if it serves Ingresses of this class.
pub(super) fn claims<'b>(class: &str, hand: &Hand<'b>) -> Vec<Claim<'b>> {
    hand.objects().iter().flat_map(|object| of_object(class, hand, object)).collect()
}

fn of_object<'b>(class: &str, hand: &Hand<'b>, object: &Object<'b>) -> Vec<Claim<'b>> {
    match (object.group, object.kind) {
        (GROUP, "IngressRoute") => of_routes(hand, object),
        (GROUP, "TraefikService") => {
            let members = MEMBERS.iter().filter_map(|pointer| object.value.pointer(pointer));
            let members = members.flat_map(|found| found.as_array().map_or(std::slice::from_ref(found), Vec::as_slice));
            let own = by_id(object, Store::WeightedServices);
            std::iter::once(own).chain(members.filter_map(|member| of_member(hand, object, member))).collect()
        }
        (GROUP, kind) => {
            BY_ID.iter().filter(|known| **known == kind).map(|kind| by_id(object, Store::Ids(kind))).collect()
        }
        _ if is_of_class(object, class) => of_ingress(object),
        _ => Vec::new(),
    }
}

/// The key that Traefik makes of a namespace and the parts of a name. A namespace that is not known is one of its own.
fn key<'b>(store: Store, namespace: Option<&str>, name: &[&str]) -> Key<'b> {
    let id = match namespace {
        Some(namespace) => fold_all(&[&[namespace, "-"], name].concat()),
        None => format!("?-{}", fold_all(name)),
    };
    Key::Id(store, id)
}

fn by_id<'b>(object: &Object<'b>, store: Store) -> Claim<'b> {
    Claim {
        key: key(store, object.namespace, &[object.name]),
        settings: Settings::Fields(Cow::Borrowed(&object.value["spec"])),
        item: object.item,
        what: (object.kind, object.name),
        way_out: WayOut::OwnNames,
    }
}

/// The Services of routes that have several. A lone one is held by an id of the IngressRoute and its rule.
fn of_routes<'b>(hand: &Hand<'b>, object: &Object<'b>) -> Vec<Claim<'b>> {
    let routes = object.value["spec"]["routes"].as_array().into_iter().flatten();
    let services = routes.filter_map(|route| route["services"].as_array()).filter(|services| services.len() > 1);
    services.flatten().filter_map(|service| of_member(hand, object, service)).collect()
}

fn of_member<'b>(hand: &Hand<'b>, object: &Object<'b>, service: &'b Value) -> Option<Claim<'b>> {
    let name = service["name"].as_str().filter(|name| !name.contains('@'))?;
    if !matches!(service["kind"].as_str(), None | Some("Service")) {
        return None;
    }
    let namespace = service["namespace"].as_str().or(object.namespace);
    let port = service["port"].as_str().map_or_else(|| service["port"].to_string(), str::to_owned);
    let mut settings = service.clone();
    if let Some(settings) = settings.as_object_mut() {
        settings.retain(|key, _| !NO_SETTINGS.contains(&key.as_str()));
        settings.insert("service".to_owned(), json!([namespace, name]));
        if let Some(transport) = settings.get_mut("serversTransport") {
            *transport = content(hand, object, transport);
        }
    }
    Some(Claim {
        key: key(Store::WeightedServices, namespace, &[name, "-", &port]),
        settings: Settings::Fields(Cow::Owned(settings)),
        item: object.item,
        what: ("the Service", name),
        way_out: WayOut::OwnServices,
    })
}

/// What a ServersTransport holds, with the CA certificates that it names. One that comes from elsewhere is its name.
fn content(hand: &Hand<'_>, object: &Object<'_>, transport: &Value) -> Value {
    let referent = |kind: &str, name: &Value| hand.referent(object, kind, name.as_str().unwrap_or_default());
    let Some(found) = referent("ServersTransport", transport) else { return transport.clone() };
    let mut content = found.value["spec"].clone();
    for authority in content["rootCAs"].as_array_mut().into_iter().flatten() {
        let data = referent("ConfigMap", &authority["configMap"]).map(|holder| holder.value["data"].clone());
        *authority = data.unwrap_or_else(|| authority.clone());
    }
    content
}

/// Whether an Ingress is Traefik's to serve; one that names no class is.
fn is_of_class(object: &Object<'_>, class: &str) -> bool {
    let named = object.value["spec"]["ingressClassName"].as_str();
    named.or_else(|| object.annotation("kubernetes.io/ingress.class")).is_none_or(|named| named == class)
}

fn of_ingress<'b>(object: &Object<'b>) -> Vec<Claim<'b>> {
    let rules = object.value["spec"]["rules"].as_array().into_iter().flatten();
    let paths = rules.flat_map(|rule| {
        let paths = rule["http"]["paths"].as_array().into_iter().flatten();
        paths.map(|path| (rule["host"].as_str().unwrap_or_default(), path))
    });
    paths
        .flat_map(|(host, path)| [Some(router(object, host, path)), backend(object, path)].into_iter().flatten())
        .collect()
}

/// The router of a path. Those of one Ingress are told apart by Traefik.
fn router<'b>(object: &Object<'b>, host: &str, path: &Value) -> Claim<'b> {
    let path = path["path"].as_str().unwrap_or_default();
    Claim {
        key: key(Store::IngressRouters, object.namespace, &[object.name, "-", host, path]),
        settings: Settings::Named(object.namespace, object.name),
        item: object.item,
        what: ("a router of Ingress", object.name),
        way_out: WayOut::OwnRouter,
    }
}

/// The Service of a path: the first Ingress decides whose pods answer.
fn backend<'b>(object: &Object<'b>, path: &'b Value) -> Option<Claim<'b>> {
    let service = &path["backend"]["service"];
    let name = service["name"].as_str()?;
    let port = &service["port"];
    let port = match &port["name"] {
        Value::String(name) => Cow::Borrowed(name.as_str()),
        _ => Cow::Owned(port["number"].to_string()),
    };
    Some(Claim {
        key: key(Store::IngressServices, object.namespace, &[name, "-", &port]),
        settings: Settings::Named(object.namespace, name),
        item: object.item,
        what: ("an Ingress to the Service", name),
        way_out: WayOut::OwnRouter,
    })
}
