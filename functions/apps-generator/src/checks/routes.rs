//! How apps are reached from outside.

use std::collections::{BTreeMap, BTreeSet};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use manifests::names::is_host_name;

use crate::app::NamedApp;
use crate::config::{Controller, IntOrString, PathType, ScalingType};
use crate::objects::{Route, names_objects};
use crate::rule::Rule;
use crate::target::{Target, quoted};
use crate::wishes::{annotation, name_of, reader_of, wishes};

pub(super) fn check(apps: &[NamedApp], target: &Target<'_>, findings: &mut Findings) {
    let routes: Vec<_> = apps.iter().filter_map(|app| Route::of(app, target)).collect();
    for route in &routes {
        check_hosts(route, findings);
        check_port(route, findings);
        check_path(route, findings);
        check_wishes(route, findings);
        check_annotations(route, findings);
        check_certificate(route, target, findings);
        check_namespaces(route, target, findings);
    }
    check_clashes(apps, &routes, target, findings);
}

fn check_hosts(route: &Route<'_>, findings: &mut Findings) {
    let place = route.app.at("ingress.hosts");
    if route.hosts.is_empty() {
        let message = "must name a host, because the environment has no `domain`";
        findings.push(Finding::new(Rule::HostMissing, message).at(place));
    } else if let Some(host) = route.hosts.iter().find(|host| !is_host(host)) {
        let message = format!("`{host}` is no host name; write one like `app.example.com`");
        findings.push(Finding::new(Rule::HostMissing, message).at(place));
    }
}

fn is_host(host: &str) -> bool {
    let host = host.strip_prefix("*.").unwrap_or(host);
    is_host_name(host) && !host.ends_with('.') && host.bytes().all(|byte| !byte.is_ascii_uppercase())
}

fn check_port(route: &Route<'_>, findings: &mut Findings) {
    let ports = route.app.ports();
    let names: Vec<_> = ports.iter().map(|(name, _)| *name).collect();
    let is_known = |port: &IntOrString| match port {
        IntOrString::String(name) => names.contains(&name.as_str()),
        IntOrString::Int(number) => {
            ports.iter().any(|(_, port)| u32::from(port.service_port.unwrap_or(port.container_port)) == *number)
        }
    };
    let message = match route.port() {
        None => "needs a port in `container.ports`".to_owned(),
        Some(port) if !is_known(&port) => format!("is no port of the Service; there is {}", quoted(&names)),
        Some(_) => return,
    };
    findings.push(Finding::new(Rule::UnknownName, message).at(route.app.at("ingress.port")));
}

fn check_path(route: &Route<'_>, findings: &mut Findings) {
    let ingress = route.ingress;
    let tell = |rule, message: &'static str, field: &str| Finding::new(rule, message).at(route.app.at(field));
    if !route.path.starts_with('/') || ingress.rewrite_target.as_ref().is_some_and(|path| !path.starts_with('/')) {
        findings.push(tell(Rule::Contradiction, "must begin with `/`", "ingress.path"));
    }
    if ingress.strip_prefix && ingress.rewrite_target.as_deref().is_some_and(|target| target != "/") {
        let message = "takes the path off, and `rewrite_target` puts another one there; take one of them out";
        findings.push(tell(Rule::Contradiction, message, "ingress.strip_prefix"));
    }
    if ingress.strip_prefix && route.path == "/" {
        let message = "has no effect where the path is `/`; take it out, or set `path`";
        findings.push(tell(Rule::Contradiction, message, "ingress.strip_prefix"));
    }
    if ingress.path_type == PathType::ImplementationSpecific {
        let message = "leaves the comparison to the controller; use `Prefix` or `Exact`";
        findings.push(tell(Rule::PathUnclear, message, "ingress.path_type"));
    }
}

/// What the controller cannot do is refused.
fn check_wishes(route: &Route<'_>, findings: &mut Findings) {
    let name = name_of(route.controller);
    for (wish, _) in wishes(route.ingress) {
        let reason = match route.controller {
            Controller::Traefik => match wish {
                "timeouts.client" => "it is a setting of the entry point",
                "timeouts.queue" => "it has no queue",
                "timeouts.connect" if route.is_held => "the interceptor of KEDA makes the connection",
                _ => continue,
            },
            controller => match annotation(controller, wish) {
                Ok(_) => continue,
                Err(reason) => reason,
            },
        };
        let message = format!("cannot be done by `{name}` for one app: {reason}; take it out");
        findings.push(Finding::new(Rule::ControllerCannot, message).at(route.app.at(&format!("ingress.{wish}"))));
    }
}

/// Annotations of another controller have no effect.
fn check_annotations(route: &Route<'_>, findings: &mut Findings) {
    let name = name_of(route.controller);
    for key in route.ingress.annotations.keys() {
        if reader_of(key).is_some_and(|reader| reader != name) {
            let message = format!(
                "is not read by `{name}`; take it out, or set `timeouts`, `rate_limit`, `cors` or `max_body_bytes`"
            );
            let place = route.app.at("ingress.annotations").key(key);
            findings.push(Finding::new(Rule::ForeignAnnotation, message).at(place));
        }
    }
}

fn check_certificate(route: &Route<'_>, target: &Target<'_>, findings: &mut Findings) {
    if route.is_encrypted(target) && route.secret(target).is_none() {
        let message =
            "names no certificate, so that the controller serves its default one; set `secret` or `cluster_issuer`";
        findings.push(Finding::new(Rule::CertificateMissing, message).at(route.app.at("ingress.tls")));
    }
}

/// What names its namespace in a text needs to know it.
fn check_namespaces(route: &Route<'_>, target: &Target<'_>, findings: &mut Findings) {
    let is_known = route.app.namespace(target).is_some();
    let names_objects = route.controller == Controller::Traefik && names_objects(route, target);
    if !is_known && (names_objects || route.is_held) {
        let message =
            "must be given, here or in `defaults`: annotations of Traefik and the interceptor of KEDA name it";
        findings.push(Finding::new(Rule::NamespaceMissing, message).at(route.app.at("namespace")));
        return;
    }
    if route.is_held {
        let message = format!(
            "the Ingress goes to the namespace `{}`, where the interceptor is; a kustomization with `namespace:` would move it away",
            target.spec.keda.namespace
        );
        findings.push(Finding::new(Rule::IngressOfKeda, message).at(route.app.at("ingress")));
    }
    if names_objects {
        let message = "annotations name objects of Traefik with their namespace, which kustomize does not rename; use no prefix, suffix or other namespace around it";
        findings.push(Finding::new(Rule::NamedInAnnotation, message).at(route.app.at("ingress")));
    }
}

/// Two apps never answer the same request, and the interceptor of KEDA can tell all apart.
fn check_clashes(apps: &[NamedApp], routes: &[Route<'_>], target: &Target<'_>, findings: &mut Findings) {
    let told = check_answers(routes, findings);
    let mut held: BTreeMap<Seen, &NamedApp> = BTreeMap::new();
    for app in apps.iter().filter(|app| app.app.scaling.kind == ScalingType::KedaHttp) {
        for (seen, field) in seen_by_the_interceptor(app, target) {
            let other = held.insert(seen.clone(), app).filter(|other| other.place != app.place);
            if let Some(other) = other.filter(|_| !told.contains(&app.place)) {
                let message = format!(
                    "is `{}{}` for the interceptor of KEDA, as {} is; give one of them a host of its own",
                    seen.host, seen.path, other.place
                );
                findings.push(Finding::new(Rule::RouteClash, message).at(app.at(field)));
            }
        }
    }
}

/// Reports the apps that answer what another one answers, and gives their places.
fn check_answers<'a>(routes: &[Route<'a>], findings: &mut Findings) -> BTreeSet<&'a FieldPath> {
    let mut answered: BTreeMap<(&str, &str), &Route<'_>> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for route in routes {
        for host in &route.hosts {
            if let Some(other) = answered.insert((*host, route.path.trim_end_matches('/')), route) {
                let message = format!(
                    "answers `{host}{}`, as {} does; give one of them another host or path",
                    route.path, other.app.place
                );
                findings.push(Finding::new(Rule::RouteClash, message).at(route.app.at("ingress")));
                told.insert(&route.app.place);
            }
        }
    }
    told
}

/// What the interceptor of KEDA sees of a request, and tells apps apart by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    host: String,
    /// The path after the controller rewrote it.
    path: String,
    /// The header of a route whose path is rewritten.
    mark: Option<String>,
}

/// What the interceptor sees of the requests of an app, from outside and from inside of the cluster, each with the field that
/// says so.
fn seen_by_the_interceptor(app: &NamedApp, target: &Target<'_>) -> Vec<(Seen, &'static str)> {
    let mut seen = Vec::new();
    if let Some(route) = Route::of(app, target) {
        let path = Some(route.seen_path().trim_end_matches('/')).filter(|path| !path.is_empty()).unwrap_or("/");
        let see = |host: &&str| Seen { host: (*host).to_owned(), path: path.to_owned(), mark: route.mark(target) };
        seen.extend(route.hosts.iter().map(|host| (see(host), "ingress")));
    }
    let see = |host: &String| Seen { host: host.clone(), path: "/".to_owned(), mark: None };
    seen.extend(app.app.scaling.internal_hosts.iter().map(|host| (see(host), "scaling.internal_hosts")));
    seen
}
