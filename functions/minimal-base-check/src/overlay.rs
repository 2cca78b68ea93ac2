//! Checks an overlay: what differs between environments must be in it.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::rule::Severity;
use serde_json::Value;

use crate::aspect::Aspect;
use crate::check::Check;
use crate::document::Document;
use crate::elsewhere::{Decision, Elsewhere};
use crate::exceptions;
use crate::field_table::Need;
use crate::missing::{Missing, missing};
use crate::patch;
use crate::rule::Rule;

/// Reports what the overlay does not state.
pub(crate) fn check(check: &Check<'_>, elsewhere: &Elsewhere<'_>, document: &Document<'_>, findings: &mut Findings) {
    let allowed = check.allowed(document);
    for missing in missing(document, &check.fields) {
        let decision = elsewhere.decides(document, missing.aspect, &missing.pointer);
        findings.extend(match allowed.reason(&missing.pointer, &Value::Null) {
            Some(reason) => Some(exceptions::info(document, &missing.pointer, reason)),
            None => finding(document, &missing, decision),
        });
    }
}

fn finding(document: &Document<'_>, missing: &Missing, decision: Option<Decision>) -> Option<Finding> {
    let Missing { aspect, pointer, need } = missing;
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
