//! The Gateway API: HTTPRoute, TLSRoute and BackendTLSPolicy.
//!
//! Source: gateway-api v1.5 as Traefik v3.7 implements it.

mod keys;

use serde_json::{Value, json};

use super::output::{Dialect, NO_COOKIES, NO_TIMEOUT, Output, PROBES, REPLACES};
use crate::certificates;
use crate::config::{CaHolder, Spec};
use crate::exposure::{BackendPort, Certificate, Exposure, Path, Termination, Trust, fold};
use crate::route::InsecurePolicy;
use crate::rule::Rule;
use crate::settings::{Feature, Header};
use crate::target_keys::{Claim, Hand, ServicePorts};
use crate::values::{Rewrite, Time};

const API_VERSION: &str = "gateway.networking.k8s.io/v1";

/// The Gateway API.
pub(super) struct Gateway<'s> {
    pub(super) spec: &'s Spec,
}

impl Dialect for Gateway<'_> {
    fn write(&self, exposure: &Exposure<'_>, output: &mut Output<'_>) {
        let Some(backends) = backend_references(exposure, output) else { return };
        let gateway = &self.spec.gateway;
        if exposure.host.wildcard_domain().is_some() {
            let difference = "a Gateway takes the wildcard for any number of labels, OpenShift for one";
            output.say(Rule::WiderMatch, "spec.wildcardPolicy", difference);
            if exposure.path != Path::All {
                let difference =
                    "Traefik serves the path of a wildcard rather than the host itself without one, OpenShift not";
                output.say(Rule::WiderMatch, "spec.path", difference);
            }
        }
        match &exposure.termination {
            Termination::Passthrough { redirect } => {
                let spec = json!({
                    "parentRefs": [self.parent(&gateway.passthrough_listener)],
                    "hostnames": [exposure.host.name],
                    "rules": [{"backendRefs": backends}],
                });
                output.objects.push(exposure.object(API_VERSION, "TLSRoute", &tls_route_name(exposure), spec));
                for setting in &exposure.settings {
                    match setting.feature {
                        Feature::NoCookies => output.needless(setting, NO_COOKIES),
                        Feature::HealthCheckInterval(_) => output.needless(setting, PROBES),
                        _ => output.unsupported(setting, "a TLSRoute has no settings"),
                    }
                }
                if *redirect {
                    output.objects.push(self.redirect(exposure));
                }
            }
            Termination::Plain => {
                let listeners = [gateway.http_listener.as_str()];
                let route = self.http_route(exposure, &listeners, &backends, output);
                output.objects.push(route);
            }
            Termination::Edge { insecure, certificate } => {
                let listeners = match insecure {
                    InsecurePolicy::Allow => vec![gateway.http_listener.as_str(), gateway.https_listener.as_str()],
                    _ => vec![gateway.https_listener.as_str()],
                };
                let route = self.http_route(exposure, &listeners, &backends, output);
                output.objects.push(route);
                if *insecure == InsecurePolicy::Redirect {
                    output.objects.push(self.redirect(exposure));
                }
                self.listener_certificate(exposure, certificate, output);
            }
        }
        self.backend_tls(exposure, output);
    }

    fn concerns(&self, group: &str, kind: &str) -> bool {
        keys::concerns(group, kind)
    }

    fn claims<'b>(&self, hand: &Hand<'b>, ports: &ServicePorts<'_>) -> Vec<Claim<'b>> {
        keys::claims(hand, ports)
    }
}

impl Gateway<'_> {
    fn parent(&self, listener: &str) -> Value {
        let gateway = &self.spec.gateway;
        let mut parent = json!({"name": gateway.name, "sectionName": listener});
        if !gateway.namespace.is_empty() {
            parent["namespace"] = gateway.namespace.clone().into();
        }
        parent
    }

    fn http_route(
        &self,
        exposure: &Exposure<'_>,
        listeners: &[&str],
        backends: &Value,
        output: &mut Output<'_>,
    ) -> Value {
        let mut rule = json!({"matches": [matches(exposure)], "backendRefs": backends});
        let filters = filters(exposure, output);
        if !filters.is_empty() {
            rule["filters"] = filters.into();
        }
        let spec = json!({
            "parentRefs": listeners.iter().map(|listener| self.parent(listener)).collect::<Vec<_>>(),
            "hostnames": [exposure.host.name],
            "rules": [rule],
        });
        exposure.object(API_VERSION, "HTTPRoute", &exposure.name, spec)
    }

    fn redirect(&self, exposure: &Exposure<'_>) -> Value {
        let filter = json!({"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 302}});
        let spec = json!({
            "parentRefs": [self.parent(&self.spec.gateway.http_listener)],
            "hostnames": [exposure.host.name],
            "rules": [{"matches": [matches(exposure)], "filters": [filter]}],
        });
        exposure.object(API_VERSION, "HTTPRoute", &format!("{}-http", exposure.base_name()), spec)
    }

    /// The certificate of a Gateway belongs to its listener, which is not a Route's to change. It is ordered where the Route
    /// is, so that the Gateway needs leave to read it.
    fn listener_certificate(&self, exposure: &Exposure<'_>, certificate: &Certificate, output: &mut Output<'_>) {
        let Some(secret) = certificate.secret() else { return };
        let grant = certificates::grant(exposure, secret, &self.spec.gateway.namespace);
        let place = match (&grant, &exposure.namespace) {
            (Some(_), Some(namespace)) => format!(" of namespace `{namespace}`"),
            _ => String::new(),
        };
        let difference = format!(
            "the listener of the Gateway must serve a certificate for `{}`; add the Secret `{secret}`{place} to its certificateRefs",
            exposure.host.name
        );
        output.say(Rule::GatewayCertificate, "spec.tls", difference);
        output.objects.extend(certificates::object(exposure, certificate));
        output.objects.extend(grant);
    }

    fn backend_tls(&self, exposure: &Exposure<'_>, output: &mut Output<'_>) {
        let Some(backend_tls) = &exposure.backend_tls else { return };
        let base = exposure.base_name();
        let (kind, name) = match &backend_tls.trust {
            Trust::Anybody => {
                let reason = "a BackendTLSPolicy always verifies; name the CA by spec.backendCA of the function";
                return output.impossible(backend_tls.field, reason);
            }
            Trust::Ca(ca) if ca.kind == CaHolder::Secret => ("Secret", ca.name.clone()),
            Trust::Ca(ca) => ("ConfigMap", ca.name.clone()),
            Trust::Written(pem) => {
                let name = format!("{base}-backend-ca");
                output.objects.push(exposure.authority("ConfigMap", "data", &name, pem));
                ("ConfigMap", name)
            }
        };
        for backend in &exposure.backends {
            let mut target = json!({"group": "", "kind": "Service", "name": backend.reference()});
            // Without it the policy would be about every port of the Service.
            if let Some(port) = &backend.port.name {
                target["sectionName"] = port.clone().into();
            }
            let spec = json!({
                "targetRefs": [target],
                "validation": {
                    "caCertificateRefs": [{"group": "", "kind": kind, "name": name}],
                    "hostname": output.server_name(self.spec, exposure, &backend.service),
                },
            });
            let policy_name = format!("{base}-{}", fold(&backend.service));
            output.objects.push(exposure.object(API_VERSION, "BackendTLSPolicy", &policy_name, spec));
        }
        let difference = "is believed only for the host name of spec.backendServerName, which OpenShift does not look at; \
                          the certificate of the backend must hold that name";
        output.say(Rule::BackendServerName, backend_tls.field, difference);
    }
}

/// Traefik knows a TLSRoute by namespace and name alone.
fn tls_route_name(exposure: &Exposure<'_>) -> String {
    if exposure.apart.names { exposure.base_name() } else { exposure.name.clone() }
}

fn backend_references(exposure: &Exposure<'_>, output: &mut Output<'_>) -> Option<Value> {
    let several = exposure.backends.len() > 1;
    let mut references = Vec::new();
    for backend in &exposure.backends {
        if let Some((reason, remedy)) = protocol_problem(exposure, &backend.port) {
            let reason = format!("{reason}; {remedy} to the port of the Service `{}`", backend.service);
            output.impossible("spec.port.targetPort", reason);
            return None;
        }
        let Some(number) = backend.port.number else {
            let reason =
                "a Gateway needs the number of the Service port, which the build does not tell; add the Service";
            output.impossible("spec.port.targetPort", reason);
            return None;
        };
        let mut reference = json!({"name": backend.reference(), "port": number});
        if several {
            reference["weight"] = backend.weight.into();
        }
        references.push(reference);
    }
    Some(references.into())
}

/// Why Traefik would speak something else to a port than OpenShift does, and what helps.
///
/// Source: traefik `pkg/provider/kubernetes/gateway/httproute.go` (`getHTTPServiceProtocol`).
fn protocol_problem(exposure: &Exposure<'_>, port: &BackendPort) -> Option<(String, &'static str)> {
    const HTTP: &str = "give `appProtocol: http`";
    let is_passthrough = matches!(exposure.termination, Termination::Passthrough { .. });
    if is_passthrough || exposure.backend_tls.is_some() {
        return None;
    }
    let Some(protocol) = port.app_protocol.as_deref() else {
        let is_taken = port.number == Some(443) || port.name.as_deref().is_some_and(|name| name.starts_with("https"));
        let reason = "Traefik before 3.7.15 takes port 443, and a name like `https`, for TLS, which OpenShift does not speak here";
        return is_taken.then(|| (reason.to_owned(), HTTP));
    };
    match protocol.to_ascii_lowercase().as_str() {
        "http" | "kubernetes.io/ws" => None,
        "kubernetes.io/h2c" if port.speaks_h2c() => None,
        _ if port.speaks_h2c() => {
            let reason = format!("a Gateway of Traefik does not know the appProtocol `{protocol}`");
            Some((reason, "give `appProtocol: kubernetes.io/h2c`, which OpenShift reads alike,"))
        }
        _ => {
            let reason = format!(
                "OpenShift speaks plain HTTP whatever the appProtocol `{protocol}` says, and a Gateway does not"
            );
            Some((reason, HTTP))
        }
    }
}

fn matches(exposure: &Exposure<'_>) -> Value {
    json!({"path": {"type": "PathPrefix", "value": exposure.path.text()}})
}

fn filters(exposure: &Exposure<'_>, output: &mut Output<'_>) -> Vec<Value> {
    let mut request = HeaderFilter::default();
    let mut response = HeaderFilter::default();
    let mut filters = Vec::new();
    if matches!(exposure.path, Path::Below(_)) {
        output.say(Rule::WiderMatch, "spec.path", "a Gateway serves the path without its last slash too");
    }
    for setting in &exposure.settings {
        match &setting.feature {
            Feature::RequestHeader(header) => request.add(header),
            Feature::ResponseHeader(header) => response.add(header),
            Feature::Hsts(hsts) => {
                response.add(&Header { name: "Strict-Transport-Security".to_owned(), value: Some(hsts.to_string()) });
            }
            Feature::Rewrite(rewrite) => {
                filters.push(json!({
                    "type": "URLRewrite",
                    "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": rewrite.target}},
                }));
                if !rewrite.joins_by_one_slash() {
                    output.say(Rule::SimilarSetting, setting, Rewrite::ONE_SLASH);
                }
            }
            Feature::NoCookies => output.needless(setting, NO_COOKIES),
            Feature::HealthCheckInterval(_) => output.needless(setting, PROBES),
            Feature::ForwardedHeaders(mode) if mode == "replace" => output.needless(setting, REPLACES),
            Feature::ForwardedHeaders(_) => {
                output.unsupported(setting, "what clients may send in these headers is a setting of the controller");
            }
            Feature::Timeout(time) if *time < Time::OF_BACKENDS => {
                output.unsupported(setting, "Traefik has no timeouts of HTTPRoutes");
            }
            Feature::TunnelTimeout(time) if *time < Time::OF_TUNNELS => {
                output.unsupported(setting, "Traefik never cuts a silent tunnel");
            }
            Feature::Timeout(_) | Feature::TunnelTimeout(_) => output.needless(setting, NO_TIMEOUT),
            Feature::Balance(_) => {
                output.unsupported(setting, "an HTTPRoute cannot choose how pods share the requests");
            }
            Feature::Cookie(_) | Feature::CookieSameSite(_) => {
                output.unsupported(setting, "an HTTPRoute has no sticky sessions");
            }
            Feature::AllowList(_)
            | Feature::ConcurrentConnections(_)
            | Feature::ConnectionRate(_)
            | Feature::RequestRate(_) => {
                output.unsupported(setting, "an HTTPRoute cannot limit sources");
            }
            Feature::PodConnections(_) => {
                output.unsupported(setting, "an HTTPRoute cannot limit the connections of a pod");
            }
        }
    }
    filters.extend(request.filter("RequestHeaderModifier", "requestHeaderModifier"));
    filters.extend(response.filter("ResponseHeaderModifier", "responseHeaderModifier"));
    filters
}

#[derive(Default)]
struct HeaderFilter {
    set: Vec<Value>,
    remove: Vec<Value>,
}

impl HeaderFilter {
    fn add(&mut self, header: &Header) {
        match &header.value {
            Some(value) => self.set.push(json!({"name": header.name, "value": value})),
            None => self.remove.push(header.name.clone().into()),
        }
    }

    fn filter(self, kind: &str, field: &str) -> Option<Value> {
        let mut changes = json!({});
        if !self.set.is_empty() {
            changes["set"] = self.set.into();
        }
        if !self.remove.is_empty() {
            changes["remove"] = self.remove.into();
        }
        (changes != json!({})).then(|| json!({"type": kind, field: changes}))
    }
}
