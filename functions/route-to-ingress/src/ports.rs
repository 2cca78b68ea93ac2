//! The Service port that a Route means.
//!
//! The router compares `spec.port.targetPort` with the *endpoints* of the Service: their port name is the name of the
//! Service port, their number is the pod's port. An Ingress names a port of the *Service*. So the number in a Route is
//! rarely the number that the Ingress needs.
//!
//! Source: `endpointsForAlias` in openshift/router `pkg/router/controller/factory`, `pkg/router/template/router.go`.

use krm::finding::Finding;
use krm::resource_list::{Item, Referent};
use krm::rule::Severity;
use manifests::services::{PortReference, Protocol, Service, ServicePort};

use crate::build::KnownService;
use crate::exposure::BackendPort;
use crate::reader::Reader;
use crate::route::RoutePort;
use crate::rule::Rule;

const FIELD: &str = "spec.port.targetPort";

/// Finds the Service called `name` and the port of it that the Route means.
///
/// # Errors
/// A finding when no single port can be told.
pub(crate) fn resolve(reader: &mut Reader<'_, '_>, name: &str) -> Result<(String, BackendPort), Finding> {
    let resources = reader.build.resources;
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
            Err(reader.finding(Rule::AmbiguousRouteService, "spec.to.name", message).current(name))
        }
    }
}

/// The port of a Service that is not in the build: a name in the Route is the name of its port, but a number is a pod's.
fn port_elsewhere(reader: &mut Reader<'_, '_>, service: &str) -> Result<BackendPort, Finding> {
    let number = match &reader.route.port {
        Some(RoutePort::OfEndpoints(PortReference::Name(name)) | RoutePort::OfService(PortReference::Name(name))) => {
            return Ok(BackendPort { name: Some(name.clone()), ..BackendPort::default() });
        }
        Some(RoutePort::OfService(PortReference::Number(number))) => {
            return Ok(BackendPort { number: Some(*number), ..BackendPort::default() });
        }
        Some(RoutePort::OfEndpoints(PortReference::Number(number))) => *number,
        None => {
            let message = format!(
                "is not given, and the Service `{service}` is not in this build to tell its ports; add the Service or name the port"
            );
            return Err(reader.finding(Rule::RouteServiceElsewhere, FIELD, message));
        }
    };
    let about =
        format!("`{number}` is the port of a pod, and the Service `{service}` is not in this build to tell its own");
    let (severity, rest) = if reader.spec.assume_service_port {
        (Severity::Warning, "the Service is assumed to have the same, check that it has")
    } else {
        (Severity::Error, "add the Service, name the port, or set spec.assumeServicePort of the function")
    };
    let finding = reader.finding(Rule::AssumedServicePort, FIELD, format!("{about}; {rest}"));
    reader.notes.push(finding.with_severity(severity));
    Ok(BackendPort { number: Some(number), ..BackendPort::default() })
}

/// The port of a Service in the build.
fn port_of(reader: &mut Reader<'_, '_>, item: &Item) -> Result<BackendPort, Finding> {
    let known = reader.build.service(item);
    let service = &known.service;
    if service.external_name().is_some() {
        let message = format!(
            "leads to the Service `{}` of type ExternalName, which OpenShift never routed to and Traefik does not by default; \
             give it endpoints or take the Route out",
            service.name()
        );
        return Err(reader.finding(Rule::RouteServesNothing, FIELD, message));
    }
    let port = match &reader.route.port {
        Some(RoutePort::OfService(target)) => {
            let named = service.port(target).filter(|port| port.protocol == Protocol::Tcp);
            named.ok_or_else(|| no_port(reader, service, target))?
        }
        Some(RoutePort::OfEndpoints(target)) => port_at(reader, item, &known, target)?,
        None => first_port(reader, service)?,
    };
    let ServicePort { name, number, app_protocol, .. } = port;
    Ok(BackendPort { name: name.clone(), number: Some(*number), app_protocol: app_protocol.clone() })
}

/// The port of a Route that names none.
fn first_port<'s>(reader: &mut Reader<'_, '_>, service: &'s Service) -> Result<&'s ServicePort, Finding> {
    let Some(first) = service.tcp_ports().next() else {
        let message = format!("the Service `{}` has no TCP port; give it one", service.name());
        return Err(reader.finding(Rule::UnknownRoutePort, FIELD, message));
    };
    let count = service.tcp_ports().count();
    if count > 1 {
        let message = format!(
            "is not given, so OpenShift spreads requests over all {count} ports of the Service `{}`, but only `{}` is served now; \
             name the port that is meant",
            service.name(),
            shown(first),
        );
        reader.note(Rule::GuessedRoutePort, FIELD, message);
    }
    Ok(first)
}

/// The port that the router finds for a target, else the one that is likely meant.
fn port_at<'s>(
    reader: &mut Reader<'_, '_>,
    item: &Item,
    known: &'s KnownService,
    target: &PortReference,
) -> Result<&'s ServicePort, Finding> {
    let service = &known.service;
    let serves = |port: &&ServicePort| match target {
        PortReference::Name(name) => port.name.as_ref() == Some(name),
        PortReference::Number(number) => has_endpoint(reader, item, known, port, *number),
    };
    if let Some(port) = service.tcp_ports().find(serves) {
        return Ok(port);
    }
    let is_meant = |port: &&ServicePort| PortReference::Number(port.number) == *target || port.target == *target;
    // Only a number can be that of pods which the build does not have.
    let is_number = matches!(target, PortReference::Number(_));
    let unknown: Vec<_> =
        service.tcp_ports().filter(|port| is_number && has_unknown_pods(reader, service, port)).collect();
    let meant = service.tcp_ports().find(is_meant);
    let (port, why) = match (meant, unknown.as_slice()) {
        (Some(port), unknown) if unknown.contains(&port) => (port, PODS_ELSEWHERE),
        (Some(port), _) => (port, NO_ENDPOINT),
        (None, [port]) => (*port, PODS_ELSEWHERE),
        (None, []) => return Err(no_port(reader, service, target)),
        (None, several) => return Err(several_ports(reader, service, target, several)),
    };
    let message = format!(
        "`{target}` {why} the Service `{}`; its port `{}` is taken for what is meant",
        service.name(),
        shown(port)
    );
    let finding = reader.finding(Rule::GuessedRoutePort, FIELD, message);
    reader.notes.push(finding.current(target.to_string()));
    Ok(port)
}

const NO_ENDPOINT: &str = "matches no endpoint, so that OpenShift answers 503, of";
const PODS_ELSEWHERE: &str = "must be a port of pods that this build does not have, behind";

/// Whether a number is that of endpoints or pods behind a port of a Service.
fn has_endpoint(reader: &Reader<'_, '_>, item: &Item, known: &KnownService, port: &ServicePort, number: u16) -> bool {
    if known.service.selector.is_none() && reader.build.endpoints().has(&known.service) {
        return reader.build.endpoints().behind(item, port).any(|known| known == number);
    }
    match &port.target {
        PortReference::Number(target) => *target == number,
        PortReference::Name(_) => known.leads_to(reader.build.pods(), port, number),
    }
}

/// Whether the numbers behind a port of a Service are those of pods, or endpoints, that something else makes.
fn has_unknown_pods(reader: &Reader<'_, '_>, service: &Service, port: &ServicePort) -> bool {
    match (&service.selector, &port.target) {
        (None, _) => !reader.build.endpoints().has(service),
        (Some(_), PortReference::Number(_)) => false,
        (Some(_), PortReference::Name(_)) => reader.build.pods().behind(service).next().is_none(),
    }
}

fn no_port(reader: &Reader<'_, '_>, service: &Service, target: &PortReference) -> Finding {
    let message = format!(
        "`{target}` is no port of the Service `{}`, which has {}; name one of them",
        service.name(),
        listed(service.tcp_ports())
    );
    reader.finding(Rule::UnknownRoutePort, FIELD, message).current(target.to_string())
}

fn several_ports(
    reader: &Reader<'_, '_>,
    service: &Service,
    target: &PortReference,
    ports: &[&ServicePort],
) -> Finding {
    let message = format!(
        "`{target}` can be behind any of {} of the Service `{}`, whose pods this build does not have; name the port that is meant",
        listed(ports.iter().copied()),
        service.name()
    );
    reader.finding(Rule::UnknownRoutePort, FIELD, message).current(target.to_string())
}

fn listed<'p>(ports: impl Iterator<Item = &'p ServicePort>) -> String {
    ports.map(|port| format!("`{}`", shown(port))).collect::<Vec<_>>().join(", ")
}

fn shown(port: &ServicePort) -> String {
    port.name.clone().unwrap_or_else(|| port.number.to_string())
}
