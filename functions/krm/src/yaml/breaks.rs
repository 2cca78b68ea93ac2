//! Scalars with line breaks that the parser does not know, as go-yaml reads them.
//!
//! Source: `yaml_parser_scan_block_scalar`, `yaml_parser_scan_plain_scalar` and `yaml_parser_scan_flow_scalar` in go-yaml
//! v3 `scannerc.go`.

use granit_parser::{Event, Parser, ScalarStyle};

use super::line::{BREAKS, SEPARATORS, next_break};

/// The text of a scalar, from what is `written` and, for a block, from what the parser read where a separator was a
/// newline behind a blank. `None` where that does not say which breaks are kept.
pub(super) fn decoded(text: &str, written: &str, style: ScalarStyle) -> Option<String> {
    match style {
        ScalarStyle::Literal => Some(literal(text, written)),
        ScalarStyle::Folded if written.contains(SEPARATORS) => None,
        ScalarStyle::Folded => Some(text.to_owned()),
        ScalarStyle::Plain => Some(folded(written, "\n")),
        ScalarStyle::SingleQuoted => Some(folded(&written[1..written.len() - 1], "\n").replace("''", "'")),
        ScalarStyle::DoubleQuoted => double_quoted(written),
    }
}

/// Every break of a literal block, below its header, is a newline of its text, unless it is a separator.
fn literal(text: &str, written: &str) -> String {
    let mut at = next_break(written, 0).map_or(written.len(), |header| header.end);
    let mut decoded = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let found = next_break(written, at);
        let separator = found.clone().map(|found| &written[found]).filter(|found| found.starts_with(SEPARATORS));
        match (separator, line.strip_suffix('\n')) {
            (None, _) => decoded.push_str(line),
            (Some(separator), Some(line)) => {
                decoded.push_str(line.strip_suffix(' ').unwrap_or(line));
                decoded.push_str(separator);
            }
            // The header asks for no break at the end.
            (Some(_), None) => decoded.push_str(line.strip_suffix(' ').unwrap_or(line)),
        }
        at = found.map_or(written.len(), |found| found.end);
    }
    decoded
}

/// The lines of a plain or quoted scalar as one: without the blanks around a break, a single break a blank, and separators
/// as they are.
fn folded(written: &str, newline: &str) -> String {
    let mut folded = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(found) = next_break(rest, 0) {
        folded.push_str(rest[..found.start].trim_end_matches([' ', '\t']));
        let text = rest[found.start..].trim_start_matches(|letter| " \t".contains(letter) || BREAKS.contains(&letter));
        let gap = &rest[found.start..rest.len() - text.len()];
        folded.push_str(&joint(gap, newline));
        rest = text;
    }
    folded + rest
}

/// What the breaks between two lines of a scalar mean.
fn joint(gap: &str, newline: &str) -> String {
    let breaks = std::iter::successors(next_break(gap, 0), |last| next_break(gap, last.end));
    let mut breaks = breaks.map(|found| Some(&gap[found]).filter(|found| found.starts_with(SEPARATORS)));
    let first = breaks.next().flatten();
    let others: String = breaks.map(|separator| separator.unwrap_or(newline)).collect();
    match first {
        Some(separator) => separator.to_owned() + &others,
        None if others.is_empty() => " ".to_owned(),
        None => others,
    }
}

fn double_quoted(written: &str) -> Option<String> {
    if BREAKS.iter().any(|end| written.contains(&format!("\\{end}"))) {
        return None;
    }
    // On one line, separators are characters like any other to the parser.
    let line = folded(written, "\\n");
    let mut events = Parser::new_from_str(&line);
    std::iter::from_fn(|| events.next_event()?.ok()).find_map(|(event, _)| match event {
        Event::Scalar(text, ..) => Some(text.into_owned()),
        _ => None,
    })
}
