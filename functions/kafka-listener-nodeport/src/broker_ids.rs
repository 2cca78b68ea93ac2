//! The IDs of brokers as Strimzi assigns them.
//!
//! Source: Strimzi `cluster-operator/.../model/nodepools/NodeIdAssignor.java`. Pool by pool, each node takes the first
//! unused ID of its pool's annotation, else the lowest that is unused in the whole cluster. The order of the pools is
//! that in which the API server lists them: by name if they are created together.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{Cluster, Pool};
use crate::node_ids::NodeIds;

/// The brokers of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Brokers {
    /// By ID the set of pods that a broker belongs to, if known. It begins the names of the broker's pod and Services.
    pub(crate) pod_sets: BTreeMap<u32, Option<String>>,
    /// The IDs that the next brokers of each pool would get.
    pub(crate) spare: BTreeSet<u32>,
    /// Whether the IDs are certain.
    pub(crate) certainty: Certainty,
}

/// Whether IDs are certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// Nothing outside the build can change them.
    Certain,
    /// They follow from the order in which Strimzi sees the pools, taken to be that of their names.
    DependsOnOrder,
    /// Controllers take IDs too, and are not in the build.
    MissesControllers,
    /// Nodes of these pools were removed, so that those that run have other IDs than those of a new cluster.
    MissesRemoved(Vec<String>),
    /// The config states other IDs than these, which the pools would surely get.
    Contradicts(BTreeSet<u32>),
}

/// Why the IDs of a cluster's brokers cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// Neither pools nor replicas.
    NoNodes,
    /// Fewer IDs are configured than there are brokers.
    TooFew { configured: usize, brokers: usize },
}

impl Brokers {
    /// The brokers of a cluster. `configured` are the IDs that the config states.
    pub(crate) fn of(cluster: &Cluster, configured: Option<&NodeIds>, headroom: u32) -> Result<Self, Unknown> {
        let predicted = Self::predicted(cluster, headroom);
        let Some(configured) = configured else { return predicted.ok_or(Unknown::NoNodes) };
        let ids: BTreeSet<u32> = configured.iter().collect();
        let pod_set = |id: &u32| {
            let of_pool = predicted.as_ref().and_then(|brokers| brokers.pod_sets.get(id).cloned());
            let only = predicted.as_ref().and_then(Self::only_pod_set);
            of_pool.flatten().or(only)
        };
        if let Some(brokers) =
            predicted.as_ref().map(|brokers| brokers.pod_sets.len()).filter(|count| *count > ids.len())
        {
            return Err(Unknown::TooFew { configured: ids.len(), brokers });
        }
        let pod_sets = ids.iter().map(|id| (*id, pod_set(id))).collect();
        let sure = predicted.as_ref().filter(|brokers| brokers.certainty == Certainty::Certain);
        let sure: BTreeSet<u32> = sure.into_iter().flat_map(|brokers| brokers.pod_sets.keys().copied()).collect();
        let certainty = if sure.is_subset(&ids) { Certainty::Certain } else { Certainty::Contradicts(sure) };
        let spare = predicted.map(|brokers| brokers.spare).unwrap_or_default();
        Ok(Self { pod_sets, spare: &spare - &ids, certainty })
    }

    /// The set of pods that a broker belongs to, if known.
    pub(crate) fn pod_set(&self, id: u32) -> Option<&str> {
        self.pod_sets.get(&id)?.as_deref()
    }

    fn only_pod_set(&self) -> Option<String> {
        let mut sets = self.pod_sets.values().flatten();
        let first = sets.next()?;
        sets.all(|set| set == first).then(|| first.clone())
    }

    fn predicted(cluster: &Cluster, headroom: u32) -> Option<Self> {
        if cluster.pools.is_empty() {
            let replicas = cluster.replicas?;
            let pod_set = format!("{}-kafka", cluster.name);
            return Some(Self {
                pod_sets: (0..replicas).map(|id| (id, Some(pod_set.clone()))).collect(),
                spare: (replicas..replicas + headroom).collect(),
                certainty: Certainty::Certain,
            });
        }
        let (assigned, used) = assign(&cluster.pools);
        let brokers = || cluster.pools.iter().zip(&assigned).filter(|(pool, _)| pool.is_broker);
        let pod_sets = brokers().flat_map(|(pool, ids)| {
            let pod_set = format!("{}-{}", cluster.name, pool.name);
            ids.iter().map(move |id| (*id, Some(pod_set.clone())))
        });
        let spare = brokers().flat_map(|(pool, _)| used.unused(pool).take(headroom as usize));
        Some(Self {
            pod_sets: pod_sets.collect(),
            spare: spare.collect(),
            certainty: certainty(&cluster.pools, cluster.has_zookeeper),
        })
    }
}

/// The node IDs of a cluster that are taken.
#[derive(Debug, Default)]
struct Used {
    ids: BTreeSet<u32>,
    /// All IDs below it are taken.
    lowest: u32,
}

impl Used {
    /// The IDs that the next nodes of a pool would get, each once.
    fn unused<'p>(&'p self, pool: &'p Pool) -> impl Iterator<Item = u32> + 'p {
        let is_annotated = move |id: &u32| pool.next.contains(*id);
        let others = (self.lowest..).filter(move |id| !is_annotated(id));
        pool.next.iter().chain(others).filter(|id| !self.ids.contains(id))
    }

    /// Takes the first of these IDs that is unused, or the lowest of all.
    fn take(&mut self, offered: &mut impl Iterator<Item = u32>) -> u32 {
        while self.ids.contains(&self.lowest) {
            self.lowest += 1;
        }
        let id = offered.find(|id| !self.ids.contains(id)).unwrap_or(self.lowest);
        self.ids.insert(id);
        id
    }
}

/// The IDs of each pool's nodes, for pools in the order of their names, and all that are taken then.
fn assign(pools: &[Pool]) -> (Vec<Vec<u32>>, Used) {
    let ids = pools.iter().flat_map(|pool| pool.running.iter().copied()).collect();
    let mut used = Used { ids, lowest: 0 };
    let of_pool = |pool: &Pool| {
        let mut ids = kept(pool);
        let mut offered = pool.next.iter();
        while ids.len() < pool.replicas as usize {
            ids.push(used.take(&mut offered));
        }
        ids
    };
    let assigned = pools.iter().map(of_pool).collect();
    (assigned, used)
}

/// The IDs of the nodes that go on running: of a pool that shrinks, those that the annotation names go first, then the
/// highest.
fn kept(pool: &Pool) -> Vec<u32> {
    let mut kept: BTreeSet<u32> = pool.running.iter().copied().collect();
    for id in pool.removed.among(&kept) {
        if kept.len() > pool.replicas as usize {
            kept.remove(&id);
        }
    }
    kept.into_iter().take(pool.replicas as usize).collect()
}

/// Whether the brokers get the same IDs in whatever order Strimzi sees the pools.
fn certainty(pools: &[Pool], has_zookeeper: bool) -> Certainty {
    let all_run = pools.iter().all(|pool| pool.running.len() >= pool.replicas as usize);
    let knows_controllers = has_zookeeper || all_run || pools.iter().any(|pool| pool.is_controller);
    let shrunk = pools.iter().filter(|pool| !pool.removed.is_empty() && pool.running.is_empty());
    let shrunk: Vec<_> = shrunk.map(|pool| pool.name.clone()).collect();
    match (knows_controllers, is_any_order_the_same(pools), shrunk.is_empty()) {
        (false, ..) => Certainty::MissesControllers,
        (true, false, _) => Certainty::DependsOnOrder,
        (true, true, false) => Certainty::MissesRemoved(shrunk),
        (true, true, true) => Certainty::Certain,
    }
}

fn is_any_order_the_same(pools: &[Pool]) -> bool {
    let total: u32 = pools.iter().map(|pool| pool.replicas).sum();
    let (own, free): (Vec<_>, Vec<_>) = pools.iter().partition(|pool| own_ids(pool).len() >= pool.replicas as usize);
    let mut taken = BTreeSet::new();
    let are_disjoint = own.iter().flat_map(|pool| own_ids(pool)).all(|id| taken.insert(id));
    // IDs that no annotation gives are the lowest free ones, so they stay below the number of nodes. IDs of running
    // nodes are never given again.
    let is_apart = |pool: &&Pool| own_ids(pool).iter().all(|id| *id >= total || pool.running.contains(id));
    let are_apart = free.is_empty() || own.iter().all(is_apart);
    let offers_taken = free.iter().any(|pool| !pool.next.among(&taken).is_empty());
    let is_ordered = free.len() <= 1 || !free.iter().any(|pool| pool.is_broker);
    are_disjoint && are_apart && !offers_taken && is_ordered
}

/// The IDs of a pool that nothing can change: those of nodes that run already, and annotated ones.
fn own_ids(pool: &Pool) -> Vec<u32> {
    let annotated = pool.next.iter().filter(|id| !pool.running.contains(id));
    kept(pool).into_iter().chain(annotated).take(pool.replicas as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::example;

    fn cluster(pools: &[&str]) -> Cluster {
        example("orders", pools)
    }

    fn ids(cluster: &Cluster) -> (Vec<u32>, Certainty) {
        let brokers = Brokers::of(cluster, None, 0).expect("the cluster has nodes");
        (brokers.pod_sets.into_keys().collect(), brokers.certainty)
    }

    #[test]
    fn ids_are_those_of_strimzi() {
        let cases: [(&[&str], &[u32], Certainty); 12] = [
            (&["dual bc 3"], &[0, 1, 2], Certainty::Certain),
            (&["broker b 3"], &[0, 1, 2], Certainty::MissesControllers),
            (&["broker b 3", "controller c 3"], &[0, 1, 2], Certainty::DependsOnOrder),
            (&["controller c 3", "kafka b 3"], &[3, 4, 5], Certainty::DependsOnOrder),
            (&["a bc 2", "b b 2"], &[0, 1, 2, 3], Certainty::DependsOnOrder),
            (&["controller c 3", "kafka b 3 [10-12]"], &[10, 11, 12], Certainty::Certain),
            (&["controller c 3", "kafka b 3 [0-2]"], &[3, 4, 5], Certainty::DependsOnOrder),
            (&["controller c 3 [10-12]", "kafka b 3"], &[0, 1, 2], Certainty::Certain),
            (&["controller c 3 [0-2]", "kafka b 3 [3-5]"], &[3, 4, 5], Certainty::Certain),
            (&["controller c 1 [0]", "kafka b 3 [0-9]"], &[1, 2, 3], Certainty::DependsOnOrder),
            (&["kafka bc 4 [7-6]"], &[0, 1, 6, 7], Certainty::Certain),
            (&["a b 1 [5]", "b bc 1 [5]"], &[0, 5], Certainty::DependsOnOrder),
        ];
        for (pools, expected, certainty) in cases {
            assert_eq!(ids(&cluster(pools)), (expected.to_vec(), certainty), "{pools:?}");
        }
    }

    #[test]
    fn running_nodes_keep_their_ids() {
        let mut cluster = cluster(&["broker b 4", "controller c 3"]);
        cluster.pools[0].running = vec![0, 1, 2];
        cluster.pools[1].running = vec![3, 4, 5];
        assert_eq!(ids(&cluster), (vec![0, 1, 2, 6], Certainty::Certain));
    }

    #[test]
    fn a_pool_that_shrinks_loses_the_nodes_that_it_names() {
        let mut cluster = cluster(&["dual bc 2"]);
        cluster.pools[0].removed = NodeIds::of([0]);
        assert_eq!(ids(&cluster), (vec![0, 1], Certainty::MissesRemoved(vec!["dual".to_owned()])));
        cluster.pools[0].running = vec![0, 1, 2, 3];
        assert_eq!(ids(&cluster), (vec![1, 2], Certainty::Certain));
    }

    #[test]
    fn without_pools_the_ids_count_from_zero() {
        let mut cluster = cluster(&[]);
        assert_eq!(Brokers::of(&cluster, None, 0), Err(Unknown::NoNodes));
        cluster.replicas = Some(2);
        let brokers = Brokers::of(&cluster, None, 2).expect("the cluster has nodes");
        assert_eq!(brokers.pod_sets[&1].as_deref(), Some("orders-kafka"));
        assert_eq!(brokers.spare, BTreeSet::from([2, 3]));
    }

    #[test]
    fn spare_ids_are_those_of_the_next_brokers_of_each_pool() {
        let cluster = cluster(&["broker b 2", "controller c 2", "fast b 1 [20-29]"]);
        let brokers = Brokers::of(&cluster, None, 2).expect("the cluster has nodes");
        assert_eq!(brokers.spare, BTreeSet::from([4, 5, 21, 22]));
    }

    #[test]
    fn configured_ids_win_but_must_be_enough() {
        let configured: NodeIds = "7-9".parse().expect("the text is written for this test");
        let brokers = Brokers::of(&cluster(&["broker b 3"]), Some(&configured), 0).expect("there are enough");
        assert_eq!(brokers.pod_sets.keys().copied().collect::<Vec<_>>(), [7, 8, 9]);
        assert_eq!(brokers.pod_sets[&7].as_deref(), Some("orders-broker"), "there is only one pool it can be of");
        assert_eq!(brokers.certainty, Certainty::Certain);
        let unknown = Brokers::of(&cluster(&["broker b 4"]), Some(&configured), 0);
        assert_eq!(unknown, Err(Unknown::TooFew { configured: 3, brokers: 4 }));
    }
}
