//! Node ports: the range of the cluster and where the ports of a listener lie in it.
//!
//! The ports of a listener follow from its base and from the IDs of its brokers alone, never from the other objects of
//! the build, so that nothing that comes or goes moves them.

use std::fmt;
use std::str::FromStr;

use crate::node_ids::NodeIds;

/// The node ports of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PortRange {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

impl PortRange {
    pub(crate) fn contains(self, port: u32) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// The last port of the band that Kubernetes allocates only on request; the first is that of the range.
    ///
    /// Source: Kubernetes `pkg/registry/core/service/portallocator/allocator.go`, `calculateRangeOffset`.
    pub(crate) fn last_static(self) -> u32 {
        const LEAST: u32 = 16;
        const MOST: u32 = 128;
        const PART: u32 = 32;
        let size = self.last - self.first + 1;
        let band = (size / PART).clamp(LEAST, MOST);
        // A range that small has no such band.
        if size <= LEAST { self.first.saturating_sub(1) } else { self.first + band - 1 }
    }
}

impl FromStr for PortRange {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (first, last) = text.split_once('-').ok_or(())?;
        let port = |text: &str| text.trim().parse::<u16>().map(u32::from).map_err(|_| ());
        let (first, last) = (port(first)?, port(last)?);
        if first == 0 || first > last { Err(()) } else { Ok(Self { first, last }) }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.first, self.last)
    }
}

/// The ports of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// The port of the bootstrap Service.
    pub(crate) base: u32,
    /// What decides which port is whose.
    pub(crate) layout: Layout,
}

/// What decides the ports of brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Their IDs.
    ById,
    /// Their positions among these IDs.
    ByRank(NodeIds),
}

impl Block {
    /// The port of a broker, perhaps beyond the range; `None` if the layout does not know the broker.
    pub(crate) fn broker(&self, id: u32) -> Option<u32> {
        let offset = match &self.layout {
            Layout::ById => id,
            Layout::ByRank(ids) => u32::try_from(ids.iter().position(|listed| listed == id)?).ok()?,
        };
        Some(self.base.saturating_add(1).saturating_add(offset))
    }
}

/// Ports as a firewall rule takes them: `32094-32097, 32100`.
pub(crate) fn listed(ports: impl IntoIterator<Item = u32>) -> String {
    let mut ports: Vec<_> = ports.into_iter().collect();
    ports.sort_unstable();
    ports.dedup();
    NodeIds::of(ports).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> PortRange {
        text.parse().expect("the text is written for this test")
    }

    #[test]
    fn the_static_band_is_that_of_kubernetes() {
        for (text, last) in
            [("30000-32767", 30085), ("30000-30099", 30015), ("20000-60000", 20127), ("30000-30009", 29999)]
        {
            assert_eq!(range(text).last_static(), last, "{text}");
        }
    }

    #[test]
    fn a_range_has_a_first_and_a_last_port() {
        for wrong in ["", "30000", "2-1", "0-10", "1-65536", "a-b"] {
            assert_eq!(wrong.parse::<PortRange>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn ports_of_brokers_follow_ids_or_positions() {
        let by_id = Block { base: 32094, layout: Layout::ById };
        assert_eq!([0, 1, 2].map(|id| by_id.broker(id)), [Some(32095), Some(32096), Some(32097)]);
        let ids = NodeIds::of([100, 101, 5]);
        let by_rank = Block { base: 32094, layout: Layout::ByRank(ids) };
        assert_eq!([100, 5, 7].map(|id| by_rank.broker(id)), [Some(32095), Some(32097), None]);
        assert_eq!(by_id.broker(u32::MAX), Some(u32::MAX), "far out of range, not wrapped around");
        assert_eq!(listed([3, 1, 2, 7]), "1-3, 7");
    }
}
