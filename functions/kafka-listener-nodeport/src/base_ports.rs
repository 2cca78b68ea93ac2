//! Where the ports of each listener begin.
//!
//! The config says it, or the manifest, or the listener is the only one of which neither does. Ports are never given out in
//! some order: the next listener would move those after it.

use std::collections::{BTreeMap, BTreeSet};

use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;

use crate::collisions::used_ports;
use crate::listener::BasePort;
use crate::replacement::Replacement;
use crate::rule::Rule;

/// The bootstrap port of each listener; `None` if it needs no ports, or if others would begin at the same port, which is
/// an error.
pub(crate) fn bases(listeners: &[Replacement<'_>], resources: &Resources, findings: &mut Findings) -> Vec<Option<u32>> {
    let base = |replaced: &Replacement<'_>| match replaced.listener.base_port {
        BasePort::Own(base) | BasePort::OfCluster(base) => base,
        BasePort::Default => replaced.options.slots().base_of(0),
    };
    let mut bases: Vec<_> = listeners.iter().map(|replaced| replaced.needs_ports().then(|| base(replaced))).collect();
    let sharing = sharing(listeners);
    if sharing.is_empty() {
        return bases;
    }
    let mut used = used_ports(resources);
    used.extend(bases.iter().flatten());
    for group in sharing {
        for index in &group {
            let others: Vec<_> = group.iter().filter(|other| *other != index).map(|other| &listeners[*other]).collect();
            findings.push(refusal(&listeners[*index], &others, is_only(listeners, *index), &mut used));
            bases[*index] = None;
        }
    }
    bases
}

/// Listeners that would begin at the same port, each group by namespace and name.
fn sharing(listeners: &[Replacement<'_>]) -> Vec<Vec<usize>> {
    let mut sharing: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, replaced) in listeners.iter().enumerate().filter(|(_, replaced)| replaced.needs_ports()) {
        match replaced.listener.base_port {
            BasePort::Own(_) => {}
            BasePort::OfCluster(_) => sharing.entry(Some(replaced.cluster.id)).or_default().push(index),
            BasePort::Default => sharing.entry(None).or_default().push(index),
        }
    }
    let mut groups: Vec<_> = sharing.into_values().filter(|group| group.len() > 1).collect();
    for group in &mut groups {
        group.sort_by_key(|index| {
            let Replacement { cluster, listener, .. } = &listeners[*index];
            (&cluster.namespace, &cluster.name, &listener.name)
        });
    }
    groups
}

/// Whether a listener is the only one of its cluster that is replaced.
fn is_only(listeners: &[Replacement<'_>], index: usize) -> bool {
    let cluster = listeners[index].cluster.id;
    listeners.iter().filter(|other| other.cluster.id == cluster).count() == 1
}

fn refusal(
    replaced: &Replacement<'_>,
    others: &[&Replacement<'_>],
    is_only: bool,
    used: &mut BTreeSet<u32>,
) -> Finding {
    let others = others.iter().map(|other| format!("`{}` of {}", other.listener.name, other.kafka));
    let message = format!(
        "has no ports of its own, like {}; giving them out in order would move them with the next listener: give all but the \
         one that runs already a slot, this one by {}",
        others.collect::<Vec<_>>().join(", "),
        proposal(replaced, is_only, used)
    );
    replaced.on_listener(Finding::new(Rule::ListenerWithoutSlot, message))
}

/// How the config would give a listener a free slot.
fn proposal(replaced: &Replacement<'_>, is_only: bool, used: &mut BTreeSet<u32>) -> String {
    let slots = replaced.options.slots();
    let key = replaced.cluster.proposed_key(replaced.options.spec);
    let Some(slot) = slots.take_free(used) else {
        return format!("a `basePort` under `clusters` at `{key}`, for no slot is free");
    };
    let option = format!("slot: {slot}");
    let option = if is_only { option } else { format!("listeners: {{{}: {{{option}}}}}", replaced.listener.name) };
    format!("`clusters: {{{key}: {{{option}}}}}` with ports from {}", slots.base_of(slot))
}
