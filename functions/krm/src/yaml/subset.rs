//! A parser for the part of YAML in which most manifests are written: block collections, flow collections and quoted text
//! on one line, literal blocks, comments. It is an order of magnitude faster than a parser for all of YAML.
//!
//! It gives exactly the nodes that [`builder`](super::builder) gives. A document with anything else in it is left to that. A
//! test holds the two against each other.

use std::ops::Range;

use granit_parser::ScalarStyle;

use super::assembly::Assembly;
use super::builder;
use super::kind::{Kind, NodeId};
use super::node::{Detail, Nodes};

/// How deep collections may be; deeper ones are left to the parser for all of YAML, which has a limit of its own.
const DEPTH: usize = 100;
/// The bytes that end plain text, some of them only beside a blank. In a table, because most bytes of most texts are looked
/// up in it.
const MAY_END_PLAIN: [bool; 256] = {
    let mut may_end = [false; 256];
    let mut ends: &[u8] = b"\n#:\t";
    while let [first, rest @ ..] = ends {
        may_end[*first as usize] = true;
        ends = rest;
    }
    may_end
};
/// The column of what is behind the end of a document.
const NONE: isize = -1;

/// The nodes of a text, if each of its documents is in the subset or YAML of its own.
pub(super) fn nodes_of(text: &str) -> Option<Nodes> {
    is_plain(text).then(|| Reader::new(text).stream(|text| builder::nodes_of(text).ok()))?
}

/// Whether a text has lines that all end in a newline, and no character that YAML refuses or reads in several ways.
fn is_plain(text: &str) -> bool {
    let is_control = |byte: u8| (byte < b' ' && !matches!(byte, b'\n' | b'\t')) || byte == 0x7f;
    // A block of bytes is looked at without an early end, so that it becomes vector instructions.
    let has_control = |block: &[u8]| block.iter().fold(false, |found, byte| found | is_control(*byte));
    text.ends_with('\n') && !text.as_bytes().chunks(1 << 12).any(has_control) && {
        let is_special = |letter| {
            matches!(letter, '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        };
        text.is_ascii() || !text.contains(is_special)
    }
}

/// Reads a text from its beginning to its end.
struct Reader<'t> {
    text: &'t str,
    /// The next byte.
    at: usize,
    /// The column of the next byte, if it is the first of its line that is neither blank nor in a comment; [`NONE`] at the
    /// end of a document.
    column: isize,
    /// The end of the last token.
    cursor: usize,
    depth: usize,
    assembly: Assembly,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, column: NONE, cursor: 0, depth: 0, assembly: Assembly::with_room_for(text.len()) }
    }

    /// The byte at a place; a newline behind the end of the text.
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b'\n')
    }

    /// Whether a place is at the end of a line or before a blank.
    fn is_blank(&self, at: usize) -> bool {
        matches!(self.byte(at), b' ' | b'\n')
    }

    /// Reads all documents; those that are not in the subset are read by the parser for all of YAML.
    fn stream(mut self, all_yaml: impl Fn(&str) -> Option<Nodes>) -> Option<Nodes> {
        self.next_line()?;
        while self.at < self.text.len() {
            let start = if self.assembly.nodes.documents.is_empty() { 0 } else { self.at };
            let checkpoint = self.assembly.checkpoint();
            match self.document() {
                Some(root) => self.assembly.nodes.push_document(start..self.text.len(), root),
                None => {
                    self.assembly.return_to(checkpoint);
                    let end = next_document(self.text, start);
                    self.assembly.nodes.append(all_yaml_document(self.text, start..end, &all_yaml)?, start);
                    (self.at, self.depth) = (end, 0);
                    self.next_line()?;
                }
            }
        }
        (!self.assembly.nodes.documents.is_empty()).then_some(self.assembly.nodes)
    }

    /// The document that begins here, maybe with a marker.
    fn document(&mut self) -> Option<NodeId> {
        if self.column == NONE {
            self.at += "---".len();
            self.cursor = self.at;
            self.end_line()?;
        }
        let root = if self.column == NONE { self.empty_at(self.cursor) } else { self.node(NONE)? };
        (self.column == NONE).then_some(root)
    }

    /// A node that begins on this line at [`Reader::column`] or, behind a dash, in it, and all its lines.
    fn node(&mut self, parent: isize) -> Option<NodeId> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let node = if self.is_dash() {
            self.sequence()?
        } else {
            let (start, column) = (self.at, self.column);
            let first = self.inline(parent)?;
            if self.is_colon() {
                self.mapping(start, column, first)?
            } else {
                // A block has ended its lines.
                if !self.is_block(first) {
                    self.end_line()?;
                }
                first
            }
        };
        self.depth -= 1;
        Some(node)
    }

    fn is_dash(&self) -> bool {
        self.byte(self.at) == b'-' && self.is_blank(self.at + 1)
    }

    /// Whether a key ends here.
    fn is_colon(&self) -> bool {
        self.byte(self.at) == b':' && self.is_blank(self.at + 1)
    }

    fn is_block(&self, node: NodeId) -> bool {
        matches!(self.assembly.nodes.node(node).kind(), Kind::Scalar(ScalarStyle::Literal))
    }

    /// The sequence whose first dash is here.
    fn sequence(&mut self) -> Option<NodeId> {
        let (start, column) = (self.at, self.column);
        let open = self.assembly.open_sequence();
        while self.column == column && self.is_dash() {
            let dash = self.at;
            self.at += 1;
            self.cursor = self.at;
            self.skip_spaces();
            let node = if self.begins_comment_or_ends() {
                self.end_line()?;
                if self.column > column { self.node(column)? } else { self.empty_at(dash + 1) }
            } else {
                self.column += (self.at - dash) as isize;
                self.node(column)?
            };
            self.assembly.push_item(dash, node);
        }
        if self.column > column {
            return None;
        }
        let items = self.assembly.close_sequence(open);
        Some(self.assembly.push(Kind::Sequence { flow: false, items }, start..self.cursor))
    }

    /// The mapping whose first key was just read.
    fn mapping(&mut self, start: usize, column: isize, first: NodeId) -> Option<NodeId> {
        let open = self.assembly.open_mapping();
        let (mut entry, mut key) = (start, first);
        loop {
            if self.is_block(key) || !self.is_colon() || self.cursor - entry > 1000 {
                return None;
            }
            self.assembly.note_key(self.text, key);
            let colon = self.at;
            self.at += 1;
            self.cursor = self.at;
            self.skip_spaces();
            let value = self.value(column)?;
            self.assembly.push_entry(entry, key, Some(colon), value);
            if self.column != column {
                break;
            }
            entry = self.at;
            key = self.inline(column)?;
        }
        if self.column > column {
            return None;
        }
        let entries = self.assembly.close_mapping(self.text, open).ok()?;
        Some(self.assembly.push(Kind::Mapping { flow: false, entries }, start..self.cursor))
    }

    /// The value behind a colon, and all its lines.
    fn value(&mut self, column: isize) -> Option<NodeId> {
        if self.begins_comment_or_ends() {
            let empty = self.cursor;
            self.end_line()?;
            // The dashes of a sequence may be below the first letter of its key.
            let is_below = self.column > column || (self.column == column && self.is_dash());
            return if is_below { self.node(column) } else { Some(self.empty_at(empty)) };
        }
        let value = self.inline(column)?;
        if !self.is_block(value) {
            self.end_line()?;
        }
        Some(value)
    }

    fn empty_at(&mut self, at: usize) -> NodeId {
        self.assembly.push(Kind::Scalar(ScalarStyle::Plain), at..at)
    }

    /// A scalar or a flow collection, and the spaces behind it; a literal block with all its lines.
    fn inline(&mut self, parent: isize) -> Option<NodeId> {
        let node = match self.byte(self.at) {
            b'|' => return self.literal(parent),
            b'"' => self.double_quoted()?,
            b'\'' => self.single_quoted()?,
            b'{' => self.flow_mapping()?,
            b'[' => self.flow_sequence()?,
            _ => self.plain()?,
        };
        self.skip_spaces();
        Some(node)
    }

    fn scalar(&mut self, style: ScalarStyle, end: usize, decoded: Option<String>) -> NodeId {
        let start = std::mem::replace(&mut self.at, end);
        self.cursor = end;
        let id = self.assembly.push(Kind::Scalar(style), start..end);
        if let Some(text) = decoded {
            let decoded = Some(text.into());
            self.assembly.push_detail(id, Detail { decoded, content: start, ..Detail::default() });
        }
        id
    }

    /// Plain text up to the end of the line, a colon with a blank behind it, or a comment.
    fn plain(&mut self) -> Option<NodeId> {
        self.check_plain_start(|_| false)?;
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        loop {
            end += bytes[end..].iter().position(|byte| MAY_END_PLAIN[usize::from(*byte)])?;
            match bytes[end] {
                b'\n' => break,
                b'#' if bytes[end - 1] == b' ' => break,
                b':' if self.is_blank(end + 1) => break,
                b'\t' => return None,
                _ => end += 1,
            }
        }
        let blank = bytes[self.at..end].iter().rev().take_while(|byte| **byte == b' ').count();
        Some(self.scalar(ScalarStyle::Plain, end - blank, None))
    }

    /// Fails unless plain text may begin here, before what is no `indicator` of the surroundings.
    fn check_plain_start(&self, indicator: impl Fn(u8) -> bool) -> Option<()> {
        let next = self.byte(self.at + 1);
        match self.byte(self.at) {
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`' => None,
            b'-' | b'?' | b':' if matches!(next, b' ' | b'\n' | b'\t') || indicator(next) => None,
            b' ' | b'\n' | b'\t' => None,
            _ => Some(()),
        }
    }

    /// Plain text in a flow collection.
    fn flow_plain(&mut self) -> Option<NodeId> {
        let is_indicator = |byte| matches!(byte, b',' | b'[' | b']' | b'{' | b'}');
        self.check_plain_start(is_indicator)?;
        let mut end = self.at;
        let mut length = end;
        loop {
            match self.byte(end) {
                b',' | b']' | b'}' => break,
                b':' if self.is_blank(end + 1) => break,
                b':' if is_indicator(self.byte(end + 1)) => return None,
                b'[' | b'{' | b'#' | b'\n' | b'\t' => return None,
                b' ' => end += 1,
                _ => {
                    end += 1;
                    length = end;
                }
            }
        }
        Some(self.scalar(ScalarStyle::Plain, length, None))
    }

    fn single_quoted(&mut self) -> Option<NodeId> {
        let inner = self.at + 1;
        let mut end = inner;
        let mut is_doubled = false;
        loop {
            match self.byte(end) {
                b'\'' if self.byte(end + 1) == b'\'' => {
                    is_doubled = true;
                    end += 2;
                }
                b'\'' => break,
                b'\n' | b'\t' => return None,
                _ => end += 1,
            }
        }
        let decoded = is_doubled.then(|| self.text[inner..end].replace("''", "'"));
        Some(self.scalar(ScalarStyle::SingleQuoted, end + 1, decoded))
    }

    fn double_quoted(&mut self) -> Option<NodeId> {
        let inner = self.at + 1;
        let mut end = inner;
        let mut has_escapes = false;
        loop {
            match self.byte(end) {
                b'\\' if self.byte(end + 1) != b'\n' => {
                    has_escapes = true;
                    end += 2;
                }
                b'"' => break,
                b'\n' | b'\t' | b'\\' => return None,
                _ => end += 1,
            }
        }
        let decoded = if has_escapes { Some(unescaped(&self.text[inner..end])?) } else { None };
        Some(self.scalar(ScalarStyle::DoubleQuoted, end + 1, decoded))
    }

    fn flow_node(&mut self) -> Option<NodeId> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let node = match self.byte(self.at) {
            b'"' => self.double_quoted()?,
            b'\'' => self.single_quoted()?,
            b'{' => self.flow_mapping()?,
            b'[' => self.flow_sequence()?,
            _ => self.flow_plain()?,
        };
        self.depth -= 1;
        self.skip_spaces();
        Some(node)
    }

    /// Whether the flow collection ends here; a comma before its next child is passed.
    fn ends_flow(&mut self, end: u8, is_first: bool) -> Option<bool> {
        if self.byte(self.at) == end {
            self.at += 1;
            self.cursor = self.at;
            return Some(true);
        }
        if !is_first {
            if self.byte(self.at) != b',' {
                return None;
            }
            self.at += 1;
            self.skip_spaces();
        }
        Some(false)
    }

    /// Passes the bracket that opens a flow collection; where it is.
    fn open_flow(&mut self) -> usize {
        let start = self.at;
        self.at += 1;
        self.cursor = self.at;
        self.skip_spaces();
        start
    }

    fn flow_sequence(&mut self) -> Option<NodeId> {
        let start = self.open_flow();
        let open = self.assembly.open_sequence();
        let mut is_first = true;
        while !self.ends_flow(b']', is_first)? {
            is_first = false;
            let item = self.at;
            let node = self.flow_node()?;
            self.assembly.push_item(item, node);
        }
        let items = self.assembly.close_sequence(open);
        Some(self.assembly.push(Kind::Sequence { flow: true, items }, start..self.cursor))
    }

    fn flow_mapping(&mut self) -> Option<NodeId> {
        let start = self.open_flow();
        let open = self.assembly.open_mapping();
        let mut is_first = true;
        while !self.ends_flow(b'}', is_first)? {
            is_first = false;
            let entry = self.at;
            let key = self.flow_key()?;
            let colon = self.at;
            self.at += 1;
            self.cursor = self.at;
            self.skip_spaces();
            let value = self.flow_node()?;
            self.assembly.push_entry(entry, key, Some(colon), value);
        }
        let entries = self.assembly.close_mapping(self.text, open).ok()?;
        Some(self.assembly.push(Kind::Mapping { flow: true, entries }, start..self.cursor))
    }

    /// The key of a flow mapping, up to its colon.
    fn flow_key(&mut self) -> Option<NodeId> {
        let start = self.at;
        let key = match self.byte(start) {
            b'"' => self.double_quoted()?,
            b'\'' => self.single_quoted()?,
            _ => self.flow_plain()?,
        };
        let is_short = self.cursor - start <= 1000;
        self.skip_spaces();
        self.assembly.note_key(self.text, key);
        (is_short && self.byte(self.at) == b':' && self.is_blank(self.at + 1)).then_some(key)
    }

    /// A literal block below the line that ends here.
    fn literal(&mut self, parent: isize) -> Option<NodeId> {
        let header = self.at;
        self.at += 1;
        let chomping = self.byte(self.at);
        if matches!(chomping, b'-' | b'+') {
            self.at += 1;
        }
        self.skip_spaces();
        if self.byte(self.at) != b'\n' {
            return None;
        }
        let lines = Lines::read(self.text, self.at + 1, parent)?;
        let id = self.assembly.push(Kind::Scalar(ScalarStyle::Literal), header..lines.end);
        let decoded = Some(lines.decoded(self.text, chomping).into());
        self.assembly.push_detail(id, Detail { decoded, content: lines.content, ..Detail::default() });
        self.cursor = lines.end;
        self.at = lines.end;
        self.next_line()?;
        Some(id)
    }

    fn skip_spaces(&mut self) {
        while self.byte(self.at) == b' ' {
            self.at += 1;
        }
    }

    /// Whether nothing but a comment follows on this line.
    fn begins_comment_or_ends(&self) -> bool {
        match self.byte(self.at) {
            b'\n' => true,
            b'#' => self.at == 0 || self.byte(self.at - 1) == b' ',
            _ => false,
        }
    }

    /// Goes to the next line with a node, from a place behind the last token of this one.
    fn end_line(&mut self) -> Option<()> {
        self.skip_spaces();
        if !self.begins_comment_or_ends() {
            return None;
        }
        self.at = next_line(self.text, self.at);
        self.next_line()
    }

    /// Goes to the first line with a node from here on, which is the start of a line.
    fn next_line(&mut self) -> Option<()> {
        loop {
            let start = self.at;
            self.skip_spaces();
            self.column = (self.at - start) as isize;
            match self.byte(self.at) {
                _ if self.at == self.text.len() => self.column = NONE,
                b'\n' => {
                    self.at += 1;
                    continue;
                }
                b'#' => {
                    self.at = next_line(self.text, self.at);
                    continue;
                }
                b'\t' => return None,
                b'-' | b'.' | b'%' if self.column == 0 => return self.document_marker(),
                _ => {}
            }
            return Some(());
        }
    }

    /// Tells whether the line ends the document; fails on what only the parser for all of YAML knows.
    fn document_marker(&mut self) -> Option<()> {
        let line = &self.text[self.at..];
        if line.starts_with("---") {
            if !self.is_blank(self.at + 3) {
                return None;
            }
            self.column = NONE;
        }
        (!line.starts_with("...") && !line.starts_with('%')).then_some(())
    }
}

/// The start of the next line.
fn next_line(text: &str, at: usize) -> usize {
    // Most lines end where their last node does.
    if text.as_bytes().get(at) == Some(&b'\n') {
        return at + 1;
    }
    text[at..].find('\n').map_or(text.len(), |length| at + length + 1)
}

/// The nodes of one document by the parser for all of YAML, as that gives them for the whole text.
fn all_yaml_document(text: &str, range: Range<usize>, all_yaml: impl Fn(&str) -> Option<Nodes>) -> Option<Nodes> {
    let document = &text[range.clone()];
    // What is behind the end of a document can mean something for those behind it.
    if document.contains("\n...") || document.contains("\n%") {
        return None;
    }
    if range.end == text.len() {
        return all_yaml(document);
    }
    // A block at the end of a text is not read as one before a marker, so the marker is read too.
    let mut nodes = all_yaml(&text[range.start..range.end + "---".len()])?;
    nodes.drop_empty_document()?;
    Some(nodes)
}

/// The start of the line that ends the document at `start`.
fn next_document(text: &str, start: usize) -> usize {
    let markers = text[start..].match_indices("\n---").map(|(at, _)| start + at + 1);
    let is_marker = |at: &usize| matches!(text.as_bytes().get(at + 3), None | Some(b' ' | b'\n' | b'\t'));
    markers.into_iter().find(is_marker).unwrap_or(text.len())
}

/// The lines of a literal block.
struct Lines {
    start: usize,
    /// The first byte of its text.
    content: usize,
    indentation: usize,
    /// Behind the newline of its last line, blank ones included.
    end: usize,
}

impl Lines {
    /// The lines from `start` on that are indented deeper than the `parent`.
    fn read(text: &str, start: usize, parent: isize) -> Option<Self> {
        let bytes = text.as_bytes();
        let (mut at, mut content, mut indentation, mut longest_blank) = (start, start, 0, 0);
        while at < text.len() {
            let spaces = bytes[at..].iter().take_while(|byte| **byte == b' ').count();
            let first = bytes.get(at + spaces).copied()?;
            if first == b'\n' {
                longest_blank = longest_blank.max(if indentation == 0 { spaces } else { 0 });
            } else if indentation == 0 {
                if spaces as isize <= parent || spaces == 0 || spaces < longest_blank || first == b'\t' {
                    return None;
                }
                (indentation, content) = (spaces, at + spaces);
            } else if spaces < indentation {
                // What is indented less than the block and deeper than its parent is an error or a comment.
                if spaces as isize > parent || first == b'\t' {
                    return None;
                }
                break;
            }
            at = next_line(text, at + spaces);
        }
        (indentation > 0).then_some(Self { start, content, indentation, end: at })
    }

    /// The text.
    fn decoded(&self, text: &str, chomping: u8) -> String {
        let mut decoded = String::with_capacity(self.end - self.start);
        for line in text[self.start..self.end].split_inclusive('\n') {
            let blank = line.len() - line.trim_start_matches(' ').len();
            decoded.push_str(&line[self.indentation.min(blank)..]);
        }
        if chomping != b'+' {
            decoded.truncate(decoded.trim_end_matches('\n').len());
            if chomping != b'-' {
                decoded.push('\n');
            }
        }
        decoded
    }
}

/// The text of double quotes, if it has no escapes but the common ones.
fn unescaped(text: &str) -> Option<String> {
    let mut decoded = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        decoded.push(match letter {
            '\\' => match letters.next()? {
                letter @ ('"' | '\\' | '/') => letter,
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                _ => return None,
            },
            letter => letter,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::super::parsers_agree;
    use super::*;

    /// All YAML files below a directory.
    fn files(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("the directory can be read") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                found.push(path);
            }
        }
    }

    fn texts() -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = Vec::new();
        for directory in ["functions", "examples", "fuzz/corpus"] {
            files(&root.join(directory), &mut found);
        }
        found.sort();
        found.iter().filter_map(|file| fs::read_to_string(file).ok()).collect()
    }

    /// Whether all documents are in the subset.
    fn is_in_subset(text: &str) -> bool {
        is_plain(text) && Reader::new(text).stream(|_| None).is_some()
    }

    #[test]
    fn it_reads_what_is_in_the_subset_as_the_parser_for_all_of_yaml_does() {
        let texts = texts();
        for text in &texts {
            assert_ne!(parsers_agree(text), Some(false), "{text}");
        }
        let known = texts.iter().filter(|text| is_in_subset(text)).count();
        assert!(known * 10 > texts.len() * 8, "only {known} of {} texts are in the subset", texts.len());
    }

    /// Short texts of what means something in YAML: most shapes of lines, well formed or not.
    #[test]
    fn it_reads_short_texts_as_the_parser_for_all_of_yaml_does() {
        const PIECES: [&str; 40] = [
            "a", "b: ", "c:\n", "- ", "-\n", "-", "\n", "\n", "\n  ", "\n    ", "\n ", " ", "  ", "{", "}", "[", "]",
            ", ", ",", ": ", ":", "#", " # d", "'", "\"", "\\", "\\n", "|\n", "|-\n", "|+\n", ">", "&x ", "*x", "!t ",
            "---\n", "---", "...", "?", "~", "<<: ",
        ];
        let mut random = fastrand::Rng::with_seed(1);
        let mut known = 0;
        for _ in 0..200_000 {
            let mut text: String = (0..random.usize(1..14)).map(|_| PIECES[random.usize(..PIECES.len())]).collect();
            text.push('\n');
            known += u32::from(is_in_subset(&text));
            assert_ne!(parsers_agree(&text), Some(false), "{text:?}");
        }
        assert!(known > 10_000, "only {known} texts are in the subset");
    }
}
