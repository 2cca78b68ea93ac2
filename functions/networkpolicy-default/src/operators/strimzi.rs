//! Strimzi: the pods of Kafka, Kafka Connect, MirrorMaker 2 and the bridge.
//!
//! Strimzi makes Ingress policies of its own, unless its operator is told not to; those here say no more. It makes
//! none for outgoing connections.
//!
//! Source: strimzi `cluster-operator/.../model/{KafkaCluster,KafkaConnectCluster,KafkaBridgeCluster,CruiseControl}.java`.

use krm::finding::Finding;
use krm::resource_list::Item;
use serde_json::Value;

use super::service;
use crate::cluster::Cluster;
use crate::infer::{clients, texts};
use crate::objects::Objects;
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, Port, Ports};
use crate::service::{Access, Service};
use crate::workload::{ContainerPort, Workload, WorkloadId};

const GROUP: &str = "kafka.strimzi.io";
const CONTROL_PLANE_PORT: u16 = 9090;
const REPLICATION_PORT: u16 = 9091;
const AGENT_PORT: u16 = 8443;
const METRICS_PORT: u16 = 9404;
const CONNECT_PORT: u16 = 8083;
const BRIDGE_PORT: u16 = 8080;
const CRUISE_CONTROL_PORT: u16 = 9090;
/// Has Strimzi manage connectors through the REST API of Kafka Connect.
const USE_CONNECTORS: &str = "strimzi.io/use-connector-resources";

/// Pods beside the brokers: the field of the Kafka that asks for them, and what their name ends in.
const COMPANIONS: [(&str, &str); 3] =
    [("entityOperator", "entity-operator"), ("kafkaExporter", "kafka-exporter"), ("cruiseControl", "cruise-control")];

/// Kinds of clients: kind, end of the pods' name, end of the Service's name, REST port.
const CLIENTS: [(&str, &str, &str, u16); 3] = [
    ("KafkaConnect", "connect", "connect-api", CONNECT_PORT),
    ("KafkaMirrorMaker2", "mirrormaker2", "mirrormaker2-api", CONNECT_PORT),
    ("KafkaBridge", "bridge", "bridge-service", BRIDGE_PORT),
];

/// Adds the pods and Services of Strimzi.
pub(crate) fn declare(objects: &Objects<'_>, workloads: &mut Vec<Workload>, services: &mut Vec<Service>) {
    for item in objects.of(GROUP, "Kafka") {
        let spec = &item.value()["spec"];
        let listeners: Vec<_> = listeners(item).filter_map(|(_, listener)| port(listener)).collect();
        let mut ports: Vec<_> = listeners.iter().map(|port| ContainerPort::of_operator("", *port)).collect();
        if !spec["kafka"]["metricsConfig"].is_null() {
            ports.push(ContainerPort::of_operator("tcp-prometheus", METRICS_PORT));
        }
        let mut brokers = pods(item, "kafka", ports);
        let listed = self::listeners(item).filter(|(_, listener)| !listener["networkPolicyPeers"].is_null());
        brokers.left_to_operator = listed.filter_map(|(_, listener)| port(listener)).map(Port::tcp).collect();
        let name = item.name();
        services.push(service(item, format!("{name}-kafka-bootstrap"), Access::ClusterIp, &brokers, &listeners));
        services.push(service(item, format!("{name}-kafka-brokers"), Access::Headless, &brokers, &listeners));
        workloads.push(brokers);
        for (_, companion) in COMPANIONS.iter().filter(|(field, _)| spec[*field].is_object()) {
            workloads.push(pods(item, companion, Vec::new()));
        }
    }
    for (kind, pods_end, service_end, rest_port) in CLIENTS {
        for item in objects.of(GROUP, kind) {
            let mut ports = vec![ContainerPort::of_operator("rest-api", rest_port)];
            if !item.value()["spec"]["metricsConfig"].is_null() {
                ports.push(ContainerPort::of_operator("tcp-prometheus", METRICS_PORT));
            }
            let clients = pods(item, pods_end, ports);
            let name = format!("{}-{service_end}", item.name());
            services.push(service(item, name, Access::ClusterIp, &clients, &[rest_port]));
            workloads.push(clients);
        }
    }
}

fn pods(item: &Item, end: &str, ports: Vec<ContainerPort>) -> Workload {
    let name = format!("{}-{end}", item.name());
    let labels =
        [("strimzi.io/cluster", item.name()), ("strimzi.io/kind", item.kind()), ("strimzi.io/name", name.as_str())];
    Workload::of_operator(item, &name, &labels, ports)
}

fn listeners(kafka: &Item) -> impl Iterator<Item = (usize, &Value)> {
    kafka.value()["spec"]["kafka"]["listeners"].as_array().into_iter().flatten().enumerate()
}

fn port(listener: &Value) -> Option<u16> {
    listener["port"].as_u64().and_then(|port| u16::try_from(port).ok())
}

/// Lets Kafka clusters work, and their clients reach them.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for item in cluster.items(GROUP, "Kafka").filter(|item| cluster.settings.protects(item.namespace())) {
        kafka(plan, item);
    }
    for (kind, end, _, rest_port) in CLIENTS {
        for item in cluster.items(GROUP, kind) {
            client(plan, item, end, rest_port);
        }
    }
}

fn kafka(plan: &mut Plan<'_, '_>, item: &Item) {
    let evidence = format!("Kafka {} is made by Strimzi", item.name());
    let Some(brokers) = made(plan.cluster, item, "kafka") else { return };
    let operator = vec![Peer::from(&plan.cluster.settings.spec.strimzi)];
    let own = [CONTROL_PLANE_PORT, REPLICATION_PORT].map(Port::tcp).into_iter().collect();
    let peers = plan.peers(brokers, item.namespace());
    plan.allow(brokers, Reason::Replicas, peers.clone(), &own, &evidence);
    plan.allow(brokers, Reason::ToReplicas, peers, &own, &evidence);
    let managed = [CONTROL_PLANE_PORT, REPLICATION_PORT, AGENT_PORT].map(Port::tcp).into_iter().collect();
    plan.allow(brokers, Reason::Operator, operator.clone(), &managed, &evidence);
    for (_, end) in COMPANIONS {
        if let Some(companion) = made(plan.cluster, item, end) {
            plan.connect(companion, brokers, &[Port::tcp(REPLICATION_PORT)].into_iter().collect(), &evidence);
        }
    }
    let api_server = api_server(plan.cluster);
    if let Some(entity_operator) = made(plan.cluster, item, "entity-operator") {
        let (peers, ports) = api_server;
        plan.allow(entity_operator, Reason::ToApiServer, peers, &ports, &evidence);
    }
    if let Some(cruise_control) = made(plan.cluster, item, "cruise-control") {
        let port: Ports = [Port::tcp(CRUISE_CONTROL_PORT)].into_iter().collect();
        plan.allow(cruise_control, Reason::Operator, operator, &port, &evidence);
        if let Some(entity_operator) = made(plan.cluster, item, "entity-operator") {
            plan.connect(entity_operator, cruise_control, &port, &evidence);
        }
    }
    for (index, listener) in listeners(item) {
        self::listener(plan, item, brokers, index, listener);
    }
}

fn listener(plan: &mut Plan<'_, '_>, item: &Item, brokers: WorkloadId, index: usize, listener: &Value) {
    let path = format!("spec.kafka.listeners[{index}]");
    if listener["networkPolicyPeers"].is_null() {
        let message = "Strimzi opens this listener to every pod and address, whatever the default deny says; list the \
                       clients under `networkPolicyPeers`";
        plan.findings.push(Finding::warning(message).on(item.reference()).at(path.clone()));
    }
    let Some(port) = port(listener).map(Port::tcp) else { return };
    let kind = listener["type"].as_str().unwrap_or_default();
    let evidence = format!("Kafka {} has a listener of type {kind}", item.name());
    let by = (evidence.as_str(), &item.reference(), path.as_str());
    match kind {
        "nodeport" | "loadbalancer" => plan.expose(brokers, Reason::Anywhere, vec![Peer::Anybody], port, by),
        "ingress" => {
            let class = listener["configuration"]["class"].as_str();
            let class = class.unwrap_or(&plan.cluster.settings.spec.default_ingress_class).to_owned();
            let controller = crate::infer::backend::controller(plan, item, &path, &class);
            let peers = controller.map(|controller| plan.cluster.settings.controller_peers(controller));
            plan.expose(brokers, Reason::IngressController, peers.unwrap_or_default(), port, by);
        }
        _ => {}
    }
}

fn client(plan: &mut Plan<'_, '_>, item: &Item, end: &str, rest_port: u16) {
    let Some(id) = made(plan.cluster, item, end) else { return };
    let spec = &item.value()["spec"];
    let evidence = format!("{} {} is made by Strimzi", item.kind(), item.name());
    if rest_port == CONNECT_PORT {
        let port: Ports = [Port::tcp(CONNECT_PORT)].into_iter().collect();
        let peers = plan.peers(id, item.namespace());
        plan.allow(id, Reason::Replicas, peers.clone(), &port, &evidence);
        plan.allow(id, Reason::ToReplicas, peers, &port, &evidence);
        if item.kind() == "KafkaMirrorMaker2" || item.annotation(USE_CONNECTORS) == Some("true") {
            let operator = vec![Peer::from(&plan.cluster.settings.spec.strimzi)];
            plan.allow(id, Reason::Operator, operator, &port, &evidence);
        }
    }
    let of_clusters = spec["clusters"].as_array().into_iter().flatten().map(|cluster| &cluster["bootstrapServers"]);
    for servers in std::iter::once(&spec["bootstrapServers"]).chain(of_clusters).filter_map(Value::as_str) {
        clients::connect_to(plan, id, item, &texts::mentions(servers), "its bootstrapServers");
    }
}

fn made(cluster: &Cluster<'_>, item: &Item, end: &str) -> Option<WorkloadId> {
    cluster.made_by(item.id(), &format!("{}-{end}", item.name()))
}

fn api_server(cluster: &Cluster<'_>) -> (Vec<Peer>, Ports) {
    (cluster.settings.api_server_peers(), [Port::tcp(cluster.settings.spec.api_server_port)].into_iter().collect())
}
