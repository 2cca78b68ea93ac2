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
    /// Its value; none where it must be there, or must not, whatever its value.
    value: Option<&'v str>,
    pointer: PointerBuf,
}

/// The DeploymentConfigs of a build.
struct Configs<'r> {
    all: Vec<&'r Item>,
    by_name: HashMap<&'r str, Vec<&'r Item>>,
}

impl<'r> Configs<'r> {
    fn of(resources: &'r Resources) -> Self {
        let all: Vec<&Item> = resources.iter().filter(|item| DEPLOYMENT_CONFIG.is_of(item)).collect();
        let mut by_name: HashMap<&str, Vec<&Item>> = HashMap::new();
        for config in &all {
            by_name.entry(config.name()).or_default().push(config);
        }
        Self { all, by_name }
    }

    /// Those on whose pods OpenShift writes a label that an object selects by.
    fn selected(&self, item: &Item, label: &Selected<'_>) -> Vec<&'r Item> {
        let named = match label.value {
            None => self.all.as_slice(),
            Some(value) if label.key == OWN => self.by_name.get(value).map_or(&[][..], Vec::as_slice),
            Some(value) => numbered(value).and_then(|name| self.by_name.get(name)).map_or(&[][..], Vec::as_slice),
        };
        named.iter().copied().filter(|config| may_select(item, config)).collect()
    }
}

/// Adds the label that names a DeploymentConfig to the pods that something selects by it, and tells of selectors for one
/// rollout.
pub(crate) fn add_selected(resources: &Resources, plan: &mut Plan) {
    let configs = Configs::of(resources);
    if configs.all.is_empty() {
        return;
    }
    let prefilter = Prefilter::new([NUMBERED]);
    let mut wanted: HashSet<ItemId> = HashSet::new();
    for item in resources.iter().filter(|item| prefilter.may_match(item)) {
        let mut found = Vec::new();
        selected(item.value(), &mut PointerBuf::new(), &mut found);
        for label in found.iter().filter(|label| !is_own_selector(item, &label.pointer)) {
            let selected = configs.selected(item, label);
            if label.key == OWN {
                wanted.extend(selected.iter().map(|config| config.id()));
            } else if selected.iter().any(|config| label.value.is_some() || !has_label(config, NUMBERED)) {
                report_numbered(item, label, plan);
            }
        }
    }
    for config in configs.all.into_iter().filter(|config| wanted.contains(&config.id())) {
        add(config, plan);
    }
}

fn report_numbered(item: &Item, label: &Selected<'_>, plan: &mut Plan) {
    let label_text = label.value.map_or(NUMBERED.to_owned(), |value| format!("{NUMBERED}: {value}"));
    let message = format!(
        "selects by `{label_text}`, with which OpenShift marked the pods of each rollout; pods of a Deployment do not have the label; \
         select by a label of the template"
    );
    plan.report(Rule::NumberedLabelSelected, item, &label.pointer, message);
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

/// Whether the template of a DeploymentConfig has a label of this key.
fn has_label(config: &Item, key: &str) -> bool {
    !config.value()["spec"]["template"]["metadata"]["labels"][key].is_null()
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

/// The labels that selectors below a value name: those in mappings of labels, in requirements, and in texts.
fn selected<'v>(value: &'v Value, pointer: &mut PointerBuf, found: &mut Vec<Selected<'v>>) {
    match value {
        Value::Object(map) => {
            if is_requirement(pointer) {
                of_requirement(value, pointer, found);
            }
            for (key, inner) in map {
                below(pointer, key, |pointer| {
                    of_labels(key, inner, pointer, found);
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

/// The labels in a text, as in the script `oc get pods -l deploymentconfig=web`.
fn in_text<'v>(text: &'v str, pointer: &PointerBuf) -> impl Iterator<Item = Selected<'v>> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
    text.match_indices(OWN).filter_map(move |(at, _)| {
        let behind = &text[at + OWN.len()..];
        let value = behind.strip_prefix("==").or_else(|| behind.strip_prefix('='))?;
        let end = value.find(|letter| !is_part(letter)).unwrap_or(value.len());
        Some(Selected { key: OWN, value: Some(&value[..end]), pointer: pointer.clone() })
    })
}

/// Whether the mapping at a pointer holds labels of an object, and not of those that it selects.
fn is_metadata(pointer: &PointerBuf) -> bool {
    pointer.as_str().ends_with("/metadata/labels")
}

/// The labels in a mapping that is called like one of labels.
fn of_labels<'v>(name: &str, labels: &'v Value, pointer: &PointerBuf, found: &mut Vec<Selected<'v>>) {
    // `labels` are often those of an alert or a metric, so that a rollout in them says nothing.
    let keys: &[&'static str] = match name {
        "matchLabels" | "selector" | "podSelector" => &[OWN, NUMBERED],
        "labels" if !is_metadata(pointer) => &[OWN],
        _ => return,
    };
    for key in keys {
        if let Some(value) = labels[*key].as_str() {
            found.push(Selected { key, value: Some(value), pointer: pointer.with_trailing_token(*key) });
        }
    }
}

/// Whether the mapping at a pointer is a requirement on labels of pods, and not on those of nodes.
fn is_requirement(pointer: &PointerBuf) -> bool {
    let is_of_nodes = || ["/nodeSelectorTerms/", "/preference/"].iter().any(|part| pointer.as_str().contains(part));
    pointer.parent().is_some_and(|parent| parent.as_str().ends_with("/matchExpressions")) && !is_of_nodes()
}

fn of_requirement<'v>(requirement: &'v Value, pointer: &PointerBuf, found: &mut Vec<Selected<'v>>) {
    let Some(key) = [OWN, NUMBERED].into_iter().find(|key| requirement["key"] == *key) else { return };
    let values = requirement["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let values: Vec<_> = values.map(Some).collect();
    // `Exists` and `DoesNotExist` have no values.
    for value in if values.is_empty() { vec![None] } else { values } {
        found.push(Selected { key, value, pointer: pointer.with_trailing_token("key") });
    }
}
