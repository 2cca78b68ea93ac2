//! The text that a program writes.

use std::rc::Rc;

use super::source::Source;
use crate::yaml::{Splice, pieces, put_in_order};

/// The text that a program writes, decided to the last byte. What comes in is a good part of the memory that a large build
/// takes, so that what goes out is no second one: it is what came, with splices.
#[derive(Debug)]
pub(crate) struct Output {
    text: Text,
    /// In the order of the text.
    splices: Vec<Splice>,
    /// How many bytes it has.
    length: usize,
}

#[derive(Debug)]
enum Text {
    Came(Rc<Source>),
    New(String),
}

impl From<String> for Output {
    fn from(text: String) -> Self {
        Self { length: text.len(), text: Text::New(text), splices: Vec::new() }
    }
}

impl Output {
    /// What came, with these splices.
    pub(super) fn of(source: &Rc<Source>, mut splices: Vec<Splice>) -> Self {
        put_in_order(&mut splices);
        // Splices that do not fit fail here, and not when half of the text is out.
        let text = source.tree.text();
        let length = pieces(text, 0..text.len(), &splices).map(str::len).sum();
        Self { text: Text::Came(Rc::clone(source)), splices, length }
    }

    /// The text, piece by piece.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &str> {
        let text = match &self.text {
            Text::Came(source) => source.tree.text(),
            Text::New(text) => text,
        };
        pieces(text, 0..text.len(), &self.splices)
    }

    /// The text as a whole.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.length);
        text.extend(self.pieces());
        text
    }
}
