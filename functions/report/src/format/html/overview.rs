//! The answer, the charts and the rules.

use maud::{Markup, html};

use super::parts::{Anchors, badge, counted, message};
use crate::model::{Assessment, Class, Summary, Verdict};
use crate::text::{self, line};

/// How many bars a chart has.
const MOST_BARS: usize = 12;

/// The answer in a sentence, and the figures.
pub(super) fn answer(assessment: &Assessment) -> Markup {
    let summary = &assessment.summary;
    html! {
        section id="answer" aria-labelledby="question" {
            h1 id="question" { (text::QUESTION) }
            p class={ "headline " (verdict(summary)) } { (text::headline(summary)) }
            (figures(summary))
            @let caveats = text::caveats(summary);
            @if !caveats.is_empty() {
                ul class="caveats" { @for caveat in caveats { li { (caveat) } } }
            }
        }
    }
}

fn verdict(summary: &Summary) -> &'static str {
    match summary.verdict() {
        Verdict::NotYet => "no",
        Verdict::NotKnown => "unknown",
        Verdict::Yes => "yes",
    }
}

fn figures(summary: &Summary) -> Markup {
    let counts = &summary.counts;
    let built = summary.applications - summary.failed;
    let seen = built - summary.not_adapted;
    let figures = [
        (format!("{built} of {}", summary.applications), "applications build", ""),
        (
            format!("{seen} of {}", summary.applications),
            "of them with functions",
            if seen < built { "warning" } else { "" },
        ),
        (format!("{} of {}", summary.adapted, summary.objects), "objects adapted", ""),
        (counts.errors.to_string(), "errors: work", if counts.errors > 0 { "error" } else { "" }),
        (counts.warnings.to_string(), "warnings: decisions", if counts.warnings > 0 { "warning" } else { "" }),
        (counts.leftovers.to_string(), "leftovers among them", ""),
        (counts.accepted.to_string(), "accepted with a reason", ""),
    ];
    html! {
        dl class="figures" {
            @for (figure, name, class) in figures {
                div class=(class) { dt { (name) } dd { (figure) } }
            }
        }
    }
}

/// A bar of a chart.
struct Bar<'a> {
    name: &'a str,
    anchor: &'a str,
    value: u64,
}

/// The applications by effort, and the rules by findings.
pub(super) fn charts(assessment: &Assessment, anchors: &Anchors) -> Markup {
    let ranking = assessment.ranking();
    let applications: Vec<_> = ranking
        .iter()
        .map(|one| Bar {
            name: &one.path,
            anchor: anchors.application(&one.path),
            value: one.effort.unwrap_or_default(),
        })
        .collect();
    let rules: Vec<_> = assessment
        .rules
        .iter()
        .map(|one| Bar {
            name: &one.rule,
            anchor: anchors.rule(&one.function, &one.rule),
            value: u64::try_from(one.open).unwrap_or_default(),
        })
        .collect();
    html! {
        div class="charts" {
            (chart("Applications by effort", "Nothing is to be done.", &applications))
            (chart("Rules by open findings", "No finding is open.", &rules))
        }
    }
}

fn chart(title: &str, nothing: &str, bars: &[Bar<'_>]) -> Markup {
    let mut bars: Vec<_> = bars.iter().filter(|bar| bar.value > 0).collect();
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
    let longest = bars.first().map_or(1, |bar| bar.value);
    html! {
        figure {
            figcaption { (title) }
            @if bars.is_empty() { p { (nothing) } }
            ol class="bars" {
                @for bar in bars.iter().take(MOST_BARS) {
                    li {
                        a href={ "#" (bar.anchor) } { (line(bar.name)) }
                        svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
                            rect width=((bar.value * 1000).div_ceil(longest)) height="10" {}
                        }
                        span class="number" { (bar.value) }
                    }
                }
            }
            @if bars.len() > MOST_BARS { p class="rest" { (bars.len() - MOST_BARS) " more in the table below" } }
        }
    }
}

/// The rules, with what they find and what is to be done.
pub(super) fn rules(assessment: &Assessment, anchors: &Anchors) -> Markup {
    html! {
        section id="rules" aria-labelledby="rules-title" {
            h2 id="rules-title" { "Rules" }
            div class="scroll" role="region" aria-labelledby="rules-title" tabindex="0" {
                table class="sortable" {
                    thead {
                        tr {
                            th scope="col" { "Rule" } th scope="col" { "Worst" }
                            th scope="col" class="number" { "Open" } th scope="col" class="number" { "Settled" }
                            th scope="col" class="number" { "Applications" }
                            th scope="col" { "What is found, and what is to be done" }
                        }
                    }
                    tbody {
                        @for rule in &assessment.rules {
                            tr id=(anchors.rule(&rule.function, &rule.rule)) {
                                th scope="row" {
                                    a href="#findings" data-rule=(anchors.rule(&rule.function, &rule.rule)) { (line(&rule.rule)) }
                                    br; small { (line(&rule.function)) }
                                }
                                td data-order=(class_order(rule.class)) { (badge(rule.class)) }
                                (counted(rule.open)) (counted(rule.settled)) (counted(rule.applications))
                                td class="prose" { (message(&rule.about)) " " strong { (message(&rule.remedy)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn class_order(class: Class) -> usize {
    Class::ALL.iter().position(|other| *other == class).unwrap_or_default()
}
