//! The Service port that a Route means.
//!
//! The router compares `spec.port.targetPort` with the *endpoints* of the Service: their port name is the name of the
//! Service port, their number is the pod's port. An Ingress names a port of the *Service*. So the number in a Route is
//! rarely the number that the Ingress needs.
//!
//! Source: `endpointsForAlias` in openshift/router `pkg/router/controller/factory`, `pkg/router/template/router.go`.

use k8s_openapi::api::core::v1::{self, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use krm::finding::Finding;
use krm::resource_list::{Item, Referent};

use crate::exposure::ServicePort;
use crate::reader::Reader;

const FIELD: &str = "spec.port.targetPort";

/// Finds the Service called `name` and the port of it that the Route means.
///
/// # Errors
/// A finding when no single port can be told.
pub(crate) fn resolve(reader: &mut Reader<'_>, name: &str) -> Result<(String, ServicePort), Finding> {
    let resources = reader.resources;
    match resources.referent(reader.item.id(), "", "Service", name) {
        Referent::Found(service) => {
            let service = resources.get(service);
            Ok((service.name().to_owned(), port_of(reader, service)?))
        }
        Referent::Missing => Ok((name.to_owned(), port_elsewhere(reader, name)?)),
        Referent::Ambiguous(services) => {
            let names: Vec<_> =
                services.iter().map(|service| format!("`{}`", resources.get(*service).name())).collect();
            let message =
                format!("`{name}` could be any of the Services {}; name the one that is meant", names.join(", "));
            Err(reader.error("spec.to.name", message).current(name))
        }
    }
}

/// The port that a Route names. The router compares it as text.
struct Target {
    text: String,
    /// The number that it is or reads as.
    number: Option<i32>,
}

impl Target {
    fn of(reader: &Reader<'_>) -> Option<Self> {
        Some(match &reader.route.port.as_ref()?.target_port {
            IntOrString::Int(number) => Self { text: number.to_string(), number: Some(*number) },
            IntOrString::String(text) => Self { text: text.clone(), number: text.parse::<u16>().ok().map(i32::from) },
        })
    }
}

/// The port of a Service that is not in the build: a name in the Route is the name of its port, but a number is a pod's.
fn port_elsewhere(reader: &mut Reader<'_>, service: &str) -> Result<ServicePort, Finding> {
    let Some(target) = Target::of(reader) else {
        let message = format!(
            "is not given, and the Service `{service}` is not in this build to tell its ports; add the Service or name the port"
        );
        return Err(reader.error(FIELD, message));
    };
    let Some(number) = target.number else {
        return Ok(ServicePort { name: Some(target.text), ..ServicePort::default() });
    };
    let about =
        format!("`{number}` is the port of a pod, and the Service `{service}` is not in this build to tell its own");
    if reader.spec.assume_service_port {
        reader.warn(FIELD, format!("{about}; the Service is assumed to have the same, check that it has"));
        return Ok(ServicePort { number: Some(number), ..ServicePort::default() });
    }
    let message = format!("{about}; add the Service, name the port, or set spec.assumeServicePort of the function");
    Err(reader.error(FIELD, message))
}

/// The port of a Service in the build.
fn port_of(reader: &mut Reader<'_>, item: &Item) -> Result<ServicePort, Finding> {
    let name = item.name();
    let (service, malformed) = item.read::<Service>();
    reader.notes.extend(malformed);
    let spec = service.spec.unwrap_or_default();
    if spec.type_.as_deref() == Some("ExternalName") {
        let message = format!(
            "leads to the Service `{name}` of type ExternalName, which OpenShift never routed to and Traefik does not by default; \
             give it endpoints or take the Route out"
        );
        return Err(reader.error(FIELD, message));
    }
    let is_tcp = |port: &v1::ServicePort| port.protocol.as_deref().unwrap_or("TCP") == "TCP";
    let ports: Vec<_> = spec.ports.unwrap_or_default().into_iter().filter(is_tcp).collect();
    let port = match Target::of(reader) {
        Some(target) => port_at(reader, item, &ports, &target)?,
        None => first_port(reader, name, &ports)?,
    };
    if port.port == 0 {
        let message = format!("leads to a port of the Service `{name}` that has no number; give it one");
        return Err(reader.error(FIELD, message));
    }
    Ok(ServicePort { name: port.name.clone(), number: Some(port.port), app_protocol: port.app_protocol.clone() })
}

/// The port of a Route that names none.
fn first_port<'p>(
    reader: &mut Reader<'_>,
    service: &str,
    ports: &'p [v1::ServicePort],
) -> Result<&'p v1::ServicePort, Finding> {
    let Some(first) = ports.first() else {
        return Err(reader.error(FIELD, format!("the Service `{service}` has no TCP port; give it one")));
    };
    if ports.len() > 1 {
        let message = format!(
            "is not given, so OpenShift spreads requests over all {} ports of the Service `{service}`, but only `{}` is served now; \
             name the port that is meant",
            ports.len(),
            shown(first),
        );
        reader.warn(FIELD, message);
    }
    Ok(first)
}

/// The port that the router finds for a target, else the one that is likely meant.
fn port_at<'p>(
    reader: &mut Reader<'_>,
    service: &Item,
    ports: &'p [v1::ServicePort],
    target: &Target,
) -> Result<&'p v1::ServicePort, Finding> {
    let Target { text, number } = target;
    let name = service.name();
    let serves = |port: &&v1::ServicePort| {
        port.name.as_ref() == Some(text)
            || number.is_some_and(|number| pod_ports(reader, service, port).contains(&number))
    };
    if let Some(port) = ports.iter().find(serves) {
        return Ok(port);
    }
    let is_meant = |port: &&v1::ServicePort| {
        port.port.to_string() == *text
            || matches!(&port.target_port, Some(IntOrString::String(target)) if target == text)
    };
    if let Some(port) = ports.iter().find(is_meant) {
        let message = format!(
            "`{text}` matches no endpoint of the Service `{name}`, so OpenShift answers 503; its port `{}` is taken for what is meant",
            shown(port),
        );
        reader.notes.push(Finding::warning(message).on(reader.item).at(FIELD).current(text.as_str()));
        return Ok(port);
    }
    let known: Vec<_> = ports.iter().map(|port| format!("`{}`", shown(port))).collect();
    let message =
        format!("`{text}` is no port of the Service `{name}`, which has {}; name one of them", known.join(", "));
    Err(reader.error(FIELD, message).current(text.as_str()))
}

/// The pod ports that a Service port leads to: a number as it is, a name as the pods of the build resolve it.
fn pod_ports(reader: &Reader<'_>, service: &Item, port: &v1::ServicePort) -> Vec<i32> {
    match &port.target_port {
        None => vec![port.port],
        Some(IntOrString::Int(number)) => vec![*number],
        Some(IntOrString::String(name)) => match name.parse() {
            Ok(number) => vec![number],
            Err(_) => reader.workloads.container_ports(service, name),
        },
    }
}

fn shown(port: &v1::ServicePort) -> String {
    port.name.clone().unwrap_or_else(|| port.port.to_string())
}
