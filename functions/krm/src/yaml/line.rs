//! What a line is: one definition for everything that reads or writes one.
//!
//! go-yaml, and with it every Go program that reads manifests, ends lines as YAML 1.1 does. The parser ends them as
//! YAML 1.2 does, without those in [`UNKNOWN`]. So it gets a text with breaks of the same length that it knows.
//!
//! Source: `is_break` and `parser_scan_to_next_token` in go-yaml v3 `yamlprivateh.go`, `scannerc.go`.

use std::ops::Range;

/// The characters that end a line. A carriage return and the newline behind it are one break.
pub(super) const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// The breaks that the parser takes for other characters.
pub(super) const UNKNOWN: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// The breaks that a scalar keeps as they are, while all others become newlines.
pub(super) const SEPARATORS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// What files may begin with, and so documents of files that were joined.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// Whether a text ends in a break.
pub(crate) fn ends_line(text: &str) -> bool {
    text.ends_with(BREAKS)
}

/// The first break at or behind `at`.
pub(super) fn next_break(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    (at..bytes.len()).find_map(|at| {
        let length = match bytes[at..] {
            [b'\r', b'\n', ..] | [0xc2, 0x85, ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
            _ => return None,
        };
        Some(at..at + length)
    })
}

/// The start of the line below the one that holds the byte at `at`, or the end of the text.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    next_break(text, at).map_or(text.len(), |found| found.end)
}

/// The start of the line that holds the byte at `at`.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rmatch_indices(BREAKS).next().map_or(0, |(place, found)| place + found.len())
}

/// The starts of the lines from `from` on, which starts one.
pub(super) fn line_starts(text: &str, from: usize) -> impl Iterator<Item = usize> + '_ {
    std::iter::successors(Some(from), |at| next_break(text, *at).map(|found| found.end))
}

/// The number of the line, counted from one, that holds the byte at `at`.
pub(super) fn line_number(text: &str, at: usize) -> usize {
    let before = &text[..at];
    // A carriage return and the newline behind it are one break.
    before.matches(BREAKS).count() - before.matches("\r\n").count() + 1
}

/// Whether the parser reads every line and byte order mark of a text as they are meant.
pub(super) fn is_known(text: &str) -> bool {
    text.is_ascii() || !text.contains(['\u{85}', '\u{2028}', '\u{2029}', BYTE_ORDER_MARK])
}

/// The text as the parser must get it: with breaks that it knows, from the byte at `from` on, and no byte order mark
/// behind the first. Every other byte stays where it is.
pub(super) fn for_parser(text: &str, from: usize) -> String {
    let mut known = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        match character {
            '\u{85}' if at >= from => known.push_str("\r\n"),
            '\u{2028}' | '\u{2029}' if at >= from => known.push_str(" \r\n"),
            BYTE_ORDER_MARK if at > 0 && begins_document(text, at) => known.push_str("  \n"),
            character => known.push(character),
        }
    }
    known
}

/// Whether a byte order mark is where a document begins, as in files that were joined.
fn begins_document(text: &str, at: usize) -> bool {
    let begins_line = ends_line(&text[..at]);
    let behind = &text[at + BYTE_ORDER_MARK.len_utf8()..];
    begins_line && (behind.starts_with("---") || text[..at].trim_end_matches(BREAKS).ends_with("---"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_break_ends_a_line() {
        for end in ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"] {
            let text = format!("ab{end}cd");
            let second = 2 + end.len();
            assert_eq!((line_end(&text, 0), line_start(&text, text.len())), (second, second), "{end:?}");
            assert_eq!((line_number(&text, 1), line_number(&text, second)), (1, 2), "{end:?}");
            assert_eq!(for_parser(&text, 0).len(), text.len(), "{end:?}");
        }
    }
}
