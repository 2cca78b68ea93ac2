//! The children of all collections of a kind, in one list.

/// Names a mapping or a sequence of the [`Children`] it came from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Collection(pub(super) u32);

impl Collection {
    /// The collection of this number once others come before those that it was counted with.
    pub(super) fn behind(self, others: u32) -> Self {
        Self(self.0 + others)
    }
}

/// The children of all mappings, or those of all sequences. Those of a collection come together, behind those of the
/// collection that was closed before it, so that only their end is kept.
#[derive(Debug, PartialEq)]
pub(super) struct Children<T> {
    all: Vec<T>,
    ends: Vec<Ends>,
}

/// Where a collection ends.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ends {
    /// Among all children.
    children: u32,
    /// In the text.
    text: u32,
}

impl<T> Default for Children<T> {
    fn default() -> Self {
        Self { all: Vec::new(), ends: Vec::new() }
    }
}

impl<T> Children<T> {
    /// None yet, with room for this many children.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { all: Vec::with_capacity(capacity), ends: Vec::new() }
    }

    /// The children of a collection, in their order.
    pub(super) fn of(&self, Collection(number): Collection) -> &[T] {
        let end = |number: usize| self.ends[number].children as usize;
        let number = number as usize;
        &self.all[number.checked_sub(1).map_or(0, end)..end(number)]
    }

    /// How many collections there are.
    pub(super) fn number(&self) -> u32 {
        length(&self.ends)
    }

    /// Adds a collection: the open children from `base` on.
    pub(super) fn close(&mut self, open: &mut Vec<T>, base: usize) -> Collection {
        self.all.extend(open.drain(base..));
        self.ends.push(Ends { children: length(&self.all), text: 0 });
        Collection(self.number() - 1)
    }

    /// Notes where a collection ends in the text.
    pub(super) fn end_at(&mut self, Collection(number): Collection, end: u32) {
        self.ends[number as usize].text = end;
    }

    /// Where a collection ends in the text.
    pub(super) fn end_of(&self, Collection(number): Collection) -> u32 {
        self.ends[number as usize].text
    }

    /// Forgets all but the first collections.
    pub(super) fn truncate(&mut self, number: u32) {
        self.ends.truncate(number as usize);
        self.all.truncate(self.ends.last().map_or(0, |end| end.children as usize));
    }

    /// Adds the collections of a text that begins at `start` of this one.
    pub(super) fn append(&mut self, other: Self, start: u32, moved: impl Fn(T) -> T) {
        let before = length(&self.all);
        self.all.extend(other.all.into_iter().map(moved));
        let ends = other.ends.into_iter();
        self.ends.extend(ends.map(|Ends { children, text }| Ends { children: before + children, text: start + text }));
    }
}

/// The length of a list; a text of at most 4 GiB has no more children.
fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
