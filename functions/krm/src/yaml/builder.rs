//! From the events of the parser to nodes with their places.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle};

use super::assembly::Assembly;
use super::breaks;
use super::kind::{Kind, NodeId};
use super::line::{self, line_end};
use super::node::{AliasUse, Detail, Entry, Nodes, ParseError, is_block, is_quoted};

/// The nodes of a text of at most 4 GiB.
///
/// # Errors
/// Text that is not YAML, aliases to their own ancestors, and mappings that name a key twice.
pub(super) fn nodes_of(text: &str) -> Result<Nodes, ParseError> {
    if line::is_known(text) {
        return Builder::new(text, text).nodes();
    }
    Builder::new(text, &line::for_parser(text, first_bare_break(text))).nodes()
}

/// Where the first break is that the parser does not know and that is not in quotes. Up to there the parser reads what is
/// meant; in quotes a break changes no structure, and needs no indentation below it.
fn first_bare_break(text: &str) -> usize {
    let mut breaks = text.match_indices(line::UNKNOWN).map(|(at, _)| at).peekable();
    let mut parser = Parser::new_from_str(text);
    while let (Some(at), Some(Ok((event, span)))) = (breaks.peek().copied(), parser.next_event()) {
        let span = bytes(&span);
        if at < span.start {
            break;
        }
        if matches!(event, Event::Scalar(_, style, ..) if is_quoted(style)) {
            while breaks.next_if(|at| span.contains(at)).is_some() {}
        }
    }
    breaks.next().unwrap_or(text.len())
}

/// An error at a place in a text.
pub(super) fn error_at(text: &str, at: usize, message: impl Into<String>) -> ParseError {
    let column = text[line::line_start(text, at)..at].chars().count() + 1;
    ParseError { line: line::line_number(text, at), column, message: message.into() }
}

/// The tag of a node, `!!` standing for YAML's own.
fn short_tag(tag: &granit_parser::Tag) -> Box<str> {
    tag.core_suffix().map_or_else(|| tag.original(), |suffix| format!("!!{suffix}")).into()
}

/// Turns the parser's events into nodes. The parser tells where tokens are; where indicators (`-`, `?`, `:`) and
/// empty nodes are is found by walking on from the last token, since only blanks and comments lie between.
struct Builder<'t> {
    /// The text as it is.
    source: &'t str,
    /// The text with the line breaks that the parser knows.
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    assembly: Assembly,
    anchors: HashMap<usize, NodeId>,
    /// The end of the last token.
    cursor: usize,
}

type Spanned<'t> = (Event<'t>, Span);
type Next<'t> = Option<Result<Spanned<'t>, ScanError>>;

/// Anchor and tag of a node, which few nodes have.
struct Properties {
    start: usize,
    anchor: Option<usize>,
    tag: Option<Box<str>>,
}

impl<'t> Builder<'t> {
    fn new(source: &'t str, text: &'t str) -> Self {
        let options = granit_parser::options! { emit_comments: false, emit_anchor_events: true };
        Self {
            source,
            text,
            parser: Parser::new_from_str_with_options(text, options),
            assembly: Assembly::with_room_for(text.len()),
            anchors: HashMap::new(),
            cursor: 0,
        }
    }

    fn nodes(mut self) -> Result<Nodes, ParseError> {
        self.stream()?;
        Ok(self.assembly.nodes)
    }

    /// What the parser found. It stays where it is, because it is large.
    fn found<'f>(&self, next: &'f Next<'t>) -> Result<&'f Spanned<'t>, ParseError> {
        match next {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => Err(error.clone().into()),
            None => Err(self.error_at(self.text.len(), "the text ends in the middle of a document")),
        }
    }

    fn error_at(&self, at: usize, message: impl Into<String>) -> ParseError {
        error_at(self.source, at, message)
    }

    fn stream(&mut self) -> Result<(), ParseError> {
        loop {
            let next = self.parser.next_event();
            let (event, span) = self.found(&next)?;
            match event {
                Event::DocumentStart(explicit, _) => {
                    let (explicit, range) = (*explicit, bytes(span));
                    let start = if explicit {
                        range.start
                    } else {
                        self.assembly.nodes.documents.last().map_or(0, |_| range.start)
                    };
                    // Where nothing marks the first document, its header is already behind the place that the parser tells.
                    if explicit || !self.assembly.nodes.documents.is_empty() {
                        self.cursor = range.end;
                    }
                    self.anchors.clear();
                    let root = self.next_node()?;
                    let start = if self.assembly.nodes.documents.is_empty() { 0 } else { start };
                    self.assembly.nodes.push_document(start..self.text.len(), root);
                }
                Event::StreamEnd => return Ok(()),
                _ => {}
            }
        }
    }

    fn next_node(&mut self) -> Result<NodeId, ParseError> {
        let next = self.parser.next_event();
        let found = self.found(&next)?;
        self.node(found)
    }

    fn node(&mut self, (event, span): &Spanned<'t>) -> Result<NodeId, ParseError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let properties = self.properties(*anchor, tag.as_deref(), span)?;
                self.scalar(text, *style, span, properties)
            }
            Event::SequenceStart(style, anchor, tag) => {
                let properties = self.properties(*anchor, tag.as_deref(), span)?;
                let (kind, range) = self.sequence(*style == StructureStyle::Flow, span)?;
                Ok(self.collection(kind, range, properties))
            }
            Event::MappingStart(style, anchor, tag) => {
                let properties = self.properties(*anchor, tag.as_deref(), span)?;
                let (kind, range) = self.mapping(*style == StructureStyle::Flow, span)?;
                Ok(self.collection(kind, range, properties))
            }
            Event::Alias(anchor) => {
                let range = bytes(span);
                let Some(&target) = self.anchors.get(anchor) else {
                    return Err(self.error_at(range.start, "the alias refers to a node that contains it"));
                };
                self.cursor = range.end;
                self.assembly.nodes.aliases.push(AliasUse { at: range.start, target });
                Ok(self.assembly.push(Kind::Alias(target), range))
            }
            _ => Err(self.error_at(bytes(span).start, "a node is expected here")),
        }
    }

    fn properties(
        &mut self,
        anchor: usize,
        tag: Option<&granit_parser::Tag>,
        span: &Span,
    ) -> Result<Option<Properties>, ParseError> {
        if anchor == 0 && tag.is_none() {
            return Ok(None);
        }
        let tag_range = span.tag_span().as_ref().map(bytes);
        let anchor_range = if anchor == 0 {
            None
        } else {
            let next = self.parser.next_event();
            Some(bytes(&self.found(&next)?.1))
        };
        let ranges = || tag_range.iter().chain(&anchor_range);
        if let Some(end) = ranges().map(|range| range.end).max() {
            self.cursor = self.cursor.max(end);
        }
        let start = ranges().map(|range| range.start).min();
        let anchor = (anchor != 0).then_some(anchor);
        Ok(start.map(|start| Properties { start, anchor, tag: tag.map(short_tag) }))
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        span: &Span,
        properties: Option<Properties>,
    ) -> Result<NodeId, ParseError> {
        let content = bytes(span);
        let (range, content, is_decoded) = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let header = self.skip_blank(self.cursor);
                let content_start = content.start.max(header);
                (header..self.block_end(&content).max(line_end(self.text, header)), content_start, true)
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
        let is_decoded = is_decoded || self.has_unknown(&range);
        let decoded = if is_decoded { Some(self.decoded(text, style, &range)?) } else { None };
        let start = properties.as_ref().map_or(range.start, |properties| properties.start);
        let id = self.assembly.push(Kind::Scalar(style), start..range.end);
        if is_decoded || properties.is_some() {
            self.note(id, properties, Detail { decoded, content, ..Detail::default() });
        }
        Ok(id)
    }

    fn collection(&mut self, kind: Kind, range: Range<usize>, properties: Option<Properties>) -> NodeId {
        let start = properties.as_ref().map_or(range.start, |properties| properties.start);
        let id = self.assembly.push(kind, start..range.end);
        if properties.is_some() {
            self.note(id, properties, Detail { content: range.start, ..Detail::default() });
        }
        id
    }

    /// The end of a block. The parser counts the indentation of the next line in; only at the end of the text do blanks
    /// belong to the block, those behind its own indentation.
    fn block_end(&self, content: &Range<usize>) -> usize {
        let end = self.text[..content.end].trim_end_matches([' ', '\t']).len();
        let indentation = content.start - line::line_start(self.text, content.start);
        let is_text = content.end == self.text.len() && content.end - end > indentation;
        let end = if line::ends_line(&self.text[..end]) && !is_text { end } else { content.end };
        // A byte order mark, which begins the next document, is a blank line to the parser.
        self.source[..end].trim_end_matches(line::BYTE_ORDER_MARK).len()
    }

    /// Whether the parser does not know a break there.
    fn has_unknown(&self, range: &Range<usize>) -> bool {
        !std::ptr::eq(self.source, self.text) && self.source[range.clone()].contains(line::UNKNOWN)
    }

    /// Whether the last line of the text is in a block and does not end: the parser ends it.
    fn ends_open_line(&self, text: &str, range: &Range<usize>) -> bool {
        let ends_text = self.text[range.end..].trim_matches([' ', '\t']).is_empty() && !line::ends_line(self.text);
        ends_text && (range.end == self.text.len() || text.bytes().all(|byte| byte == b'\n'))
    }

    /// Whether a block that keeps the breaks at its end is followed by a byte order mark: the parser gets a blank line there.
    fn keeps_mark(&self, range: &Range<usize>) -> bool {
        let keeps = self.source[range.start..].bytes().skip(1).take(2).any(|byte| byte == b'+');
        keeps && self.source[range.end..].starts_with(line::BYTE_ORDER_MARK)
    }

    /// The text of a scalar, its breaks read as go-yaml reads them.
    fn decoded(&self, text: &str, style: ScalarStyle, range: &Range<usize>) -> Result<Box<str>, ParseError> {
        let added = is_block(style) && (self.ends_open_line(text, range) || self.keeps_mark(range));
        let text = text.strip_suffix('\n').filter(|_| added).unwrap_or(text);
        if !self.has_unknown(range) {
            return Ok(text.into());
        }
        let decoded = breaks::decoded(text, &self.source[range.clone()], style).ok_or_else(|| {
            let message =
                "the characters U+0085, U+2028 and U+2029 are read in several ways here; escape them in double quotes";
            self.error_at(range.start, message)
        })?;
        Ok(decoded.into())
    }

    fn sequence(&mut self, flow: bool, span: &Span) -> Result<(Kind, Range<usize>), ParseError> {
        let start = if flow { bytes(span).start } else { self.skip_blank(self.cursor) };
        if flow {
            self.cursor = bytes(span).end;
        }
        let open = self.assembly.open_sequence();
        loop {
            let next = self.parser.next_event();
            let found = self.found(&next)?;
            if let (Event::SequenceEnd, span) = found {
                if flow {
                    self.cursor = bytes(span).end;
                }
                let items = self.assembly.close_sequence(open);
                return Ok((Kind::Sequence { flow, items }, start..self.cursor));
            }
            let item_start = self.skip_to_entry(flow);
            if !flow {
                self.cursor = item_start + 1;
            }
            let node = self.node(found)?;
            self.assembly.push_item(item_start, node);
        }
    }

    fn mapping(&mut self, flow: bool, span: &Span) -> Result<(Kind, Range<usize>), ParseError> {
        let start = if flow { bytes(span).start } else { self.skip_blank(self.cursor) };
        if flow {
            self.cursor = self.cursor.max(bytes(span).end);
        }
        let open = self.assembly.open_mapping();
        loop {
            let next = self.parser.next_event();
            let found = self.found(&next)?;
            if let (Event::MappingEnd, span) = found {
                if flow {
                    self.cursor = self.cursor.max(bytes(span).end);
                }
                let closed = self.assembly.close_mapping(self.source, open);
                let entries = closed.map_err(|twice| self.twice(&twice))?;
                return Ok((Kind::Mapping { flow, entries }, start..self.cursor));
            }
            let entry_start = self.skip_to_entry(flow);
            if self.is_explicit_key(entry_start) {
                self.cursor = entry_start + 1;
            } else {
                self.cursor = entry_start;
            }
            let key = self.node(found)?;
            self.note_key(key)?;
            let colon = self.skip_blank(self.cursor);
            let colon = (self.text.as_bytes().get(colon) == Some(&b':')).then_some(colon);
            if let Some(colon) = colon {
                self.cursor = colon + 1;
            }
            let value = self.next_node()?;
            self.assembly.push_entry(entry_start, key, colon, value);
        }
    }

    /// Notes a key that was just read.
    fn note_key(&mut self, key: NodeId) -> Result<(), ParseError> {
        let text = self.assembly.nodes.key_text(self.source, key);
        // YAML has the same limit for keys that are written on one line.
        if matches!(self.assembly.nodes.node(key).kind(), Kind::Alias(_)) && text.len() > 1024 {
            let message = "the alias means a key of more than 1024 bytes; write out what it means";
            return Err(self.error_at(self.assembly.nodes.node(key).range().start, message));
        }
        self.assembly.note_key(self.source, key);
        Ok(())
    }

    /// Two entries of one key are read in several ways: kustomize refuses them, the first counts or the last.
    fn twice(&self, entry: &Entry) -> ParseError {
        let key: String = self.assembly.nodes.key_text(self.source, entry.key).escape_debug().take(64).collect();
        self.error_at(
            self.assembly.nodes.node(entry.key).range().start,
            format!("the key `{key}` is here twice; remove one of the two"),
        )
    }

    /// Notes what few nodes have.
    fn note(&mut self, id: NodeId, properties: Option<Properties>, mut detail: Detail) {
        if let Some(Properties { anchor, tag, .. }) = properties {
            detail.tag = tag;
            detail.is_anchored = anchor.is_some();
            self.anchors.extend(anchor.map(|anchor| (anchor, id)));
        }
        self.assembly.push_detail(id, detail);
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
                Some(b'#') => at = line_end(self.text, at),
                Some(0xef) if self.text[at..].starts_with('\u{feff}') => at += '\u{feff}'.len_utf8(),
                _ => return at,
            }
        }
    }
}

fn bytes(span: &Span) -> Range<usize> {
    // The parser reads from a `&str`, for which every mark has a byte offset.
    span.byte_range().unwrap_or_default()
}
