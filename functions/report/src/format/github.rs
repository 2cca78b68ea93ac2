//! Workflow commands of GitHub Actions.
//!
//! Source: `toCommandValue`, `escapeData` and `escapeProperty` in actions/toolkit `packages/core/src/command.ts`. GitHub shows
//! ten annotations of a level and a step.

use std::fmt;

use super::view::View;
use crate::model::{Assessment, Class, Finding};
use crate::text::{self, count, line};

/// How many annotations of a level GitHub shows.
const MOST: usize = 10;

/// The annotations of what is open, and the rest in a number.
pub(super) fn render(assessment: &Assessment, view: &View) -> String {
    let open = assessment.findings.iter().filter(|finding| finding.new != Some(false));
    let of = |class: &[Class]| open.clone().filter(|finding| class.contains(&finding.class)).collect::<Vec<_>>();
    let errors = annotations("error", &of(&[Class::Failure, Class::Error]), view);
    let warnings = annotations("warning", &of(&[Class::Unknown, Class::Warning]), view);
    let headline = Command {
        level: "notice",
        properties: vec![("title", text::QUESTION.to_owned())],
        message: text::headline(&assessment.summary),
    };
    let all = errors.into_iter().chain(warnings).chain([headline]);
    all.map(|command| format!("{command}\n")).collect()
}

fn annotations(level: &'static str, findings: &[&Finding], view: &View) -> Vec<Command> {
    let shown = if findings.len() > MOST { MOST - 1 } else { findings.len() };
    let mut commands: Vec<_> = findings[..shown].iter().map(|finding| annotation(level, finding, view)).collect();
    if let Some(rest) = findings.get(shown..).filter(|rest| !rest.is_empty()) {
        let message = format!("{} more; the report in another format has them all", count(rest.len(), level));
        commands.push(Command { level, properties: vec![("title", "not shown here".to_owned())], message });
    }
    commands
}

fn annotation(level: &'static str, finding: &Finding, view: &View) -> Command {
    let location = &finding.location;
    let properties = vec![
        ("file", view.path(&location.file)),
        ("line", location.line.to_string()),
        ("title", format!("{} [{}]", finding.function, finding.rule)),
    ];
    Command { level, properties, message: text::sentence(finding) }
}

/// A workflow command; written, it is one line.
struct Command {
    level: &'static str,
    properties: Vec<(&'static str, String)>,
    message: String,
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = |text: &str| line(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
        let properties = self.properties.iter().map(|(name, value)| format!("{name}={}", property(value)));
        write!(formatter, "::{} {}::{}", self.level, properties.collect::<Vec<_>>().join(","), data(&self.message))
    }
}
