//! Writing the objects back.

use std::collections::BTreeMap;

use json_patch::PatchOperation;
use serde_json::{Value, json};

use super::item::{Container, Fate, Item};
use super::{Layout, LoadError, Resources, Source};
use crate::field::FieldPath;
use crate::finding::{Finding, ObjectReference};
use crate::yaml::emit::Block;
use crate::yaml::{NodeId, Splice, Tree, edit, splice};

/// The changes of the texts, not yet done.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// For each source, what is to be done to it.
    splices: Vec<Vec<Splice>>,
    /// One `info` finding for each changed field and each object that came or went.
    pub(crate) changes: Vec<Finding>,
}

impl Draft {
    /// Whether every object stays as it came.
    pub(crate) fn is_empty(&self) -> bool {
        self.splices.iter().all(Vec::is_empty)
    }
}

impl Resources {
    /// Whether there were objects and none is left.
    pub(crate) fn lost_everything(&self) -> bool {
        let is_gone = |item: &Item| matches!(item.fate, Fate::Removed);
        !self.items.is_empty() && self.added.is_empty() && self.items.iter().all(is_gone)
    }

    /// Works out what must change in the texts.
    ///
    /// # Errors
    /// Findings for changes that cannot be written where the value stands.
    pub(crate) fn draft(&self) -> Result<Draft, Vec<Finding>> {
        let mut draft = Draft::default();
        let mut problems = Vec::new();
        for (index, source) in self.sources.iter().enumerate() {
            let mut splices = Vec::new();
            let items = || self.items.iter().filter(|item| std::ptr::eq(item.source(), std::rc::Rc::as_ptr(source)));
            for item in items() {
                match write_item(source, item, &mut draft.changes) {
                    Ok(written) => splices.extend(written),
                    Err(problem) => problems.push(problem),
                }
            }
            let added = if index + 1 == self.sources.len() { self.added.as_slice() } else { &[] };
            splices.extend(remove_and_add(source, items().filter(|item| matches!(item.fate, Fate::Removed)), added));
            draft.splices.push(splices);
        }
        draft.changes.extend(self.added.iter().map(|object| Finding::info("added").on(reference_to(object))));
        if problems.is_empty() { Ok(draft) } else { Err(problems) }
    }

    /// The text with the changes done and, in a `ResourceList`, these results; results of an earlier function go.
    /// An empty draft gives the objects as they came.
    pub(crate) fn write(&self, draft: Draft, results: &[Finding]) -> String {
        let drafted = draft.splices.into_iter().chain(std::iter::repeat_with(Vec::new));
        let texts = self.sources.iter().zip(drafted).map(|(source, mut splices)| {
            if let Layout::List { root, .. } = source.layout {
                let results: Vec<_> =
                    results.iter().map(|finding| serde_json::to_value(finding).unwrap_or_default()).collect();
                let results = if results.is_empty() { None } else { Some(Value::Array(results)) };
                splices.extend(edit::set_entry(&source.tree, root, "results", results.as_ref()));
            }
            splice(source.tree.text(), splices)
        });
        self.join(texts.collect())
    }

    /// No objects, for a host that takes what a checking function returns for a change; the results stay.
    pub(crate) fn write_nothing(&self, results: &[Finding]) -> String {
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

    /// Whether a text, read anew, holds just the objects that it should. A last look before anything leaves: text
    /// that reads differently than meant must never reach a cluster.
    pub(crate) fn reads_as_meant(&self, text: &str) -> bool {
        let Ok(reread) = self.reread(text.to_owned()) else { return false };
        let kept: Vec<_> = self.items.iter().filter(|item| !matches!(item.fate, Fate::Removed)).collect();
        if reread.items.len() != kept.len() + self.added.len() {
            return false;
        }
        let (read_kept, read_added) = reread.items.split_at(kept.len());
        let same = kept.iter().zip(read_kept).all(|(item, read)| match &item.fate {
            Fate::Edited => item.value() == read.value(),
            Fate::Replaced(object) => object == read.value(),
            _ => item.name() == read.name() && item.kind() == read.kind(),
        });
        same && self.added.iter().zip(read_added).all(|(object, read)| object == read.value())
    }

    /// Reads a text of the same layout.
    pub(crate) fn reread(&self, text: String) -> Result<Self, LoadError> {
        let is_list = self.sources.iter().any(|source| matches!(source.layout, Layout::List { .. }));
        if is_list { Self::from_list(text) } else { Self::from_streams(vec![(None, text)]) }
    }

    /// One text of several: documents stay apart.
    fn join(&self, texts: Vec<String>) -> String {
        let mut joined = String::with_capacity(texts.iter().map(String::len).sum());
        for text in texts {
            if !joined.is_empty() && !text.is_empty() {
                if !joined.ends_with('\n') {
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
}

fn write_item(source: &Source, item: &Item, changes: &mut Vec<Finding>) -> Result<Vec<Splice>, Finding> {
    if matches!(item.fate, Fate::Removed | Fate::Replaced(_)) && source.tree.is_referenced(item.node) {
        let message = "holds a YAML anchor that other objects use; write the value out there before this object can go";
        return Err(Finding::error(message).on(item.reference()));
    }
    match &item.fate {
        Fate::Kept => Ok(Vec::new()),
        Fate::Removed => {
            changes.push(Finding::info("removed").on(item.reference()));
            Ok(Vec::new())
        }
        Fate::Replaced(object) => {
            let message = format!("replaced by {}", reference_to(object));
            changes.push(Finding::info(message).on(item.reference()));
            Ok(vec![replace(source, item, object)])
        }
        Fate::Edited => {
            let edit = edit::edit(&source.tree, item.node, item.value()).map_err(|error| {
                Finding::error(format!("cannot be changed here: {}", error.reason))
                    .on(item.reference())
                    .at(FieldPath::of_pointer(&error.pointer))
            })?;
            changes.extend(edit.patch.0.iter().map(|operation| describe(operation, item, &edit.before)));
            Ok(edit.splices)
        }
    }
}

fn replace(source: &Source, item: &Item, object: &Value) -> Splice {
    match item.container {
        Container::Document(_) => edit::replace_root(&source.tree, item.node, object),
        Container::Sequence { node, index } => edit::replace_item(&source.tree, node, index, object),
    }
}

/// What an operation did, as a finding. Values of secrets are not shown.
fn describe(operation: &PatchOperation, item: &Item, original: &Value) -> Finding {
    let (verb, path, value) = match operation {
        PatchOperation::Add(add) => ("added", &add.path, Some(&add.value)),
        PatchOperation::Remove(remove) => ("removed", &remove.path, None),
        PatchOperation::Replace(replace) => ("changed", &replace.path, Some(&replace.value)),
        _ => unreachable!("differences are made of add, remove and replace"),
    };
    let pointer = path.to_string();
    let mut finding = Finding::info(verb).on(item.reference()).at(FieldPath::of_pointer(&pointer));
    if !matches!(item.kind(), "Secret" | "SealedSecret") {
        if let (true, Some(current)) = (verb != "added", original.pointer(&pointer)) {
            finding = finding.current(current.clone());
        }
        if let Some(value) = value {
            finding = finding.proposed(value.clone());
        }
    }
    finding
}

fn reference_to(object: &Value) -> ObjectReference {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    ObjectReference {
        api_version: text(&object["apiVersion"]).unwrap_or_default(),
        kind: text(&object["kind"]).unwrap_or_default(),
        name: text(&object["metadata"]["name"]).unwrap_or_default(),
        namespace: text(&object["metadata"]["namespace"]),
        file: None,
    }
}

fn remove_and_add<'i>(source: &Source, removed: impl Iterator<Item = &'i Item>, added: &[Value]) -> Vec<Splice> {
    let tree = &source.tree;
    let mut by_sequence: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
    let mut splices = Vec::new();
    for item in removed {
        match item.container {
            Container::Document(index) => {
                splices.push(Splice { range: tree.documents()[index].range.clone(), text: String::new() });
            }
            Container::Sequence { node, index } => by_sequence.entry(node).or_default().push(index),
        }
    }
    let new_items = Value::Array(added.to_vec());
    if let Layout::List { root, items } = source.layout {
        let is_emptied = |items: NodeId| by_sequence.get(&items).map_or(0, Vec::len) == tree.items(items).len();
        match items {
            Some(items) if !is_emptied(items) => splices.extend(edit::append_items(tree, items, added)),
            _ if added.is_empty() => {}
            _ => {
                by_sequence.retain(|sequence, _| Some(*sequence) != items);
                splices.extend(edit::set_entry(tree, root, "items", Some(&new_items)));
            }
        }
    } else if !added.is_empty() {
        splices.push(append_documents(tree, added));
    }
    for (sequence, indices) in by_sequence {
        splices.extend(edit::remove_items(tree, sequence, &indices));
    }
    splices
}

fn append_documents(tree: &Tree, added: &[Value]) -> Splice {
    let end = tree.text().len();
    let mut text = String::new();
    if end > 0 && !tree.text().ends_with('\n') {
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
