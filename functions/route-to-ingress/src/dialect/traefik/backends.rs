//! Services, how they are reached, and how clients stay with a pod.

use serde_json::{Value, json};

use super::object::object;
use crate::config::{CaHolder, Spec};
use crate::dialect::output::{ANY_CERTIFICATE, Output};
use crate::exposure::{Backend, Exposure, Termination, Trust, fold};
use crate::route::InsecurePolicy;
use crate::rule::Rule;
use crate::settings::{Balance, DEFAULT_TIMEOUT, Feature};

/// The backends of an IngressRoute, and the TraefikService that they need where clients stay with one of several.
pub(super) fn services(
    exposure: &Exposure<'_>,
    spec: &Spec,
    transports: &[Value],
    output: &mut Output<'_>,
) -> (Value, Option<Value>) {
    let cookie = cookie(exposure, spec);
    let services: Value = exposure
        .backends
        .iter()
        .enumerate()
        .map(|(index, backend)| {
            let mut service = weighed(exposure, backend);
            complete(exposure, backend, transports.get(index), &mut service);
            if let Some(cookie) = &cookie {
                service["sticky"] = json!({"cookie": cookie});
            }
            service
        })
        .collect();
    for setting in &exposure.settings {
        if let Feature::Balance(Balance::LeastConnections | Balance::Random) = setting.feature {
            output.say(Rule::SimilarSetting, setting, "is served as `p2c`, the less busy of two random pods");
        } else if setting.feature == Feature::Balance(Balance::Source) {
            output.say(Rule::SimilarSetting, setting, "is served as `hrw`, a hash of the address Traefik sees");
        }
    }
    if exposure.backends.len() == 1 || cookie.is_none() {
        return (services, None);
    }
    let base = exposure.base_name();
    let name = format!("{base}-weighted");
    // This cookie keeps a client with one Service, the one above with a pod of it.
    let sticky = json!({"cookie": {"httpOnly": true, "name": format!("{base}-service")}});
    let spec = json!({"weighted": {"services": services, "sticky": sticky}});
    let weighted = object(exposure, "TraefikService", &name, spec);
    (json!([{"kind": "TraefikService", "name": name}]), Some(weighted))
}

/// The cookie of sticky sessions, if the Route or the options want them.
pub(super) fn cookie(exposure: &Exposure<'_>, spec: &Spec) -> Option<Value> {
    let features = || exposure.settings.iter().map(|setting| &setting.feature);
    let name = features().find_map(|feature| match feature {
        Feature::Cookie(name) => Some(name.clone()),
        _ => None,
    });
    let same_site = features().find_map(|feature| match feature {
        Feature::CookieSameSite(same_site) => Some(same_site.clone()),
        _ => None,
    });
    let refused = features().any(|feature| *feature == Feature::NoCookies);
    if refused || !(spec.sticky_sessions || name.is_some() || same_site.is_some()) {
        return None;
    }
    let mut cookie = json!({"httpOnly": true});
    if let Some(name) = name {
        cookie["name"] = name.into();
    }
    if matches!(&exposure.termination, Termination::Edge { insecure, .. } if *insecure != InsecurePolicy::Allow) {
        cookie["secure"] = true.into();
        cookie["sameSite"] = same_site.unwrap_or_else(|| "none".to_owned()).into();
    }
    Some(cookie)
}

/// ServersTransports, one for each backend, where backends speak TLS or must answer in time.
pub(super) fn transports(exposure: &Exposure<'_>, spec: &Spec, output: &mut Output<'_>) -> Vec<Value> {
    let base = exposure.base_name();
    let timeout = exposure.settings.iter().find_map(|setting| match setting.feature {
        Feature::Timeout(seconds) if seconds < DEFAULT_TIMEOUT => Some((setting, seconds)),
        _ => None,
    });
    if let Some((setting, _)) = timeout {
        let difference = "limits the time until the first byte of an answer, not the silence between bytes";
        output.say(Rule::SimilarSetting, setting, difference);
    }
    if exposure.backend_tls.is_none() && timeout.is_none() {
        return Vec::new();
    }
    let mut objects = Vec::new();
    let mut authority = None;
    for backend in &exposure.backends {
        let server_name = spec.server_name(&backend.service, exposure.namespace.as_deref());
        let mut spec = json!({});
        if let Some(backend_tls) = &exposure.backend_tls {
            match &backend_tls.trust {
                Trust::Anybody => {
                    spec["insecureSkipVerify"] = true.into();
                    output.say(Rule::UnverifiedBackend, backend_tls.field, ANY_CERTIFICATE);
                }
                Trust::Ca(ca) => {
                    let holder = if ca.kind == CaHolder::Secret { "secret" } else { "configMap" };
                    spec["rootCAs"] = json!([{holder: ca.name}]);
                    spec["serverName"] = server_name.into();
                }
                Trust::Written(pem) => {
                    let name = format!("{base}-backend-ca");
                    spec["rootCAs"] = json!([{"configMap": name}]);
                    spec["serverName"] = server_name.into();
                    authority = Some(exposure.authority("ConfigMap", "data", &name, pem));
                    output.say(
                        Rule::BackendServerName,
                        backend_tls.field,
                        "is believed only for the host name of spec.backendServerName, which OpenShift does not look at; \
                         the certificate of the backend must hold that name",
                    );
                }
            }
        }
        if let Some((_, seconds)) = timeout {
            spec["forwardingTimeouts"] = json!({"responseHeaderTimeout": format!("{seconds}s")});
        }
        let name = if exposure.backends.len() > 1 {
            format!("{base}-{}", fold(&backend.service))
        } else {
            format!("{base}-backend")
        };
        objects.push(object(exposure, "ServersTransport", &name, spec));
    }
    objects.extend(authority);
    objects
}

/// Scheme, transport and strategy of a backend.
fn complete(exposure: &Exposure<'_>, backend: &Backend, transport: Option<&Value>, service: &mut Value) {
    if let Some(scheme) = scheme(exposure, backend) {
        service["scheme"] = scheme.into();
    }
    if let Some(transport) = transport {
        service["serversTransport"] = transport["metadata"]["name"].clone();
    }
    for setting in &exposure.settings {
        if let Feature::Balance(balance) = setting.feature {
            service["strategy"] = match balance {
                Balance::RoundRobin => "wrr",
                Balance::LeastConnections | Balance::Random => "p2c",
                Balance::Source => "hrw",
            }
            .into();
        }
    }
}

/// A backend with its share. Traefik ignores the share of a lone one.
pub(super) fn weighed(exposure: &Exposure<'_>, backend: &Backend) -> Value {
    let mut service = service(backend);
    if exposure.backends.len() > 1 {
        service["weight"] = backend.weight.into();
    }
    service
}

pub(super) fn service(backend: &Backend) -> Value {
    let port: Value = match (backend.port.number, &backend.port.name) {
        (Some(number), _) => number.into(),
        (None, name) => name.clone().unwrap_or_default().into(),
    };
    json!({"name": backend.reference(), "port": port})
}

/// The protocol to the backend, where Traefik must be told: it takes port 443 and names like `https` for TLS.
pub(super) fn scheme(exposure: &Exposure<'_>, backend: &Backend) -> Option<&'static str> {
    let looks_like_tls =
        backend.port.number == Some(443) || backend.port.name.as_deref().is_some_and(|name| name.starts_with("https"));
    let is_h2c = matches!(backend.port.app_protocol.as_deref(), Some("h2c" | "kubernetes.io/h2c"));
    match (&exposure.backend_tls, is_h2c, looks_like_tls) {
        (Some(_), ..) => Some("https"),
        (None, true, _) => Some("h2c"),
        (None, false, true) => Some("http"),
        (None, false, false) => None,
    }
}
