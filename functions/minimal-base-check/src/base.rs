//! Checks a base: what differs between environments must not be in it.

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};

use crate::aspect::Aspect;
use crate::check::Check;
use crate::document::Document;
use crate::exceptions;
use crate::patch;
use crate::statement::{Statement, statements};

/// Reports what the base states.
pub(crate) fn check(check: &Check<'_>, document: &Document<'_>, findings: &mut Findings) {
    let allowed = check.allowed(document);
    for statement in statements(document, &check.fields) {
        findings.push(match allowed.reason(&statement.pointer, &statement.value) {
            Some(reason) => exceptions::info(document, &statement.pointer, reason),
            None => finding(document, &statement),
        });
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
