//! The walk that holds the value before against the value after.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use granit_parser::ScalarStyle;
use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::{Map, Value};

use super::align::{align, gaps};
use super::lines::{
    append_flow, behind_comments, block_before, column, entry_end, indent, insert_lines, remove_runs, with_line_ends_of,
};
use super::outcome::{Edit, EditError, SHARED};
use super::place::{Parent, Place, rewrite};
use crate::yaml::kind::{Kind, NodeId};
use crate::yaml::line::{SEPARATORS, ends_line, line_end, line_starts};
use crate::yaml::node::{Entry, SequenceItem};
use crate::yaml::splice::Splice;
use crate::yaml::tree::Tree;
use crate::yaml::{emit, scalar};

pub(super) struct Walk<'t> {
    pub(super) tree: &'t Tree,
    pub(super) edit: Edit,
    pub(super) path: PointerBuf,
}

impl Walk<'_> {
    pub(super) fn error(&self, reason: &'static str) -> EditError {
        EditError { pointer: self.path.to_string(), reason }
    }

    /// Makes `new` of a node that holds `old`, which is another value.
    pub(super) fn value(&mut self, id: NodeId, place: &Place, old: &Value, new: &Value) -> Result<(), EditError> {
        let node = self.tree.node(id);
        if matches!(node.kind(), Kind::Alias(_)) || self.tree.is_aliased(id) {
            return Err(self.error(SHARED));
        }
        match (node.kind(), old, new) {
            // A pair without braces (`[a: 1]`) has room for one entry only, so it is rewritten.
            (Kind::Mapping { flow: true, .. }, ..) if !self.tree.text()[node.range()].ends_with('}') => {
                self.replace(id, place, new)
            }
            (Kind::Mapping { flow, .. }, Value::Object(old), Value::Object(new)) if !new.is_empty() => {
                self.mapping(id, flow || place.flow, place, old, new)
            }
            (Kind::Sequence { flow, .. }, Value::Array(old), Value::Array(new)) if !new.is_empty() => {
                self.sequence(id, flow, self.tree.items(id), place, old, new)
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
        let Kind::Scalar(style) = self.tree.node(id).kind() else {
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
        // A separator is a character of the text, but ends a line of the block.
        if !clean
            || old.contains(SEPARATORS)
            || old.is_empty()
            || trailing(old) != trailing(new)
            || new.trim_end_matches('\n').is_empty()
        {
            return None;
        }
        let old_lines: Vec<_> = old.trim_end_matches('\n').split('\n').collect();
        let new_lines: Vec<_> = new.trim_end_matches('\n').split('\n').collect();
        let common =
            |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(old, new)| old == new).count();
        let head = common(&mut old_lines.iter().zip(&new_lines));
        let shortest = old_lines.len().min(new_lines.len()) - head;
        let tail = common(&mut old_lines.iter().rev().zip(new_lines.iter().rev())).min(shortest);
        // The first line that is not empty decides the indentation of the block, unless its header does.
        if new_lines.iter().find(|line| !line.is_empty()).is_none_or(|line| line.starts_with([' ', '\t'])) {
            return None;
        }
        let line_starts: Vec<_> = line_starts(&text[..range.end], body).take(old_lines.len() + 1).collect();
        let start = *line_starts.get(head)?;
        let end = *line_starts.get(old_lines.len() - tail).unwrap_or(&range.end);
        let mut lines: String = new_lines[head..new_lines.len() - tail]
            .iter()
            .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{}{line}\n", " ".repeat(indent)) })
            .collect();
        if !ends_line(&text[..end]) {
            lines.pop();
        }
        // A line feed behind a lone carriage return would be one break with it.
        if text[..start].ends_with('\r') && lines.starts_with('\n') {
            return None;
        }
        Some(vec![Splice::new(start..end, with_line_ends_of(text, lines))])
    }

    /// The start of the line behind the header of a literal block that starts at `start`.
    fn first_content_line(&self, start: usize, content: usize) -> usize {
        let text = self.tree.text();
        line_end(text, start).min(content)
    }

    fn mapping(
        &mut self,
        id: NodeId,
        is_flow: bool,
        place: &Place,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<(), EditError> {
        let own = OwnEntries::of(self.tree, id);
        let mut removed = vec![false; own.entries.len()];
        let mut renamed = Vec::new();
        for (position, (key, old_value)) in old.iter().enumerate() {
            let new_value = new.get(key);
            if new_value == Some(old_value) {
                continue;
            }
            self.path.push_back(key);
            let (index, entry) = own.find(position, key).ok_or_else(|| self.error(SHARED))?;
            if let Some(new_value) = new_value {
                let key_end = self.tree.node(entry.key).range().end;
                let parent = Parent::Entry { key_end, colon: self.tree.colon(&entry) };
                let place =
                    Place { parent, indent: indent(self.tree, self.tree.entry_start(&entry), is_flow), flow: is_flow };
                self.value(entry.value, &place, old_value, new_value)?;
            } else {
                let shared = self.tree.is_referenced(entry.value) || self.tree.is_referenced(entry.key);
                if shared || own.has_merges() {
                    return Err(self.error(SHARED));
                }
                let name = new_name(key, old, new).filter(|name| self.rename(entry.key, name, is_flow));
                removed[index] = name.is_none();
                renamed.extend(name);
                self.edit.patch.0.push(PatchOperation::Remove(RemoveOperation { path: self.path.clone() }));
            }
            self.path.pop_back();
        }
        let added: Vec<_> = new.iter().filter(|(key, _)| !old.contains_key(*key)).collect();
        for (key, value) in &added {
            let path = self.path.with_trailing_token(key.as_str());
            self.edit.patch.0.push(PatchOperation::Add(AddOperation { path, value: (*value).clone() }));
        }
        let added: Vec<_> = added.into_iter().filter(|(key, _)| !renamed.contains(&key.as_str())).collect();
        if !added.is_empty() || removed.contains(&true) {
            self.entries(id, is_flow, place, &removed, &added);
        }
        Ok(())
    }

    /// Takes entries out of a mapping and adds others at its end.
    fn entries(&mut self, id: NodeId, is_flow: bool, place: &Place, removed: &[bool], added: &[(&String, &Value)]) {
        if removed.iter().all(|removed| *removed) {
            let added = added.iter().map(|(key, value)| ((*key).clone(), (*value).clone()));
            self.edit.splices.push(rewrite(self.tree, id, place, &Value::Object(added.collect())));
            return;
        }
        let entries = self.tree.entries(id);
        let spans: Vec<_> =
            entries.iter().map(|entry| self.tree.entry_start(entry)..entry_end(self.tree, entry)).collect();
        self.edit.splices.extend(remove_runs(self.tree, is_flow, &spans, removed));
        let (Some(last), false) = (spans.last(), added.is_empty()) else { return };
        self.edit.splices.push(if is_flow {
            // Removing the last entries takes the comma before them, so new ones go behind the last that stays.
            let last_kept = spans.iter().zip(removed).rfind(|(_, removed)| !**removed).map(|(span, _)| span.end);
            let text =
                added.iter().map(|(key, value)| format!("{}: {}", scalar::double_quoted(key), emit::json(value)));
            append_flow(self.tree, id, last_kept, text.collect::<Vec<_>>().join(", "))
        } else {
            let indent = indent(self.tree, spans[0].start, is_flow);
            let end = behind_comments(self.tree.text(), last.end, indent);
            let block = block_before(self.tree, end);
            let lines = added.iter().map(|(key, value)| block.entry(key, value, indent)).collect();
            insert_lines(self.tree, end, lines)
        });
    }

    /// Writes another name in the place of a key, if it can be written in the same style.
    fn rename(&mut self, key: NodeId, name: &str, is_flow: bool) -> bool {
        let splice = self.same_style_key(key, name, is_flow);
        let is_renamed = splice.is_some();
        self.edit.splices.extend(splice);
        is_renamed
    }

    /// Replaces a key by one written in the same style, if it is a plain or quoted word.
    fn same_style_key(&self, key: NodeId, name: &str, is_flow: bool) -> Option<Splice> {
        let Kind::Scalar(style) = self.tree.node(key).kind() else { return None };
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
            if old[old_index] == new[new_index] {
                continue;
            }
            self.path.push_back(old_index);
            let item = items[old_index];
            let indent = indent(self.tree, item.start(), is_flow);
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
        let is_new = |index: &usize| alignment.binary_search_by_key(index, |(_, new_index)| *new_index).is_err();
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

/// The entries of a mapping that are its own, and not those of a merge key.
struct OwnEntries<'t> {
    tree: &'t Tree,
    entries: &'t [Entry],
    by_key: OnceCell<HashMap<&'t str, usize>>,
}

impl<'t> OwnEntries<'t> {
    fn of(tree: &'t Tree, mapping: NodeId) -> Self {
        Self { tree, entries: tree.entries(mapping), by_key: OnceCell::new() }
    }

    fn has_merges(&self) -> bool {
        self.entries.iter().any(|entry| self.tree.is_merge(entry))
    }

    /// The entry with this key and its number. The value of the mapping has the key at this `position`: there the entry is,
    /// too, unless there are merge keys.
    fn find(&self, position: usize, key: &str) -> Option<(usize, Entry)> {
        let is_own = |index: &usize| {
            let entry = &self.entries[*index];
            !self.tree.is_merge(entry) && self.tree.key_text(entry) == key
        };
        let expected = Some(position).filter(|index| *index < self.entries.len()).filter(is_own);
        let index = expected.or_else(|| self.by_key.get_or_init(|| self.index()).get(key).copied())?;
        Some((index, self.entries[index]))
    }

    fn index(&self) -> HashMap<&'t str, usize> {
        let own = self.entries.iter().enumerate().filter(|(_, entry)| !self.tree.is_merge(entry));
        own.map(|(index, entry)| (self.tree.key_text(entry), index)).collect()
    }
}

/// The key that came in the place of `key`: at the same position, with the same value.
fn new_name<'n>(key: &str, old: &Map<String, Value>, new: &'n Map<String, Value>) -> Option<&'n str> {
    if old.len() != new.len() {
        return None;
    }
    let position = old.keys().position(|other| other == key)?;
    let (name, value) = new.iter().nth(position)?;
    (!old.contains_key(name) && old.get(key) == Some(value)).then_some(name.as_str())
}
