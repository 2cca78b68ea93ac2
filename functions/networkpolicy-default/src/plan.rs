//! The policies in the making, and what speaks against them.

use std::cell::OnceCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings, Message, Subject};
use krm::resource_list::{ItemId, namespace_name};
use manifests::selectors::Selector;

use crate::config::Visibility;
use crate::facts::cluster::{Cluster, Endpoint, ServiceId};
use crate::facts::workload::{WorkloadId, of_several, unlabelled, unselectable};
use crate::policy::{Direction, Draft, Peer, Port, Ports};
use crate::reason::{Cause, Reason};
use crate::rule::Rule;

/// The policy that denies by default.
pub(crate) const DEFAULT_DENY: &str = "default-deny-ingress";

/// A field of an object that a policy, or a finding, comes from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    object: Subject,
    path: FieldPath,
}

impl Source {
    /// A field of an object.
    pub(crate) fn new(object: impl Into<Subject>, path: impl Into<FieldPath>) -> Self {
        Self { object: object.into(), path: path.into() }
    }

    /// The name of the object.
    pub(crate) fn name(&self) -> &str {
        &self.object.name
    }

    /// A finding about the field.
    pub(crate) fn finding(&self, rule: Rule, message: impl Into<Message>) -> Finding {
        Finding::new(rule, message).on(self.object.clone()).at(self.path.clone())
    }
}

/// The policies in the making.
pub(crate) struct Plan<'c, 'f> {
    /// What the build says.
    pub(crate) cluster: &'c Cluster<'c>,
    /// What there is to say about it.
    pub(crate) findings: &'f mut Findings,
    /// The policies of workloads.
    drafts: BTreeMap<(WorkloadId, Reason), Draft>,
    /// The policies of whole namespaces, and of pods that are no workload of the build, by namespace and name.
    named: BTreeMap<(String, String), Draft>,
    exposed: BTreeSet<WorkloadId>,
    /// Workloads whose pods need the label that they do not have yet.
    labelled: BTreeSet<WorkloadId>,
    /// Where words are that may name a Service, told only of those that stay closed.
    words: BTreeMap<ServiceId, Box<dyn Fn() -> String + 'c>>,
    /// ConfigMaps, Secrets and SealedSecrets that workloads read.
    read: HashSet<ItemId>,
    /// Workloads that others list as their clients.
    listed: HashSet<WorkloadId>,
    /// Ports that are scraped because nothing says which port has metrics.
    scraped_by_default: BTreeSet<(WorkloadId, Port)>,
    /// Workloads that something leads to, and a finding says why it is not let in.
    led_to: BTreeSet<WorkloadId>,
}

impl<'c, 'f> Plan<'c, 'f> {
    /// No policies yet.
    pub(crate) fn new(cluster: &'c Cluster<'c>, findings: &'f mut Findings) -> Self {
        Self {
            cluster,
            findings,
            drafts: BTreeMap::new(),
            named: BTreeMap::new(),
            exposed: BTreeSet::new(),
            labelled: BTreeSet::new(),
            words: BTreeMap::new(),
            read: HashSet::new(),
            listed: cluster.listed_anywhere(),
            scraped_by_default: BTreeSet::new(),
            led_to: BTreeSet::new(),
        }
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
        let draft = || Draft::new(namespace.map(Arc::from), subject.clone(), direction);
        self.named.entry(key).or_insert_with(draft)
    }

    /// Whether this build denies a namespace by default.
    pub(crate) fn denies(&self, namespace: Option<&str>) -> bool {
        self.named.contains_key(&(namespace_name(namespace).to_owned(), DEFAULT_DENY.to_owned()))
    }

    /// Remembers where a word is that may name a Service.
    pub(crate) fn note_word(&mut self, service: ServiceId, place: impl Fn() -> String + 'c) {
        self.words.entry(service).or_insert_with(|| Box::new(place));
    }

    /// Where a word is that may name a Service.
    pub(crate) fn word(&self, service: ServiceId) -> Option<String> {
        self.words.get(&service).map(|place| place())
    }

    /// Remembers that a workload reads a ConfigMap, Secret or SealedSecret.
    pub(crate) fn note_read(&mut self, item: ItemId) {
        self.read.insert(item);
    }

    /// Whether a workload reads a ConfigMap, Secret or SealedSecret.
    pub(crate) fn is_read(&self, item: ItemId) -> bool {
        self.read.contains(&item)
    }

    /// Whether any workload lists another one as its client.
    pub(crate) fn is_listed(&self, id: WorkloadId) -> bool {
        self.listed.contains(&id)
    }

    /// Remembers a port that is scraped because nothing says which port has metrics.
    pub(crate) fn note_scraped_by_default(&mut self, id: WorkloadId, port: &Port) {
        self.scraped_by_default.insert((id, *port));
    }

    /// Remembers that something leads to the pods of a Service, and that a finding says why it is not let in.
    pub(crate) fn note_led_to(&mut self, service: ServiceId) {
        self.led_to.extend(self.cluster.pods_behind(service).iter());
    }

    /// Whether a finding says why what leads to a workload is not let in.
    pub(crate) fn is_led_to(&self, id: WorkloadId) -> bool {
        self.led_to.contains(&id)
    }

    /// The ports of a workload; all of them, with a warning, if it declares none.
    pub(crate) fn known_ports(&mut self, id: WorkloadId) -> Ports {
        let ports = self.cluster.known_ports(id);
        if ports == Ports::All && self.cluster.is_protected(id) {
            let message = "declares no ports, and neither does a Service; all of them are opened to who may reach it, so \
                           declare them on its containers";
            let reference = self.cluster.workload(id).reference.clone();
            self.report_once(Finding::new(Rule::WorkloadWithoutPorts, message).on(reference));
        }
        ports
    }

    /// The objects whose pods need a label, and where it goes.
    pub(crate) fn labels(&self) -> Vec<(ItemId, String)> {
        let workloads = self.labelled.iter().map(|id| self.cluster.workload(*id));
        workloads.filter_map(|workload| Some((workload.item?, workload.unwritten_label.clone()?))).collect()
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
        let draft = || Draft::new(workload.reference.namespace.clone(), workload.selector.clone(), direction);
        let draft = self.drafts.entry((id, cause.reason)).or_insert_with(draft);
        let ports = Rc::new(ports);
        for peer in peers {
            draft.allow(Rc::new(peer.clone()), &ports, &cause.evidence);
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
        if peers.is_empty() {
            self.led_to.insert(server);
        }
        self.allow(server, &peers, ports, &Reason::Clients.because(evidence));
        if self.cluster.settings.spec.egress && self.cluster.is_protected(client) {
            let peers = self.peers(server, from.namespace());
            self.allow(client, &peers, ports, &Reason::ToServices.because(evidence));
        }
    }

    /// Lets peers from outside the build through to a workload, because of a field of an object. A workload that is not
    /// public must not be exposed.
    pub(crate) fn expose(&mut self, endpoint: Endpoint, peers: &[Peer], cause: &Cause, source: &Source) {
        self.expose_ports((endpoint.workload, &Ports::from(endpoint.port)), peers, cause, source);
    }

    /// The same for several ports.
    pub(crate) fn expose_ports(
        &mut self,
        (id, ports): (WorkloadId, &Ports),
        peers: &[Peer],
        cause: &Cause,
        source: &Source,
    ) {
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
        self.allow(id, peers, ports, cause);
    }

    /// Reports a finding that several objects may lead to, once.
    pub(crate) fn report_once(&mut self, finding: Finding) {
        self.findings.push_once(finding);
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
        let problem = if workload.selector.is_everything() {
            Some(unlabelled(workload))
        } else {
            workload.refused().map(|refused| unselectable(workload, refused))
        };
        let can = problem.is_none();
        if let Some(problem) = problem {
            self.report_once(problem);
        } else if workload.unwritten_label.is_some() {
            self.labelled.insert(id);
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

    /// Whether anything but its own replicas, which find one another through a headless Service only, may reach a port of a
    /// workload.
    pub(crate) fn is_reached(&self, id: WorkloadId, port: &Port, is_headless: bool) -> bool {
        let workload = self.cluster.workload(id);
        let is_by_default = || self.scraped_by_default.contains(&(id, *port));
        workload.left_to_operator.contains(port)
            || self.drafts_of(id).any(|(reason, draft)| {
                let counts = match reason {
                    Reason::Replicas => is_headless,
                    Reason::Prometheus => !is_by_default(),
                    _ => reason.direction() == Direction::Ingress,
                };
                counts && draft.rules.values().any(|ports| ports.has(port))
            })
    }

    /// Whether any policy lets something reach a workload.
    pub(crate) fn has_ingress(&self, id: WorkloadId) -> bool {
        self.drafts_of(id).any(|(reason, _)| reason.direction() == Direction::Ingress)
    }

    /// Reports workloads whose policies select pods of other workloads too, and allow those more than their own do.
    pub(crate) fn report_leaks(&mut self) {
        let ids: Vec<_> = self.cluster.workload_ids().collect();
        // Most selectors select the pods of one workload, and need none of these.
        let fingerprints = vec![OnceCell::new(); ids.len()];
        let allowed = |id: WorkloadId| *fingerprints[id.0].get_or_init(|| self.fingerprint(id));
        let mut told = Vec::new();
        let mut selected: BTreeMap<_, Vec<WorkloadId>> = BTreeMap::new();
        for id in ids {
            let workload = self.cluster.workload(id);
            let is_told = self.cluster.twin(id) != id;
            if is_told || !self.cluster.is_protected(id) || workload.selector.is_everything() {
                continue;
            }
            let key = (workload.namespace_name(), &workload.selector);
            let others = match selected.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let pods = self.cluster.select(workload.namespace(), &workload.selector);
                    // Most selectors select the pods of one workload, and nothing of them is kept.
                    if pods == [id] {
                        continue;
                    }
                    new.insert(pods)
                }
            };
            let is_other = |other: &&WorkloadId| **other != id && allowed(**other) != allowed(id);
            let Some(other) = others.iter().filter(is_other).find(|other| self.allows_more(id, **other)) else {
                continue;
            };
            let message = format!(
                "its selector selects the pods of {} too, which are then allowed what it is allowed; give both a label that \
                 tells them apart",
                of_several(self.cluster.workload(*other), others.len() - 1)
            );
            let finding = Finding::new(Rule::OverlappingSelectors, message);
            told.push(finding.on(workload.reference.clone()).at("spec.selector"));
        }
        told.into_iter().for_each(|finding| self.findings.push(finding));
    }

    /// Whether a workload is allowed to be reached by what another one is not.
    fn allows_more(&self, id: WorkloadId, other: WorkloadId) -> bool {
        let mut drafts = self.drafts_of(id).filter(|(_, draft)| draft.direction == Direction::Ingress);
        drafts.any(|(reason, draft)| {
            self.drafts_of(other).all(|(its_reason, its)| its_reason != reason || its.rules != draft.rules)
        })
    }

    /// A number that differs where the rules of workloads differ, but for chance.
    fn fingerprint(&self, id: WorkloadId) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (reason, draft) in self.drafts_of(id).filter(|(_, draft)| draft.direction == Direction::Ingress) {
            (reason, format!("{:?}", draft.rules)).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The policies of a workload.
    fn drafts_of(&self, id: WorkloadId) -> impl Iterator<Item = (Reason, &Draft)> {
        let from_first = self.drafts.range((id, Reason::FIRST)..);
        from_first.take_while(move |((of, _), _)| *of == id).map(|((_, reason), draft)| (*reason, draft))
    }

    /// The policies by namespace and name.
    pub(crate) fn into_policies(self) -> BTreeMap<(String, String), Draft> {
        let of_workloads = self.drafts.into_iter().map(|((id, reason), draft)| {
            let workload = self.cluster.workload(id);
            let name = format!("{}-{}", workload.name, reason.suffix());
            ((workload.namespace_name().to_owned(), name), draft)
        });
        of_workloads.chain(self.named).collect()
    }
}
