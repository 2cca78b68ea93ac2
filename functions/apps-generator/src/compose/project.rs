//! A project as a whole: which services it has, and their apps.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::Finding;
use serde_json::{Map, Value};

use super::EXTENSION;
use super::app::app;
use super::extends::resolved;
use super::files::Files;
use super::names::object_name;
use super::neighbours;
use super::node::{Node, Project};
use super::order::Order;
use super::service::Service;
use super::volumes::Volumes;
use crate::rule::Rule;

/// The apps of a project by their names, and what there is to say.
pub(super) fn apps(name: &str, value: &Value) -> (Vec<(String, Map<String, Value>)>, Vec<Finding>) {
    let mut project = Project::named(name);
    let settings = settings(&Node::root(value, &project));
    project.variables = settings.variables;
    let root = Node::root(value, &project);
    root.check_keys("project");
    let services = services(&root);
    let services: Vec<_> = services.iter().map(|(key, value)| (key.as_str(), root.service(key, value))).collect();
    let mut enabled: Vec<Service<'_>> = Vec::new();
    for (key, node) in services {
        if is_on(&node, &settings.profiles) {
            enabled.extend(Service::read(key, node));
        }
    }
    check_names(&enabled);
    check_networks(&root, &enabled);
    let named = neighbours::name_each_other(&mut enabled);
    let order = Order::of(&enabled);
    let mut volumes = Volumes::read(&root, &enabled);
    let mut files = Files::read(&root);
    let part_of = root.get("name").and_then(|name| name.text()).unwrap_or_else(|| name.to_owned());
    let mut made = Vec::new();
    for service in &enabled {
        let mut app = app(service, &order, &mut volumes, &mut files, named.contains(&service.name));
        app["labels"]["app.kubernetes.io/part-of"] = object_name(&part_of).into();
        if let Some(extension) = service.extension() {
            json_patch::merge(&mut app, extension);
        }
        if let Value::Object(app) = app {
            made.push((service.name.clone(), app));
        }
    }
    drop(enabled);
    (made, project.into_findings())
}

/// What `x-replatform` of a project says.
#[derive(Debug, Default)]
struct Settings {
    variables: BTreeMap<String, String>,
    profiles: Vec<String>,
}

fn settings(root: &Node<'_>) -> Settings {
    let Some(extension) = root.get(EXTENSION) else { return Settings::default() };
    extension.check_keys("project.x-replatform");
    let variables = extension.get("variables").map(|variables| variables.pairs()).unwrap_or_default();
    // They are values, not templates.
    let variables = variables.into_iter().filter_map(|pair| Some((pair.name, pair.node.plain()?))).collect();
    Settings { variables, profiles: extension.get("profiles").map(|profiles| profiles.texts()).unwrap_or_default() }
}

/// The services with what they take over from each other.
fn services(root: &Node<'_>) -> Vec<(String, Value)> {
    let Some(services) = root.required("services") else { return Vec::new() };
    let Some(map) = services.raw().as_object() else {
        services.malformed("a mapping");
        return Vec::new();
    };
    let names = map.keys().filter(|key| !key.starts_with("x-"));
    names.map(|key| (key.clone(), resolved(key, map, &services.at(key)))).collect()
}

/// Whether a service has no profiles or one that is on.
fn is_on(node: &Node<'_>, on: &[String]) -> bool {
    let Some(profiles) = node.get("profiles") else { return true };
    let names = profiles.texts();
    let is_on = names.is_empty() || names.iter().any(|name| on.contains(name) || on.iter().any(|on| on == "*"));
    if !is_on {
        let message = format!(
            "the service is left out; name `{}` in `x-replatform.profiles` of the project to have it",
            names.join("` or `")
        );
        profiles.tell(Rule::ComposeProfileOff, message);
    }
    is_on
}

/// Tells about names that are changed, and about those that meet.
fn check_names(services: &[Service<'_>]) {
    let mut known = BTreeSet::new();
    for service in services {
        if service.key != service.name {
            service.node.tell(
                Rule::ComposeNameChanged,
                format!("`{}` is no name of a Service; it becomes `{}`", service.key, service.name),
            );
        }
        let aliases = service.aliases.iter().map(|alias| object_name(alias));
        for name in std::iter::once(service.name.clone()).chain(aliases) {
            if !known.insert(name.clone()) {
                service.node.tell(
                    Rule::ComposeValue,
                    format!("`{name}` is the name of two services; give them different names"),
                );
            }
        }
    }
}

/// Tells about networks that keep services apart, and about names of networks that there are not.
fn check_networks(root: &Node<'_>, services: &[Service<'_>]) {
    let declared = root.get("networks");
    for (_, network) in declared.iter().flat_map(Node::entries).filter(|(_, network)| !network.raw().is_null()) {
        network.check_keys("network");
    }
    let apart = services.iter().enumerate().find_map(|(index, one)| {
        let meets = |other: &&Service<'_>| one.networks.iter().any(|network| other.networks.contains(network));
        let other = services[index + 1..].iter().find(|other| !meets(other))?;
        Some((one.name.as_str(), other.name.as_str()))
    });
    if let Some((one, other)) = apart {
        let message = format!(
            "`{one}` and `{other}` share no network, but all Pods of the cluster reach each other; run networkpolicy-default, or write \
             `security.allowed_sources` in `x-replatform` of the services"
        );
        root.at("networks").tell(Rule::ComposeNetworks, message);
    }
}
