//! The Ingress of an app.

use serde_json::{Value, json};

use super::route::Route;
use super::traefik;
use super::traefik::escaped;
use crate::config::{Controller, IntOrString};
use crate::fields::{Fields, api};
use crate::target::Target;
use crate::wishes::{annotation, wishes};

/// The Ingress of a route, with the objects of Traefik that it names.
pub(super) fn ingress(route: &Route<'_>, target: &Target<'_>) -> Vec<Value> {
    let annotations = match route.controller {
        Controller::Traefik => traefik::annotations(route, target),
        Controller::HaproxyIngress | Controller::HaproxyTechnologies => haproxy_annotations(route, target),
    };
    let issuer = route.cluster_issuer(target).filter(|_| route.is_encrypted(target));
    let annotations = annotations.maybe("cert-manager.io/cluster-issuer", issuer);
    let given = &route.ingress.annotations;
    let annotations = given.iter().fold(annotations, |all, (key, value)| all.with(key, value.as_str()));
    let metadata = Fields::new()
        .with("name", route.name(target))
        .maybe("namespace", route.namespace(target))
        .with("labels", route.app.labels())
        .fields("annotations", annotations);
    let object = Fields::new()
        .with("apiVersion", "networking.k8s.io/v1")
        .with("kind", "Ingress")
        .with("metadata", metadata)
        .with("spec", spec(route, target));
    let mut objects = vec![object.into()];
    if route.controller == Controller::Traefik {
        objects.extend(traefik::objects(route, target));
    }
    objects
}

/// The Ingress class of a controller, where the config names none.
fn class_of(controller: Controller) -> &'static str {
    match controller {
        Controller::Traefik => "traefik",
        // Both name their class so; see the table of controllers in the README.
        Controller::HaproxyIngress | Controller::HaproxyTechnologies => "haproxy",
    }
}

fn spec(route: &Route<'_>, target: &Target<'_>) -> Fields {
    let path =
        json!({"backend": {"service": backend(route, target)}, "path": route.path, "pathType": route.path_type()});
    let rules: Vec<_> = route.hosts.iter().map(|host| json!({"host": host, "http": {"paths": [path]}})).collect();
    Fields::new()
        .with("ingressClassName", route.ingress.class.as_deref().unwrap_or_else(|| class_of(route.controller)))
        .list("rules", rules)
        .list("tls", tls(route, target).into_iter().collect())
}

fn backend(route: &Route<'_>, target: &Target<'_>) -> Value {
    if route.is_held {
        let keda = &target.spec.keda;
        return json!({"name": keda.interceptor_service, "port": {"number": keda.interceptor_port}});
    }
    let port = match route.port() {
        Some(IntOrString::Int(number)) => json!({"number": number}),
        port => json!({"name": port.map(|port| api(&port))}),
    };
    json!({"name": route.app.name, "port": port})
}

fn tls(route: &Route<'_>, target: &Target<'_>) -> Option<Fields> {
    let hosts = route.ingress.tls.as_ref().map(|tls| &tls.hosts).filter(|hosts| !hosts.is_empty());
    let hosts: Vec<_> = hosts.map_or_else(|| route.hosts.clone(), |hosts| hosts.iter().map(String::as_str).collect());
    let written = Fields::new().list("hosts", hosts).maybe("secretName", route.secret(target));
    route.is_encrypted(target).then_some(written)
}

/// The annotations of an HAProxy controller. What it cannot do is refused before.
fn haproxy_annotations(route: &Route<'_>, target: &Target<'_>) -> Fields {
    let mut annotations = Fields::new();
    for (wish, value) in wishes(route.ingress) {
        // Requests that the interceptor holds have their time for an answer in the InterceptorRoute, and here too.
        if let Ok(name) = annotation(route.controller, wish) {
            annotations = annotations.with(name, value);
        }
    }
    if let (Some(rewrite), Ok(name)) = (route.rewrite, annotation(route.controller, "rewrite")) {
        annotations = annotations.with(name, rewriting(route, rewrite));
    }
    if route.controller == Controller::HaproxyTechnologies && route.is_encrypted(target) {
        annotations = annotations.with("haproxy.org/ssl-redirect", "true");
    }
    annotations
}

fn rewriting(route: &Route<'_>, rewrite: &str) -> String {
    if route.controller == Controller::HaproxyIngress {
        return rewrite.to_owned();
    }
    // A regular expression and what takes its place, as `http-request replace-path` of HAProxy has them.
    let path = escaped(route.path.trim_end_matches('/'));
    format!("{path}/?(.*) {}/\\1", rewrite.trim_end_matches('/'))
}
