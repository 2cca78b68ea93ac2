//! The nodes of a text: what they are and where they are.

use std::fmt;
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

/// A node: its bytes and what it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    kind: Kind,
}

impl Node {
    /// From the anchor, tag or first content byte to the last content byte. An empty node is an empty range behind its
    /// indicator.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// What the node is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

/// A node as it is kept: a large build has millions. Where a collection ends is kept with its children.
#[derive(Debug, Clone, Copy, PartialEq)]
struct PackedNode {
    start: u32,
    kind: PackedKind,
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
}

/// Where an entry begins and where its `:` is, if it has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Marks {
    pub(super) start: u32,
    pub(super) colon: Option<u32>,
}

impl Marks {
    /// Those of an entry that begins with this key, as most do, and has its `:` right behind it.
    fn of_key(key: Node) -> Self {
        Self { start: key.start, colon: Some(key.end) }
    }

    /// The same in a text that begins at `start` of another.
    fn behind(self, start: u32) -> Self {
        Self { start: self.start + start, colon: self.colon.map(|colon| colon + start) }
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
    nodes: Vec<PackedNode>,
    /// Where the few nodes end of which nothing else tells it, in the order of the nodes.
    ends: Vec<(NodeId, u32)>,
    pub(super) entries: Children<Entry>,
    pub(super) items: Children<SequenceItem>,
    /// The marks of the few entries that begin with a `?`, or have their `:` elsewhere than right behind the key, or none. They
    /// are by the key, in order once all are known.
    pub(super) marks: Vec<(NodeId, Marks)>,
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
    /// None yet, with room for those of a text of this length.
    pub(super) fn with_room_for(text_length: usize) -> Self {
        let (nodes, entries) = (Vec::with_capacity(text_length / 8), Children::with_capacity(text_length / 16));
        Self { nodes, entries, ..Self::default() }
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Adds a node; its children came before.
    #[inline]
    pub(super) fn push(&mut self, kind: Kind, start: u32, end: u32) {
        let packed = PackedKind::of(kind, end - start);
        if packed.length().is_none() {
            self.keep_end(kind, end);
        }
        self.nodes.push(PackedNode { start, kind: packed });
    }

    /// Keeps where the node ends that comes next, and does not tell its length.
    fn keep_end(&mut self, kind: Kind, end: u32) {
        match kind {
            Kind::Mapping { entries, .. } => self.entries.end_at(entries, end),
            Kind::Sequence { items, .. } => self.items.end_at(items, end),
            Kind::Scalar(_) | Kind::Alias(_) => self.ends.push((length(self.nodes.len()), end)),
        }
    }

    /// Forgets all but the first nodes.
    pub(super) fn truncate(&mut self, number: usize) {
        self.nodes.truncate(number);
        self.ends.truncate(self.ends.partition_point(|(id, _)| (*id as usize) < number));
    }

    #[inline]
    pub(super) fn node(&self, id: NodeId) -> Node {
        let PackedNode { start, kind } = self.nodes[id as usize];
        // Most nodes are scalars.
        let end = kind.length().map_or_else(|| self.end_of(id, kind.kind()), |length| start + length);
        Node { start, end, kind: kind.kind() }
    }

    /// Where a node ends that does not tell its length.
    fn end_of(&self, id: NodeId, kind: Kind) -> u32 {
        match kind {
            Kind::Mapping { entries, .. } => self.entries.end_of(entries),
            Kind::Sequence { items, .. } => self.items.end_of(items),
            Kind::Scalar(_) | Kind::Alias(_) => {
                let place = self.ends.binary_search_by_key(&id, |(id, _)| *id);
                place.map_or_else(|_| unreachable!("it was kept with the node"), |place| self.ends[place].1)
            }
        }
    }

    /// What a node is.
    #[inline]
    pub(super) fn kind(&self, id: NodeId) -> Kind {
        self.nodes[id as usize].kind.kind()
    }

    /// Notes the marks of an entry, unless its key tells them.
    #[inline]
    pub(super) fn mark(&mut self, key: NodeId, marks: Marks) {
        let PackedNode { start, kind } = self.nodes[key as usize];
        let is_told = |(_, length)| marks == Marks { start, colon: Some(start + length) };
        if !kind.scalar().is_some_and(is_told) && marks != Marks::of_key(self.node(key)) {
            self.marks.push((key, marks));
        }
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
        let is_empty = self.node(last.root).range().is_empty();
        self.truncate(self.len().checked_sub(1)?);
        (is_empty && last.root as usize == self.len() && !self.documents.is_empty()).then_some(())
    }

    /// Adds the nodes of a text that begins at `start` of this one.
    pub(super) fn append(&mut self, other: Self, start: usize) {
        let moved = Offsets {
            text: length(start),
            node: length(self.nodes.len()),
            mapping: self.entries.number(),
            sequence: self.items.number(),
        };
        self.nodes.extend(other.nodes.into_iter().map(|node| moved.node(&node)));
        self.ends.extend(other.ends.into_iter().map(|(id, end)| (id + moved.node, end + moved.text)));
        self.entries.append(other.entries, moved.text, |Entry { key, value }| Entry {
            key: key + moved.node,
            value: value + moved.node,
        });
        self.items.append(other.items, moved.text, |SequenceItem { start, node }| SequenceItem {
            start: start + moved.text,
            node: node + moved.node,
        });
        self.marks.extend(other.marks.into_iter().map(|(key, marks)| (key + moved.node, marks.behind(moved.text))));
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
        match self.kind(id) {
            Kind::Mapping { entries, .. } => self.entries.of(entries),
            _ => &[],
        }
    }

    pub(super) fn items(&self, id: NodeId) -> &[SequenceItem] {
        match self.kind(id) {
            Kind::Sequence { items, .. } => self.items.of(items),
            _ => &[],
        }
    }

    /// Where an entry starts, and where its `:` is.
    pub(super) fn marks(&self, entry: &Entry) -> Marks {
        let place = self.marks.binary_search_by_key(&entry.key, |(key, _)| *key);
        place.map_or_else(|_| Marks::of_key(self.node(entry.key)), |place| self.marks[place].1)
    }

    pub(super) fn resolved(&self, id: NodeId) -> NodeId {
        match self.kind(id) {
            Kind::Alias(target) => target,
            _ => id,
        }
    }

    /// Makes details and marks quick to find, and puts the aliases in the order of what they refer to.
    pub(super) fn index(&mut self) {
        let Self { nodes, aliases, details, detailed, marks, .. } = self;
        marks.sort_unstable_by_key(|(key, _)| *key);
        aliases.sort_by_key(|alias| nodes[alias.target as usize].start);
        *detailed = vec![0; details.last().map_or(0, |(last, _)| *last as usize / 64 + 1)];
        for (id, _) in details {
            detailed[*id as usize / 64] |= 1 << (*id % 64);
        }
    }

    /// The aliases that refer to nodes which start in this range.
    pub(super) fn aliases_into(&self, range: &Range<usize>) -> impl Iterator<Item = &AliasUse> {
        let start = |alias: &AliasUse| self.nodes[alias.target as usize].start as usize;
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
        // Only behind escapes is a text longer than its bytes.
        let scalar = self.nodes[id as usize].kind.scalar();
        scalar.is_none_or(|(style, length)| length as usize >= text.len() || style != ScalarStyle::Plain)
    }

    /// The text of a scalar, decoded. `None` for anything else.
    pub(super) fn scalar_text<'t>(&'t self, text: &'t str, id: NodeId) -> Option<&'t str> {
        let PackedNode { start, kind } = self.nodes[id as usize];
        let (style, end) = match (kind.scalar(), kind.kind()) {
            (Some((style, length)), _) => (style, start + length),
            (None, Kind::Scalar(style)) => (style, self.node(id).end),
            (None, Kind::Alias(target)) => return self.scalar_text(text, target),
            (None, Kind::Mapping { .. } | Kind::Sequence { .. }) => return None,
        };
        let detail = self.detail(id);
        if let Some(decoded) = detail.and_then(|detail| detail.decoded.as_deref()) {
            return Some(decoded);
        }
        let start = detail.map_or(start as usize, |detail| detail.content);
        let bytes = &text[start..end as usize];
        Some(if is_quoted(style) { &bytes[1..bytes.len() - 1] } else { bytes })
    }

    /// The name of an entry: the text of its key, whatever its type.
    pub(super) fn key_text<'t>(&'t self, text: &'t str, key: NodeId) -> &'t str {
        self.scalar_text(text, key).unwrap_or_else(|| &text[self.node(key).range()])
    }
}

/// The length of a list; a text of at most 4 GiB has no more nodes.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// How far the nodes of a text are moved when they are added to those of another.
struct Offsets {
    text: u32,
    node: u32,
    mapping: u32,
    sequence: u32,
}

impl Offsets {
    fn node(&self, PackedNode { start, kind: packed }: &PackedNode) -> PackedNode {
        let moved = match packed.kind() {
            Kind::Scalar(_) => None,
            Kind::Mapping { flow, entries } => Some(Kind::Mapping { flow, entries: entries.behind(self.mapping) }),
            Kind::Sequence { flow, items } => Some(Kind::Sequence { flow, items: items.behind(self.sequence) }),
            Kind::Alias(target) => Some(Kind::Alias(target + self.node)),
        };
        PackedNode { start: start + self.text, kind: moved.map_or(*packed, |kind| PackedKind::of(kind, 0)) }
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
