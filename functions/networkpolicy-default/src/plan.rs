//! The policies in the making, and what speaks against them.

use std::collections::{BTreeMap, BTreeSet};

use krm::field::FieldPath;
use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::namespace_name;
use manifests::selectors::Selector;
use serde_json::Value;

use crate::config::Visibility;
use crate::facts::cluster::{Cluster, Endpoint};
use crate::facts::workload::{WorkloadId, unlabelled};
use crate::policy::{Direction, Draft, Peer, Ports};
use crate::reason::{Cause, Reason};
use crate::rule::Rule;

/// A field of an object that a policy, or a finding, comes from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    object: ObjectReference,
    path: FieldPath,
}

impl Source {
    /// A field of an object.
    pub(crate) fn new(object: impl Into<ObjectReference>, path: impl Into<FieldPath>) -> Self {
        Self { object: object.into(), path: path.into() }
    }

    /// The name of the object.
    pub(crate) fn name(&self) -> &str {
        &self.object.name
    }

    /// A finding about the field.
    pub(crate) fn finding(&self, rule: Rule, message: impl Into<String>) -> Finding {
        Finding::new(rule, message).on(self.object.clone()).at(self.path.clone())
    }
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
        let key = (namespace_name(namespace).to_owned(), name.to_owned());
        let draft = || Draft::new(namespace.map(str::to_owned), subject.clone(), direction);
        self.drafts.entry(key).or_insert_with(draft)
    }

    /// Allows peers of a workload, to it or from it as the reason says.
    pub(crate) fn allow(&mut self, id: WorkloadId, peers: &[Peer], ports: &Ports, cause: &Cause) {
        let direction = cause.reason.direction();
        let is_off = direction == Direction::Egress && !self.cluster.settings.spec.egress;
        if is_off || peers.is_empty() || !self.cluster.is_protected(id) || !self.can_be_selected(id) {
            return;
        }
        let workload = self.cluster.workload(id);
        let ports = match direction {
            Direction::Ingress => ports.without(&workload.left_to_operator),
            Direction::Egress => ports.clone(),
        };
        if ports.is_empty() {
            return;
        }
        let name = format!("{}-{}", workload.name, cause.reason.suffix());
        let draft = self.draft(workload.namespace(), &name, &workload.selector, direction);
        for peer in peers {
            draft.allow(peer.clone(), ports.clone(), cause.evidence.clone());
        }
    }

    /// Allows pods of a workload to connect to one another, on both ends.
    pub(crate) fn allow_replicas(&mut self, id: WorkloadId, ports: &Ports, evidence: &str) {
        let peers = self.peers(id, self.cluster.workload(id).namespace());
        for reason in [Reason::Replicas, Reason::ToReplicas] {
            self.allow(id, &peers, ports, &reason.because(evidence));
        }
    }

    /// Allows a workload to connect to another one, on both ends.
    pub(crate) fn connect(&mut self, client: WorkloadId, server: WorkloadId, ports: &Ports, evidence: &str) {
        let (from, to) = (self.cluster.workload(client), self.cluster.workload(server));
        if self.cluster.is_protected(server) {
            self.check_client(client, server, evidence);
            if from.is_short_lived() {
                let message = "its pods connect before policies know them, and are then refused for some seconds; let it \
                               retry, or let an init container wait for the connection";
                self.report_once(Finding::new(Rule::ShortLivedClient, message).on(from.reference.clone()));
            }
        }
        let peers = self.peers(client, to.namespace());
        self.allow(server, &peers, ports, &Reason::Clients.because(evidence));
        if self.cluster.settings.spec.egress && self.cluster.is_protected(client) {
            let peers = self.peers(server, from.namespace());
            self.allow(client, &peers, ports, &Reason::ToServices.because(evidence));
        }
    }

    /// Lets peers from outside the build through to a workload, because of a field of an object. A workload that is not
    /// public must not be exposed.
    pub(crate) fn expose(&mut self, endpoint: Endpoint, peers: &[Peer], cause: &Cause, source: &Source) {
        let id = endpoint.workload;
        let workload = self.cluster.workload(id);
        let refused = workload.visibility.filter(|visibility| *visibility != Visibility::Public);
        if let Some(visibility) = refused.filter(|_| self.cluster.is_protected(id)) {
            let message = format!(
                "exposes {}, whose visibility is `{}`; remove this, or make the workload `public`",
                workload.reference,
                visibility.name()
            );
            self.findings.push(source.finding(Rule::ExposureForbidden, message));
        }
        self.exposed.insert(id);
        self.allow(id, peers, &Ports::from(endpoint.port), cause);
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
                           nodes as `spec.nodeCIDRs`";
            let reference = self.cluster.workload(id).reference.clone();
            self.report_once(Finding::new(Rule::NodeAddressesMissing, message).on(reference));
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
                self.cluster.is_same_app(client, server) || self.cluster.is_listed(client, server)
            }
            Some(Visibility::Restricted) => client == server || self.cluster.is_listed(client, server),
        };
        if let (false, Some(visibility)) = (is_allowed, to.visibility) {
            let message = format!(
                "connects to {}, whose visibility is `{}` ({evidence}); list it there under `allow-from`, or remove the \
                 connection",
                to.reference,
                visibility.name()
            );
            self.findings.push(Finding::new(Rule::ClientForbidden, message).on(from.reference.clone()));
        }
    }

    /// Reports workloads whose policies select pods of other workloads too, and allow those more than their own do.
    pub(crate) fn report_leaks(&mut self) {
        for id in self.cluster.workload_ids() {
            let workload = self.cluster.workload(id);
            if !self.cluster.is_protected(id) || workload.selector.is_everything() {
                continue;
            }
            for other in self.cluster.select(workload.namespace(), &workload.selector) {
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
                    let finding = Finding::new(Rule::OverlappingSelectors, message);
                    self.findings.push(finding.on(workload.reference.clone()).at("spec.selector"));
                }
            }
        }
    }

    fn drafts_of(&self, id: WorkloadId) -> impl Iterator<Item = (&str, &Draft)> {
        let workload = self.cluster.workload(id);
        let namespace = workload.namespace_name();
        let prefix = format!("{}-", workload.name);
        let start = (namespace.to_owned(), prefix.clone());
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
