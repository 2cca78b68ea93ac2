//! Texts that list images.

use std::ops::Range;

/// A text in a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Where it is in the list.
    pub(crate) range: Range<usize>,
    /// Whether nothing is before it, such as a name and `=`.
    pub(crate) is_whole: bool,
}

/// The texts in a list with commas, white space or lines between them, each without a name and `=` before it:
/// `3.9.0=quay.io/strimzi/kafka:3.9.0`.
pub(crate) fn items(text: &str) -> impl Iterator<Item = Item> {
    let mut end = 0;
    text.split(|letter: char| letter.is_whitespace() || letter == ',').filter_map(move |part| {
        let start = end;
        end = start + part.len() + text[start + part.len()..].chars().next().map_or(0, char::len_utf8);
        let value = part.match_indices('=').map(|(at, sign)| at + sign.len());
        let value = value.take_while(|at| !part[..*at].contains(['/', ':', '@'])).last().unwrap_or_default();
        let range = start + value..start + part.len();
        (!range.is_empty()).then_some(Item { range, is_whole: value == 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_items_with_and_without_names() {
        for (text, expected) in [
            ("a", &["a"][..]),
            ("a, b", &["a", "b"]),
            ("3.9.0=q/a:1\n4.0.0=q/b:1\n", &["q/a:1", "q/b:1"]),
            ("web=q/a:1,q/b:x=y", &["q/a:1", "q/b:x=y"]),
            ("--images=a=q/a:1,b=q/b", &["q/a:1", "q/b"]),
            ("", &[]),
        ] {
            assert_eq!(items(text).map(|item| &text[item.range]).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
