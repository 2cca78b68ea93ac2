//! What a program does to the outside, decided before anything is done.

use std::fmt::Write;

use crate::config::ConfigError;
use crate::finding::Finding;
use crate::program::Program;
use crate::resource_list::{LoadError, Output};
use crate::rule::CommonRule;

/// What the program does to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<T = String> {
    /// Standard output: everything or nothing.
    pub stdout: T,
    /// Standard error: one line a finding.
    pub stderr: String,
    /// The findings, each with the name of the function that reports it.
    pub findings: Vec<(&'static str, Finding)>,
    /// Whether the exit code is 0; else it is 1.
    pub succeeded: bool,
}

/// An outcome whose text is not made as a whole.
pub(super) type Prepared = Outcome<Output>;

impl Prepared {
    /// A text that was asked for, and nothing else.
    pub(super) fn answer(stdout: String) -> Self {
        Self { stdout: stdout.into(), stderr: String::new(), findings: Vec::new(), succeeded: true }
    }

    /// Nothing but how the call is wrong.
    pub(super) fn misuse(stderr: String) -> Self {
        Self { stdout: String::new().into(), stderr, findings: Vec::new(), succeeded: false }
    }

    /// Nothing but what is wrong.
    pub(super) fn failure(program: &dyn Program, failure: Failure) -> Self {
        let findings = vec![(program.name(), Finding::new(failure.rule, failure.message))];
        Self { stdout: String::new().into(), stderr: lines(&findings), findings, succeeded: false }
    }

    /// The same with the text as a whole.
    pub(super) fn whole(self) -> Outcome {
        let Self { stdout, stderr, findings, succeeded } = self;
        Outcome { stdout: stdout.to_text(), stderr, findings, succeeded }
    }
}

/// Why a program could not do its work.
pub(super) struct Failure {
    pub(super) rule: CommonRule,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn input(message: impl Into<String>) -> Self {
        Self { rule: CommonRule::InvalidInput, message: message.into() }
    }

    pub(super) fn config(message: impl Into<String>) -> Self {
        Self { rule: CommonRule::InvalidConfig, message: message.into() }
    }

    pub(super) fn output(message: impl Into<String>) -> Self {
        Self { rule: CommonRule::UnwritableOutput, message: message.into() }
    }

    pub(super) fn fault(message: impl Into<String>) -> Self {
        Self { rule: CommonRule::InternalError, message: message.into() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::config(error.to_string())
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Yaml(error) => Self::input(format!("the input is not YAML: {error}")),
            LoadError::NotAResourceList(reason) => Self::input(reason),
        }
    }
}

/// The findings for people, a line each.
pub(super) fn lines(findings: &[(&'static str, Finding)]) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    for (name, finding) in findings {
        line.clear();
        // A text takes everything that is written to it.
        let _ = write!(line, "{name}: {finding}");
        lines.push_str(&one_line(&line));
        lines.push('\n');
    }
    lines
}

/// A text in which control characters, and those that turn the direction of text, are escaped. Names and paths come from the
/// input, and must neither begin a line of their own nor command a terminal.
pub fn one_line(text: &str) -> String {
    // Separators of lines and paragraphs, and marks that turn the direction of text, so that it reads as another one.
    const INVISIBLE: [char; 14] = [
        '\u{2028}', '\u{2029}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}',
        '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
    ];
    let is_harmless = |letter: char| !letter.is_control() && (letter.is_ascii() || !INVISIBLE.contains(&letter));
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || text.chars().all(is_harmless) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_harmless(letter) {
            line.push(letter);
        } else {
            line.extend(letter.escape_default());
        }
    }
    line
}
