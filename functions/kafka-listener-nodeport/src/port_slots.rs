//! Slots: blocks of node ports at fixed distances, so that the ports of a listener depend on no other listener.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::ports::PortRange;

/// The slots of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slots {
    /// The bootstrap port of slot 0.
    pub(crate) base: u32,
    /// The number of ports from one slot to the next.
    pub(crate) stride: u32,
    /// The node ports of the cluster.
    pub(crate) range: PortRange,
}

impl Slots {
    /// The bootstrap port of a slot.
    pub(crate) fn base_of(self, slot: u32) -> u32 {
        self.base + slot * self.stride
    }

    /// The lowest slot behind the first whose ports are unused, from then on used; `None` if the range is full.
    pub(crate) fn take_free(self, used: &mut BTreeSet<u32>) -> Option<u32> {
        let mut slots = (1..).take_while(|slot| self.range.contains(self.ports_of(*slot).end - 1));
        let free = slots.find(|slot| used.range(self.ports_of(*slot)).next().is_none())?;
        used.insert(self.base_of(free));
        Some(free)
    }

    fn ports_of(self, slot: u32) -> Range<u32> {
        self.base_of(slot)..self.base_of(slot) + self.stride
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_slots_come_in_turn_and_end_with_the_range() {
        let range = "30000-30079".parse().expect("the text is written for this test");
        let slots = Slots { base: 30000, stride: 20, range };
        let mut used = BTreeSet::from([30000, 30045]);
        let free: Vec<_> = std::iter::from_fn(|| slots.take_free(&mut used)).collect();
        assert_eq!(free, [1, 3]);
        assert_eq!(slots.base_of(3), 30060);
    }
}
