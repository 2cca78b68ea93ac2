//! Putting a new listener in the place of an old one.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::Findings;
use krm::resource_list::Resources;
use serde_json::Value;

use crate::config::{BrokerPorts, ListenerType};
use crate::listener::{LISTENERS, broker_of, entries};
use crate::listener_fields::{self, Parent};
use crate::listener_refusal::Refusal;
use crate::node_ids::NodeIds;
use crate::ports::{Block, Layout};
use crate::replacement::Replacement;
use crate::rule::Rule;
use crate::{advertised_names, cluster_ip, fields, loadbalancer, nodeport, peers};

/// Refuses names that mean more than one load balancer, or that Traefik could not tell apart.
pub(crate) fn refuse_shared_names(listeners: &[Replacement<'_>], findings: &mut Findings) {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for replaced in listeners.iter().filter(|replaced| replaced.listener.new_type != ListenerType::NodePort) {
        let Replacement { brokers, listener, kafka, .. } = replaced;
        let owner = format!("{kafka} listener `{}`", listener.name);
        let of_brokers = brokers.pod_sets.keys().map(|id| (format!(" broker {id}"), replaced.broker_name(*id)));
        let names = std::iter::once((" bootstrap".to_owned(), listener.names.bootstrap.clone())).chain(of_brokers);
        for (part, name) in names.filter_map(|(part, name)| Some((part, name?))) {
            if let Some(other) = owners.get(&name) {
                let message = format!(
                    "`{name}` is the name of the{part} and also of {other}; `host` and `brokerHost` can hold `{{cluster}}`, \
                     `{{namespace}}` and `{{listener}}`"
                );
                findings.push(replaced.on_listener(Rule::SharedListenerHost, message));
            }
            owners.insert(name, format!("{owner}{part}"));
        }
    }
}

/// Replaces the listener in its Kafka, and gives its ports. `base` is the bootstrap port, if it needs one.
///
/// # Errors
/// Why it cannot be replaced.
pub(crate) fn run(
    replaced: &Replacement<'_>,
    base: Option<u32>,
    resources: &mut Resources,
    findings: &mut Findings,
) -> Result<Option<Block>, Refusal> {
    let mut value = replaced.listener.value.clone();
    fields::report_kept(replaced, findings);
    fields::strip(&mut value, replaced.listener.new_type);
    peers::rewrite(replaced, &mut value, findings);
    let block = base.map(|base| block(replaced, base)).transpose()?;
    if let Some(block) = &block {
        nodeport::write_ports(replaced, &mut value, block)?;
        nodeport::report_unplaced(replaced, &value, findings);
        nodeport::report_outside_slot(replaced, &value, block, findings);
        nodeport::report_band(replaced, &value, block.base, findings);
    }
    write_type(replaced, &mut value, resources, findings)?;
    report_foreign_entries(replaced, findings);
    fields::prune(&mut value);
    if let Some(target) = replaced.options.strimzi {
        fields::report_unknown(replaced, &value, target, findings);
    }
    let listeners = resources.edit(replaced.cluster.id).pointer_mut(LISTENERS);
    if let Some(listener) = listeners.and_then(|listeners| listeners.get_mut(replaced.listener.index)) {
        *listener = value;
    }
    report_names(replaced, findings);
    Ok(block)
}

fn write_type(
    replaced: &Replacement<'_>,
    value: &mut Value,
    resources: &mut Resources,
    findings: &mut Findings,
) -> Result<(), Refusal> {
    match replaced.listener.new_type {
        ListenerType::NodePort => {
            advertised_names::write(replaced, value, has_template(replaced));
            advertised_names::report(replaced, value, findings);
        }
        ListenerType::LoadBalancer => {
            loadbalancer::write(replaced, value);
            loadbalancer::report(replaced, value, findings);
        }
        ListenerType::ClusterIp => {
            let route = cluster_ip::write(replaced, value, resources)?;
            resources.add_beside(replaced.cluster.id, route);
        }
    }
    Ok(())
}

/// Says where the DNS records of the names that clients dial must point.
fn report_names(replaced: &Replacement<'_>, findings: &mut Findings) {
    let names = &replaced.listener.names;
    let of_brokers = replaced.brokers.pod_sets.keys().filter_map(|id| replaced.broker_name(*id));
    let all: BTreeSet<_> = names.bootstrap.iter().cloned().chain(of_brokers).collect();
    let target = match replaced.listener.new_type {
        ListenerType::NodePort => "at the nodes",
        ListenerType::LoadBalancer => "at the load balancers, each at its own",
        ListenerType::ClusterIp => "at the nodes of Traefik",
    };
    if !all.is_empty() {
        let all = all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = format!("clients dial {all}; point the DNS records {target}");
        findings.push(replaced.on_listener(Rule::KafkaDnsRecords, message));
    }
}

/// Whether the target surely has `advertisedHostTemplate`; an unknown target is older than any.
fn has_template(replaced: &Replacement<'_>) -> bool {
    let since = listener_fields::since(Parent::Configuration, "advertisedHostTemplate");
    replaced.cluster.api_version == "v1" || replaced.options.strimzi >= since
}

fn block(replaced: &Replacement<'_>, base: u32) -> Result<Block, Refusal> {
    let Replacement { cluster, brokers, options, .. } = replaced;
    let layout = match options.spec.broker_ports {
        BrokerPorts::ById => Layout::ById,
        BrokerPorts::ByRank => {
            let ids = cluster.configured_broker_ids(options.spec).ok_or_else(|| {
                let message = format!(
                    "`brokerPorts: ByRank` needs the IDs in the order of their ports, so that a new broker moves none; give \
                     `clusters: {{{}: {{brokerIDs: \"{}\"}}}}` and add new IDs at the end",
                    cluster.proposed_key(options.spec),
                    NodeIds::of(brokers.pod_sets.keys().copied())
                );
                Refusal::of_listener(Rule::UnknownBrokerIds, message)
            })?;
            Layout::ByRank(ids)
        }
    };
    Ok(Block { base, layout })
}

/// Entries for brokers that the cluster does not seem to have hint at IDs that differ from the prediction.
fn report_foreign_entries(replaced: &Replacement<'_>, findings: &mut Findings) {
    let brokers = &replaced.brokers.pod_sets;
    let named = entries(&replaced.listener.value).filter_map(broker_of);
    let foreign: Vec<_> = named.filter(|id| !brokers.contains_key(id)).collect();
    if foreign.is_empty() {
        return;
    }
    let message = format!(
        "holds entries for brokers {}, and the brokers are {}; if the entries are right, state the IDs as `brokerIDs` of the \
         cluster",
        NodeIds::of(foreign),
        NodeIds::of(brokers.keys().copied())
    );
    findings.push(replaced.on_field("configuration.brokers", Rule::ForeignBrokerEntries, message));
}
