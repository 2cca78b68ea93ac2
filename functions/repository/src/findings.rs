//! What the functions of a build found, by way of a file: `REPLATFORM_FINDINGS`.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use krm::finding::Report;
use krm::host::{FINDINGS, append, one_line};
use krm::rule::{CommonRule, RuleSet, Severity};
use serde_json::Value;

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
pub fn reports(file: &Path) -> Result<Vec<Report>, String> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(|error| format!("the findings cannot be read: {error}"))?,
    };
    let read =
        |line: &str| serde_json::from_str(line).map_err(|_| format!("the file of findings holds: {}", one_line(line)));
    text.lines().map(read).collect()
}

/// Why a build failed, which left these findings: what kustomize itself says on standard error or, if it only hands on what
/// functions said, the number of their errors.
pub fn reason(stderr: &str, findings: &[Report]) -> String {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let others = others(stderr, findings);
    let is_echo = |line: &&str| errors > 0 && line.trim_end().ends_with(FAILED_FUNCTION);
    let others: Vec<_> = others.into_iter().filter(|line| !is_echo(line)).collect();
    match (others.join("\n").trim(), errors) {
        ("", 0) => "kustomize failed and does not say why".to_owned(),
        ("", 1) => "a function found an error, which fails the build".to_owned(),
        ("", _) => format!("functions found {errors} errors, which fail the build"),
        (said, _) => said.strip_prefix("Error: ").or_else(|| said.strip_prefix("error: ")).unwrap_or(said).to_owned(),
    }
}

/// The lines on standard error that are no finding, and not what kustomize and kubectl put around one.
pub fn others<'s>(stderr: &'s str, findings: &[Report]) -> Vec<&'s str> {
    let told: HashSet<String> = findings.iter().map(line).collect();
    let is_other = |line: &&str| {
        let said = line.split(FAILED_PLUGIN).next().unwrap_or(line);
        let is_told = || told.contains(said) || is_error(said) && ends(said).any(|end| told.contains(end));
        !said.is_empty() && !is_told()
    };
    stderr.lines().filter(is_other).collect()
}

/// What kustomize says behind the standard error of a plugin that failed.
const FAILED_PLUGIN: &str = ": failure in plugin configured via ";

/// What kustomize says of a program that failed, whose standard error it has passed on.
const FAILED_FUNCTION: &str = "couldn't execute function: exit status 1";

/// Whether a line is an error of kustomize or kubectl.
fn is_error(line: &str) -> bool {
    line.starts_with("Error: ") || line.starts_with("error: ")
}

/// What is behind each colon of a line. kustomize puts the way to a nested kustomization before what a plugin said.
fn ends(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices(": ").map(|(at, colon)| &line[at + colon.len()..])
}

/// The line of a finding, as the function says it.
pub fn line(report: &Report) -> String {
    one_line(&format!("{}: {report}", report.function))
}

/// The lines of findings, errors last: a terminal shows the end.
pub fn lines(findings: &[Report]) -> String {
    let mut findings: Vec<_> = findings.iter().collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    findings.into_iter().map(|finding| line(&with_values(finding)) + "\n").collect()
}

/// A finding whose message has the values before and after, if it tells of a change of one value by another.
fn with_values(finding: &Report) -> Report {
    let text = |value: &Option<Value>| match value {
        Some(Value::String(text)) => Some(text.clone()),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => Some(value.to_string()),
        _ => None,
    };
    let is_change = finding.rule == CommonRule::Changed.rule().id && finding.accepted.is_none();
    let values = text(&finding.current_value).zip(text(&finding.proposed_value)).filter(|_| is_change);
    let message = values.map(|(before, after)| format!("{} from `{before}` to `{after}`", finding.message));
    Report { message: message.unwrap_or_else(|| finding.message.clone()), ..finding.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: &str = r#"{"function":"route-to-ingress","rule":"missing-service","severity":"error","object":{"apiVersion":"route.openshift.io/v1","kind":"Route","name":"web","namespace":"apps"},"field":"spec.to.name","file":"base/route.yaml","message":"there is no Service `web`; add it","remedy":"Add it."}"#;
    const LINE: &str = "route-to-ingress: error: Route apps/web: spec.to.name: there is no Service `web`; add it [missing-service] (base/route.yaml)\n";

    fn report(json: &str) -> Report {
        serde_json::from_str(json).expect("it is a finding")
    }

    #[test]
    fn a_finding_is_the_line_that_its_function_says() {
        assert_eq!(line(&report(MISSING)) + "\n", LINE);
        let bare = r#"{"function":"f","rule":"changed","severity":"info","message":"done"}"#;
        assert_eq!(line(&report(bare)), "f: info: done");
        let cluster = r#"{"function":"f","rule":"r","severity":"error","object":{"apiVersion":"v1","kind":"Namespace","name":"a"},"message":"m"}"#;
        assert_eq!(line(&report(cluster)), "f: error: Namespace a: m [r]");
    }

    #[test]
    fn a_change_has_the_values_before_and_after() {
        let change = |rule: &str, values: &str| {
            let json = format!(
                r#"{{"function":"f","rule":"{rule}","severity":"info","field":"spec.image","message":"{rule}"{values}}}"#
            );
            lines(&[report(&json)])
        };
        for (rule, values, expected) in [
            ("changed", r#","currentValue":"a:1","proposedValue":"b:1""#, "changed from `a:1` to `b:1`"),
            ("changed", r#","currentValue":1,"proposedValue":true"#, "changed from `1` to `true`"),
            // One of them may be secret, or is no single value.
            ("changed", r#","proposedValue":"b:1""#, "changed"),
            ("changed", r#","currentValue":[1],"proposedValue":[2]"#, "changed"),
            ("added", r#","proposedValue":"b:1""#, "added"),
        ] {
            assert_eq!(change(rule, values), format!("f: info: spec.image: {expected}\n"));
        }
    }

    #[test]
    fn errors_are_last() {
        let finding = |severity: &str, message: &str| {
            report(&format!(r#"{{"function":"f","rule":"r","severity":"{severity}","message":"{message}"}}"#))
        };
        let findings = [finding("error", "1"), finding("info", "2"), finding("warning", "3"), finding("info", "4")];
        let expected = "f: info: 2\nf: info: 4\nf: warning: 3 [r]\nf: error: 1 [r]\n";
        assert_eq!(lines(&findings), expected);
    }

    #[test]
    fn a_reason_is_what_kustomize_says_itself() {
        let finding = [report(MISSING)];
        let line = LINE.trim_end();
        let plugin = ": failure in plugin configured via /tmp/c; exit status 1 ";
        let nested = "Error: accumulating resources: accumulation err='accumulating resources from 'web'': recursed accumulation of path '/r/web'";
        for stderr in [
            format!("Error: {line}\n{plugin}: exit status 1\n"),
            format!("error: {line}{plugin}\n"),
            format!("{nested}: {line}\n{plugin}\n"),
            format!("{LINE}Error: couldn't execute function: exit status 1 \n"),
        ] {
            assert_eq!(reason(&stderr, &finding), "a function found an error, which fails the build", "{stderr}");
        }
        let two = [report(MISSING), report(MISSING)];
        assert_eq!(reason(LINE, &two), "functions found 2 errors, which fail the build");
        assert_eq!(reason(&format!("{LINE}Error: no such file\n"), &finding), "no such file");
        assert_eq!(reason("", &[]), "kustomize failed and does not say why");
        let unsaid = "Error: couldn't execute function: exit status 1";
        assert_eq!(reason(unsaid, &[]), "couldn't execute function: exit status 1");
    }

    #[test]
    fn what_is_no_finding_is_other() {
        let stderr = format!("# Warning: 'commonLabels' is deprecated.\n{LINE}web: warning: by a container\n");
        let expected = vec!["# Warning: 'commonLabels' is deprecated.", "web: warning: by a container"];
        assert_eq!(others(&stderr, &[report(MISSING)]), expected);
    }

    #[test]
    fn no_name_forges_a_line() {
        let forged = r#"{"function":"f","rule":"r","severity":"info","object":{"kind":"K","name":"a\nf: error: b"},"message":"a\nb\u001b[31m"}"#;
        assert_eq!(line(&report(forged)), "f: info: K a\\nf: error: b: a b\\u{1b}[31m");
    }
}
