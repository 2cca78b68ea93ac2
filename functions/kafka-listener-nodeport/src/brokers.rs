//! The brokers of a cluster whose listeners are replaced, and how certain their IDs are.

use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;

use crate::broker_ids::{Brokers, Certainty, Unknown};
use crate::cluster::Cluster;
use crate::config::Options;
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
            let doubt = doubt(&brokers, cluster, &key);
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
fn doubt(brokers: &Brokers, cluster: &Cluster, key: &str) -> Option<String> {
    let ids = NodeIds::of(brokers.pod_sets.keys().copied());
    let stated = format!("`clusters: {{{key}: {{brokerIDs: \"…\"}}}}` states those of a running one");
    match &brokers.certainty {
        Certainty::Certain => None,
        Certainty::DependsOnOrder => {
            let pools = cluster.pools.iter().map(|pool| format!("`{}`", pool.name)).collect::<Vec<_>>().join(", ");
            Some(format!(
                "the broker IDs {ids} are a prediction: Strimzi assigns IDs in the order in which it sees the pools, by name if \
                 they come together ({pools}); `pinNodeIDs: true` fixes the IDs of a new cluster, and {stated}"
            ))
        }
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
