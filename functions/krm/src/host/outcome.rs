//! What a program does to the outside, decided before anything is done.

use std::borrow::Cow;

use crate::config::ConfigError;
use crate::finding::Finding;
use crate::program::Program;
use crate::resource_list::{LoadError, Output};
use crate::rule::CommonRule;

/// What the program does to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Standard output: everything or nothing.
    pub stdout: String,
    /// Standard error: one line a finding.
    pub stderr: String,
    /// The findings, each with the name of the function that reports it.
    pub findings: Vec<(&'static str, Finding)>,
    /// Whether the exit code is 0; else it is 1.
    pub succeeded: bool,
}

/// An outcome whose texts are not made as a whole.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Standard output, with the findings as the results in it.
    pub(super) stdout: Output,
    /// How the call is wrong, if it is.
    misuse: String,
    /// The findings, each with the name of the function that reports it.
    pub(super) findings: Vec<(&'static str, Finding)>,
    /// Whether the exit code is 0; else it is 1.
    pub(super) succeeded: bool,
}

impl Prepared {
    /// What a program writes, and what it found.
    pub(super) fn new(stdout: impl Into<Output>, findings: Vec<(&'static str, Finding)>, succeeded: bool) -> Self {
        Self { stdout: stdout.into(), misuse: String::new(), findings, succeeded }
    }

    /// A text that was asked for, and nothing else.
    pub(super) fn answer(stdout: String) -> Self {
        Self::new(stdout, Vec::new(), true)
    }

    /// Nothing but how the call is wrong.
    pub(super) fn misuse(misuse: String) -> Self {
        Self { misuse, ..Self::new(String::new(), Vec::new(), false) }
    }

    /// Nothing but what is wrong.
    pub(super) fn failure(program: &dyn Program, failure: Failure) -> Self {
        Self::new(String::new(), vec![(program.name(), Finding::new(failure.rule, failure.message))], false)
    }

    /// Standard output, piece by piece.
    pub(super) fn stdout(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.stdout.pieces(self.findings.iter().map(|(_, finding)| finding))
    }

    /// Standard error, piece by piece: how the call is wrong, and one line a finding.
    pub(super) fn stderr(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let line = |(name, finding): &(&str, Finding)| one_line(&format!("{name}: {finding}")) + "\n";
        std::iter::once(Cow::Borrowed(self.misuse.as_str())).chain(self.findings.iter().map(line).map(Cow::Owned))
    }

    /// The same with texts as a whole.
    pub(super) fn whole(self) -> Outcome {
        let (stdout, stderr) = (self.stdout().collect(), self.stderr().collect());
        Outcome { stdout, stderr, findings: self.findings, succeeded: self.succeeded }
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
