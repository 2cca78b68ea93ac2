//! A cheap look at the text of an object, to skip the many that a search has nothing to find in.

use std::cell::{Cell, OnceCell};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::item::Item;

/// What begins an alias and an escape: text behind which something else is meant than is written.
const UNTOLD: [&str; 2] = ["*", "\\"];

/// Texts that a search looks for, without regard to the case of ASCII letters.
///
/// It agrees with a search through the values: no string or key of an object that is skipped holds any of the texts. This
/// is true of texts that YAML never breaks: without white space, quotes and backslashes.
#[derive(Debug, Clone)]
pub struct Prefilter {
    texts: Vec<String>,
    /// What searches the few objects of most builds: it is quickly made.
    small: AhoCorasick,
    /// What searches the rest of a large build: it is made slowly, and finds faster.
    large: OnceCell<AhoCorasick>,
    /// From how many searched bytes on that pays.
    pays_from: usize,
    /// How many bytes were searched.
    searched: Cell<usize>,
}

/// From how many searched bytes on the slower making pays.
const LARGE: usize = 100_000;
/// Up to how many bytes of texts it pays at all: each of them takes a row of a table.
const FEW: usize = 4_000;

impl Prefilter {
    /// A prefilter for these texts. They must not hold white space, quotes or backslashes, which YAML may write in other ways.
    pub fn new<T: AsRef<str>>(needles: impl IntoIterator<Item = T>) -> Self {
        let needles = needles.into_iter().map(|needle| needle.as_ref().to_owned());
        let texts: Vec<_> = needles.chain(UNTOLD.map(str::to_owned)).collect();
        let small = automaton(&texts, AhoCorasickKind::ContiguousNFA);
        let length: usize = texts.iter().map(String::len).sum();
        let pays_from = if length <= FEW { LARGE } else { usize::MAX };
        Self { texts, small, large: OnceCell::new(), pays_from, searched: Cell::new(0) }
    }

    /// Whether an object may hold one of the texts. Where the YAML is not what it means, because of an alias, an escape
    /// or a change that a function made, it may.
    pub fn may_match(&self, item: &Item) -> bool {
        item.text_as_it_came().is_none_or(|text| self.is_in(text))
    }

    fn is_in(&self, text: &str) -> bool {
        self.searched.set(self.searched.get().saturating_add(text.len()));
        if self.searched.get() < self.pays_from {
            return self.small.is_match(text);
        }
        self.large.get_or_init(|| automaton(&self.texts, AhoCorasickKind::DFA)).is_match(text)
    }
}

/// What searches for texts without regard to the case of ASCII letters.
pub(super) fn automaton<T: AsRef<[u8]>>(texts: &[T], kind: AhoCorasickKind) -> AhoCorasick {
    let mut builder = AhoCorasick::builder();
    let built = builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).kind(Some(kind)).build(texts);
    built.unwrap_or_else(|error| unreachable!("the texts are few: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_build_is_searched_as_a_small_one() {
        let prefilter = Prefilter::new(["storage", "class"]);
        let texts = ["a: b", "a: StorAge", "a: *b", "a: \"\\x41\"", "clas: s"];
        let found = || texts.map(|text| prefilter.is_in(text));
        let of_small = found();
        assert!(prefilter.large.get().is_none());
        assert!(!prefilter.is_in(&"a: b\n".repeat(LARGE)));
        assert!(prefilter.large.get().is_some());
        assert_eq!((of_small, found()), ([false, true, true, true, false], of_small));
    }
}
