//! The code quality report of GitLab CI.
//!
//! Source: GitLab's documentation, "Code Quality report format": `description`, `check_name`, `fingerprint`, `severity` and
//! `location` with a path relative to the repository, without `./` before it.

use serde::Serialize;

use super::view::{View, json};
use crate::model::{Assessment, Class, Finding};
use crate::text;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// What is open, and what people accepted.
pub(super) fn render(assessment: &Assessment, view: &View) -> String {
    let shown = assessment.findings.iter().filter(|finding| finding.class != Class::Note);
    json(&shown.map(|finding| issue(finding, view)).collect::<Vec<_>>())
}

fn issue(finding: &Finding, view: &View) -> Issue {
    Issue {
        description: text::sentence(finding),
        check_name: finding.rule.clone(),
        fingerprint: finding.id.clone(),
        severity: match finding.class {
            Class::Failure => "blocker",
            Class::Error => "critical",
            Class::Unknown => "major",
            Class::Warning => "minor",
            Class::Accepted | Class::Note => "info",
        },
        location: Location { path: view.path(&finding.location.file), lines: Lines { begin: finding.location.line } },
    }
}
