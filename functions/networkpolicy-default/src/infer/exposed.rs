//! What is reached without an ingress controller: LoadBalancer and NodePort Services, host ports, and what the API
//! server calls.

use krm::finding::{Finding, Severity};
use krm::resource_list::Item;
use serde_json::Value;

use super::backend::{Backend, report_names};
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, PortReference};
use crate::service::Access;
use crate::workload::WorkloadId;

/// The port of a webhook or API service that names none.
const DEFAULT_CALL_PORT: u16 = 443;

/// Opens what is reached from anywhere, and what the API server calls.
///
/// Addresses do not help with the former: ServiceLB, other load balancers and kube-proxy put those of pods and nodes in
/// the place of the client's.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    services(plan);
    host_ports(plan);
    for (group, kind) in [
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
    ] {
        for item in plan.cluster.items(group, kind) {
            for (path, service) in called_services(item.value()) {
                call(plan, item, path, service);
            }
        }
    }
}

fn services(plan: &mut Plan<'_, '_>) {
    for id in plan.cluster.service_ids() {
        let service = plan.cluster.service(id);
        let is_ours = service.access == Access::Exposed
            && service.selector.is_some()
            && plan.cluster.settings.protects(service.namespace.as_deref());
        if !is_ours {
            continue;
        }
        if plan.cluster.pods_behind(id).is_empty() {
            let message = "selects no pods of this build; correct its selector, or declare the pods under \
                           `spec.workloads` if something else makes them";
            plan.findings.push(Finding::error(message).on(service.reference.clone()).at("spec.selector"));
        }
        for port in &service.ports {
            let endpoints = plan.cluster.endpoints(id, port);
            report_names(plan, id, port, &endpoints);
            let evidence = format!("Service {} is open outside the cluster on port {}", service.name, port.number);
            for endpoint in endpoints {
                let by = (evidence.as_str(), &service.reference, "spec.type");
                plan.expose(endpoint.workload, Reason::Anywhere, vec![Peer::Anybody], endpoint.port, by);
            }
        }
    }
}

fn host_ports(plan: &mut Plan<'_, '_>) {
    for id in plan.cluster.workload_ids() {
        let workload = plan.cluster.workload(id);
        let path = workload.template.path("spec.containers");
        for port in workload.ports.iter().filter(|port| port.has_host_port) {
            let evidence = format!("{} opens port {} on its node", workload.reference, port.number);
            let by = (evidence.as_str(), &workload.reference, path.as_str());
            plan.expose(id, Reason::Anywhere, vec![Peer::Anybody], port.port(), by);
        }
    }
}

/// The Services that the API server calls, with the fields that name them.
fn called_services(object: &Value) -> Vec<(String, &Value)> {
    let spec = &object["spec"];
    let mut services = vec![
        (
            "spec.conversion.webhook.clientConfig.service".to_owned(),
            &spec["conversion"]["webhook"]["clientConfig"]["service"],
        ),
        ("spec.service".to_owned(), &spec["service"]),
    ];
    for (index, webhook) in object["webhooks"].as_array().into_iter().flatten().enumerate() {
        services.push((format!("webhooks[{index}].clientConfig.service"), &webhook["clientConfig"]["service"]));
    }
    services.retain(|(_, service)| service.is_object());
    services
}

fn call(plan: &mut Plan<'_, '_>, item: &Item, path: String, service: &Value) {
    let (Some(name), Some(namespace)) = (service["name"].as_str(), service["namespace"].as_str()) else { return };
    let port = PortReference::of(&service["port"]).unwrap_or(PortReference::Number(DEFAULT_CALL_PORT));
    let backend = Backend { item, path, namespace: Some(namespace), name, port: Some(port) };
    match backend.endpoints(plan) {
        Ok(endpoints) => {
            let (evidence, endpoints) = endpoints.unwrap_or_default();
            for endpoint in endpoints {
                open_to_api_server(plan, endpoint.workload, endpoint.port, &evidence);
            }
        }
        Err(problem) => plan.findings.push(problem.finding(Severity::Warning)),
    }
}

/// The API server calls from a node: from any address, as long as nobody says which those are.
fn open_to_api_server(plan: &mut Plan<'_, '_>, id: WorkloadId, port: crate::policy::Port, evidence: &str) {
    let nodes = plan.cluster.settings.node_peers();
    let peers = if nodes.is_empty() { vec![Peer::Anybody] } else { nodes };
    plan.allow(id, Reason::ApiServer, peers, &[port].into_iter().collect(), evidence);
}
