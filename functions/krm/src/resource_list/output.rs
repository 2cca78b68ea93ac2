//! The text that a program writes.

use std::borrow::Cow;
use std::rc::Rc;

use super::source::Source;
use crate::finding::Finding;
use crate::yaml::edit::NewList;
use crate::yaml::{Splice, pieces, put_in_order};

/// The text that a program writes, decided to the last byte. What comes in is a good part of the memory that a large build
/// takes, so that what goes out is no second one: it is what came, with splices.
#[derive(Debug)]
pub(crate) struct Output {
    text: Text,
    /// In the order of the text.
    splices: Vec<Splice>,
    /// How many bytes it has, but for the results.
    length: usize,
    results: Option<Results>,
}

/// Where the results come and how they are written, unless they are in a splice.
#[derive(Debug)]
struct Results {
    list: NewList,
    /// The piece behind which they come.
    behind: usize,
}

#[derive(Debug)]
enum Text {
    Came(Rc<Source>),
    New(String),
}

impl From<String> for Output {
    fn from(text: String) -> Self {
        Self { length: text.len(), text: Text::New(text), splices: Vec::new(), results: None }
    }
}

impl Output {
    /// What came, with these splices, and with the results as such a list, if they are in none of the splices.
    pub(super) fn of(source: &Rc<Source>, mut splices: Vec<Splice>, results: Option<NewList>) -> Self {
        put_in_order(&mut splices);
        let results = results.and_then(|list| {
            let place = splices.iter().rposition(|splice| *splice == list.begin)?;
            // Each splice has a piece of what came before it.
            Some(Results { list, behind: 2 * place + 1 })
        });
        // Splices that do not fit fail here, and not when half of the text is out.
        let text = source.tree.text();
        let length = pieces(text, 0..text.len(), &splices).map(str::len).sum();
        Self { text: Text::Came(Rc::clone(source)), splices, length, results }
    }

    /// The text, piece by piece, with the results that it was made for.
    pub(crate) fn pieces<'o, 'r: 'o>(
        &'o self,
        results: impl Iterator<Item = &'r Finding> + Clone + 'o,
    ) -> impl Iterator<Item = Cow<'o, str>> {
        let text = match &self.text {
            Text::Came(source) => source.tree.text(),
            Text::New(text) => text,
        };
        pieces(text, 0..text.len(), &self.splices).enumerate().flat_map(move |(index, piece)| {
            let list = self.results.as_ref().filter(|results| results.behind == index).map(|results| &results.list);
            let items = list.into_iter().flat_map({
                let results = results.clone();
                move |list| results.clone().map(|finding| Cow::Owned(list.item(finding)))
            });
            std::iter::once(Cow::Borrowed(piece)).chain(items)
        })
    }

    /// The text as a whole, with the results that it was made for.
    pub(crate) fn to_text<'r>(&self, results: impl Iterator<Item = &'r Finding> + Clone) -> String {
        let mut text = String::with_capacity(self.length);
        text.extend(self.pieces(results));
        text
    }
}
