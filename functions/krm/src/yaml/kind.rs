//! What a node is, and how that and the length of a scalar fit into four bytes.

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

/// The kind of a node: which one in the last four bits, and a number before them. That of a scalar is its length.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct PackedKind(u32);

/// How many nodes of a text can be told apart in a [`PackedKind`].
pub(super) const MOST_NODES: usize = 1 << (u32::BITS - BITS);

const BITS: u32 = 4;
/// The number of a scalar whose length does not fit.
const LONG: u32 = MOST_NODES as u32 - 1;
/// The styles of scalars, which are the kinds before all others.
const STYLES: [ScalarStyle; 5] = [
    ScalarStyle::Plain,
    ScalarStyle::SingleQuoted,
    ScalarStyle::DoubleQuoted,
    ScalarStyle::Literal,
    ScalarStyle::Folded,
];
const MAPPING: u32 = STYLES.len() as u32;
const SEQUENCE: u32 = MAPPING + 2;
const ALIAS: u32 = SEQUENCE + 2;

impl PackedKind {
    /// That of a node of this length.
    #[inline]
    pub(super) fn of(kind: Kind, length: u32) -> Self {
        let (number, which) = match kind {
            Kind::Scalar(style) => (length.min(LONG), style_number(style)),
            Kind::Mapping { flow, entries } => (entries.0, MAPPING + u32::from(flow)),
            Kind::Sequence { flow, items } => (items.0, SEQUENCE + u32::from(flow)),
            Kind::Alias(target) => (target, ALIAS),
        };
        Self(number << BITS | which)
    }

    #[inline]
    fn parts(self) -> (u32, u32) {
        (self.0 >> BITS, self.0 & ((1 << BITS) - 1))
    }

    #[inline]
    pub(super) fn kind(self) -> Kind {
        let (number, which) = self.parts();
        match which {
            MAPPING..SEQUENCE => Kind::Mapping { flow: which > MAPPING, entries: Collection(number) },
            SEQUENCE..ALIAS => Kind::Sequence { flow: which > SEQUENCE, items: Collection(number) },
            ALIAS.. => Kind::Alias(number),
            style => Kind::Scalar(STYLES[style as usize]),
        }
    }

    /// The style and the length of a scalar that tells its length, as all do but the longest.
    #[inline]
    pub(super) fn scalar(self) -> Option<(ScalarStyle, u32)> {
        let (number, which) = self.parts();
        STYLES.get(which as usize).filter(|_| number < LONG).map(|style| (*style, number))
    }

    /// The length of the node, if it tells it.
    #[inline]
    pub(super) fn length(self) -> Option<u32> {
        self.scalar().map(|(_, length)| length)
    }
}

fn style_number(style: ScalarStyle) -> u32 {
    match style {
        ScalarStyle::Plain => 0,
        ScalarStyle::SingleQuoted => 1,
        ScalarStyle::DoubleQuoted => 2,
        ScalarStyle::Literal => 3,
        ScalarStyle::Folded => 4,
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
        for kind in collections {
            let packed = PackedKind::of(kind, 5);
            assert_eq!((packed.kind(), packed.length()), (kind, None));
        }
        for kind in STYLES.map(Kind::Scalar) {
            for (length, told) in [(0, Some(0)), (LONG - 1, Some(LONG - 1)), (LONG, None), (u32::MAX, None)] {
                let packed = PackedKind::of(kind, length);
                assert_eq!((packed.kind(), packed.length()), (kind, told));
            }
        }
    }
}
