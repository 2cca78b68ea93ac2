//! What a Gateway of Traefik holds once: how the port of a Service is reached, and TLSRoutes by an id.
//!
//! Source: Gateway API `BackendTLSPolicy` (`targetRefs[].sectionName`); traefik `pkg/provider/kubernetes/gateway/httproute.go`
//! (`loadHTTPServers`), `tlsroute.go` (`loadTLSRoute`, whose ids hold no rule).

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Value, json};

use crate::exposure::fold_all;
use crate::objects::Object;
use crate::target_keys::{Claim, Hand, Key, ServicePorts, Settings, Store, WayOut};

pub(super) const GROUP: &str = "gateway.networking.k8s.io";
const ROUTES: [&str; 3] = ["HTTPRoute", "GRPCRoute", "TLSRoute"];
const POLICY: &str = "BackendTLSPolicy";

/// Whether a Gateway holds something of objects of this kind.
pub(super) fn concerns(group: &str, kind: &str) -> bool {
    group == GROUP && (kind == POLICY || ROUTES.contains(&kind))
}

/// What a Gateway holds of these objects. Routes to a Service that none of the policies among them is about speak no TLS.
pub(super) fn claims<'b>(hand: &Hand<'b>, ports: &ServicePorts<'_>) -> Vec<Claim<'b>> {
    let mut claims = Vec::new();
    let mut with_tls = HashSet::new();
    for policy in hand.objects().iter().filter(|object| object.is(GROUP, POLICY)) {
        let validation = validation(hand, policy);
        for target in policy.value["spec"]["targetRefs"].as_array().into_iter().flatten() {
            let service = target["name"].as_str().unwrap_or_default();
            with_tls.insert((policy.namespace, service));
            let covered = covered(ports, policy, service, target["sectionName"].as_str());
            claims.extend(
                covered.into_iter().map(|port| backend(policy, (policy.namespace, service), &port, &validation)),
            );
        }
    }
    for route in hand.objects().iter().filter(|object| object.group == GROUP && ROUTES.contains(&object.kind)) {
        claims.extend((route.kind == "TLSRoute").then(|| router(route)));
        let backends = backends(route).filter(|(namespace, service, _)| !with_tls.contains(&(*namespace, *service)));
        claims.extend(backends.map(|(namespace, service, number)| {
            let port = port(ports, namespace, service, number);
            backend(route, (namespace, service), &port, &Value::Null)
        }));
    }
    claims
}

/// The ports that a policy is about. Those of a Service that the build does not have are all one.
fn covered(ports: &ServicePorts<'_>, policy: &Object<'_>, service: &str, section: Option<&str>) -> Vec<String> {
    let all = ports.of(policy.namespace, service);
    let named = all.iter().filter(|port| section.is_none() || port.name.as_deref() == section);
    let numbers: Vec<_> = named.map(|port| port.number.to_string()).collect();
    if all.is_empty() { vec![String::new()] } else { numbers }
}

fn port(ports: &ServicePorts<'_>, namespace: Option<&str>, service: &str, number: u64) -> String {
    if ports.of(namespace, service).is_empty() { String::new() } else { number.to_string() }
}

/// The Services that a route leads to, with namespace and port.
fn backends<'b>(route: &Object<'b>) -> impl Iterator<Item = (Option<&'b str>, &'b str, u64)> {
    let namespace = route.namespace;
    let rules = route.value["spec"]["rules"].as_array().into_iter().flatten();
    let references = rules.flat_map(|rule| rule["backendRefs"].as_array().into_iter().flatten());
    let services = references.filter(|reference| matches!(reference["kind"].as_str(), None | Some("Service")));
    services.filter_map(move |reference| {
        let namespace = reference["namespace"].as_str().or(namespace);
        Some((namespace, reference["name"].as_str()?, reference["port"].as_u64()?))
    })
}

/// What a policy demands, with the CA certificates that it names.
fn validation(hand: &Hand<'_>, policy: &Object<'_>) -> Value {
    let mut validation = policy.value["spec"]["validation"].clone();
    for authority in validation["caCertificateRefs"].as_array_mut().into_iter().flatten() {
        let (kind, name) = (authority["kind"].as_str().unwrap_or_default(), authority["name"].as_str());
        if let Some(holder) = name.and_then(|name| hand.referent(policy, kind, name)) {
            *authority = holder.value["data"].clone();
        }
    }
    validation
}

fn backend<'b>(
    object: &Object<'b>,
    (namespace, service): (Option<&str>, &'b str),
    port: &str,
    tls: &Value,
) -> Claim<'b> {
    Claim {
        key: Key::Id(Store::GatewayBackends, format!("{}/{service}/{port}", namespace.unwrap_or_default())),
        settings: Settings::Fields(Cow::Owned(json!({"TLS": tls}))),
        item: object.item,
        what: ("a port of the Service", service),
        way_out: if tls.is_null() { WayOut::None } else { WayOut::OwnServices },
    }
}

fn router<'b>(route: &Object<'b>) -> Claim<'b> {
    Claim {
        key: Key::Id(Store::Ids("TLSRoute"), fold_all(&[route.namespace.unwrap_or("?"), "-", route.name])),
        settings: Settings::Fields(Cow::Borrowed(&route.value["spec"])),
        item: route.item,
        what: ("TLSRoute", route.name),
        way_out: WayOut::OwnNames,
    }
}
