//! What a policy is made of, and the object it becomes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net};
use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use krm::resource_list::bookkeeping::MANAGED_BY;
use manifests::selectors::{Labels, Selector};
use manifests::services::{ContainerPort, Protocol};
use serde_json::Value;

/// Says by which objects of the build a policy is implied.
pub(crate) const REASON_ANNOTATION: &str = "replatform.dev/reason";
/// The label by which Kubernetes names every namespace.
pub(crate) const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

/// How many of the objects that imply a policy its annotation tells.
const TOLD: usize = 12;

/// A port of a pod, always by number: for a rule whose only ports are names that no selected pod declares, kube-router
/// opens every port to the pods that the rule lets in.
///
/// Source: kube-router `pkg/controllers/netpol/policy.go`, `processIngressRules`, 2.1.0 and 2.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Port {
    /// Its number.
    pub(crate) number: u16,
    /// Its protocol.
    pub(crate) protocol: Protocol,
}

impl Port {
    /// A TCP port.
    pub(crate) fn tcp(number: u16) -> Self {
        Self { number, protocol: Protocol::Tcp }
    }
}

impl From<&ContainerPort> for Port {
    fn from(port: &ContainerPort) -> Self {
        Self { number: port.number, protocol: port.protocol }
    }
}

/// The ports that a rule opens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ports {
    /// Every port.
    All,
    /// These ports.
    These(BTreeSet<Port>),
}

impl Ports {
    /// TCP ports.
    pub(crate) fn tcp(numbers: &[u16]) -> Self {
        numbers.iter().copied().map(Port::tcp).collect()
    }

    fn join(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (Self::These(_), Self::All) => *self = Self::All,
            (Self::These(ports), Self::These(more)) => ports.extend(more),
        }
    }

    /// The ports that are not among others.
    pub(crate) fn without(&self, others: &BTreeSet<Port>) -> Self {
        match self {
            Self::All => Self::All,
            Self::These(ports) => Self::These(ports.difference(others).copied().collect()),
        }
    }

    /// Whether a port is among them.
    pub(crate) fn has(&self, port: &Port) -> bool {
        match self {
            Self::All => true,
            Self::These(ports) => ports.contains(port),
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::These(ports) if ports.is_empty())
    }
}

impl From<Port> for Ports {
    fn from(port: Port) -> Self {
        Self::These(BTreeSet::from([port]))
    }
}

impl FromIterator<Port> for Ports {
    fn from_iter<I: IntoIterator<Item = Port>>(ports: I) -> Self {
        Self::These(ports.into_iter().collect())
    }
}

/// The other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    /// Anybody, inside the cluster and out.
    Anybody,
    /// Pods. Without a namespace those of the policy's own, wherever an overlay puts it.
    Pods {
        /// The name of their namespace.
        namespace: Option<String>,
        /// Their labels.
        selector: Selector,
    },
    /// Addresses.
    Addresses {
        /// The range.
        cidr: IpNet,
        /// What is left out of it.
        except: Vec<Ipv4Net>,
    },
}

impl From<IpNet> for Peer {
    fn from(cidr: IpNet) -> Self {
        Self::Addresses { cidr, except: Vec::new() }
    }
}

/// The direction that a policy rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    /// Connections to the selected pods.
    Ingress,
    /// Connections from the selected pods.
    Egress,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }
}

/// A policy in the making. It rules one direction only: kube-router mixes up the rules of policies that rule both.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// Where it goes.
    pub(crate) namespace: Option<Arc<str>>,
    /// The pods that it selects.
    pub(crate) subject: Selector,
    /// What it rules.
    pub(crate) direction: Direction,
    /// Which peers may connect to which ports; none if empty.
    pub(crate) rules: BTreeMap<Rc<Peer>, Rc<Ports>>,
    /// Which objects imply it, in order.
    evidence: Vec<String>,
    /// Whether there are more of them.
    has_more_evidence: bool,
}

impl Draft {
    /// A policy that allows nothing yet.
    pub(crate) fn new(namespace: Option<Arc<str>>, subject: Selector, direction: Direction) -> Self {
        Self { namespace, subject, direction, rules: BTreeMap::new(), evidence: Vec::new(), has_more_evidence: false }
    }

    /// Allows connections with a peer, for a reason.
    pub(crate) fn allow(&mut self, peer: Rc<Peer>, ports: &Rc<Ports>, evidence: &str) {
        match self.rules.entry(peer) {
            Entry::Vacant(entry) => drop(entry.insert(Rc::clone(ports))),
            Entry::Occupied(mut entry) => Rc::make_mut(entry.get_mut()).join(ports),
        }
        self.tell(evidence);
    }

    /// Adds to what implies the policy. Of many a few are reported: an annotation has its limits.
    pub(crate) fn tell(&mut self, evidence: &str) {
        let Err(place) = self.evidence.binary_search_by(|known| known.as_str().cmp(evidence)) else { return };
        if place < TOLD {
            self.evidence.insert(place, evidence.to_owned());
        }
        self.has_more_evidence |= place == TOLD || self.evidence.len() > TOLD;
        self.evidence.truncate(TOLD);
    }

    /// The object, under this name.
    pub(crate) fn object(&self, name: &str) -> Value {
        let more = self.has_more_evidence.then_some("and more");
        let evidence = self.evidence.iter().map(String::as_str).chain(more).collect::<Vec<_>>().join("; ");
        let policy = NetworkPolicy {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                namespace: self.namespace.as_deref().map(str::to_owned),
                labels: Some(Labels::from([(MANAGED_BY.to_owned(), env!("CARGO_PKG_NAME").to_owned())])),
                annotations: Some(BTreeMap::from([(REASON_ANNOTATION.to_owned(), evidence)])),
                ..ObjectMeta::default()
            },
            spec: Some(NetworkPolicySpec {
                pod_selector: Some((&self.subject).into()),
                policy_types: Some(vec![self.direction.name().to_owned()]),
                ingress: self.rules(Direction::Ingress, |ports, from| NetworkPolicyIngressRule { from, ports }),
                egress: self.rules(Direction::Egress, |ports, to| NetworkPolicyEgressRule { to, ports }),
            }),
        };
        serde_json::to_value(policy).unwrap_or_default()
    }

    /// One rule for all peers that may use the same ports, if this is the direction that the policy rules.
    fn rules<R>(
        &self,
        direction: Direction,
        rule: impl Fn(Option<Vec<NetworkPolicyPort>>, Option<Vec<NetworkPolicyPeer>>) -> R,
    ) -> Option<Vec<R>> {
        if self.direction != direction || self.rules.is_empty() {
            return None;
        }
        let mut peers_by_ports: BTreeMap<&Ports, Vec<&Rc<Peer>>> = BTreeMap::new();
        for (peer, ports) in &self.rules {
            peers_by_ports.entry(ports).or_default().push(peer);
        }
        let rules = peers_by_ports.into_iter();
        Some(
            rules
                .map(|(ports, peers)| {
                    rule(ports_object(ports), peers.into_iter().map(|peer| peer_object(peer)).collect())
                })
                .collect(),
        )
    }
}

fn ports_object(ports: &Ports) -> Option<Vec<NetworkPolicyPort>> {
    let Ports::These(ports) = ports else { return None };
    let object = |port: &Port| NetworkPolicyPort {
        protocol: Some(port.protocol.name().to_owned()),
        port: Some(IntOrString::Int(i32::from(port.number))),
        end_port: None,
    };
    Some(ports.iter().map(object).collect())
}

/// The object of a peer. Nothing for anybody, which is what makes the whole list of peers go.
fn peer_object(peer: &Peer) -> Option<NetworkPolicyPeer> {
    match peer {
        Peer::Anybody => None,
        Peer::Pods { namespace, selector } => Some(NetworkPolicyPeer {
            namespace_selector: namespace.as_ref().map(|namespace| {
                let labels = Labels::from([(NAMESPACE_LABEL.to_owned(), namespace.clone())]);
                (&Selector::of_build(labels)).into()
            }),
            pod_selector: (namespace.is_none() || !selector.is_everything()).then(|| selector.into()),
            ip_block: None,
        }),
        Peer::Addresses { cidr, except } => Some(NetworkPolicyPeer {
            ip_block: Some(IPBlock {
                cidr: cidr.to_string(),
                except: (!except.is_empty()).then(|| except.iter().map(ToString::to_string).collect()),
            }),
            ..NetworkPolicyPeer::default()
        }),
    }
}
