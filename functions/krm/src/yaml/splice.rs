//! Changes of a text by the bytes that change.

use std::borrow::Borrow;
use std::ops::Range;

/// The bytes at `range` give way to `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

impl Splice {
    pub(super) fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }
}

/// `text` with the splices done.
pub fn splice<S: Borrow<Splice>>(text: &str, splices: impl IntoIterator<Item = S>) -> String {
    let mut splices: Vec<_> = splices.into_iter().collect();
    splices.sort_by_key(|splice| (splice.borrow().range.start, splice.borrow().range.end));
    let new: usize = splices.iter().map(|splice| splice.borrow().text.len()).sum();
    let mut result = String::with_capacity(text.len() + new);
    let mut copied = 0;
    for Splice { range, text: new } in splices.iter().map(Borrow::borrow) {
        result.push_str(&text[copied..range.start]);
        result.push_str(new);
        copied = range.end;
    }
    result.push_str(&text[copied..]);
    result
}
