//! Nodes while a text is read: the children of a collection are kept apart until it closes.

use std::collections::HashSet;
use std::ops::Range;

use super::children::Collection;
use super::kind::{Kind, NodeId};
use super::node::{Detail, Entry, Marks, Nodes, SequenceItem};

/// The nodes read so far, and the children of the collections that are still open.
pub(super) struct Assembly {
    pub(super) nodes: Nodes,
    open_entries: Vec<Entry>,
    open_items: Vec<SequenceItem>,
    /// The fingerprints of the keys of the open entries.
    open_keys: Vec<u64>,
}

/// Where the children of an open collection begin among those of all open ones.
#[derive(Clone, Copy)]
pub(super) struct Open(usize);

/// How much of a text was read.
#[derive(Clone, Copy)]
pub(super) struct Checkpoint {
    nodes: usize,
    mappings: u32,
    sequences: u32,
    marks: usize,
    details: usize,
}

impl Assembly {
    /// Nothing yet, with room for the nodes of a text of this length.
    pub(super) fn with_room_for(text_length: usize) -> Self {
        let nodes = Nodes::with_room_for(text_length);
        Self { nodes, open_entries: Vec::new(), open_items: Vec::new(), open_keys: Vec::new() }
    }

    /// Adds a node, its children come before.
    #[inline]
    pub(super) fn push(&mut self, kind: Kind, range: Range<usize>) -> NodeId {
        self.nodes.push(kind, offset(range.start), offset(range.end));
        offset(self.nodes.len() - 1)
    }

    /// Adds what the last node has and most nodes do not have.
    pub(super) fn push_detail(&mut self, id: NodeId, detail: Detail) {
        self.nodes.details.push((id, detail));
    }

    /// What was read until now; no collection is open.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        let Nodes { entries, items, marks, details, .. } = &self.nodes;
        Checkpoint {
            nodes: self.nodes.len(),
            mappings: entries.number(),
            sequences: items.number(),
            marks: marks.len(),
            details: details.len(),
        }
    }

    /// Forgets what was read since.
    pub(super) fn return_to(&mut self, checkpoint: Checkpoint) {
        self.nodes.truncate(checkpoint.nodes);
        self.nodes.entries.truncate(checkpoint.mappings);
        self.nodes.items.truncate(checkpoint.sequences);
        self.nodes.marks.truncate(checkpoint.marks);
        self.nodes.details.truncate(checkpoint.details);
        self.open_entries.clear();
        self.open_items.clear();
        self.open_keys.clear();
    }

    /// Opens a sequence.
    pub(super) fn open_sequence(&self) -> Open {
        Open(self.open_items.len())
    }

    /// Adds an item to the sequence that was opened last.
    pub(super) fn push_item(&mut self, start: usize, node: NodeId) {
        self.open_items.push(SequenceItem { start: offset(start), node });
    }

    /// Closes the sequence that was opened last.
    pub(super) fn close_sequence(&mut self, open: Open) -> Collection {
        self.nodes.items.close(&mut self.open_items, open.0)
    }

    /// Opens a mapping.
    pub(super) fn open_mapping(&self) -> Open {
        Open(self.open_entries.len())
    }

    /// Notes the text of a key that was just read.
    pub(super) fn note_key(&mut self, text: &str, key: NodeId) {
        let (is_merge, fingerprint) = {
            let text = self.nodes.key_text(text, key);
            (text == "<<", fingerprint(text.as_bytes()))
        };
        self.nodes.has_merges |= is_merge;
        self.open_keys.push(fingerprint);
    }

    /// Adds an entry to the mapping that was opened last. Its key was noted before.
    pub(super) fn push_entry(&mut self, start: usize, key: NodeId, colon: Option<usize>, value: NodeId) {
        self.nodes.mark(key, Marks { start: offset(start), colon: colon.map(offset) });
        self.open_entries.push(Entry { key, value });
    }

    /// Closes the mapping that was opened last.
    ///
    /// # Errors
    /// The first entry whose key another entry before it has.
    pub(super) fn close_mapping(&mut self, text: &str, open: Open) -> Result<Collection, Entry> {
        let entries = &self.open_entries[open.0..];
        let first = self.open_keys.len() - entries.len();
        let is_suspect = match &self.open_keys[first..] {
            keys if keys.len() <= 32 => keys.iter().enumerate().any(|(index, key)| keys[..index].contains(key)),
            _ => true,
        };
        self.open_keys.truncate(first);
        if is_suspect {
            let mut seen = HashSet::with_capacity(entries.len());
            if let Some(twice) = entries.iter().find(|entry| !seen.insert(self.nodes.key_text(text, entry.key))) {
                return Err(*twice);
            }
        }
        Ok(self.nodes.entries.close(&mut self.open_entries, open.0))
    }
}

/// A number that differs for most texts that differ.
fn fingerprint(text: &[u8]) -> u64 {
    let mix = |mixed: u64, word: u64| (mixed.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (words, rest) = text.as_chunks::<8>();
    let mixed = words.iter().fold(text.len() as u64, |mixed, word| mix(mixed, u64::from_le_bytes(*word)));
    mix(mixed, rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

/// A position in a text of at most 4 GiB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
