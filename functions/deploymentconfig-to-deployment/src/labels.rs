//! Labels that OpenShift adds to the pods of a DeploymentConfig, where something selects by them.
//!
//! Source: openshift/library-go pkg/apps/appsutil, `MakeDeployment`: `deploymentconfig: NAME` and `deployment: NAME-N`.

use std::collections::{HashMap, HashSet};

use krm::field::{FieldPath, PointerBuf};
use krm::resource_list::{Item, ItemId, Prefilter, Resources};
use manifests::pods::{self, OwnPods};
use serde_json::Value;

use crate::kinds::DEPLOYMENT_CONFIG;
use crate::plan::Plan;
use crate::pod_marks::{NUMBERED, OWN, reads_own_label};
use crate::rule::Rule;
use crate::selected::{Selected, selected};

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

    /// Whether the template of a DeploymentConfig has the label with the name of another one beside it. OpenShift wrote its own
    /// name over it.
    fn has_name_of_another(&self, config: &Item) -> bool {
        let label = config.value()["spec"]["template"]["metadata"]["labels"][OWN].as_str();
        let others = label.filter(|name| *name != config.name()).and_then(|name| self.by_name.get(name));
        others.into_iter().flatten().any(|other| other.is_in_namespace(config.namespace()))
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

/// Writes the label that names a DeploymentConfig into the templates whose pods something selects by it, and tells of selectors
/// for one rollout. `overlapping` are those whose own selector needs the label.
pub(crate) fn add_selected(resources: &Resources, overlapping: &HashSet<ItemId>, plan: &mut Plan) {
    let configs = Configs::of(resources);
    if configs.all.is_empty() {
        return;
    }
    let mut wanted = Wanted { named: overlapping.clone(), any: HashSet::new() };
    for config in &configs.all {
        wanted.named.extend(Some(config.id()).filter(|_| configs.has_name_of_another(config)));
        wanted.any.extend(Some(config.id()).filter(|_| reads_own_label(config)));
    }
    let prefilter = Prefilter::new([NUMBERED]);
    for item in resources.iter().filter(|item| prefilter.may_match(item)) {
        let mut found = Vec::new();
        selected(item.value(), &mut PointerBuf::new(), &mut found);
        for label in found.iter().filter(|label| !is_own_selector(item, &label.pointer)) {
            let selected = configs.selected(item, label);
            if label.key == OWN {
                wanted.note(label, &selected);
            } else if selected.iter().any(|config| label.value.is_some() || !has_label(config, NUMBERED)) {
                report_numbered(item, label, plan);
            }
        }
    }
    for config in configs.all {
        wanted.write(config, plan);
    }
}

/// The DeploymentConfigs whose pods need the label.
struct Wanted {
    /// Those of which something asks for the name, so that no other value will do.
    named: HashSet<ItemId>,
    /// Those of which something asks for the label.
    any: HashSet<ItemId>,
}

impl Wanted {
    /// Notes that something selects these by the label.
    fn note(&mut self, label: &Selected<'_>, selected: &[&Item]) {
        let wanted = if label.value.is_some() { &mut self.named } else { &mut self.any };
        wanted.extend(selected.iter().map(|config| config.id()));
    }

    /// Writes the label, where it is missing or must be another.
    fn write(&self, config: &Item, plan: &mut Plan) {
        let template = &config.value()["spec"]["template"];
        let (metadata, labels) = (&template["metadata"], &template["metadata"]["labels"]);
        let may_hold = |value: &Value| value.is_object() || value.is_null();
        if !(template.is_object() && may_hold(metadata) && may_hold(labels)) || labels[OWN] == config.name() {
            return;
        }
        let is_named = self.named.contains(&config.id());
        if is_named && !labels[OWN].is_null() {
            let message = format!(
                "becomes `{}`, the name of the DeploymentConfig, which OpenShift wrote over it on the pods; write that in the template and in the selector, \
                 or take the label out of both",
                config.name()
            );
            plan.report(
                Rule::LabelOverwritten,
                config,
                FieldPath::from("spec.template.metadata.labels").key(OWN),
                message,
            );
        }
        if is_named || labels[OWN].is_null() && self.any.contains(&config.id()) {
            plan.edit(config)["spec"]["template"]["metadata"]["labels"][OWN] = config.name().into();
        }
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
