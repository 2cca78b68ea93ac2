//! A search for many texts at once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Texts that are looked for in others.
///
/// What searches fast is slow to make. So the few objects of most builds are searched by what is quickly made, and the more
/// was searched, the faster goes the next search.
#[derive(Debug)]
pub struct Needles {
    texts: Vec<String>,
    ignores_case: bool,
    /// How many bytes the texts have.
    length: usize,
    /// What searches, by [`Pace`], each from its first use on.
    automata: [OnceLock<AhoCorasick>; 3],
    /// How many bytes were searched.
    searched: AtomicUsize,
}

/// How fast a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Slow,
    Medium,
    Fast,
}

impl Pace {
    /// From how many searched bytes on the medium pace pays, for each byte of the needles.
    const MEDIUM_PAYS: usize = 10;
    /// From how many on the fast one pays.
    const FAST_PAYS: usize = 400;
    /// For how many bytes of needles the fast one pays at all: each takes a row of a table.
    const FAST_HOLDS: usize = 4_000;

    /// What pays for needles of this length once so many bytes were searched.
    fn of(length: usize, searched: usize) -> Self {
        match searched.checked_div(length).unwrap_or_default() {
            ..Self::MEDIUM_PAYS => Self::Slow,
            Self::FAST_PAYS.. if length <= Self::FAST_HOLDS => Self::Fast,
            _ => Self::Medium,
        }
    }

    fn kind(self) -> AhoCorasickKind {
        match self {
            Self::Slow => AhoCorasickKind::NoncontiguousNFA,
            Self::Medium => AhoCorasickKind::ContiguousNFA,
            Self::Fast => AhoCorasickKind::DFA,
        }
    }
}

impl Needles {
    /// These texts, as they are written.
    pub fn new<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        let texts: Vec<_> = texts.into_iter().map(Into::into).collect();
        let length = texts.iter().map(String::len).sum();
        Self { texts, ignores_case: false, length, automata: Default::default(), searched: AtomicUsize::new(0) }
    }

    /// These texts, without regard to the case of ASCII letters.
    pub fn ignoring_case<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self { ignores_case: true, ..Self::new(texts) }
    }

    /// Whether one of them is in a text.
    pub fn are_in(&self, text: &str) -> bool {
        self.automaton(text).is_match(text)
    }

    /// Where they are in a text, those that overlap too: the place of each among the needles, and where it starts in the
    /// text, in bytes.
    pub fn places(&self, text: &str) -> impl Iterator<Item = (usize, usize)> {
        let found = self.automaton(text).find_overlapping_iter(text);
        found.map(|found| (found.pattern().as_usize(), found.start()))
    }

    /// What to search a text with.
    fn automaton(&self, text: &str) -> &AhoCorasick {
        let pace = Pace::of(self.length, self.searched.fetch_add(text.len(), Ordering::Relaxed));
        self.automata[pace as usize].get_or_init(|| {
            let mut builder = AhoCorasick::builder();
            builder.ascii_case_insensitive(self.ignores_case).match_kind(MatchKind::Standard).kind(Some(pace.kind()));
            let built = builder.build(&self.texts);
            built.unwrap_or_else(|error| unreachable!("the texts of a build are few enough: {error}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pace_finds_the_same() {
        let texts = ["a: b", "a: StorAge", "class", "storagecla", "", "clas", "Class storage"];
        for (needles, are_found) in [
            (Needles::new(["storage", "class"]), [false, false, true, true, false, false, true]),
            (Needles::ignoring_case(["storage", "class"]), [false, true, true, true, false, false, true]),
        ] {
            for pace in [Pace::Slow, Pace::Medium, Pace::Fast] {
                assert_eq!(texts.map(|text| needles.are_in(text)), are_found, "{pace:?}");
                assert_eq!(Pace::of(needles.length, needles.searched.load(Ordering::Relaxed)), pace);
                assert_eq!(needles.places("a class of storages").collect::<Vec<_>>(), [(1, 2), (0, 11)]);
                needles.searched.fetch_add(needles.length * Pace::FAST_PAYS / 2, Ordering::Relaxed);
            }
        }
        assert_eq!(Pace::of(Pace::FAST_HOLDS + 1, usize::MAX), Pace::Medium);
        assert!(!Needles::new([""; 0]).are_in("text"));
    }
}
