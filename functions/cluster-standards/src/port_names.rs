//! Names of ports: those that the API server refuses, and those that mean two ports of one pod.
//!
//! Whether a container declares the port that a Service names is reported by networkpolicy-default.
//!
//! Sources: kubernetes pkg/apis/core/validation/validation.go, `validateContainerPorts`, `validateServicePort` and
//! `ValidatePortNumOrName`; pkg/api/v1/pod/util.go, `FindPort`.

use std::collections::{HashMap, HashSet};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use manifests::names::{is_dns_label, is_port_name};
use manifests::pods::PodTemplate;
use serde_json::Value;

use crate::build::Build;
use crate::rule::Rule;
use crate::workloads::Workload;

const PORT_NAME: &str = "is no name of a port: at most 15 lower-case letters, digits and dashes, a letter among them, no two dashes in a row";

/// Checks the names of the ports of Services.
pub(crate) fn check_services(build: &Build<'_>, findings: &mut Findings) {
    for item in build.resources.iter().filter(|item| item.is("", "Service")) {
        check_service(item, findings);
    }
}

/// Checks the names of the ports of containers.
pub(crate) fn check_containers(workload: &Workload<'_>, template: &PodTemplate<'_>, findings: &mut Findings) {
    let mut of_pod: HashMap<&str, &Value> = HashMap::new();
    for container in template.containers() {
        let mut of_container = HashSet::new();
        for (index, port) in items(&container.value["ports"]) {
            let Some(name) = port["name"].as_str().filter(|name| !name.is_empty()) else { continue };
            let path = || container.path().key("ports").index(index).key("name");
            if !is_port_name(name) {
                let message =
                    format!("`{name}` {PORT_NAME}; shorten or correct it here, in the Services and in the probes");
                findings.push(refused(workload.item, path(), message, name));
            } else if !of_container.insert(name) {
                let message =
                    format!("`{name}` is the name of another port of this container; give each a name of its own");
                findings.push(refused(workload.item, path(), message, name));
            } else if container.keeps_running() {
                let first = of_pod.entry(name).or_insert(&port["containerPort"]);
                findings.extend((**first != port["containerPort"]).then(|| twice(workload, path(), name, first)));
            }
        }
    }
}

fn twice(workload: &Workload<'_>, path: FieldPath, name: &str, first: &Value) -> Finding {
    let message = format!(
        "`{name}` is the name of the port {first} of another container of the pod, to which a Service leads by this name, and never here; give each a name of its own"
    );
    Finding::new(Rule::PortNameTwice, message).on(workload.item).at(path).current(name)
}

fn check_service(item: &Item, findings: &mut Findings) {
    let ports = item.field(&["spec", "ports"]);
    let is_name_needed = ports.as_array().is_some_and(|ports| ports.len() > 1);
    let (mut names, mut numbers) = (HashSet::new(), HashSet::new());
    for (index, port) in items(&ports) {
        let path = |key| FieldPath::from("spec.ports").index(index).key(key);
        let name = port["name"].as_str().unwrap_or_default();
        let problem = match name {
            "" if is_name_needed => Some("is missing; a Service with several ports needs a name for each".to_owned()),
            "" => None,
            name if !is_dns_label(name) => {
                Some(format!("`{name}` is no DNS label: at most 63 lower-case letters, digits and dashes; correct it"))
            }
            name if !names.insert(name) => {
                Some(format!("`{name}` is the name of another port of this Service; give each a name of its own"))
            }
            _ => None,
        };
        findings.extend(problem.map(|message| refused(item, path("name"), message, name)));
        let number = &port["port"];
        if !number.is_null() && !numbers.insert((number, port["protocol"].as_str().unwrap_or("TCP"))) {
            let message = "an earlier port of this Service has the same number and protocol; take one out".to_owned();
            findings.push(refused(item, path("port"), message, number.clone()));
        }
        findings.extend(target(item, || path("targetPort"), &port["targetPort"]));
    }
}

fn target(item: &Item, path: impl Fn() -> FieldPath, target: &Value) -> Option<Finding> {
    let name = target.as_str().filter(|name| !name.is_empty() && !is_port_name(name))?;
    // A number in quotes is refused by the API server just so.
    let message = format!("`{name}` {PORT_NAME}; write the name that a container declares, or a number without quotes");
    Some(refused(item, path(), message, name))
}

fn refused(item: &Item, path: FieldPath, message: String, current: impl Into<Value>) -> Finding {
    Finding::new(Rule::RefusedPortName, message).on(item).at(path).current(current)
}

fn items(list: &Value) -> impl Iterator<Item = (usize, &Value)> {
    list.as_array().into_iter().flatten().enumerate()
}
