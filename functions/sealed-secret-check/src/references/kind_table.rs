//! Facts about kinds, found by group and kind.

use std::collections::HashMap;

use krm::resource_list::Item;

/// Every group or kind, in a table.
const EVERY: &str = "*";

/// Facts about kinds, in the order of their table.
pub(super) struct KindTable<T>(HashMap<&'static str, Vec<(&'static str, T)>>);

impl<T> KindTable<T> {
    /// The facts that are about an object.
    pub(super) fn of(&self, item: &Item) -> impl Iterator<Item = &T> {
        let of_group = [item.group(), EVERY].into_iter().filter_map(|group| self.0.get(group)).flatten();
        of_group.filter(|(kind, _)| *kind == item.kind() || *kind == EVERY).map(|(_, fact)| fact)
    }

    /// The first fact about a kind.
    pub(super) fn first(&self, group: &str, kind: &str) -> Option<&T> {
        self.0.get(group)?.iter().find(|(known, _)| *known == kind).map(|(_, fact)| fact)
    }
}

/// Each fact behind its group and kind; `*` is every one.
impl<T> FromIterator<(&'static str, &'static str, T)> for KindTable<T> {
    fn from_iter<I: IntoIterator<Item = (&'static str, &'static str, T)>>(facts: I) -> Self {
        let mut by_group: HashMap<_, Vec<_>> = HashMap::new();
        for (group, kind, fact) in facts {
            by_group.entry(group).or_default().push((kind, fact));
        }
        Self(by_group)
    }
}
