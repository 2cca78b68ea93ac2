//! Shapes of tokens: literal text, alphabets and lengths, as tables write them.

use std::ops::Range;
use std::sync::LazyLock;

use krm::table;

/// What tokens of one kind look like: `ghp_{alnum 36}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(&'static str),
    /// So many letters of an alphabet.
    Run {
        alphabet: Alphabet,
        least: usize,
        most: usize,
    },
}

/// A set of ASCII letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Alphabet(u128);

impl Alphabet {
    fn of(letters: &str) -> Self {
        let mut set = 0;
        let mut rest = letters.as_bytes();
        while let [first, ..] = rest {
            let last = if let [_, b'-', last, ..] = rest { *last } else { *first };
            (*first..=last).for_each(|letter| set |= 1 << letter);
            rest = &rest[if last == *first { 1 } else { 3 }..];
        }
        Self(set)
    }

    fn contains(self, byte: u8) -> bool {
        byte.is_ascii() && self.0 >> byte & 1 == 1
    }

    /// The letters that a table calls so.
    fn named(name: &str) -> Self {
        static NAMED: LazyLock<Vec<(&str, Alphabet)>> = LazyLock::new(|| {
            let rows = table::rows(include_str!("../../data/alphabets.tsv"));
            rows.map(|[name, letters]| (name, Alphabet::of(letters))).collect()
        });
        let named = NAMED.iter().find(|(known, _)| *known == name);
        named.map_or_else(|| unreachable!("`{name}` is no class of letters"), |(_, letters)| *letters)
    }
}

impl Shape {
    /// Reads a shape as a table writes it: `{CLASS LENGTH}` is a run, anything else is literal.
    pub(super) fn read(text: &'static str) -> Self {
        let mut parts = Vec::new();
        let mut literal_start = 0;
        for (place, class, length) in runs(text) {
            if literal_start < place.start {
                parts.push(Part::Literal(&text[literal_start..place.start]));
            }
            parts.push(Part::run(class, length));
            literal_start = place.end;
        }
        if literal_start < text.len() {
            parts.push(Part::Literal(&text[literal_start..]));
        }
        Self { parts }
    }

    /// The literal text that a shape begins with, if it does; told without reading the rest.
    pub(super) fn beginning(text: &'static str) -> Option<&'static str> {
        let end = runs(text).next().map_or(text.len(), |(place, ..)| place.start);
        Some(&text[..end]).filter(|beginning| !beginning.is_empty())
    }

    /// The first literal text, and how many letters are before it.
    pub(super) fn anchor(&self) -> Option<(&'static str, usize)> {
        let mut before = 0;
        for part in &self.parts {
            match part {
                Part::Literal(text) => return Some((text, before)),
                Part::Run { least, most, .. } if least == most => before += least,
                Part::Run { .. } => return None,
            }
        }
        None
    }

    /// The length of the shortest token.
    #[cfg(test)]
    pub(super) fn least_length(&self) -> usize {
        let length = |part: &Part| match part {
            Part::Literal(text) => text.len(),
            Part::Run { least, .. } => *least,
        };
        self.parts.iter().map(length).sum()
    }

    /// Whether its literal text is too long to come about by chance.
    pub(super) fn is_telling(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Literal(text) if text.len() >= 3))
    }

    /// The length of the longest token that begins at the start of these bytes. Behind a telling text a token may be
    /// longer than the table knows; a run that ends in the middle of a word is none otherwise.
    pub(super) fn length(&self, bytes: &[u8]) -> Option<usize> {
        length(&self.parts, bytes, self.is_telling())
    }

    /// Whether the whole text is such a token.
    pub(super) fn fits(&self, text: &str) -> bool {
        length(&self.parts, text.as_bytes(), false) == Some(text.len())
    }

    /// Whether a token holds enough letters that differ; those of documents are rows of `x`.
    pub(super) fn is_varied(&self, token: &str) -> bool {
        let literal: usize =
            self.parts.iter().map(|part| if let Part::Literal(text) = part { text.len() } else { 0 }).sum();
        let mut letters: Vec<_> = token.bytes().collect();
        letters.sort_unstable();
        letters.dedup();
        letters.len() >= ((token.len() - literal) / 2).min(8)
    }
}

/// The runs of a shape: where each is written, its class and its length. `{SHA}` is literal.
fn runs(text: &'static str) -> impl Iterator<Item = (Range<usize>, &'static str, &'static str)> {
    text.match_indices('{').filter_map(move |(open, _)| {
        let inside = &text[open + 1..];
        let close = inside.find('}').unwrap_or_else(|| unreachable!("`{text}` has no closing brace"));
        let (class, length) = inside[..close].split_once(' ')?;
        Some((open..open + close + 2, class, length))
    })
}

impl Part {
    fn run(class: &str, length: &str) -> Self {
        let number = |text: &str| text.parse().unwrap_or_else(|_| unreachable!("`{text}` is no length"));
        let (least, most) = match (length.strip_suffix('+'), length.split_once('-')) {
            (Some(least), _) => (number(least), usize::MAX),
            (None, Some((least, most))) => (number(least), number(most)),
            (None, None) => (number(length), number(length)),
        };
        Self::Run { alphabet: Alphabet::named(class), least, most }
    }
}

/// How many lengths of a run are tried before the text that follows it.
const TRIES: usize = 400;

fn length(parts: &[Part], bytes: &[u8], may_be_longer: bool) -> Option<usize> {
    let Some((first, rest)) = parts.split_first() else {
        let ends = may_be_longer || !bytes.first().is_some_and(u8::is_ascii_alphanumeric);
        return ends.then_some(0);
    };
    match first {
        Part::Literal(text) => {
            let behind = bytes.strip_prefix(text.as_bytes())?;
            Some(text.len() + length(rest, behind, may_be_longer)?)
        }
        Part::Run { alphabet, least, most } => {
            let most = if rest.is_empty() && may_be_longer { usize::MAX } else { *most };
            let run = bytes.iter().take(most).take_while(|byte| alphabet.contains(**byte)).count();
            let lengths = (*least..=run).rev().take(TRIES);
            lengths.into_iter().find_map(|taken| Some(taken + length(rest, &bytes[taken..], may_be_longer)?))
        }
    }
}

#[cfg(test)]
/// Numbers that look random, the same in each run.
pub(crate) struct Numbers(pub(crate) u64);

#[cfg(test)]
impl Numbers {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

#[cfg(test)]
impl Shape {
    /// A token of this shape.
    pub(crate) fn sample(&self, numbers: &mut Numbers) -> String {
        let mut token = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => token.push_str(text),
                Part::Run { alphabet, least, most } => {
                    let letters: Vec<u8> = (0..128).filter(|byte| alphabet.contains(*byte)).collect();
                    let most = (*most).min(least + 20);
                    let length = least + numbers.below(most - least + 1);
                    (0..length).for_each(|_| token.push(char::from(letters[numbers.below(letters.len())])));
                }
            }
        }
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_measure_tokens() {
        let length = |shape: &'static str, text: &str| Shape::read(shape).length(text.as_bytes());
        assert_eq!(length("SK{hex 4}", "SK12ab"), Some(6));
        assert_eq!(length("SK{hex 4}", "SK12ab-x"), Some(6));
        assert_eq!(length("SK{hex 4}", "SK12abc"), None);
        assert_eq!(length("SK{hex 4}", "SK12a"), None);
        assert_eq!(length("dapi{hex 4}", "dapi12abcdef"), Some(12));
        assert_eq!(length("{alnum 2-9}X{digit 1}", "aXbX1"), Some(5));
        assert_eq!(length("{SHA}{padded-base64 4}", "{SHA}ab/="), Some(9));
        assert_eq!(Shape::read("{word 3}{digit 1}Q~{hex 1+}").anchor(), Some(("Q~", 4)));
        assert_eq!(Shape::read("{word 3-4}Q~").anchor(), None);
        assert!(Shape::read("{hex 4}-{hex 4}").fits("12ab-34cd"));
        assert!(!Shape::read("{hex 4}-{hex 4}").fits("12ab-34cd5"));
    }
}
