//! Pins node IDs: every pool gets IDs of its own, so that the IDs of brokers no longer depend on what Strimzi sees first.
//!
//! The ranges are wide and do not depend on replicas: a pool that grows takes its next ID from its own range.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;
use serde_json::json;

use crate::cluster::{Cluster, NEXT_NODE_IDS, Pool};
use crate::config::Spec;
use crate::edit;
use crate::node_ids::NodeIds;
use crate::rule::Rule;

/// The IDs of a pool with room to grow.
const WIDTH: u32 = 100;
/// The IDs proposed for each of several pools with brokers, which share the ports of a slot.
const PROPOSED_WIDTH: u32 = 10;

/// Pins the pools of a cluster, in the build and in `cluster`.
pub(crate) fn pin(cluster: &mut Cluster, spec: &Spec, resources: &mut Resources, findings: &mut Findings) {
    let configured = cluster.options(spec).map(|cluster| &cluster.node_ids);
    let mut pins: Vec<Option<NodeIds>> = cluster
        .pools
        .iter()
        .map(|pool| {
            let ids = configured.and_then(|ids| ids.get(&pool.name)).and_then(|ids| ids.parse().ok());
            ids.or_else(|| Some(pool.next.clone()).filter(|ids| !ids.is_empty()))
        })
        .collect();
    report_shared(cluster, &pins, resources, findings);
    if spec.pin_node_ids {
        let refusal = pin_free(cluster, &mut pins, spec);
        findings.extend(refusal.map(|refusal| refusal.on(resources.get(cluster.id))));
    }
    for (pool, pin) in cluster.pools.iter_mut().zip(pins) {
        if let Some(pin) = pin.filter(|pin| *pin != pool.next) {
            let metadata = &mut resources.edit(pool.id)["metadata"];
            edit::mapping(metadata, "annotations").insert(NEXT_NODE_IDS.to_owned(), json!(format!("[{pin}]")));
            pool.next = pin;
        }
    }
}

/// Pins the pools that have no IDs. Of several with brokers, nothing tells which IDs are whose.
fn pin_free(cluster: &Cluster, pins: &mut [Option<NodeIds>], spec: &Spec) -> Option<Finding> {
    let is_free = |(index, pool): &(usize, &Pool)| pool.is_broker && pins[*index].is_none();
    let brokers: Vec<usize> = cluster.pools.iter().enumerate().filter(is_free).map(|(index, _)| index).collect();
    if brokers.len() > 1 {
        return Some(Finding::new(Rule::UnpinnedNodePools, refusal(cluster, &brokers, spec)));
    }
    let taken: Vec<NodeIds> = pins.iter().flatten().cloned().collect();
    for index in brokers {
        pins[index] = Some(NodeIds::range(0, WIDTH - 1).without(&taken));
    }
    for index in 0..pins.len() {
        if pins[index].is_none() {
            pins[index] = Some(next_free(pins));
        }
    }
    None
}

/// The first hundred IDs, after those of brokers, that no pool has.
fn next_free(pins: &[Option<NodeIds>]) -> NodeIds {
    let ranges = (1..).map(|hundred| NodeIds::range(hundred * WIDTH, hundred * WIDTH + WIDTH - 1));
    let is_free = |range: &NodeIds| !pins.iter().flatten().any(|pin| pin.overlaps(range));
    ranges.into_iter().find(is_free).unwrap_or_default()
}

fn report_shared(cluster: &Cluster, pins: &[Option<NodeIds>], resources: &Resources, findings: &mut Findings) {
    for (index, pin) in pins.iter().enumerate() {
        let other =
            pins[..index].iter().position(|other| other.as_ref().zip(pin.as_ref()).is_some_and(|(a, b)| a.overlaps(b)));
        if let Some(other) = other {
            let message = format!(
                "shares IDs with the pool `{}`, so the IDs depend on which pool Strimzi sees first; give each pool its own",
                cluster.pools[other].name
            );
            let pool = resources.get(cluster.pools[index].id);
            let finding = Finding::new(Rule::SharedNodeIds, message);
            findings.push(finding.on(pool).at(FieldPath::annotation(NEXT_NODE_IDS)));
        }
    }
}

/// Ranges handed out by the order of names would move with the next pool.
fn refusal(cluster: &Cluster, brokers: &[usize], spec: &Spec) -> String {
    let mut first = 0;
    let proposed = brokers.iter().map(|index| {
        let pool = &cluster.pools[*index];
        let width = pool.replicas.div_ceil(PROPOSED_WIDTH).max(1) * PROPOSED_WIDTH;
        let range = format!("{}: {}", pool.name, NodeIds::range(first, first + width - 1));
        first += width;
        range
    });
    format!(
        "has {} pools with brokers, and IDs given out in order would move with the next pool; say which are whose: `clusters: \
         {{{}: {{nodeIDs: {{{}}}}}}}`",
        brokers.len(),
        cluster.proposed_key(spec),
        proposed.collect::<Vec<_>>().join(", ")
    )
}
