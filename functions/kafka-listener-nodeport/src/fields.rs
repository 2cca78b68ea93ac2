//! What of an OpenShift listener must go or does something else in a new one.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use serde_json::{Map, Value, json};

use crate::config::{ListenerType, Provider};
use crate::listener::{ROUTE_PORT, all_entries};
use crate::listener_fields::{Parent, refused_by, since};
use crate::replacement::Replacement;
use crate::rule::Rule;
use crate::strimzi::Version;

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

/// Takes out of a listener what its new type does not have and what only Routes and Ingresses understand.
pub(crate) fn strip(value: &mut Value, new_type: ListenerType) {
    value["type"] = json!(new_type.name());
    let Some(configuration) = value.get_mut("configuration").and_then(Value::as_object_mut) else { return };
    // Null is what a field has that is not there; whoever adds to a field must not find it.
    configuration.retain(|_, value| !value.is_null());
    for field in refused_by(new_type, Parent::Configuration) {
        configuration.shift_remove(field);
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
        for field in refused_by(new_type, Parent::Entry) {
            entry.shift_remove(field);
        }
        strip_annotations(entry, "annotations");
    }
    strip_annotations(configuration, "perBrokerAnnotationsTemplate");
}

/// Whether an advertised port is that of Routes, as a number or, in a template, as text.
fn is_route_port(port: &Value) -> bool {
    *port == ROUTE_PORT || port.as_str().is_some_and(|port| port == ROUTE_PORT.to_string())
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
pub(crate) fn report_kept(replaced: &Replacement<'_>, findings: &mut Findings) {
    let value = &replaced.listener.value;
    for (path, entry) in all_entries(value) {
        if entry["labels"].is_object() {
            let message = "were on a Route, where routers choose by them, and are on a Service now; take out those of \
                           router shards";
            findings.push(replaced.on_field(path.clone().key("labels"), Rule::ListenerShardLabels, message));
        }
        findings.extend(other_port(replaced, path.key("advertisedPort"), &entry["advertisedPort"]));
    }
    let template = FieldPath::from("configuration.advertisedPortTemplate");
    findings.extend(other_port(replaced, template, &value["configuration"]["advertisedPortTemplate"]));
    if value["tls"] != true {
        let message = "Strimzi refuses a listener like this without TLS, and its new type accepts it: clients would talk \
                       in plain text over the network; set it to `true` unless that is wanted";
        findings.push(replaced.on_field("tls", Rule::PlainTextListener, message));
    }
    report_ignored(replaced, findings);
}

/// Fields that the Hetzner cloud controller does not look at.
const IGNORED: [(Rule, &str, &str); 2] = [
    (
        Rule::IgnoredSourceRanges,
        "loadBalancerSourceRanges",
        "the Hetzner cloud controller does not look at it, so everyone can connect; limit them in a firewall, and take this out",
    ),
    (
        Rule::NeededNodePorts,
        "allocateLoadBalancerNodePorts",
        "the Hetzner load balancer reaches brokers by node ports only, so `false` goes",
    ),
];

fn report_ignored(replaced: &Replacement<'_>, findings: &mut Findings) {
    let is_hetzner = replaced.options.spec.load_balancer.provider == Provider::Hetzner;
    if replaced.listener.new_type != ListenerType::LoadBalancer || !is_hetzner {
        return;
    }
    let configuration = &replaced.listener.value["configuration"];
    for (rule, field, message) in IGNORED.into_iter().filter(|(_, field, _)| !configuration[field].is_null()) {
        findings.push(replaced.on_field(FieldPath::from("configuration").key(field), rule, message));
    }
}

/// A finding about a port that clients are sent to although the listener is on another.
fn other_port(replaced: &Replacement<'_>, field: FieldPath, port: &Value) -> Option<Finding> {
    if replaced.listener.new_type == ListenerType::ClusterIp || port.is_null() || is_route_port(port) {
        return None;
    }
    let port_text = port.as_str().map_or_else(|| port.to_string(), str::to_owned);
    let message = format!(
        "clients are sent to port `{port_text}`, not to that of the new listener; take it out unless something forwards it"
    );
    Some(replaced.on_field(field, Rule::OtherAdvertisedPort, message).current(port.clone()))
}

/// Reports fields of a new listener that the Strimzi of the target does not have: its CRD drops them in silence.
pub(crate) fn report_unknown(replaced: &Replacement<'_>, new: &Value, target: Version, findings: &mut Findings) {
    let configuration = (FieldPath::from("configuration"), &new["configuration"]);
    let of_configuration = brought_later(configuration, Parent::Configuration);
    let of_entries = all_entries(new).flat_map(|entry| brought_later(entry, Parent::Entry));
    for (path, since) in of_configuration.into_iter().chain(of_entries).filter(|(_, since)| *since > target) {
        let message = format!(
            "Strimzi {target} does not have it and would drop it in silence: it came with {since}; take it out, or use that release"
        );
        findings.push(replaced.on_field(path, Rule::ListenerFieldTooNew, message));
    }
}

/// The fields of a mapping that not every release has, each with the release that brought it.
fn brought_later((path, mapping): (FieldPath, &Value), parent: Parent) -> Vec<(FieldPath, Version)> {
    let fields = mapping.as_object().into_iter().flat_map(Map::keys);
    fields.filter_map(|field| Some((path.clone().key(field), since(parent, field)?))).collect()
}
