//! From the wish for another value to the few bytes that must change.

mod align;
mod last_block;
mod lines;
mod outcome;
mod place;
mod walk;

use std::borrow::Borrow;

use json_patch::jsonptr::PointerBuf;
use serde::Serialize;
use serde_json::Value;

use super::emit::Block;
use super::kind::{Kind, NodeId};
use super::node::SequenceItem;
use super::splice::Splice;
use super::tree::Tree;
use super::{emit, scalar};
pub(crate) use last_block::{close_behind, close_last_block};
use lines::{
    LineEnds, append_flow, block_before, column, empty_collection, entry_end, indent, insert_lines, is_flow,
    remove_runs,
};
pub use outcome::{Edit, EditError};
use place::{Parent, Place, rewrite};
use walk::Walk;

/// What it takes to make `new` of the node.
///
/// # Errors
/// A change below an alias or merge key, or of an anchored node that aliases refer to.
pub fn edit(tree: &Tree, node: NodeId, new: &Value) -> Result<Edit, EditError> {
    let mut walk = Walk { tree, edit: Edit::default(), path: PointerBuf::new() };
    let place = Place {
        parent: Parent::Document,
        indent: indent(tree, tree.node(node).range().start, is_flow(tree, node)),
        flow: false,
    };
    let before = tree.value(node);
    if before != *new {
        walk.value(node, &place, &before, new)?;
    }
    let mut edit = Edit { before, ..walk.edit };
    edit.splices.extend(close_behind(tree, edit.splices.iter()));
    Ok(edit)
}

/// The splice that adds `new` at the end of a sequence.
pub fn append_items<V: Borrow<Value>>(
    tree: &Tree,
    sequence: NodeId,
    new: impl IntoIterator<Item = V>,
) -> Option<Splice> {
    let (flow, items) = sequence_items(tree, sequence);
    let mut new = new.into_iter().peekable();
    new.peek()?;
    Some(match items.last() {
        Some(last) if !flow => {
            let indent = column(tree.text(), last.start());
            let end = tree.node(last.node).range().end;
            let block = block_before(tree, end);
            insert_lines(tree, end, new.map(|item| block.item(item.borrow(), indent)).collect())
        }
        last => {
            let items: Vec<_> = new.map(|item| emit::json(item.borrow())).collect();
            append_flow(tree, sequence, last.map(|last| tree.node(last.node).range().end), items.join(", "))
        }
    })
}

/// The splice that gives the entry `key` of a mapping this value, or takes it out.
pub fn set_entry<T: Serialize>(tree: &Tree, mapping: NodeId, key: &str, value: Option<&T>) -> Option<Splice> {
    let Kind::Mapping { flow, .. } = tree.node(mapping).kind() else {
        return None;
    };
    let entries = tree.entries(mapping);
    let spans: Vec<_> = entries.iter().map(|entry| tree.entry_start(entry)..entry_end(tree, entry)).collect();
    let position = entries.iter().position(|entry| tree.key_text(entry) == key);
    match (position, value) {
        (None, None) => None,
        (Some(position), None) => {
            let removed: Vec<_> = (0..entries.len()).map(|index| index == position).collect();
            remove_runs(tree, flow, &spans, &removed).pop()
        }
        (Some(position), Some(value)) => {
            let entry = entries[position];
            let parent = Parent::Entry { key_end: tree.node(entry.key).range().end, colon: tree.colon(&entry) };
            let place = Place { parent, indent: indent(tree, tree.entry_start(&entry), flow), flow };
            Some(rewrite(tree, entry.value, &place, &json_of(value)))
        }
        (None, Some(value)) if flow => {
            let text = format!("{}: {}", scalar::double_quoted(key), emit::json(&json_of(value)));
            Some(append_flow(tree, mapping, spans.last().map(|span| span.end), text))
        }
        (None, Some(value)) => {
            let NewEntry { end, block, indent } = NewEntry::of(tree, mapping);
            Some(insert_lines(tree, end, block.entry(key, value, indent)))
        }
    }
}

/// How an entry is written behind all others of a mapping in block style.
struct NewEntry {
    /// Where the entry before it ends.
    end: usize,
    block: Block,
    indent: usize,
}

impl NewEntry {
    fn of(tree: &Tree, mapping: NodeId) -> Self {
        let entries = tree.entries(mapping);
        let end = entries.last().map_or(tree.node(mapping).range().end, |last| entry_end(tree, last));
        let indent = entries.first().map_or(0, |first| column(tree.text(), tree.entry_start(first)));
        Self { end, block: block_before(tree, end), indent }
    }
}

/// A list as a new entry of a mapping, written item by item: together they would take much memory.
#[derive(Debug)]
pub(crate) struct NewList {
    /// The splice that begins it. The items come right behind its text.
    pub(crate) begin: Splice,
    block: Block,
    indent: usize,
    line_ends: LineEnds,
}

impl NewList {
    /// A list under `key` behind all entries of a mapping. `None` where these are written in braces, or one has the key.
    pub(crate) fn of(tree: &Tree, mapping: NodeId, key: &str) -> Option<Self> {
        let is_block = matches!(tree.node(mapping).kind(), Kind::Mapping { flow: false, .. });
        if !is_block || tree.entry(mapping, key).is_some() {
            return None;
        }
        let NewEntry { end, block, indent } = NewEntry::of(tree, mapping);
        let begin = insert_lines(tree, end, format!("{:indent$}{}:\n", "", scalar::quote(key)));
        Some(Self { begin, block, indent, line_ends: LineEnds::of(tree.text()) })
    }

    /// The lines of an item.
    pub(crate) fn item(&self, value: &impl Serialize) -> String {
        self.line_ends.of_lines(self.block.item(value, self.indent))
    }
}

/// A value as JSON has it, where its text does not follow from the value alone.
fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| unreachable!("all that is written is what JSON has: {error}"))
}

/// The splice that takes the items at `indices` (ascending) out of a sequence.
pub fn remove_items(tree: &Tree, sequence: NodeId, indices: &[usize]) -> Vec<Splice> {
    let (flow, items) = sequence_items(tree, sequence);
    let spans: Vec<_> = items.iter().map(|item| item.start()..tree.node(item.node).range().end).collect();
    let removed: Vec<_> = (0..items.len()).map(|index| indices.binary_search(&index).is_ok()).collect();
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
    rewrite(tree, item.node, &Place { parent, indent: indent(tree, item.start(), flow), flow }, value)
}

/// The splice that puts `value` in the place of a document's content.
pub fn replace_root(tree: &Tree, root: NodeId, value: &Value) -> Splice {
    rewrite(tree, root, &Place { parent: Parent::Document, indent: 0, flow: is_flow(tree, root) }, value)
}

fn sequence_items(tree: &Tree, sequence: NodeId) -> (bool, &[SequenceItem]) {
    match tree.node(sequence).kind() {
        Kind::Sequence { flow, .. } => (flow, tree.items(sequence)),
        _ => (true, &[]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_item_by_item_is_the_list_as_a_whole() {
        let values = vec![json!({"message": "two\nlines", "tags": {"a": "b"}}), json!("text"), json!([1, []])];
        for text in ["a: 1\n", "a: 1", "a: 1\r\nb: 2\r\n", "a: 1\n  # comment\n", "---\n  a: |\n    x\n  b: 1\n"] {
            let tree = Tree::parse(text.to_owned()).expect("it is YAML");
            let root = tree.documents()[0].root;
            let list = NewList::of(&tree, root, "list");
            let whole = set_entry(&tree, root, "list", Some(&values));
            let by_items = list.map(|list| {
                let items = values.iter().map(|value| list.item(value));
                Splice::new(
                    list.begin.range.clone(),
                    std::iter::once(list.begin.text.to_string()).chain(items).collect::<String>(),
                )
            });
            assert_eq!(by_items, whole, "{text}");
        }
        for text in ["{a: 1}\n", "list: []\n", "a: 1\nlist:\n- 1\n", "text"] {
            let tree = Tree::parse(text.to_owned()).expect("it is YAML");
            assert!(NewList::of(&tree, tree.documents()[0].root, "list").is_none(), "{text}");
        }
    }
}
