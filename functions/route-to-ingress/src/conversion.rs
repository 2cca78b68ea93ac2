//! All Routes of a build at once: what they share, where they collide, what takes their place.

use std::collections::{BTreeMap, HashMap};

use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::Value;

use crate::config::Spec;
use crate::dialect::{self, Output};
use crate::exposure::{self, Certificate, Exposure, Termination};
use crate::leftovers::{self, Moved};
use crate::ports::Workloads;
use crate::route;

/// Puts other objects in the place of every Route.
///
/// # Errors
/// Options that name no controller.
pub(crate) fn convert(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
    let dialect = dialect::of(spec)?;
    let workloads = Workloads::of(resources);
    let mut exposures = Vec::new();
    let routes: Vec<&Item> = resources.iter().filter(|item| route::is_route(item)).collect();
    for item in routes {
        let mut notes = Vec::new();
        let understood = route::read(item)
            .and_then(|route| exposure::understand(resources, &workloads, item, &route, spec, &mut notes));
        findings.extend(notes);
        match understood {
            Ok(exposure) => exposures.push(exposure),
            Err(problems) => findings.extend(problems),
        }
    }
    findings.extend(collisions(&exposures));
    share_certificates(&mut exposures);
    let mut written: Vec<(ItemId, Vec<Value>)> = Vec::new();
    let mut moved = Moved::out_of(spec);
    for exposure in &exposures {
        moved.note(exposure.route, &exposure.host.name, spec);
        let mut output = Output::new(spec.unsupported);
        dialect.write(exposure, &mut output);
        findings.extend(output.findings);
        written.push((exposure.route.id(), output.objects));
    }
    findings.extend(taken_names(resources, &written));
    findings.extend(templates(resources));
    findings.extend(merged_routers(resources, &written));
    leftovers::adapt(spec, &moved, resources, findings);
    if findings.has_errors() {
        return Ok(());
    }
    for (route, objects) in written {
        let mut objects = objects.into_iter();
        if let Some(first) = objects.next() {
            resources.replace(route, first);
        }
        for object in objects {
            resources.add_beside(route, object);
        }
    }
    Ok(())
}

/// Routes that OpenShift would not serve beside each other: it takes the oldest and turns the others away.
fn collisions(exposures: &[Exposure<'_>]) -> Vec<Finding> {
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
            findings.push(exposure.about(Finding::error(message), "spec.host"));
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

/// Of several Routes for a host, the first that wants a certificate orders it and the others use the same Secret.
fn share_certificates(exposures: &mut [Exposure<'_>]) {
    let mut secrets: HashMap<String, String> = HashMap::new();
    for exposure in exposures {
        let Termination::Edge { certificate: Certificate::Issued { secret, orders, .. }, .. } =
            &mut exposure.termination
        else {
            continue;
        };
        match secrets.get(&exposure.host.name) {
            Some(shared) => {
                secret.clone_from(shared);
                *orders = false;
            }
            None => {
                secrets.insert(exposure.host.name.clone(), secret.clone());
            }
        }
    }
}

/// Ingresses whose routers Traefik would name alike, so that it loses one of them without a word.
///
/// Source: `loadRouter` names in traefik `pkg/provider/kubernetes/ingress/kubernetes.go`.
fn merged_routers(resources: &Resources, written: &[(ItemId, Vec<Value>)]) -> Vec<Finding> {
    let mut routers: HashMap<String, String> = HashMap::new();
    let mut findings = Vec::new();
    for (route, objects) in written {
        for ingress in objects.iter().filter(|object| object["kind"] == "Ingress") {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (namespace, name) = (text(&ingress["metadata"]["namespace"]), text(&ingress["metadata"]["name"]));
            let rule = &ingress["spec"]["rules"][0];
            for path in rule["http"]["paths"].as_array().into_iter().flatten() {
                let router =
                    exposure::fold(&format!("{namespace}-{name}-{}{}", text(&rule["host"]), text(&path["path"])));
                match routers.insert(router, name.clone()) {
                    Some(other) if other != name => {
                        let message = format!(
                            "becomes a router that Traefik names like one of Ingress `{other}` and so loses; rename one of them"
                        );
                        findings
                            .push(Finding::error(message).on(resources.get(*route).reference()).at("metadata.name"));
                    }
                    _ => {}
                }
            }
        }
    }
    findings
}

/// Templates of OpenShift that hold Routes; somebody must fill them in first.
fn templates(resources: &Resources) -> Vec<Finding> {
    let is_template = |item: &&Item| item.kind() == "Template" && item.value()["objects"].is_array();
    let holds_route =
        |item: &&Item| item.value()["objects"].as_array().into_iter().flatten().any(|object| object["kind"] == "Route");
    let message =
        "is a Template with Routes in it, which only OpenShift fills in; commit what `oc process` makes of it";
    let templates = resources.iter().filter(is_template).filter(holds_route);
    templates.map(|item| Finding::error(message).on(item.reference()).at("objects")).collect()
}

/// New objects whose names are taken, by the build or by each other.
fn taken_names(resources: &Resources, written: &[(ItemId, Vec<Value>)]) -> Vec<Finding> {
    let key =
        |kind: &str, namespace: Option<&str>, name: &str| format!("{kind} {}/{name}", namespace.unwrap_or("default"));
    let mut taken: BTreeMap<String, ()> =
        resources.iter().map(|item| (key(item.kind(), item.namespace(), item.name()), ())).collect();
    let mut findings = Vec::new();
    for (route, objects) in written {
        for object in objects {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
            let key = key(&kind, object["metadata"]["namespace"].as_str(), &name);
            if taken.insert(key, ()).is_some() {
                let message =
                    format!("becomes {kind} `{name}`, and there is one of that name already; rename one of them");
                findings.push(Finding::error(message).on(resources.get(*route).reference()).at("metadata.name"));
            }
        }
    }
    findings
}
