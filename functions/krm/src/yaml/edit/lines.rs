//! Splices of whole lines and of flow collections.

use std::ops::Range;

use crate::yaml::emit::Block;
use crate::yaml::kind::{Kind, NodeId};
use crate::yaml::line::{BREAKS, UNKNOWN, ends_line, line_end, line_start, next_break};
use crate::yaml::node::Entry;
use crate::yaml::splice::Splice;
use crate::yaml::tree::Tree;

/// How new lines are written that come before what follows on the line below `end`.
pub(super) fn block_before(tree: &Tree, end: usize) -> Block {
    let below = tree.text()[behind_line(tree.text(), end)..].trim_start_matches(BREAKS);
    let comment_follows = below.starts_with([' ', '\t']) && below.trim_start().starts_with('#');
    Block { literals: !comment_follows }
}

pub(super) fn is_flow(tree: &Tree, node: NodeId) -> bool {
    matches!(tree.node(node).kind(), Kind::Mapping { flow: true, .. } | Kind::Sequence { flow: true, .. })
}

pub(super) fn entry_end(tree: &Tree, entry: &Entry) -> usize {
    let colon = tree.colon(entry).map_or(0, |colon| colon + 1);
    tree.node(entry.value).range().end.max(tree.node(entry.key).range().end).max(colon)
}

/// Takes runs of entries or items out; at least one stays.
pub(super) fn remove_runs(tree: &Tree, flow: bool, spans: &[Range<usize>], removed: &[bool]) -> Vec<Splice> {
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

/// Puts lines below the line that holds `end`.
pub(super) fn insert_lines(tree: &Tree, end: usize, lines: String) -> Splice {
    let text = tree.text();
    let at = behind_line(text, end);
    let lines = if at == 0 || ends_line(&text[..at]) { lines } else { format!("\n{lines}") };
    Splice::new(at..at, with_line_ends_of(text, lines))
}

/// Puts `text` behind the last entry of a flow collection.
pub(super) fn append_flow(tree: &Tree, collection: NodeId, last: Option<usize>, text: String) -> Splice {
    match last {
        Some(end) => Splice::new(end..end, format!(", {text}")),
        None => {
            let inside = tree.node(collection).range().end - 1;
            Splice::new(inside..inside, text)
        }
    }
}

/// Replaces a collection by an empty one, on the line of its key.
pub(super) fn empty_collection(tree: &Tree, collection: NodeId, brackets: &str) -> Splice {
    let range = tree.node(collection).range();
    let text = tree.text();
    let key_end = text[..range.start].trim_end().len();
    let end = range.start + text[range.clone()].trim_end().len();
    let behind_key = text[..key_end].ends_with(':') && !is_flow(tree, collection);
    if behind_key { Splice::new(key_end..end, format!(" {brackets}")) } else { Splice::new(range.start..end, brackets) }
}

/// The splice that puts `lines` in the place of `range`. What follows on the last old line, a comment, moves behind the
/// first new line; inside or below the new lines it would be read as part of them.
pub(super) fn replace_lines(tree: &Tree, range: Range<usize>, lines: String) -> Splice {
    let text = tree.text();
    if ends_line(&text[..range.end]) || range.end == text.len() {
        return Splice::new(range, with_line_ends_of(text, lines));
    }
    let end = next_break(text, range.end).unwrap_or(text.len()..text.len());
    // Some breaks would become part of a literal block above them.
    let (line_end, end) = if text[end.clone()].starts_with(UNKNOWN) { (end.end, "\n") } else { (end.start, "") };
    let comment = text[range.end..line_end].trim();
    let body = lines.trim_end_matches('\n');
    let lines = match body.split_once('\n') {
        Some(_) if comment.is_empty() => format!("{body}{end}"),
        Some((first, below)) => format!("{first} {comment}\n{below}{end}"),
        None => return Splice::new(range, with_line_ends_of(text, body.to_owned())),
    };
    Splice::new(range.start..line_end, with_line_ends_of(text, lines))
}

/// `lines` with the line ends that `text` has.
pub(super) fn with_line_ends_of(text: &str, lines: String) -> String {
    LineEnds::of(text).of_lines(lines)
}

/// The line ends of a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum LineEnds {
    Unix,
    Windows,
}

impl LineEnds {
    /// Those of the first line.
    pub(super) fn of(text: &str) -> Self {
        let is_windows = text.find('\n').is_some_and(|newline| text[..newline].ends_with('\r'));
        if is_windows { Self::Windows } else { Self::Unix }
    }

    /// Lines with these ends.
    pub(super) fn of_lines(self, lines: String) -> String {
        match self {
            Self::Unix => lines,
            Self::Windows => lines.replace('\n', "\r\n"),
        }
    }
}

/// The start of the line below the one that `end` closes.
pub(super) fn behind_line(text: &str, end: usize) -> usize {
    if ends_line(&text[..end]) { end } else { line_end(text, end) }
}

/// Where the comments end that follow an entry and are indented more than it: they are about what it holds. A line without
/// anything on it ends them.
pub(super) fn behind_comments(text: &str, end: usize, indent: usize) -> usize {
    let mut behind = end;
    let mut at = behind_line(text, end);
    while at < text.len() {
        let line = &text[at..line_end(text, at)];
        let comment = line.trim_start_matches(' ');
        if !comment.starts_with('#') || line.len() - comment.len() <= indent {
            break;
        }
        at += line.len();
        behind = at;
    }
    behind
}

/// The column to which lines below the byte at `at` are indented. Flow style has none, and its lines may be as long as the
/// text.
pub(super) fn indent(tree: &Tree, at: usize, flow: bool) -> usize {
    if flow { 0 } else { column(tree.text(), at) }
}

/// The column of a byte, counted in characters, a byte order mark not counted.
pub(super) fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].trim_start_matches('\u{feff}').chars().count()
}
