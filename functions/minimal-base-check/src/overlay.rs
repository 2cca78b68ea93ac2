//! Checks an overlay: what differs between environments must be in it.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use krm::rule::Severity;
use serde_json::Value;

use crate::aspect::Aspect;
use crate::check::Check;
use crate::document::Document;
use crate::elsewhere::{Decision, Elsewhere};
use crate::exceptions;
use crate::field_table::Need;
use crate::missing::{Missing, may_miss, missing};
use crate::patch;
use crate::rule::Rule;
use crate::statement::statements;

/// Reports what the overlay does not state of an object.
pub(crate) fn check(check: &Check<'_>, elsewhere: &Elsewhere<'_>, item: &Item, findings: &mut Findings) {
    let allowed = check.exceptions.of(item);
    let may_be_unneeded = allowed.may_be_unneeded();
    if !may_be_unneeded && !may_miss(item, &check.fields) && !Document::may_hold_charts(item) {
        return;
    }
    let document = Document::of(item, findings);
    // Both layers may have one config, so an exception for what is stated is needed too.
    for statement in may_be_unneeded.then(|| statements(&document, &check.fields)).into_iter().flatten() {
        allowed.reason(&document, &statement.pointer, &statement.value);
    }
    for missing in missing(&document, &check.fields) {
        findings.extend(match allowed.reason(&document, &missing.pointer, &Value::Null) {
            Some(reason) => Some(exceptions::info(&document, &missing.pointer, reason)),
            None => finding(&document, &missing, elsewhere),
        });
    }
}

fn finding(document: &Document<'_>, missing: &Missing, elsewhere: &Elsewhere<'_>) -> Option<Finding> {
    let Missing { aspect, pointer, need } = missing;
    let decision = elsewhere.decides(document, *aspect, pointer);
    let finding = match decision {
        Some(Decision::Itself) => return None,
        Some(Decision::By(object)) => {
            Finding::new(Rule::StatedElsewhere, format!("{object} decides {}", aspect.noun())).because_of(object)
        }
        None => {
            let how = patch::how(document, pointer, *aspect, &aspect.example());
            let message = format!("is not stated, {}; state it in this overlay {how}", consequence(missing));
            let severity = if *need == Need::Required { Severity::Error } else { Severity::Warning };
            Finding::new(aspect.not_stated(), message).with_severity(severity)
        }
    };
    Some(finding.on(document.item).at(FieldPath::from(pointer)))
}

/// What comes of a field that is not stated.
fn consequence(missing: &Missing) -> &'static str {
    match (missing.need, missing.aspect) {
        (_, Aspect::Configured) => "and `spec.required` lists it",
        (Need::Required, _) => "and the API refuses the object without it",
        (_, Aspect::Resources) => "so that nothing in this build reserves or limits what it uses",
        (_, Aspect::StorageClass) => "so that the default class of the cluster decides",
        _ => "so that a default decides",
    }
}
