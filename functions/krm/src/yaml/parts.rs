//! The parts of a text that read the same whatever is in the others, and so need not be read again with them.
//!
//! A document is such a part, and so is an item of a list that is written in lines, unless an alias leads from one to
//! another. A change inside of a part may run on behind it, into an open quote say. All parts begin alike, with `---` or a
//! dash in the same column, so it then runs into any part that comes behind it.

use std::ops::Range;

use super::kind::{Kind, NodeId};
use super::line::{self, line_start};
use super::splice::{Splice, pieces, put_in_order};
use super::tree::Tree;

/// The documents of a text or the items of a sequence in it, in their order.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// None where they do not stand alone.
    ranges: Vec<Range<usize>>,
    /// What begins each item of a sequence; nothing where they are documents.
    dash: Option<String>,
}

/// A part with splices, read by itself.
#[derive(Debug)]
pub(crate) struct Alone {
    pub(crate) tree: Tree,
    /// What the part holds.
    pub(crate) node: NodeId,
}

impl Parts {
    /// The items of a sequence; without one, the documents.
    pub(crate) fn of(tree: &Tree, sequence: Option<NodeId>) -> Self {
        if !parts_stand_alone(tree) {
            return Self::default();
        }
        match sequence {
            Some(sequence) => {
                let first = tree.items(sequence).first().map_or(0, |item| item.start());
                let indent = &tree.text()[line_start(tree.text(), first)..first];
                Self { ranges: items(tree, sequence), dash: Some(format!("{indent}- ")) }
            }
            None => Self { ranges: documents(tree), dash: None },
        }
    }

    /// Those that are neither first nor last: before the first and in the last there may be what belongs to the whole.
    fn inner(&self) -> &[Range<usize>] {
        self.ranges.get(1..self.ranges.len().saturating_sub(1)).unwrap_or_default()
    }

    /// The inner parts that no splice changes or touches at an end; those that come together are one. Without them the rest of
    /// the text reads as it does with them.
    pub(crate) fn quiet<'s>(&self, splices: impl Iterator<Item = &'s Splice>) -> Vec<Range<usize>> {
        let mut changed: Vec<_> = splices.map(|splice| splice.range.clone()).collect();
        changed.sort_unstable_by_key(|range| (range.start, range.end));
        let is_changed = |part: &Range<usize>| {
            let next = changed.partition_point(|range| range.end < part.start);
            changed.get(next).is_some_and(|range| range.start <= part.end)
        };
        let mut quiet: Vec<Range<usize>> = Vec::new();
        for part in self.inner().iter().filter(|part| !is_changed(part)) {
            match quiet.last_mut() {
                Some(last) if last.end == part.start => last.end = part.end,
                _ => quiet.push(part.clone()),
            }
        }
        quiet
    }

    /// The inner part around a node of the text as splices of this part make it, if it holds one thing and does not run on
    /// behind its end.
    pub(crate) fn alone(&self, tree: &Tree, node: NodeId, splices: &[Splice]) -> Option<Alone> {
        let start = tree.node(node).range().start;
        let inner = self.inner();
        let part = inner.get(inner.partition_point(|part| part.end <= start)).filter(|part| part.contains(&start))?;
        if splices.iter().any(|splice| splice.range.start < part.start || part.end < splice.range.end) {
            return None;
        }
        let mut splices: Vec<_> = splices.iter().collect();
        put_in_order(&mut splices);
        let next = self.dash.as_deref().unwrap_or("---\n");
        let text = pieces(tree.text(), part.clone(), &splices).chain([next, "{}\n"]).collect();
        self.first(Tree::parse(text).ok()?)
    }

    /// What the first of two parts holds, if nothing of it runs on into the second one, which holds an empty mapping.
    fn first(&self, tree: Tree) -> Option<Alone> {
        let (node, next) = match (&self.dash, tree.documents()) {
            (None, [first, next]) => (first.root, next.root),
            (Some(_), [document]) => match tree.items(document.root) {
                [first, next] => (first.node, next.node),
                _ => return None,
            },
            _ => return None,
        };
        let is_apart =
            matches!(tree.node(next).kind(), Kind::Mapping { flow: true, .. }) && tree.entries(next).is_empty();
        is_apart.then_some(Alone { tree, node })
    }
}

/// Whether nothing in a text is about other documents or items: no alias, no directive, and no break or mark that the parser
/// reads otherwise.
fn parts_stand_alone(tree: &Tree) -> bool {
    let text = tree.text();
    let has_directive = text.starts_with('%') || text.contains("\n%") || text.contains("\r%");
    !tree.has_aliases() && !has_directive && line::is_known(text)
}

/// The documents, if `---` separates them all.
fn documents(tree: &Tree) -> Vec<Range<usize>> {
    let documents: Vec<_> = tree.documents().iter().map(|document| document.range.clone()).collect();
    let is_marked = |range: &Range<usize>| tree.text()[range.start..].starts_with("---");
    if documents.iter().skip(1).all(is_marked) { documents } else { Vec::new() }
}

/// The items of a sequence with their lines, if each begins one.
fn items(tree: &Tree, sequence: NodeId) -> Vec<Range<usize>> {
    let Kind::Sequence { flow: false, .. } = tree.node(sequence).kind() else { return Vec::new() };
    let dashes = tree.items(sequence).iter().map(|item| item.start());
    let mut starts: Vec<_> = dashes.clone().map(|dash| line_start(tree.text(), dash)).collect();
    if dashes.zip(&starts).any(|(dash, start)| !tree.text()[*start..dash].bytes().all(|byte| byte == b' ')) {
        return Vec::new();
    }
    starts.push(tree.node(sequence).range().end);
    starts.windows(2).map(|bounds| bounds[0]..bounds[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a text that are quiet when the word `old` changes.
    fn quiet(text: &str, is_list: bool) -> Vec<String> {
        let tree = Tree::parse(text.to_owned()).expect("it is YAML");
        let sequence = is_list.then(|| tree.get(tree.documents()[0].root, "items").expect("there are items"));
        let place = text.find("old").map(|at| Splice::new(at..at + 3, "new"));
        let parts = Parts::of(&tree, sequence).quiet(place.iter());
        parts.into_iter().map(|part| text[part].to_owned()).collect()
    }

    #[test]
    fn what_no_change_touches_and_is_not_at_an_end_is_quiet() {
        let documents: [(&str, &[&str]); 7] = [
            ("a: 1\n---\nb: 2\n---\nc: 3\n", &["---\nb: 2\n"]),
            ("a: 1\n---\nb: 2\n---\nc: 3\n---\nd: old\n", &["---\nb: 2\n---\nc: 3\n"]),
            ("a: 1\n---\nb: 2\n---\nc: old\n---\nd: 4\n", &["---\nb: 2\n"]),
            ("a: 1\n---\nb: &x 2\n---\nc: [&y 3, *y]\n", &[]),
            ("a: 1\n...\nb: 2\n---\nc: 3\n---\nd: 4\n", &[]),
            ("a: 1\n---\nb: 2\n...\n%YAML 1.2\n---\nc: 3\n---\nd: 4\n", &[]),
            ("a: 1\n---\nb: 2\u{2028}\n---\nc: 3\n---\nd: 4\n", &[]),
        ];
        for (text, expected) in documents {
            assert_eq!(quiet(text, false), expected, "{text}");
        }
        let lists: [(&str, &[&str]); 4] = [
            ("items:\n- a\n# b\n- |\n  b\n- c\nx: y\n", &["- |\n  b\n"]),
            ("items:\n  - a\n  - b: 1\n    c: 2\n  # d\n  - d\n  - old\n", &["  - b: 1\n    c: 2\n  # d\n  - d\n"]),
            ("items: [a,\nb,\nc]\n", &[]),
            ("? x\n: y\nitems: \n- - a\n  - b\n- - c\n- d\n", &["- - c\n"]),
        ];
        for (text, expected) in lists {
            assert_eq!(quiet(text, true), expected, "{text}");
        }
    }

    #[test]
    fn a_part_is_read_alone_if_it_ends_where_it_should() {
        for (text, is_list) in [("items:\n  - 1\n  - old\n  - 3\n", true), ("1\n---\nold\n---\n3\n", false)] {
            let tree = Tree::parse(text.to_owned()).expect("it is YAML");
            let root = tree.documents()[0].root;
            let sequence = is_list.then(|| tree.get(root, "items").expect("there are items"));
            let nodes: Vec<_> = match sequence {
                Some(sequence) => tree.items(sequence).iter().map(|item| item.node).collect(),
                None => tree.documents().iter().map(|document| document.root).collect(),
            };
            let parts = Parts::of(&tree, sequence);
            let place = text.find("old").expect("it is there");
            let read = |node: usize, new: &str| {
                let alone = parts.alone(&tree, nodes[node], &[Splice::new(place..place + 3, new)])?;
                Some(alone.tree.value(alone.node))
            };
            assert_eq!(read(1, "new"), Some("new".into()), "{text}");
            for new in ["'new", "[new", "new\n---\nmore", "new: ["] {
                assert_eq!(read(1, new), None, "{text}: {new}");
            }
            assert_eq!((read(0, "new"), read(2, "new")), (None, None), "{text}");
        }
    }
}
