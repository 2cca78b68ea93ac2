//! Traefik v3: an Ingress where it can express the Route, else IngressRoutes.
//!
//! Source: traefik `pkg/provider/kubernetes/{ingress,crd}`, `pkg/server/aggregator.go`, v3.7.

use serde_json::{Map, Value, json};

use super::ingress::{PathStyle, ingress, issuer, path_problem};
use super::{Dialect, NO_COOKIES, NO_TIMEOUT, Output, PROBES, REPLACES};
use crate::config::{CaHolder, Spec, Target};
use crate::exposure::{Backend, Certificate, Exposure, Path, Termination, Trust, fold};
use crate::route::InsecurePolicy;
use crate::settings::{Balance, DEFAULT_TIMEOUT, DEFAULT_TUNNEL_TIMEOUT, Feature, Header, Setting};

const API_VERSION: &str = "traefik.io/v1alpha1";
const ENTRY_POINTS: &str = "traefik.ingress.kubernetes.io/router.entrypoints";
const TLS: &str = "traefik.ingress.kubernetes.io/router.tls";
const PRIORITY: &str = "traefik.ingress.kubernetes.io/router.priority";
const MIDDLEWARES: &str = "traefik.ingress.kubernetes.io/router.middlewares";

/// Traefik v3 as K3s brings it.
pub(super) struct Traefik<'s> {
    pub(super) spec: &'s Spec,
}

impl Dialect for Traefik<'_> {
    fn write(&self, exposure: &Exposure<'_>, output: &mut Output) {
        if let Termination::Passthrough { redirect } = exposure.termination {
            return self.passthrough(exposure, redirect, output);
        }
        let reason = self.beyond_ingress(exposure);
        match (self.spec.target, reason) {
            (Target::Ingress, Some((field, reason))) => {
                let reason = format!("{reason}; set spec.target of the function to `Auto`");
                output.impossible(exposure, &field, &reason);
            }
            (Target::IngressRoute, _) | (_, Some(_)) => self.ingress_route(exposure, output),
            (_, None) => self.ingress(exposure, output),
        }
    }
}

impl Traefik<'_> {
    /// The field that an Ingress of Traefik cannot express, and why.
    fn beyond_ingress(&self, exposure: &Exposure<'_>) -> Option<(String, &'static str)> {
        let of_route = |field: &str, reason| Some((field.to_owned(), reason));
        if exposure.backends.len() > 1 {
            return of_route("spec.alternateBackends", "an Ingress of Traefik cannot weigh backends");
        }
        if let Some(backend_tls) = &exposure.backend_tls {
            return of_route(backend_tls.field, "an Ingress of Traefik has no TLS of its own to the backend");
        }
        if exposure.backends.iter().any(|backend| scheme(exposure, backend).is_some()) {
            let reason = "Traefik would guess another protocol from the port, and an Ingress cannot tell it";
            return of_route("spec.port.targetPort", reason);
        }
        if let Some(reason) = path_problem(&exposure.path) {
            return of_route("spec.path", reason);
        }
        if self.cookie(exposure).is_some() {
            return of_route("metadata.annotations", "an Ingress of Traefik has no cookie of its own");
        }
        let setting = exposure.settings.iter().find(|setting| match &setting.feature {
            Feature::Balance(_) => true,
            Feature::Timeout(seconds) => *seconds < DEFAULT_TIMEOUT,
            _ => false,
        })?;
        Some((setting.field.clone(), "an Ingress of Traefik cannot set this for one Route"))
    }

    fn ingress(&self, exposure: &Exposure<'_>, output: &mut Output) {
        let class = &self.spec.ingress_class_name;
        let entry_points = &self.spec.entry_points;
        let middlewares = self.middlewares(exposure, output);
        let Some(references) = self.references(exposure, &middlewares, output) else { return };
        let name = exposure.route.name();
        let mut annotations = Vec::from_iter(priority(exposure).map(|priority| (PRIORITY, priority.to_string())));
        if !references.is_empty() {
            annotations.push((MIDDLEWARES, references.join(",")));
        }
        let style = PathStyle::ExactAndBelow;
        match &exposure.termination {
            Termination::Edge { insecure, certificate } => {
                annotations.extend(issuer(certificate));
                let https = match insecure {
                    // With TLS forced, plain HTTP would find nothing; the entry point brings TLS by itself.
                    InsecurePolicy::Allow => {
                        vec![(ENTRY_POINTS, format!("{},{}", entry_points.http, entry_points.https))]
                    }
                    _ => vec![(ENTRY_POINTS, entry_points.https.clone()), (TLS, "true".to_owned())],
                };
                let https = [https, annotations].concat();
                output.objects.push(ingress(exposure, name, class, &https, Some(certificate), style));
                if *insecure == InsecurePolicy::Redirect {
                    self.redirect_ingress(exposure, output);
                }
            }
            _ => {
                annotations.push((ENTRY_POINTS, entry_points.http.clone()));
                output.objects.push(ingress(exposure, name, class, &annotations, None, style));
            }
        }
        output.objects.extend(middlewares);
    }

    /// An Ingress that redirects plain HTTP, with its Middleware.
    fn redirect_ingress(&self, exposure: &Exposure<'_>, output: &mut Output) {
        let redirect = redirect(exposure);
        let Some(references) = self.references(exposure, std::slice::from_ref(&redirect), output) else { return };
        let annotations = [(ENTRY_POINTS, self.spec.entry_points.http.clone()), (MIDDLEWARES, references.join(","))];
        let name = format!("{}-http", exposure.base_name());
        let class = &self.spec.ingress_class_name;
        output.objects.push(ingress(exposure, &name, class, &annotations, None, PathStyle::ExactAndBelow));
        output.objects.push(redirect);
    }

    /// Middlewares as annotations name them: namespace and name, folded, and their provider.
    fn references(&self, exposure: &Exposure<'_>, middlewares: &[Value], output: &mut Output) -> Option<Vec<String>> {
        let names = middlewares.iter().filter_map(|middleware| middleware["metadata"]["name"].as_str());
        match (&exposure.namespace, middlewares.is_empty()) {
            (_, true) => Some(Vec::new()),
            (Some(namespace), _) => {
                Some(names.map(|name| format!("{}@kubernetescrd", fold(&format!("{namespace}-{name}")))).collect())
            }
            (None, _) => {
                let reason = "is not given, but the Ingress must name it with its Middleware; set spec.namespace of the function";
                output.impossible(exposure, "metadata.namespace", reason);
                None
            }
        }
    }

    fn ingress_route(&self, exposure: &Exposure<'_>, output: &mut Output) {
        let entry_points = &self.spec.entry_points;
        let base = exposure.base_name();
        let middlewares = self.middlewares(exposure, output);
        let transports = self.transports(exposure, output);
        let services = self.services(exposure, &transports, output);
        let route = |name: &str, entry_point: &str, tls: Option<Value>, middlewares: &[Value], services: &Value| {
            let mut rule = json!({"kind": "Rule", "match": matcher(exposure), "services": services});
            if let Some(priority) = priority(exposure) {
                rule["priority"] = priority.into();
            }
            if !middlewares.is_empty() {
                let names: Vec<_> =
                    middlewares.iter().map(|middleware| json!({"name": middleware["metadata"]["name"]})).collect();
                rule["middlewares"] = names.into();
            }
            let mut spec = json!({"entryPoints": [entry_point], "routes": [rule]});
            if let Some(tls) = tls {
                spec["tls"] = tls;
            }
            self.classed(exposure.object(API_VERSION, "IngressRoute", name, spec))
        };
        let http_name = format!("{base}-http");
        match &exposure.termination {
            Termination::Edge { insecure, certificate } => {
                let tls = certificate.secret().map_or_else(|| json!({}), |secret| json!({"secretName": secret}));
                output.objects.push(route(
                    exposure.route.name(),
                    &entry_points.https,
                    Some(tls),
                    &middlewares,
                    &services,
                ));
                match insecure {
                    InsecurePolicy::None => {}
                    InsecurePolicy::Allow => {
                        output.objects.push(route(&http_name, &entry_points.http, None, &middlewares, &services));
                    }
                    InsecurePolicy::Redirect => {
                        let redirect = redirect(exposure);
                        let any = json!([service(&exposure.backends[0])]);
                        output.objects.push(route(
                            &http_name,
                            &entry_points.http,
                            None,
                            std::slice::from_ref(&redirect),
                            &any,
                        ));
                        output.objects.push(redirect);
                    }
                }
                output.objects.extend(order(exposure, certificate));
            }
            _ => output.objects.push(route(exposure.route.name(), &entry_points.http, None, &middlewares, &services)),
        }
        output.objects.extend(middlewares);
        output.objects.extend(transports);
        if services[0]["kind"] == "TraefikService" {
            output.objects.push(self.weighted(exposure, &base));
        }
    }

    /// The class of a Traefik that serves one class only.
    fn classed(&self, mut object: Value) -> Value {
        if self.spec.ingress_class_name != "traefik" {
            let annotations = &mut object["metadata"]["annotations"];
            if annotations.is_null() {
                *annotations = Value::Object(Map::new());
            }
            annotations["kubernetes.io/ingress.class"] = self.spec.ingress_class_name.clone().into();
        }
        object
    }

    /// The backends of an IngressRoute.
    fn services(&self, exposure: &Exposure<'_>, transports: &[Value], output: &mut Output) -> Value {
        let cookie = self.cookie(exposure);
        if exposure.backends.len() > 1 && cookie.is_some() {
            return json!([{"kind": "TraefikService", "name": format!("{}-weighted", exposure.base_name())}]);
        }
        let several = exposure.backends.len() > 1;
        let services = exposure.backends.iter().enumerate().map(|(index, backend)| {
            let mut service = service(backend);
            if several {
                service["weight"] = backend.weight.into();
            }
            self.complete(exposure, backend, transports.get(index).or(transports.first()), &mut service, output);
            if let Some(cookie) = &cookie {
                service["sticky"] = json!({"cookie": cookie});
            }
            service
        });
        services.collect()
    }

    /// Scheme, transport and strategy of a backend.
    fn complete(
        &self,
        exposure: &Exposure<'_>,
        backend: &Backend,
        transport: Option<&Value>,
        service: &mut Value,
        output: &mut Output,
    ) {
        if let Some(scheme) = scheme(exposure, backend) {
            service["scheme"] = scheme.into();
        }
        if let Some(transport) = transport {
            service["serversTransport"] = transport["metadata"]["name"].clone();
        }
        for setting in &exposure.settings {
            let Feature::Balance(balance) = setting.feature else { continue };
            let (strategy, difference) = match balance {
                Balance::RoundRobin => ("wrr", None),
                Balance::LeastConnections => ("p2c", Some("is served as `p2c`, the less busy of two random pods")),
                Balance::Source => ("hrw", Some("is served as `hrw`, a hash of the address Traefik sees")),
                Balance::Random => ("p2c", Some("is served as `p2c`, the less busy of two random pods")),
            };
            service["strategy"] = strategy.into();
            if let Some(difference) = difference {
                output.close(exposure, &setting.field, difference);
            }
        }
    }

    /// The weighted round robin that keeps clients with one Service, and there with one pod.
    fn weighted(&self, exposure: &Exposure<'_>, base: &str) -> Value {
        let cookie = self.cookie(exposure).unwrap_or_default();
        let mut ignored = Output::new(self.spec.unsupported);
        let transports = self.transports(exposure, &mut ignored);
        let services: Vec<_> = exposure
            .backends
            .iter()
            .enumerate()
            .map(|(index, backend)| {
                let mut service = service(backend);
                service["weight"] = backend.weight.into();
                self.complete(
                    exposure,
                    backend,
                    transports.get(index).or(transports.first()),
                    &mut service,
                    &mut ignored,
                );
                service["sticky"] = json!({"cookie": cookie});
                service
            })
            .collect();
        let spec = json!({"weighted": {"services": services, "sticky": {"cookie": {"httpOnly": true, "name": format!("{base}-service")}}}});
        exposure.object(API_VERSION, "TraefikService", &format!("{base}-weighted"), spec)
    }

    /// The cookie of sticky sessions, if the Route or the options want them.
    fn cookie(&self, exposure: &Exposure<'_>) -> Option<Value> {
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
        if refused || !(self.spec.sticky_sessions || name.is_some() || same_site.is_some()) {
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
    fn transports(&self, exposure: &Exposure<'_>, output: &mut Output) -> Vec<Value> {
        let base = exposure.base_name();
        let timeout = exposure.settings.iter().find_map(|setting| match setting.feature {
            Feature::Timeout(seconds) if seconds < DEFAULT_TIMEOUT => Some((setting, seconds)),
            _ => None,
        });
        if let Some((setting, _)) = timeout {
            output.close(
                exposure,
                &setting.field,
                "limits the time until the first byte of an answer, not the silence between bytes",
            );
        }
        if exposure.backend_tls.is_none() && timeout.is_none() {
            return Vec::new();
        }
        let mut objects = Vec::new();
        let mut authority = None;
        for backend in &exposure.backends {
            let mut spec = json!({});
            if let Some(backend_tls) = &exposure.backend_tls {
                match &backend_tls.trust {
                    Trust::Anybody => {
                        spec["insecureSkipVerify"] = true.into();
                        output.close(
                            exposure,
                            backend_tls.field,
                            "trusts any certificate of the backend, as spec.insecureBackends allows",
                        );
                    }
                    Trust::Ca(ca) => {
                        let holder = if ca.kind == CaHolder::Secret { "secret" } else { "configMap" };
                        spec["rootCAs"] = json!([{holder: ca.name}]);
                        spec["serverName"] = self.server_name(exposure, backend).into();
                    }
                    Trust::Written(pem) => {
                        let name = format!("{base}-backend-ca");
                        spec["rootCAs"] = json!([{"configMap": name}]);
                        spec["serverName"] = self.server_name(exposure, backend).into();
                        authority = Some(ca_config_map(exposure, &name, pem));
                        output.close(
                            exposure,
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
            objects.push(exposure.object(API_VERSION, "ServersTransport", &name, spec));
        }
        objects.extend(authority);
        objects
    }

    fn server_name(&self, exposure: &Exposure<'_>, backend: &Backend) -> String {
        self.spec.server_name(&backend.service, exposure.namespace.as_deref())
    }

    /// The Middlewares of a Route, in the order in which they work.
    fn middlewares(&self, exposure: &Exposure<'_>, output: &mut Output) -> Vec<Value> {
        let mut middlewares = Vec::new();
        let mut headers = Map::new();
        for (_, setting) in ordered(&exposure.settings) {
            let mut add = |suffix: &str, spec: Value| middlewares.push(middleware(exposure, suffix, spec));
            match &setting.feature {
                Feature::AllowList(sources) => {
                    add("allow", json!({"ipAllowList": {"sourceRange": sources}}));
                    output.close(exposure, &setting.field, HIDDEN_SOURCE);
                }
                Feature::RequestRate(rate) => {
                    add("rate", json!({"rateLimit": {"average": rate, "period": "10s", "burst": rate}}));
                    output.close(exposure, &setting.field, HIDDEN_SOURCE);
                }
                Feature::ConcurrentConnections(amount) => {
                    add(
                        "inflight",
                        json!({"inFlightReq": {"amount": amount, "sourceCriterion": {"ipStrategy": {"depth": 0}}}}),
                    );
                    output.close(exposure, &setting.field, "limits requests in flight instead of open connections");
                }
                Feature::Rewrite(target) => add("rewrite", rewrite(&exposure.path, target)),
                Feature::Hsts(hsts) => {
                    if hsts.max_age == 0 {
                        set_header(&mut headers, "customResponseHeaders", "Strict-Transport-Security", "max-age=0");
                    } else {
                        headers.insert("stsSeconds".to_owned(), hsts.max_age.into());
                        headers.insert("stsIncludeSubdomains".to_owned(), hsts.include_subdomains.into());
                        headers.insert("stsPreload".to_owned(), hsts.preload.into());
                    }
                }
                Feature::RequestHeader(Header { name, value }) => {
                    set_header(&mut headers, "customRequestHeaders", name, value.as_deref().unwrap_or_default());
                }
                Feature::ResponseHeader(Header { name, value }) => {
                    set_header(&mut headers, "customResponseHeaders", name, value.as_deref().unwrap_or_default());
                }
                Feature::TunnelTimeout(seconds) if *seconds < DEFAULT_TUNNEL_TIMEOUT => {
                    output.unsupported(exposure, &setting.field, "Traefik never cuts a silent tunnel");
                }
                Feature::ConnectionRate(_) => {
                    output.unsupported(exposure, &setting.field, "Traefik counts requests, not new connections");
                }
                Feature::PodConnections(_) => {
                    output.unsupported(exposure, &setting.field, "Traefik cannot limit the connections of a pod");
                }
                Feature::ForwardedHeaders(mode) if mode != "replace" => {
                    let reason =
                        "Traefik replaces these headers; what clients may send is a setting of its entry points";
                    output.unsupported(exposure, &setting.field, reason);
                }
                Feature::Timeout(seconds) if *seconds >= DEFAULT_TIMEOUT => {
                    output.needless(exposure, &setting.field, NO_TIMEOUT);
                }
                Feature::TunnelTimeout(_) => output.needless(exposure, &setting.field, NO_TIMEOUT),
                Feature::HealthCheckInterval(_) => output.needless(exposure, &setting.field, PROBES),
                Feature::ForwardedHeaders(_) => output.needless(exposure, &setting.field, REPLACES),
                Feature::NoCookies => output.needless(exposure, &setting.field, NO_COOKIES),
                // These stand beside the backends.
                Feature::Timeout(_) | Feature::Balance(_) | Feature::Cookie(_) | Feature::CookieSameSite(_) => {}
            }
        }
        if !headers.is_empty() {
            middlewares.push(middleware(exposure, "headers", json!({"headers": headers})));
        }
        middlewares
    }

    fn passthrough(&self, exposure: &Exposure<'_>, redirect_http: bool, output: &mut Output) {
        if self.spec.target == Target::Ingress {
            let reason = "`passthrough` is TCP, and an Ingress of Traefik is HTTP only; set spec.target of the function to `Auto`";
            return output.impossible(exposure, "spec.tls.termination", reason);
        }
        let base = exposure.base_name();
        let several = exposure.backends.len() > 1;
        let services: Vec<_> = exposure
            .backends
            .iter()
            .map(|backend| {
                let mut service = service(backend);
                if several {
                    service["weight"] = backend.weight.into();
                }
                service
            })
            .collect();
        let middlewares = self.tcp_middlewares(exposure, output);
        let mut rule = json!({"match": sni_matcher(exposure), "services": services});
        if !middlewares.is_empty() {
            rule["middlewares"] =
                middlewares.iter().map(|middleware| json!({"name": middleware["metadata"]["name"]})).collect();
        }
        let spec = json!({
            "entryPoints": [self.spec.entry_points.https], "routes": [rule], "tls": {"passthrough": true},
        });
        output.objects.push(self.classed(exposure.object(API_VERSION, "IngressRouteTCP", exposure.route.name(), spec)));
        output.objects.extend(middlewares);
        if redirect_http {
            let redirect = redirect(exposure);
            let rule = json!({
                "kind": "Rule",
                "match": matcher(exposure),
                "services": [service(&exposure.backends[0])],
                "middlewares": [{"name": redirect["metadata"]["name"]}],
            });
            let spec = json!({"entryPoints": [self.spec.entry_points.http], "routes": [rule]});
            output.objects.push(self.classed(exposure.object(
                API_VERSION,
                "IngressRoute",
                &format!("{base}-http"),
                spec,
            )));
            output.objects.push(redirect);
        }
    }

    fn tcp_middlewares(&self, exposure: &Exposure<'_>, output: &mut Output) -> Vec<Value> {
        let base = exposure.base_name();
        let mut middlewares = Vec::new();
        for (_, setting) in ordered(&exposure.settings) {
            let mut add = |suffix: &str, spec: Value| {
                middlewares.push(exposure.object(API_VERSION, "MiddlewareTCP", &format!("{base}-{suffix}"), spec));
            };
            match &setting.feature {
                Feature::AllowList(sources) => {
                    add("allow", json!({"ipAllowList": {"sourceRange": sources}}));
                    output.close(exposure, &setting.field, HIDDEN_SOURCE);
                }
                Feature::ConcurrentConnections(amount) => add("inflight", json!({"inFlightConn": {"amount": amount}})),
                Feature::Timeout(seconds) | Feature::TunnelTimeout(seconds) if *seconds < DEFAULT_TUNNEL_TIMEOUT => {
                    output.unsupported(exposure, &setting.field, "Traefik never cuts a silent tunnel");
                }
                Feature::Timeout(_) | Feature::TunnelTimeout(_) => {
                    output.needless(exposure, &setting.field, NO_TIMEOUT);
                }
                Feature::HealthCheckInterval(_) => output.needless(exposure, &setting.field, PROBES),
                Feature::NoCookies => output.needless(exposure, &setting.field, NO_COOKIES),
                Feature::Balance(Balance::RoundRobin) => {
                    output.needless(exposure, &setting.field, "Traefik serves TCP round robin");
                }
                Feature::Balance(_) => {
                    output.unsupported(exposure, &setting.field, "Traefik serves TCP round robin only");
                }
                Feature::ConnectionRate(_) | Feature::PodConnections(_) => {
                    output.unsupported(exposure, &setting.field, "Traefik cannot limit this for TCP");
                }
                // OpenShift cannot look into the tunnel either, so these never worked.
                Feature::Cookie(_)
                | Feature::CookieSameSite(_)
                | Feature::RequestRate(_)
                | Feature::Rewrite(_)
                | Feature::Hsts(_)
                | Feature::ForwardedHeaders(_)
                | Feature::RequestHeader(_)
                | Feature::ResponseHeader(_) => {
                    output.close(
                        exposure,
                        &setting.field,
                        "has no effect on passthrough, on OpenShift either, and is left out",
                    );
                }
            }
        }
        middlewares
    }
}

const HIDDEN_SOURCE: &str = "acts on the address that Traefik sees, and answers by a status where OpenShift cuts the connection; \
     behind a load balancer or ServiceLB that is the client's only with externalTrafficPolicy Local or the PROXY protocol";

/// Middlewares work in this order: first who may come in, then what is changed.
fn ordered(settings: &[Setting]) -> Vec<(u8, &Setting)> {
    let mut ordered: Vec<_> = settings
        .iter()
        .map(|setting| match setting.feature {
            Feature::AllowList(_) => (0, setting),
            Feature::RequestRate(_) => (1, setting),
            Feature::ConcurrentConnections(_) => (2, setting),
            Feature::Rewrite(_) => (3, setting),
            _ => (4, setting),
        })
        .collect();
    ordered.sort_by_key(|(rank, _)| *rank);
    ordered
}

fn middleware(exposure: &Exposure<'_>, suffix: &str, spec: Value) -> Value {
    exposure.object(API_VERSION, "Middleware", &format!("{}-{suffix}", exposure.base_name()), spec)
}

fn redirect(exposure: &Exposure<'_>) -> Value {
    middleware(exposure, "https", json!({"redirectScheme": {"scheme": "https", "permanent": false}}))
}

fn set_header(headers: &mut Map<String, Value>, direction: &str, name: &str, value: &str) {
    let changes = headers.entry(direction).or_insert_with(|| Value::Object(Map::new()));
    changes[name] = value.into();
}

/// The path rewrite of the OpenShift router, its path taken literally.
fn rewrite(path: &Path, target: &str) -> Value {
    let path = if *path == Path::All { "/" } else { path.text() };
    let literal = regex_literal(path);
    let (regex, replacement) = if target == "/" {
        (format!("^{literal}/?(.*)$"), "/$1".to_owned())
    } else {
        (format!("^{literal}(.*)$"), format!("{}$1", target.replace('$', "$$")))
    };
    json!({"replacePathRegex": {"regex": regex, "replacement": replacement}})
}

/// Text as a regular expression of Go that matches just this text.
fn regex_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal
}

/// The rule of an IngressRoute.
fn matcher(exposure: &Exposure<'_>) -> String {
    let host = match exposure.host.wildcard_domain() {
        Some(domain) => format!("HostRegexp(`^[a-zA-Z0-9-]+\\.{}$`)", regex_literal(domain)),
        None => format!("Host(`{}`)", exposure.host.name),
    };
    match &exposure.path {
        Path::All => host,
        Path::At(path) => format!("{host} && (Path(`{path}`) || PathPrefix(`{path}/`))"),
        Path::Below(path) => format!("{host} && PathPrefix(`{path}`)"),
    }
}

/// The rank of the rule among those of the host. Traefik ranks rules by the length of their text, OpenShift takes the
/// longest path, and exact hosts before wildcards.
fn priority(exposure: &Exposure<'_>) -> Option<usize> {
    let length = exposure.path.text().len();
    match (exposure.host.wildcard_domain(), &exposure.path) {
        (Some(_), _) => Some(1 + length),
        (None, Path::All) => None,
        (None, _) => Some(1000 + length),
    }
}

fn sni_matcher(exposure: &Exposure<'_>) -> String {
    match exposure.host.wildcard_domain() {
        Some(domain) => format!("HostSNIRegexp(`^[a-zA-Z0-9-]+\\.{}$`)", regex_literal(domain)),
        None => format!("HostSNI(`{}`)", exposure.host.name),
    }
}

fn service(backend: &Backend) -> Value {
    let port: Value = match (backend.port.number, &backend.port.name) {
        (Some(number), _) => number.into(),
        (None, name) => name.clone().unwrap_or_default().into(),
    };
    json!({"name": backend.service, "port": port})
}

/// The protocol to the backend, where Traefik must be told: it takes port 443 and names like `https` for TLS.
fn scheme(exposure: &Exposure<'_>, backend: &Backend) -> Option<&'static str> {
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

/// The order of a certificate, where this Route is the one to order it; cert-manager does not read IngressRoutes.
fn order(exposure: &Exposure<'_>, certificate: &Certificate) -> Option<Value> {
    let Certificate::Issued { secret, issuer, orders: true } = certificate else { return None };
    let spec = json!({
        "secretName": secret,
        "dnsNames": [exposure.host.name],
        "issuerRef": {"group": "cert-manager.io", "kind": issuer.kind, "name": issuer.name},
    });
    Some(exposure.object("cert-manager.io/v1", "Certificate", secret, spec))
}

fn ca_config_map(exposure: &Exposure<'_>, name: &str, pem: &str) -> Value {
    let mut map = exposure.object("v1", "ConfigMap", name, Value::Null);
    if let Value::Object(map) = &mut map {
        map.shift_remove("spec");
        map.insert("data".to_owned(), json!({"ca.crt": pem}));
    }
    map
}
