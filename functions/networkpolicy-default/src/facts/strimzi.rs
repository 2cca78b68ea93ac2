//! Strimzi: the pods of Kafka, Kafka Connect, MirrorMaker 2 and the bridge.
//!
//! Source: strimzi `cluster-operator/.../model/{KafkaCluster,KafkaConnectCluster,KafkaBridgeCluster,CruiseControl}.java`.

use std::collections::{BTreeSet, HashMap};

use krm::resource_list::Item;
use manifests::services::{Access, ContainerPort};
use manifests::strimzi::{bootstrap_service, broker_service};
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
/// More nodes no Kafka has. What a typing error asks for is not listed.
const MOST_NODES: u32 = 1000;

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
    let pools = pools(objects);
    for item in objects.of(GROUP, "Kafka") {
        let own = pools.get(&(item.namespace_name(), item.name())).map(Vec::as_slice);
        kafka(item, &PodSets::of(item, own.unwrap_or_default()), made);
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

fn kafka(item: &Item, pod_sets: &PodSets, made: &mut Made) {
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
    services_of_listeners(item, pod_sets, &brokers, made);
    made.workloads.push(brokers);
    for (_, companion) in COMPANIONS.iter().filter(|(field, _)| spec[*field].is_object()) {
        made.workloads.push(strimzi_pods(item, companion, Vec::new()));
    }
}

/// The sets of pods that the brokers of a Kafka are in, and the ids that they may have.
struct PodSets {
    names: Vec<String>,
    /// How many nodes there are. Strimzi numbers them from 0 on unless an annotation says otherwise.
    count: u32,
}

impl PodSets {
    fn of(kafka: &Item, pools: &[&Item]) -> Self {
        let replicas = |spec: &Value| spec["replicas"].as_u64().unwrap_or_default().min(MOST_NODES.into());
        let (names, count) = if pools.is_empty() {
            (vec![format!("{}-kafka", kafka.name())], replicas(&kafka.value()["spec"]["kafka"]))
        } else {
            let names = pools.iter().map(|pool| format!("{}-{}", kafka.name(), pool.name())).collect();
            (names, pools.iter().map(|pool| replicas(&pool.value()["spec"])).sum())
        };
        Self { names, count: u32::try_from(count).unwrap_or(MOST_NODES).min(MOST_NODES) }
    }
}

/// The pools of nodes, by their namespace and the name of their Kafka.
fn pools<'b>(objects: &Objects<'b>) -> HashMap<(&'b str, &'b str), Vec<&'b Item>> {
    let mut pools: HashMap<_, Vec<_>> = HashMap::new();
    for pool in objects.of(GROUP, "KafkaNodePool") {
        if let Some(kafka) = pool.value()["metadata"]["labels"]["strimzi.io/cluster"].as_str() {
            pools.entry((pool.namespace_name(), kafka)).or_default().push(pool);
        }
    }
    pools
}

/// The Services that Strimzi makes for listeners which others reach: one in front of all brokers, and one for each. Which
/// node is in which set the operator decides, so that every set has one by every number.
fn services_of_listeners(item: &Item, pod_sets: &PodSets, brokers: &Workload, made: &mut Made) {
    for (_, listener) in listeners(item).filter(|(_, listener)| listener["type"] != "internal") {
        let (Some(name), Some(port)) = (listener["name"].as_str(), port(listener)) else { continue };
        let stated = listener["configuration"]["brokers"].as_array().into_iter().flatten();
        let stated = stated.filter_map(|broker| u32::try_from(broker["broker"].as_u64()?).ok());
        let ids: BTreeSet<u32> = stated.chain(0..pod_sets.count).collect();
        let of_brokers = pod_sets
            .names
            .iter()
            .flat_map(|pod_set| ids.iter().map(move |id| broker_service(pod_set, name, port.into(), *id)));
        let names = of_brokers.chain([bootstrap_service(item.name(), name)]);
        made.services.extend(names.map(|name| service(name, Access::ClusterIp, brokers, &[port])));
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
