//! Free slots that messages propose, the same one for a listener in all of them.

use std::collections::{BTreeSet, HashMap};

use krm::resource_list::ItemId;

use crate::replacement::Replacement;

/// The slots that are proposed so far.
#[derive(Debug)]
pub(crate) struct SlotProposals {
    /// The ports that are not free.
    used: BTreeSet<u32>,
    /// How many listeners of each Kafka are replaced.
    counts: HashMap<ItemId, usize>,
    /// What was proposed for a listener, by its Kafka and position.
    proposed: HashMap<(ItemId, usize), String>,
}

impl SlotProposals {
    /// Proposals for these listeners, past the ports in use.
    pub(crate) fn new(listeners: &[Replacement<'_>], used: BTreeSet<u32>) -> Self {
        let mut counts: HashMap<_, usize> = HashMap::new();
        listeners.iter().for_each(|replaced| *counts.entry(replaced.cluster.id).or_default() += 1);
        Self { used, counts, proposed: HashMap::new() }
    }

    /// How the config gives a listener a free slot, in words.
    pub(crate) fn of(&mut self, replaced: &Replacement<'_>) -> String {
        let Self { used, counts, proposed } = self;
        let Replacement { cluster, listener, .. } = replaced;
        let is_only = counts.get(&cluster.id) == Some(&1);
        proposed.entry((cluster.id, listener.index)).or_insert_with(|| proposal(replaced, is_only, used)).clone()
    }
}

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
