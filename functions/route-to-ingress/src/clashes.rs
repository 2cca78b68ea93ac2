//! What cannot be in one cluster: Routes that claim one host, and new objects that take a name.

use std::collections::{HashMap, HashSet};

use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Resources, namespace_name};
use serde_json::Value;

use crate::exposure::{Exposure, Termination, fold};

/// A Route and the objects that take its place.
pub(crate) type Written = (ItemId, Vec<Value>);

/// Routes that OpenShift would not serve beside each other: it takes the oldest and turns the others away.
pub(crate) fn of_routes(exposures: &[Exposure<'_>]) -> Vec<Finding> {
    let mut by_host: HashMap<&str, Vec<&Exposure<'_>>> = HashMap::new();
    // A wildcard meets every host of its domain, and each of these every wildcard of it.
    let mut by_domain: HashMap<(&str, bool), Vec<&Exposure<'_>>> = HashMap::new();
    let mut findings = Vec::new();
    for exposure in exposures {
        let host = exposure.host.name.as_str();
        let domain = host.split_once('.').map_or("", |(_, domain)| domain);
        let is_wildcard = exposure.host.wildcard_domain().is_some();
        let same = by_host.get(host).into_iter().flatten();
        let mut neighbours = same.chain(by_domain.get(&(domain, !is_wildcard)).into_iter().flatten());
        if let Some(message) = neighbours.find_map(|other| collision(other, exposure)) {
            findings.push(Finding::error(message).on(exposure.route).at("spec.host"));
        }
        by_host.entry(host).or_default().push(exposure);
        by_domain.entry((domain, is_wildcard)).or_default().push(exposure);
    }
    findings
}

/// Why one of two Routes in a domain would be turned away, if it would.
fn collision(other: &Exposure<'_>, exposure: &Exposure<'_>) -> Option<String> {
    let host = &exposure.host.name;
    let named = other.route.reference();
    let same_host = other.host == exposure.host;
    let is_plain = |exposure: &Exposure<'_>| exposure.termination == Termination::Plain;
    if same_host && other.namespace != exposure.namespace {
        return Some(format!("`{host}` is claimed from another namespace by {named} too; give it to one of them"));
    }
    if is_passthrough(other) != is_passthrough(exposure) && !is_plain(other) && !is_plain(exposure) {
        return Some(format!(
            "`{host}` and `{}` of {named} share an address, but only one of them is passthrough, and one hides the other; \
             give them different hosts",
            other.host.name
        ));
    }
    let path = exposure.path.text();
    (same_host && other.path == exposure.path)
        .then(|| format!("`{host}` with path `{path}` is claimed by {named} too; change one of them"))
}

fn is_passthrough(exposure: &Exposure<'_>) -> bool {
    matches!(exposure.termination, Termination::Passthrough { .. })
}

/// New objects whose names are taken, by the build or by each other.
pub(crate) fn of_names(resources: &Resources, written: &[Written]) -> Vec<Finding> {
    let mut taken: HashSet<_> =
        resources.iter().map(|item| (item.kind(), item.namespace_name(), item.name())).collect();
    let mut findings = Vec::new();
    for (route, object) in objects(resources, written) {
        let kind = text(&object["kind"]);
        let name = text(&object["metadata"]["name"]);
        let namespace = namespace_name(object["metadata"]["namespace"].as_str());
        if !taken.insert((kind, namespace, name)) {
            let message = format!("becomes {kind} `{name}`, and there is one of that name already; rename one of them");
            findings.push(Finding::error(message).on(route).at("metadata.name"));
        }
    }
    findings
}

/// Ingresses whose routers Traefik would name alike, so that it loses one of them without a word.
///
/// Source: `loadRouter` names in traefik `pkg/provider/kubernetes/ingress/kubernetes.go`.
pub(crate) fn of_routers(resources: &Resources, written: &[Written]) -> Vec<Finding> {
    let mut routers: HashMap<String, &str> = HashMap::new();
    let mut findings = Vec::new();
    for (route, ingress) in objects(resources, written).filter(|(_, object)| object["kind"] == "Ingress") {
        let (namespace, name) = (text(&ingress["metadata"]["namespace"]), text(&ingress["metadata"]["name"]));
        let rule = &ingress["spec"]["rules"][0];
        for path in rule["http"]["paths"].as_array().into_iter().flatten() {
            let router = fold(&format!("{namespace}-{name}-{}{}", text(&rule["host"]), text(&path["path"])));
            if let Some(other) = routers.insert(router, name).filter(|other| *other != name) {
                let message = format!(
                    "becomes a router that Traefik names like one of Ingress `{other}` and so loses; rename one of them"
                );
                findings.push(Finding::error(message).on(route).at("metadata.name"));
            }
        }
    }
    findings
}

fn objects<'w>(resources: &'w Resources, written: &'w [Written]) -> impl Iterator<Item = (&'w Item, &'w Value)> {
    written.iter().flat_map(|(route, objects)| objects.iter().map(|object| (resources.get(*route), object)))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
