//! Who may do what with Routes.

use krm::field::FieldPath;
use krm::resource_list::Item;
use serde_json::{Value, json};

use super::adaptation::{Adaptation, Context, objects, strings};
use crate::config::Target;
use crate::rule::Rule;

const ROUTES: &str = "route.openshift.io";

/// Rules about Routes become rules about what Routes become. The role of an operator in a build without Routes stays as it
/// is: nothing there becomes anything.
pub(super) fn roles(item: &Item, context: &Context<'_>, adaptation: &mut Adaptation) {
    if item.group() != "rbac.authorization.k8s.io" && item.group() != "authorization.openshift.io" {
        return;
    }
    let rules: Vec<_> = objects(&item.value()["rules"]).map(|(_, rule)| rule).collect();
    let Some(first) = rules.iter().position(|rule| about(rule) != About::Others) else { return };
    if !context.has_routes && rules.iter().any(|rule| strings(&rule["apiGroups"]).into_iter().any(is_of_an_operator)) {
        let message =
            "names Routes, of which this build has none, and stays as it is, since the role is that of an operator";
        return adaptation.report(Rule::RightsOnRoutes, item, FieldPath::from("rules").index(first), message);
    }
    let target = match context.spec.target {
        Target::Auto | Target::Ingress => ("networking.k8s.io", "ingresses"),
        Target::IngressRoute => ("traefik.io", "ingressroutes"),
        Target::Gateway => ("gateway.networking.k8s.io", "httproutes"),
    };
    let adapted: Vec<_> = rules.into_iter().flat_map(|rule| rules_for(rule, target)).collect();
    adaptation.edit(item)["rules"] = adapted.into();
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Other resources.
    Others,
    /// Routes, and perhaps others, each by its name.
    Routes,
    /// Everything of the API group of Routes.
    Group,
}

fn about(rule: &Value) -> About {
    let (groups, resources) = (strings(&rule["apiGroups"]), strings(&rule["resources"]));
    let names_routes = resources.iter().any(|resource| is_of_routes(resource));
    match () {
        () if resources.contains(&"*") && groups.contains(&ROUTES) => About::Group,
        () if names_routes && [ROUTES, "", "*"].iter().any(|group| groups.contains(group)) => About::Routes,
        () => About::Others,
    }
}

fn is_of_routes(resource: &str) -> bool {
    resource.split('/').next() == Some("routes")
}

/// Whether an API group is one that an operator brings.
fn is_of_an_operator(group: &str) -> bool {
    group.contains('.') && !group.ends_with(".k8s.io") && !group.ends_with("openshift.io")
}

/// What a rule becomes; nothing where it is about what only OpenShift has.
fn rules_for(rule: &Value, target: (&str, &str)) -> Vec<Value> {
    match about(rule) {
        About::Others => vec![rule.clone()],
        About::Routes => rule_about_routes(rule, target).into_iter().collect(),
        About::Group => {
            let groups = strings(&rule["apiGroups"]).into_iter().filter(|group| *group != ROUTES);
            let others = distinct(groups.map(str::to_owned));
            let has_others = others.as_array().is_some_and(|others| !others.is_empty());
            let others = has_others.then(|| with(rule, others, rule["resources"].clone()));
            let (group, resource) = target;
            others.into_iter().chain([with(rule, json!([group]), json!([resource]))]).collect()
        }
    }
}

fn rule_about_routes(rule: &Value, (group, resource): (&str, &str)) -> Option<Value> {
    let (groups, named) = (strings(&rule["apiGroups"]), strings(&rule["resources"]));
    let only_routes = named.iter().all(|name| is_of_routes(name));
    let kept = groups.iter().filter(|name| **name != ROUTES && !(only_routes && matches!(**name, "" | "*")));
    let is_everywhere = !only_routes && groups.contains(&"*");
    let kept = kept.map(|name| (*name).to_owned());
    // The new group takes the place of the old one.
    let groups = match groups.iter().position(|name| *name == ROUTES) {
        Some(_) => {
            let named = groups.iter().filter(|name| !(only_routes && name.is_empty()));
            let named = named.map(|name| if *name == ROUTES { group } else { name }.to_owned());
            distinct(named)
        }
        None if is_everywhere => distinct(kept),
        None => distinct(kept.chain([group.to_owned()])),
    };
    let resources = named.into_iter().filter_map(|name| match name {
        "routes" => Some(resource.to_owned()),
        "routes/status" => Some(format!("{resource}/status")),
        // Only OpenShift asks leave to choose a host.
        name if is_of_routes(name) => None,
        name => Some(name.to_owned()),
    });
    let resources = distinct(resources);
    let is_empty = resources.as_array().is_some_and(Vec::is_empty) && rule.get("nonResourceURLs").is_none();
    (!is_empty).then(|| with(rule, groups, resources))
}

/// The rule for other groups and resources.
fn with(rule: &Value, groups: Value, resources: Value) -> Value {
    let mut rule = rule.clone();
    rule["apiGroups"] = groups;
    rule["resources"] = resources;
    rule
}

fn distinct(names: impl Iterator<Item = String>) -> Value {
    let mut distinct: Vec<Value> = Vec::new();
    for name in names.map(Value::from) {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct.into()
}

/// Rights of the OpenShift router.
pub(super) fn bindings(item: &Item, _: &Context<'_>, adaptation: &mut Adaptation) {
    if !matches!(item.kind(), "RoleBinding" | "ClusterRoleBinding") {
        return;
    }
    for (index, subject) in objects(&item.value()["subjects"]) {
        let is_router = subject["namespace"] == "openshift-ingress" && subject["name"] == "router";
        if is_router || subject["name"] == "system:serviceaccount:openshift-ingress:router" {
            let message = "is the router of OpenShift, which K3s does not have; Traefik reads certificates with rights of its own, so take the binding out";
            adaptation.report(Rule::RouterBinding, item, FieldPath::from("subjects").index(index), message);
        }
    }
}
