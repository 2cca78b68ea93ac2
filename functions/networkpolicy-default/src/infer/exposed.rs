//! What is reached from anywhere: LoadBalancer and NodePort Services, those with external addresses, and host ports.
//!
//! Addresses do not help there: ServiceLB, other load balancers and kube-proxy put those of pods and nodes in the place of
//! the client's.

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use manifests::services::{Access, Service};
use serde_json::Value;

use crate::facts::cluster::{Cluster, Endpoint};
use crate::plan::{Plan, Source};
use crate::policy::{Peer, Port};
use crate::reason::Reason;
use crate::rule::Rule;

/// The annotation of old for `spec.loadBalancerSourceRanges`, with commas between the ranges.
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
/// The range that leaves no address out.
const EVERYBODY: &str = "0.0.0.0/0";

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
        if !cluster.pods_behind(id).is_empty() {
            report_source_ranges(plan, service);
        }
        for port in &service.ports {
            let evidence = format!("Service {} is open outside the cluster on port {}", service.name(), port.number);
            let cause = Reason::Anywhere.because(evidence);
            for endpoint in cluster.endpoints(id, port) {
                plan.expose(endpoint, &[Peer::Anybody], &cause, &source);
            }
        }
    }
}

/// Says that a policy cannot keep to the addresses that a load balancer lets in.
///
/// Sources: ServiceLB, `pkg/cloudprovider/servicelb.go` of k3s and `entry` of klipper-lb, drops other addresses in its
/// pods, and puts its own in the place of the client's. hcloud-cloud-controller-manager reads no source ranges (its issue
/// 218). kube-proxy applies them to addresses of load balancers, not to node ports (kubernetes
/// `pkg/proxy/iptables/proxier.go`).
fn report_source_ranges(plan: &mut Plan<'_, '_>, service: &Service) {
    let Some(item) = service.item.map(|item| plan.cluster.resources.get(item)) else { return };
    let Some(field) = source_ranges(item) else { return };
    let message = "no policy can keep to these addresses, so that the policy allows anybody: pods see the address of a node \
                   or of the load balancer, not that of the client; ServiceLB of K3s drops other addresses, but a load \
                   balancer of Hetzner does not, and neither does the node port; guard the node port by a firewall, and \
                   behind a load balancer of Hetzner let Traefik lead to the Service, with an `ipAllowList`";
    plan.findings.push(Finding::new(Rule::SourceRangesOpen, message).on(item).at(field));
}

/// The field by which a load balancer lets in some addresses only.
///
/// Source: kubernetes/cloud-provider service/helpers/helper.go, `GetLoadBalancerSourceRanges`.
fn source_ranges(service: &Item) -> Option<FieldPath> {
    let spec = &service.value()["spec"];
    if spec["type"] != "LoadBalancer" {
        return None;
    }
    let listed = spec["loadBalancerSourceRanges"].as_array().filter(|ranges| !ranges.is_empty());
    let (field, ranges): (_, Vec<_>) = match listed {
        Some(ranges) => ("spec.loadBalancerSourceRanges".into(), ranges.iter().filter_map(Value::as_str).collect()),
        None => (FieldPath::annotation(SOURCE_RANGES), service.annotation(SOURCE_RANGES)?.split(',').collect()),
    };
    let limits = |range: &&str| !["", EVERYBODY].contains(&range.trim());
    ranges.iter().all(limits).then_some(field)
}

/// The field by which a Service is open outside the cluster.
fn exposing_field(cluster: &Cluster<'_>, service: &Service) -> Option<&'static str> {
    match service.access {
        Access::Exposed => Some("spec.type"),
        Access::ClusterIp => {
            let addresses = cluster.resources.get(service.item?).field(&["spec", "externalIPs"]);
            (!addresses.as_array()?.is_empty()).then_some("spec.externalIPs")
        }
        Access::Headless | Access::External(_) => None,
    }
}

fn host_ports(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids() {
        let workload = cluster.workload(id);
        for port in workload.ports.iter().filter(|port| port.has_host_port) {
            let Some(kind) = workload.kind else { continue };
            let source = Source::new(workload.reference.clone(), kind.spec_path().key(port.role.field()));
            let evidence = format!("{} opens port {} on its node", workload.reference, port.number);
            let endpoint = Endpoint { workload: id, port: Port::from(port) };
            plan.expose(endpoint, &[Peer::Anybody], &Reason::Anywhere.because(evidence), &source);
        }
    }
}
