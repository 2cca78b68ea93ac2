//! Probes: readiness where traffic goes, liveness that is no second readiness, and ports that a container declares.
//!
//! Sources: kubernetes pkg/kubelet/prober/prober.go and pkg/probe/util.go, `ResolveContainerPort`, which looks for the name of a
//! port in the same container only; pkg/apis/core/v1/defaults.go, `SetDefaults_Probe`; pkg/apis/core/validation/validation.go,
//! `validateHTTPGetAction` and `validateTCPSocketAction`.

use std::collections::HashSet;

use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use manifests::names::is_port_name;
use manifests::pods::{Container, PodTemplate};
use manifests::selectors::LabelIndex;
use manifests::services::Service;
use serde_json::Value;

use crate::build::Build;
use crate::rule::Rule;
use crate::workloads::Workload;

/// The fields of a container that hold probes.
const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
/// The fields of a probe that say what it does. One without any is refused by the API server.
const HANDLERS: [&str; 4] = ["exec", "grpc", "httpGet", "tcpSocket"];

/// Checks the probes of containers.
pub(crate) fn check_containers(workload: &Workload<'_>, template: &PodTemplate<'_>, findings: &mut Vec<Finding>) {
    for container in template.containers() {
        if !PROBES.iter().any(|probe| container.value[probe].is_object()) {
            continue;
        }
        findings.extend(PROBES.iter().filter_map(|probe| undeclared(workload, &container, probe)));
        findings.extend(second_readiness(workload, &container));
    }
}

/// A probe that names a port which its container does not declare, so that it never succeeds.
fn undeclared(workload: &Workload<'_>, container: &Container<'_>, probe: &str) -> Option<Finding> {
    let handlers = ["httpGet", "tcpSocket"].into_iter();
    let named = handlers.filter_map(|handler| Some((handler, container.value[probe][handler]["port"].as_str()?)));
    let (handler, name) = named.into_iter().next()?;
    let declared = container.value["ports"].as_array().into_iter().flatten();
    if declared.into_iter().any(|port| port["name"] == name) {
        return None;
    }
    let path = container.path().key(probe).key(handler).key("port");
    let finding = if is_port_name(name) {
        let message = format!(
            "this container declares no port `{name}`, so the probe always fails; declare the port, or write its number"
        );
        Finding::new(Rule::ProbePortUndeclared, message)
    } else {
        let message = format!(
            "`{name}` is no name of a port, so the API server refuses the pods; write a name that the container declares, or a number without quotes"
        );
        Finding::new(Rule::RefusedPortName, message)
    };
    Some(finding.on(workload.item).at(path).current(name))
}

/// A liveness probe that asks the same as the readiness probe and gives up no later, so that a pod which only needs to be left
/// alone for a while is restarted.
fn second_readiness(workload: &Workload<'_>, container: &Container<'_>) -> Option<Finding> {
    let [liveness, readiness] = ["livenessProbe", "readinessProbe"].map(|probe| &container.value[probe]);
    let is_same = handler(liveness).is_some() && handler(liveness) == handler(readiness);
    let [restarts, leaves] = [liveness, readiness].map(patience);
    if !is_same || restarts > leaves {
        return None;
    }
    let message = format!(
        "asks the same as `readinessProbe` and gives up no later, after {restarts} s and {leaves} s, so a pod that is only busy is restarted; ask something cheaper, or raise `failureThreshold`"
    );
    let path = container.path().key("livenessProbe");
    Some(Finding::new(Rule::LivenessAsReadiness, message).on(workload.item).at(path))
}

/// What a probe does.
fn handler(probe: &Value) -> Option<(&'static str, &Value)> {
    HANDLERS.into_iter().find_map(|handler| Some((handler, probe.get(handler).filter(|value| !value.is_null())?)))
}

/// How many seconds a probe fails before something is done about it.
fn patience(probe: &Value) -> u64 {
    let number = |key: &str, default| probe[key].as_u64().filter(|number| *number > 0).unwrap_or(default);
    number("failureThreshold", 3) * number("periodSeconds", 10)
}

/// Reports the pods that a Service leads to although nothing says when they are ready.
pub(crate) fn check_services(build: &Build<'_>, ungated: &LabelIndex<&Workload<'_>>, findings: &mut Findings) {
    let mut told = HashSet::new();
    for item in build.resources.iter().filter(|item| item.is("", "Service")) {
        if !ungated.has_namespace(item.namespace()) || *item.field(&["spec", "publishNotReadyAddresses"]) == true {
            continue;
        }
        // What is malformed is reported by whoever follows Services.
        let (service, _) = build.resources.look(item, Service::read);
        let selector = service.selector.as_ref().filter(|_| !service.ports.is_empty());
        for workload in selector.into_iter().flat_map(|selector| ungated.select(item.namespace(), selector)) {
            if told.insert(workload.item.id()) {
                findings.push(no_readiness(workload, item));
            }
        }
    }
}

/// Whether something says when a pod is ready.
pub(crate) fn is_gated(template: &PodTemplate<'_>) -> bool {
    let has_gates = template.spec["readinessGates"].as_array().is_some_and(|gates| !gates.is_empty());
    let mut running = template.containers().filter(Container::keeps_running);
    has_gates
        || running.any(|container| {
            ["readinessProbe", "startupProbe"].iter().any(|probe| handler(&container.value[probe]).is_some())
        })
}

fn no_readiness(workload: &Workload<'_>, service: &Item) -> Finding {
    let message = format!(
        "no container has a `readinessProbe`, so {} leads to a pod from its start on, before it answers; add one",
        service.reference()
    );
    Finding::new(Rule::NoReadinessProbe, message).on(workload.item).at(workload.spec_path("containers"))
}
