//! What all parts of the page share.

use std::collections::{HashMap, HashSet};

use maud::{Markup, html};

use crate::model::{Assessment, Class};
use crate::text::{Piece, line, pieces};

/// The names of places in the page, which stay from report to report.
pub(super) struct Anchors {
    applications: HashMap<String, String>,
    rules: HashMap<(String, String), String>,
}

impl Anchors {
    pub(super) fn of(assessment: &Assessment) -> Self {
        let mut taken = HashSet::new();
        let mut unique = |name: String| {
            let mut candidates = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}-{number}")));
            candidates.find(|candidate| taken.insert(candidate.clone())).unwrap_or(name)
        };
        let applications = assessment.applications.iter();
        let applications =
            applications.map(|one| (one.path.clone(), unique(format!("app-{}", slug(&one.path))))).collect();
        let rules = assessment.rules.iter();
        let rules = rules.map(|one| {
            let name = unique(format!("rule-{}-{}", slug(&one.function), slug(&one.rule)));
            ((one.function.clone(), one.rule.clone()), name)
        });
        Self { rules: rules.collect(), applications }
    }

    /// The name of an application's place.
    pub(super) fn application(&self, path: &str) -> &str {
        self.applications.get(path).map_or("details", String::as_str)
    }

    /// The name of a rule's place.
    pub(super) fn rule(&self, function: &str, rule: &str) -> &str {
        self.rules.get(&(function.to_owned(), rule.to_owned())).map_or("rules", String::as_str)
    }
}

/// A text as part of a name: letters and digits of ASCII.
fn slug(text: &str) -> String {
    let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let slug = parts.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    if slug.is_empty() { "root".to_owned() } else { slug }
}

/// What a finding means, in a word.
pub(super) fn badge(class: Class) -> Markup {
    html! { span class={ "badge " (class.name()) } { (class.name()) } }
}

/// A message with its values as code.
pub(super) fn message(text: &str) -> Markup {
    let text = line(text);
    html! {
        @for piece in pieces(&text) {
            @match piece {
                Piece::Words(words) => (words),
                Piece::Value(value) => code { (value) },
            }
        }
    }
}

/// A cell with a number. A zero is faint, so that the rest is seen.
pub(super) fn number(number: u64) -> Markup {
    html! { td class={ "number" @if number == 0 { " zero" } } { (number) } }
}

/// The same for a count.
pub(super) fn counted(count: usize) -> Markup {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}
