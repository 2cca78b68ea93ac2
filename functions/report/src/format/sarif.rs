//! SARIF 2.1.0, for code scanning.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; the tests hold the output against its
//! schema. `%SRCROOT%` is the directory of the checkout, as GitHub wants it.

use serde_json::{Map, Value, json};

use super::view::{View, json as text_of};
use crate::model::{Assessment, Class, Finding, RuleUse};
use crate::text;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const ROOT: &str = "%SRCROOT%";

/// One run: what was found, by which rules.
pub(super) fn render(assessment: &Assessment, view: &View) -> String {
    let result = |finding| result(assessment, finding, view);
    text_of(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": assessment.tool.name,
                "version": assessment.tool.version,
                "rules": assessment.rules.iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {(ROOT): {"description": {"text": "The directory of the checkout."}}},
            "results": assessment.findings.iter().map(result).collect::<Vec<_>>(),
            "properties": {"builder": assessment.tool.builder, "summary": assessment.summary},
        }],
    }))
}

/// Functions may share a rule, so its id has the function before it.
fn rule_id(function: &str, rule: &str) -> String {
    format!("{function}/{rule}")
}

fn rule(rule: &RuleUse) -> Value {
    let about = if rule.about.is_empty() { &rule.remedy } else { &rule.about };
    json!({
        "id": rule_id(&rule.function, &rule.rule),
        "shortDescription": {"text": first_sentence(about)},
        "fullDescription": {"text": about},
        "help": {"text": format!("{about} {}", rule.remedy).trim()},
        "defaultConfiguration": {"level": level(rule.class)},
        "properties": {"tags": [rule.function]},
    })
}

fn result(assessment: &Assessment, finding: &Finding, view: &View) -> Value {
    let index =
        assessment.rules.iter().position(|rule| (&rule.function, &rule.rule) == (&finding.function, &finding.rule));
    let applications: Vec<_> = finding.occurrences.iter().filter_map(|one| one.application.as_ref()).collect();
    let mut result = json!({
        "ruleId": rule_id(&finding.function, &finding.rule),
        "level": level(finding.class),
        "kind": kind(finding.class),
        "message": {"text": text::sentence(finding)},
        "locations": [location(finding, view)],
        "partialFingerprints": {"replatform/v1": finding.id},
        "properties": {"applications": applications, "leftover": finding.leftover, "remedy": finding.remedy},
    });
    let Some(fields) = result.as_object_mut() else { return result };
    let more = [
        ("ruleIndex", index.map(Value::from)),
        ("baselineState", finding.new.map(|new| if new { "new" } else { "unchanged" }.into())),
        (
            "suppressions",
            finding.accepted.as_ref().map(|reason| json!([{"kind": "external", "justification": reason}])),
        ),
    ];
    fields.extend(more.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    result
}

fn location(finding: &Finding, view: &View) -> Value {
    let mut location = Map::new();
    let physical = json!({
        "artifactLocation": {"uri": uri(&view.path(&finding.location.file)), "uriBaseId": ROOT},
        "region": {"startLine": finding.location.line},
    });
    location.insert("physicalLocation".to_owned(), physical);
    let subject = text::subject(finding);
    if !subject.is_empty() {
        location.insert("logicalLocations".to_owned(), json!([{"fullyQualifiedName": subject, "kind": "resource"}]));
    }
    location.into()
}

/// A relative reference of RFC 3986: what is not unreserved, and no slash, is percent-encoded.
fn uri(path: &str) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encode = |byte: u8| if is_kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(encode).collect()
}

fn level(class: Class) -> &'static str {
    match class {
        Class::Failure | Class::Error => "error",
        Class::Warning => "warning",
        Class::Accepted => "note",
        // What is no failure has no level.
        Class::Unknown | Class::Note => "none",
    }
}

fn kind(class: Class) -> &'static str {
    match class {
        // Too little is known to decide.
        Class::Unknown => "open",
        Class::Note => "informational",
        Class::Failure | Class::Error | Class::Warning | Class::Accepted => "fail",
    }
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}
