//! `type: LoadBalancer`.
//!
//! Source: Hetzner `hcloud-cloud-controller-manager`, `internal/annotation/load_balancer.go`.

use krm::finding::Findings;
use serde_json::{Map, Value, json};

use crate::config::{Provider, Spec};
use crate::replacement::Replacement;
use crate::rule::Rule;
use crate::{advertised_names, edit};

const HETZNER: &str = "load-balancer.hetzner.cloud";
const PROXY_PROTOCOL: &str = "uses-proxyprotocol";

/// Writes the annotations of the bootstrap Service and of each broker's. What the listener says itself stays, except
/// for the proxy protocol, which Kafka does not understand.
pub(crate) fn write(replaced: &Replacement<'_>, value: &mut Value) {
    let Replacement { cluster, listener, options, .. } = replaced;
    let prefix = cluster.namespace.as_ref().map(|namespace| format!("{namespace}-")).unwrap_or_default();
    let prefix = format!("{prefix}{}-{}", cluster.name, listener.name);
    let bootstrap = annotations(options.spec, &format!("{prefix}-bootstrap"), listener.names.bootstrap.as_deref());
    annotate(edit::bootstrap(value), bootstrap);
    let mut brokers = edit::brokers(value);
    for id in replaced.entry_ids() {
        let host = replaced.broker_name(id);
        annotate(brokers.of(id), annotations(options.spec, &format!("{prefix}-{id}"), host.as_deref()));
    }
    if options.spec.load_balancer.provider == Provider::Hetzner {
        if value["configuration"]["allocateLoadBalancerNodePorts"] == false {
            edit::configuration(value).shift_remove("allocateLoadBalancerNodePorts");
        }
    } else {
        // Strimzi advertises the address of the load balancer, or the host name that Hetzner's annotation gives it.
        advertised_names::write(replaced, value, false);
    }
}

/// Says what the load balancers cost and what they still need.
pub(crate) fn report(replaced: &Replacement<'_>, value: &Value, findings: &mut Findings) {
    let Replacement { brokers, listener, options, .. } = replaced;
    let options = &options.spec.load_balancer;
    let count = brokers.pod_sets.len() + 1;
    let behind = if options.fixed_node_ports { ", with the node ports written here behind them" } else { "" };
    let message = format!(
        "makes {count} load balancers, one for the bootstrap and one for each broker, on port {}{behind}",
        listener.port
    );
    findings.push(replaced.on_listener(Rule::LoadBalancerCount, message));
    if advertised_names::advertises(&listener.value) {
        findings.push(replaced.on_field(
            "configuration",
            Rule::AdvertisedHostsKept,
            "clients go on to the advertised hosts of the brokers, as written here; point the DNS record of each at its load \
             balancer, or take them out",
        ));
    }
    let annotations = &value["configuration"]["bootstrap"]["annotations"];
    let has_place = ["location", "network-zone"].iter().any(|key| !annotations[format!("{HETZNER}/{key}")].is_null());
    if options.provider == Provider::Hetzner && !has_place {
        findings.push(replaced.on_field(
            "configuration.bootstrap.annotations",
            Rule::LoadBalancerWithoutPlace,
            "no load balancer comes up without a place: give `loadBalancer.location` or `loadBalancer.networkZone`, \
             unless the cloud controller has HCLOUD_LOAD_BALANCERS_LOCATION or _NETWORK_ZONE",
        ));
    }
    let has_own_certificate = value["configuration"]["brokerCertChainAndKey"].is_object();
    if listener.is_tls && listener.names.brokers.is_empty() && has_own_certificate {
        findings.push(replaced.on_field(
            "configuration.brokerCertChainAndKey",
            Rule::OwnListenerCertificate,
            "clients check the address of each load balancer against this certificate; give names as `brokerHost` that it holds",
        ));
    }
}

fn annotations(spec: &Spec, name: &str, host: Option<&str>) -> Map<String, Value> {
    let options = &spec.load_balancer;
    let mut annotations: Map<String, Value> =
        options.annotations.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    if options.provider == Provider::Hetzner {
        let flag = |is_set: bool| is_set.then(|| "true".to_owned());
        let known = [
            ("name", Some(name.to_owned())),
            ("location", options.location.clone()),
            ("network-zone", options.network_zone.clone()),
            ("type", options.load_balancer_type.clone()),
            ("use-private-ip", flag(options.use_private_ip)),
            ("disable-private-ingress", flag(options.use_private_ip)),
            ("hostname", host.map(str::to_owned)),
            (PROXY_PROTOCOL, Some("false".to_owned())),
        ];
        for (key, value) in known {
            if let Some(value) = value {
                annotations.insert(format!("{HETZNER}/{key}"), json!(value));
            }
        }
    }
    annotations
}

fn annotate(entry: &mut Map<String, Value>, new: Map<String, Value>) {
    if new.is_empty() {
        return;
    }
    let annotations = entry.entry("annotations").or_insert_with(|| json!({}));
    if let Value::Object(annotations) = annotations {
        let place_is_taken =
            ["location", "network-zone"].iter().any(|key| annotations.contains_key(&format!("{HETZNER}/{key}")));
        for (key, value) in new {
            let is_place = key == format!("{HETZNER}/location") || key == format!("{HETZNER}/network-zone");
            let is_forced = key == format!("{HETZNER}/{PROXY_PROTOCOL}");
            if is_forced || !(annotations.contains_key(&key) || is_place && place_is_taken) {
                annotations.insert(key, value);
            }
        }
    }
}
