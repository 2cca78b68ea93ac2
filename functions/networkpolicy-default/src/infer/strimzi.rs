//! Strimzi: its operator, brokers and what is beside them, and the clients that it runs.
//!
//! Strimzi makes Ingress policies of its own, unless its operator is told not to; those here say no more. It makes
//! none for outgoing connections.

use krm::field::FieldPath;
use krm::resource_list::Item;
use serde_json::Value;

use super::classes::peers;
use crate::facts::classes::Class;
use crate::facts::cluster::{Cluster, Endpoint};
use crate::facts::strimzi::{CLIENTS, COMPANIONS, CONNECT_PORT, Client, GROUP, listeners, port};
use crate::facts::workload::WorkloadId;
use crate::plan::{Plan, Source};
use crate::policy::{Peer, Port, Ports};
use crate::reason::Reason;
use crate::rule::Rule;

const CONTROL_PLANE_PORT: u16 = 9090;
const REPLICATION_PORT: u16 = 9091;
const AGENT_PORT: u16 = 8443;
const CRUISE_CONTROL_PORT: u16 = 9090;
/// Has Strimzi manage connectors through the REST API of Kafka Connect.
const USE_CONNECTORS: &str = "strimzi.io/use-connector-resources";

/// Lets Kafka clusters work, and their clients reach them.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for item in cluster.items(GROUP, "Kafka").filter(|item| cluster.settings.protects(item.namespace())) {
        if let Some(brokers) = made(cluster, item, "kafka") {
            kafka(plan, item, brokers);
            for (index, listener) in listeners(item) {
                self::listener(
                    plan,
                    brokers,
                    &Source::new(item, FieldPath::from("spec.kafka.listeners").index(index)),
                    listener,
                );
            }
        }
    }
    for kind in &CLIENTS {
        for item in cluster.items(GROUP, kind.kind) {
            client(plan, item, kind);
        }
    }
}

fn kafka(plan: &mut Plan<'_, '_>, item: &Item, brokers: WorkloadId) {
    let cluster = plan.cluster;
    let evidence = format!("Kafka {} is made by Strimzi", item.name());
    let operator = [Peer::from(&cluster.settings.spec.strimzi)];
    let of_operator = Reason::Operator.because(&evidence);
    plan.allow_replicas(brokers, &Ports::tcp(&[CONTROL_PLANE_PORT, REPLICATION_PORT]), &evidence);
    let managed = Ports::tcp(&[CONTROL_PLANE_PORT, REPLICATION_PORT, AGENT_PORT]);
    plan.allow(brokers, &operator, &managed, &of_operator);
    for companion in COMPANIONS.iter().filter_map(|(_, end)| made(cluster, item, end)) {
        plan.connect(companion, brokers, &Ports::tcp(&[REPLICATION_PORT]), &evidence);
    }
    let entity_operator = made(cluster, item, "entity-operator");
    if let Some(entity_operator) = entity_operator {
        let (peers, ports) = (cluster.settings.api_server_peers(), cluster.settings.api_server_ports());
        plan.allow(entity_operator, &peers, &ports, &Reason::ToApiServer.because(&evidence));
    }
    if let Some(cruise_control) = made(cluster, item, "cruise-control") {
        let ports = Ports::tcp(&[CRUISE_CONTROL_PORT]);
        plan.allow(cruise_control, &operator, &ports, &of_operator);
        if let Some(entity_operator) = entity_operator {
            plan.connect(entity_operator, cruise_control, &ports, &evidence);
        }
    }
}

fn listener(plan: &mut Plan<'_, '_>, brokers: WorkloadId, source: &Source, listener: &Value) {
    if listener["networkPolicyPeers"].is_null() {
        let message = "Strimzi opens this listener to every pod and address, whatever the default deny says; list the \
                       clients under `networkPolicyPeers`";
        plan.findings.push(source.finding(Rule::ListenerOpenToAll, message));
    }
    let Some(port) = port(listener).map(Port::tcp) else {
        let message =
            "has no port that can be read, so nothing is opened for it; write a number from 1 to 65535 as `port`";
        plan.findings.push(source.finding(Rule::ListenerUnreadable, message));
        return;
    };
    let endpoint = Endpoint { workload: brokers, port };
    let kind = listener["type"].as_str().unwrap_or_default();
    let evidence = format!("Kafka {} has a listener of type {kind}", source.name());
    match kind {
        "nodeport" | "loadbalancer" => {
            plan.expose(endpoint, &[Peer::Anybody], &Reason::Anywhere.because(evidence), source);
        }
        "ingress" => {
            let class = listener["configuration"]["class"].as_str().map(str::to_owned);
            let class = class.map_or_else(|| Class::default_of(plan.cluster.settings), Class::Ingress);
            let peers = peers(plan, source, &class);
            plan.expose(endpoint, &peers, &Reason::IngressController.because(evidence), source);
        }
        "internal" | "cluster-ip" | "route" => {}
        other => {
            let message = format!(
                "`{other}` is no type of listener that this function knows, so nothing is opened for it; write `internal`, \
                 `cluster-ip`, `nodeport`, `loadbalancer` or `ingress` as `type`"
            );
            plan.findings.push(source.finding(Rule::ListenerUnreadable, message));
        }
    }
}

fn client(plan: &mut Plan<'_, '_>, item: &Item, kind: &Client) {
    let Some(id) = made(plan.cluster, item, kind.pods) else { return };
    let evidence = format!("{} {} is made by Strimzi", item.kind(), item.name());
    if kind.rest_port == CONNECT_PORT {
        let ports = Ports::tcp(&[CONNECT_PORT]);
        plan.allow_replicas(id, &ports, &evidence);
        if item.kind() == "KafkaMirrorMaker2" || item.annotation(USE_CONNECTORS) == Some("true") {
            let operator = [Peer::from(&plan.cluster.settings.spec.strimzi)];
            plan.allow(id, &operator, &ports, &Reason::Operator.because(&evidence));
        }
    }
}

fn made(cluster: &Cluster<'_>, item: &Item, end: &str) -> Option<WorkloadId> {
    cluster.made_by(item.id(), &format!("{}-{end}", item.name()))
}
