//! The applications: a table of them all, and what became of the objects of each.

use maud::{Markup, html};

use super::parts::{Anchors, counted, number};
use crate::model::{Adaptation, Application, Assessment, Change, Outcome, Ran};
use crate::text::{count, line, lines};

/// The table, those of most effort first.
pub(super) fn table(assessment: &Assessment, anchors: &Anchors) -> Markup {
    let numbers = ["Objects", "Adapted", "Errors", "Warnings", "Leftovers", "Accepted", "Effort"];
    html! {
        section id="applications" aria-labelledby="applications-title" {
            h2 id="applications-title" { "Applications" }
            div class="scroll" role="region" aria-labelledby="applications-title" tabindex="0" {
                table class="sortable" {
                    thead {
                        tr {
                            th scope="col" { "Application" } th scope="col" { "Builds" } th scope="col" { "Functions" }
                            @for name in numbers { th scope="col" class="number" { (name) } }
                        }
                    }
                    tbody { @for application in assessment.ranking() { (row(application, anchors)) } }
                }
            }
        }
    }
}

fn row(application: &Application, anchors: &Anchors) -> Markup {
    let Application { counts, .. } = application;
    html! {
        tr {
            th scope="row" {
                a href={ "#" (anchors.application(&application.path)) } { (line(&application.path)) }
            }
            td { @if application.failure.is_some() { span class="badge failure" { "no" } } @else { "yes" } }
            td {
                @match application.functions_ran {
                    Ran::None | Ran::Some if application.failure.is_none() => {
                        span class="badge unknown" { (application.ran_name()) }
                    }
                    _ => (application.ran_name()),
                }
            }
            (counted(application.object_count())) (counted(application.adapted_objects))
            (counted(counts.errors)) (counted(counts.warnings)) (counted(counts.leftovers)) (counted(counts.accepted))
            @match application.effort {
                Some(effort) => (number(effort)),
                None => td class="number" data-order="-1" { "?" },
            }
        }
    }
}

/// What became of the objects of each application.
pub(super) fn details(assessment: &Assessment, anchors: &Anchors) -> Markup {
    html! {
        section id="details" aria-labelledby="details-title" {
            h2 id="details-title" { "Changes by application" }
            p class="lead" {
                "The manifests before and after the functions. A value that may be secret is shown as (hidden N); within an object the "
                "same number is the same value."
            }
            @for application in &assessment.applications { (detail(application, anchors)) }
            @if !assessment.excluded.is_empty() {
                p { "Left out by " code { "--exclude" } ": " (line(&assessment.excluded.join(", "))) "." }
            }
        }
    }
}

fn detail(application: &Application, anchors: &Anchors) -> Markup {
    let anchor = anchors.application(&application.path);
    html! {
        details class="application" id=(anchor) {
            summary {
                b { (line(&application.path)) } " "
                span class="note" { (in_short(application)) }
            }
            @if let Some(reason) = &application.failure {
                p { "It does not build. What comes after the failure was not looked at." }
                pre class="failure" { @for told in lines(reason) { (told) "\n" } }
            }
            p {
                @if !application.names.is_empty() { (line(&application.names.join(", "))) ". " }
                a href="#findings" data-application=(anchor) { "Its findings" }
                @if !application.objects.is_empty() { ". Objects: " (kinds(application)) "." }
            }
            @if !application.adapted.is_empty() { ul { @for one in &application.adapted { li { (adaptation(one)) } } } }
            @for (index, change) in application.changes.iter().enumerate() { (diff(anchor, index, change)) }
        }
    }
}

fn in_short(application: &Application) -> String {
    let counts = &application.counts;
    let mut parts = vec![];
    if application.failure.is_some() {
        parts.push("does not build".to_owned());
    }
    match application.functions_ran {
        Ran::None => parts.push("no function ran".to_owned()),
        Ran::Some => parts.push("no function ran on a part".to_owned()),
        Ran::All | Ran::Unneeded => {}
    }
    parts.push(count(application.object_count(), "object"));
    if !application.changes.is_empty() {
        parts.push(count(application.changes.len(), "change"));
    }
    parts.extend((counts.errors > 0).then(|| count(counts.errors, "error")));
    parts.extend((counts.warnings > 0).then(|| count(counts.warnings, "warning")));
    parts.join(", ")
}

fn kinds(application: &Application) -> String {
    let kinds = application.objects.iter().map(|(kind, count)| format!("{count} {}", line(kind)));
    kinds.collect::<Vec<_>>().join(", ")
}

fn adaptation(adaptation: &Adaptation) -> Markup {
    let Adaptation { changed, fields, added, removed, replaced, .. } = adaptation;
    let mut parts = Vec::new();
    if *changed > 0 {
        parts.push(format!("{} in {}", count(*fields, "field"), count(*changed, "object")));
    }
    for (number, what) in [(added, "added"), (replaced, "replaced"), (removed, "removed")] {
        if *number > 0 {
            parts.push(format!("{} {what}", count(*number, "object")));
        }
    }
    html! { b { (line(&adaptation.function)) } ": " (parts.join(", ")) }
}

fn diff(anchor: &str, index: usize, change: &Change) -> Markup {
    let outcome = match change.outcome {
        Outcome::Changed => "changed",
        Outcome::Added => "added",
        Outcome::Removed => "removed",
    };
    let id = format!("diff-{anchor}-{}", index + 1);
    html! {
        details class="diff" id=(id) {
            summary {
                (line(&change.object.to_string())) " " span class="note" {
                    (outcome) @if !change.functions.is_empty() { " by " (line(&change.functions.join(", "))) }
                }
                " " a class="self" href={ "#" (id) } aria-label="Link to this change" { "#" }
            }
            pre tabindex="0" { @for told in change.diff.lines().skip(2) { (diff_line(told)) } }
        }
    }
}

fn diff_line(text: &str) -> Markup {
    let shown = line(text);
    html! {
        @if text.starts_with('+') { ins { (shown) "\n" } }
        @else if text.starts_with('-') { del { (shown) "\n" } }
        @else if text.starts_with("@@") { span class="hunk" { (shown) "\n" } }
        @else { (shown) "\n" }
    }
}
