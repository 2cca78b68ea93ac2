//! The nodes of a text and their places.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle};
use serde_json::{Map, Value};

use super::scalar;

/// The number of values that a text may hold once its aliases are expanded. A legitimate list of
/// 20,000 objects has about a million.
const MAX_EXPANDED_NODES: usize = 50_000_000;

/// Names a node of the [`Tree`] it came from.
pub type NodeId = u32;

/// A text with the place of every node in it.
#[derive(Debug)]
pub struct Tree {
    text: String,
    nodes: Vec<Node>,
    entries: Vec<Entry>,
    items: Vec<SequenceItem>,
    /// What few nodes have.
    details: HashMap<NodeId, Detail>,
    documents: Vec<Document>,
    aliases: Vec<AliasUse>,
}

/// One document of a text.
#[derive(Debug, Clone)]
pub struct Document {
    /// The bytes from this document's `---` (or its start) to the next document's.
    pub range: Range<usize>,
    /// The root node; an empty scalar when the document holds nothing.
    pub root: NodeId,
}

/// A node: its bytes and what it is. A large build has millions, so they are kept small.
#[derive(Debug)]
pub struct Node {
    start: u32,
    end: u32,
    /// What the node is.
    pub kind: Kind,
}

impl Node {
    /// From the anchor, tag or first content byte to the last content byte. An empty node is an empty range behind its
    /// indicator.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What a node is.
#[derive(Debug)]
pub enum Kind {
    /// A scalar, and how it is written.
    Scalar(ScalarStyle),
    /// A mapping.
    Mapping {
        /// Whether it is written with braces.
        flow: bool,
        /// Key-value pairs in their order, duplicates included; see [`Tree::entries`].
        entries: Slice,
    },
    /// A sequence.
    Sequence {
        /// Whether it is written with brackets.
        flow: bool,
        /// The items in their order; see [`Tree::items`].
        items: Slice,
    },
    /// A reference to the anchored node.
    Alias(NodeId),
}

/// Children of a node. Those of all nodes share one list.
#[derive(Debug, Clone, Copy)]
pub struct Slice {
    start: u32,
    end: u32,
}

impl Slice {
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What few nodes have: a tag, an anchor, or text that is not the bytes between its quotes.
#[derive(Debug, Default)]
struct Detail {
    tag: Option<Box<str>>,
    is_anchored: bool,
    /// The text, where escapes, folding or indentation make it differ from the bytes.
    decoded: Option<Box<str>>,
    /// Where the content starts, behind tag, anchor and block header.
    content: usize,
}

/// A key with its value.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    start: u32,
    /// The key node.
    pub key: NodeId,
    /// The value node.
    pub value: NodeId,
    colon: Option<u32>,
}

impl Entry {
    /// Where the entry starts: its `?` or its key.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// The place of the `:`, if there is one.
    pub fn colon(&self) -> Option<usize> {
        self.colon.map(|colon| colon as usize)
    }
}

/// An item of a sequence.
#[derive(Debug, Clone, Copy)]
pub struct SequenceItem {
    start: u32,
    /// The item's node.
    pub node: NodeId,
}

impl SequenceItem {
    /// Where the item starts: its dash, or its first byte in a flow sequence.
    pub fn start(&self) -> usize {
        self.start as usize
    }
}

#[derive(Debug)]
struct AliasUse {
    at: usize,
    target: NodeId,
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

impl Tree {
    /// Finds the nodes of `text`.
    ///
    /// # Errors
    /// Text that is not YAML or is longer than 4 GiB, aliases to their own ancestors, and aliases that expand to too
    /// many values.
    pub fn parse(text: String) -> Result<Self, ParseError> {
        if u32::try_from(text.len()).is_err() {
            return Err(ParseError { line: 1, column: 1, message: "the text is longer than 4 GiB".to_owned() });
        }
        let mut builder = Builder::new(&text);
        builder.stream()?;
        let Builder { nodes, entries, items, details, documents, aliases, .. } = builder;
        let tree = Self { text, nodes, entries, items, details, documents, aliases };
        if tree.expands_too_far() {
            let message = format!("the aliases expand to more than {MAX_EXPANDED_NODES} values");
            return Err(ParseError { line: 1, column: 1, message });
        }
        Ok(tree)
    }

    fn expands_too_far(&self) -> bool {
        if self.aliases.is_empty() {
            return false;
        }
        // Children come before their parents, and anchors before their aliases.
        let mut sizes: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let size = |id: NodeId| sizes[id as usize];
            sizes.push(match &node.kind {
                Kind::Scalar(_) => 1,
                Kind::Alias(target) => size(*target),
                Kind::Sequence { items, .. } => {
                    self.items[items.range()].iter().fold(1, |sum: usize, item| sum.saturating_add(size(item.node)))
                }
                Kind::Mapping { entries, .. } => self.entries[entries.range()]
                    .iter()
                    .fold(1, |sum: usize, entry| sum.saturating_add(size(entry.value))),
            });
        }
        self.documents.iter().any(|document| sizes[document.root as usize] > MAX_EXPANDED_NODES)
    }

    /// The text itself.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The documents in their order.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// A node by its name.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The entries of a mapping; none for anything else. Does not look through aliases.
    pub fn entries(&self, id: NodeId) -> &[Entry] {
        match self.node(id).kind {
            Kind::Mapping { entries, .. } => &self.entries[entries.range()],
            _ => &[],
        }
    }

    /// The items of a sequence; none for anything else. Does not look through aliases.
    pub fn items(&self, id: NodeId) -> &[SequenceItem] {
        match self.node(id).kind {
            Kind::Sequence { items, .. } => &self.items[items.range()],
            _ => &[],
        }
    }

    /// The node that `id` means: itself, or what an alias refers to.
    pub fn resolved(&self, id: NodeId) -> NodeId {
        match self.node(id).kind {
            Kind::Alias(target) => target,
            _ => id,
        }
    }

    /// The text of a scalar, decoded. `None` for anything else.
    pub fn scalar_text(&self, id: NodeId) -> Option<&str> {
        let id = self.resolved(id);
        let node = self.node(id);
        let Kind::Scalar(style) = node.kind else { return None };
        if let Some(decoded) = self.details.get(&id).and_then(|detail| detail.decoded.as_deref()) {
            return Some(decoded);
        }
        let bytes = &self.text[self.content_start(id)..node.end as usize];
        Some(if is_quoted(style) { &bytes[1..bytes.len() - 1] } else { bytes })
    }

    /// Where the content of a scalar starts, behind tag, anchor and block header.
    pub fn content_start(&self, id: NodeId) -> usize {
        let node = self.node(id);
        self.details.get(&id).map_or(node.start as usize, |detail| detail.content)
    }

    fn tag(&self, id: NodeId) -> Option<&str> {
        self.details.get(&id)?.tag.as_deref()
    }

    /// The name of an entry: the text of its key, whatever its type.
    pub fn key_text(&self, entry: &Entry) -> Cow<'_, str> {
        self.scalar_text(entry.key)
            .map_or_else(|| Cow::Owned(self.text[self.node(entry.key).range()].to_owned()), Cow::Borrowed)
    }

    /// The entry `key` of a mapping, the first if there are several. Does not look into merge keys.
    pub fn entry(&self, mapping: NodeId, key: &str) -> Option<&Entry> {
        self.entries(self.resolved(mapping)).iter().find(|entry| self.key_text(entry) == key)
    }

    /// The value node of the entry `key` of a mapping.
    pub fn get(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        self.entry(mapping, key).map(|entry| entry.value)
    }

    /// Whether the entry is a YAML 1.1 merge key (`<<`).
    pub fn is_merge(&self, entry: &Entry) -> bool {
        matches!(self.node(entry.key).kind, Kind::Scalar(ScalarStyle::Plain))
            && self.scalar_text(entry.key) == Some("<<")
            && self.tag(entry.key).is_none_or(|tag| tag.ends_with("merge"))
    }

    /// Whether the node is empty text, as in `key:`.
    pub fn is_empty(&self, id: NodeId) -> bool {
        self.node(id).range().is_empty()
    }

    /// Whether an alias outside the node's own bytes refers to it or to something in it.
    pub fn is_referenced(&self, id: NodeId) -> bool {
        let range = self.node(id).range();
        self.aliases
            .iter()
            .any(|alias| !range.contains(&alias.at) && range.contains(&self.node(alias.target).range().start))
    }

    /// Whether an alias refers to exactly this node.
    pub fn is_aliased(&self, id: NodeId) -> bool {
        self.details.get(&id).is_some_and(|detail| detail.is_anchored)
            && self.aliases.iter().any(|alias| alias.target == id)
    }

    /// The value of a node as Go reads it, aliases and merge keys expanded. Of duplicate keys the first counts.
    pub fn value(&self, id: NodeId) -> Value {
        match &self.node(id).kind {
            Kind::Alias(target) => self.value(*target),
            Kind::Sequence { .. } => self.items(id).iter().map(|item| self.value(item.node)).collect(),
            Kind::Mapping { .. } => Value::Object(self.object(self.entries(id))),
            Kind::Scalar(style) => {
                let text = self.scalar_text(id).unwrap_or_default();
                let tag = self.tag(id);
                match (style, tag.and_then(|tag| tag.strip_prefix("!!"))) {
                    (ScalarStyle::Plain, None) if tag.is_none() => scalar::resolve_plain(text),
                    (_, Some("int" | "float" | "bool" | "null")) => scalar::resolve_plain(text),
                    _ => Value::String(text.to_owned()),
                }
            }
        }
    }

    fn object(&self, entries: &[Entry]) -> Map<String, Value> {
        let mut object = Map::with_capacity(entries.len());
        for entry in entries.iter().filter(|entry| !self.is_merge(entry)) {
            let key = self.key_text(entry).into_owned();
            object.entry(key).or_insert_with(|| self.value(entry.value));
        }
        for merge in entries.iter().filter(|entry| self.is_merge(entry)) {
            let sources = match self.value(merge.value) {
                Value::Array(sources) => sources,
                source => vec![source],
            };
            for source in sources {
                let Value::Object(source) = source else { continue };
                for (key, value) in source {
                    object.entry(key).or_insert(value);
                }
            }
        }
        object
    }
}

/// The tag of a node, `!!` standing for YAML's own.
fn short_tag(tag: &granit_parser::Tag) -> Box<str> {
    tag.core_suffix().map_or_else(|| tag.original(), |suffix| format!("!!{suffix}")).into()
}

/// Turns the parser's events into nodes. The parser tells where tokens stand; where indicators (`-`, `?`, `:`) and
/// empty nodes stand is found by walking on from the last token, since only blanks and comments lie between.
struct Builder<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    nodes: Vec<Node>,
    entries: Vec<Entry>,
    items: Vec<SequenceItem>,
    /// Children of the collections that are still open.
    open_entries: Vec<Entry>,
    open_items: Vec<SequenceItem>,
    details: HashMap<NodeId, Detail>,
    documents: Vec<Document>,
    aliases: Vec<AliasUse>,
    anchors: HashMap<usize, NodeId>,
    /// The end of the last token.
    cursor: usize,
}

type Spanned<'t> = (Event<'t>, Span);

/// Anchor and tag of a node.
struct Properties {
    start: Option<usize>,
    anchor: Option<usize>,
    tag: Option<Box<str>>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let options = granit_parser::options! { emit_comments: false, emit_anchor_events: true };
        Self {
            text,
            parser: Parser::new_from_str_with_options(text, options),
            nodes: Vec::with_capacity(text.len() / 8),
            entries: Vec::with_capacity(text.len() / 16),
            items: Vec::new(),
            open_entries: Vec::new(),
            open_items: Vec::new(),
            details: HashMap::new(),
            documents: Vec::new(),
            aliases: Vec::new(),
            anchors: HashMap::new(),
            cursor: 0,
        }
    }

    fn next(&mut self) -> Result<Spanned<'t>, ParseError> {
        match self.parser.next_event() {
            Some(event) => Ok(event?),
            None => Err(self.error_at(self.text.len(), "the text ends in the middle of a document")),
        }
    }

    fn error_at(&self, offset: usize, message: &str) -> ParseError {
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ParseError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.to_owned(),
        }
    }

    fn stream(&mut self) -> Result<(), ParseError> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::DocumentStart(explicit, _) => {
                    let range = bytes(&span);
                    let start = if explicit { range.start } else { self.documents.last().map_or(0, |_| range.start) };
                    self.cursor = range.end;
                    if let Some(previous) = self.documents.last_mut() {
                        previous.range.end = start;
                    }
                    self.anchors.clear();
                    let first = self.next()?;
                    let root = self.node(first)?;
                    let start = if self.documents.is_empty() { 0 } else { start };
                    self.documents.push(Document { range: start..self.text.len(), root });
                }
                Event::StreamEnd => return Ok(()),
                _ => {}
            }
        }
    }

    fn node(&mut self, (event, span): Spanned<'t>) -> Result<NodeId, ParseError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let properties = self.properties(anchor, tag.as_deref(), &span)?;
                let id = self.scalar(&text, style, &span, &properties);
                Ok(self.finish(id, properties))
            }
            Event::SequenceStart(style, anchor, tag) => {
                let properties = self.properties(anchor, tag.as_deref(), &span)?;
                let (kind, range) = self.sequence(style == StructureStyle::Flow, &span)?;
                let id = self.push(kind, properties.start.unwrap_or(range.start)..range.end);
                Ok(self.finish(id, properties))
            }
            Event::MappingStart(style, anchor, tag) => {
                let properties = self.properties(anchor, tag.as_deref(), &span)?;
                let (kind, range) = self.mapping(style == StructureStyle::Flow, &span)?;
                let id = self.push(kind, properties.start.unwrap_or(range.start)..range.end);
                Ok(self.finish(id, properties))
            }
            Event::Alias(anchor) => {
                let range = bytes(&span);
                let Some(&target) = self.anchors.get(&anchor) else {
                    return Err(self.error_at(range.start, "the alias refers to a node that contains it"));
                };
                self.cursor = range.end;
                self.aliases.push(AliasUse { at: range.start, target });
                Ok(self.push(Kind::Alias(target), range))
            }
            _ => Err(self.error_at(bytes(&span).start, "a node is expected here")),
        }
    }

    fn properties(
        &mut self,
        anchor: usize,
        tag: Option<&granit_parser::Tag>,
        span: &Span,
    ) -> Result<Properties, ParseError> {
        let tag_range = span.tag_span().as_ref().map(bytes);
        let anchor_range = if anchor == 0 { None } else { Some(bytes(&self.next()?.1)) };
        let ranges = || tag_range.iter().chain(&anchor_range);
        if let Some(end) = ranges().map(|range| range.end).max() {
            self.cursor = self.cursor.max(end);
        }
        Ok(Properties {
            start: ranges().map(|range| range.start).min(),
            anchor: (anchor != 0).then_some(anchor),
            tag: tag.map(short_tag),
        })
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: &Span, properties: &Properties) -> NodeId {
        let content = bytes(span);
        let (range, content, is_decoded) = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let header = self.skip_blank(self.cursor);
                let content_start = content.start.max(header);
                // The parser counts the indentation of the next line in.
                let end = self.text[..content.end].trim_end_matches([' ', '\t']).len();
                let end = if self.text[..end].ends_with('\n') { end } else { content.end };
                (header..end.max(self.line_end(header)), content_start, true)
            }
            // The parser shows an empty node as `~` with no bytes.
            ScalarStyle::Plain if content.is_empty() => (self.cursor..self.cursor, self.cursor, false),
            _ => {
                let inner = if is_quoted(style) { content.start + 1..content.end - 1 } else { content.clone() };
                let is_decoded = self.text.get(inner) != Some(text);
                (content.clone(), content.start, is_decoded)
            }
        };
        self.cursor = self.cursor.max(range.end);
        let id = self.push(Kind::Scalar(style), properties.start.unwrap_or(range.start)..range.end);
        if is_decoded || properties.start.is_some() {
            let decoded = is_decoded.then(|| text.into());
            self.details.insert(id, Detail { decoded, content, ..Detail::default() });
        }
        id
    }

    fn sequence(&mut self, flow: bool, span: &Span) -> Result<(Kind, Range<usize>), ParseError> {
        let start = if flow { bytes(span).start } else { self.skip_blank(self.cursor) };
        if flow {
            self.cursor = bytes(span).end;
        }
        let base = self.open_items.len();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                if flow {
                    self.cursor = bytes(&span).end;
                }
                let items = close(&mut self.items, &mut self.open_items, base);
                return Ok((Kind::Sequence { flow, items }, start..self.cursor));
            }
            let item_start = self.skip_to_entry(flow);
            if !flow {
                self.cursor = item_start + 1;
            }
            let node = self.node((event, span))?;
            self.open_items.push(SequenceItem { start: offset(item_start), node });
        }
    }

    fn mapping(&mut self, flow: bool, span: &Span) -> Result<(Kind, Range<usize>), ParseError> {
        let start = if flow { bytes(span).start } else { self.skip_blank(self.cursor) };
        if flow {
            self.cursor = self.cursor.max(bytes(span).end);
        }
        let base = self.open_entries.len();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                if flow {
                    self.cursor = self.cursor.max(bytes(&span).end);
                }
                let entries = close(&mut self.entries, &mut self.open_entries, base);
                return Ok((Kind::Mapping { flow, entries }, start..self.cursor));
            }
            let entry_start = self.skip_to_entry(flow);
            if self.is_explicit_key(entry_start) {
                self.cursor = entry_start + 1;
            } else {
                self.cursor = entry_start;
            }
            let key = self.node((event, span))?;
            let colon = self.skip_blank(self.cursor);
            let colon = (self.text.as_bytes().get(colon) == Some(&b':')).then_some(colon);
            if let Some(colon) = colon {
                self.cursor = colon + 1;
            }
            let value = self.next()?;
            let value = self.node(value)?;
            self.open_entries.push(Entry { start: offset(entry_start), key, value, colon: colon.map(offset) });
        }
    }

    fn push(&mut self, kind: Kind, range: Range<usize>) -> NodeId {
        self.nodes.push(Node { start: offset(range.start), end: offset(range.end), kind });
        offset(self.nodes.len() - 1)
    }

    fn finish(&mut self, id: NodeId, properties: Properties) -> NodeId {
        if properties.start.is_some() {
            let detail = self.details.entry(id).or_default();
            detail.tag = properties.tag;
            detail.is_anchored = properties.anchor.is_some();
        }
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, id);
        }
        id
    }

    /// The start of the next entry or item: behind blanks, comments and, in flow style, commas.
    fn skip_to_entry(&self, flow: bool) -> usize {
        let mut at = self.skip_blank(self.cursor);
        while flow && self.text.as_bytes().get(at) == Some(&b',') {
            at = self.skip_blank(at + 1);
        }
        at
    }

    fn is_explicit_key(&self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        bytes.get(at) == Some(&b'?') && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace)
    }

    /// The first byte at or behind `at` that is neither blank nor in a comment.
    fn skip_blank(&self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
                Some(b'#') => at = self.line_end(at),
                Some(0xef) if self.text[at..].starts_with('\u{feff}') => at += '\u{feff}'.len_utf8(),
                _ => return at,
            }
        }
    }

    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }
}

/// Moves the children of a collection from the open ones to their place.
fn close<T>(closed: &mut Vec<T>, open: &mut Vec<T>, base: usize) -> Slice {
    let start = offset(closed.len());
    closed.extend(open.drain(base..));
    Slice { start, end: offset(closed.len()) }
}

fn is_quoted(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
}

/// A position in a text of at most 4 GiB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn bytes(span: &Span) -> Range<usize> {
    // The parser reads from a `&str`, for which every mark has a byte offset.
    span.byte_range().unwrap_or_default()
}
