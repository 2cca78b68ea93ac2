//! Which node IDs no pool has, and which several have. Ranges are wide, so none of this goes through all their IDs.

use std::collections::BTreeMap;

use crate::node_ids::NodeIds;

const HUNDRED: u32 = 100;
/// IDs beyond are not looked for.
const MOST_IDS: u32 = 100_000;

/// The ranges of all pins in order, those that touch joined.
pub(crate) fn merged(pins: &[Option<NodeIds>]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<_> = pins.iter().flatten().flat_map(NodeIds::ranges).collect();
    ranges.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::new();
    for (lowest, highest) in ranges {
        match merged.last_mut() {
            Some((_, last)) if lowest <= last.saturating_add(1) => *last = highest.max(*last),
            _ => merged.push((lowest, highest)),
        }
    }
    merged
}

/// The IDs below an end that are in none of the ranges.
pub(crate) fn free_ids(taken: &[(u32, u32)], end: u32) -> Vec<u32> {
    let mut ids = Vec::new();
    let mut next = 0;
    for &(lowest, highest) in taken.iter().take_while(|(lowest, _)| *lowest < end) {
        ids.extend(next..lowest);
        next = highest.saturating_add(1);
    }
    ids.extend(next..end);
    ids
}

/// The hundreds, after the one for brokers, that are in none of the ranges.
pub(crate) fn free_hundreds(taken: Vec<(u32, u32)>) -> impl Iterator<Item = NodeIds> {
    let mut taken = taken.into_iter().peekable();
    let mut first = HUNDRED;
    std::iter::from_fn(move || {
        loop {
            let last = first.checked_add(HUNDRED - 1)?;
            match taken.peek() {
                Some((_, highest)) if *highest < first => drop(taken.next()),
                Some((lowest, highest)) if *lowest <= last => first = (highest / HUNDRED + 1).checked_mul(HUNDRED)?,
                _ => {
                    let hundred = NodeIds::range(first, last);
                    first = first.checked_add(HUNDRED)?;
                    return Some(hundred);
                }
            }
        }
    })
}

/// The pools that share IDs with one before them, each with such a one.
pub(crate) fn shared(pins: &[Option<NodeIds>]) -> BTreeMap<usize, usize> {
    let of_pool = |(pool, pin): (usize, &NodeIds)| pin.ranges().map(|range| (range, pool)).collect::<Vec<_>>();
    let pinned = pins.iter().enumerate().filter_map(|(pool, pin)| Some((pool, pin.as_ref()?)));
    let mut ranges: Vec<_> = pinned.flat_map(of_pool).collect();
    ranges.sort_unstable();
    let mut shared = BTreeMap::new();
    let mut reaching: Option<(u32, usize)> = None;
    for ((lowest, highest), pool) in ranges {
        if let Some((_, other)) = reaching.filter(|(end, other)| *end >= lowest && *other != pool) {
            shared.insert(pool.max(other), pool.min(other));
        }
        reaching = reaching.filter(|(end, _)| *end >= highest).or(Some((highest, pool)));
    }
    shared
}

/// The lowest IDs that are in none of the ranges, so many of them.
pub(crate) fn first_free(taken: &[(u32, u32)], count: u32) -> Vec<u32> {
    let skipped: u32 = taken.iter().map(|(lowest, highest)| highest - lowest).fold(0, u32::saturating_add);
    let end = skipped.saturating_add(count).saturating_add(u32::try_from(taken.len()).unwrap_or(u32::MAX));
    free_ids(taken, end.min(MOST_IDS)).into_iter().take(count as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins(pools: &[&str]) -> Vec<Option<NodeIds>> {
        pools.iter().map(|ids| ids.parse().ok().filter(|ids: &NodeIds| !ids.is_empty())).collect()
    }

    #[test]
    fn hundreds_that_are_taken_are_left_out() {
        let free =
            |pools: &[&str]| free_hundreds(merged(&pins(pools))).take(2).map(|ids| ids.to_string()).collect::<Vec<_>>();
        assert_eq!(free(&["0-99"]), ["100-199", "200-299"]);
        assert_eq!(free(&["150, 399-300"]), ["200-299", "400-499"]);
        assert!(free(&["0-4294967295"]).is_empty());
    }

    #[test]
    fn every_pool_that_shares_ids_is_found_with_another() {
        let found = |pools: &[&str]| shared(&pins(pools)).into_iter().collect::<Vec<_>>();
        assert_eq!(found(&["0-9", "10-19", ""]), []);
        assert_eq!(found(&["0-9", "9-12", "12", "0-2"]), [(1, 0), (2, 1), (3, 0)]);
        assert_eq!(found(&["0-3, 2-9", "5"]), [(1, 0)], "a pool may name an ID twice");
    }
}
