//! Snapshots and classes of volume attributes, which the target cannot serve.

use std::sync::LazyLock;

use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use krm::table;
use manifests::fields::Pattern;
use serde_json::Value;

use crate::config::Snapshots;
use crate::context::Context;
use crate::rule::Rule;
use crate::snapshot_classes::{driver, is_served};

/// A field by which an operator asks for snapshots.
struct SnapshotField {
    group: &'static str,
    kind: &'static str,
    pattern: Pattern,
    /// The values that ask for them; `None` if every value does.
    values: Option<Vec<&'static str>>,
}

static FIELDS: LazyLock<Vec<SnapshotField>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../data/snapshot-fields.tsv"));
    rows.map(|[group, kind, path, values]| SnapshotField {
        group,
        kind,
        pattern: Pattern::known(path),
        values: (values != "*").then(|| values.split('|').collect()),
    })
    .collect()
});

impl SnapshotField {
    fn asks(&self, value: &Value) -> bool {
        match &self.values {
            None => !value.is_null(),
            Some(values) => match value {
                Value::String(value) => values.contains(&value.as_str()),
                Value::Bool(value) => *value && values.contains(&"true"),
                Value::Array(items) => items.iter().any(|item| self.asks(item)),
                _ => false,
            },
        }
    }
}

/// Refuses fields by which operators ask for snapshots, if no class makes any.
pub(crate) fn check_fields(item: &Item, context: Context<'_>, findings: &mut Findings) {
    if context.classes.may_snapshot() || context.snapshots.serve(None) {
        return;
    }
    for field in FIELDS.iter().filter(|field| item.is(field.group, field.kind)) {
        for found in field.pattern.matches(item.value()).iter().filter(|found| field.asks(found.value)) {
            let message =
                "asks for copies of volumes, which no class of the new cluster makes; back up to an object store";
            findings.push(Finding::new(Rule::SnapshotsAskedFor, message).on(item).at(&found.pointer));
        }
    }
}

/// Whether a snapshot, the class or content of one, or a VolumeAttributesClass must go, because no driver of the target serves it. If it must not, it is refused.
pub(crate) fn must_go(item: &Item, context: Context<'_>, findings: &mut Findings) -> bool {
    let driver = driver(item.value());
    let spec = &item.value()["spec"];
    let class = ["volumeSnapshotClassName", "volumeGroupSnapshotClassName"].iter().find_map(|key| spec[*key].as_str());
    let is_served = match driver {
        Some(driver) => is_served(driver, context.classes.target()),
        // A snapshot names no driver; it may be of a class of the build, or of one that the config describes.
        None => context.classes.may_snapshot() || context.snapshots.serve(class),
    };
    if is_served {
        return false;
    }
    if context.spec.snapshots == Snapshots::Drop {
        return true;
    }
    let reason = match driver {
        Some(driver) => format!("is of `{driver}`, which the new cluster does not have"),
        None => "no class of the new cluster makes snapshots".to_owned(),
    };
    let message = format!("{reason}; take the object out, or set `spec.snapshots` to `Drop`");
    findings.push(Finding::new(Rule::SnapshotUnserved, message).on(item));
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_a_value_that_asks_for_snapshots() {
        for field in FIELDS.iter() {
            let value = field.values.as_ref().map_or(Value::from("any"), |values| values[0].into());
            assert!(field.asks(&value) && !field.asks(&Value::Null), "{} {}", field.kind, value);
            assert!(field.pattern.names_an_entry(), "{}", field.kind);
        }
    }
}
