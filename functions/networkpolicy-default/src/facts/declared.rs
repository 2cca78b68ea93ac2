//! Pods and Services of others, as the options declare them.

use manifests::selectors::Selector;
use manifests::services::{PortReference, Service, ServicePort};
use std::sync::Arc;

use super::operators::{Made, unseen};
use super::workload::Workload;
use crate::config::{ServicePortSpec, ServiceSpec, Spec};

/// Adds what the options declare. Declared pods are known as a Service of their name too: references name it.
pub(super) fn declare(spec: &Spec, made: &mut Made) {
    for pods in spec.workloads.iter().filter_map(Workload::declared) {
        let ports = pods.ports.iter().enumerate().map(|(index, port)| ServicePort::tcp(index, port.number)).collect();
        let selector = Some(Selector::of_others(&pods.labels.to_map()));
        let named = unseen(pods.name.clone(), pods.reference.namespace.clone());
        made.services.push(Service { selector, ports, ..named });
        made.workloads.push(pods);
    }
    made.services.extend(spec.services.iter().map(service));
}

fn service(spec: &ServiceSpec) -> Service {
    let selector = (!spec.pod_labels.is_empty()).then(|| Selector::of_others(&spec.pod_labels));
    let ports = spec.ports.iter().enumerate().map(|(index, port)| self::port(index, port)).collect();
    Service { selector, ports, ..unseen(spec.name.as_str(), spec.namespace.as_deref().map(Arc::from)) }
}

fn port(index: usize, spec: &ServicePortSpec) -> ServicePort {
    let target = PortReference::Number(spec.target_port.unwrap_or(spec.port).get());
    ServicePort { name: spec.name.clone(), target, ..ServicePort::tcp(index, spec.port.get()) }
}
