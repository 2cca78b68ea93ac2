//! Where the ports of each listener begin.
//!
//! A listener has a place by the config, by its manifest, or because it is the only one without. Places are never dealt
//! out in some order: the next listener would move those after it.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;

use crate::cluster::Cluster;
use crate::collisions::used_ports;
use crate::config::{ListenerType, Spec};
use crate::listener::{Listener, Place, slot_base};
use crate::ports::PortRange;

/// The bootstrap port of each listener; `None` if it needs no ports or has to get a place first.
pub(crate) fn bases(
    listeners: &[(&Cluster, &Listener)],
    spec: &Spec,
    range: PortRange,
    resources: &Resources,
    findings: &mut Findings,
) -> Vec<Option<u32>> {
    let mut sharing: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, (cluster, listener)) in listeners.iter().enumerate() {
        if needs_ports(listener, spec) {
            match listener.place {
                Place::Own(_) => {}
                Place::OfCluster(_) => sharing.entry(Some(cluster.id)).or_default().push(index),
                Place::Default => sharing.entry(None).or_default().push(index),
            }
        }
    }
    let mut bases: Vec<_> = listeners
        .iter()
        .map(|(_, listener)| {
            needs_ports(listener, spec).then_some(match listener.place {
                Place::Own(base) | Place::OfCluster(base) => base,
                Place::Default => u32::from(spec.base_port),
            })
        })
        .collect();
    sharing.retain(|_, group| group.len() > 1);
    if sharing.is_empty() {
        return bases;
    }
    let mut used = used_ports(resources);
    used.extend(bases.iter().flatten());
    for mut group in sharing.into_values() {
        group.sort_by_key(|index| {
            let (cluster, listener) = listeners[*index];
            (cluster.namespace.clone(), cluster.name.clone(), listener.name.clone())
        });
        for index in &group {
            let (cluster, listener) = listeners[*index];
            let others = group.iter().filter(|other| *other != index).map(|other| {
                let (cluster, listener) = listeners[*other];
                format!("`{}` of {}", listener.name, resources.get(cluster.id).reference())
            });
            let is_only = listeners.iter().filter(|(other, _)| other.id == cluster.id).count() == 1;
            let slot = free_slot(spec, range, &mut used);
            let message = format!(
                "has no ports of its own, like {}; dealing them out in order would move them with the next listener: give \
                 all but the one that runs already a slot, this one by {}",
                others.collect::<Vec<_>>().join(", "),
                proposal(cluster, listener, is_only, slot, spec)
            );
            findings.push(Finding::error(message).on(resources.get(cluster.id).reference()).at(listener.path()));
            bases[*index] = None;
        }
    }
    bases
}

/// Whether the config fixes node ports for a listener.
pub(crate) fn needs_ports(listener: &Listener, spec: &Spec) -> bool {
    match listener.new_type {
        ListenerType::Nodeport => true,
        ListenerType::Loadbalancer => spec.load_balancer.fixed_node_ports,
        ListenerType::ClusterIp => false,
    }
}

/// The lowest slot behind the first whose ports nothing uses yet, from then on taken; `None` if the range is full.
pub(crate) fn free_slot(spec: &Spec, range: PortRange, used: &mut BTreeSet<u32>) -> Option<u32> {
    let stride = u32::from(spec.stride);
    let ports = |slot: u32| slot_base(spec, slot)..slot_base(spec, slot) + stride;
    let slots = (1..).take_while(|slot| range.contains(ports(*slot).end - 1));
    let free = slots.into_iter().find(|slot| used.range(ports(*slot)).next().is_none())?;
    used.insert(slot_base(spec, free));
    Some(free)
}

/// How the config would give a listener this slot.
fn proposal(cluster: &Cluster, listener: &Listener, is_only: bool, slot: Option<u32>, spec: &Spec) -> String {
    let key = cluster.proposed_key(spec);
    let Some(slot) = slot else {
        return format!("a `basePort` under `clusters` at `{key}`, for no slot is free");
    };
    let place = format!("slot: {slot}");
    let place = if is_only { place } else { format!("listeners: {{{}: {{{place}}}}}", listener.name) };
    format!("`clusters: {{{key}: {{{place}}}}}` with ports from {}", slot_base(spec, slot))
}
