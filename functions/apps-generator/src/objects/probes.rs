//! The checks of containers.

use serde_json::{Value, json};

use crate::config::{IntOrString, Keyed, Port, Probe, ProbeType, Probes};
use crate::fields::{Fields, api};

/// The type of a check: what is given, or what its other fields say.
pub(crate) fn type_of(probe: &Probe) -> ProbeType {
    probe.kind.unwrap_or(match probe {
        Probe { command: Some(_), .. } => ProbeType::Exec,
        Probe { path: Some(_), .. } => ProbeType::Http,
        _ => ProbeType::Tcp,
    })
}

/// The checks of a container.
pub(super) fn probes(probes: &Probes, ports: &Keyed<Port>) -> Fields {
    let written = |probe: &Option<Probe>| probe.as_ref().map(|probe| written(probe, ports));
    Fields::new()
        .maybe("startupProbe", written(&probes.startup))
        .maybe("readinessProbe", written(&probes.readiness))
        .maybe("livenessProbe", written(&probes.liveness))
}

fn written(probe: &Probe, ports: &Keyed<Port>) -> Fields {
    let action = match type_of(probe) {
        ProbeType::Http => Fields::new().with("httpGet", request(probe, ports)),
        ProbeType::Tcp => Fields::new().with("tcpSocket", json!({"port": port(probe, ports)})),
        ProbeType::Exec => Fields::new().with("exec", json!({"command": probe.command})),
        ProbeType::Grpc => Fields::new()
            .with("grpc", Fields::new().with("port", port(probe, ports)).maybe("service", probe.service.as_deref())),
    };
    action
        .maybe("initialDelaySeconds", probe.initial_delay)
        .maybe("periodSeconds", probe.period)
        .maybe("timeoutSeconds", probe.timeout)
        .maybe("successThreshold", probe.success_threshold)
        .maybe("failureThreshold", probe.failure_threshold)
}

fn request(probe: &Probe, ports: &Keyed<Port>) -> Fields {
    let headers: Vec<_> = probe.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    Fields::new()
        .with("path", probe.path.as_deref().unwrap_or("/"))
        .with("port", port(probe, ports))
        .typed("scheme", &probe.scheme)
        .list("httpHeaders", headers)
}

/// The port of a check: the one that is given, or the first one of the container.
fn port(probe: &Probe, ports: &Keyed<Port>) -> Value {
    let first = || ports.iter().next().map(|(name, _)| IntOrString::String(name.to_owned()));
    probe.port.clone().or_else(first).map(|port| api(&port)).unwrap_or_default()
}
