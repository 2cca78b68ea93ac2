//! From the wish for another value to the few bytes that must change.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use granit_parser::ScalarStyle;
use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::{Map, Value};

use super::emit::Block;
use super::tree::{Entry, Kind, NodeId, SequenceItem, Tree};
use super::{emit, scalar};

/// The bytes at `range` give way to `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

impl Splice {
    fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }
}

/// What must be done to the text, and the same as an RFC 6902 patch of the value.
#[derive(Debug, Default)]
pub struct Edit {
    /// Changes of the text, in no particular order; they do not overlap.
    pub splices: Vec<Splice>,
    /// Changes of the value, to be applied in this order.
    pub patch: Patch,
    /// The value before.
    pub before: Value,
}

/// Why a value cannot be changed where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditError {
    /// The value, as a JSON pointer.
    pub pointer: String,
    /// What stands in the way.
    pub reason: &'static str,
}

impl fmt::Display for EditError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.pointer, self.reason)
    }
}

impl std::error::Error for EditError {}

const SHARED: &str = "it is shared by a YAML anchor or merge key; write the value out where it is used";
const LONE_RETURN: &str = "its lines end in lone carriage returns; convert them to newlines";
const DUPLICATE: &str = "the key stands here twice; remove one of the two";

/// `text` with the splices done.
pub fn splice(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let mut result = String::with_capacity(text.len() + splices.iter().map(|splice| splice.text.len()).sum::<usize>());
    let mut copied = 0;
    for splice in splices {
        result.push_str(&text[copied..splice.range.start]);
        result.push_str(&splice.text);
        copied = splice.range.end;
    }
    result.push_str(&text[copied..]);
    result
}

/// What it takes to make `new` of the node.
///
/// # Errors
/// A change below an alias or merge key, of an anchored node that aliases refer to, of a duplicate key, or of text whose
/// lines end in lone carriage returns.
pub fn edit(tree: &Tree, node: NodeId, new: &Value) -> Result<Edit, EditError> {
    let mut walk = Walk { tree, edit: Edit::default(), path: PointerBuf::new() };
    let place =
        Place { parent: Parent::Document, indent: column(tree.text(), tree.node(node).range().start), flow: false };
    if tree.text()[tree.node(node).range()].replace("\r\n", "").contains('\r') {
        return Err(walk.error(LONE_RETURN));
    }
    let before = tree.value(node);
    walk.value(node, &place, &before, new)?;
    Ok(Edit { before, ..walk.edit })
}

/// The splice that adds `new` at the end of a sequence.
pub fn append_items(tree: &Tree, sequence: NodeId, new: &[Value]) -> Option<Splice> {
    let (flow, items) = sequence_items(tree, sequence);
    if new.is_empty() {
        return None;
    }
    Some(match items.last() {
        Some(last) if !flow => {
            let indent = column(tree.text(), last.start());
            let end = tree.node(last.node).range().end;
            let block = block_before(tree, end);
            insert_lines(tree, end, new.iter().map(|item| block.item(item, indent)).collect())
        }
        last => {
            let items: Vec<_> = new.iter().map(emit::json).collect();
            append_flow(tree, sequence, last.map(|last| tree.node(last.node).range().end), items.join(", "))
        }
    })
}

/// The splice that gives the entry `key` of a mapping this value, or takes it out.
pub fn set_entry(tree: &Tree, mapping: NodeId, key: &str, value: Option<&Value>) -> Option<Splice> {
    let Kind::Mapping { flow, .. } = &tree.node(mapping).kind else {
        return None;
    };
    let entries = tree.entries(mapping);
    let spans: Vec<_> = entries.iter().map(|entry| entry.start()..entry_end(tree, entry)).collect();
    let position = entries.iter().position(|entry| tree.key_text(entry) == key);
    match (position, value) {
        (None, None) => None,
        (Some(position), None) => {
            let removed: Vec<_> = (0..entries.len()).map(|index| index == position).collect();
            remove_runs(tree, *flow, &spans, &removed).pop()
        }
        (Some(position), Some(value)) => {
            let entry = entries[position];
            let parent = Parent::Entry { key_end: tree.node(entry.key).range().end, colon: entry.colon() };
            let place = Place { parent, indent: column(tree.text(), entry.start()), flow: *flow };
            Some(rewrite(tree, entry.value, &place, value))
        }
        (None, Some(value)) if *flow => {
            let text = format!("{}: {}", scalar::double_quoted(key), emit::json(value));
            Some(append_flow(tree, mapping, spans.last().map(|span| span.end), text))
        }
        (None, Some(value)) => {
            let indent = spans.first().map_or(0, |span| column(tree.text(), span.start));
            let end = spans.last().map_or(tree.node(mapping).range().end, |span| span.end);
            Some(insert_lines(tree, end, block_before(tree, end).entry(key, value, indent)))
        }
    }
}

/// The splice that takes the items at `indices` (ascending) out of a sequence.
pub fn remove_items(tree: &Tree, sequence: NodeId, indices: &[usize]) -> Vec<Splice> {
    let (flow, items) = sequence_items(tree, sequence);
    let spans: Vec<_> = items.iter().map(|item| item.start()..tree.node(item.node).range().end).collect();
    let removed: Vec<_> = (0..items.len()).map(|index| indices.contains(&index)).collect();
    if removed.iter().all(|removed| *removed) {
        return vec![empty_collection(tree, sequence, "[]")];
    }
    remove_runs(tree, flow, &spans, &removed)
}

/// The splice that puts `value` in the place of an item of a sequence.
pub fn replace_item(tree: &Tree, sequence: NodeId, index: usize, value: &Value) -> Splice {
    let (flow, items) = sequence_items(tree, sequence);
    let item = items[index];
    let parent = Parent::Item { start: item.start() };
    // An object in braces in a list of dashes stays in braces: it may come from a JSON file.
    let flow = flow || is_flow(tree, item.node);
    rewrite(tree, item.node, &Place { parent, indent: column(tree.text(), item.start()), flow }, value)
}

/// The splice that puts `value` in the place of a document's content.
pub fn replace_root(tree: &Tree, root: NodeId, value: &Value) -> Splice {
    rewrite(tree, root, &Place { parent: Parent::Document, indent: 0, flow: is_flow(tree, root) }, value)
}

fn sequence_items(tree: &Tree, sequence: NodeId) -> (bool, &[SequenceItem]) {
    match &tree.node(sequence).kind {
        Kind::Sequence { flow, .. } => (*flow, tree.items(sequence)),
        _ => (true, &[]),
    }
}

fn entry_end(tree: &Tree, entry: &Entry) -> usize {
    let colon = entry.colon().map_or(0, |colon| colon + 1);
    tree.node(entry.value).range().end.max(tree.node(entry.key).range().end).max(colon)
}

/// How new lines are written that come before what follows on the line below `end`.
fn block_before(tree: &Tree, end: usize) -> Block {
    let below = tree.text()[behind_line(tree.text(), end)..].trim_start_matches(['\r', '\n']);
    let comment_follows = below.starts_with([' ', '\t']) && below.trim_start().starts_with('#');
    Block { literals: !comment_follows }
}

fn is_flow(tree: &Tree, node: NodeId) -> bool {
    matches!(tree.node(node).kind, Kind::Mapping { flow: true, .. } | Kind::Sequence { flow: true, .. })
}

/// The node's surroundings, which decide how it may be written.
struct Place {
    parent: Parent,
    /// The column of the key or dash that the node belongs to.
    indent: usize,
    /// Whether an enclosing collection is written in flow style.
    flow: bool,
}

#[derive(Clone, Copy)]
enum Parent {
    Document,
    Entry { key_end: usize, colon: Option<usize> },
    Item { start: usize },
}

struct Walk<'t> {
    tree: &'t Tree,
    edit: Edit,
    path: PointerBuf,
}

impl Walk<'_> {
    fn error(&self, reason: &'static str) -> EditError {
        EditError { pointer: self.path.to_string(), reason }
    }

    fn value(&mut self, id: NodeId, place: &Place, old: &Value, new: &Value) -> Result<(), EditError> {
        if old == new {
            return Ok(());
        }
        let node = self.tree.node(id);
        if matches!(node.kind, Kind::Alias(_)) || self.tree.is_aliased(id) {
            return Err(self.error(SHARED));
        }
        match (&node.kind, old, new) {
            // A pair without braces (`[a: 1]`) has room for one entry only, so it is written anew.
            (Kind::Mapping { flow: true, .. }, ..) if !self.tree.text()[node.range()].ends_with('}') => {
                self.replace(id, place, new)
            }
            (Kind::Mapping { flow, .. }, Value::Object(old), Value::Object(new)) if !new.is_empty() => {
                self.mapping(id, *flow, self.tree.entries(id), place, old, new)
            }
            (Kind::Sequence { flow, .. }, Value::Array(old), Value::Array(new)) if !new.is_empty() => {
                self.sequence(id, *flow, self.tree.items(id), place, old, new)
            }
            _ => self.replace(id, place, new),
        }
    }

    fn replace(&mut self, id: NodeId, place: &Place, new: &Value) -> Result<(), EditError> {
        if self.tree.is_referenced(id) {
            return Err(self.error(SHARED));
        }
        let replacement = match self.same_style(id, place, new) {
            Some(splices) => splices,
            None => vec![rewrite(self.tree, id, place, new)],
        };
        self.edit.splices.extend(replacement);
        let operation = ReplaceOperation { path: self.path.clone(), value: new.clone() };
        self.edit.patch.0.push(PatchOperation::Replace(operation));
        Ok(())
    }

    /// Replaces a scalar by one written in the same style, if it can be.
    fn same_style(&self, id: NodeId, place: &Place, new: &Value) -> Option<Vec<Splice>> {
        let Kind::Scalar(style) = &self.tree.node(id).kind else {
            return None;
        };
        let range = self.tree.node(id).range();
        if range.is_empty() || matches!(new, Value::Object(_) | Value::Array(_)) {
            return None;
        }
        match (style, new) {
            (ScalarStyle::Literal, Value::String(text)) => self.literal_lines(id, self.tree.content_start(id), text),
            (ScalarStyle::Literal | ScalarStyle::Folded, _) => None,
            (ScalarStyle::DoubleQuoted, Value::String(text)) => {
                Some(vec![Splice::new(range, scalar::double_quoted(text))])
            }
            (ScalarStyle::SingleQuoted, Value::String(text)) => {
                let quoted = scalar::single_quoted(text).unwrap_or_else(|| scalar::double_quoted(text));
                Some(vec![Splice::new(range, quoted)])
            }
            (_, Value::String(text)) if text.contains('\n') && !place.flow => None,
            (_, Value::String(text)) if place.flow => Some(vec![Splice::new(range, scalar::double_quoted(text))]),
            _ => Some(vec![Splice::new(range, emit::flow(new))]),
        }
    }

    /// Replaces only the lines of a literal block that differ.
    fn literal_lines(&self, id: NodeId, content: usize, new: &str) -> Option<Vec<Splice>> {
        let text = self.tree.text();
        let old = self.tree.scalar_text(id)?;
        let range = self.tree.node(id).range();
        let body = self.first_content_line(range.start, content);
        let indent = column(text, content);
        let trailing = |text: &str| text.len() - text.trim_end_matches('\n').len();
        let clean = new.chars().all(|character| matches!(character, '\n' | '\t') || scalar::is_printable(character));
        if !clean || old.is_empty() || trailing(old) != trailing(new) || new.trim_end_matches('\n').is_empty() {
            return None;
        }
        let old_lines: Vec<_> = old.trim_end_matches('\n').split('\n').collect();
        let new_lines: Vec<_> = new.trim_end_matches('\n').split('\n').collect();
        let common =
            |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(old, new)| old == new).count();
        let head = common(&mut old_lines.iter().zip(&new_lines));
        let shortest = old_lines.len().min(new_lines.len()) - head;
        let tail = common(&mut old_lines.iter().rev().zip(new_lines.iter().rev())).min(shortest);
        // The first line decides the indentation of the block unless its header does.
        if head == 0 && new_lines[0].starts_with([' ', '\t']) {
            return None;
        }
        let line_starts: Vec<_> = line_starts(text, body, range.end).take(old_lines.len() + 1).collect();
        let start = *line_starts.get(head)?;
        let end = *line_starts.get(old_lines.len() - tail).unwrap_or(&range.end);
        let mut lines: String = new_lines[head..new_lines.len() - tail]
            .iter()
            .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{}{line}\n", " ".repeat(indent)) })
            .collect();
        if !text[..end].ends_with('\n') {
            lines.pop();
        }
        Some(vec![Splice::new(start..end, with_line_ends_of(text, lines))])
    }

    /// The start of the line behind the header of a literal block that starts at `start`.
    fn first_content_line(&self, start: usize, content: usize) -> usize {
        let text = self.tree.text();
        text[start..content].find('\n').map_or(content, |newline| start + newline + 1)
    }

    fn mapping(
        &mut self,
        id: NodeId,
        flow: bool,
        entries: &[Entry],
        place: &Place,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<(), EditError> {
        let is_flow = flow || place.flow;
        let entry_of = |walk: &Self, key: &str| -> Result<Entry, EditError> {
            let mut named =
                entries.iter().filter(|entry| !walk.tree.is_merge(entry) && walk.tree.key_text(entry) == key);
            match (named.next(), named.next()) {
                (Some(entry), None) => Ok(*entry),
                (Some(_), Some(_)) => Err(walk.error(DUPLICATE)),
                (None, _) => Err(walk.error(SHARED)),
            }
        };
        let mut removed = vec![false; entries.len()];
        let mut renamed = Vec::new();
        for (key, old_value) in old {
            self.path.push_back(key);
            match new.get(key) {
                Some(new_value) if new_value == old_value => {}
                Some(new_value) => {
                    let entry = entry_of(self, key)?;
                    let key_end = self.tree.node(entry.key).range().end;
                    let parent = Parent::Entry { key_end, colon: entry.colon() };
                    let place = Place { parent, indent: column(self.tree.text(), entry.start()), flow: is_flow };
                    self.value(entry.value, &place, old_value, new_value)?;
                }
                None => {
                    let entry = entry_of(self, key)?;
                    let shared = self.tree.is_referenced(entry.value) || self.tree.is_referenced(entry.key);
                    if shared || entries.iter().any(|entry| self.tree.is_merge(entry)) {
                        return Err(self.error(SHARED));
                    }
                    let name = new_name(key, old, new);
                    match name.and_then(|name| self.same_style_key(entry.key, name, is_flow)) {
                        Some(splice) => {
                            self.edit.splices.push(splice);
                            renamed.extend(name);
                        }
                        None => {
                            let index = entries.iter().position(|other| other.start() == entry.start());
                            removed[index.unwrap_or_default()] = true;
                        }
                    }
                    let operation = RemoveOperation { path: self.path.clone() };
                    self.edit.patch.0.push(PatchOperation::Remove(operation));
                }
            }
            self.path.pop_back();
        }
        let added: Vec<_> = new.iter().filter(|(key, _)| !old.contains_key(*key)).collect();
        for (key, value) in &added {
            self.path.push_back(key.as_str());
            let operation = AddOperation { path: self.path.clone(), value: (*value).clone() };
            self.edit.patch.0.push(PatchOperation::Add(operation));
            self.path.pop_back();
        }
        let added: Vec<_> = added.into_iter().filter(|(key, _)| !renamed.contains(&key.as_str())).collect();
        if removed.iter().all(|removed| *removed) {
            let added = Value::Object(added.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect());
            let splice = rewrite(self.tree, id, place, &added);
            self.edit.splices.push(splice);
            return Ok(());
        }
        let spans: Vec<_> = entries.iter().map(|entry| entry.start()..entry_end(self.tree, entry)).collect();
        self.edit.splices.extend(remove_runs(self.tree, is_flow, &spans, &removed));
        let indent = spans.first().map_or(0, |span| column(self.tree.text(), span.start));
        if is_flow {
            // Removing the last entries takes the comma before them, so new ones go behind the last that stays.
            let last_kept = spans.iter().zip(&removed).rfind(|(_, removed)| !**removed).map(|(span, _)| span.end);
            if !added.is_empty() {
                let text =
                    added.iter().map(|(key, value)| format!("{}: {}", scalar::double_quoted(key), emit::json(value)));
                let text = text.collect::<Vec<_>>().join(", ");
                self.edit.splices.push(append_flow(self.tree, id, last_kept, text));
            }
        } else if let (Some(last), false) = (spans.last(), added.is_empty()) {
            let block = block_before(self.tree, last.end);
            let lines = added.iter().map(|(key, value)| block.entry(key, value, indent)).collect();
            self.edit.splices.push(insert_lines(self.tree, last.end, lines));
        }
        Ok(())
    }

    /// Replaces a key by one written in the same style, if it is a plain or quoted word.
    fn same_style_key(&self, key: NodeId, name: &str, is_flow: bool) -> Option<Splice> {
        let Kind::Scalar(style) = &self.tree.node(key).kind else { return None };
        let range = self.tree.node(key).range();
        let written = &self.tree.text()[range.clone()];
        let text = match style {
            ScalarStyle::Plain if self.tree.scalar_text(key) != Some(written) => return None,
            ScalarStyle::Plain if is_flow => scalar::double_quoted(name),
            ScalarStyle::Plain => scalar::quote(name).into_owned(),
            ScalarStyle::SingleQuoted if written.starts_with('\'') => scalar::single_quoted(name)?,
            ScalarStyle::DoubleQuoted if written.starts_with('"') => scalar::double_quoted(name),
            _ => return None,
        };
        Some(Splice::new(range, text))
    }

    fn sequence(
        &mut self,
        id: NodeId,
        flow: bool,
        items: &[SequenceItem],
        place: &Place,
        old: &[Value],
        new: &[Value],
    ) -> Result<(), EditError> {
        let is_flow = flow || place.flow;
        let alignment = align(old, new);
        let mut removed = vec![true; items.len()];
        for (old_index, new_index) in alignment.iter().copied() {
            removed[old_index] = false;
            self.path.push_back(old_index);
            let item = items[old_index];
            let indent = column(self.tree.text(), item.start());
            let place = Place { parent: Parent::Item { start: item.start() }, indent, flow: is_flow };
            self.value(item.node, &place, &old[old_index], &new[new_index])?;
            self.path.pop_back();
        }
        for index in (0..items.len()).rev().filter(|index| removed[*index]) {
            self.path.push_back(index);
            if self.tree.is_referenced(items[index].node) {
                return Err(self.error(SHARED));
            }
            let operation = RemoveOperation { path: self.path.clone() };
            self.edit.patch.0.push(PatchOperation::Remove(operation));
            self.path.pop_back();
        }
        let is_new = |index: &usize| !alignment.iter().any(|(_, new_index)| new_index == index);
        for index in (0..new.len()).filter(is_new) {
            self.path.push_back(index);
            let operation = AddOperation { path: self.path.clone(), value: new[index].clone() };
            self.edit.patch.0.push(PatchOperation::Add(operation));
            self.path.pop_back();
        }
        if alignment.is_empty() {
            let splice = rewrite(self.tree, id, place, &Value::Array(new.to_vec()));
            self.edit.splices.push(splice);
            return Ok(());
        }
        let spans: Vec<_> = items.iter().map(|item| item.start()..self.tree.node(item.node).range().end).collect();
        if is_flow && (0..new.len()).any(|index| is_new(&index)) {
            self.insert_flow_items(&spans, &alignment, new);
            // Items that go are cut together with the comma before them, new ones are put behind kept ones.
        } else if !is_flow {
            self.insert_block_items(&spans, &alignment, new);
        }
        self.edit.splices.extend(remove_runs(self.tree, is_flow, &spans, &removed));
        Ok(())
    }

    fn insert_block_items(&mut self, spans: &[Range<usize>], alignment: &[(usize, usize)], new: &[Value]) {
        let indent = column(self.tree.text(), spans[0].start);
        for (previous, gap) in gaps(alignment, new.len()) {
            if gap.is_empty() {
                continue;
            }
            let neighbour = spans[previous.unwrap_or(alignment[0].0)].end;
            let block = block_before(self.tree, neighbour);
            let lines: String = new[gap].iter().map(|value| block.item(value, indent)).collect();
            let splice = match previous {
                Some(old_index) => insert_lines(self.tree, spans[old_index].end, lines),
                None => {
                    let first = spans[alignment[0].0].start;
                    Splice::new(
                        first..first,
                        with_line_ends_of(self.tree.text(), lines[indent..].to_owned() + &" ".repeat(indent)),
                    )
                }
            };
            self.edit.splices.push(splice);
        }
    }

    fn insert_flow_items(&mut self, spans: &[Range<usize>], alignment: &[(usize, usize)], new: &[Value]) {
        for (previous, gap) in gaps(alignment, new.len()) {
            let items: Vec<_> = new[gap].iter().map(emit::json).collect();
            if items.is_empty() {
                continue;
            }
            let splice = match previous {
                Some(old_index) => {
                    let end = spans[old_index].end;
                    Splice::new(end..end, format!(", {}", items.join(", ")))
                }
                None => {
                    let first = spans[alignment[0].0].start;
                    Splice::new(first..first, format!("{}, ", items.join(", ")))
                }
            };
            self.edit.splices.push(splice);
        }
    }
}

/// The key that came in the place of `key`: at the same position, with the same value.
fn new_name<'n>(key: &str, old: &Map<String, Value>, new: &'n Map<String, Value>) -> Option<&'n str> {
    let position = old.keys().position(|other| other == key)?;
    let (name, value) = new.iter().nth(position)?;
    (old.len() == new.len() && !old.contains_key(name) && old.get(key) == Some(value)).then_some(name.as_str())
}

/// Writes the value anew.
fn rewrite(tree: &Tree, id: NodeId, place: &Place, new: &Value) -> Splice {
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
        Parent::Document => replace_lines(tree, range, block.lines(new, 0)),
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

/// The runs of new items between aligned ones, each with the old index of the aligned item before it.
fn gaps(alignment: &[(usize, usize)], new_len: usize) -> Vec<(Option<usize>, Range<usize>)> {
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
fn align(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
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

/// The longest run of equal items in both, not necessarily adjacent.
fn common_subsequence(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
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

/// Takes runs of entries or items out; at least one stays.
fn remove_runs(tree: &Tree, flow: bool, spans: &[Range<usize>], removed: &[bool]) -> Vec<Splice> {
    let text = tree.text();
    let mut splices = Vec::new();
    let mut index = 0;
    while index < spans.len() {
        if !removed[index] {
            index += 1;
            continue;
        }
        let first = index;
        while index < spans.len() && removed[index] {
            index += 1;
        }
        let start = spans[first].start;
        let end = spans[index - 1].end;
        let range = match (flow, first, spans.get(index)) {
            (true, 0, Some(next)) => start..next.start,
            (true, _, _) => spans[first - 1].end..end,
            (false, _, next) => {
                let line_start = line_start(text, start);
                match next {
                    // The run starts behind a dash or `?`: what comes next takes its place.
                    Some(next) if !text[line_start..start].trim().is_empty() => start..next.start,
                    _ => line_start..behind_line(text, end),
                }
            }
        };
        splices.push(Splice::new(range, ""));
    }
    splices
}

/// Puts lines below the line in which `end` stands.
fn insert_lines(tree: &Tree, end: usize, lines: String) -> Splice {
    let text = tree.text();
    let at = behind_line(text, end);
    let lines = if at == 0 || text[..at].ends_with('\n') { lines } else { format!("\n{lines}") };
    Splice::new(at..at, with_line_ends_of(text, lines))
}

/// Puts `text` behind the last entry of a flow collection.
fn append_flow(tree: &Tree, collection: NodeId, last: Option<usize>, text: String) -> Splice {
    match last {
        Some(end) => Splice::new(end..end, format!(", {text}")),
        None => {
            let inside = tree.node(collection).range().end - 1;
            Splice::new(inside..inside, text)
        }
    }
}

/// Replaces a collection by an empty one, on the line of its key.
fn empty_collection(tree: &Tree, collection: NodeId, brackets: &str) -> Splice {
    let range = tree.node(collection).range();
    let text = tree.text();
    let key_end = text[..range.start].trim_end().len();
    let end = range.start + text[range.clone()].trim_end().len();
    let behind_key = text[..key_end].ends_with(':') && !is_flow(tree, collection);
    if behind_key { Splice::new(key_end..end, format!(" {brackets}")) } else { Splice::new(range.start..end, brackets) }
}

/// The splice that puts `lines` in the place of `range`. What follows on the last old line, a comment, moves behind the
/// first new line; inside or below the new lines it would be read as part of them.
fn replace_lines(tree: &Tree, range: Range<usize>, lines: String) -> Splice {
    let text = tree.text();
    if text[..range.end].ends_with('\n') || range.end == text.len() {
        return Splice::new(range, with_line_ends_of(text, lines));
    }
    let line_end = range.end + text[range.end..].find(['\r', '\n']).unwrap_or(text.len() - range.end);
    let comment = text[range.end..line_end].trim();
    let body = lines.trim_end_matches('\n');
    let lines = match body.split_once('\n') {
        Some(_) if comment.is_empty() => body.to_owned(),
        Some((first, below)) => format!("{first} {comment}\n{below}"),
        None => return Splice::new(range, with_line_ends_of(text, body.to_owned())),
    };
    Splice::new(range.start..line_end, with_line_ends_of(text, lines))
}

/// `lines` with the line ends that `text` has.
fn with_line_ends_of(text: &str, lines: String) -> String {
    let windows = text.find('\n').is_some_and(|newline| text[..newline].ends_with('\r'));
    if windows { lines.replace('\n', "\r\n") } else { lines }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The start of the line below the one that `end` closes.
fn behind_line(text: &str, end: usize) -> usize {
    if text[..end].ends_with('\n') {
        return end;
    }
    text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1)
}

fn line_starts(text: &str, from: usize, to: usize) -> impl Iterator<Item = usize> + '_ {
    std::iter::once(from).chain(text[from..to].match_indices('\n').map(move |(newline, _)| from + newline + 1))
}

/// The column of a byte, counted in characters, a byte order mark not counted.
fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].trim_start_matches('\u{feff}').chars().count()
}

/// A pointer as the field path that Kubernetes tools print: `spec.ports[0].name`.
pub fn field_path(pointer: &str) -> String {
    let mut path = String::new();
    for segment in pointer.split('/').skip(1) {
        let segment: Cow<'_, str> = segment.replace("~1", "/").replace("~0", "~").into();
        let is_index = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
        if is_index || segment.contains(['.', '/', '[']) {
            path.push_str(&format!("[{segment}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&segment);
        }
    }
    path
}
