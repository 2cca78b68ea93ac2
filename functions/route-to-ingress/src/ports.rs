//! The Service port that a Route means.
//!
//! The router compares `spec.port.targetPort` with the *endpoints* of the Service: their port name is the name of the
//! Service port, their number is the pod's port. An Ingress names a port of the *Service*. So the number in a Route is
//! hardly ever the number that belongs into the Ingress.
//!
//! Source: `endpointsForAlias` in openshift/router `pkg/router/controller/factory`, `pkg/router/template/router.go`.

use std::cell::OnceCell;
use std::collections::HashMap;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use krm::finding::Finding;
use krm::resource_list::{Item, Referent, Resources};
use serde_json::Value;

use crate::config::Spec;
use crate::route::RouteSpec;

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ServicePort {
    /// Its `name`.
    pub(crate) name: Option<String>,
    /// Its `port`. Missing only when the Service is not in the build and the Route names the port.
    pub(crate) number: Option<i32>,
    /// Its `appProtocol`.
    pub(crate) app_protocol: Option<String>,
}

/// A Service with the port that a Route means.
#[derive(Debug)]
pub(crate) struct ServiceTarget {
    /// The name under which the Service is in the build now.
    pub(crate) service: String,
    /// The port.
    pub(crate) port: ServicePort,
}

/// Finds the Service called `name` and the port of it that the Route means. What is worth knowing goes to `notes`.
///
/// # Errors
/// A finding when no single port can be told.
pub(crate) fn resolve(
    workloads: &Workloads<'_>,
    route: &Item,
    route_spec: &RouteSpec,
    name: &str,
    spec: &Spec,
    notes: &mut Vec<Finding>,
) -> Result<ServiceTarget, Finding> {
    let resources = workloads.resources;
    let target = route_spec.port.as_ref().map(|port| &port.target_port);
    match resources.referent(route.id(), "", "Service", name) {
        Referent::Found(service) => {
            let port = port_of(workloads, resources.get(service), route, target, notes)?;
            Ok(ServiceTarget { service: resources.get(service).name().to_owned(), port })
        }
        Referent::Missing => {
            Ok(ServiceTarget { service: name.to_owned(), port: port_of_unknown(route, target, name, spec, notes)? })
        }
        Referent::Ambiguous(services) => {
            let names: Vec<_> =
                services.iter().map(|service| format!("`{}`", resources.get(*service).name())).collect();
            let message =
                format!("`{name}` could be any of the Services {}; name the one that is meant", names.join(", "));
            Err(Finding::error(message).on(route.reference()).at("spec.to.name").current(name))
        }
    }
}

/// A Service elsewhere: a name in the Route is the name of its port, but a number is a pod's.
fn port_of_unknown(
    route: &Item,
    target: Option<&IntOrString>,
    service: &str,
    spec: &Spec,
    notes: &mut Vec<Finding>,
) -> Result<ServicePort, Finding> {
    let refusal = |message: String| Finding::error(message).on(route.reference()).at("spec.port.targetPort");
    match target {
        Some(IntOrString::String(name)) if name.parse::<u16>().is_err() => {
            Ok(ServicePort { name: Some(name.clone()), ..ServicePort::default() })
        }
        Some(number) => {
            let number = number_of(number).unwrap_or_default();
            let about = format!(
                "`{number}` is the port of a pod, and the Service `{service}` is not in this build to tell its own"
            );
            if spec.assume_service_port {
                notes.push(
                    Finding::warning(format!("{about}; the Service is assumed to have the same, check that it has"))
                        .on(route.reference())
                        .at("spec.port.targetPort"),
                );
                return Ok(ServicePort { number: Some(number), ..ServicePort::default() });
            }
            Err(refusal(format!(
                "{about}; add the Service, name the port, or set spec.assumeServicePort of the function"
            )))
        }
        None => Err(refusal(format!(
            "is not given, and the Service `{service}` is not in this build to tell its ports; add the Service or name the port"
        ))),
    }
}

fn port_of(
    workloads: &Workloads<'_>,
    service: &Item,
    route: &Item,
    target: Option<&IntOrString>,
    notes: &mut Vec<Finding>,
) -> Result<ServicePort, Finding> {
    let at = |finding: Finding| finding.on(route.reference()).at("spec.port.targetPort");
    let ports: Vec<_> = service.value()["spec"]["ports"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|port| port["protocol"].as_str().unwrap_or("TCP") == "TCP")
        .collect();
    if service.value()["spec"]["type"] == "ExternalName" {
        return Err(at(Finding::error(format!(
            "leads to the Service `{}` of type ExternalName, which OpenShift never routed to and Traefik does not by default; \
             give it endpoints or take the Route out",
            service.name()
        ))));
    }
    let Some(target) = target else {
        return match ports.as_slice() {
            [] => Err(at(Finding::error(format!("the Service `{}` has no TCP port; give it one", service.name())))),
            [only] => Ok(read(only)),
            [first, ..] => {
                let message = format!(
                    "is not given, so OpenShift spreads requests over all {} ports of the Service `{}`, but only `{}` is served now; \
                     name the port that is meant",
                    ports.len(),
                    service.name(),
                    shown(first),
                );
                notes.push(at(Finding::warning(message)));
                Ok(read(first))
            }
        };
    };
    let text = text_of(target);
    let serves = |port: &&&Value| {
        port["name"].as_str() == Some(&text)
            || number_of(target).is_some_and(|number| pod_ports(workloads, service, port).contains(&number))
    };
    if let Some(port) = ports.iter().find(serves) {
        return Ok(read(port));
    }
    let intended = |port: &&&Value| {
        port["port"].as_i64().is_some_and(|number| number.to_string() == text)
            || port["targetPort"].as_str() == Some(&text)
    };
    if let Some(port) = ports.iter().find(intended) {
        let message = format!(
            "`{text}` matches no endpoint of the Service `{}`, so OpenShift answers 503; its port `{}` is taken for what is meant",
            service.name(),
            shown(port),
        );
        notes.push(at(Finding::warning(message)).current(text));
        return Ok(read(port));
    }
    let known: Vec<_> = ports.iter().map(|port| format!("`{}`", shown(port))).collect();
    let message = format!(
        "`{text}` is no port of the Service `{}`, which has {}; name one of them",
        service.name(),
        known.join(", ")
    );
    Err(at(Finding::error(message)).current(text))
}

/// The pod ports that a Service port leads to: a number as it stands, a name as the pods of the build resolve it.
fn pod_ports(workloads: &Workloads<'_>, service: &Item, port: &Value) -> Vec<i32> {
    match &port["targetPort"] {
        Value::Null => port["port"].as_i64().into_iter().filter_map(|port| i32::try_from(port).ok()).collect(),
        Value::Number(number) => number.as_i64().into_iter().filter_map(|port| i32::try_from(port).ok()).collect(),
        Value::String(name) => match name.parse() {
            Ok(number) => vec![number],
            Err(_) => container_ports(workloads, service, name),
        },
        _ => Vec::new(),
    }
}

/// The numbers that the pods behind a Service give to a port name.
fn container_ports(workloads: &Workloads<'_>, service: &Item, name: &str) -> Vec<i32> {
    let Some(selector) = service.value()["spec"]["selector"].as_object() else { return Vec::new() };
    let mut numbers = Vec::new();
    for (labels, pod) in workloads.with_label(service.namespace(), selector.iter().next()) {
        if !selector.iter().all(|(key, value)| labels.get(key) == Some(value)) {
            continue;
        }
        let containers = pod["containers"].as_array().into_iter().flatten();
        let ports = containers.flat_map(|container| container["ports"].as_array().into_iter().flatten());
        let named = ports.filter(|port| port["name"].as_str() == Some(name));
        numbers.extend(named.filter_map(|port| i32::try_from(port["containerPort"].as_i64()?).ok()));
    }
    numbers
}

/// The workloads of a build by the labels of their pods; looked through only when a Service names a port of its pods.
pub(crate) struct Workloads<'r> {
    resources: &'r Resources,
    by_label: OnceCell<HashMap<LabelKey<'r>, Vec<&'r Item>>>,
}

/// Namespace, key and value of a label.
type LabelKey<'r> = (&'r str, &'r str, &'r str);

impl<'r> Workloads<'r> {
    pub(crate) fn of(resources: &'r Resources) -> Self {
        Self { resources, by_label: OnceCell::new() }
    }

    /// Labels and spec of the pods that carry a label.
    fn with_label<'q>(
        &'q self,
        namespace: Option<&'q str>,
        label: Option<(&'q String, &'q Value)>,
    ) -> impl Iterator<Item = (&'r Value, &'r Value)> + 'q {
        let named = label.and_then(|(key, value)| {
            let key = (namespace.unwrap_or(DEFAULT_NAMESPACE), key.as_str(), value.as_str()?);
            self.by_label.get_or_init(|| self.index()).get(&key)
        });
        named.into_iter().flatten().filter_map(|workload| pod_of(workload))
    }

    fn index(&self) -> HashMap<LabelKey<'r>, Vec<&'r Item>> {
        let mut index: HashMap<_, Vec<_>> = HashMap::new();
        for workload in self.resources.iter() {
            let labels = pod_of(workload).and_then(|(labels, _)| labels.as_object());
            for (key, value) in labels.into_iter().flatten() {
                let namespace = workload.namespace().unwrap_or(DEFAULT_NAMESPACE);
                index.entry((namespace, key.as_str(), value.as_str().unwrap_or_default())).or_default().push(workload);
            }
        }
        index
    }
}

const DEFAULT_NAMESPACE: &str = "default";

/// Labels and spec of the pods that a workload makes.
fn pod_of(workload: &Item) -> Option<(&Value, &Value)> {
    match workload.kind() {
        "Pod" => Some((&workload.value()["metadata"]["labels"], &workload.value()["spec"])),
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "DeploymentConfig"
        | "Rollout" => {
            let template = &workload.value()["spec"]["template"];
            Some((&template["metadata"]["labels"], &template["spec"]))
        }
        _ => None,
    }
}

fn read(port: &Value) -> ServicePort {
    ServicePort {
        name: port["name"].as_str().map(str::to_owned),
        number: port["port"].as_i64().and_then(|number| i32::try_from(number).ok()),
        app_protocol: port["appProtocol"].as_str().map(str::to_owned),
    }
}

fn shown(port: &Value) -> String {
    port["name"].as_str().map_or_else(|| port["port"].to_string(), str::to_owned)
}

fn text_of(target: &IntOrString) -> String {
    match target {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    }
}

/// The number that a target port is or reads as; the router compares text.
fn number_of(target: &IntOrString) -> Option<i32> {
    match target {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(text) => text.parse().ok(),
    }
}
