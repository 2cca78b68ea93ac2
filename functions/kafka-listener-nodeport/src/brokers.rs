//! The brokers of a cluster whose listeners are replaced, and how certain their IDs are.

use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;

use crate::broker_ids::{Brokers, Certainty, Unknown};
use crate::cluster::{Cluster, REMOVE_NODE_IDS};
use crate::config::{Options, Spec};
use crate::next_node_ids::how_to_pin;
use crate::node_ids::NodeIds;
use crate::rule::Rule;

/// The brokers of a cluster, with what there is to say about their IDs.
pub(crate) fn brokers_of(
    cluster: &Cluster,
    options: &Options<'_>,
    resources: &Resources,
    findings: &mut Findings,
) -> Option<Brokers> {
    let key = cluster.proposed_key(options.spec);
    let configured = cluster.configured_broker_ids(options.spec);
    let kafka = resources.get(cluster.id);
    match Brokers::of(cluster, configured.as_ref(), u32::from(options.spec.headroom)) {
        Ok(brokers) => {
            let doubt = doubt(&brokers, cluster, options.spec);
            findings.extend(doubt.map(|doubt| Finding::new(Rule::UncertainBrokerIds, doubt).on(kafka)));
            Some(brokers)
        }
        Err(unknown) => {
            findings.push(Finding::new(Rule::UnknownBrokerIds, remedy(&unknown, &key)).on(kafka));
            None
        }
    }
}

fn remedy(unknown: &Unknown, key: &str) -> String {
    match unknown {
        Unknown::NoNodes => format!(
            "the IDs of the brokers are unknown: the build holds no KafkaNodePool of this cluster, and `spec.kafka.replicas` is no \
             number; add the pools to the build, or give `clusters: {{{key}: {{brokerIDs: 0-2}}}}`"
        ),
        Unknown::TooFew { configured, brokers } => format!(
            "`brokerIDs` lists {configured} IDs, and the pools have {brokers} brokers; add the missing IDs at the end"
        ),
    }
}

/// Why the IDs may be others.
fn doubt(brokers: &Brokers, cluster: &Cluster, spec: &Spec) -> Option<String> {
    let ids = NodeIds::of(brokers.pod_sets.keys().copied());
    let stated = format!("`clusters: {{{}: {{brokerIDs: \"{ids}\"}}}}`", cluster.proposed_key(spec));
    let stated = format!("state those of a running one, as by {stated}");
    match &brokers.certainty {
        Certainty::Certain => None,
        Certainty::DependsOnOrder => {
            let pools = cluster.pools.iter().map(|pool| &pool.name);
            Some(format!(
                "the broker IDs {ids} are a prediction: Strimzi assigns IDs in the order in which it sees the pools, by name if \
                 they come together ({}); {}{stated}",
                quoted(pools),
                how_to_pin(cluster, spec)
                    .map(|pin| format!("`{pin}` fixes the IDs of a new cluster; "))
                    .unwrap_or_default()
            ))
        }
        Certainty::MissesRemoved(pools) => Some(format!(
            "the broker IDs {ids} are those of a new cluster: `{REMOVE_NODE_IDS}` says that nodes of {} were removed, and those that \
             run keep theirs; {stated}, or take the annotation out for a new one",
            quoted(pools)
        )),
        Certainty::MissesControllers => Some(format!(
            "the broker IDs {ids} are a prediction: controllers take IDs too, and no KafkaNodePool of the build has that \
             role; add their pool to the build, or {stated}"
        )),
        Certainty::Contradicts(sure) => Some(format!(
            "`brokerIDs` of the config are {ids}, and a new cluster with these pools gets {}; they are right only if it runs \
             already",
            NodeIds::of(sure.iter().copied())
        )),
    }
}

fn quoted<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
