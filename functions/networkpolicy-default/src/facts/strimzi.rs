//! Strimzi: the pods of Kafka, Kafka Connect, MirrorMaker 2 and the bridge.
//!
//! Source: strimzi `cluster-operator/.../model/{KafkaCluster,KafkaConnectCluster,KafkaBridgeCluster,CruiseControl}.java`.

use krm::resource_list::Item;
use manifests::services::{Access, ContainerPort};
use serde_json::Value;

use super::objects::Objects;
use super::operators::{Made, pods, service};
use super::workload::Workload;
use crate::policy::Port;

/// The API group.
pub(crate) const GROUP: &str = "kafka.strimzi.io";
/// The REST API of Kafka Connect and MirrorMaker 2.
pub(crate) const CONNECT_PORT: u16 = 8083;
const BRIDGE_PORT: u16 = 8080;
const METRICS_PORT: u16 = 9404;

/// Pods beside the brokers: the field of the Kafka that asks for them, and what their name ends in.
pub(crate) const COMPANIONS: [(&str, &str); 3] =
    [("entityOperator", "entity-operator"), ("kafkaExporter", "kafka-exporter"), ("cruiseControl", "cruise-control")];

/// A kind of clients of Kafka.
pub(crate) struct Client {
    /// The kind.
    pub(crate) kind: &'static str,
    /// What the name of its pods ends in.
    pub(crate) pods: &'static str,
    /// What the name of its Service ends in.
    service: &'static str,
    /// The port of its REST API.
    pub(crate) rest_port: u16,
}

/// The kinds of clients.
pub(crate) const CLIENTS: [Client; 3] = [
    Client { kind: "KafkaConnect", pods: "connect", service: "connect-api", rest_port: CONNECT_PORT },
    Client { kind: "KafkaMirrorMaker2", pods: "mirrormaker2", service: "mirrormaker2-api", rest_port: CONNECT_PORT },
    Client { kind: "KafkaBridge", pods: "bridge", service: "bridge-service", rest_port: BRIDGE_PORT },
];

/// Adds the pods and Services of Strimzi.
pub(super) fn declare(objects: &Objects<'_>, made: &mut Made) {
    for item in objects.of(GROUP, "Kafka") {
        kafka(item, made);
    }
    for client in &CLIENTS {
        for item in objects.of(GROUP, client.kind) {
            let mut ports = vec![ContainerPort::tcp(Some("rest-api"), client.rest_port)];
            ports.extend(metrics(&item.value()["spec"]));
            let clients = strimzi_pods(item, client.pods, ports);
            let name = format!("{}-{}", item.name(), client.service);
            made.services.push(service(name, Access::ClusterIp, &clients, &[client.rest_port]));
            made.workloads.push(clients);
        }
    }
}

fn kafka(item: &Item, made: &mut Made) {
    let spec = &item.value()["spec"];
    let listening: Vec<_> = listeners(item).filter_map(|(_, listener)| port(listener)).collect();
    let mut ports: Vec<_> = listening.iter().map(|port| ContainerPort::tcp(Some(""), *port)).collect();
    ports.extend(metrics(&spec["kafka"]));
    let mut brokers = strimzi_pods(item, "kafka", ports);
    let listed = listeners(item).filter(|(_, listener)| !listener["networkPolicyPeers"].is_null());
    brokers.left_to_operator = listed.filter_map(|(_, listener)| port(listener)).map(Port::tcp).collect();
    for (end, access) in [("kafka-bootstrap", Access::ClusterIp), ("kafka-brokers", Access::Headless)] {
        made.services.push(service(format!("{}-{end}", item.name()), access, &brokers, &listening));
    }
    made.workloads.push(brokers);
    for (_, companion) in COMPANIONS.iter().filter(|(field, _)| spec[*field].is_object()) {
        made.workloads.push(strimzi_pods(item, companion, Vec::new()));
    }
}

fn metrics(spec: &Value) -> Option<ContainerPort> {
    (!spec["metricsConfig"].is_null()).then(|| ContainerPort::tcp(Some("tcp-prometheus"), METRICS_PORT))
}

fn strimzi_pods(item: &Item, end: &str, ports: Vec<ContainerPort>) -> Workload {
    let name = format!("{}-{end}", item.name());
    let labels =
        [("strimzi.io/cluster", item.name()), ("strimzi.io/kind", item.kind()), ("strimzi.io/name", name.as_str())];
    pods(item, &name, &labels, ports)
}

/// The listeners of a Kafka, with their places in `spec.kafka.listeners`.
pub(crate) fn listeners(kafka: &Item) -> impl Iterator<Item = (usize, &Value)> {
    kafka.value()["spec"]["kafka"]["listeners"].as_array().into_iter().flatten().enumerate()
}

/// The port of a listener.
pub(crate) fn port(listener: &Value) -> Option<u16> {
    listener["port"].as_u64().and_then(|port| u16::try_from(port).ok())
}
