//! Bringing the policies of the build in line with the plan: ours are refreshed or removed, others stay.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::NetworkPolicy;
use krm::finding::{Finding, Findings};
use krm::resource_list::bookkeeping::MANAGED_BY;
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::{Map, Value};

use crate::facts::workload::{WORKLOAD_LABEL, workload_label};
use crate::policy::Draft;
use crate::rule::Rule;

/// What is to be done to the build.
#[derive(Default)]
pub(crate) struct Changes {
    refreshed: Vec<(ItemId, Value)>,
    removed: Vec<ItemId>,
    /// The policies that the build does not have, by namespace and name. Their objects take more memory.
    added: BTreeMap<(String, String), Draft>,
    labelled: Vec<(ItemId, String)>,
}

impl Changes {
    /// Compares the policies of the build with those that should be there, by namespace and name.
    pub(crate) fn new(
        resources: &Resources,
        mut wanted: BTreeMap<(String, String), Draft>,
        findings: &mut Findings,
    ) -> Self {
        let mut changes = Self::default();
        for item in resources.of::<NetworkPolicy>() {
            let (id, key) = (item.id(), (item.namespace_name().to_owned(), item.name().to_owned()));
            match (wanted.remove(&key).map(|draft| draft.object(&key.1)), is_ours(item)) {
                (Some(object), true) => changes.refreshed.push((id, object)),
                (None, true) => changes.removed.push(id),
                (Some(object), false) if object["spec"] != *item.field(&["spec"]) => {
                    let message = "a policy of this name is to be added, but this one says something else; rename it";
                    findings.push(Finding::new(Rule::PolicyNameTaken, message).on(item).at("metadata.name"));
                }
                (_, false) => {}
            }
        }
        changes.added = wanted;
        changes
    }

    /// Gives pods the label by which policies select them, besides.
    pub(crate) fn with_labels(self, labelled: Vec<(ItemId, String)>) -> Self {
        Self { labelled, ..self }
    }

    /// Does it.
    pub(crate) fn apply(self, resources: &mut Resources) {
        for (id, wanted) in self.refreshed {
            refresh(resources, id, wanted);
        }
        for id in self.removed {
            resources.remove(id);
        }
        for ((_, name), draft) in self.added {
            resources.add(&draft.object(&name));
        }
        for (id, pointer) in self.labelled {
            label(resources, id, &pointer);
        }
    }
}

/// Writes the label of a workload into the mapping of labels at a JSON pointer.
fn label(resources: &mut Resources, id: ItemId, pointer: &str) {
    let label = workload_label(resources.get(id).name());
    let mut labels = resources.edit(id);
    for key in pointer.split('/').skip(1) {
        if !labels[key].is_object() {
            labels[key] = Value::Object(Map::new());
        }
        labels = &mut labels[key];
    }
    labels[WORKLOAD_LABEL] = Value::String(label);
}

/// Whether a policy is one that this function made.
pub(crate) fn is_ours(item: &Item) -> bool {
    *item.field(&["metadata", "labels", MANAGED_BY]) == env!("CARGO_PKG_NAME")
}

/// Labels and annotations that others added stay.
fn refresh(resources: &mut Resources, id: ItemId, mut wanted: Value) {
    if resources.look(resources.get(id), |item| is_current(item.value(), &wanted)) {
        return;
    }
    let policy = resources.edit(id);
    policy["spec"] = wanted["spec"].take();
    if !policy["metadata"]["annotations"].is_object() {
        policy["metadata"]["annotations"] = Value::Object(Map::new());
    }
    if let (Some(annotations), Value::Object(wanted)) =
        (policy["metadata"]["annotations"].as_object_mut(), wanted["metadata"]["annotations"].take())
    {
        annotations.extend(wanted);
    }
}

/// Whether a policy says what it should, whatever others added.
fn is_current(policy: &Value, wanted: &Value) -> bool {
    policy["spec"] == wanted["spec"]
        && policy["metadata"]["annotations"].as_object().is_some_and(|annotations| {
            let wanted = wanted["metadata"]["annotations"].as_object();
            wanted.into_iter().flatten().all(|(key, value)| annotations.get(key) == Some(value))
        })
}
