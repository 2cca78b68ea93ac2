//! The Gateway API: HTTPRoute, TLSRoute and BackendTLSPolicy.
//!
//! Source: gateway-api v1.5 as Traefik v3.7 implements it.

mod keys;

use serde_json::{Value, json};

use super::output::{Dialect, NO_COOKIES, NO_TIMEOUT, Output, PROBES, REPLACES};
use crate::certificates;
use crate::config::{CaHolder, Spec};
use crate::exposure::{Backend, Certificate, Exposure, Path, Termination, Trust, fold};
use crate::route::InsecurePolicy;
use crate::rule::Rule;
use crate::settings::{DEFAULT_TIMEOUT, DEFAULT_TUNNEL_TIMEOUT, Feature, Header};
use crate::target_keys::{Claim, Hand, ServicePorts};

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
        output.say(Rule::GatewayCertificate, "spec.tls", &difference);
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
                    "hostname": self.spec.server_name(&backend.service, exposure.namespace.as_deref()),
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
    let reference = |backend: &Backend| {
        let mut reference = json!({"name": backend.reference(), "port": backend.port.number?});
        if several {
            reference["weight"] = backend.weight.into();
        }
        Some(reference)
    };
    let references: Option<Vec<_>> = exposure.backends.iter().map(reference).collect();
    if references.is_none() {
        let reason = "a Gateway needs the number of the Service port, which the build does not tell; add the Service";
        output.impossible("spec.port.targetPort", reason);
    }
    references.map(Value::from)
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
        let mut refuse = |reason: &str| output.unsupported(setting, reason);
        match &setting.feature {
            Feature::RequestHeader(header) => request.add(header),
            Feature::ResponseHeader(header) => response.add(header),
            Feature::Hsts(hsts) => {
                let mut value = format!("max-age={}", hsts.max_age);
                if hsts.include_subdomains {
                    value.push_str("; includeSubDomains");
                }
                if hsts.preload {
                    value.push_str("; preload");
                }
                response.add(&Header { name: "Strict-Transport-Security".to_owned(), value: Some(value) });
            }
            Feature::Rewrite(target) => filters.push(json!({
                "type": "URLRewrite",
                "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": target}},
            })),
            Feature::NoCookies => output.needless(setting, NO_COOKIES),
            Feature::HealthCheckInterval(_) => output.needless(setting, PROBES),
            Feature::ForwardedHeaders(mode) if mode == "replace" => output.needless(setting, REPLACES),
            Feature::ForwardedHeaders(_) => {
                refuse("what clients may send in these headers is a setting of the controller");
            }
            Feature::Timeout(seconds) if *seconds < DEFAULT_TIMEOUT => refuse("Traefik has no timeouts of HTTPRoutes"),
            Feature::TunnelTimeout(seconds) if *seconds < DEFAULT_TUNNEL_TIMEOUT => {
                refuse("Traefik never cuts a silent tunnel");
            }
            Feature::Timeout(_) | Feature::TunnelTimeout(_) => output.needless(setting, NO_TIMEOUT),
            Feature::Balance(_) => refuse("an HTTPRoute cannot choose how pods share the requests"),
            Feature::Cookie(_) | Feature::CookieSameSite(_) => refuse("an HTTPRoute has no sticky sessions"),
            Feature::AllowList(_)
            | Feature::ConcurrentConnections(_)
            | Feature::ConnectionRate(_)
            | Feature::RequestRate(_) => {
                refuse("an HTTPRoute cannot limit sources");
            }
            Feature::PodConnections(_) => refuse("an HTTPRoute cannot limit the connections of a pod"),
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
