//! The surroundings of a node, and how another value is written in its place.

use std::ops::Range;

use serde_json::Value;

use super::lines::{block_before, replace_lines};
use crate::yaml::emit;
use crate::yaml::kind::NodeId;
use crate::yaml::line::line_start;
use crate::yaml::splice::Splice;
use crate::yaml::tree::Tree;

/// The node's surroundings, which decide how it may be written.
pub(super) struct Place {
    pub(super) parent: Parent,
    /// The column of the key or dash that the node belongs to.
    pub(super) indent: usize,
    /// Whether an enclosing collection is written in flow style.
    pub(super) flow: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Parent {
    Document,
    Entry { key_end: usize, colon: Option<usize> },
    Item { start: usize },
}

/// Rewrites the value.
pub(super) fn rewrite(tree: &Tree, id: NodeId, place: &Place, new: &Value) -> Splice {
    let range = tree.node(id).range();
    if place.flow {
        let text = emit::json(new);
        return match place.parent {
            Parent::Entry { key_end, colon: None } => Splice::new(key_end..key_end, format!(": {text}")),
            Parent::Entry { colon: Some(colon), .. } if range.is_empty() => {
                Splice::new(colon + 1..colon + 1, format!(" {text}"))
            }
            _ => Splice::new(range, text),
        };
    }
    let block = block_before(tree, range.end);
    match place.parent {
        Parent::Document => {
            let (range, lead) = place_of_root(tree.text(), range);
            replace_lines(tree, range, lead.to_owned() + &block.lines(new, 0))
        }
        Parent::Entry { key_end, colon: None } => {
            let lines = format!("\n{}:{}", " ".repeat(place.indent), block.behind_colon(new, place.indent));
            replace_lines(tree, key_end..key_end, lines)
        }
        Parent::Entry { colon: Some(colon), .. } => {
            let lines = block.behind_colon(new, place.indent);
            replace_lines(tree, colon + 1..range.end, lines)
        }
        Parent::Item { start } => {
            let lines = block.item(new, place.indent)[place.indent..].to_owned();
            replace_lines(tree, start..range.end, lines)
        }
    }
}

/// The place for the lines of another root, and what comes before them: they bring their own indentation, and begin no line
/// that holds a `---`.
fn place_of_root(text: &str, root: Range<usize>) -> (Range<usize>, &'static str) {
    let start = line_start(text, root.start);
    let marker_end = start + text[start..root.start].trim_end_matches([' ', '\t']).len();
    (marker_end..root.end, if marker_end == start { "" } else { "\n" })
}
