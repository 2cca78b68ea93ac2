//! The parts of the README that the golden cases tell.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use common::{objects, path, read, results};
use krm::golden::check_section;
use serde_json::{Value, json};

/// The names of the cases, sorted.
fn cases() -> Vec<String> {
    let entries = std::fs::read_dir(path("cases")).expect("the cases are there");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("they can be listed").file_name().display().to_string()).collect();
    names.sort();
    names
}

/// What the function finds in a case.
fn findings(case: &str) -> Vec<Value> {
    let input = objects(&read(&format!("cases/{case}/input.yaml")));
    let config = std::fs::read_to_string(path(&format!("cases/{case}/config.yaml")));
    let spec = config.ok().map(|config| objects(&config)[0]["spec"].clone());
    match input.as_slice() {
        [list] if list["kind"] == "ResourceList" => {
            results(list["items"].as_array().expect("it lists items"), &list["functionConfig"]["spec"])
        }
        objects => results(objects, &spec.unwrap_or_else(|| json!({}))),
    }
}

#[test]
fn the_table_of_rules_comes_from_the_cases() {
    let mut rules: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
    for case in cases().iter().filter(|case| !case.starts_with("config-")) {
        for finding in findings(case) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let rule = text(&finding["tags"]["rule"]);
            assert!(!rule.is_empty(), "{case}: {finding} has no rule");
            let message = text(&finding["message"]);
            let (severities, _) = rules.entry(rule).or_insert_with(|| (Vec::new(), message));
            if !severities.contains(&text(&finding["severity"])) {
                severities.push(text(&finding["severity"]));
            }
        }
    }
    let mut table = "| Rule | Severity | For example |\n| --- | --- | --- |\n".to_owned();
    for (rule, (severities, message)) in &rules {
        let message = message.replace('|', "\\|").replace('<', "&lt;");
        let _ = writeln!(table, "| `{rule}` | {} | {message} |", severities.join(", "));
    }
    assert!(rules.len() >= 25, "only {} rules have cases", rules.len());
    check_section(&path("README.md"), "rules", &table);
}

#[test]
fn the_example_is_a_case() {
    let case = "cases/example";
    let section = format!(
        "```yaml\n{}```\n\n```text\n{}```\n",
        read(&format!("{case}/input.yaml")),
        read(&format!("{case}/error.txt"))
    );
    check_section(&path("README.md"), "example", &section);
}
