//! A project as a whole: which services it has, and their apps.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::Finding;
use serde_json::{Value, json};

use super::app::app;
use super::extends::resolved;
use super::files::Files;
use super::keys::EXTENSION;
use super::names::object_name;
use super::neighbours;
use super::node::{Node, Project};
use super::order::Order;
use super::service::Service;
use super::volumes::Volumes;
use crate::rule::Rule;

/// What becomes of a project.
#[derive(Debug)]
pub(super) struct Made {
    /// The name of the project.
    pub(super) group: String,
    /// The apps, in the order of the services.
    pub(super) apps: Vec<MadeApp>,
    /// What there is to say.
    pub(super) findings: Vec<Finding>,
}

/// The app of a service.
#[derive(Debug)]
pub(super) struct MadeApp {
    /// The name of the service in the project.
    pub(super) key: String,
    /// The name of the app.
    pub(super) name: String,
    /// What could be written below `spec.apps`.
    pub(super) app: Value,
    /// What `x-replatform` of the service says, which is merged in.
    extension: Value,
}

/// The apps of a project.
pub(super) fn apps(name: &str, value: &Value) -> Made {
    let mut project = Project::named(name);
    let settings = settings(&Node::root(value, &project));
    project.variables = settings.variables.clone();
    let (group, mut apps) = made(&Node::root(value, &project), &settings, name);
    for app in &mut apps {
        let made = std::mem::replace(&mut app.app, settings.defaults.clone());
        json_patch::merge(&mut app.app, &made);
        json_patch::merge(&mut app.app, &std::mem::take(&mut app.extension));
    }
    Made { group, apps, findings: project.into_findings() }
}

fn made(root: &Node<'_>, settings: &Settings, name: &str) -> (String, Vec<MadeApp>) {
    root.check_keys("project");
    let resolved = services(root);
    let services = resolved.iter().map(|(key, value)| (key.as_str(), root.service(key, value)));
    let enabled = services.filter(|(_, node)| is_on(node, &settings.profiles));
    let mut enabled: Vec<_> = enabled.filter_map(|(key, node)| Service::read(key, node)).collect();
    keep_distinct(&mut enabled);
    check_networks(root, &enabled, settings);
    let called = neighbours::name_each_other(&mut enabled);
    let order = Order::of(&enabled);
    let mut volumes = Volumes::read(root, &enabled);
    let mut files = Files::read(root);
    let mut apps = Vec::new();
    for service in &enabled {
        let app = app(service, &order, &mut volumes, &mut files, called.contains(&service.name));
        let extension = service.extension().cloned().unwrap_or_else(|| json!({}));
        apps.push(MadeApp { key: service.key.to_owned(), name: service.name.clone(), app, extension });
    }
    let group = root.get("name").and_then(|name| name.text()).unwrap_or_else(|| name.to_owned());
    (object_name(&group), apps)
}

/// What `x-replatform` of a project says.
#[derive(Debug, Default)]
struct Settings {
    variables: BTreeMap<String, String>,
    profiles: Vec<String>,
    /// What all apps have that do not say otherwise.
    defaults: Value,
}

fn settings(root: &Node<'_>) -> Settings {
    let Some(extension) = root.get(EXTENSION) else { return Settings { defaults: json!({}), ..Settings::default() } };
    extension.check_keys("project.x-replatform");
    let variables = extension.get("variables").map(|variables| variables.pairs()).unwrap_or_default();
    // They are values, not templates.
    let variables = variables.into_iter().filter_map(|pair| Some((pair.name, pair.node.plain()?))).collect();
    let defaults = extension.get("defaults").map_or_else(|| json!({}), |defaults| defaults.raw().clone());
    Settings {
        variables,
        defaults,
        profiles: extension.get("profiles").map(|profiles| profiles.texts()).unwrap_or_default(),
    }
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

/// Tells about names that are changed, and takes out services whose names are those of others.
fn keep_distinct(services: &mut Vec<Service<'_>>) {
    let mut known = BTreeSet::new();
    services.retain(|service| {
        if service.key != service.name {
            let message = format!("`{}` is no name of a Service; it becomes `{}`", service.key, service.name);
            service.node.tell(Rule::ComposeNameChanged, message);
        }
        let aliases = service.aliases.iter().map(|alias| object_name(alias));
        let names: BTreeSet<_> = std::iter::once(service.name.clone()).chain(aliases).collect();
        let taken = names.intersection(&known).next().cloned();
        if let Some(name) = &taken {
            let message = format!("`{name}` is the name of two services; give them different names");
            service.node.tell(Rule::ComposeValue, message);
        }
        known.extend(names);
        taken.is_none()
    });
}

/// Tells about networks that keep services apart, and about names of networks that there are not.
fn check_networks(root: &Node<'_>, services: &[Service<'_>], settings: &Settings) {
    let declared = root.get("networks");
    for (_, network) in declared.iter().flat_map(Node::entries).filter(|(_, network)| !network.raw().is_null()) {
        network.check_keys("network");
    }
    let names: Vec<_> = declared.iter().flat_map(Node::names).collect();
    for service in services {
        for name in service.networks.iter().filter(|name| *name != "default" && !names.contains(name)) {
            let message = format!("`{name}` is no network of the project; name it in `networks`");
            service.node.at("networks").tell(Rule::ComposeValue, message);
        }
    }
    let apart = services.iter().enumerate().find_map(|(index, one)| {
        let meets = |other: &&Service<'_>| one.networks.iter().any(|network| other.networks.contains(network));
        let other = services[index + 1..].iter().find(|other| !meets(other))?;
        Some((one.name.as_str(), other.name.as_str()))
    });
    if let Some((one, other)) = apart.filter(|_| settings.defaults["security"]["visibility"].is_null()) {
        let message = format!(
            "`{one}` and `{other}` share no network, but all Pods of the cluster reach each other; write \
             `x-replatform: {{defaults: {{security: {{visibility: internal}}}}}}` in the project, and run networkpolicy-default"
        );
        root.at("networks").tell(Rule::ComposeNetworks, message);
    }
}
