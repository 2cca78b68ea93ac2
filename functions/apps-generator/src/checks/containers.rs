//! Images, ports, probes, variables and amounts of containers.

use std::collections::{BTreeMap, BTreeSet};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use manifests::names::is_port_name;
use manifests::quantities::Quantity;

use crate::app::NamedApp;
use crate::config::{
    Container, EnvRef, EnvSource, IntOrString, Keyed, Port, Probe, ProbeType, Probes, Protocol, Resources,
};
use crate::objects::{image, type_of};
use crate::rule::Rule;
use crate::target::{Target, quoted};

/// A container of an app, as far as it is checked.
struct Checked<'a> {
    place: FieldPath,
    container: &'a Container,
    resources: Option<&'a Resources>,
    probes: &'a Probes,
    environment: &'a BTreeMap<String, String>,
    env_refs: &'a Keyed<EnvRef>,
}

pub(super) fn check(app: &NamedApp, target: &Target<'_>, findings: &mut Findings) {
    if image(app, target).is_none() {
        let message = match target.environment {
            Some(environment) => format!(
                "must be given, because `defaults.registry` has none for `{environment}` from which an image named `{}` could come",
                app.name
            ),
            None => "must be given, because there is no environment with a registry".to_owned(),
        };
        findings.push(Finding::new(Rule::ImageMissing, message).at(app.at("image")));
    }
    for container in all(app) {
        check_probes(&container, findings);
        check_variables(&container, findings);
        check_resources(&container, findings);
    }
    check_ports(app, findings);
    check_names(app, findings);
}

fn all(app: &NamedApp) -> Vec<Checked<'_>> {
    let config = &app.app;
    let own = Checked {
        place: app.place.clone(),
        container: &config.container,
        resources: config.resources.as_ref(),
        probes: &config.probes,
        environment: &config.environment,
        env_refs: &config.env_refs,
    };
    let sidecars = config.sidecars.iter().map(|(name, extra)| (app.at("sidecars").key(name), extra));
    let first = config.init_containers.iter().map(|(name, extra)| (app.at("init_containers").key(name), extra));
    let extras = sidecars.chain(first).map(|(place, extra)| Checked {
        container: &extra.container,
        place,
        resources: extra.resources.as_ref(),
        probes: &extra.probes,
        environment: &extra.environment,
        env_refs: &extra.env_refs,
    });
    std::iter::once(own).chain(extras).collect()
}

/// Names of ports are unique in a pod, and numbers of a Service by protocol.
fn check_ports(app: &NamedApp, findings: &mut Findings) {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut numbers: BTreeMap<(u16, bool), &str> = BTreeMap::new();
    for (name, port) in app.ports() {
        let number = port.service_port.unwrap_or(port.container_port);
        let is_udp = port.protocol == Protocol::UDP;
        let message = if !is_port_name(name) {
            "must be a name of at most 15 small letters, digits and dashes, with one letter at least".to_owned()
        } else if !names.insert(name) {
            "is the name of another port of the pod; give it another name".to_owned()
        } else if let Some(other) = numbers.insert((number, is_udp), name) {
            format!("has the port {number} of the Service, as `{other}` has; give one of them another `service_port`")
        } else {
            continue;
        };
        findings.push(Finding::new(Rule::PortConflict, message).at(app.at("container.ports").key(name)));
    }
}

/// Names of containers are unique in a pod.
fn check_names(app: &NamedApp, findings: &mut Findings) {
    let mut names = BTreeSet::from([app.name.as_str()]);
    for (list, name) in app
        .app
        .sidecars
        .iter()
        .map(|(name, _)| ("sidecars", name))
        .chain(app.app.init_containers.iter().map(|(name, _)| ("init_containers", name)))
    {
        if !names.insert(name) {
            let message = "is the name of another container of the pod; give it another name";
            findings.push(Finding::new(Rule::GivenTwice, message).at(app.at(list).key(name)));
        }
    }
}

fn check_probes(checked: &Checked<'_>, findings: &mut Findings) {
    let probes = [
        ("startup", &checked.probes.startup),
        ("readiness", &checked.probes.readiness),
        ("liveness", &checked.probes.liveness),
    ];
    for (name, probe) in probes.into_iter().filter_map(|(name, probe)| Some((name, probe.as_ref()?))) {
        let place = checked.place.clone().key("probes").key(name);
        let ports = &checked.container.ports;
        if let Some(message) = fault_of(name, probe, ports) {
            findings.push(Finding::new(Rule::ProbeInvalid, message).at(place));
        } else if let Some(IntOrString::String(port)) = &probe.port
            && !ports.iter().any(|(known, _)| known == port)
        {
            findings.push(unknown_port(port, ports).at(place.key("port")));
        }
    }
}

fn unknown_port(port: &str, ports: &Keyed<Port>) -> Finding {
    let names: Vec<_> = ports.iter().map(|(name, _)| name).collect();
    let known = if names.is_empty() { "there is none".to_owned() } else { format!("there is {}", quoted(&names)) };
    Finding::new(Rule::UnknownName, format!("`{port}` is no port of the container; {known}"))
}

/// What is wrong with a probe.
fn fault_of(name: &str, probe: &Probe, ports: &Keyed<Port>) -> Option<String> {
    let kind = type_of(probe);
    let has_port = probe.port.is_some() || !ports.is_empty();
    if name != "readiness" && probe.success_threshold.is_some_and(|count| count != 1) {
        return Some(
            "must have a `success_threshold` of 1, which is the default; only readiness may have another".to_owned(),
        );
    }
    match kind {
        ProbeType::Exec if probe.command.is_none() => {
            Some("must have a `command`, because its type is `exec`".to_owned())
        }
        ProbeType::Http | ProbeType::Tcp | ProbeType::Grpc if !has_port => {
            Some("must have a `port`, because the container declares none".to_owned())
        }
        ProbeType::Grpc if !matches!(probe.port, Some(IntOrString::Int(_))) => {
            Some("must have the number of a `port`: the API takes no name for gRPC".to_owned())
        }
        _ => None,
    }
}

fn check_variables(checked: &Checked<'_>, findings: &mut Findings) {
    for (name, reference) in checked.env_refs.iter() {
        let place = checked.place.clone().key("env_refs").key(name);
        if checked.environment.contains_key(name) {
            let message = "is in `environment` too, and Kubernetes takes one of the two; take one out";
            findings.push(Finding::new(Rule::GivenTwice, message).at(place.clone()));
        }
        let missing = match reference.from {
            EnvSource::Secret if reference.secret_name.is_none() => "secret_name",
            EnvSource::Configmap if reference.configmap_name.is_none() => "configmap_name",
            _ => continue,
        };
        let message = format!("must name the object in `{missing}`");
        findings.push(Finding::new(Rule::ReferenceIncomplete, message).at(place.key(missing)));
    }
}

fn check_resources(checked: &Checked<'_>, findings: &mut Findings) {
    let Some(resources) = checked.resources else { return };
    let pairs = [
        ("cpu", &resources.cpu, "cpu_limit", &resources.cpu_limit),
        ("memory", &resources.memory, "memory_limit", &resources.memory_limit),
        (
            "ephemeral_storage",
            &resources.ephemeral_storage,
            "ephemeral_storage_limit",
            &resources.ephemeral_storage_limit,
        ),
    ];
    let place = checked.place.clone().key("resources");
    for (name, request, limit_name, limit) in pairs {
        let request = amount(request.as_deref(), &place.clone().key(name), findings);
        let limit = amount(limit.as_deref(), &place.clone().key(limit_name), findings);
        if let (Some(request), Some(limit)) = (request, limit)
            && request > limit
        {
            let message = format!("is greater than `{limit_name}`, and the API server refuses the pods then");
            findings.push(Finding::new(Rule::QuantityInvalid, message).at(place.clone().key(name)));
        }
    }
}

/// An amount, if it is one.
pub(super) fn amount(text: Option<&str>, place: &FieldPath, findings: &mut Findings) -> Option<Quantity> {
    let text = text?;
    let quantity = Quantity::parse(text).filter(|quantity| !quantity.is_negative());
    if quantity.is_none() {
        let message = format!("`{text}` is no amount; write one like `250m`, `512Mi` or `10Gi`");
        findings.push(Finding::new(Rule::QuantityInvalid, message).at(place.clone()));
    }
    quantity
}
