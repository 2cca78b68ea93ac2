//! CloudNativePG: the pods of PostgreSQL clusters and of their poolers.
//!
//! Source: cloudnative-pg `pkg/specs/{services,pods}.go`, `pkg/management/url/url.go`, `pkg/specs/pgbouncer`.

use manifests::services::{Access, ContainerPort};

use super::objects::Objects;
use super::operators::{Made, pods, service};

/// The API group.
pub(crate) const GROUP: &str = "postgresql.cnpg.io";
/// PostgreSQL, and PgBouncer before it.
pub(crate) const POSTGRES_PORT: u16 = 5432;
/// What the operator asks for the state of an instance.
pub(crate) const STATUS_PORT: u16 = 8000;
/// The metrics of an instance.
pub(crate) const METRICS_PORT: u16 = 9187;
/// The metrics of a pooler.
pub(crate) const POOLER_METRICS_PORT: u16 = 9127;

/// Adds the pods and Services of CloudNativePG.
pub(super) fn declare(objects: &Objects<'_>, made: &mut Made) {
    for item in objects.of(GROUP, "Cluster") {
        let ports = [("postgresql", POSTGRES_PORT), ("metrics", METRICS_PORT)]
            .map(|(name, port)| ContainerPort::tcp(Some(name), port));
        let instances = pods(item, item.name(), &[("cnpg.io/cluster", item.name())], ports.to_vec());
        let services = ["rw", "ro", "r"].map(|end| format!("{}-{end}", item.name()));
        made.services.extend(services.map(|name| service(name, Access::ClusterIp, &instances, &[POSTGRES_PORT])));
        made.workloads.push(instances);
    }
    for item in objects.of(GROUP, "Pooler") {
        let ports = [("pgbouncer", POSTGRES_PORT), ("metrics", POOLER_METRICS_PORT)]
            .map(|(name, port)| ContainerPort::tcp(Some(name), port));
        let poolers = pods(item, item.name(), &[("cnpg.io/poolerName", item.name())], ports.to_vec());
        made.services.push(service(item.name().to_owned(), Access::ClusterIp, &poolers, &[POSTGRES_PORT]));
        made.workloads.push(poolers);
    }
}
