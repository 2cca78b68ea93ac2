//! Services, how they are reached, and how clients stay with a pod.

use serde_json::{Value, json};

use super::object::object;
use crate::config::{CaHolder, Spec};
use crate::dialect::output::{ANY_CERTIFICATE, Output};
use crate::dialect::sessions::Session;
use crate::exposure::{Backend, Exposure, Trust, fold};
use crate::rule::Rule;
use crate::settings::{Balance, Feature};
use crate::values::Time;

/// The backends of an IngressRoute, and the TraefikService that they need where a client stays with one of several.
pub(super) fn services(
    exposure: &Exposure<'_>,
    spec: &Spec,
    transports: &[Value],
    output: &mut Output<'_>,
) -> (Value, Option<Value>) {
    let cookie = cookie(exposure, spec);
    let strategy = strategy(exposure, cookie.is_some(), output);
    let services = exposure.backends.iter().enumerate().map(|(index, backend)| {
        let mut service = weighed(exposure, backend);
        complete(exposure, backend, transports.get(index), &mut service);
        if let Some(strategy) = strategy {
            service["strategy"] = strategy.into();
        }
        if let Some(cookie) = &cookie {
            service["sticky"] = json!({"cookie": cookie});
        }
        service
    });
    let services: Value = services.collect();
    let base = exposure.base_name();
    let spec = match (exposure.backends.len(), cookie, strategy) {
        (1, ..) => return (services, None),
        // This cookie keeps a client with one Service, the one above with a pod of it.
        (_, Some(mut cookie), _) => {
            cookie["name"] = format!("{base}-service").into();
            json!({"weighted": {"services": services, "sticky": {"cookie": cookie}}})
        }
        (_, None, Some(BY_SOURCE)) => json!({"highestRandomWeight": {"services": services}}),
        (_, None, _) => return (services, None),
    };
    let name = format!("{base}-weighted");
    let weighted = object(exposure, "TraefikService", &name, spec);
    (json!([{"kind": "TraefikService", "name": name}]), Some(weighted))
}

/// The strategy by which an address stays with a pod. It knows no cookie.
const BY_SOURCE: &str = "hrw";

/// How pods share the requests, if the Route tells.
fn strategy(exposure: &Exposure<'_>, has_cookie: bool, output: &mut Output<'_>) -> Option<&'static str> {
    let (setting, balance) = exposure.settings.iter().find_map(|setting| match setting.feature {
        Feature::Balance(balance) => Some((setting, balance)),
        _ => None,
    })?;
    let (strategy, difference) = match balance {
        Balance::RoundRobin => return Some("wrr"),
        Balance::LeastConnections | Balance::Random => {
            (Some("p2c"), "is served as `p2c`, the less busy of two random pods")
        }
        Balance::Source if has_cookie => (
            None,
            "gives way to the cookie, beside which Traefik cannot choose by address; clients without the cookie are served \
             round robin",
        ),
        Balance::Source => (Some(BY_SOURCE), "is served as `hrw`, a hash of the address Traefik sees"),
    };
    output.say(Rule::SimilarSetting, setting, difference);
    strategy
}

/// The cookie of sticky sessions, if the Route or the options want them.
pub(super) fn cookie(exposure: &Exposure<'_>, spec: &Spec) -> Option<Value> {
    let session = Session::of(exposure, spec.sticky_sessions)?;
    let mut cookie = json!({"httpOnly": true});
    if let Some(name) = session.name {
        cookie["name"] = name.into();
    }
    if let Some(same_site) = session.same_site {
        cookie["secure"] = true.into();
        cookie["sameSite"] = same_site.into();
    }
    Some(cookie)
}

/// ServersTransports, one for each backend, where backends speak TLS or must answer in time.
pub(super) fn transports(exposure: &Exposure<'_>, spec: &Spec, output: &mut Output<'_>) -> Vec<Value> {
    let base = exposure.base_name();
    let timeout = exposure.settings.iter().find_map(|setting| match setting.feature {
        Feature::Timeout(time) if time < Time::OF_BACKENDS => Some((setting, time)),
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
        let mut content = json!({});
        if let Some(backend_tls) = &exposure.backend_tls {
            match &backend_tls.trust {
                Trust::Anybody => {
                    content["insecureSkipVerify"] = true.into();
                    output.say(Rule::UnverifiedBackend, backend_tls.field, ANY_CERTIFICATE);
                }
                Trust::Ca(ca) => {
                    let holder = if ca.kind == CaHolder::Secret { "secret" } else { "configMap" };
                    content["rootCAs"] = json!([{holder: ca.name}]);
                    content["serverName"] = output.server_name(spec, exposure, &backend.service).into();
                }
                Trust::Written(pem) => {
                    let name = format!("{base}-backend-ca");
                    content["rootCAs"] = json!([{"configMap": name}]);
                    content["serverName"] = output.server_name(spec, exposure, &backend.service).into();
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
        if let Some((_, time)) = timeout {
            content["forwardingTimeouts"] = json!({"responseHeaderTimeout": time.to_string()});
        }
        let name = if exposure.backends.len() > 1 {
            format!("{base}-{}", fold(&backend.service))
        } else {
            format!("{base}-backend")
        };
        objects.push(object(exposure, "ServersTransport", &name, content));
    }
    objects.extend(authority);
    objects
}

/// Scheme and transport of a backend.
fn complete(exposure: &Exposure<'_>, backend: &Backend, transport: Option<&Value>, service: &mut Value) {
    if let Some(scheme) = scheme(exposure, backend) {
        service["scheme"] = scheme.into();
    }
    if let Some(transport) = transport {
        service["serversTransport"] = transport["metadata"]["name"].clone();
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
    match (&exposure.backend_tls, backend.port.speaks_h2c(), looks_like_tls) {
        (Some(_), ..) => Some("https"),
        (None, true, _) => Some("h2c"),
        (None, false, true) => Some("http"),
        (None, false, false) => None,
    }
}
