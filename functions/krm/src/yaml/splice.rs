//! Changes of a text by the bytes that change.

use std::borrow::Borrow;
use std::ops::Range;
use std::rc::Rc;

/// The bytes at `range` give way to `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place. Copies of a splice have it in common.
    pub text: Rc<str>,
}

impl Splice {
    /// These bytes, and what comes in their place.
    pub fn new(range: Range<usize>, text: impl Into<Rc<str>>) -> Self {
        Self { range, text: text.into() }
    }
}

/// `text` with the splices done.
pub fn splice<S: Borrow<Splice>>(text: &str, splices: impl IntoIterator<Item = S>) -> String {
    let mut splices: Vec<_> = splices.into_iter().collect();
    put_in_order(&mut splices);
    let mut result = String::with_capacity(pieces(text, 0..text.len(), &splices).map(str::len).sum());
    result.extend(pieces(text, 0..text.len(), &splices));
    result
}

/// Puts splices into the order of the text.
pub(crate) fn put_in_order<S: Borrow<Splice>>(splices: &mut [S]) {
    splices.sort_by_key(|splice| (splice.borrow().range.start, splice.borrow().range.end));
}

/// The pieces of a part of `text` with the splices done, which must be in this part and in its order.
pub(crate) fn pieces<'t, S: Borrow<Splice>>(
    text: &'t str,
    part: Range<usize>,
    splices: &'t [S],
) -> impl Iterator<Item = &'t str> {
    let mut copied = part.start;
    let rest = splices.last().map_or(part.start, |last| last.borrow().range.end);
    let pairs = splices.iter().map(Borrow::borrow).flat_map(move |Splice { range, text: new }| {
        let kept = &text[copied..range.start];
        copied = range.end;
        [kept, &**new]
    });
    pairs.chain([&text[rest..part.end]])
}
