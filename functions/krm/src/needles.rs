//! A search for many texts at once.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Texts that are looked for in others.
///
/// What searches fast is slow to make. So the few objects of most builds are searched by what is quickly made, and the more
/// was searched, the faster goes the next search.
#[derive(Debug)]
pub struct Needles {
    texts: Vec<Cow<'static, str>>,
    ignores_case: bool,
    /// How many bytes the texts have.
    length: usize,
    /// What searches at each [`Pace`], from its first use on.
    by_first_byte: OnceLock<ByFirstByte>,
    automata: [OnceLock<AhoCorasick>; 2],
    /// How many bytes were searched.
    searched: AtomicUsize,
}

/// How fast a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// By the first byte of each needle.
    Slow,
    /// By an automaton that takes little memory.
    Medium,
    /// By one that takes a row of a table for each byte of the needles.
    Fast,
}

impl Pace {
    /// From how many searched bytes on the medium pace pays, for each byte of the needles.
    const MEDIUM_PAYS: usize = 20;
    /// From how many on the fast one pays.
    const FAST_PAYS: usize = 400;
    /// For how many bytes of needles the fast one pays at all.
    const FAST_HOLDS: usize = 4_000;

    /// What pays for needles of this length once so many bytes were searched.
    fn of(length: usize, searched: usize) -> Self {
        match searched.checked_div(length).unwrap_or_default() {
            ..Self::MEDIUM_PAYS => Self::Slow,
            Self::FAST_PAYS.. if length <= Self::FAST_HOLDS => Self::Fast,
            _ => Self::Medium,
        }
    }
}

impl Needles {
    /// These texts, as they are written.
    pub fn new<T: Into<Cow<'static, str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        let texts: Vec<_> = texts.into_iter().map(Into::into).collect();
        let length = texts.iter().map(|text| text.len()).sum();
        Self {
            texts,
            ignores_case: false,
            length,
            by_first_byte: OnceLock::new(),
            automata: Default::default(),
            searched: AtomicUsize::new(0),
        }
    }

    /// These texts, without regard to the case of ASCII letters.
    pub fn ignoring_case<T: Into<Cow<'static, str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self { ignores_case: true, ..Self::new(texts) }
    }

    /// Whether one of them is in a text.
    pub fn are_in(&self, text: &str) -> bool {
        match self.automaton(self.pace(text)) {
            Some(automaton) => automaton.is_match(text),
            None => self.slowly(text).next().is_some(),
        }
    }

    /// Where they are in a text, those that overlap too: the place of each among the needles, and where it starts in the
    /// text, in bytes. They are in the order of their ends; of those that end together the longest comes first.
    pub fn places(&self, text: &str) -> Vec<(usize, usize)> {
        if let Some(automaton) = self.automaton(self.pace(text)) {
            let found = automaton.find_overlapping_iter(text);
            return found.map(|found| (found.pattern().as_usize(), found.start())).collect();
        }
        let mut places: Vec<_> = self.slowly(text).collect();
        places.sort_by_key(|(needle, start)| (start + self.texts[*needle].len(), *start, *needle));
        places
    }

    /// How to search a text.
    fn pace(&self, text: &str) -> Pace {
        match Pace::of(self.length, self.searched.fetch_add(text.len(), Ordering::Relaxed)) {
            Pace::Slow if !self.by_first_byte().are_few => Pace::Medium,
            pace => pace,
        }
    }

    fn by_first_byte(&self) -> &ByFirstByte {
        self.by_first_byte.get_or_init(|| ByFirstByte::of(&self.texts))
    }

    /// What searches at a pace; nothing where no automaton does.
    fn automaton(&self, pace: Pace) -> Option<&AhoCorasick> {
        let (automaton, kind) = match pace {
            Pace::Slow => return None,
            Pace::Medium => (&self.automata[0], AhoCorasickKind::ContiguousNFA),
            Pace::Fast => (&self.automata[1], AhoCorasickKind::DFA),
        };
        Some(automaton.get_or_init(|| {
            let mut builder = AhoCorasick::builder();
            builder.ascii_case_insensitive(self.ignores_case).match_kind(MatchKind::Standard).kind(Some(kind));
            let built = builder.build(self.texts.iter().map(|text| text.as_bytes()));
            built.unwrap_or_else(|error| unreachable!("the texts of a build are few enough: {error}"))
        }))
    }

    /// Where they are in a text, found by the first byte of each.
    fn slowly<'n>(&'n self, text: &'n str) -> impl Iterator<Item = (usize, usize)> + 'n {
        let by_first_byte = self.by_first_byte();
        let bytes = text.as_bytes();
        (0..=bytes.len()).flat_map(move |start| {
            let rest = &bytes[start..];
            let needles = by_first_byte.needles(rest.first()).iter();
            needles.filter(|needle| self.begins(rest, **needle)).map(move |needle| (*needle, start))
        })
    }

    fn begins(&self, bytes: &[u8], needle: usize) -> bool {
        let needle = self.texts[needle].as_bytes();
        let here = bytes.get(..needle.len());
        here.is_some_and(|here| here == needle || (self.ignores_case && here.eq_ignore_ascii_case(needle)))
    }
}

/// Needles by their first byte. Letters of both cases are one; needles without a byte begin anywhere.
#[derive(Debug)]
struct ByFirstByte {
    needles: Vec<Vec<usize>>,
    empty: Vec<usize>,
    /// Whether so few have the same first byte that it is no loss to try them one by one.
    are_few: bool,
}

impl ByFirstByte {
    /// How many needles with the same first byte are few.
    const FEW: usize = 64;

    fn of(texts: &[Cow<'_, str>]) -> Self {
        let empty: Vec<_> = (0..texts.len()).filter(|needle| texts[*needle].is_empty()).collect();
        let mut needles = vec![empty.clone(); 256];
        for (needle, text) in texts.iter().enumerate() {
            if let Some(first) = text.bytes().next() {
                needles[usize::from(first.to_ascii_lowercase())].push(needle);
            }
        }
        let are_few = needles.iter().all(|needles| needles.len() <= Self::FEW);
        Self { needles, empty, are_few }
    }

    fn needles(&self, first: Option<&u8>) -> &[usize] {
        first.map_or(&self.empty, |first| &self.needles[usize::from(first.to_ascii_lowercase())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Needles that overlap, and some that differ in the case of letters only.
    const TEXTS: [&str; 8] = ["storage", "class", "s", "age", "Class", "las", "ge of", "é"];

    /// Searches at each pace in turn.
    fn at_each_pace<R>(needles: &Needles, search: impl Fn(&Needles) -> R) -> Vec<R> {
        let searches = [Pace::Slow, Pace::Medium, Pace::Fast].map(|pace| {
            let paying = [0, Pace::MEDIUM_PAYS, Pace::FAST_PAYS][pace as usize] * needles.length;
            needles.searched.store(paying, Ordering::Relaxed);
            assert_eq!(Pace::of(needles.length, paying), pace);
            search(needles)
        });
        searches.into()
    }

    #[test]
    fn every_pace_finds_the_same() {
        let texts = [
            "a: b",
            "a: StorAge of CLASS",
            "class",
            "torage of storages",
            "",
            "cla",
            "Class storage",
            "caf\u{e9}",
            "ÉÉ",
        ];
        for needles in
            [Needles::new(TEXTS), Needles::ignoring_case(TEXTS), Needles::new(["", "a"]), Needles::new(["x"])]
        {
            for text in texts {
                let found = at_each_pace(&needles, |needles| (needles.are_in(text), needles.places(text)));
                assert!(found.iter().all(|one| *one == found[0]), "{text}: {found:?}");
            }
        }
        let found = Needles::new(["storage", "class", "age"]).places("a class of storages");
        assert_eq!(found, [(1, 2), (0, 11), (2, 15)]);
        assert_eq!(Pace::of(Pace::FAST_HOLDS + 1, usize::MAX), Pace::Medium);
        let numbered = |most| Needles::new((0..most).map(|number| format!("app-{number}"))).pace("app-1");
        assert_eq!((numbered(ByFirstByte::FEW), numbered(ByFirstByte::FEW + 1)), (Pace::Slow, Pace::Medium));
        assert!(!Needles::new([""; 0]).are_in("text"));
    }
}
