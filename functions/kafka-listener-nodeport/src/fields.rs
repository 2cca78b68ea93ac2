//! Which fields of a listener a type has, and what of an OpenShift listener must go.
//!
//! Source: Strimzi `cluster-operator/.../model/ListenersValidator.java`. A field that the type does not have makes
//! Strimzi refuse the whole Kafka.

use krm::finding::{Finding, Findings, ObjectReference};
use serde_json::{Map, Value, json};

use crate::config::{ListenerType, Provider, Spec};
use crate::listener::Listener;
use crate::strimzi::{self, Version};

/// Fields of `configuration` that the types refuse, or that mean something else to them than to an Ingress.
const REFUSED: [(ListenerType, &[&str]); 3] = [
    (
        ListenerType::Nodeport,
        &[
            "hostTemplate",
            "class",
            "loadBalancerSourceRanges",
            "finalizers",
            "allocateLoadBalancerNodePorts",
            "createBootstrapService",
            "useServiceDnsDomain",
            "parentRefs",
        ],
    ),
    (
        ListenerType::Loadbalancer,
        &["hostTemplate", "class", "preferredNodePortAddressType", "useServiceDnsDomain", "parentRefs"],
    ),
    (
        ListenerType::ClusterIp,
        &[
            "hostTemplate",
            "class",
            "externalTrafficPolicy",
            "loadBalancerSourceRanges",
            "finalizers",
            "allocateLoadBalancerNodePorts",
            "createBootstrapService",
            "preferredNodePortAddressType",
            "parentRefs",
        ],
    ),
];

/// Fields of `bootstrap` and of `brokers[]` that the types refuse.
const REFUSED_OF_ENTRIES: [(ListenerType, &[&str]); 3] = [
    (ListenerType::Nodeport, &["host", "loadBalancerIP"]),
    (ListenerType::Loadbalancer, &["host", "externalIPs"]),
    (ListenerType::ClusterIp, &["host", "nodePort", "loadBalancerIP", "externalIPs"]),
];

/// Annotations that speak to OpenShift routers, to ingress-nginx or to controllers of Routes, by prefix. On a Service
/// they do nothing.
const DEAD_ANNOTATIONS: [&str; 7] = [
    "haproxy.router.openshift.io/",
    "route.openshift.io/",
    "openshift.io/host.generated",
    "kubernetes.io/tls-acme",
    "cert-utils-operator.redhat-cop.io/",
    "nginx.ingress.kubernetes.io/",
    "kubernetes.io/ingress.class",
];

/// Labels by which peers of a network policy meant the namespace of the OpenShift router.
const ROUTER_LABELS: [(&str, &[&str]); 3] = [
    ("network.openshift.io/policy-group", &["ingress"]),
    ("policy-group.network.openshift.io/ingress", &["", "true"]),
    ("kubernetes.io/metadata.name", &["openshift-ingress"]),
];

/// The port of every Route.
const ROUTE_PORT: u64 = 443;

/// Takes out of a listener what its new type does not have and what only Routes and Ingresses understand.
pub(crate) fn strip(value: &mut Value, new_type: ListenerType) {
    value["type"] = json!(new_type.name());
    let Some(configuration) = value.get_mut("configuration").and_then(Value::as_object_mut) else { return };
    // Null is what a field has that is not there; whoever adds to a field must not find it.
    configuration.retain(|_, value| !value.is_null());
    for field in refused(&REFUSED, new_type) {
        configuration.shift_remove(*field);
    }
    if new_type != ListenerType::ClusterIp {
        if configuration.get("advertisedPortTemplate").is_some_and(is_route_port) {
            configuration.shift_remove("advertisedPortTemplate");
        }
        for entry in entries_mut(configuration) {
            if entry.get("advertisedPort").is_some_and(is_route_port) {
                entry.shift_remove("advertisedPort");
            }
        }
    }
    for entry in entries_mut(configuration) {
        entry.retain(|_, value| !value.is_null());
        for field in refused(&REFUSED_OF_ENTRIES, new_type) {
            entry.shift_remove(*field);
        }
        strip_annotations(entry, "annotations");
    }
    strip_annotations(configuration, "perBrokerAnnotationsTemplate");
}

/// Whether an advertised port is that of Routes, as a number or, in a template, as text.
fn is_route_port(port: &Value) -> bool {
    *port == ROUTE_PORT || port.as_str() == Some("443")
}

/// Takes away what stripping left without content.
pub(crate) fn prune(value: &mut Value) {
    let Some(configuration) = value.get_mut("configuration").and_then(Value::as_object_mut) else { return };
    if is_empty_mapping(configuration.get("bootstrap")) {
        configuration.shift_remove("bootstrap");
    }
    if let Some(entries) = configuration.get_mut("brokers").and_then(Value::as_array_mut) {
        entries.retain(|entry| entry.as_object().is_none_or(|entry| entry.keys().any(|key| key != "broker")));
        if entries.is_empty() {
            configuration.shift_remove("brokers");
        }
    }
    if configuration.is_empty() {
        value.as_object_mut().map(|listener| listener.shift_remove("configuration"));
    }
}

fn is_empty_mapping(value: Option<&Value>) -> bool {
    value.and_then(Value::as_object).is_some_and(Map::is_empty)
}

fn refused<'t>(table: &'t [(ListenerType, &[&'static str])], new_type: ListenerType) -> &'t [&'static str] {
    table.iter().find(|(listener_type, _)| *listener_type == new_type).map_or(&[], |(_, fields)| fields)
}

/// `bootstrap` and the items of `brokers`.
fn entries_mut(configuration: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let entries = configuration.iter_mut().filter_map(|(key, value)| match (key.as_str(), value) {
        ("bootstrap", entry) => Some(std::slice::from_mut(entry)),
        ("brokers", Value::Array(entries)) => Some(entries.as_mut_slice()),
        _ => None,
    });
    entries.flatten().filter_map(Value::as_object_mut)
}

fn strip_annotations(parent: &mut Map<String, Value>, key: &str) {
    let Some(annotations) = parent.get_mut(key).and_then(Value::as_object_mut) else { return };
    let count = annotations.len();
    annotations.retain(|annotation, _| !DEAD_ANNOTATIONS.iter().any(|dead| annotation.starts_with(dead)));
    if annotations.is_empty() && count > 0 {
        parent.shift_remove(key);
    }
}

/// Reports what stays in a listener and does not do what it did.
pub(crate) fn report_kept(listener: &Listener, spec: &Spec, kafka: &ObjectReference, findings: &mut Findings) {
    let value = &listener.value;
    let configuration = &value["configuration"];
    let mut say = |finding: Finding, field: &str| findings.push(finding.on(kafka.clone()).at(listener.path_to(field)));
    let bootstrap = std::iter::once(("configuration.bootstrap".to_owned(), &configuration["bootstrap"]));
    let brokers = crate::listener::entries(value).enumerate();
    let brokers = brokers.map(|(index, entry)| (format!("configuration.brokers[{index}]"), entry));
    for (path, entry) in bootstrap.chain(brokers) {
        if entry["labels"].is_object() {
            let message = "were on a Route, where routers choose by them, and are on a Service now; take out those of \
                           router shards";
            say(Finding::info(message), &format!("{path}.labels"));
        }
        report_port(listener, &format!("{path}.advertisedPort"), &entry["advertisedPort"], &mut say);
    }
    report_port(listener, "configuration.advertisedPortTemplate", &configuration["advertisedPortTemplate"], &mut say);
    if value["tls"] != true {
        let message = "Strimzi refuses a listener like this without TLS, and its new type accepts it: clients would talk \
                       in plain text over the network; set it to `true` unless that is wanted";
        say(Finding::warning(message), "tls");
    }
    if listener.new_type == ListenerType::Loadbalancer && spec.load_balancer.provider == Provider::Hetzner {
        for field in ["loadBalancerSourceRanges", "allocateLoadBalancerNodePorts"] {
            if !configuration[field].is_null() {
                let message = match field {
                    "loadBalancerSourceRanges" => {
                        "the Hetzner cloud controller does not look at it, so everyone can connect; \
                                                   use a firewall"
                    }
                    _ => "the Hetzner load balancer reaches brokers by node ports only, so `false` goes",
                };
                say(Finding::warning(message), &format!("configuration.{field}"));
            }
        }
    }
}

/// Reports a port that clients are sent to although the listener is on another.
fn report_port(listener: &Listener, field: &str, port: &Value, say: &mut impl FnMut(Finding, &str)) {
    if listener.new_type != ListenerType::ClusterIp && !port.is_null() && !is_route_port(port) {
        let port_text = port.as_str().map_or_else(|| port.to_string(), str::to_owned);
        let message = format!(
            "clients are sent to port `{port_text}`, not to that of the new listener; take it out unless something forwards it"
        );
        say(Finding::warning(message).current(port.clone()), field);
    }
}

/// Reports fields of a listener that the Strimzi of the target does not have: its CRD drops them in silence.
pub(crate) fn report_unknown(
    listener: &Listener,
    new: &Value,
    target: Version,
    kafka: &ObjectReference,
    findings: &mut Findings,
) {
    let configuration = &new["configuration"];
    let bootstrap = std::iter::once(("configuration.bootstrap".to_owned(), &configuration["bootstrap"]));
    let brokers = crate::listener::entries(new).enumerate();
    let entries = bootstrap.chain(brokers.map(|(index, entry)| (format!("configuration.brokers[{index}]"), entry)));
    let of_entries = entries.flat_map(|(path, entry)| {
        entry
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .filter_map(move |field| Some((format!("{path}.{field}"), strimzi::entry_field_since(field)?)))
    });
    let of_configuration = configuration
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .filter_map(|field| Some((format!("configuration.{field}"), strimzi::field_since(field)?)));
    for (path, since) in of_configuration.chain(of_entries).filter(|(_, since)| *since > target) {
        let message = format!(
            "Strimzi {target} does not have it and would drop it in silence: it came with {since}; take it out, or use that release"
        );
        findings.push(Finding::warning(message).on(kafka.clone()).at(listener.path_to(&path)));
    }
}

/// Rewrites the peers that meant the OpenShift router, so that clients of the new listener come through.
pub(crate) fn rewrite_peers(
    listener: &Listener,
    value: &mut Value,
    spec: &Spec,
    kafka: &ObjectReference,
    findings: &mut Findings,
) {
    let Some(peers) = value["networkPolicyPeers"].as_array().filter(|peers| !peers.is_empty()) else { return };
    let kept: Vec<Value> = peers.iter().filter(|peer| !is_router(peer)).cloned().collect();
    let has_router = kept.len() < peers.len();
    let path = listener.path_to("networkPolicyPeers");
    if listener.new_type == ListenerType::ClusterIp {
        if has_router {
            let traefik = json!({
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": spec.traefik.namespace}},
                "podSelector": {"matchLabels": {"app.kubernetes.io/name": "traefik"}},
            });
            value["networkPolicyPeers"] = kept.into_iter().chain([traefik]).collect();
        }
        return;
    }
    let lets_addresses_in = kept.iter().any(|peer| peer["ipBlock"].is_object());
    if !has_router {
        if !lets_addresses_in {
            let message = "clients from outside come by way of a node and match no selector, so they stay out; add an `ipBlock` \
                           of the node and pod networks";
            findings.push(Finding::warning(message).on(kafka.clone()).at(path));
        }
        return;
    }
    let blocks: Vec<Value> = spec.client_cidrs.iter().map(|cidr| json!({"ipBlock": {"cidr": cidr}})).collect();
    match (kept.is_empty(), blocks.is_empty()) {
        (true, true) => {
            value.as_object_mut().map(|listener| listener.shift_remove("networkPolicyPeers"));
            let message = "let in the OpenShift router alone, and without it every pod and address may connect, as all \
                           clients of the router could; `clientCidrs` limits them";
            findings.push(Finding::warning(message).on(kafka.clone()).at(path));
        }
        (false, true) if !lets_addresses_in => {
            let message = "lets in the OpenShift router and some pods; clients from outside come by way of a node now and would \
                           stay out: give the node and pod networks as `clientCidrs`";
            findings.push(Finding::error(message).on(kafka.clone()).at(path));
        }
        _ => value["networkPolicyPeers"] = kept.into_iter().chain(blocks).collect(),
    }
}

fn is_router(peer: &Value) -> bool {
    let selector = &peer["namespaceSelector"];
    let of_labels = selector["matchLabels"].as_object().into_iter().flatten();
    let of_labels = of_labels.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    let of_expressions = selector["matchExpressions"].as_array().into_iter().flatten().flat_map(|expression| {
        let key = expression["key"].as_str().unwrap_or_default();
        expression["values"].as_array().into_iter().flatten().filter_map(move |value| Some((key, value.as_str()?)))
    });
    of_labels
        .chain(of_expressions)
        .any(|(key, value)| ROUTER_LABELS.iter().any(|(label, values)| *label == key && values.contains(&value)))
}
