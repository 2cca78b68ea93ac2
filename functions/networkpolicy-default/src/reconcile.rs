//! Bringing the policies of the build in line with the plan: ours are refreshed or removed, others stay.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use manifests::selectors::Selector;
use serde_json::{Map, Value};

use crate::facts::cluster::Cluster;
use crate::facts::workload::WORKLOAD_LABEL;
use crate::policy::{Direction, OWNER_LABEL};
use crate::rule::Rule;

const GROUP: &str = "networking.k8s.io";

/// What is to be done to the build.
#[derive(Default)]
pub(crate) struct Changes {
    refreshed: Vec<(ItemId, Value)>,
    removed: Vec<ItemId>,
    added: Vec<Value>,
    labelled: Vec<(ItemId, String)>,
}

impl Changes {
    /// Compares the policies of the build with those that should be there, by namespace and name.
    pub(crate) fn new(
        resources: &Resources,
        mut wanted: BTreeMap<(String, String), Value>,
        findings: &mut Findings,
    ) -> Self {
        let mut changes = Self::default();
        for item in resources.of::<NetworkPolicy>() {
            let (id, key) = (item.id(), (item.namespace_name().to_owned(), item.name().to_owned()));
            match (wanted.remove(&key), is_ours(item)) {
                (Some(object), true) => changes.refreshed.push((id, object)),
                (None, true) => changes.removed.push(id),
                (Some(object), false) if object["spec"] != item.value()["spec"] => {
                    let message = "a policy of this name is to be added, but this one says something else; rename it";
                    findings.push(Finding::new(Rule::PolicyNameTaken, message).on(item).at("metadata.name"));
                }
                (_, false) => {}
            }
        }
        changes.added = wanted.into_values().collect();
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
        for object in self.added {
            resources.add(object);
        }
        for (id, pointer) in self.labelled {
            label(resources, id, &pointer);
        }
    }
}

/// Writes the label of a workload into the mapping of labels at a JSON pointer.
fn label(resources: &mut Resources, id: ItemId, pointer: &str) {
    let name = resources.get(id).name().to_owned();
    let mut labels = resources.edit(id);
    for key in pointer.split('/').skip(1) {
        if !labels[key].is_object() {
            labels[key] = Value::Object(Map::new());
        }
        labels = &mut labels[key];
    }
    labels[WORKLOAD_LABEL] = Value::String(name);
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

/// Reports policies of others that are malformed, or that allow so much that the default deny has no effect.
pub(crate) fn report_broad_policies(cluster: &Cluster<'_>, namespaces: &BTreeSet<String>, findings: &mut Findings) {
    for item in cluster.items(GROUP, "NetworkPolicy") {
        if is_ours(item) || !namespaces.contains(item.namespace_name()) {
            continue;
        }
        let (policy, mut malformed) = item.read::<NetworkPolicy>();
        let spec = policy.spec.unwrap_or_default();
        let rules = rules_of(&spec);
        malformed
            .extend(selectors_of(&spec, &rules).filter_map(|(path, it)| Selector::of(item, &path, it).err()).flatten());
        // The API server refuses such a policy, so that it allows nothing.
        if !malformed.is_empty() {
            findings.extend(malformed);
            continue;
        }
        for rule in rules.iter().filter(|rule| rule.direction == Direction::Ingress || cluster.settings.spec.egress) {
            if let Some(whom) = rule.broadly_allows() {
                let message =
                    format!("allows {whom}, which the default deny then does not stop; name the peers that need it");
                findings.push(Finding::new(Rule::PolicyTooBroad, message).on(item).at(rule.path.clone()));
            }
        }
    }
}

/// A rule of a policy of others.
struct PolicyRule {
    path: FieldPath,
    direction: Direction,
    is_of_all_pods: bool,
    is_of_all_ports: bool,
    /// Its peers; all there are if it lists none.
    peers: Vec<(FieldPath, NetworkPolicyPeer)>,
}

impl PolicyRule {
    /// Which peers it allows, if they are so many that the default deny has no effect.
    fn broadly_allows(&self) -> Option<&'static str> {
        // A rule for outgoing connections to some ports of anybody is common: HTTPS, DNS, the API server.
        let counts_anybody = self.direction == Direction::Ingress || self.is_of_all_ports;
        if self.peers.is_empty() {
            return Some("anybody").filter(|_| counts_anybody);
        }
        self.peers.iter().find_map(|(_, peer)| {
            if let Some(block) =
                peer.ip_block.as_ref().filter(|block| matches!(block.cidr.as_str(), "0.0.0.0/0" | "::/0"))
            {
                return Some("every address").filter(|_| counts_anybody && block.except.is_none());
            }
            match (&peer.pod_selector, &peer.namespace_selector) {
                (None, Some(namespaces)) if is_empty(namespaces) => Some("every pod of the cluster"),
                (Some(pods), Some(namespaces)) if is_empty(pods) && is_empty(namespaces) => {
                    Some("every pod of the cluster")
                }
                (Some(pods), None) if is_empty(pods) && self.is_of_all_pods => {
                    Some("every pod of its namespace to reach every other")
                }
                _ => None,
            }
        })
    }
}

fn rules_of(spec: &NetworkPolicySpec) -> Vec<PolicyRule> {
    let is_of_all_pods = spec.pod_selector.as_ref().is_none_or(is_empty);
    let rule = |index: usize, direction: Direction, ports: &Option<Vec<NetworkPolicyPort>>, peers: &Option<Vec<_>>| {
        let (rules, list) = match direction {
            Direction::Ingress => ("spec.ingress", "from"),
            Direction::Egress => ("spec.egress", "to"),
        };
        let path = FieldPath::from(rules).index(index);
        let peers = peers.iter().flatten().cloned().enumerate();
        let peers = peers.map(|(index, peer)| (path.clone().key(list).index(index), peer)).collect();
        let is_of_all_ports = ports.as_ref().is_none_or(Vec::is_empty);
        PolicyRule { path, direction, is_of_all_pods, is_of_all_ports, peers }
    };
    let ingress = spec.ingress.iter().flatten().enumerate();
    let ingress = ingress.map(|(index, it)| rule(index, Direction::Ingress, &it.ports, &it.from));
    let egress = spec.egress.iter().flatten().enumerate();
    ingress.chain(egress.map(|(index, it)| rule(index, Direction::Egress, &it.ports, &it.to))).collect()
}

/// Every selector of a policy, with its field path.
fn selectors_of(spec: &NetworkPolicySpec, rules: &[PolicyRule]) -> impl Iterator<Item = (FieldPath, LabelSelector)> {
    let subject = (FieldPath::from("spec.podSelector"), spec.pod_selector.clone());
    let peers = rules.iter().flat_map(|rule| &rule.peers).flat_map(|(path, peer)| {
        [("podSelector", &peer.pod_selector), ("namespaceSelector", &peer.namespace_selector)]
            .map(|(key, selector)| (path.clone().key(key), selector.clone()))
    });
    std::iter::once(subject).chain(peers).filter_map(|(path, selector)| Some((path, selector?)))
}

fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(BTreeMap::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}
