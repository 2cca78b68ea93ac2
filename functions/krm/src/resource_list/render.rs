//! Writing the objects back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::item::{Container, Item, Origin, Outcome};
use super::resources::Resources;
use super::source::{Layout, LoadError, Source};
use crate::finding::Finding;
use crate::yaml::emit::Block;
use crate::yaml::{NodeId, Splice, Tree, edit, ends_line, splice};

/// The output would read differently than meant; this is a fault of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Misread;

impl std::fmt::Display for Misread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("internal error, nothing was written: the output would not read as it should")
    }
}

/// A text that holds objects, before and after the work of a program.
pub(crate) struct Written<'s> {
    /// The file it comes from.
    pub(crate) file: Option<&'s str>,
    pub(crate) before: &'s str,
    pub(crate) after: String,
}

impl Resources {
    /// The text of the settled objects and, in a `ResourceList`, these results; results of an earlier function go.
    ///
    /// # Errors
    /// A text that does not hold exactly the objects it should when it is read again. Such a text must never reach a cluster.
    pub(crate) fn write(&self, results: &[&Finding]) -> Result<String, Misread> {
        let is_unchanged = self.items.iter().all(|item| matches!(item.outcome, Outcome::Unchanged));
        if is_unchanged {
            return Ok(self.write_as_they_came(results));
        }
        let text = self.write_spliced(self.splices().into_iter(), results);
        if self.reads_as_meant(&text) { Ok(text) } else { Err(Misread) }
    }

    /// Each text as it came, and as the settled objects make it.
    pub(crate) fn written(&self) -> Vec<Written<'_>> {
        let written = self.sources.iter().zip(self.splices()).map(|(source, mut splices)| {
            let before = source.tree.text();
            if edit::writes_behind(&source.tree, &splices) {
                edit::close_last_block(&source.tree, &mut splices);
            }
            Written { file: source.file.as_deref(), before, after: splice(before, splices) }
        });
        written.collect()
    }

    /// What is to be done to each text.
    fn splices(&self) -> Vec<Vec<Splice>> {
        let mut changes: Vec<Changes<'_>> = self.sources.iter().map(|_| Changes::default()).collect();
        for item in &self.items {
            match &item.origin {
                Origin::Text(place) => changes[place.source.index].note(item),
                // What was added comes last.
                Origin::Function => changes.last_mut().into_iter().for_each(|changes| changes.note(item)),
            }
        }
        self.sources.iter().zip(changes).map(|(source, changes)| changes.splices(source)).collect()
    }

    /// The text as it came with, in a `ResourceList`, these results.
    pub(crate) fn write_as_they_came(&self, results: &[&Finding]) -> String {
        self.write_spliced(self.sources.iter().map(|_| Vec::new()), results)
    }

    fn write_spliced(&self, splices: impl Iterator<Item = Vec<Splice>>, results: &[&Finding]) -> String {
        let last = self.sources.len().saturating_sub(1);
        let texts = self.sources.iter().zip(splices).enumerate().map(|(index, (source, mut splices))| {
            if let Layout::List { root, .. } = source.layout {
                let results: Vec<_> =
                    results.iter().map(|finding| serde_json::to_value(finding).unwrap_or_default()).collect();
                let results = if results.is_empty() { None } else { Some(Value::Array(results)) };
                splices.extend(edit::set_entry(&source.tree, root, "results", results.as_ref()));
            }
            if index < last || edit::writes_behind(&source.tree, &splices) {
                edit::close_last_block(&source.tree, &mut splices);
            }
            splice(source.tree.text(), splices)
        });
        join(texts.collect())
    }

    /// No objects, for a host that takes what a checking function returns for a change; the results stay.
    pub(crate) fn write_nothing(&self, results: &[&Finding]) -> String {
        match self.sources.first().map(|source| source.layout) {
            Some(Layout::List { .. }) => {
                let list = json!({
                    "apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [], "results": results,
                });
                Block { literals: true }.lines(&list, 0)
            }
            _ => String::new(),
        }
    }

    fn reads_as_meant(&self, text: &str) -> bool {
        let Ok(reread) = self.reread(text.to_owned()) else { return false };
        let kept = self.items.iter().filter(|item| !item.is_removed());
        let (came, added): (Vec<_>, Vec<_>) = kept.partition(|item| matches!(item.origin, Origin::Text(_)));
        let is_same = |(item, read): (&&Item, &Item)| match &item.outcome {
            Outcome::Unchanged => item.name() == read.name() && item.kind() == read.kind(),
            _ => item.value() == read.value(),
        };
        reread.items.len() == came.len() + added.len() && came.iter().chain(&added).zip(&reread.items).all(is_same)
    }

    /// Reads a text of the same layout.
    fn reread(&self, text: String) -> Result<Self, LoadError> {
        let is_list = self.sources.iter().any(|source| matches!(source.layout, Layout::List { .. }));
        if is_list { Self::from_list(text) } else { Self::from_streams(vec![(None, text)]) }
    }
}

/// One text of several: documents stay apart.
fn join(texts: Vec<String>) -> String {
    let mut joined = String::with_capacity(texts.iter().map(String::len).sum());
    for text in texts {
        if !joined.is_empty() && !text.is_empty() {
            if !ends_line(&joined) {
                joined.push('\n');
            }
            if !text.starts_with("---") {
                joined.push_str("---\n");
            }
        }
        joined.push_str(&text);
    }
    joined
}

/// What is to be done to a text.
#[derive(Default)]
struct Changes<'i> {
    splices: Vec<Splice>,
    documents: Vec<usize>,
    /// The items that go, by their list.
    items: BTreeMap<NodeId, Vec<usize>>,
    added: Vec<&'i Value>,
}

impl<'i> Changes<'i> {
    fn note(&mut self, item: &'i Item) {
        match (&item.origin, &item.outcome) {
            (_, Outcome::Unchanged) | (Origin::Function, Outcome::Removed) => {}
            (Origin::Function, _) => self.added.push(item.value()),
            (Origin::Text(_), Outcome::Edited(splices)) => self.splices.extend(splices.iter().cloned()),
            (Origin::Text(place), Outcome::Written) => self.splices.push(match place.container {
                Container::Document(_) => edit::replace_root(&place.source.tree, place.node, item.value()),
                Container::Sequence { node, index } => {
                    edit::replace_item(&place.source.tree, node, index, item.value())
                }
            }),
            (Origin::Text(place), Outcome::Removed) => match place.container {
                Container::Document(index) => self.documents.push(index),
                Container::Sequence { node, index } => self.items.entry(node).or_default().push(index),
            },
        }
    }

    fn splices(mut self, source: &Source) -> Vec<Splice> {
        let tree = &source.tree;
        let of_documents = self.documents.iter().map(|index| tree.documents()[*index].range.clone());
        self.splices.extend(of_documents.map(|range| Splice { range, text: String::new() }));
        if !self.added.is_empty() {
            self.splices.extend(added(source, &self.added, &mut self.items));
        }
        for (sequence, indices) in self.items {
            self.splices.extend(edit::remove_items(tree, sequence, &indices));
        }
        self.splices
    }
}

/// The splice that adds objects. Where all other items of the list go, the whole list is rewritten, and they are taken out
/// of those that are `removed`.
fn added(source: &Source, added: &[&Value], removed: &mut BTreeMap<NodeId, Vec<usize>>) -> Option<Splice> {
    let tree = &source.tree;
    let Layout::List { root, items } = source.layout else { return Some(append_documents(tree, added)) };
    let is_emptied = |items: NodeId| removed.get(&items).map_or(0, Vec::len) == tree.items(items).len();
    let added: Vec<Value> = added.iter().map(|object| (*object).clone()).collect();
    match items {
        Some(items) if !is_emptied(items) => edit::append_items(tree, items, &added),
        _ => {
            removed.retain(|sequence, _| Some(*sequence) != items);
            edit::set_entry(tree, root, "items", Some(&Value::Array(added)))
        }
    }
}

fn append_documents(tree: &Tree, added: &[&Value]) -> Splice {
    let end = tree.text().len();
    let mut text = String::new();
    if end > 0 && !ends_line(tree.text()) {
        text.push('\n');
    }
    for object in added {
        text.push_str("---\n");
        text.push_str(&Block { literals: true }.lines(object, 0));
    }
    if end == 0 {
        text.drain(.."---\n".len());
    }
    Splice { range: end..end, text }
}
