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
use crate::route;

/// Puts other objects in the place of every Route.
///
/// # Errors
/// Options that name no controller.
pub(crate) fn convert(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
    let dialect = dialect::of(spec)?;
    let mut exposures = Vec::new();
    let routes: Vec<&Item> = resources.iter().filter(|item| route::is_route(item)).collect();
    for item in routes {
        let mut notes = Vec::new();
        let understood =
            route::read(item).and_then(|route| exposure::understand(resources, item, &route, spec, &mut notes));
        findings.extend(notes);
        match understood {
            Ok(exposure) => exposures.push(exposure),
            Err(problems) => findings.extend(problems),
        }
    }
    findings.extend(collisions(&exposures));
    share_certificates(&mut exposures);
    let mut written: Vec<(ItemId, Vec<Value>)> = Vec::new();
    let mut moved = Moved::default();
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
    let mut findings = Vec::new();
    for (index, exposure) in exposures.iter().enumerate() {
        let mut earlier = exposures[..index]
            .iter()
            .filter(|other| other.host == exposure.host || covers(other, exposure) || covers(exposure, other));
        let described = |other: &Exposure<'_>| {
            format!("Route {}", other.route.reference().to_string().trim_start_matches("Route "))
        };
        let problem = earlier.find_map(|other| {
            let same_host = other.host == exposure.host;
            if same_host && other.namespace != exposure.namespace {
                Some(format!(
                    "`{}` is claimed from another namespace by {} too; give it to one of them",
                    exposure.host.name,
                    described(other)
                ))
            } else if is_passthrough(other) != is_passthrough(exposure) && ![&other.termination, &exposure.termination].contains(&&Termination::Plain) {
                Some(format!(
                    "`{}` is served with passthrough and without by this Route and {}; OpenShift admits only one of them, so take the other out",
                    exposure.host.name,
                    described(other)
                ))
            } else if same_host && other.path == exposure.path {
                Some(format!(
                    "`{}` with path `{}` is claimed by {} too; change one of them",
                    exposure.host.name,
                    exposure.path.text(),
                    described(other)
                ))
            } else {
                None
            }
        });
        findings.extend(problem.map(|message| exposure.about(Finding::error(message), "spec.host")));
    }
    findings
}

/// Whether the passthrough of one hides, or is hidden by, HTTPS of the other: on the wildcard's labels too.
fn covers(wildcard: &Exposure<'_>, exposure: &Exposure<'_>) -> bool {
    let below = |domain| exposure.host.name.split_once('.').is_some_and(|(_, rest)| rest == domain);
    is_passthrough(wildcard) != is_passthrough(exposure) && wildcard.host.wildcard_domain().is_some_and(below)
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
