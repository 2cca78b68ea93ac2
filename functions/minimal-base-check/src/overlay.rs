//! Checks an overlay: what differs between environments must be in it.

use std::collections::HashSet;

use krm::field::{FieldPath, Pointer};
use krm::finding::{Finding, Findings};
use krm::rule::Severity;
use serde_json::Value;

use crate::check::Check;
use crate::aspect::Aspect;
use crate::document::Document;
use crate::elsewhere::{Decision, Elsewhere};
use crate::exceptions;
use crate::field_table::{Need, Row};
use crate::patch;
use crate::rule::Rule;
use crate::statement::is_stated;

/// Reports what the overlay does not state.
pub(crate) fn check(check: &Check<'_>, elsewhere: &Elsewhere<'_>, document: &Document<'_>, findings: &mut Findings) {
    let allowed = check.exceptions.of(document);
    let item = document.item;
    let known = check.fields.known(item.group(), item.kind());
    let rows = known.iter().filter(|row| row.need != Need::Optional);
    let mut told = HashSet::new();
    for row in rows.chain(check.fields.required(item.group(), item.kind())) {
        for place in row.pattern.places(&document.value) {
            let is_missing = !place.value.is_some_and(is_stated) && row.applies(&document.value, &place.pointer);
            if !is_missing || !told.insert(place.pointer.clone()) {
                continue;
            }
            let decision = || elsewhere.decides(document, row.aspect, &place.pointer);
            findings.extend(match allowed.reason(&place.pointer, &Value::Null) {
                Some(reason) => Some(exceptions::info(document, &place.pointer, reason)),
                None => finding(document, row, &place.pointer, decision()),
            });
        }
    }
}

fn finding(document: &Document<'_>, row: &Row, field: &Pointer, decision: Option<Decision>) -> Option<Finding> {
    let finding = match decision {
        Some(Decision::Itself) => return None,
        Some(Decision::By(object)) => {
            Finding::new(Rule::StatedElsewhere, format!("{object} decides {}", row.aspect.noun())).because_of(object)
        }
        None => {
            let how = patch::how(document, field, row.aspect, &row.aspect.example());
            let message = format!("is not stated, {}; state it in this overlay {how}", consequence(row));
            let severity = if row.need == Need::Required { Severity::Error } else { Severity::Warning };
            Finding::new(row.aspect.not_stated(), message).with_severity(severity)
        }
    };
    Some(finding.on(document.item).at(FieldPath::from(field)))
}

/// What comes of a field that is not stated.
fn consequence(row: &Row) -> &'static str {
    match (row.need, row.aspect) {
        (_, Aspect::Configured) => "and `spec.required` lists it",
        (Need::Required, _) => "and the API refuses the object without it",
        (_, Aspect::Resources) => "so that nothing in this build reserves or limits what it uses",
        (_, Aspect::StorageClass) => "so that the default class of the cluster decides",
        _ => "so that a default decides",
    }
}
