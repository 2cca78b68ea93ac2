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
use crate::free_node_ids::{first_free, free_hundreds, free_ids, merged, shared};
use crate::node_ids::NodeIds;
use crate::rule::Rule;

/// The IDs of a pool with room to grow.
const WIDTH: u32 = 100;
/// The most IDs proposed for each of several pools with brokers, which share the ports of a slot.
const PROPOSED_WIDTH: u32 = 10;

/// Pins the pools of a cluster, in the build and in `cluster`.
pub(crate) fn pin(cluster: &mut Cluster, spec: &Spec, resources: &mut Resources, findings: &mut Findings) {
    let mut pins = pins_of(cluster, spec);
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

/// The IDs that the config or an annotation gives each pool.
fn pins_of(cluster: &Cluster, spec: &Spec) -> Vec<Option<NodeIds>> {
    let configured = cluster.options(spec).map(|cluster| &cluster.node_ids);
    let pin = |pool: &Pool| {
        let ids = configured.and_then(|ids| ids.get(&pool.name)).and_then(|ids| ids.parse().ok());
        ids.or_else(|| Some(pool.next.clone()).filter(|ids| !ids.is_empty()))
    };
    cluster.pools.iter().map(pin).collect()
}

/// The pools with brokers that have no IDs.
fn free_brokers<'c>(cluster: &'c Cluster, pins: &[Option<NodeIds>]) -> Vec<&'c Pool> {
    let free = cluster.pools.iter().zip(pins).filter(|(pool, pin)| pool.is_broker && pin.is_none());
    free.map(|(pool, _)| pool).collect()
}

/// Pins the pools that have no IDs. Of several with brokers, nothing tells which IDs are whose.
fn pin_free(cluster: &Cluster, pins: &mut [Option<NodeIds>], spec: &Spec) -> Option<Finding> {
    let brokers = free_brokers(cluster, pins);
    if brokers.len() > 1 {
        // Ranges handed out by the order of names would move with the next pool.
        let message = format!(
            "has {} pools with brokers, and IDs given out in order would move with the next pool; say which are whose: `{}`",
            brokers.len(),
            flow(&proposed_options(cluster, pins, spec))
        );
        return Some(Finding::new(Rule::UnpinnedNodePools, message));
    }
    let taken = merged(pins);
    let first = NodeIds::of(free_ids(&taken, WIDTH));
    for (pool, pin) in cluster.pools.iter().zip(pins.iter_mut()) {
        if pool.is_broker && pin.is_none() {
            *pin = Some(first.clone()).filter(|first| !first.is_empty());
        }
    }
    let mut hundreds = free_hundreds(taken);
    for pin in pins.iter_mut().filter(|pin| pin.is_none()) {
        *pin = hundreds.next();
    }
    None
}

/// How the config would pin the pools of a cluster that depend on the order in which Strimzi sees them; `None` if that is
/// no matter of pools without IDs.
pub(crate) fn how_to_pin(cluster: &Cluster, spec: &Spec) -> Option<String> {
    let pins = pins_of(cluster, spec);
    if pins.iter().all(Option::is_some) || !shared(&pins).is_empty() {
        return None;
    }
    let mut options = vec!["pinNodeIDs: true".to_owned()];
    if free_brokers(cluster, &pins).len() > 1 {
        options.extend(proposed_options(cluster, &pins, spec));
    }
    Some(flow(&options))
}

/// Options in YAML on a line.
fn flow(options: &[String]) -> String {
    match options {
        [option] => option.clone(),
        options => format!("{{{}}}", options.join(", ")),
    }
}

fn report_shared(cluster: &Cluster, pins: &[Option<NodeIds>], resources: &Resources, findings: &mut Findings) {
    for (pool, other) in shared(pins) {
        let message = format!(
            "shares IDs with the pool `{}`, so the IDs depend on which pool Strimzi sees first; give each pool its own",
            cluster.pools[other].name
        );
        let pool = resources.get(cluster.pools[pool].id);
        let finding = Finding::new(Rule::SharedNodeIds, message);
        findings.push(finding.on(pool).at(FieldPath::annotation(NEXT_NODE_IDS)));
    }
}

/// The options that give IDs to the pools with brokers that have none.
fn proposed_options(cluster: &Cluster, pins: &[Option<NodeIds>], spec: &Spec) -> Vec<String> {
    let brokers = free_brokers(cluster, pins);
    let (stride, proposed) = proposal(&brokers, &merged(pins), spec);
    let pools = brokers.iter().zip(proposed).map(|(pool, ids)| format!("{}: \"{ids}\"", pool.name));
    let pools = pools.collect::<Vec<_>>().join(", ");
    let clusters = format!("clusters: {{{}: {{nodeIDs: {{{pools}}}}}}}", cluster.proposed_key(spec));
    stride.map(|stride| format!("stride: {stride}")).into_iter().chain([clusters]).collect()
}

/// IDs for pools with brokers whose ports fit into one slot, and the stride that they need if it is not the present one.
fn proposal(brokers: &[&Pool], taken: &[(u32, u32)], spec: &Spec) -> (Option<u32>, Vec<NodeIds>) {
    let needs: Vec<u32> = brokers.iter().map(|pool| pool.replicas.max(1) + u32::from(spec.headroom)).collect();
    let room = free_ids(taken, u32::from(spec.stride) - 1);
    let needed: u32 = needs.iter().sum();
    let count = u32::try_from(brokers.len()).unwrap_or(u32::MAX);
    let (ids, share, stride) = match (room.len() as u32).checked_sub(needed) {
        Some(rest) => (room, rest / count, None),
        None => {
            let ids = first_free(taken, needed);
            let stride = ids.last().map(|last| (last + 2).next_multiple_of(10));
            (ids, 0, stride)
        }
    };
    let mut ids = ids.into_iter();
    let width = |need: &u32| (need + share).min(PROPOSED_WIDTH.max(*need));
    let of_pool = |need: &u32| NodeIds::of(ids.by_ref().take(width(need) as usize));
    (stride, needs.iter().map(of_pool).collect())
}

#[cfg(test)]
mod tests {
    use krm::config::Within;

    use super::*;

    #[test]
    fn proposed_ids_fit_a_slot_or_name_the_stride_that_they_need() {
        let proposed = |pools: &[&str], taken: &str, stride: u16| {
            let cluster = crate::cluster::example("orders", pools);
            let stride = Within::new(stride).expect("it is within the bounds");
            let spec = Spec { stride, ..Spec::default() };
            let (stride, ids) =
                proposal(&cluster.pools.iter().collect::<Vec<_>>(), &merged(&[taken.parse().ok()]), &spec);
            (stride, ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        let told = |stride, ids: &str| (stride, ids.to_owned());
        assert_eq!(proposed(&["a b 3", "b b 3"], "", 20), told(None, "0-8 9-17"));
        assert_eq!(proposed(&["a b 3", "b b 3", "c b 3"], "", 20), told(None, "0-5 6-11 12-17"));
        assert_eq!(proposed(&["a b 3", "b b 3"], "0-2", 20), told(None, "3-10 11-18"));
        assert_eq!(proposed(&["a b 12", "b b 12"], "", 20), told(Some(30), "0-11 12-23"));
        assert_eq!(proposed(&["a b 3", "b b 3"], "0-99", 20), told(Some(110), "100-102 103-105"));
        assert_eq!(proposed(&["a b 30", "b b 0"], "", 100), told(None, "0-29 30-39"));
    }
}
