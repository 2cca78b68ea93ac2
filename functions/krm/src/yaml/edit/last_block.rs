//! A block scalar at the end of a text that does not end its last line.

use crate::yaml::kind::{Kind, NodeId};
use crate::yaml::line::{BREAKS, ends_line, line_end};
use crate::yaml::node::is_block;
use crate::yaml::splice::Splice;
use crate::yaml::tree::Tree;

/// The splice of [`close_last_block`], if one of these splices puts something behind the text.
pub(crate) fn close_behind<'s>(tree: &Tree, splices: impl Iterator<Item = &'s Splice> + Clone) -> Option<Splice> {
    let writes_behind = splices.clone().any(|splice| splice.range.start == tree.text().len());
    if writes_behind { close_last_block(tree, splices) } else { None }
}

/// The splice that keeps the value of a block that ends the text without a break, when lines are written below it: the break
/// before these would become part of the value, so the header gets the `-` that strips it. `None` where no block ends the text
/// so, or the other splices do to it what they do.
pub(crate) fn close_last_block<'s>(tree: &Tree, mut splices: impl Iterator<Item = &'s Splice>) -> Option<Splice> {
    let header = open_header(tree)?;
    let is_written = |splice: &Splice| {
        *splice == header || (splice.range.start <= header.range.start && header.range.start < splice.range.end)
    };
    (!splices.any(is_written)).then_some(header)
}

/// The splice that makes the header of such a block one that strips. `None` where there is no such block, or it strips.
fn open_header(tree: &Tree) -> Option<Splice> {
    let text = tree.text();
    if ends_line(text) {
        return None;
    }
    let node = tree.node(last_leaf(tree, tree.documents().last()?.root));
    let is_open_block = matches!(node.kind(), Kind::Scalar(style) if is_block(style));
    if !is_open_block || node.range().end < text.len() {
        return None;
    }
    let start = node.range().start;
    let end = line_end(text, start);
    // A block without a line has no break to lose.
    if end == text.len() { None } else { stripping(&text[..end], start) }
}

/// The node that ends last below this one.
fn last_leaf(tree: &Tree, mut node: NodeId) -> NodeId {
    loop {
        let item = tree.items(node).last().map(|item| item.node);
        let entry = tree.entries(node).last().map(|entry| entry.value);
        match item.or(entry) {
            Some(child) => node = child,
            None => return node,
        }
    }
}

/// The splice that makes a header strip. It is behind `from`, with tag and anchor before it and perhaps a comment behind.
fn stripping(text: &str, from: usize) -> Option<Splice> {
    let mut marks = text[from..].match_indices(['|', '>']).map(|(at, _)| from + at);
    let start = marks.find(|at| *at == from || text[..*at].ends_with([' ', '\t']))?;
    let header = text[start..].split([' ', '\t']).next()?.trim_end_matches(BREAKS);
    let (end, keep) = (start + header.len(), header.find('+').map(|keep| start + keep));
    match keep {
        Some(keep) => Some(Splice::new(keep..keep + 1, "-")),
        None if header.contains('-') => None,
        None => Some(Splice::new(end..end, "-")),
    }
}
