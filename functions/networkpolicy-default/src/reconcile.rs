//! Bringing the policies of the build in line with the plan: ours are refreshed or removed, others stay.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::{Map, Value};

use crate::cluster::namespace_name;
use crate::policy::OWNER_LABEL;
use crate::settings::Settings;

const GROUP: &str = "networking.k8s.io";

/// What is to be done to the build.
#[derive(Default)]
pub(crate) struct Changes {
    refreshed: Vec<(ItemId, Value)>,
    removed: Vec<ItemId>,
    added: Vec<Value>,
}

impl Changes {
    /// Compares the policies of the build with those that should be there, by namespace and name.
    pub(crate) fn new(
        resources: &Resources,
        mut wanted: BTreeMap<(String, String), Value>,
        findings: &mut Findings,
    ) -> Self {
        let mut changes = Self::default();
        for id in resources.ids_of(GROUP, "NetworkPolicy") {
            let item = resources.get(id);
            let key = (namespace_name(item.namespace()), item.name().to_owned());
            match (wanted.remove(&key), is_ours(item)) {
                (Some(object), true) => changes.refreshed.push((id, object)),
                (None, true) => changes.removed.push(id),
                (Some(object), false) if object["spec"] != item.value()["spec"] => {
                    let message = "a policy of this name is to be added, but this one says something else; rename it";
                    findings.push(Finding::error(message).on(item.reference()).at("metadata.name"));
                }
                (_, false) => {}
            }
        }
        changes.added = wanted.into_values().collect();
        changes
    }

    /// Does it.
    pub(crate) fn apply(self, resources: &mut Resources) {
        for (id, wanted) in self.refreshed {
            refresh(resources, id, wanted);
        }
        for id in self.removed {
            resources.remove(id);
        }
        for object in self.added {
            resources.add(object);
        }
    }
}

fn is_ours(item: &Item) -> bool {
    item.value()["metadata"]["labels"][OWNER_LABEL] == env!("CARGO_PKG_NAME")
}

/// Labels and annotations that others added stay.
fn refresh(resources: &mut Resources, id: ItemId, mut wanted: Value) {
    let current = resources.get(id).value();
    let is_current = current["spec"] == wanted["spec"]
        && current["metadata"]["annotations"].as_object().is_some_and(|annotations| {
            let wanted = wanted["metadata"]["annotations"].as_object();
            wanted.into_iter().flatten().all(|(key, value)| annotations.get(key) == Some(value))
        });
    if is_current {
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

/// Reports policies of others that let anybody in where the default is to deny.
pub(crate) fn report_broad_policies(
    resources: &Resources,
    settings: &Settings,
    namespaces: &BTreeSet<String>,
    findings: &mut Findings,
) {
    for id in resources.ids_of(GROUP, "NetworkPolicy") {
        let item = resources.get(id);
        if is_ours(item) || !namespaces.contains(&namespace_name(item.namespace())) {
            continue;
        }
        let spec = &item.value()["spec"];
        let is_of_all_pods = is_empty(&spec["podSelector"]);
        for (rules, peers, is_denied) in [("ingress", "from", true), ("egress", "to", settings.spec.egress)] {
            for (index, rule) in spec[rules].as_array().into_iter().flatten().enumerate().filter(|_| is_denied) {
                if let Some(whom) = broad(rule, peers, is_of_all_pods) {
                    let message = format!(
                        "allows {whom}, which the default deny then does not stop; name the peers that need it"
                    );
                    findings.push(Finding::warning(message).on(item.reference()).at(format!("spec.{rules}[{index}]")));
                }
            }
        }
    }
}

/// Whom a rule allows, if it is so many that the default deny is in vain.
fn broad(rule: &Value, peers: &str, is_of_all_pods: bool) -> Option<&'static str> {
    // A rule for outgoing connections to some ports of anybody is common: HTTPS, DNS, the API server.
    let is_of_all_ports = rule["ports"].as_array().is_none_or(Vec::is_empty);
    let counts_anybody = peers == "from" || is_of_all_ports;
    let listed = rule[peers].as_array().filter(|peers| !peers.is_empty());
    let Some(listed) = listed else { return Some("anybody").filter(|_| counts_anybody) };
    listed.iter().find_map(|peer| {
        let cidr = peer["ipBlock"]["cidr"].as_str();
        if matches!(cidr, Some("0.0.0.0/0" | "::/0")) {
            return Some("every address").filter(|_| counts_anybody && peer["ipBlock"]["except"].is_null());
        }
        let (has_pods, has_namespaces) = (peer["podSelector"].is_object(), peer["namespaceSelector"].is_object());
        if has_namespaces && is_empty(&peer["namespaceSelector"]) && (!has_pods || is_empty(&peer["podSelector"])) {
            return Some("every pod of the cluster");
        }
        let is_own_namespace = has_pods && !has_namespaces && is_empty(&peer["podSelector"]);
        Some("every pod of its namespace to reach every other").filter(|_| is_own_namespace && is_of_all_pods)
    })
}

fn is_empty(selector: &Value) -> bool {
    let is_empty = |value: &Value| match value {
        Value::Object(labels) => labels.is_empty(),
        Value::Array(requirements) => requirements.is_empty(),
        other => other.is_null(),
    };
    is_empty(&selector["matchLabels"]) && is_empty(&selector["matchExpressions"])
}
