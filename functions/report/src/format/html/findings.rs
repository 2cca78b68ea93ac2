//! The findings, with a form that filters them.

use maud::{Markup, html};

use super::parts::{Anchors, badge, message};
use crate::model::{Assessment, Class, Finding, Occurrence};
use crate::text::{self, line};

/// The findings, the worst first.
pub(super) fn section(assessment: &Assessment, anchors: &Anchors) -> Markup {
    html! {
        section id="findings" aria-labelledby="findings-title" {
            h2 id="findings-title" { "Findings" }
            p class="lead" { "What several applications take from one place is one finding." }
            (filter(assessment, anchors))
            @if assessment.findings.is_empty() { p { "None." } }
            div id="list" { @for finding in &assessment.findings { (article(finding, anchors)) } }
            p id="nothing" hidden { "No finding is like that." }
        }
    }
}

/// Shown by the script, without which it can do nothing.
fn filter(assessment: &Assessment, anchors: &Anchors) -> Markup {
    let classes = [
        ("open", "all that is open"),
        ("error", "errors"),
        ("unknown", "not known"),
        ("warning", "warnings"),
        ("leftover", "leftovers"),
        ("new", "new ones"),
        ("accepted", "accepted"),
        ("note", "notes"),
        ("", "everything"),
    ];
    let has_baseline = assessment.summary.baseline.is_some();
    html! {
        form id="filter" role="search" aria-label="Filter the findings" hidden {
            label { "Show " select name="class" {
                @for (value, name) in classes {
                    @if value != "new" || has_baseline { option value=(value) { (name) } }
                }
            } }
            label { "Application " select name="application" {
                option value="" { "all" }
                @for one in &assessment.applications { option value=(anchors.application(&one.path)) { (line(&one.path)) } }
            } }
            label { "Rule " select name="rule" {
                option value="" { "all" }
                @for one in &assessment.rules { option value=(anchors.rule(&one.function, &one.rule)) { (line(&one.rule)) } }
            } }
            label { "Text " input type="search" name="text" placeholder="object, file, message"; }
            button type="reset" { "Reset" }
            output id="count" aria-live="polite" {}
        }
    }
}

/// The words by which the filter finds a finding.
fn classes(finding: &Finding) -> String {
    let mut classes = vec![match finding.class {
        Class::Failure => "error",
        class => class.name(),
    }];
    classes.extend(finding.class.is_open().then_some("open"));
    classes.extend((finding.leftover && finding.class.is_open()).then_some("leftover"));
    classes.extend((finding.new == Some(true)).then_some("new"));
    classes.join(" ")
}

fn article(finding: &Finding, anchors: &Anchors) -> Markup {
    let applications: Vec<_> = finding.occurrences.iter().filter_map(|one| one.application.as_deref()).collect();
    let mut places: Vec<_> = applications.iter().map(|path| anchors.application(path)).collect();
    places.dedup();
    let id = format!("finding-{}", finding.id);
    html! {
        article id=(id) class=(finding.class.name()) data-class=(classes(finding))
            data-applications=(places.join(" ")) data-rule=(anchors.rule(&finding.function, &finding.rule)) {
            p class="message" {
                (badge(finding.class))
                @if finding.leftover && finding.class.is_open() { " " span class="badge plain" { "leftover" } }
                @if finding.new == Some(true) { " " span class="badge plain" { "new" } }
                " " (message(&finding.message))
            }
            p class="about" {
                @let subject = text::about(finding);
                @if !subject.is_empty() { b { (line(&subject)) } " " }
                span class="file" { (line(&finding.location.file)) ":" (finding.location.line) } " "
                a href={ "#" (anchors.rule(&finding.function, &finding.rule)) } { (line(&finding.rule)) } " "
                a class="self" href={ "#" (id) } aria-label="Link to this finding" { "#" }
            }
            (more(finding, &applications, anchors))
        }
    }
}

fn more(finding: &Finding, applications: &[&str], anchors: &Anchors) -> Markup {
    let within = match applications {
        [] => "In the repository as a whole".to_owned(),
        [one] => format!("In {}", line(one)),
        [one, rest @ ..] => format!("In {} and {} more", line(one), rest.len()),
    };
    html! {
        details {
            summary { (within) }
            @if let Some(reason) = &finding.accepted { p { "Accepted: " (message(reason)) } }
            p { "Remedy: " (message(&finding.remedy)) " " small { "(" (line(&finding.function)) ")" } }
            ul { @for one in &finding.occurrences { (occurrence(one, anchors)) } }
        }
    }
}

fn occurrence(occurrence: &Occurrence, anchors: &Anchors) -> Markup {
    html! {
        @if let Some(path) = &occurrence.application {
            li {
                a href={ "#" (anchors.application(path)) } { (line(path)) }
                @if let Some(object) = &occurrence.object { ": " (line(&object.to_string())) }
                @if let Some(other) = &occurrence.message { ": " (message(other)) }
            }
        }
    }
}
