//! What is reached from anywhere: LoadBalancer and NodePort Services, those with external addresses, and host ports.
//!
//! Addresses do not help there: ServiceLB, other load balancers and kube-proxy put those of pods and nodes in the place of
//! the client's.

use manifests::services::{Access, Service};

use crate::facts::cluster::{Cluster, Endpoint};
use crate::plan::{Plan, Source};
use crate::policy::{Peer, Port};
use crate::reason::Reason;
use crate::rule::Rule;

/// Opens what is reached from anywhere.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    services(plan);
    host_ports(plan);
}

fn services(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.service_ids() {
        let service = cluster.service(id);
        let is_guarded = cluster.settings.protects(service.namespace());
        let Some(field) = exposing_field(cluster, service).filter(|_| is_guarded) else { continue };
        if cluster.lacks_pods(id) {
            let message = "selects no pods of this build; correct its selector, or declare the pods under \
                           `spec.workloads` if something else makes them";
            let source = Source::new(service.reference.clone(), "spec.selector");
            plan.findings.push(source.finding(Rule::ServiceWithoutPods, message));
        }
        let source = Source::new(service.reference.clone(), field);
        for port in &service.ports {
            let evidence = format!("Service {} is open outside the cluster on port {}", service.name(), port.number);
            let cause = Reason::Anywhere.because(evidence);
            for endpoint in cluster.endpoints(id, port) {
                plan.expose(endpoint, &[Peer::Anybody], &cause, &source);
            }
        }
    }
}

/// The field by which a Service is open outside the cluster.
fn exposing_field(cluster: &Cluster<'_>, service: &Service) -> Option<&'static str> {
    match service.access {
        Access::Exposed => Some("spec.type"),
        Access::ClusterIp => {
            let addresses = cluster.resources.get(service.item?).value()["spec"]["externalIPs"].as_array()?;
            (!addresses.is_empty()).then_some("spec.externalIPs")
        }
        Access::Headless | Access::External(_) => None,
    }
}

fn host_ports(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids() {
        let Some(template) = cluster.item_of(id).and_then(|item| cluster.workload(id).template(item)) else { continue };
        let workload = cluster.workload(id);
        for port in workload.ports.iter().filter(|port| port.has_host_port) {
            let source = Source::new(workload.reference.clone(), template.spec_path().key(port.role.field()));
            let evidence = format!("{} opens port {} on its node", workload.reference, port.number);
            let endpoint = Endpoint { workload: id, port: Port::from(port) };
            plan.expose(endpoint, &[Peer::Anybody], &Reason::Anywhere.because(evidence), &source);
        }
    }
}
