//! What Traefik has objects for: Middlewares, and the ServersTransport of a Service.
//!
//! Source: traefik v3.7 docs, reference/routing-configuration/kubernetes/{crd,ingress}.

use serde_json::{Value, json};

use super::route::Route;
use crate::config::Ingress;
use crate::fields::Fields;
use crate::target::Target;

/// The API of Traefik's objects.
const API_VERSION: &str = "traefik.io/v1alpha1";

/// The header by which the interceptor of KEDA tells apps apart whose paths were rewritten.
pub(crate) const MARK: &str = "X-Replatform-App";

/// The Middlewares of a route, in the order in which they work: their names and their specs.
pub(crate) fn middlewares(route: &Route<'_>, target: &Target<'_>) -> Vec<(String, Fields)> {
    let ingress = route.ingress;
    let mut specs: Vec<(&str, Fields)> = Vec::new();
    if let Some(limit) = &ingress.rate_limit {
        let rate = Fields::new().with("average", limit.requests_per_second).maybe("burst", limit.burst);
        specs.push(("rate-limit", Fields::new().with("rateLimit", rate)));
    }
    if let Some(bytes) = ingress.max_body_bytes {
        specs.push(("body", Fields::new().with("buffering", json!({"maxRequestBodyBytes": bytes}))));
    }
    if let Some(headers) = headers(ingress) {
        specs.push(("cors", Fields::new().with("headers", headers)));
    }
    // The interceptor does not see the path that goes here, so what it tells apps apart by is set before.
    if let Some(mark) = route.mark(target) {
        let headers = json!({"customRequestHeaders": {MARK: mark}});
        specs.push(("mark", Fields::new().with("headers", headers)));
    }
    if let Some(rewrite) = route.rewrite {
        specs.push(("path", rewriting(route.path, rewrite)));
    }
    specs.into_iter().map(|(part, spec)| (route.part(target, part), spec)).collect()
}

/// What puts one path in the place of another.
fn rewriting(path: &str, rewrite: &str) -> Fields {
    let path = path.trim_end_matches('/');
    if rewrite == "/" {
        return Fields::new().with("stripPrefix", json!({"prefixes": [path]}));
    }
    let replacement = format!("{}/$1", rewrite.trim_end_matches('/'));
    let regex = format!("^{}(?:/(.*))?$", escaped(path));
    Fields::new().with("replacePathRegex", json!({"regex": regex, "replacement": replacement}))
}

/// A text as a regular expression that finds it.
pub(crate) fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, letter| {
        if r"\.+*?()|[]{}^$".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
        escaped
    })
}

fn headers(ingress: &Ingress) -> Option<Fields> {
    let cors = ingress.cors.as_ref().filter(|cors| cors.enabled.unwrap_or(true))?;
    let list = |items: &[String]| items.iter().map(String::as_str).map(Value::from).collect::<Vec<_>>();
    let headers = Fields::new()
        .list("accessControlAllowOriginList", list(&cors.allow_origins))
        .list("accessControlAllowMethods", list(&cors.allow_methods))
        .list("accessControlAllowHeaders", list(&cors.allow_headers))
        .maybe("accessControlAllowCredentials", cors.allow_credentials)
        .maybe("accessControlMaxAge", cors.max_age)
        .with("addVaryHeader", true);
    Some(headers)
}

/// The Middlewares of a route as objects.
pub(super) fn objects(route: &Route<'_>, target: &Target<'_>) -> Vec<Value> {
    let object = |(name, spec): (String, Fields)| traefik_object(route, target, "Middleware", &name, spec);
    let transport = transport(route)
        .map(|spec| traefik_object(route, target, "ServersTransport", &route.part(target, "transport"), spec));
    middlewares(route, target).into_iter().map(object).chain(transport).collect()
}

fn traefik_object(route: &Route<'_>, target: &Target<'_>, kind: &str, name: &str, spec: Fields) -> Value {
    let metadata =
        Fields::new().with("name", name).maybe("namespace", route.namespace(target)).with("labels", route.app.labels());
    Fields::new()
        .with("apiVersion", API_VERSION)
        .with("kind", kind)
        .with("metadata", metadata)
        .with("spec", spec)
        .into()
}

/// How long Traefik waits for an app. Requests that the interceptor holds have their times in the InterceptorRoute.
fn transport(route: &Route<'_>) -> Option<Fields> {
    let timeouts = route.ingress.timeouts.as_ref().filter(|_| !route.is_held)?;
    let times = Fields::new()
        .maybe("dialTimeout", timeouts.connect.as_deref())
        .maybe("responseHeaderTimeout", timeouts.server.as_deref());
    (!times.is_empty()).then(|| Fields::new().with("forwardingTimeouts", times))
}

/// The annotations of the Ingress.
pub(super) fn annotations(route: &Route<'_>, target: &Target<'_>) -> Fields {
    let named: Vec<_> =
        middlewares(route, target).into_iter().map(|(name, _)| reference(route, target, &name)).collect();
    let is_encrypted = route.is_encrypted(target);
    let entry_point = if is_encrypted { "websecure" } else { "web" };
    Fields::new()
        .with("traefik.ingress.kubernetes.io/router.entrypoints", entry_point)
        .maybe("traefik.ingress.kubernetes.io/router.middlewares", (!named.is_empty()).then(|| named.join(",")))
        .maybe("traefik.ingress.kubernetes.io/router.tls", is_encrypted.then_some("true"))
}

/// The annotations of the Service.
pub(super) fn service_annotations(route: &Route<'_>, target: &Target<'_>) -> Fields {
    let transport = transport(route).map(|_| reference(route, target, &route.part(target, "transport")));
    Fields::new().maybe("traefik.ingress.kubernetes.io/service.serverstransport", transport)
}

/// How an annotation names an object of Traefik.
fn reference(route: &Route<'_>, target: &Target<'_>, name: &str) -> String {
    format!("{}-{name}@kubernetescrd", route.namespace(target).unwrap_or("default"))
}

/// Whether an annotation names an object, which needs the namespace.
pub(crate) fn names_objects(route: &Route<'_>, target: &Target<'_>) -> bool {
    !middlewares(route, target).is_empty() || transport(route).is_some()
}
