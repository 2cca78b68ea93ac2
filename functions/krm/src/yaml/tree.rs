//! A text with its nodes, and what they mean.

use std::cell::OnceCell;

use granit_parser::ScalarStyle;
use serde_json::{Map, Value};

use super::builder::{self, error_at};
use super::kind::{Kind, NodeId};
use super::limits;
use super::line;
use super::node::{Document, Entry, Node, Nodes, ParseError, SequenceItem};
use super::{scalar, subset};

/// A text with the place of every node in it.
#[derive(Debug)]
pub struct Tree {
    text: String,
    nodes: Nodes,
    /// Where lines start, from the first question for one on.
    line_starts: OnceCell<Vec<usize>>,
}

impl Tree {
    /// Finds the nodes of `text`.
    ///
    /// # Errors
    /// Text that is not YAML or is longer than 4 GiB, mappings that name a key twice, aliases to their own ancestors, and
    /// aliases that make a multiple of what is written.
    pub fn parse(text: String) -> Result<Self, ParseError> {
        if u32::try_from(text.len()).is_err() {
            return Err(ParseError { line: 1, column: 1, message: "the text is longer than 4 GiB".to_owned() });
        }
        let mut nodes = subset::nodes_of(&text).map_or_else(|| builder::nodes_of(&text), Ok)?;
        if let Some(message) = limits::too_many(nodes.len(), text.len()) {
            return Err(ParseError { line: 1, column: 1, message });
        }
        if let Some((alias, excess)) = limits::excess(&nodes, text.len()) {
            return Err(error_at(&text, nodes.aliases[alias].at, excess.message()));
        }
        nodes.index();
        Ok(Self { text, nodes, line_starts: OnceCell::new() })
    }

    /// The text itself.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The documents in their order.
    pub fn documents(&self) -> &[Document] {
        &self.nodes.documents
    }

    /// A node by its name.
    pub fn node(&self, id: NodeId) -> Node {
        self.nodes.node(id)
    }

    /// The entries of a mapping; none for anything else. Does not look through aliases.
    pub fn entries(&self, id: NodeId) -> &[Entry] {
        self.nodes.entries(id)
    }

    /// Where an entry starts: its `?` or its key.
    pub fn entry_start(&self, entry: &Entry) -> usize {
        self.nodes.marks(entry).start as usize
    }

    /// Where the `:` of an entry is, if it has one.
    pub fn colon(&self, entry: &Entry) -> Option<usize> {
        self.nodes.marks(entry).colon.map(|colon| colon as usize)
    }

    /// The items of a sequence; none for anything else. Does not look through aliases.
    pub fn items(&self, id: NodeId) -> &[SequenceItem] {
        self.nodes.items(id)
    }

    /// The node that `id` means: itself, or what an alias refers to.
    pub fn resolved(&self, id: NodeId) -> NodeId {
        self.nodes.resolved(id)
    }

    /// The line of a node, counted from one.
    pub fn line(&self, id: NodeId) -> usize {
        let starts = self.line_starts.get_or_init(|| line::line_starts(&self.text, 0).collect());
        starts.partition_point(|start| *start <= self.node(id).range().start)
    }

    /// The text of a scalar, decoded. `None` for anything else.
    pub fn scalar_text(&self, id: NodeId) -> Option<&str> {
        self.nodes.scalar_text(&self.text, id)
    }

    /// Where the content of a scalar starts, behind tag, anchor and block header.
    pub fn content_start(&self, id: NodeId) -> usize {
        let node = self.node(id);
        self.nodes.detail(id).map_or(node.start as usize, |detail| detail.content)
    }

    fn tag(&self, id: NodeId) -> Option<&str> {
        self.nodes.detail(id)?.tag.as_deref()
    }

    /// The name of an entry: the text of its key, whatever its type.
    pub fn key_text(&self, entry: &Entry) -> &str {
        self.nodes.key_text(&self.text, entry.key)
    }

    /// The entry `key` of a mapping. Does not look into merge keys.
    pub fn entry(&self, mapping: NodeId, key: &str) -> Option<&Entry> {
        let is_key = |entry: &&Entry| self.nodes.may_be_text(entry.key, key) && self.key_text(entry) == key;
        self.entries(self.resolved(mapping)).iter().find(is_key)
    }

    /// The value node under `key` of a mapping, which may come from a merge key.
    pub fn get(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        match self.entry(mapping, key) {
            Some(entry) => Some(entry.value),
            None if self.nodes.has_merges => self.merged(mapping, key),
            None => None,
        }
    }

    /// The value nodes under several keys of a mapping, found in one walk.
    pub fn get_all<const N: usize>(&self, mapping: NodeId, keys: [&str; N]) -> [Option<NodeId>; N] {
        if self.nodes.has_merges {
            return keys.map(|key| self.get(mapping, key));
        }
        let mut found = [None; N];
        for entry in self.entries(self.resolved(mapping)) {
            let text = self.key_text(entry);
            if let Some(place) = keys.iter().position(|key| *key == text) {
                found[place] = Some(entry.value);
            }
        }
        found
    }

    /// The text under `key` of a mapping as it is written, if it is a scalar other than null.
    pub fn text_of(&self, mapping: NodeId, key: &str) -> Option<&str> {
        self.text_at(self.get(mapping, key)?)
    }

    /// The text of a node as it is written, if it is a scalar other than null.
    pub fn text_at(&self, id: NodeId) -> Option<&str> {
        let value = self.resolved(id);
        let text = self.scalar_text(value)?;
        let is_null = matches!(text, "" | "~" | "null" | "Null" | "NULL") && self.value(value).is_null();
        Some(text).filter(|_| !is_null)
    }

    /// The value node that a merge key of a mapping brings under `key`.
    fn merged(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        self.merge_sources(self.entries(self.resolved(mapping))).find_map(|source| self.get(source, key))
    }

    /// The nodes whose entries the merge keys among these entries bring, in their order.
    fn merge_sources<'s>(&'s self, entries: &'s [Entry]) -> impl Iterator<Item = NodeId> + 's {
        let merges = entries.iter().filter(|entry| self.is_merge(entry));
        merges.map(|merge| self.resolved(merge.value)).flat_map(|source| match self.node(source).kind() {
            Kind::Sequence { .. } => self.items(source).iter().map(|item| item.node).collect(),
            _ => vec![source],
        })
    }

    /// Whether the entry is a YAML 1.1 merge key (`<<`).
    pub fn is_merge(&self, entry: &Entry) -> bool {
        self.nodes.has_merges
            && matches!(self.node(entry.key).kind(), Kind::Scalar(ScalarStyle::Plain))
            && self.scalar_text(entry.key) == Some("<<")
            && self.tag(entry.key).is_none_or(|tag| tag.ends_with("merge"))
    }

    /// Whether the node is empty text, as in `key:`.
    pub fn is_empty(&self, id: NodeId) -> bool {
        self.node(id).range().is_empty()
    }

    /// Whether a mapping has a merge key.
    pub(super) fn has_merges(&self) -> bool {
        self.nodes.has_merges
    }

    /// Whether the text has an alias.
    pub(super) fn has_aliases(&self) -> bool {
        !self.nodes.aliases.is_empty()
    }

    /// Whether an alias outside the node's own bytes refers to it or to something in it.
    pub fn is_referenced(&self, id: NodeId) -> bool {
        let range = self.node(id).range();
        self.nodes.aliases_into(&range).any(|alias| !range.contains(&alias.at))
    }

    /// Whether an alias refers to exactly this node.
    pub fn is_aliased(&self, id: NodeId) -> bool {
        self.nodes.detail(id).is_some_and(|detail| detail.is_anchored)
            && self.nodes.aliases_into(&self.node(id).range()).any(|alias| alias.target == id)
    }

    /// The value of a node as Go reads it, aliases and merge keys expanded.
    pub fn value(&self, id: NodeId) -> Value {
        match self.nodes.kind(id) {
            Kind::Alias(target) => self.value(target),
            Kind::Sequence { .. } => self.items(id).iter().map(|item| self.value(item.node)).collect(),
            Kind::Mapping { .. } => Value::Object(self.object(self.entries(id))),
            Kind::Scalar(style) => self.scalar(id, style).unwrap_or_else(|text| Value::String(text.to_owned())),
        }
    }

    /// The value of a scalar of this style.
    ///
    /// # Errors
    /// Its text, if that is its value.
    pub(super) fn scalar(&self, id: NodeId, style: ScalarStyle) -> Result<Value, &str> {
        let text = self.scalar_text(id).unwrap_or_default();
        let tag = self.tag(id);
        let is_resolved = match tag.and_then(|tag| tag.strip_prefix("!!")) {
            None => style == ScalarStyle::Plain && tag.is_none(),
            Some(tag) => matches!(tag, "int" | "float" | "bool" | "null"),
        };
        if is_resolved { scalar::other_than_text(text).ok_or(text) } else { Err(text) }
    }

    /// The entries of a mapping, each with its text, if its value is one; what merge keys bring comes last.
    pub fn texts(&self, mapping: NodeId) -> Vec<(&str, Option<&str>)> {
        let entries = self.entries(self.resolved(mapping));
        let own = entries.iter().filter(|entry| !self.is_merge(entry));
        let mut texts: Vec<_> = own.map(|entry| (self.key_text(entry), self.text_value(entry.value))).collect();
        for (key, text) in self.merge_sources(entries).flat_map(|source| self.texts(source)) {
            if texts.iter().all(|(known, _)| *known != key) {
                texts.push((key, text));
            }
        }
        texts
    }

    /// The text that is the value of a node, if it is one.
    fn text_value(&self, id: NodeId) -> Option<&str> {
        let id = self.resolved(id);
        match self.nodes.kind(id) {
            Kind::Scalar(style) => self.scalar(id, style).err(),
            _ => None,
        }
    }

    /// Whether [`Tree::value`] of a node is this value. Nothing is made for it where the entries have the same order.
    pub fn is_value(&self, id: NodeId, value: &Value) -> bool {
        match (self.nodes.kind(id), value) {
            (Kind::Alias(target), _) => self.is_value(target, value),
            (Kind::Sequence { .. }, Value::Array(array)) => {
                let items = self.items(id);
                items.len() == array.len()
                    && items.iter().zip(array).all(|(item, value)| self.is_value(item.node, value))
            }
            (Kind::Mapping { .. }, Value::Object(object)) => {
                let entries = self.entries(id);
                let is_entry = |(entry, (key, value)): (&Entry, (&String, &Value))| {
                    self.key_text(entry) == key && !self.is_merge(entry) && self.is_value(entry.value, value)
                };
                (entries.len() == object.len() && entries.iter().zip(object).all(is_entry)) || self.value(id) == *value
            }
            (Kind::Scalar(style), Value::String(string)) if self.tag(id).is_none() => {
                let is_text = style != ScalarStyle::Plain || scalar::other_than_text(string).is_none();
                is_text && self.scalar_text(id) == Some(string)
            }
            (Kind::Scalar(_), _) => self.value(id) == *value,
            (Kind::Sequence { .. } | Kind::Mapping { .. }, _) => false,
        }
    }

    fn object(&self, entries: &[Entry]) -> Map<String, Value> {
        let mut object = Map::with_capacity(entries.len());
        for entry in entries.iter().filter(|entry| !self.is_merge(entry)) {
            object.insert(self.key_text(entry).to_owned(), self.value(entry.value));
        }
        for source in self.merge_sources(entries) {
            let Value::Object(source) = self.value(source) else { continue };
            for (key, value) in source {
                object.entry(key).or_insert(value);
            }
        }
        object
    }
}

/// Whether both parsers find the same nodes in a text; `None` if not all of it is in the subset that the fast one reads. For
/// tests of the two against each other.
pub fn parsers_agree(text: &str) -> Option<bool> {
    subset::nodes_of(text).map(|nodes| builder::nodes_of(text).is_ok_and(|all| all == nodes))
}
