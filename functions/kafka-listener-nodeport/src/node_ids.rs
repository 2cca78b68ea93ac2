//! Node IDs in Strimzi's notation: `[0-2, 5]`.
//!
//! Source: Strimzi `cluster-operator/.../model/nodepools/NodeIdRange.java`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Ranges of node IDs in the order in which they are used. A range may descend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct NodeIds(Vec<(u32, u32)>);

impl NodeIds {
    /// The IDs from the first to the last.
    pub(crate) fn range(first: u32, last: u32) -> Self {
        Self(vec![(first, last)])
    }

    /// Every ID in turn.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(|&(first, last)| {
            let count = first.abs_diff(last);
            (0..=count).map(move |step| if first <= last { first + step } else { first - step })
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges, each from its lowest to its highest ID.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (u32, u32)> {
        self.0.iter().map(|&(first, last)| (first.min(last), first.max(last)))
    }

    pub(crate) fn contains(&self, id: u32) -> bool {
        self.ranges().any(|(lowest, highest)| (lowest..=highest).contains(&id))
    }

    /// Which of these IDs it holds, in the order in which they are used.
    pub(crate) fn among(&self, ids: &BTreeSet<u32>) -> Vec<u32> {
        let in_range = |&(first, last): &(u32, u32)| {
            let rising: Vec<u32> = ids.range(first.min(last)..=first.max(last)).copied().collect();
            if first <= last { rising } else { rising.into_iter().rev().collect() }
        };
        self.0.iter().flat_map(in_range).collect()
    }

    /// Ranges of these IDs; neighbours that rise by one share a range.
    pub(crate) fn of(ids: impl IntoIterator<Item = u32>) -> Self {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for id in ids {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(id) => *last = id,
                _ => ranges.push((id, id)),
            }
        }
        Self(ranges)
    }
}

impl FromStr for NodeIds {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let text = text.strip_prefix('[').map_or(Some(text), |text| text.strip_suffix(']')).ok_or(())?;
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let id = |text: &str| text.trim().parse::<u32>().map_err(|_| ());
        let range = |part: &str| match part.split_once('-') {
            Some((first, last)) => Ok((id(first)?, id(last)?)),
            None => id(part).map(|id| (id, id)),
        };
        text.split(',').map(range).collect::<Result<_, _>>().map(Self)
    }
}

/// Without brackets: `0-2, 5`.
impl fmt::Display for NodeIds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges: Vec<_> = self
            .0
            .iter()
            .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
            .collect();
        formatter.write_str(&ranges.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_is_read_as_strimzi_reads_it() {
        let ids = |text: &str| text.parse::<NodeIds>().map(|ids| ids.iter().collect::<Vec<_>>());
        assert_eq!(ids("[0-2, 5]"), Ok(vec![0, 1, 2, 5]));
        assert_eq!(ids(" 3 "), Ok(vec![3]));
        assert_eq!(ids("[12-10]"), Ok(vec![12, 11, 10]), "ranges may descend");
        assert_eq!(ids("[]"), Ok(vec![]));
        assert_eq!(ids(""), Ok(vec![]));
        for wrong in ["[1", "1]", "a", "1-", "-1", "1,,2", "1 2"] {
            assert_eq!(ids(wrong), Err(()), "{wrong}");
        }
    }

    #[test]
    fn ranges_know_what_they_hold() {
        let ids: NodeIds = "9-5, 0-2".parse().expect("the text is written for this test");
        assert!([0, 5, 9].iter().all(|id| ids.contains(*id)) && !ids.contains(3));
        assert_eq!(ids.among(&BTreeSet::from([1, 3, 6, 8])), [8, 6, 1]);
        assert_eq!(ids.ranges().collect::<Vec<_>>(), [(5, 9), (0, 2)]);
    }
}
