//! How much of a text its aliases may make.
//!
//! A few bytes of aliases can mean more values than any memory holds, or a value deeper than any stack. What counts is
//! what is expanded, in the memory that it takes, and as a multiple of what is written.

use super::kind::{Kind, MOST_NODES, NodeId};
use super::node::Nodes;

/// About the memory, in bytes, that a value takes besides its text.
const VALUE: u64 = 80;
/// How deep a value may be once its aliases are expanded. The parser has the same limit for what is written.
const DEPTH: u32 = 256;

/// The memory, in bytes, that the aliases of a text of this length may add: forty times a small text, eight times a
/// large one. Anchors that save typing stay far below.
fn allowance(text_length: usize) -> u64 {
    let length = text_length as u64;
    (500_000 + 40 * length).min(10_000_000).max(8 * length)
}

/// About the memory, in bytes, that a node takes in a run: its place, its value, and a copy of it while an array grows.
const NODE: u64 = 110;

/// What is wrong with a text of this length and this number of nodes, if it has too many: so many that a run takes more than
/// thirty times the text and 50 MB, or that their numbers do not fit. Manifests are never so dense: `- 0` on lines of their
/// own is not.
pub(super) fn too_many(nodes: usize, text_length: usize) -> Option<String> {
    if nodes > MOST_NODES {
        return Some(format!("the text has more than {MOST_NODES} values; split it"));
    }
    let is_too_dense = NODE * nodes as u64 > 30 * text_length as u64 + 40_000_000;
    is_too_dense.then(|| format!("the text has {nodes} values, too many for its length; split it"))
}

/// What a node is once its aliases are expanded.
#[derive(Clone, Copy)]
struct Extent {
    memory: u64,
    depth: u32,
}

/// What is too much of a value.
pub(super) enum Excess {
    Memory,
    Depth,
}

impl Excess {
    /// What is wrong with the alias.
    pub(super) fn message(&self) -> &'static str {
        match self {
            Self::Memory => {
                "the aliases up to here make many times more of the text than is written; write out what they mean"
            }
            Self::Depth => "the aliases up to here nest values deeper than 256; write out what they mean",
        }
    }
}

/// The first alias that makes a value too large or too deep, by its place among the aliases.
pub(super) fn excess(nodes: &Nodes, text_length: usize) -> Option<(usize, Excess)> {
    if nodes.aliases.is_empty() {
        return None;
    }
    let written = VALUE * nodes.len() as u64 + text_length as u64;
    let limit = allowance(text_length) + written;
    let mut extents: Vec<Extent> = Vec::with_capacity(nodes.len());
    let mut aliases = 0;
    for id in 0..nodes.len() as NodeId {
        let node = nodes.node(id);
        let extent = match node.kind() {
            Kind::Alias(target) => {
                aliases += 1;
                extents[target as usize]
            }
            Kind::Scalar(_) => Extent { memory: VALUE + u64::from(node.end - node.start), depth: 0 },
            Kind::Mapping { .. } | Kind::Sequence { .. } => around(nodes, id, &extents),
        };
        // A collection comes behind its aliases: the last one made it what it is.
        if extent.depth > DEPTH && aliases > 0 {
            return Some((aliases - 1, Excess::Depth));
        }
        if extent.memory > limit {
            return Some((aliases - 1, Excess::Memory));
        }
        extents.push(extent);
    }
    let expanded = nodes.documents.iter().map(|document| extents[document.root as usize].memory);
    (expanded.fold(0, u64::saturating_add) > limit).then(|| (aliases - 1, Excess::Memory))
}

/// The extent of a collection, from those of its children.
fn around(nodes: &Nodes, id: NodeId, extents: &[Extent]) -> Extent {
    let keys_and_values = nodes.entries(id).iter().flat_map(|entry| [entry.key, entry.value]);
    let children = keys_and_values.chain(nodes.items(id).iter().map(|item| item.node));
    children.fold(Extent { memory: VALUE, depth: 1 }, |sum, child| {
        let child = extents[child as usize];
        Extent { memory: sum.memory.saturating_add(child.memory), depth: sum.depth.max(child.depth + 1) }
    })
}
