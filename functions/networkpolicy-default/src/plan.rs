//! The policies in the making, and what stands against them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use krm::finding::{Finding, Findings, ObjectReference};
use serde_json::Value;

use crate::cluster::{Cluster, namespace_name, unlabelled};
use crate::config::Visibility;
use crate::policy::{Direction, Draft, Peer, Port, Ports};
use crate::selector::Selector;
use crate::visibility::{is_listed, is_same_app};
use crate::workload::WorkloadId;

/// Why connections are allowed. There is one policy for each workload and reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reason {
    /// An Ingress or route leads to it.
    IngressController,
    /// Its metrics are scraped.
    Prometheus,
    /// Workloads of the build name it or a Service of it.
    Clients,
    /// Pods of its application share its label.
    SameApp,
    /// Its replicas talk to one another.
    Replicas,
    /// It is reached from outside the cluster without an ingress controller.
    Anywhere,
    /// The API server calls it.
    ApiServer,
    /// Somebody is listed.
    Listed,
    /// The operator that makes it looks after it.
    Operator,
    /// KEDA asks or wakes it.
    Keda,
    /// It names Services.
    ToServices,
    /// It talks to pods of its application.
    ToSameApp,
    /// Its replicas talk to one another.
    ToReplicas,
    /// Its ServiceAccount has rights.
    ToApiServer,
    /// It names hosts outside the cluster.
    ToExternal,
    /// It names public hosts that lead back into the cluster.
    ToIngressController,
}

impl Reason {
    /// All of them.
    const ALL: [Self; 16] = [
        Self::IngressController,
        Self::Prometheus,
        Self::Clients,
        Self::SameApp,
        Self::Replicas,
        Self::Anywhere,
        Self::ApiServer,
        Self::Listed,
        Self::Operator,
        Self::Keda,
        Self::ToServices,
        Self::ToSameApp,
        Self::ToReplicas,
        Self::ToApiServer,
        Self::ToExternal,
        Self::ToIngressController,
    ];

    /// What the name of the policy ends in, and what implies it, for people.
    fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::IngressController => (
                "allow-from-ingress-controller",
                "an Ingress, a Gateway route, Traefik's IngressRoute, IngressRouteTCP, IngressRouteUDP, TraefikService or \
                 Middleware, a Kafka listener of type `ingress`; visibility `public`",
            ),
            Self::Prometheus => (
                "allow-from-prometheus",
                "a ServiceMonitor, PodMonitor or Probe; `prometheus.io/scrape` on pods or Services; `spec.metricsPorts`; \
                 `enablePodMonitor` of CloudNativePG",
            ),
            Self::Clients => (
                "allow-from-clients",
                "workloads that name a Service of it in variables, arguments or ConfigMaps; what Strimzi and poolers of \
                 CloudNativePG connect to",
            ),
            Self::SameApp => {
                ("allow-from-same-app", "pods of its namespace with the same value of `spec.sameAppLabel`")
            }
            Self::Replicas => ("allow-from-replicas", "it is a StatefulSet, or made by Strimzi or CloudNativePG"),
            Self::Anywhere => (
                "allow-from-anywhere",
                "a Service of type LoadBalancer or NodePort, a `hostPort`, `nodePortLB`, a Kafka listener open outside",
            ),
            Self::ApiServer => ("allow-from-api-server", "an admission or conversion webhook, or an APIService"),
            Self::Listed => ("allow-from-listed", "`replatform.dev/allow-from` or `spec.workloads[].allowFrom`"),
            Self::Operator => ("allow-from-operator", "it is made by Strimzi or CloudNativePG"),
            Self::Keda => ("allow-from-keda", "an HTTPScaledObject, or a trigger of a ScaledObject or ScaledJob"),
            Self::ToServices => ("allow-to-services", "the other end of `allow-from-clients`"),
            Self::ToSameApp => ("allow-to-same-app", "the other end of `allow-from-same-app`"),
            Self::ToReplicas => ("allow-to-replicas", "the other end of `allow-from-replicas`"),
            Self::ToApiServer => ("allow-to-api-server", "a RoleBinding or ClusterRoleBinding of its ServiceAccount"),
            Self::ToExternal => (
                "allow-to-external",
                "it names a host or an address outside the cluster with a port or scheme, or a Service of type ExternalName",
            ),
            Self::ToIngressController => {
                ("allow-to-ingress-controller", "it names the host of an Ingress of the build")
            }
        }
    }

    fn suffix(self) -> &'static str {
        self.describe().0
    }

    fn direction(self) -> Direction {
        if self < Self::ToServices { Direction::Ingress } else { Direction::Egress }
    }
}

/// The allow policies, as a Markdown table.
pub fn policies_table() -> String {
    let mut table = "| Policy | Implied by |\n| --- | --- |\n".to_owned();
    for (suffix, evidence) in Reason::ALL.map(Reason::describe) {
        let _ = writeln!(table, "| `WORKLOAD-{suffix}` | {evidence} |");
    }
    table
}

/// The policies in the making.
pub(crate) struct Plan<'c, 'f> {
    /// What the build says.
    pub(crate) cluster: &'c Cluster<'c>,
    /// What there is to say about it.
    pub(crate) findings: &'f mut Findings,
    drafts: BTreeMap<(String, String), Draft>,
    exposed: BTreeSet<WorkloadId>,
    /// What was said already.
    reported: BTreeSet<String>,
}

impl<'c, 'f> Plan<'c, 'f> {
    /// No policies yet.
    pub(crate) fn new(cluster: &'c Cluster<'c>, findings: &'f mut Findings) -> Self {
        Self { cluster, findings, drafts: BTreeMap::new(), exposed: BTreeSet::new(), reported: BTreeSet::new() }
    }

    /// Adds to the policy of this name, for pods that are no workload of the build.
    pub(crate) fn draft(
        &mut self,
        namespace: Option<&str>,
        name: &str,
        subject: &Selector,
        direction: Direction,
    ) -> &mut Draft {
        let key = (namespace_name(namespace), name.to_owned());
        let draft = || Draft::new(namespace.map(str::to_owned), subject.clone(), direction);
        self.drafts.entry(key).or_insert_with(draft)
    }

    /// Allows peers of a workload, to it or from it as the reason says.
    pub(crate) fn allow(&mut self, id: WorkloadId, reason: Reason, peers: Vec<Peer>, ports: &Ports, evidence: &str) {
        let is_off = reason.direction() == Direction::Egress && !self.cluster.settings.spec.egress;
        if is_off || peers.is_empty() || !self.cluster.is_protected(id) || !self.can_be_selected(id) {
            return;
        }
        let workload = self.cluster.workload(id);
        let ports = match reason.direction() {
            Direction::Ingress => ports.without(&workload.left_to_operator),
            Direction::Egress => ports.clone(),
        };
        if ports.is_empty() {
            return;
        }
        let name = format!("{}-{}", workload.name, reason.suffix());
        let draft = self.draft(workload.namespace.as_deref(), &name, &workload.selector, reason.direction());
        for peer in peers {
            draft.allow(peer, ports.clone(), evidence.to_owned());
        }
    }

    /// Allows a workload to connect to another one, on both ends.
    pub(crate) fn connect(&mut self, client: WorkloadId, server: WorkloadId, ports: &Ports, evidence: &str) {
        let (from, to) = (self.cluster.workload(client), self.cluster.workload(server));
        if self.cluster.is_protected(server) {
            self.check_client(client, server, evidence);
            if from.is_short_lived() {
                self.report_once(
                    Finding::warning(
                        "its pods connect before policies know them, and are then refused for some seconds; \
                         let it retry, or let an init container wait for the connection",
                    )
                    .on(from.reference.clone()),
                );
            }
        }
        let peers = self.peers(client, to.namespace.as_deref());
        self.allow(server, Reason::Clients, peers, ports, evidence);
        if self.cluster.settings.spec.egress && self.cluster.is_protected(client) {
            let peers = self.peers(server, from.namespace.as_deref());
            self.allow(client, Reason::ToServices, peers, ports, evidence);
        }
    }

    /// Allows a workload to be reached by somebody outside its application, and says so where that must not be.
    pub(crate) fn expose(
        &mut self,
        id: WorkloadId,
        reason: Reason,
        peers: Vec<Peer>,
        port: Port,
        (evidence, by, path): (&str, &ObjectReference, &str),
    ) {
        let workload = self.cluster.workload(id);
        let refused = workload.visibility.filter(|visibility| *visibility != Visibility::Public);
        if let Some(visibility) = refused.filter(|_| self.cluster.is_protected(id)) {
            let message = format!(
                "exposes {}, whose visibility is `{}`; remove this, or make the workload `public`",
                workload.reference,
                visibility.name()
            );
            self.findings.push(Finding::error(message).on(by.clone()).at(path));
        }
        self.exposed.insert(id);
        self.allow(id, reason, peers, &Ports::from_iter([port]), evidence);
    }

    /// Reports a finding that several objects may lead to, once.
    pub(crate) fn report_once(&mut self, finding: Finding) {
        if self.reported.insert(finding.to_string()) {
            self.findings.push(finding);
        }
    }

    /// Whether something of the build exposes a workload.
    pub(crate) fn is_exposed(&self, id: WorkloadId) -> bool {
        self.exposed.contains(&id)
    }

    /// Pods of the build as a peer. Says what is in the way if they cannot be one.
    pub(crate) fn peers(&mut self, id: WorkloadId, seen_from: Option<&str>) -> Vec<Peer> {
        let is_in_host_network = self.cluster.workload(id).is_in_host_network;
        if !is_in_host_network && !self.can_be_selected(id) {
            return Vec::new();
        }
        let peers = self.cluster.peers(id, seen_from);
        if peers.is_empty() {
            let message = "runs in the host network, where no selector matches it as a peer; give the addresses of the \
                           nodes as `spec.nodeCidrs`";
            let reference = self.cluster.workload(id).reference.clone();
            self.report_once(Finding::error(message).on(reference));
        }
        peers
    }

    fn can_be_selected(&mut self, id: WorkloadId) -> bool {
        let workload = self.cluster.workload(id);
        let can = !workload.selector.is_everything();
        if !can {
            self.report_once(unlabelled(workload));
        }
        can
    }

    fn check_client(&mut self, client: WorkloadId, server: WorkloadId, evidence: &str) {
        let (from, to) = (self.cluster.workload(client), self.cluster.workload(server));
        let is_allowed = match to.visibility {
            None | Some(Visibility::Public | Visibility::Internal) => true,
            Some(Visibility::Private) => {
                is_same_app(self.cluster, client, server) || is_listed(self.cluster, client, server)
            }
            Some(Visibility::Restricted) => client == server || is_listed(self.cluster, client, server),
        };
        if let (false, Some(visibility)) = (is_allowed, to.visibility) {
            let message = format!(
                "connects to {}, whose visibility is `{}` ({evidence}); list it there under `allow-from`, or remove the \
                 connection",
                to.reference,
                visibility.name()
            );
            self.findings.push(Finding::error(message).on(from.reference.clone()));
        }
    }

    /// Reports workloads whose policies select pods of other workloads too, and allow those more than their own do.
    pub(crate) fn report_leaks(&mut self) {
        for id in self.cluster.workload_ids() {
            let workload = self.cluster.workload(id);
            if !self.cluster.is_protected(id) || workload.selector.is_everything() {
                continue;
            }
            let namespace = workload.namespace.as_deref();
            for other in self.cluster.select(namespace, &workload.selector) {
                let allows_more = self.drafts_of(id).any(|(suffix, draft)| {
                    draft.direction == Direction::Ingress
                        && self.drafts_of(other).all(|(own, its)| own != suffix || its.rules != draft.rules)
                });
                if other != id && allows_more {
                    let message = format!(
                        "its selector selects the pods of {} too, which are then allowed what it is allowed; give both a \
                         label that tells them apart",
                        self.cluster.workload(other).reference
                    );
                    self.findings.push(Finding::warning(message).on(workload.reference.clone()).at("spec.selector"));
                }
            }
        }
    }

    fn drafts_of(&self, id: WorkloadId) -> impl Iterator<Item = (&str, &Draft)> {
        let workload = self.cluster.workload(id);
        let namespace = namespace_name(workload.namespace.as_deref());
        let prefix = format!("{}-", workload.name);
        let start = (namespace.clone(), prefix.clone());
        self.drafts.range(start..).map_while(move |((of, name), draft)| {
            let suffix = name.strip_prefix(&prefix).filter(|_| *of == namespace)?;
            Some((suffix, draft))
        })
    }

    /// The objects, by namespace and name.
    pub(crate) fn objects(&self) -> BTreeMap<(String, String), Value> {
        self.drafts.iter().map(|(key, draft)| (key.clone(), draft.object(&key.1))).collect()
    }
}
