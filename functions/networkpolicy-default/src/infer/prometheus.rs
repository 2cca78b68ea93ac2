//! What Prometheus scrapes: ServiceMonitors, PodMonitors, the annotations of old, and ports by their names.

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use manifests::monitors::namespaces;
use manifests::selectors::{Labels, Selector, labels_of};
use manifests::services::{PortReference, Protocol, ServicePort};
use serde_json::Value;

use crate::config::Visibility;
use crate::facts::cluster::{Endpoint, ServiceId, lists};
use crate::facts::workload::WorkloadId;
use crate::plan::Plan;
use crate::policy::{Peer, Port, Ports};
use crate::reason::Reason;
use crate::rule::Rule;

const SCRAPE: &str = "prometheus.io/scrape";
const SCRAPE_PORT: &str = "prometheus.io/port";
/// What the name of a port for metrics has in it.
const METRICS: [&str; 2] = ["metric", "prom"];

/// Kinds that select Services to scrape.
const SERVICE_MONITORS: [(&str, &str); 2] =
    [("monitoring.coreos.com", "ServiceMonitor"), ("operator.victoriametrics.com", "VMServiceScrape")];
/// Kinds that select pods to scrape.
const POD_MONITORS: [(&str, &str); 2] =
    [("monitoring.coreos.com", "PodMonitor"), ("operator.victoriametrics.com", "VMPodScrape")];

/// Lets Prometheus reach the metrics.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for item in SERVICE_MONITORS.iter().flat_map(|(group, kind)| cluster.items(group, kind)) {
        if let Some(monitor) = Monitor::read(plan, item) {
            monitor.scrape_services(plan);
        }
    }
    for item in POD_MONITORS.iter().flat_map(|(group, kind)| cluster.items(group, kind)) {
        if let Some(monitor) = Monitor::read(plan, item) {
            monitor.scrape_pods(plan);
        }
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
            let is_told = selected.iter().any(|id| names_an_undeclared_port(plan, *id, field));
            if endpoints.is_empty() && !selected.is_empty() && !is_told {
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

/// Where a ServiceMonitor's endpoint leads by one Service: by a port of the Service, or past it by a port of the pods.
fn endpoints_of(plan: &Plan<'_, '_>, id: ServiceId, field: &Value) -> Vec<Endpoint> {
    let cluster = plan.cluster;
    match (field["port"].as_str(), PortReference::of(&field["targetPort"])) {
        (Some(name), _) => {
            let port = cluster.service(id).port(&PortReference::Name(name.to_owned()));
            port.map(|port| cluster.endpoints(id, port)).unwrap_or_default()
        }
        (None, Some(target)) => {
            cluster.pods_behind(id).iter().filter_map(|pod| endpoint_of(plan, *pod, &target)).collect()
        }
        (None, None) => Vec::new(),
    }
}

/// Whether a ServiceMonitor's endpoint names a port of a Service whose target port no container declares by its name. That is
/// told of the Service.
fn names_an_undeclared_port(plan: &Plan<'_, '_>, id: ServiceId, field: &Value) -> bool {
    let name = field["port"].as_str().map(|name| PortReference::Name(name.to_owned()));
    let port = name.and_then(|name| plan.cluster.service(id).port(&name));
    port.is_some_and(|port| !plan.cluster.pods_behind(id).is_empty() && plan.cluster.endpoints(id, port).is_empty())
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

fn annotations(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids() {
        let (workload, Some(item)) = (cluster.workload(id), cluster.item_of(id)) else { continue };
        let Some(stated) = stated(plan, item, &workload.scraping) else { continue };
        let declared = workload.ports.iter().filter(|port| port.protocol == Protocol::Tcp);
        let endpoint = |port| Endpoint { workload: id, port };
        let endpoints = match &stated {
            Stated::Port(port) => vec![(None, endpoint(*port))],
            Stated::Any => declared.map(|port| (port.name.clone(), endpoint(Port::from(port)))).collect(),
        };
        scrape_annotated(plan, item, &stated, endpoints);
    }
    for id in cluster.service_ids() {
        let service = cluster.service(id);
        let Some(item) = service.item.map(|item| cluster.resources.get(item)) else { continue };
        let Some(stated) = stated(plan, item, &labels_of(&item.field(&["metadata", "annotations"]))) else { continue };
        let endpoints: Vec<_> = match &stated {
            Stated::Port(port) => {
                let pods = cluster.pods_behind(id);
                pods.iter().map(|pod| (None, Endpoint { workload: *pod, port: *port })).collect()
            }
            Stated::Any => {
                let named = |port: &ServicePort, endpoint| (port.name.clone(), endpoint);
                let ports = service.tcp_ports();
                ports.flat_map(|port| cluster.endpoints(id, port).into_iter().map(|it| named(port, it))).collect()
            }
        };
        scrape_annotated(plan, item, &stated, endpoints);
    }
}

/// The port that annotations have scraped.
enum Stated {
    /// This one.
    Port(Port),
    /// Every one that a container or Service declares.
    Any,
}

/// What annotations have scraped, if they ask for it. A port that is none is reported.
fn stated(plan: &mut Plan<'_, '_>, item: &Item, annotations: &Labels) -> Option<Stated> {
    annotations.get(SCRAPE).filter(|scrape| *scrape == "true")?;
    let Some(port) = annotations.get(SCRAPE_PORT) else { return Some(Stated::Any) };
    let number = port.parse().ok().filter(|number| *number > 0).map(Port::tcp);
    if number.is_none() {
        let message = "is no port, so nothing is opened for it; write a number from 1 to 65535";
        let finding = Finding::new(Rule::ScrapePortUnreadable, message).on(item);
        plan.report_once(finding.at(FieldPath::annotation(SCRAPE_PORT)).current(port.as_str()));
    }
    number.map(Stated::Port)
}

fn scrape_annotated(plan: &mut Plan<'_, '_>, item: &Item, stated: &Stated, ports: Vec<(Option<String>, Endpoint)>) {
    for (name, endpoint) in ports {
        if matches!(stated, Stated::Any) && !name.is_some_and(|name| METRICS.iter().any(|part| name.contains(part))) {
            plan.note_scraped_by_default(endpoint.workload, &endpoint.port);
        }
        scrape(plan, endpoint, item);
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
    let prometheus = [Peer::from(&plan.cluster.settings.spec.prometheus)];
    let evidence = format!("{} {} has it scraped", by.kind(), by.name());
    scrape_by(plan, (endpoint.workload, &Ports::from(endpoint.port)), &prometheus, (by, &evidence));
}

/// Lets who watches over workloads reach ports of one, as an object says.
pub(super) fn scrape_by(
    plan: &mut Plan<'_, '_>,
    (id, ports): (WorkloadId, &Ports),
    peers: &[Peer],
    (by, evidence): (&Item, &str),
) {
    let workload = plan.cluster.workload(id);
    let is_refused = workload.visibility == Some(Visibility::Restricted)
        && plan.cluster.is_protected(id)
        && !peers.iter().all(|peer| lists(workload, peer));
    if is_refused {
        let message = format!(
            "has Prometheus scrape {}, whose visibility is `restricted`; list Prometheus there under `allow-from`, or \
             remove this",
            workload.reference
        );
        plan.report_once(Finding::new(Rule::ClientForbidden, message).on(by));
    }
    plan.allow(id, peers, ports, &Reason::Prometheus.because(evidence));
}

fn allow(plan: &mut Plan<'_, '_>, endpoint: Endpoint, evidence: String) {
    let prometheus = [Peer::from(&plan.cluster.settings.spec.prometheus)];
    plan.allow(endpoint.workload, &prometheus, &Ports::from(endpoint.port), &Reason::Prometheus.because(evidence));
}
