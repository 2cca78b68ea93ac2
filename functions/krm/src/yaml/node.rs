//! The nodes of a text: what they are and where they are.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::Range;

use granit_parser::{ScalarStyle, ScanError};

use super::children::Children;
use super::kind::{Kind, NodeId, PackedKind};

/// One document of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The bytes from this document's `---` (or its start) to the next document's.
    pub range: Range<usize>,
    /// The root node; an empty scalar when the document holds nothing.
    pub root: NodeId,
}

/// A node: its bytes and what it is. A large build has millions, so they are kept small.
#[derive(Debug, PartialEq)]
pub struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    kind: PackedKind,
}

impl Node {
    pub(super) fn new(start: u32, end: u32, kind: Kind) -> Self {
        Self { start, end, kind: PackedKind::of(kind) }
    }

    /// From the anchor, tag or first content byte to the last content byte. An empty node is an empty range behind its
    /// indicator.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// What the node is.
    pub fn kind(&self) -> Kind {
        self.kind.kind()
    }
}

/// What few nodes have: a tag, an anchor, or text that is not the bytes between its quotes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Detail {
    pub(super) tag: Option<Box<str>>,
    pub(super) is_anchored: bool,
    /// The text, where escapes, folding or indentation make it differ from the bytes.
    pub(super) decoded: Option<Box<str>>,
    /// Where the content starts, behind tag, anchor and block header.
    pub(super) content: usize,
}

/// A key with its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The key node.
    pub key: NodeId,
    /// The value node.
    pub value: NodeId,
    /// The place behind the `:`, which is never the first one, so that it takes no more room than a number.
    pub(super) behind_colon: Option<NonZeroU32>,
}

impl Entry {
    /// The place of the `:`, if there is one.
    pub fn colon(&self) -> Option<usize> {
        self.behind_colon.map(|behind| behind.get() as usize - 1)
    }
}

/// An item of a sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SequenceItem {
    pub(super) start: u32,
    /// The item's node.
    pub node: NodeId,
}

impl SequenceItem {
    /// Where the item starts: its dash, or its first byte in a flow sequence.
    pub fn start(&self) -> usize {
        self.start as usize
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct AliasUse {
    pub(super) at: usize,
    pub(super) target: NodeId,
}

/// All nodes of a text. Children come before their parents, and anchored nodes before their aliases.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Nodes {
    pub(super) nodes: Vec<Node>,
    pub(super) entries: Children<Entry>,
    pub(super) items: Children<SequenceItem>,
    /// Where the few entries begin that do not begin with their key, but with a `?`, by the key: in order once all are known.
    pub(super) explicit: Vec<(NodeId, u32)>,
    /// What few nodes have, in the order of the nodes.
    pub(super) details: Vec<(NodeId, Detail)>,
    /// Which nodes have details, a bit each, once all are known: most questions are about nodes that have none.
    pub(super) detailed: Vec<u64>,
    pub(super) documents: Vec<Document>,
    /// The aliases in the order of the text and, once all are known, of what they refer to.
    pub(super) aliases: Vec<AliasUse>,
    /// Whether a mapping has a merge key (`<<`).
    pub(super) has_merges: bool,
}

impl Nodes {
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// Adds a document; the one before it ends where this one starts.
    pub(super) fn push_document(&mut self, range: Range<usize>, root: NodeId) {
        if let Some(previous) = self.documents.last_mut() {
            previous.range.end = range.start;
        }
        self.documents.push(Document { range, root });
    }

    /// Takes out the last document, which must be empty and not the only one.
    pub(super) fn drop_empty_document(&mut self) -> Option<()> {
        let last = self.documents.pop()?;
        let node = self.nodes.pop()?;
        (node.range().is_empty() && last.root as usize == self.nodes.len() && !self.documents.is_empty()).then_some(())
    }

    /// Adds the nodes of a text that begins at `start` of this one.
    pub(super) fn append(&mut self, other: Self, start: usize) {
        let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let moved = Offsets {
            text: length(start),
            node: length(self.nodes.len()),
            mapping: self.entries.number(),
            sequence: self.items.number(),
        };
        self.nodes.extend(other.nodes.into_iter().map(|node| moved.node(&node)));
        self.entries.append(other.entries, |entry| Entry {
            key: entry.key + moved.node,
            value: entry.value + moved.node,
            behind_colon: entry.behind_colon.map(|behind| behind.saturating_add(moved.text)),
        });
        self.items.append(other.items, |SequenceItem { start, node }| SequenceItem {
            start: start + moved.text,
            node: node + moved.node,
        });
        self.explicit.extend(other.explicit.into_iter().map(|(key, start)| (key + moved.node, start + moved.text)));
        let details = other.details.into_iter();
        self.details.extend(
            details.map(|(id, detail)| (id + moved.node, Detail { content: detail.content + start, ..detail })),
        );
        let aliases = other.aliases.into_iter();
        self.aliases
            .extend(aliases.map(|AliasUse { at, target }| AliasUse { at: at + start, target: target + moved.node }));
        for Document { range, root } in other.documents {
            self.push_document(range.start + start..range.end + start, root + moved.node);
        }
        self.has_merges |= other.has_merges;
    }

    pub(super) fn entries(&self, id: NodeId) -> &[Entry] {
        match self.node(id).kind() {
            Kind::Mapping { entries, .. } => self.entries.of(entries),
            _ => &[],
        }
    }

    pub(super) fn items(&self, id: NodeId) -> &[SequenceItem] {
        match self.node(id).kind() {
            Kind::Sequence { items, .. } => self.items.of(items),
            _ => &[],
        }
    }

    /// Where an entry starts: its `?` or its key.
    pub(super) fn entry_start(&self, entry: &Entry) -> usize {
        let explicit = self.explicit.binary_search_by_key(&entry.key, |(key, _)| *key);
        explicit.map_or(self.node(entry.key).start, |place| self.explicit[place].1) as usize
    }

    pub(super) fn resolved(&self, id: NodeId) -> NodeId {
        match self.node(id).kind() {
            Kind::Alias(target) => target,
            _ => id,
        }
    }

    /// Makes details and explicit keys quick to find, and puts the aliases in the order of what they refer to.
    pub(super) fn index(&mut self) {
        let Self { nodes, aliases, details, detailed, explicit, .. } = self;
        explicit.sort_unstable();
        aliases.sort_by_key(|alias| nodes[alias.target as usize].start);
        *detailed = vec![0; details.last().map_or(0, |(last, _)| *last as usize / 64 + 1)];
        for (id, _) in details {
            detailed[*id as usize / 64] |= 1 << (*id % 64);
        }
    }

    /// The aliases that refer to nodes which start in this range.
    pub(super) fn aliases_into(&self, range: &Range<usize>) -> impl Iterator<Item = &AliasUse> {
        let start = |alias: &AliasUse| self.node(alias.target).start as usize;
        let first = self.aliases.partition_point(|alias| start(alias) < range.start);
        let end = range.end;
        self.aliases[first..].iter().take_while(move |alias| start(alias) < end)
    }

    pub(super) fn detail(&self, id: NodeId) -> Option<&Detail> {
        // While the text is read, nodes are asked for that come behind the last one with a detail.
        if self.details.last().is_none_or(|(last, _)| *last < id) {
            return None;
        }
        if self.detailed.get(id as usize / 64).is_some_and(|bits| bits >> (id % 64) & 1 == 0) {
            return None;
        }
        let place = self.details.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&self.details[place].1)
    }

    /// Whether a node may be a scalar with this text; cheap, for the many that are not.
    pub(super) fn may_be_text(&self, id: NodeId, text: &str) -> bool {
        let node = self.node(id);
        // Only behind escapes is a text longer than its bytes.
        (node.end - node.start) as usize >= text.len() || !matches!(node.kind(), Kind::Scalar(ScalarStyle::Plain))
    }

    /// The text of a scalar, decoded. `None` for anything else.
    pub(super) fn scalar_text<'t>(&'t self, text: &'t str, id: NodeId) -> Option<&'t str> {
        let node = self.node(id);
        let style = match node.kind() {
            Kind::Scalar(style) => style,
            Kind::Alias(target) => return self.scalar_text(text, target),
            Kind::Mapping { .. } | Kind::Sequence { .. } => return None,
        };
        let detail = self.detail(id);
        if let Some(decoded) = detail.and_then(|detail| detail.decoded.as_deref()) {
            return Some(decoded);
        }
        let start = detail.map_or(node.start as usize, |detail| detail.content);
        let bytes = &text[start..node.end as usize];
        Some(if is_quoted(style) { &bytes[1..bytes.len() - 1] } else { bytes })
    }

    /// The name of an entry: the text of its key, whatever its type.
    pub(super) fn key_text<'t>(&'t self, text: &'t str, key: NodeId) -> &'t str {
        self.scalar_text(text, key).unwrap_or_else(|| &text[self.node(key).range()])
    }
}

/// How far the nodes of a text are moved when they are added to those of another.
struct Offsets {
    text: u32,
    node: u32,
    mapping: u32,
    sequence: u32,
}

impl Offsets {
    fn node(&self, node: &Node) -> Node {
        let kind = match node.kind() {
            Kind::Scalar(style) => Kind::Scalar(style),
            Kind::Mapping { flow, entries } => Kind::Mapping { flow, entries: entries.behind(self.mapping) },
            Kind::Sequence { flow, items } => Kind::Sequence { flow, items: items.behind(self.sequence) },
            Kind::Alias(target) => Kind::Alias(target + self.node),
        };
        Node::new(node.start + self.text, node.end + self.text, kind)
    }
}

/// Whether a scalar is written in lines of its own, below a header.
pub(super) fn is_block(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
}

pub(super) fn is_quoted(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
}

/// Why a text is not YAML that can be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The line, counted from one.
    pub line: usize,
    /// The column, counted from one.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

impl From<ScanError> for ParseError {
    fn from(error: ScanError) -> Self {
        let marker = error.marker();
        Self { line: marker.line(), column: marker.col() + 1, message: error.info() }
    }
}
