//! Which item of a list became which.

use std::ops::Range;

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The runs of new items between aligned ones, each with the old index of the aligned item before it.
pub(super) fn gaps(alignment: &[(usize, usize)], new_len: usize) -> Vec<(Option<usize>, Range<usize>)> {
    let mut gaps = Vec::with_capacity(alignment.len() + 1);
    let mut previous = None;
    let mut start = 0;
    for (old_index, new_index) in alignment {
        gaps.push((previous, start..*new_index));
        previous = Some(*old_index);
        start = new_index + 1;
    }
    gaps.push((previous, start..new_len));
    gaps
}

/// Which old item becomes which new one, ascending in both. Equal items are found first; what lies between them is
/// paired in order, so that an item which only changed keeps its place and comments.
pub(super) fn align(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    let anchors = common_subsequence(old, new);
    let mut pairs = Vec::with_capacity(old.len().min(new.len()));
    let (mut old_start, mut new_start) = (0, 0);
    for (old_end, new_end) in anchors.into_iter().chain([(old.len(), new.len())]) {
        pairs.extend((old_start..old_end).zip(new_start..new_end));
        if old_end < old.len() || new_end < new.len() {
            pairs.push((old_end, new_end));
        }
        (old_start, new_start) = (old_end + 1, new_end + 1);
    }
    pairs
}

/// A longest run of equal items in both, not necessarily adjacent.
fn common_subsequence(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    let operations = capture_diff_slices(Algorithm::Myers, old, new);
    let equal = operations.into_iter().filter_map(|operation| match operation {
        DiffOp::Equal { old_index, new_index, len } => {
            Some((old_index..old_index + len).zip(new_index..new_index + len))
        }
        _ => None,
    });
    equal.flatten().collect()
}
