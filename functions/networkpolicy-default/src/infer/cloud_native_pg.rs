//! CloudNativePG: its operator, the replicas of PostgreSQL clusters, and poolers before them.

use krm::finding::Finding;
use krm::resource_list::{Item, Referent};

use crate::facts::cloud_native_pg::{GROUP, METRICS_PORT, POOLER_METRICS_PORT, POSTGRES_PORT, STATUS_PORT};
use crate::facts::workload::WorkloadId;
use crate::plan::Plan;
use crate::policy::{Peer, Ports};
use crate::reason::Reason;
use crate::rule::Rule;

/// Lets PostgreSQL clusters work, and poolers reach them.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for item in cluster.items(GROUP, "Cluster").filter(|item| cluster.settings.protects(item.namespace())) {
        if let Some(id) = cluster.made_by(item.id(), item.name()) {
            instances(plan, item, id);
        }
    }
    for item in cluster.items(GROUP, "Pooler") {
        let Some(pooler) = cluster.made_by(item.id(), item.name()) else { continue };
        if let Some(server) = pooled(plan, item) {
            let evidence = format!("Pooler {} pools its connections", item.name());
            plan.connect(pooler, server, &Ports::tcp(&[POSTGRES_PORT]), &evidence);
        }
        scraped(plan, item, pooler, POOLER_METRICS_PORT);
    }
}

/// The PostgreSQL cluster behind a pooler.
fn pooled(plan: &mut Plan<'_, '_>, pooler: &Item) -> Option<WorkloadId> {
    let cluster = plan.cluster;
    let name = pooler.value()["spec"]["cluster"]["name"].as_str()?;
    let Referent::Found(server) = cluster.resources.referent(pooler.id(), GROUP, "Cluster", name) else {
        let message = format!(
            "pools connections to Cluster `{name}`, which is not part of this build, so nothing is opened for it; add it, \
             or list the pooler where the Cluster is"
        );
        plan.findings.push(Finding::new(Rule::OwnerMissing, message).on(pooler).at("spec.cluster.name"));
        return None;
    };
    cluster.made_by(server, cluster.resources.get(server).name())
}

fn instances(plan: &mut Plan<'_, '_>, item: &Item, id: WorkloadId) {
    let settings = plan.cluster.settings;
    let evidence = format!("Cluster {} is made by CloudNativePG", item.name());
    let ports = Ports::tcp(&[POSTGRES_PORT, STATUS_PORT]);
    let operator = [Peer::from(&settings.spec.cloud_native_pg)];
    plan.allow(id, &operator, &ports, &Reason::Operator.because(&evidence));
    plan.allow_replicas(id, &ports, &evidence);
    plan.allow(id, &settings.api_server_peers(), &settings.api_server_ports(), &Reason::ToApiServer.because(&evidence));
    scraped(plan, item, id, METRICS_PORT);
}

/// The operator makes a PodMonitor when asked.
fn scraped(plan: &mut Plan<'_, '_>, item: &Item, id: WorkloadId, port: u16) {
    if item.value()["spec"]["monitoring"]["enablePodMonitor"] == true {
        let prometheus = [Peer::from(&plan.cluster.settings.spec.prometheus)];
        let cause = Reason::Prometheus.because(format!("{} {} has a PodMonitor", item.kind(), item.name()));
        plan.allow(id, &prometheus, &Ports::tcp(&[port]), &cause);
    }
}
