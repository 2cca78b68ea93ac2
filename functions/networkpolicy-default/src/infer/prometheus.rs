//! What Prometheus scrapes: ServiceMonitor, PodMonitor, Probe, the annotations of old, and ports by their names.

use krm::finding::Finding;
use krm::resource_list::Item;
use serde_json::Value;

use super::texts::mentions;
use crate::cluster::{ServiceReferent, namespace_name};
use crate::config::Visibility;
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, Port, PortReference, Protocol};
use crate::selector::{Selector, labels_of};
use crate::service::ServiceId;
use crate::visibility::lists;
use crate::workload::WorkloadId;

const GROUP: &str = "monitoring.coreos.com";
const SCRAPE: &str = "prometheus.io/scrape";
const SCRAPE_PORT: &str = "prometheus.io/port";

/// Lets Prometheus reach the metrics.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    for item in plan.cluster.items(GROUP, "ServiceMonitor") {
        service_monitor(plan, item);
    }
    for item in plan.cluster.items(GROUP, "PodMonitor") {
        pod_monitor(plan, item);
    }
    for item in plan.cluster.items(GROUP, "Probe") {
        probe(plan, item);
    }
    annotations(plan);
    named_ports(plan);
}

/// The namespaces that a monitor looks at; nothing for all.
fn namespaces(item: &Item) -> Option<Vec<String>> {
    let selector = &item.value()["spec"]["namespaceSelector"];
    if selector["any"] == true {
        return None;
    }
    let names = selector["matchNames"].as_array().filter(|names| !names.is_empty());
    Some(names.map_or_else(
        || vec![namespace_name(item.namespace())],
        |names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    ))
}

fn service_monitor(plan: &mut Plan<'_, '_>, item: &Item) {
    let spec = &item.value()["spec"];
    let (selector, namespaces) = (Selector::from_value(&spec["selector"]), namespaces(item));
    let is_selected = |id: &ServiceId| {
        let service = plan.cluster.service(*id);
        let namespace = namespace_name(service.namespace.as_deref());
        namespaces.as_ref().is_none_or(|namespaces| namespaces.contains(&namespace))
            && selector.matches(&service.labels)
    };
    let selected: Vec<_> = plan.cluster.service_ids().filter(is_selected).collect();
    if selected.is_empty() {
        plan.findings.push(selects_nothing(item, "Service"));
    }
    for (index, endpoint) in spec["endpoints"].as_array().into_iter().flatten().enumerate() {
        let mut found = false;
        for id in &selected {
            let endpoints = match (endpoint["port"].as_str(), PortReference::of(&endpoint["targetPort"])) {
                (Some(name), _) => {
                    let port = plan.cluster.service(*id).port(&PortReference::Name(name.to_owned()));
                    port.map(|port| plan.cluster.endpoints(*id, port)).unwrap_or_default()
                }
                (None, Some(target)) => {
                    let pods = plan.cluster.pods_behind(*id).into_iter();
                    pods.filter_map(|pod| {
                        Some(crate::cluster::Endpoint { workload: pod, port: pod_port(plan, pod, &target)? })
                    })
                    .collect()
                }
                (None, None) => Vec::new(),
            };
            found |= !endpoints.is_empty();
            for endpoint in endpoints {
                scrape(plan, endpoint.workload, endpoint.port, item);
            }
        }
        if !found && !selected.is_empty() {
            let message = "no Service that it selects leads to pods of this build by this port; correct one of them";
            let path = format!("spec.endpoints[{index}]");
            plan.findings.push(Finding::warning(message).on(item.reference()).at(path));
        }
    }
}

fn pod_monitor(plan: &mut Plan<'_, '_>, item: &Item) {
    let spec = &item.value()["spec"];
    let selector = Selector::from_value(&spec["selector"]);
    let selected: Vec<_> = match namespaces(item) {
        Some(namespaces) => {
            namespaces.iter().flat_map(|namespace| plan.cluster.select(Some(namespace), &selector)).collect()
        }
        None => plan.cluster.workload_ids().filter(|id| selector.matches(&plan.cluster.workload(*id).labels)).collect(),
    };
    if selected.is_empty() {
        plan.findings.push(selects_nothing(item, "pod"));
    }
    for (index, endpoint) in spec["podMetricsEndpoints"].as_array().into_iter().flatten().enumerate() {
        let references = ["port", "portNumber", "targetPort"].iter().find_map(|key| PortReference::of(&endpoint[*key]));
        let Some(reference) = references else { continue };
        let mut found = false;
        for id in &selected {
            if let Some(port) = pod_port(plan, *id, &reference) {
                found = true;
                scrape(plan, *id, port, item);
            }
        }
        if !found && !selected.is_empty() {
            let message = format!("no pod that it selects declares the port `{reference}`; correct one of them");
            let path = format!("spec.podMetricsEndpoints[{index}]");
            plan.findings.push(Finding::warning(message).on(item.reference()).at(path));
        }
    }
}

/// Prometheus asks the exporter that a Probe names to probe.
fn probe(plan: &mut Plan<'_, '_>, item: &Item) {
    let Some(url) = item.value()["spec"]["prober"]["url"].as_str() else { return };
    // The address comes without a scheme.
    for mention in mentions(&format!("http://{url}")) {
        let labels: Vec<_> = mention.host.split('.').collect();
        let namespace = labels.get(1).copied();
        let ServiceReferent::Found(id) = plan.cluster.service_named(item.id(), namespace, labels[0]) else { continue };
        let port = PortReference::Number(mention.port.unwrap_or(80));
        if let Some(port) = plan.cluster.service(id).port(&port) {
            for endpoint in plan.cluster.endpoints(id, port) {
                scrape(plan, endpoint.workload, endpoint.port, item);
            }
        }
    }
}

/// The port of pods that a name or number means.
fn pod_port(plan: &Plan<'_, '_>, id: WorkloadId, reference: &PortReference) -> Option<Port> {
    match reference {
        PortReference::Number(number) => Some(Port::tcp(*number)),
        PortReference::Name(name) => {
            let mut ports = plan.cluster.workload(id).ports.iter();
            ports.find(|port| port.name.as_ref() == Some(name)).map(crate::workload::ContainerPort::port)
        }
    }
}

fn annotations(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids() {
        let workload = cluster.workload(id);
        let crate::workload::Template::At(pointer) = workload.template else { continue };
        let Some(item) = workload.item.map(|item| cluster.resources.get(item)) else { continue };
        let annotations = item.value().pointer(pointer).map(|template| labels_of(&template["metadata"]["annotations"]));
        scrape_annotated(plan, item, &annotations.unwrap_or_default(), &[id]);
    }
    for id in cluster.service_ids() {
        if let Some(item) = cluster.service(id).item.map(|item| cluster.resources.get(item)) {
            let annotations = labels_of(&item.value()["metadata"]["annotations"]);
            scrape_annotated(plan, item, &annotations, &cluster.pods_behind(id));
        }
    }
}

/// Without a port every port that a container declares is scraped.
fn scrape_annotated(plan: &mut Plan<'_, '_>, item: &Item, annotations: &crate::selector::Labels, pods: &[WorkloadId]) {
    if annotations.get(SCRAPE).map(String::as_str) != Some("true") {
        return;
    }
    for id in pods {
        let stated = annotations.get(SCRAPE_PORT).and_then(|port| port.parse().ok()).map(Port::tcp);
        let declared = plan.cluster.workload(*id).ports.iter().filter(|port| port.protocol == Protocol::Tcp);
        let ports: Vec<_> =
            stated.map_or_else(|| declared.map(crate::workload::ContainerPort::port).collect(), |port| vec![port]);
        for port in ports {
            scrape(plan, *id, port, item);
        }
    }
}

fn named_ports(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids() {
        let workload = cluster.workload(id);
        for port in &workload.ports {
            let names = [port.name.clone().unwrap_or_default(), port.number.to_string()];
            if cluster.settings.spec.metrics_ports.iter().any(|wanted| names.contains(wanted)) {
                let evidence = format!("port {} is one of `spec.metricsPorts`", port.number);
                allow(plan, id, port.port(), &evidence);
            }
        }
    }
}

fn scrape(plan: &mut Plan<'_, '_>, id: WorkloadId, port: Port, by: &Item) {
    let prometheus = Peer::from(&plan.cluster.settings.spec.prometheus);
    let workload = plan.cluster.workload(id);
    let is_refused = workload.visibility == Some(Visibility::Restricted)
        && plan.cluster.is_protected(id)
        && !lists(workload, &prometheus);
    if is_refused {
        let message = format!(
            "has Prometheus scrape {}, whose visibility is `restricted`; list Prometheus there under `allow-from`, or \
             remove this",
            workload.reference
        );
        plan.report_once(Finding::error(message).on(by.reference()));
    }
    let evidence = format!("{} {} has it scraped", by.kind(), by.name());
    allow(plan, id, port, &evidence);
}

fn allow(plan: &mut Plan<'_, '_>, id: WorkloadId, port: Port, evidence: &str) {
    let prometheus = Peer::from(&plan.cluster.settings.spec.prometheus);
    plan.allow(id, Reason::Prometheus, vec![prometheus], &[port].into_iter().collect(), evidence);
}

fn selects_nothing(item: &Item, what: &str) -> Finding {
    let message = format!(
        "selects no {what} of this build; correct the selector, or set `spec.metricsPorts` where the monitor and the workload live in different builds"
    );
    Finding::warning(message).on(item.reference()).at("spec.selector")
}
