//! Putting a new listener in the place of an old one.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::Resources;
use serde_json::Value;

use crate::addresses::AddressBook;
use crate::broker_ids::{Brokers, Certainty, Unknown};
use crate::cluster::Cluster;
use crate::config::{BrokerPorts, ListenerType, Parsed, Spec};
use crate::listener::{LISTENERS, Listener, broker_of, entries};
use crate::node_ids::NodeIds;
use crate::ports::{Block, Layout};
use crate::strimzi::ADVERTISED_HOST_TEMPLATE;
use crate::{cluster_ip, fields, loadbalancer, nodeport};

/// A listener to replace, and all that decides what it becomes.
pub(crate) struct Replacement<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) brokers: &'a Brokers,
    pub(crate) listener: &'a Listener,
    pub(crate) spec: &'a Spec,
    pub(crate) parsed: &'a Parsed,
}

/// The brokers of a cluster whose listeners are replaced, with what must be said about their IDs.
pub(crate) fn brokers_of(
    cluster: &Cluster,
    spec: &Spec,
    kafka: &ObjectReference,
    findings: &mut Findings,
) -> Option<Brokers> {
    let key = cluster.proposed_key(spec);
    let configured: Option<NodeIds> =
        cluster.options(spec).and_then(|cluster| cluster.broker_ids.as_ref()).and_then(|ids| ids.parse().ok());
    let brokers = match Brokers::of(cluster, configured.as_ref(), u32::from(spec.headroom)) {
        Ok(brokers) => brokers,
        Err(unknown) => {
            let message = match unknown {
                Unknown::NoNodes => format!(
                    "the IDs of the brokers cannot be told: the build holds no KafkaNodePool of this cluster, and \
                     `spec.kafka.replicas` is no number; add the pools to the build, or give `clusters: {{{key}: {{brokerIds: \
                     0-2}}}}`"
                ),
                Unknown::TooFew { configured, brokers } => format!(
                    "`brokerIds` lists {configured} IDs, and the pools have {brokers} brokers; add the missing IDs at the end"
                ),
            };
            findings.push(Finding::error(message).on(kafka.clone()));
            return None;
        }
    };
    let ids = NodeIds::of(brokers.pod_sets.keys().copied());
    let stated = format!("`clusters: {{{key}: {{brokerIds: \"…\"}}}}` states those of a running one");
    let doubt = match &brokers.certainty {
        Certainty::Certain => None,
        Certainty::DependsOnOrder => {
            let pools = cluster.pools.iter().map(|pool| format!("`{}`", pool.name)).collect::<Vec<_>>().join(", ");
            Some(format!(
                "the broker IDs {ids} are a prediction: Strimzi deals out IDs in the order in which it sees the pools, by name \
                 if they come together ({pools}); `pinNodeIds: true` fixes the IDs of a new cluster, and {stated}"
            ))
        }
        Certainty::MissesControllers => Some(format!(
            "the broker IDs {ids} are a prediction: controllers take IDs too, and no KafkaNodePool of the build has that \
             role; add their pool to the build, or {stated}"
        )),
        Certainty::Contradicts(sure) => Some(format!(
            "`brokerIds` of the config are {ids}, and a new cluster with these pools gets {}; they are right only if it runs \
             already",
            NodeIds::of(sure.iter().copied())
        )),
    };
    if let Some(doubt) = doubt {
        findings.push(Finding::warning(doubt).on(kafka.clone()).tag("rule", "broker-ids"));
    }
    Some(brokers)
}

/// Refuses names that stand for more than one load balancer, or that Traefik could not tell apart.
pub(crate) fn refuse_shared_names<'a>(
    listeners: impl Iterator<Item = (&'a Cluster, &'a Brokers, &'a Listener)>,
    resources: &Resources,
    findings: &mut Findings,
) {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for (cluster, brokers, listener) in listeners.filter(|(.., listener)| listener.new_type != ListenerType::Nodeport) {
        let kafka = resources.get(cluster.id).reference();
        let owner = format!("{kafka} listener `{}`", listener.name);
        let of_brokers = brokers.pod_sets.keys().map(|id| (format!(" broker {id}"), listener.names.brokers.of(*id)));
        let names = std::iter::once((" bootstrap".to_owned(), listener.names.bootstrap.clone())).chain(of_brokers);
        for (part, name) in names.filter_map(|(part, name)| Some((part, name?))) {
            if let Some(other) = owners.get(&name) {
                let message = format!(
                    "`{name}` stands for the{part} and also for {other}; `host` and `brokerHost` can hold `{{cluster}}`, \
                     `{{namespace}}` and `{{listener}}`"
                );
                findings.push(Finding::error(message).on(kafka.clone()).at(listener.path()));
            }
            owners.insert(name, format!("{owner}{part}"));
        }
    }
}

impl Replacement<'_> {
    /// Replaces the listener in its Kafka. `base` is the bootstrap port, if it has a place.
    pub(crate) fn run(
        &self,
        base: Option<u32>,
        book: &mut AddressBook,
        resources: &mut Resources,
        findings: &mut Findings,
    ) {
        let kafka = resources.get(self.cluster.id).reference();
        let mut value = self.listener.value.clone();
        fields::report_kept(self.listener, self.spec, &kafka, findings);
        fields::strip(&mut value, self.listener.new_type);
        fields::rewrite_peers(self.listener, &mut value, self.spec, &kafka, findings);
        let block = match base.map(|base| self.block(base)).transpose() {
            Ok(block) => block,
            Err(message) => return refuse(findings, &kafka, &self.listener.path(), message),
        };
        if let Some(block) = &block {
            let range = self.parsed.node_port_range;
            if let Err(message) = nodeport::write_ports(self.listener, &mut value, self.brokers, block, range) {
                return refuse(findings, &kafka, &self.listener.path(), message);
            }
            nodeport::report_band(self.listener, &value, range, &kafka, findings);
        }
        if let Err((field, message)) = self.write_type(&mut value, resources, &kafka, findings) {
            return refuse(findings, &kafka, &self.listener.path_to(&field), message);
        }
        self.report_foreign_entries(&kafka, findings);
        fields::prune(&mut value);
        if let Some(target) = self.parsed.strimzi {
            fields::report_unknown(self.listener, &value, target, &kafka, findings);
        }
        if let Some(slot) = resources.edit(self.cluster.id).pointer_mut(&format!("{LISTENERS}/{}", self.listener.index))
        {
            *slot = value;
        }
        self.report_names(&kafka, findings);
        book.add(self.listener, self.cluster, self.brokers, block.as_ref());
    }

    fn write_type(
        &self,
        value: &mut Value,
        resources: &mut Resources,
        kafka: &ObjectReference,
        findings: &mut Findings,
    ) -> Result<(), (String, String)> {
        match self.listener.new_type {
            ListenerType::Nodeport => {
                nodeport::write_names(self.listener, value, self.brokers, self.has_template());
                nodeport::report_names(self.listener, value, kafka, findings);
            }
            ListenerType::Loadbalancer => {
                loadbalancer::write(self.listener, value, self.cluster, self.brokers, self.spec);
                loadbalancer::report(self.listener, value, self.brokers, self.spec, kafka, findings);
            }
            ListenerType::ClusterIp => {
                let route = cluster_ip::write(self.listener, value, self.cluster, self.brokers, self.spec, resources)?;
                resources.add_beside(self.cluster.id, route);
            }
        }
        Ok(())
    }

    /// Says where the DNS must lead the names that clients dial.
    fn report_names(&self, kafka: &ObjectReference, findings: &mut Findings) {
        let names = &self.listener.names;
        let ids = self.brokers.pod_sets.keys().copied();
        let all: BTreeSet<_> = names.bootstrap.iter().cloned().chain(names.brokers.among(ids)).collect();
        let target = match self.listener.new_type {
            ListenerType::Nodeport => "nodes",
            ListenerType::Loadbalancer => "load balancers, each to its own",
            ListenerType::ClusterIp => "nodes of Traefik",
        };
        if !all.is_empty() {
            let all = all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("clients dial {all}; let the DNS lead there to the {target}");
            findings.push(Finding::info(message).on(kafka.clone()).at(self.listener.path()).tag("rule", "dns"));
        }
    }

    /// Whether the target surely has `advertisedHostTemplate`.
    fn has_template(&self) -> bool {
        self.cluster.api_version == "v1" || self.parsed.strimzi.is_some_and(|target| target >= ADVERTISED_HOST_TEMPLATE)
    }

    fn block(&self, base: u32) -> Result<Block, String> {
        let layout = match self.spec.broker_ports {
            BrokerPorts::ById => Layout::ById,
            BrokerPorts::ByRank => {
                let options = self.cluster.options(self.spec).and_then(|cluster| cluster.broker_ids.as_ref());
                let ids = options.and_then(|ids| ids.parse().ok()).ok_or_else(|| {
                    format!(
                        "`brokerPorts: by-rank` needs the IDs in the order of their ports, so that a new broker moves none; give \
                         `clusters: {{{}: {{brokerIds: \"{}\"}}}}` and add new IDs at the end",
                        self.cluster.proposed_key(self.spec),
                        NodeIds::of(self.brokers.pod_sets.keys().copied())
                    )
                })?;
                Layout::ByRank(ids)
            }
        };
        Ok(Block { base, layout })
    }

    /// Entries for brokers that the cluster does not seem to have hint at IDs that differ from the prediction.
    fn report_foreign_entries(&self, kafka: &ObjectReference, findings: &mut Findings) {
        let named = entries(&self.listener.value).filter_map(broker_of);
        let foreign: Vec<_> = named.filter(|id| !self.brokers.pod_sets.contains_key(id)).collect();
        if foreign.is_empty() {
            return;
        }
        let message = format!(
            "holds entries for brokers {}, and the brokers are {}; if the entries are right, state the IDs as `brokerIds` of the \
             cluster",
            NodeIds::of(foreign),
            NodeIds::of(self.brokers.pod_sets.keys().copied())
        );
        let path = self.listener.path_to("configuration.brokers");
        findings.push(Finding::warning(message).on(kafka.clone()).at(path));
    }
}

fn refuse(findings: &mut Findings, kafka: &ObjectReference, path: &str, message: String) {
    findings.push(Finding::error(message).on(kafka.clone()).at(path));
}
