//! Where the ports of each listener begin.
//!
//! The config says it, or the manifest, or the listener is the only one of which neither does. Ports are never given out in
//! some order: the next listener would move those after it.

use std::collections::BTreeMap;

use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;

use crate::collisions::used_ports;
use crate::listener::BasePort;
use crate::replacement::Replacement;
use crate::rule::Rule;
use crate::slot_proposals::SlotProposals;

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
    let mut proposals = SlotProposals::new(listeners, used);
    for group in sharing {
        for index in &group {
            let others = group.iter().filter(|other| *other != index).take(MOST_NAMED);
            let others: Vec<_> = others.map(|other| &listeners[*other]).collect();
            let more = group.len() - 1 - others.len();
            findings.push(refusal(&listeners[*index], &others, more, &mut proposals));
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

/// How many other listeners a message names.
const MOST_NAMED: usize = 3;

/// A listener that would begin at the same port as these, and as so many more.
fn refusal(
    replaced: &Replacement<'_>,
    others: &[&Replacement<'_>],
    more: usize,
    proposals: &mut SlotProposals,
) -> Finding {
    let named = others.iter().map(|other| format!("`{}` of {}", other.listener.name, other.kafka));
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!(
        "has no ports of its own, like {}{more}; giving them out in order would move them with the next listener: give all but \
         the one that runs already a slot, this one by {}",
        named.collect::<Vec<_>>().join(", "),
        proposals.of(replaced)
    );
    replaced.on_listener(Rule::ListenerWithoutSlot, message)
}
