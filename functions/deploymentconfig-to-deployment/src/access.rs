//! Roles that allow actions on DeploymentConfigs: they allow them on Deployments.

use krm::field::FieldPath;
use krm::resource_list::{Item, Prefilter, Resources};
use serde_json::{Value, json};

use crate::kinds::{AUTHORIZATION, DEPLOYMENT_CONFIG};
use crate::plan::Plan;
use crate::rule::Rule;

const RBAC: &str = "rbac.authorization.k8s.io";
const NEW_GROUP: &str = "apps";
/// What an API group is called in a rule that is for all of them.
const EVERY: &str = "*";

/// The resources of DeploymentConfigs, and those of Deployments in their place.
///
/// Source: openshift/api apps/v1 (subresources in the +genclient comments); kubernetes/api apps/v1.
const RESOURCES: [(&str, Option<&str>); 8] = [
    ("deploymentconfigrollbacks", None),
    ("deploymentconfigs", Some("deployments")),
    ("deploymentconfigs/finalizers", Some("deployments/finalizers")),
    ("deploymentconfigs/instantiate", None),
    ("deploymentconfigs/log", None),
    ("deploymentconfigs/rollback", None),
    ("deploymentconfigs/scale", Some("deployments/scale")),
    ("deploymentconfigs/status", Some("deployments/status")),
];

/// The resources of a rule, sorted out.
#[derive(Debug, Default)]
struct Resorted {
    /// Those of Deployments.
    new: Vec<&'static str>,
    /// Those of DeploymentConfigs that Deployments do not have.
    lost: Vec<String>,
    /// All others.
    others: Vec<String>,
}

/// Makes rules about DeploymentConfigs rules about Deployments.
pub(crate) fn follow_all(resources: &Resources, plan: &mut Plan) {
    let prefilter = Prefilter::new(["deploymentconfig", DEPLOYMENT_CONFIG.group]);
    for item in resources.iter().filter(|item| is_role(item) && prefilter.may_match(item)) {
        let rules = item.value()["rules"].as_array().cloned().unwrap_or_default();
        let mut written = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            match rewritten(rule) {
                None => written.push(rule.clone()),
                Some((rules, lost)) => {
                    report_lost(item, index, &lost, plan);
                    written.extend(rules);
                }
            }
        }
        if written != rules {
            plan.edit(item)["rules"] = written.into();
        }
    }
}

fn is_role(item: &Item) -> bool {
    matches!(item.kind(), "Role" | "ClusterRole") && [RBAC, AUTHORIZATION, ""].contains(&item.group())
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The rules that a rule becomes, and the actions that it no longer allows; `None` if it is not about DeploymentConfigs.
fn rewritten(rule: &Value) -> Option<(Vec<Value>, Vec<String>)> {
    let (groups, resources) = (texts(&rule["apiGroups"]), texts(&rule["resources"]));
    let is_old = |group: &String| group == DEPLOYMENT_CONFIG.group;
    let names_old = groups.iter().any(is_old);
    // OpenShift 3 served DeploymentConfigs in the core group too.
    if !names_old && !groups.iter().any(|group| group.is_empty() || group == EVERY) {
        return None;
    }
    let mut sorted = resort(&resources, names_old);
    if sorted.new.is_empty() && sorted.lost.is_empty() && !names_old {
        return None;
    }
    let mut rules = Vec::new();
    let other_groups: Vec<_> = groups.iter().filter(|group| !is_old(group)).cloned().collect();
    if other_groups.is_empty() {
        let is_followed = |resource: &String| {
            resource == EVERY || resource.strip_prefix("*/").is_some_and(|sub| of_every_resource(sub).is_some())
        };
        sorted.lost.extend(sorted.others.drain(..).filter(|resource| !is_followed(resource)));
    } else if !sorted.others.is_empty() {
        rules.push(with(rule, &other_groups, &sorted.others));
    }
    let is_allowed = |resource: &&&str| {
        other_groups.iter().any(|group| group == NEW_GROUP || group == EVERY)
            && sorted.others.iter().any(|other| covers(other, resource))
    };
    let new: Vec<_> =
        sorted.new.iter().filter(|resource| !is_allowed(resource)).map(|name| (*name).to_owned()).collect();
    if !new.is_empty() {
        rules.push(with(rule, &[NEW_GROUP.to_owned()], &new));
    }
    Some((rules, sorted.lost))
}

fn resort(resources: &[String], names_old: bool) -> Resorted {
    let mut sorted = Resorted::default();
    for resource in resources {
        let known = RESOURCES.iter().find(|(old, _)| old == resource);
        match (known, resource.split_once('/')) {
            (Some((_, Some(new))), _) => sorted.new.push(new),
            (Some((old, None)), _) => sorted.lost.push((*old).to_owned()),
            (None, Some(("deploymentconfigs", EVERY))) => {
                sorted.new.extend(["deployments/scale", "deployments/status"]);
            }
            (None, parts) => {
                if names_old && resource == EVERY {
                    sorted.new.extend(["deployments", "deployments/scale", "deployments/status"]);
                } else if let (true, Some((EVERY, subresource))) = (names_old, parts) {
                    sorted.new.extend(of_every_resource(subresource));
                }
                sorted.others.push(resource.clone());
            }
        }
    }
    sorted.new.dedup();
    sorted
}

/// The resource of Deployments that a subresource of every resource, as `*/scale`, allows in the place of the one of
/// DeploymentConfigs.
fn of_every_resource(subresource: &str) -> Option<&'static str> {
    let old = RESOURCES.iter().find(|(old, _)| old.split_once('/') == Some(("deploymentconfigs", subresource)));
    old.and_then(|(_, new)| *new)
}

/// Whether a resource in a rule covers another one: it is the same, all, or a subresource of all.
fn covers(resource: &str, other: &str) -> bool {
    let of_every = other.split_once('/').map(|(_, subresource)| format!("{EVERY}/{subresource}"));
    resource == other || resource == EVERY || Some(resource) == of_every.as_deref()
}

/// A rule with other groups and resources.
fn with(rule: &Value, groups: &[String], resources: &[String]) -> Value {
    let mut rule = rule.clone();
    rule["apiGroups"] = json!(groups);
    rule["resources"] = json!(resources);
    rule
}

fn report_lost(item: &Item, index: usize, lost: &[String], plan: &mut Plan) {
    if !lost.is_empty() {
        let message = format!(
            "no longer allows `{}`, which Deployments do not have; to restart a rollout, users need `patch` on `deployments`",
            lost.join("`, `")
        );
        plan.report(Rule::AccessLost, item, FieldPath::from("rules").index(index), message);
    }
}
