//! Checks a base: what differs between environments must not be in it.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use serde_json::Value;

use crate::aspect::Aspect;
use crate::check::Check;
use crate::document::Document;
use crate::exceptions;
use crate::missing::missing;
use crate::patch;
use crate::statement::{Statement, may_state, statements};

/// Reports what the base states in an object.
pub(crate) fn check(check: &Check<'_>, item: &Item, findings: &mut Findings) {
    let allowed = check.exceptions.of(item);
    if !allowed.may_be_unneeded() && !may_state(item, &check.fields) && !Document::may_hold_charts(item) {
        return;
    }
    let document = Document::of(item, findings);
    for statement in statements(&document, &check.fields) {
        findings.push(match allowed.reason(&document, &statement.pointer, &statement.value) {
            Some(reason) => exceptions::info(&document, &statement.pointer, reason),
            None => finding(&document, &statement),
        });
    }
    // Both layers may have one config, so an exception for what is not stated is needed too.
    for missing in allowed.may_be_unneeded().then(|| missing(&document, &check.fields)).into_iter().flatten() {
        allowed.reason(&document, &missing.pointer, &Value::Null);
    }
}

fn finding(document: &Document<'_>, Statement { aspect, pointer, value }: &Statement) -> Finding {
    // What the config lists may be of any kind.
    let shown = if *aspect == Aspect::Configured { &aspect.example() } else { value };
    let how = patch::how(document, pointer, *aspect, shown);
    let message = format!("the base states {}; take it out, and state it in each overlay {how}", aspect.noun());
    let finding = Finding::new(aspect.in_base(), message).on(document.item).at(FieldPath::from(pointer));
    if *aspect == Aspect::Configured { finding } else { finding.current(value.clone()) }
}
