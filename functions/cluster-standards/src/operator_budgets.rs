//! Budgets that operators make for the pods of their custom resources, which no manifest shows.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::resource_list::{Item, Resources};
use krm::table;
use manifests::selectors::Labels;
use serde_json::Value;

const TABLE: &str = include_str!("../data/operator-budgets.tsv");

/// The budgets of the operator of a custom resource, which are not turned off.
#[derive(Debug)]
pub(crate) struct OperatorBudget<'r> {
    /// The custom resource.
    pub(crate) item: &'r Item,
    /// Labels of its pods.
    pub(crate) labels: Labels,
    off: &'static str,
    single: &'static str,
    default: &'static str,
}

impl<'r> OperatorBudget<'r> {
    /// Those of a build.
    pub(crate) fn all(resources: &'r Resources) -> impl Iterator<Item = Self> {
        resources.iter().filter_map(Self::of)
    }

    fn of(item: &'r Item) -> Option<Self> {
        static ROWS: LazyLock<Vec<[&str; 7]>> = LazyLock::new(|| table::rows(TABLE).collect());
        let [_, _, labels, off, single, default, _] =
            ROWS.iter().copied().find(|[group, kind, ..]| item.is(group, kind))?;
        let label = |label: &str| {
            let (key, value) = label.split_once('=')?;
            Some((key.to_owned(), value.replace("{}", item.name())))
        };
        let labels = labels.split(' ').filter_map(label).collect();
        let is_off = switches(off).any(|(pointer, value)| item.value().pointer(pointer) == Some(&value));
        (!is_off).then_some(Self { item, labels, off, single, default })
    }

    /// What turns the budgets off: a field and its value.
    pub(crate) fn off(&self) -> Option<(FieldPath, Value)> {
        switches(self.off).next().map(|(pointer, value)| (FieldPath::of_pointer(pointer), value))
    }

    /// The field that says there is one pod, if the budget does not let that one go.
    pub(crate) fn single_pod(&self) -> Option<FieldPath> {
        let stated = self.item.value().pointer(self.single).and_then(Value::as_u64);
        let count = stated.or_else(|| self.default.parse().ok())?;
        (self.single != "-" && count == 1).then(|| FieldPath::of_pointer(self.single))
    }
}

/// The fields and values of the column `off`.
fn switches(column: &'static str) -> impl Iterator<Item = (&'static str, Value)> {
    let entries = column.split(' ').filter_map(|entry| entry.split_once('='));
    entries.filter_map(|(pointer, value)| Some((pointer, serde_json::from_str(value).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ordered_and_can_be_read() {
        let rows: Vec<_> = table::rows::<7>(TABLE).collect();
        let kinds: Vec<_> = rows.iter().map(|row| (row[0], row[1])).collect();
        assert!(kinds.is_sorted_by(|one, other| one < other), "{kinds:?}");
        for [_, kind, labels, off, single, default, source] in rows {
            assert!(labels.split(' ').all(|label| label.contains('=')) && labels.contains("{}"), "{kind}: {labels}");
            let entries = if off == "-" { 0 } else { off.split(' ').count() };
            assert_eq!(switches(off).count(), entries, "{kind}: {off}");
            assert!(single == "-" || single.starts_with('/'), "{kind}: {single}");
            assert!(default.parse::<u64>().is_ok() && !source.is_empty(), "{kind}: {default} {source}");
        }
    }
}
