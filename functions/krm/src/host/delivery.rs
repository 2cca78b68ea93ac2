//! What leaves the program: standard output, standard error, and the file of findings.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use super::outcome::{Failure, Prepared};
use crate::finding::Finding;
use crate::program::Program;

/// The variable that names the file to which findings are appended.
///
/// Hosts drop what a function that succeeds writes to standard error (kustomize from 5.4 on and kubectl, for plugins), so
/// that findings need a way of their own.
pub const FINDINGS: &str = "REPLATFORM_FINDINGS";

/// Writes a text to standard output.
///
/// # Errors
/// It cannot be written, as when a pipe has no reader any more.
pub fn print(text: &str) -> io::Result<()> {
    print_all([Cow::Borrowed(text)].into_iter())
}

fn print_all<'t>(mut pieces: impl Iterator<Item = Cow<'t, str>>) -> io::Result<()> {
    let mut stdout = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    pieces.try_for_each(|piece| stdout.write_all(piece.as_bytes())).and_then(|()| stdout.flush())
}

/// Writes a text to standard error.
pub fn say(text: &str) {
    // There is no way to report that standard error is closed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes to standard error what an outcome has for it.
fn say_all(outcome: &Prepared) {
    let mut stderr = io::BufWriter::with_capacity(1 << 16, io::stderr().lock());
    // There is no way to report that standard error is closed.
    let _ = outcome.stderr().try_for_each(|piece| stderr.write_all(piece.as_bytes())).and_then(|()| stderr.flush());
}

/// Whether standard output shows colours: it is a terminal, and `NO_COLOR` does not say otherwise.
pub(super) fn has_colours() -> bool {
    let is_empty = |name| std::env::var_os(name).is_none_or(|value| value.is_empty());
    io::stdout().is_terminal() && is_empty("NO_COLOR")
}

/// Does to the outside what an outcome says.
pub(super) fn deliver(program: &dyn Program, outcome: Prepared) -> ExitCode {
    let outcome = match append_findings(&outcome.findings) {
        Ok(()) => outcome,
        Err(failure) => {
            let mut failed = Prepared::failure(program, failure);
            failed.findings.splice(..0, outcome.findings);
            failed
        }
    };
    say_all(&outcome);
    if let Err(error) = print_all(outcome.stdout()) {
        let failure = Failure::output(format!("standard output cannot be written: {error}"));
        say_all(&Prepared::failure(program, failure));
        return ExitCode::FAILURE;
    }
    let code = if outcome.succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    // The process ends here; freeing what it said would take a part of its time.
    std::mem::forget(outcome);
    code
}

/// Appends whole lines to a file. The lock keeps those of builds that run at once apart.
///
/// # Errors
/// The file cannot be written.
pub fn append(file: &Path, lines: &str) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    // Pipes and terminals cannot be locked.
    if file.metadata()?.is_file() {
        file.lock()?;
    }
    file.write_all(lines.as_bytes())
}

/// The file that [`FINDINGS`] names, if it names one.
fn findings_file() -> Option<OsString> {
    std::env::var_os(FINDINGS).filter(|file| !file.is_empty())
}

/// Makes the file of findings if it is not there: whoever named it sees that a function ran, also where it finds nothing.
pub(super) fn leave_trace() {
    // If it cannot be made, the first finding fails the build.
    let _ = findings_file().map(|file| append(Path::new(&file), ""));
}

/// Appends findings to the file that [`FINDINGS`] names, if it names one.
fn append_findings(findings: &[(&'static str, Finding)]) -> Result<(), Failure> {
    let Some(file) = findings_file().filter(|_| !findings.is_empty()) else { return Ok(()) };
    append(Path::new(&file), &json_lines(findings)).map_err(|error| {
        let name = file.display();
        Failure::output(format!("the findings cannot be appended to {name}, which {FINDINGS} names: {error}"))
    })
}

/// The findings for programs, a line of JSON each.
fn json_lines(findings: &[(&'static str, Finding)]) -> String {
    let line = |(name, finding): &(&'static str, Finding)| {
        serde_json::to_string(&finding.report(name)).unwrap_or_default() + "\n"
    };
    findings.iter().map(line).collect()
}
