//! The ports of pods that a host with or without a port leads to.

use manifests::addresses::{Certainty, Mention};
use manifests::services::{Access, Protocol, Service, ServicePort};

use crate::facts::cluster::{Cluster, Endpoint, ServiceId};
use crate::facts::workload::WorkloadId;
use crate::plan::Plan;
use crate::policy::{Port, Ports};

/// Pods, and the ports of them that are meant.
pub(super) struct Dialled {
    /// The pods with their ports.
    pub(super) pods: Vec<(WorkloadId, Ports)>,
    /// What is wrong with the port.
    pub(super) problem: Option<Problem>,
}

/// What is wrong with a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// The Service has no such port.
    Missing(u16),
    /// The port is that of a headless Service, whose pods have another.
    Untranslated(u16),
}

/// The port of Redis Sentinel, which tells clients where Redis is: on another port of the same pods.
const SENTINEL_PORT: u16 = 26379;
/// Parts of the names of ports whose servers tell clients of other ports.
const DISCOVERY: [&str; 2] = ["sentinel", "bootstrap"];
/// The least number that is taken for a port without a scheme; smaller ones are versions of images.
const LEAST_PORT: u16 = 80;

/// Where a mention of a Service leads.
pub(super) fn dialled(plan: &mut Plan<'_, '_>, id: ServiceId, mention: &Mention) -> Dialled {
    let cluster = plan.cluster;
    let service = cluster.service(id);
    let Some(number) = mention.dialled_port() else { return all_ports(plan, id) };
    if discovers(service, number) {
        return all_ports_of_pods(plan, id);
    }
    if service.access == Access::Headless && (mention.certainty == Certainty::Sure || knows(cluster, id, number)) {
        return of_headless(cluster, id, number);
    }
    let meant: Vec<_> = service.ports.iter().filter(|port| port.number == number).collect();
    if !meant.is_empty() {
        return Dialled { pods: by_ports(plan, id, &meant), problem: None };
    }
    if mention.port.is_none() {
        return all_ports(plan, id);
    }
    let is_port = mention.certainty == Certainty::Sure || number >= LEAST_PORT;
    Dialled { pods: Vec::new(), problem: is_port.then_some(Problem::Missing(number)) }
}

fn discovers(service: &Service, number: u16) -> bool {
    let is_discovery = |name: &String| DISCOVERY.iter().any(|part| name.contains(part));
    let mut ports = service.ports.iter().filter(|port| port.number == number);
    number == SENTINEL_PORT || ports.any(|port| port.name.as_ref().is_some_and(is_discovery))
}

/// Clients of a headless Service connect to the very port that they name.
fn of_headless(cluster: &Cluster<'_>, id: ServiceId, number: u16) -> Dialled {
    let service = cluster.service(id);
    let stated = service.ports.iter().find(|port| port.number == number);
    let behind = cluster.pods_behind(id);
    let pods = behind.iter().map(|pod| {
        let declared = cluster.workload(*pod).ports.iter().find(|port| port.number == number);
        let protocol = stated.map(|port| port.protocol).or(declared.map(|port| port.protocol));
        let port = Port { number, protocol: protocol.unwrap_or(Protocol::Tcp) };
        (*pod, Ports::from(port))
    });
    let is_other = |endpoint: &Endpoint| endpoint.port.number != number;
    let is_untranslated = stated.is_some_and(|port| cluster.endpoints(id, port).iter().any(is_other));
    Dialled { pods: pods.collect(), problem: is_untranslated.then_some(Problem::Untranslated(number)) }
}

fn all_ports(plan: &mut Plan<'_, '_>, id: ServiceId) -> Dialled {
    let service = plan.cluster.service(id);
    if service.ports.is_empty() {
        return all_ports_of_pods(plan, id);
    }
    let ports: Vec<_> = service.ports.iter().collect();
    Dialled { pods: by_ports(plan, id, &ports), problem: None }
}

fn all_ports_of_pods(plan: &mut Plan<'_, '_>, id: ServiceId) -> Dialled {
    let pods = plan.cluster.pods_behind(id);
    Dialled { pods: pods.iter().map(|pod| (*pod, plan.known_ports(*pod))).collect(), problem: None }
}

fn by_ports(plan: &mut Plan<'_, '_>, id: ServiceId, ports: &[&ServicePort]) -> Vec<(WorkloadId, Ports)> {
    let mut pods = Vec::new();
    for port in ports {
        let endpoints = plan.cluster.endpoints(id, port);
        pods.extend(endpoints.into_iter().map(|endpoint| (endpoint.workload, Ports::from(endpoint.port))));
    }
    pods
}

/// Whether a headless Service or its pods know a port, or declare none at all.
fn knows(cluster: &Cluster<'_>, id: ServiceId, number: u16) -> bool {
    let service = cluster.service(id);
    let pods = cluster.pods_behind(id);
    let mut declared = pods.iter().flat_map(|pod| &cluster.workload(*pod).ports).peekable();
    service.ports.iter().any(|port| port.number == number)
        || (service.ports.is_empty() && declared.peek().is_none())
        || declared.any(|port| port.number == number)
}
