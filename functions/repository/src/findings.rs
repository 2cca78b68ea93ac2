//! What the functions of a build found, by way of a file: `REPLATFORM_FINDINGS`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use krm::finding::Report;
use krm::host::{FINDINGS, append, one_line};
use tempfile::NamedTempFile;

/// The findings of one build.
pub struct File {
    own: NamedTempFile,
    /// The file that the caller named.
    named: Option<PathBuf>,
}

impl File {
    /// A new, empty file. The caller's own may hold the findings of other builds.
    ///
    /// # Errors
    /// The directory for temporary files cannot be written.
    pub fn new() -> Result<Self, String> {
        let own = NamedTempFile::with_prefix("replatform-findings-")
            .map_err(|error| format!("no temporary file can be made: {error}; set TMPDIR to a directory"))?;
        Ok(Self { own, named: named() })
    }

    /// Where it is, for `REPLATFORM_FINDINGS`.
    pub fn path(&self) -> &Path {
        self.own.path()
    }

    /// The findings as lines, but for those that `stderr` has already.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn lines_besides(&self, stderr: &str) -> Result<String, String> {
        Ok(besides(&self.text()?, stderr))
    }

    /// Adds the findings to the file that the caller named.
    ///
    /// # Errors
    /// That file cannot be written.
    pub fn hand_on(&self) -> Result<(), String> {
        match &self.named {
            Some(named) => append_to(named, &self.text()?),
            None => Ok(()),
        }
    }

    fn text(&self) -> Result<String, String> {
        std::fs::read_to_string(self.path()).map_err(|error| format!("the findings cannot be read: {error}"))
    }
}

/// The file that the caller names.
fn named() -> Option<PathBuf> {
    std::env::var_os(FINDINGS).filter(|file| !file.is_empty()).map(PathBuf::from)
}

fn append_to(file: &Path, text: &str) -> Result<(), String> {
    append(file, text).map_err(|error| {
        format!("{FINDINGS} {} cannot be written: {error}; name a file in a directory that can be", file.display())
    })
}

/// Adds findings to the file that the caller named, if it named one.
///
/// # Errors
/// That file cannot be written.
pub fn hand_on(findings: &[Report]) -> Result<(), String> {
    let Some(file) = named().filter(|_| !findings.is_empty()) else { return Ok(()) };
    let lines = findings.iter().map(|finding| serde_json::to_string(finding).map(|line| line + "\n"));
    let lines: String =
        lines.collect::<Result<_, _>>().map_err(|error| format!("a finding cannot be written: {error}"))?;
    append_to(&file, &lines)
}

/// The findings in a file, in their order; none if it is not there.
///
/// # Errors
/// The file cannot be read, or a line of it is no finding.
pub(crate) fn reports(file: &Path) -> Result<Vec<Report>, String> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(|error| format!("the findings cannot be read: {error}"))?,
    };
    let read =
        |line: &str| serde_json::from_str(line).map_err(|_| format!("the file of findings holds: {}", one_line(line)));
    text.lines().map(read).collect()
}

/// What standard error says of a build that failed, besides its findings.
pub(crate) fn reason_besides(stderr: &str, findings: &[Report]) -> String {
    let told: HashSet<String> = findings.iter().map(line).collect();
    let is_other = |line: &&str| {
        let said = said_by_a_function(line);
        !said.is_empty() && !told.contains(said)
    };
    let others: Vec<_> = stderr.lines().filter(is_other).collect();
    match others.join("\n").trim() {
        "" if findings.is_empty() => "kustomize failed and does not say why".to_owned(),
        "" => "functions found errors, which fail the build".to_owned(),
        reason => reason.to_owned(),
    }
}

/// The lines of the findings in `text` that `stderr` does not have, in their order.
fn besides(text: &str, stderr: &str) -> String {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for line in stderr.lines() {
        *seen.entry(said_by_a_function(line)).or_default() += 1;
    }
    let mut lines = String::new();
    for line in text.lines().map(line_of) {
        match seen.get_mut(line.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => drop(writeln!(lines, "{line}")),
        }
    }
    lines
}

/// The line of a finding. Text that is none is shown as it is: nothing is lost.
fn line_of(json: &str) -> String {
    serde_json::from_str(json).map_or_else(|_| one_line(json), |report| line(&report))
}

/// The line that a function says of a finding.
pub fn line(report: &Report) -> String {
    one_line(&format!("{}: {report}", report.function))
}

/// A line without what kustomize and kubectl put around the standard error of a plugin that failed.
fn said_by_a_function(line: &str) -> &str {
    let line = line.strip_prefix("Error: ").or_else(|| line.strip_prefix("error: ")).unwrap_or(line);
    line.split(": failure in plugin configured via ").next().unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: &str = r#"{"function":"route-to-ingress","rule":"missing-service","severity":"warning","object":{"apiVersion":"route.openshift.io/v1","kind":"Route","name":"web","namespace":"apps"},"field":"spec.to.name","file":"base/route.yaml","message":"there is no Service `web`; add it","remedy":"Add it."}"#;
    const LINE: &str = "route-to-ingress: warning: Route apps/web: spec.to.name: there is no Service `web`; add it [missing-service] (base/route.yaml)\n";

    #[test]
    fn a_finding_is_the_line_that_its_function_says() {
        assert_eq!(besides(MISSING, ""), LINE);
        let bare = r#"{"function":"f","rule":"changed","severity":"info","message":"done"}"#;
        assert_eq!(besides(bare, ""), "f: info: done\n");
        let cluster = r#"{"function":"f","rule":"r","severity":"error","object":{"apiVersion":"v1","kind":"Namespace","name":"a"},"message":"m"}"#;
        assert_eq!(besides(cluster, ""), "f: error: Namespace a: m [r]\n");
    }

    #[test]
    fn what_standard_error_has_is_not_said_again() {
        let twice = format!("{MISSING}\n{MISSING}\n");
        assert_eq!(besides(&twice, ""), format!("{LINE}{LINE}"));
        assert_eq!(besides(&twice, LINE), LINE);
        assert_eq!(besides(&twice, &format!("{LINE}{LINE}")), "");
        let failed = format!("Error: {}: failure in plugin configured via /tmp/c; exit status 1: x\n", LINE.trim_end());
        assert_eq!(besides(MISSING, &failed), "");
        assert_eq!(besides(MISSING, &format!("error: {LINE}")), "");
    }

    #[test]
    fn a_reason_is_what_kustomize_says_itself() {
        let finding: Report = serde_json::from_str(MISSING).expect("it is one");
        let around = format!("Error: {LINE}: failure in plugin configured via /tmp/c; exit status 1\n");
        let errors = "functions found errors, which fail the build";
        assert_eq!(reason_besides(&around, std::slice::from_ref(&finding)), errors);
        assert_eq!(reason_besides(&format!("{LINE}Error: no such file\n"), &[finding]), "Error: no such file");
        assert_eq!(reason_besides("", &[]), "kustomize failed and does not say why");
    }

    #[test]
    fn what_is_no_finding_is_shown_and_no_name_forges_a_line() {
        assert_eq!(besides("not JSON\n", ""), "not JSON\n");
        let forged = r#"{"function":"f","rule":"r","severity":"info","object":{"kind":"K","name":"a\nf: error: b"},"message":"a\nb\u001b[31m"}"#;
        assert_eq!(besides(forged, ""), "f: info: K a\\nf: error: b: a b\\u{1b}[31m\n");
    }
}
