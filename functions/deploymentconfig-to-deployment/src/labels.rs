//! Labels that OpenShift adds to the pods of a DeploymentConfig, where something selects by them.
//!
//! Source: openshift/library-go pkg/apps/appsutil, `MakeDeployment`: `deploymentconfig: NAME` and `deployment: NAME-N`.

use std::collections::{HashMap, HashSet};

use krm::field::PointerBuf;
use krm::resource_list::{Item, ItemId, Prefilter, Resources};
use manifests::fields::below;
use manifests::pods::{self, OwnPods};
use serde_json::Value;

use crate::kinds::DEPLOYMENT_CONFIG;
use crate::plan::Plan;
use crate::rule::Rule;

/// The label that names the DeploymentConfig.
const OWN: &str = "deploymentconfig";
/// The label that names the rollout.
const NUMBERED: &str = "deployment";

/// A label that something selects by.
struct Selected<'v> {
    key: &'static str,
    value: &'v str,
    pointer: PointerBuf,
}

/// Adds the label that names a DeploymentConfig to the pods that something selects by it, and tells of selectors for one
/// rollout.
pub(crate) fn add_selected(resources: &Resources, plan: &mut Plan) {
    let configs: Vec<&Item> = resources.iter().filter(|item| DEPLOYMENT_CONFIG.is_of(item)).collect();
    let mut by_name: HashMap<&str, Vec<ItemId>> = HashMap::new();
    for config in &configs {
        by_name.entry(config.name()).or_default().push(config.id());
    }
    if configs.is_empty() {
        return;
    }
    let prefilter = Prefilter::new([NUMBERED]);
    let mut wanted: HashSet<ItemId> = HashSet::new();
    for item in resources.iter().filter(|item| prefilter.may_match(item)) {
        let mut found = Vec::new();
        selected(item.value(), &mut PointerBuf::new(), &mut found);
        found.retain(|found| !is_own_selector(item, &found.pointer));
        for Selected { key, value, pointer } in found {
            if key == OWN {
                let named = by_name.get(value).into_iter().flatten();
                wanted.extend(named.filter(|config| may_select(item, resources.get(**config))));
            } else if numbered(value).is_some_and(|name| by_name.contains_key(name)) {
                let message = format!(
                    "selects `{NUMBERED}: {value}`, the pods of one rollout on OpenShift; pods of a Deployment do not have the label; select by a \
                     label of the template"
                );
                plan.report(Rule::NumberedLabelSelected, item, &pointer, message);
            }
        }
    }
    for config in configs.into_iter().filter(|config| wanted.contains(&config.id())) {
        add(config, plan);
    }
}

/// Adds the label, unless the template has one of that key.
fn add(config: &Item, plan: &mut Plan) {
    let template = &config.value()["spec"]["template"];
    let (metadata, labels) = (&template["metadata"], &template["metadata"]["labels"]);
    let may_hold = |value: &Value| value.is_object() || value.is_null();
    if template.is_object() && may_hold(metadata) && may_hold(labels) && labels[OWN].is_null() {
        let name = config.name().to_owned();
        plan.edit(config)["spec"]["template"]["metadata"]["labels"][OWN] = name.into();
    }
}

/// Whether a selector of an object may mean pods in the namespace of a DeploymentConfig. Only Services and budgets are known to
/// select in their own.
fn may_select(item: &Item, config: &Item) -> bool {
    let is_bound = item.is("", "Service") || item.is("policy", "PodDisruptionBudget");
    !is_bound || item.is_in_namespace(config.namespace())
}

/// The name of a DeploymentConfig in the name of a rollout: `web` in `web-3`.
fn numbered(value: &str) -> Option<&str> {
    let (name, number) = value.rsplit_once('-')?;
    (!number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())).then_some(name)
}

/// Whether a selector is the one by which a workload knows its own pods.
fn is_own_selector(item: &Item, pointer: &PointerBuf) -> bool {
    let is_workload = pods::kind(item.group(), item.kind()).is_some_and(|kind| kind.own_pods != OwnPods::Template);
    is_workload && pointer.as_str().starts_with("/spec/selector")
}

/// The labels that selectors below a value name: those in `matchLabels`, in `selector` mappings, and in requirements.
fn selected<'v>(value: &'v Value, pointer: &mut PointerBuf, found: &mut Vec<Selected<'v>>) {
    match value {
        Value::Object(map) => {
            if map.get("operator").is_some_and(|operator| operator == "In") {
                of_requirement(value, pointer, found);
            }
            for (key, inner) in map {
                below(pointer, key, |pointer| {
                    if matches!(key.as_str(), "matchLabels" | "selector" | "labels" | "podSelector")
                        && !is_metadata(pointer)
                    {
                        of_labels(inner, pointer, found);
                    }
                    selected(inner, pointer, found);
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                below(pointer, &index.to_string(), |pointer| selected(item, pointer, found));
            }
        }
        Value::String(text) => found.extend(in_text(text, pointer)),
        _ => {}
    }
}

/// The label in a text, as in the script `oc get pods -l deploymentconfig=web`.
fn in_text<'v>(text: &'v str, pointer: &PointerBuf) -> Option<Selected<'v>> {
    let (_, behind) = text.split_once(OWN)?;
    let value = behind.strip_prefix("==").or_else(|| behind.strip_prefix('='))?;
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    let end = value.find(|letter| !is_part(letter)).unwrap_or(value.len());
    Some(Selected { key: OWN, value: &value[..end], pointer: pointer.clone() })
}

/// Whether the mapping at a pointer holds labels of an object, and not of those that it selects.
fn is_metadata(pointer: &PointerBuf) -> bool {
    pointer.as_str().ends_with("/metadata/labels")
}

fn of_labels<'v>(labels: &'v Value, pointer: &PointerBuf, found: &mut Vec<Selected<'v>>) {
    for key in [OWN, NUMBERED] {
        if let Some(value) = labels[key].as_str() {
            found.push(Selected { key, value, pointer: pointer.with_trailing_token(key) });
        }
    }
}

fn of_requirement<'v>(requirement: &'v Value, pointer: &PointerBuf, found: &mut Vec<Selected<'v>>) {
    let Some(key) = [OWN, NUMBERED].into_iter().find(|key| requirement["key"] == *key) else { return };
    let values = requirement["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
    found.extend(values.map(|value| Selected { key, value, pointer: pointer.with_trailing_token("values") }));
}
