//! CloudNativePG: the pods of PostgreSQL clusters and of their poolers.
//!
//! Source: cloudnative-pg `pkg/specs/{services,pods}.go`, `pkg/management/url/url.go`, `pkg/specs/pgbouncer`.

use krm::resource_list::Item;

use super::service;
use crate::objects::Objects;
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, Port, Ports};
use crate::service::{Access, Service};
use crate::workload::{ContainerPort, Workload, WorkloadId};

const GROUP: &str = "postgresql.cnpg.io";
const POSTGRES_PORT: u16 = 5432;
const STATUS_PORT: u16 = 8000;
const METRICS_PORT: u16 = 9187;
const POOLER_METRICS_PORT: u16 = 9127;

/// Adds the pods and Services of CloudNativePG.
pub(crate) fn declare(objects: &Objects<'_>, workloads: &mut Vec<Workload>, services: &mut Vec<Service>) {
    for item in objects.of(GROUP, "Cluster") {
        let ports = vec![
            ContainerPort::of_operator("postgresql", POSTGRES_PORT),
            ContainerPort::of_operator("metrics", METRICS_PORT),
        ];
        let instances = Workload::of_operator(item, item.name(), &[("cnpg.io/cluster", item.name())], ports);
        for end in ["rw", "ro", "r"] {
            services.push(service(
                item,
                format!("{}-{end}", item.name()),
                Access::ClusterIp,
                &instances,
                &[POSTGRES_PORT],
            ));
        }
        workloads.push(instances);
    }
    for item in objects.of(GROUP, "Pooler") {
        let ports = vec![
            ContainerPort::of_operator("pgbouncer", POSTGRES_PORT),
            ContainerPort::of_operator("metrics", POOLER_METRICS_PORT),
        ];
        let poolers = Workload::of_operator(item, item.name(), &[("cnpg.io/poolerName", item.name())], ports);
        services.push(service(item, item.name().to_owned(), Access::ClusterIp, &poolers, &[POSTGRES_PORT]));
        workloads.push(poolers);
    }
}

/// Lets PostgreSQL clusters work, and poolers reach them.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for item in cluster.items(GROUP, "Cluster").filter(|item| cluster.settings.protects(item.namespace())) {
        if let Some(id) = cluster.made_by(item.id(), item.name()) {
            instances(plan, item, id);
        }
    }
    for item in cluster.items(GROUP, "Pooler") {
        let target = item.value()["spec"]["cluster"]["name"].as_str().unwrap_or_default();
        let server = cluster.items(GROUP, "Cluster").find(|server| {
            server.is_in_namespace(item.namespace()) && server.names().iter().any(|name| name == target)
        });
        let server = server.and_then(|server| cluster.made_by(server.id(), server.name()));
        let Some(pooler) = cluster.made_by(item.id(), item.name()) else { continue };
        if let Some(server) = server {
            let evidence = format!("Pooler {} pools its connections", item.name());
            plan.connect(pooler, server, &[Port::tcp(POSTGRES_PORT)].into_iter().collect(), &evidence);
        }
        scraped(plan, item, pooler, POOLER_METRICS_PORT);
    }
}

fn instances(plan: &mut Plan<'_, '_>, item: &Item, id: WorkloadId) {
    let evidence = format!("Cluster {} is made by CloudNativePG", item.name());
    let ports: Ports = [POSTGRES_PORT, STATUS_PORT].map(Port::tcp).into_iter().collect();
    let operator = vec![Peer::from(&plan.cluster.settings.spec.cloud_native_pg)];
    plan.allow(id, Reason::Operator, operator, &ports, &evidence);
    let peers = plan.peers(id, item.namespace());
    plan.allow(id, Reason::Replicas, peers.clone(), &ports, &evidence);
    plan.allow(id, Reason::ToReplicas, peers, &ports, &evidence);
    let api_server = [Port::tcp(plan.cluster.settings.spec.api_server_port)].into_iter().collect();
    plan.allow(id, Reason::ToApiServer, plan.cluster.settings.api_server_peers(), &api_server, &evidence);
    scraped(plan, item, id, METRICS_PORT);
}

/// The operator makes a PodMonitor when asked.
fn scraped(plan: &mut Plan<'_, '_>, item: &Item, id: WorkloadId, port: u16) {
    if item.value()["spec"]["monitoring"]["enablePodMonitor"] == true {
        let prometheus = vec![Peer::from(&plan.cluster.settings.spec.prometheus)];
        let evidence = format!("{} {} has a PodMonitor", item.kind(), item.name());
        plan.allow(id, Reason::Prometheus, prometheus, &[Port::tcp(port)].into_iter().collect(), &evidence);
    }
}
