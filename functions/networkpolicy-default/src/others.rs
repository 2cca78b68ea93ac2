//! Policies of others: what in them defeats the default deny.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use manifests::pods::Role;
use manifests::selectors::Selector;
use manifests::services::{PortReference, Protocol};

use crate::facts::cluster::Cluster;
use crate::facts::workload::{Workload, WorkloadId, of_several};
use crate::policy::{Direction, NAMESPACE_LABEL};
use crate::reconcile::is_ours;
use crate::rule::Rule;

const GROUP: &str = "networking.k8s.io";

/// Reports policies of others that are malformed, that allow so much that the default deny has no effect, or of which
/// kube-router makes more than they say.
pub(crate) fn report(cluster: &Cluster<'_>, namespaces: &BTreeSet<String>, findings: &mut Findings) {
    for item in cluster.items(GROUP, "NetworkPolicy") {
        if is_ours(item) || !namespaces.contains(item.namespace_name()) {
            continue;
        }
        let (policy, mut malformed) = item.read::<NetworkPolicy>();
        let spec = policy.spec.unwrap_or_default();
        let rules = rules_of(&spec);
        malformed.extend(
            selectors_of(&spec, &rules)
                .filter_map(|(path, it)| Selector::of(item, || path.clone(), it).err())
                .flatten(),
        );
        // The API server refuses such a policy, so that it allows nothing.
        if !malformed.is_empty() {
            findings.extend(malformed);
            continue;
        }
        for rule in &rules {
            let problem = rule.too_broad(cluster).or_else(|| rule.undeclared_names(cluster, item));
            findings.extend(problem.map(|problem| problem.on(item).at(rule.path.clone())));
        }
    }
}

/// The namespaces in which a policy of others selects every pod for incoming connections, so that what no policy allows is
/// denied.
pub(crate) fn namespaces_denied_by_others<'c>(cluster: &'c Cluster<'_>) -> BTreeSet<&'c str> {
    let policies = cluster.items(GROUP, "NetworkPolicy").filter(|item| !is_ours(item));
    policies.filter(|item| isolates_all(item)).map(Item::namespace_name).collect()
}

/// Whether a policy selects every pod of its namespace for incoming connections. Without types it does so for these anyway.
fn isolates_all(item: &Item) -> bool {
    let (policy, malformed) = item.read::<NetworkPolicy>();
    let spec = policy.spec.unwrap_or_default();
    let types = spec.policy_types.unwrap_or_default();
    malformed.is_empty()
        && spec.pod_selector.as_ref().is_none_or(is_empty)
        && (types.is_empty() || types.iter().any(|kind| kind == "Ingress"))
}

/// A rule of a policy of others.
struct PolicyRule {
    path: FieldPath,
    direction: Direction,
    /// The pods that the policy is about; nothing for all.
    subject: Option<LabelSelector>,
    /// Its ports; all there are if it lists none.
    ports: Vec<NetworkPolicyPort>,
    /// Its peers; all there are if it lists none.
    peers: Vec<(FieldPath, NetworkPolicyPeer)>,
}

impl PolicyRule {
    /// Says so where the rule allows so many peers that the default deny has no effect.
    fn too_broad(&self, cluster: &Cluster<'_>) -> Option<Finding> {
        let is_denied = self.direction == Direction::Ingress || cluster.settings.spec.egress;
        let whom = self.broadly_allows().filter(|_| is_denied)?;
        let message = format!("allows {whom}, which the default deny then does not stop; name the peers that need it");
        Some(Finding::new(Rule::PolicyTooBroad, message))
    }

    /// Which peers it allows, if they are so many that the default deny has no effect.
    fn broadly_allows(&self) -> Option<&'static str> {
        // A rule for outgoing connections to some ports of anybody is common: HTTPS, DNS, the API server.
        let counts_anybody = self.direction == Direction::Ingress || self.ports.is_empty();
        if self.peers.is_empty() {
            return Some("anybody").filter(|_| counts_anybody);
        }
        let is_of_all_pods = self.subject.as_ref().is_none_or(is_empty);
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
                (Some(pods), None) if is_empty(pods) && is_of_all_pods => {
                    Some("every pod of its namespace to reach every other")
                }
                _ => None,
            }
        })
    }

    /// Says so where the only ports of the rule are names, and no pod of the build declares one of them of those that the
    /// rule leads to. kube-router then takes it for a rule without ports, where it lets pods in; addresses it lets nowhere.
    ///
    /// Source: kube-router `pkg/controllers/netpol/policy.go`, `processIngressRules`, `processEgressRules` and
    /// `grabNamedPortFromPod`, which looks at no init containers.
    fn undeclared_names(&self, cluster: &Cluster<'_>, policy: &Item) -> Option<Finding> {
        let names = self.ports.iter().map(named).collect::<Option<Vec<_>>>().filter(|names| !names.is_empty())?;
        if !self.peers.iter().any(|(_, peer)| selects_pods(peer)) {
            return None;
        }
        let reached = self.reached(cluster, policy)?;
        let declares = |workload: &Workload| {
            let ports = workload.ports.iter().filter(|port| port.role == Role::Main);
            let mut ports = ports.filter_map(|port| Some((port.name.clone()?, port.protocol)));
            ports.any(|port| names.contains(&port))
        };
        // What the containers declare of pods that the build does not show is not known.
        let is_silent = |workload: &Workload| workload.kind.is_some() && !declares(workload);
        let reached: Vec<_> = reached.into_iter().map(|id| cluster.workload(id)).collect();
        let whose = of_several(reached.first()?, reached.len());
        reached.into_iter().all(is_silent).then(|| undeclared(&names, &whose))
    }

    /// The workloads of the build that the rule leads to; nothing where the pods are in other builds.
    fn reached(&self, cluster: &Cluster<'_>, policy: &Item) -> Option<Vec<WorkloadId>> {
        let select = |namespace: Option<&str>, selector: &Option<LabelSelector>| {
            let selector = Selector::try_from(selector.clone().unwrap_or_default()).ok()?;
            let mut ids = cluster.select(namespace, &selector);
            ids.retain(|id| !cluster.workload(*id).is_in_host_network);
            Some(ids).filter(|ids| !ids.is_empty())
        };
        if self.direction == Direction::Ingress {
            return select(policy.namespace(), &self.subject);
        }
        let peers = self.peers.iter().map(|(_, peer)| peer).filter(|peer| selects_pods(peer));
        let reached = peers.map(|peer| match &peer.namespace_selector {
            None => select(policy.namespace(), &peer.pod_selector),
            Some(namespaces) => select(Some(only_name(namespaces)?), &peer.pod_selector),
        });
        Some(reached.collect::<Option<Vec<_>>>()?.concat())
    }
}

fn undeclared(names: &[(String, Protocol)], whose: &str) -> Finding {
    let told = |(name, protocol): &(String, Protocol)| match protocol {
        Protocol::Tcp => format!("`{name}`"),
        other => format!("`{name}` of {other}"),
    };
    let names: Vec<_> = names.iter().map(told).collect();
    let message = format!(
        "names only ports that no container of {whose} declares ({}); kube-router, which K3s embeds, then opens every port \
         between these pods and the peers of the rule; write the number, or declare the name on a container",
        names.join(", ")
    );
    Finding::new(Rule::PolicyPortUndeclared, message)
}

/// The name and protocol of a port; nothing if it is a number, or all ports of a protocol.
fn named(port: &NetworkPolicyPort) -> Option<(String, Protocol)> {
    let PortReference::Name(name) = PortReference::try_from(port.port.as_ref()?).ok()? else { return None };
    Some((name, port.protocol.as_deref().and_then(Protocol::of).unwrap_or_default()))
}

fn selects_pods(peer: &NetworkPolicyPeer) -> bool {
    peer.pod_selector.is_some() || peer.namespace_selector.is_some()
}

/// The namespace that a selector selects by its name, and nothing else.
fn only_name(namespaces: &LabelSelector) -> Option<&str> {
    let labels = namespaces.match_labels.as_ref().filter(|labels| labels.len() == 1)?;
    let has_expressions = namespaces.match_expressions.as_ref().is_some_and(|expressions| !expressions.is_empty());
    labels.get(NAMESPACE_LABEL).filter(|_| !has_expressions).map(String::as_str)
}

fn rules_of(spec: &NetworkPolicySpec) -> Vec<PolicyRule> {
    let rule = |index: usize, direction: Direction, ports: &Option<Vec<_>>, peers: &Option<Vec<_>>| {
        let (rules, list) = match direction {
            Direction::Ingress => ("spec.ingress", "from"),
            Direction::Egress => ("spec.egress", "to"),
        };
        let path = FieldPath::from(rules).index(index);
        let peers = peers.iter().flatten().cloned().enumerate();
        let peers = peers.map(|(index, peer)| (path.clone().key(list).index(index), peer)).collect();
        let ports = ports.clone().unwrap_or_default();
        PolicyRule { path, direction, subject: spec.pod_selector.clone(), ports, peers }
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
