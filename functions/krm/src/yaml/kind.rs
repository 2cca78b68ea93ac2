//! What a node is, and how that fits into four bytes.

use granit_parser::ScalarStyle;

use super::children::Collection;

/// Names a node of the [`Tree`](super::Tree) it came from.
pub type NodeId = u32;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A scalar, and how it is written.
    Scalar(ScalarStyle),
    /// A mapping.
    Mapping {
        /// Whether it is written with braces.
        flow: bool,
        /// Names its key-value pairs; see [`Tree::entries`](super::Tree::entries).
        entries: Collection,
    },
    /// A sequence.
    Sequence {
        /// Whether it is written with brackets.
        flow: bool,
        /// Names its items; see [`Tree::items`](super::Tree::items).
        items: Collection,
    },
    /// A reference to the anchored node.
    Alias(NodeId),
}

/// The kind of a node: which one in the last three bits, and a number before them.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct PackedKind(u32);

/// How many nodes of a text can be told apart in a [`PackedKind`].
pub(super) const MOST_NODES: usize = 1 << (u32::BITS - BITS);

const BITS: u32 = 3;

impl PackedKind {
    pub(super) fn of(kind: Kind) -> Self {
        let (number, which) = match kind {
            Kind::Scalar(ScalarStyle::Plain) => (0, 0),
            Kind::Scalar(ScalarStyle::SingleQuoted) => (1, 0),
            Kind::Scalar(ScalarStyle::DoubleQuoted) => (2, 0),
            Kind::Scalar(ScalarStyle::Literal) => (3, 0),
            Kind::Scalar(ScalarStyle::Folded) => (4, 0),
            Kind::Mapping { flow, entries } => (entries.0, 1 + u32::from(flow)),
            Kind::Sequence { flow, items } => (items.0, 3 + u32::from(flow)),
            Kind::Alias(target) => (target, 5),
        };
        Self(number << BITS | which)
    }

    pub(super) fn kind(self) -> Kind {
        let (number, which) = (self.0 >> BITS, self.0 & ((1 << BITS) - 1));
        match which {
            0 => Kind::Scalar(match number {
                0 => ScalarStyle::Plain,
                1 => ScalarStyle::SingleQuoted,
                2 => ScalarStyle::DoubleQuoted,
                3 => ScalarStyle::Literal,
                _ => ScalarStyle::Folded,
            }),
            1 | 2 => Kind::Mapping { flow: which == 2, entries: Collection(number) },
            3 | 4 => Kind::Sequence { flow: which == 4, items: Collection(number) },
            _ => Kind::Alias(number),
        }
    }
}

impl std::fmt::Debug for PackedKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.kind().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_unpacked_as_it_was() {
        let numbers = [0, 1, 7, 8, 1000, MOST_NODES as u32 - 1];
        let collections = numbers.iter().flat_map(|number| {
            let (entries, items) = (Collection(*number), Collection(*number));
            [true, false].into_iter().flat_map(move |flow| {
                [Kind::Mapping { flow, entries }, Kind::Sequence { flow, items }, Kind::Alias(*number)]
            })
        });
        let styles = [
            ScalarStyle::Plain,
            ScalarStyle::SingleQuoted,
            ScalarStyle::DoubleQuoted,
            ScalarStyle::Literal,
            ScalarStyle::Folded,
        ];
        for kind in styles.map(Kind::Scalar).into_iter().chain(collections) {
            assert_eq!(PackedKind::of(kind).kind(), kind);
        }
    }
}
