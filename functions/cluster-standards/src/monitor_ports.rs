//! Ports that monitors give by number. Prometheus keeps only targets whose containers declare them.
//!
//! Names of ports, and monitors that select nothing, are reported by networkpolicy-default.
//!
//! Source: prometheus-operator pkg/prometheus/promcfg.go, `generatePodMonitorConfig` and `generateServiceMonitorConfig`, which
//! keep by `__meta_kubernetes_pod_container_port_number`.

use std::cell::OnceCell;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use manifests::monitors::namespaces;
use manifests::selectors::{LabelIndex, Selector, labels_of};
use manifests::services::{ContainerPort, Pods, Service};
use serde_json::Value;

use crate::build::Build;
use crate::rule::Rule;

const GROUP: &str = "monitoring.coreos.com";

/// What the pods of a workload, or those behind a Service, declare.
type Declared = Vec<u16>;

/// Checks the monitors of a build.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    let monitors = build.resources.iter().filter(|item| item.group() == GROUP);
    let mut monitors = monitors.filter(|item| matches!(item.kind(), "PodMonitor" | "ServiceMonitor")).peekable();
    if monitors.peek().is_none() {
        return;
    }
    let (of_workloads, of_services) = (OnceCell::new(), OnceCell::new());
    for item in monitors {
        let (list, keys, index): (_, &[&str], _) = match item.kind() {
            "PodMonitor" => {
                let index = of_workloads.get_or_init(|| by_workload(build));
                ("podMetricsEndpoints", &["portNumber", "targetPort"], index)
            }
            _ => ("endpoints", &["targetPort"], of_services.get_or_init(|| by_service(build))),
        };
        findings.extend(build.resources.look(item, |monitor| undeclared(monitor, list, keys, index)));
    }
}

fn by_workload(build: &Build<'_>) -> LabelIndex<Declared> {
    let mut index = LabelIndex::default();
    for workload in build.workloads.iter() {
        // What is malformed is reported by whoever follows ports.
        let (ports, _) = workload.look(build.resources, |template| ContainerPort::all(workload.item, template));
        index.insert(workload.item.namespace(), workload.pod_labels(), numbers(&ports));
    }
    index
}

fn by_service(build: &Build<'_>) -> LabelIndex<Declared> {
    let pods = Pods::of(build.resources);
    let mut index = LabelIndex::default();
    for item in build.resources.iter().filter(|item| item.is("", "Service")) {
        let (service, _) = build.resources.look(item, Service::read);
        let mut behind = pods.behind(&service).peekable();
        if behind.peek().is_some() {
            let labels = labels_of(&item.field(&["metadata", "labels"]));
            index.insert(item.namespace(), labels, behind.flat_map(|pod| numbers(&pod.ports)).collect());
        }
    }
    index
}

fn numbers(ports: &[ContainerPort]) -> Declared {
    ports.iter().map(|port| port.number).collect()
}

/// The endpoints of a monitor whose number nothing declares of what it selects.
fn undeclared(monitor: &Item, list: &str, keys: &[&str], index: &LabelIndex<Declared>) -> Vec<Finding> {
    let Ok(selector) = Selector::read(monitor, "/spec/selector") else { return Vec::new() };
    let selected: Vec<&Declared> = match namespaces(monitor) {
        None => index.select_anywhere(&selector).collect(),
        Some(names) => names.iter().flat_map(|name| index.select(Some(name), &selector)).collect(),
    };
    if selected.is_empty() {
        return Vec::new();
    }
    let endpoints = monitor.value()["spec"][list].as_array().into_iter().flatten().enumerate();
    let lacking = endpoints.filter_map(|(index, endpoint)| {
        let (key, number) = number(endpoint, keys)?;
        let is_declared = selected.iter().any(|ports| ports.iter().any(|port| u64::from(*port) == number));
        let path = FieldPath::from("spec").key(list).index(index).key(key);
        (!is_declared).then(|| finding(monitor, path, number))
    });
    lacking.collect()
}

/// The port of an endpoint, if it gives one by number only.
fn number<'k>(endpoint: &Value, keys: &[&'k str]) -> Option<(&'k str, u64)> {
    let is_named = endpoint["port"].as_str().is_some_and(|name| !name.is_empty());
    let mut numbers = keys.iter().filter_map(|key| Some((*key, endpoint[*key].as_u64()?)));
    numbers.next().filter(|_| !is_named)
}

fn finding(monitor: &Item, path: FieldPath, number: u64) -> Finding {
    let message = format!(
        "no container of the pods that it selects declares the port {number}, and Prometheus scrapes declared ports only; declare it, or correct the number"
    );
    Finding::new(Rule::MonitorPortUndeclared, message).on(monitor).at(path).current(number)
}
