//! Which item of a list became which.

use std::ops::Range;

use serde_json::Value;

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

/// The longest run of equal items in both, not necessarily adjacent. Items alike at both ends are found at once; where
/// the rest is too large for a comparison of all with all, it is taken for changed.
fn common_subsequence(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let old_middle = &old_rest[..old_rest.len() - tail];
    let new_middle = &new_rest[..new_rest.len() - tail];
    let mut pairs: Vec<_> = (0..head).map(|index| (index, index)).collect();
    if old_middle.len().saturating_mul(new_middle.len()) <= MOST_COMPARISONS {
        pairs.extend(longest(old_middle, new_middle).into_iter().map(|(old, new)| (old + head, new + head)));
    }
    pairs.extend((1..=tail).rev().map(|back| (old.len() - back, new.len() - back)));
    pairs
}

const MOST_COMPARISONS: usize = 4_000_000;

/// The longest run of equal items, by a table of the lengths of all.
fn longest(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    let (rows, columns) = (old.len() + 1, new.len() + 1);
    let mut lengths = vec![0_u32; rows * columns];
    for row in (0..old.len()).rev() {
        for column in (0..new.len()).rev() {
            lengths[row * columns + column] = if old[row] == new[column] {
                lengths[(row + 1) * columns + column + 1] + 1
            } else {
                lengths[(row + 1) * columns + column].max(lengths[row * columns + column + 1])
            };
        }
    }
    let (mut row, mut column, mut pairs) = (0, 0, Vec::new());
    while row < old.len() && column < new.len() {
        if old[row] == new[column] {
            pairs.push((row, column));
            row += 1;
            column += 1;
        } else if lengths[(row + 1) * columns + column] >= lengths[row * columns + column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}
