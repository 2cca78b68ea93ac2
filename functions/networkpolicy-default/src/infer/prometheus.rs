//! What Prometheus scrapes: ServiceMonitor, PodMonitor, Probe, the annotations of old, and ports by their names.

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use manifests::addresses::mentions;
use manifests::selectors::{Labels, Selector, labels_of};
use manifests::services::{PortReference, Protocol};
use serde_json::Value;

use crate::config::Visibility;
use crate::facts::cluster::{Endpoint, ServiceId, ServiceReferent, lists};
use crate::facts::workload::WorkloadId;
use crate::plan::Plan;
use crate::policy::{Peer, Port, Ports};
use crate::reason::Reason;
use crate::rule::Rule;

const GROUP: &str = "monitoring.coreos.com";
const SCRAPE: &str = "prometheus.io/scrape";
const SCRAPE_PORT: &str = "prometheus.io/port";

/// Lets Prometheus reach the metrics.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for item in cluster.items(GROUP, "ServiceMonitor") {
        if let Some(monitor) = Monitor::read(plan, item) {
            monitor.scrape_services(plan);
        }
    }
    for item in cluster.items(GROUP, "PodMonitor") {
        if let Some(monitor) = Monitor::read(plan, item) {
            monitor.scrape_pods(plan);
        }
    }
    for item in cluster.items(GROUP, "Probe") {
        probe(plan, item);
    }
    annotations(plan);
    named_ports(plan);
}

/// A ServiceMonitor or PodMonitor.
struct Monitor<'i> {
    item: &'i Item,
    selector: Selector,
    /// The namespaces that it looks at; nothing for all.
    namespaces: Option<Vec<String>>,
}

impl<'i> Monitor<'i> {
    /// Reads a monitor. One with a malformed selector is reported and scrapes nothing.
    fn read(plan: &mut Plan<'_, '_>, item: &'i Item) -> Option<Self> {
        match Selector::read(item, "/spec/selector") {
            Ok(selector) => Some(Self { item, selector, namespaces: namespaces(item) }),
            Err(malformed) => {
                plan.findings.extend(malformed);
                None
            }
        }
    }

    fn scrape_services(&self, plan: &mut Plan<'_, '_>) {
        let selected = plan.cluster.services_in(self.namespaces.as_deref(), &self.selector);
        if selected.is_empty() {
            plan.findings.push(self.selects_nothing("Service"));
        }
        for (path, field) in self.fields("endpoints") {
            let endpoints: Vec<_> = selected.iter().flat_map(|id| endpoints_of(plan, *id, field)).collect();
            if endpoints.is_empty() && !selected.is_empty() {
                let message =
                    "no Service that it selects leads to pods of this build by this port; correct one of them";
                plan.findings.push(Finding::new(Rule::MonitorPortMissing, message).on(self.item).at(path));
            }
            for endpoint in endpoints {
                scrape(plan, endpoint, self.item);
            }
        }
    }

    fn scrape_pods(&self, plan: &mut Plan<'_, '_>) {
        let selected = plan.cluster.pods_in(self.namespaces.as_deref(), &self.selector);
        if selected.is_empty() {
            plan.findings.push(self.selects_nothing("pod"));
        }
        for (path, field) in self.fields("podMetricsEndpoints") {
            let references =
                ["port", "portNumber", "targetPort"].iter().find_map(|key| PortReference::of(&field[*key]));
            let Some(reference) = references else { continue };
            let endpoints: Vec<_> = selected.iter().filter_map(|id| endpoint_of(plan, *id, &reference)).collect();
            if endpoints.is_empty() && !selected.is_empty() {
                let message = format!("no pod that it selects declares the port `{reference}`; correct one of them");
                plan.findings.push(Finding::new(Rule::MonitorPortMissing, message).on(self.item).at(path));
            }
            for endpoint in endpoints {
                scrape(plan, endpoint, self.item);
            }
        }
    }

    /// What it scrapes, with the field path of each.
    fn fields(&self, list: &str) -> impl Iterator<Item = (FieldPath, &'i Value)> + use<'i> {
        let path = FieldPath::from("spec").key(list);
        let fields = self.item.value()["spec"][list].as_array().into_iter().flatten().enumerate();
        fields.map(move |(index, field)| (path.clone().index(index), field))
    }

    fn selects_nothing(&self, what: &str) -> Finding {
        let message = format!(
            "selects no {what} of this build; correct the selector, or set `spec.metricsPorts` where the monitor and the \
             workload live in different builds"
        );
        Finding::new(Rule::MonitorWithoutTargets, message).on(self.item).at("spec.selector")
    }
}

/// The namespaces that a monitor looks at; nothing for all.
fn namespaces(item: &Item) -> Option<Vec<String>> {
    let selector = &item.value()["spec"]["namespaceSelector"];
    if selector["any"] == true {
        return None;
    }
    let names = selector["matchNames"].as_array().filter(|names| !names.is_empty());
    Some(names.map_or_else(
        || vec![item.namespace_name().to_owned()],
        |names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    ))
}

/// Where a ServiceMonitor's endpoint leads by one Service: by a port of the Service, or past it by a port of the pods.
fn endpoints_of(plan: &Plan<'_, '_>, id: ServiceId, field: &Value) -> Vec<Endpoint> {
    let cluster = plan.cluster;
    match (field["port"].as_str(), PortReference::of(&field["targetPort"])) {
        (Some(name), _) => {
            let port = cluster.service(id).port(&PortReference::Name(name.to_owned()));
            port.map(|port| cluster.endpoints(id, port)).unwrap_or_default()
        }
        (None, Some(target)) => {
            cluster.pods_behind(id).into_iter().filter_map(|pod| endpoint_of(plan, pod, &target)).collect()
        }
        (None, None) => Vec::new(),
    }
}

/// The port of pods that a name or number means.
fn endpoint_of(plan: &Plan<'_, '_>, workload: WorkloadId, reference: &PortReference) -> Option<Endpoint> {
    let port = match reference {
        PortReference::Number(number) => Port::tcp(*number),
        PortReference::Name(name) => {
            let mut ports = plan.cluster.workload(workload).ports.iter();
            ports.find(|port| port.name.as_ref() == Some(name)).map(Port::from)?
        }
    };
    Some(Endpoint { workload, port })
}

/// Prometheus asks the exporter that a Probe names to probe.
fn probe(plan: &mut Plan<'_, '_>, item: &Item) {
    let cluster = plan.cluster;
    let Some(url) = item.value()["spec"]["prober"]["url"].as_str() else { return };
    // The address comes without a scheme.
    for mention in mentions(&format!("http://{url}")) {
        let labels: Vec<_> = mention.host.split('.').collect();
        let namespace = labels.get(1).copied();
        let ServiceReferent::Found(id) = cluster.service_named(item.id(), namespace, labels[0]) else { continue };
        let port = cluster.service(id).port(&PortReference::Number(mention.port.unwrap_or(80)));
        for endpoint in port.into_iter().flat_map(|port| cluster.endpoints(id, port)) {
            scrape(plan, endpoint, item);
        }
    }
}

fn annotations(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids() {
        let Some(item) = cluster.item_of(id) else { continue };
        let Some(template) = cluster.workload(id).template(item) else { continue };
        scrape_annotated(plan, item, &labels_of(&template.metadata["annotations"]), &[id]);
    }
    for id in cluster.service_ids() {
        if let Some(item) = cluster.service(id).item.map(|item| cluster.resources.get(item)) {
            let annotations = labels_of(&item.value()["metadata"]["annotations"]);
            scrape_annotated(plan, item, &annotations, &cluster.pods_behind(id));
        }
    }
}

/// Without a port every port that a container declares is scraped.
fn scrape_annotated(plan: &mut Plan<'_, '_>, item: &Item, annotations: &Labels, pods: &[WorkloadId]) {
    if annotations.get(SCRAPE).map(String::as_str) != Some("true") {
        return;
    }
    let stated = annotations.get(SCRAPE_PORT).and_then(|port| port.parse().ok()).map(Port::tcp);
    for id in pods {
        let declared = plan.cluster.workload(*id).ports.iter().filter(|port| port.protocol == Protocol::Tcp);
        let ports = stated.clone().map_or_else(|| declared.map(Port::from).collect(), |port| vec![port]);
        for port in ports {
            scrape(plan, Endpoint { workload: *id, port }, item);
        }
    }
}

fn named_ports(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    let wanted = &cluster.settings.spec.metrics_ports;
    for id in cluster.workload_ids() {
        for port in &cluster.workload(id).ports {
            let names = [port.name.clone().unwrap_or_default(), port.number.to_string()];
            if wanted.iter().any(|wanted| names.contains(wanted)) {
                let evidence = format!("port {} is one of `spec.metricsPorts`", port.number);
                allow(plan, Endpoint { workload: id, port: Port::from(port) }, evidence);
            }
        }
    }
}

fn scrape(plan: &mut Plan<'_, '_>, endpoint: Endpoint, by: &Item) {
    let prometheus = Peer::from(&plan.cluster.settings.spec.prometheus);
    let workload = plan.cluster.workload(endpoint.workload);
    let is_refused = workload.visibility == Some(Visibility::Restricted)
        && plan.cluster.is_protected(endpoint.workload)
        && !lists(workload, &prometheus);
    if is_refused {
        let message = format!(
            "has Prometheus scrape {}, whose visibility is `restricted`; list Prometheus there under `allow-from`, or \
             remove this",
            workload.reference
        );
        plan.report_once(Finding::new(Rule::ClientForbidden, message).on(by));
    }
    allow(plan, endpoint, format!("{} {} has it scraped", by.kind(), by.name()));
}

fn allow(plan: &mut Plan<'_, '_>, endpoint: Endpoint, evidence: String) {
    let prometheus = [Peer::from(&plan.cluster.settings.spec.prometheus)];
    plan.allow(endpoint.workload, &prometheus, &Ports::from(endpoint.port), &Reason::Prometheus.because(evidence));
}
