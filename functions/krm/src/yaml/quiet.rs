//! What of a text need not be read again once it is changed elsewhere.
//!
//! A document reads the same whatever is in the others, and so does an item of a list that is written in lines,
//! unless an alias leads from one to another. A change inside of a part may run on behind it, into an open quote say. All
//! parts begin alike, with `---` or a dash in the same column, so it then runs into the next part that is read, too.

use std::ops::Range;

use super::kind::{Kind, NodeId};
use super::line::{self, line_start};
use super::splice::Splice;
use super::tree::Tree;

/// The documents, or the items of a sequence, that are neither first nor last, and that no splice changes or touches at an
/// end; those that come together are one. Without them the rest of the text reads as it does with them.
pub(crate) fn quiet_parts<'s>(
    tree: &Tree,
    sequence: Option<NodeId>,
    splices: impl Iterator<Item = &'s Splice>,
) -> Vec<Range<usize>> {
    if !parts_stand_alone(tree) {
        return Vec::new();
    }
    let parts = sequence.map_or_else(|| documents(tree), |sequence| items(tree, sequence));
    let mut changed: Vec<_> = splices.map(|splice| splice.range.clone()).collect();
    changed.sort_unstable_by_key(|range| (range.start, range.end));
    let is_changed = |part: &Range<usize>| {
        let next = changed.partition_point(|range| range.end < part.start);
        changed.get(next).is_some_and(|range| range.start <= part.end)
    };
    let inner = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
    let mut quiet: Vec<Range<usize>> = Vec::new();
    for part in inner.iter().filter(|part| !is_changed(part)) {
        match quiet.last_mut() {
            Some(last) if last.end == part.start => last.end = part.end,
            _ => quiet.push(part.clone()),
        }
    }
    quiet
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
        let parts = quiet_parts(&tree, sequence, place.iter());
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
}
