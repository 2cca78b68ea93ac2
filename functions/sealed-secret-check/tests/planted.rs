//! The planted leaks are found, each where it is, and no decoy.

mod common;

use common::{line, manifests, objects, read, results};
use krm::field::FieldPath;
use krm::rule::RuleSet;
use sealed_secret_check::Rule;
use serde_json::{Value, json};

/// The rules of the planted set, as findings name them.
fn names(rule: &str) -> &'static [&'static str] {
    match rule {
        "E1" => &["plain-secret", "dummy-secret", "undecryptable-sops"],
        "E2" => &["private-key", "encrypted-private-key"],
        "E3" => &["plain-token"],
        "E4" => &["password-in-address"],
        "E5" => &["last-applied-secret"],
        "E6" => &["plain-credential"],
        "E7" => &["sealing-key"],
        "W2" => &["dummy-credential", "likely-token"],
        other => panic!("no rule {other}"),
    }
}

/// The findings of leaks over all files of a directory; the files are no whole build, so references do not count.
fn leaks(directory: &str) -> Vec<Value> {
    let texts = manifests(directory).into_iter().map(|name| read(&format!("{directory}/{name}")));
    let objects: Vec<_> = texts.flat_map(|text| objects(&text)).collect();
    let spec = json!({"externallyManaged": ["*/*"], "reportUnused": false});
    let findings = results(&objects, &spec);
    // That an object is not checked is no leak.
    let is_leak =
        |finding: &Value| finding["severity"] != "info" && finding["tags"]["rule"] != "unchecked-sealed-secret";
    findings.into_iter().filter(is_leak).collect()
}

fn is_of(finding: &Value, object: &Value) -> bool {
    let reference = &finding["resourceRef"];
    ["apiVersion", "kind", "name", "namespace"].iter().all(|field| reference[field] == object[field])
}

fn expected() -> Value {
    let tree = krm::yaml::Tree::parse(read("planted/expected.yaml")).expect("the test data is YAML");
    tree.value(tree.documents()[0].root)
}

#[test]
fn every_leak_is_found_where_it_stands() {
    let mut findings = leaks("planted/leaks");
    let mut count = 0;
    let mut problems = Vec::new();
    for object in expected()["leaks"].as_array().expect("leaks are listed") {
        for leak in object["findings"].as_array().expect("findings are listed") {
            count += 1;
            let path = FieldPath::of_pointer(leak["path"].as_str().expect("a leak has a path"));
            let rules = std::iter::once(&leak["rule"]).chain(leak["also"].as_array().into_iter().flatten());
            let rules: Vec<_> = rules.filter_map(Value::as_str).flat_map(names).collect();
            let severity = leak["severity"].as_str().unwrap_or("error");
            let found = findings.iter().position(|finding| {
                let inside = finding["tags"]["inside"].as_str().unwrap_or_default();
                is_of(finding, &object["object"])
                    && finding["field"]["path"] == path.as_str()
                    && rules.iter().any(|rule| finding["tags"]["rule"] == **rule)
                    && finding["severity"] == severity
                    && leak["inside"].as_str().is_none_or(|key| inside == key)
            });
            match found {
                Some(index) => drop(findings.remove(index)),
                None => problems.push(format!("missed: {} {leak}", object["object"])),
            }
        }
    }
    problems.extend(findings.iter().map(|finding| format!("not planted: {}", line(finding))));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(count >= 82, "the planted set has shrunk to {count}");
}

#[test]
fn no_decoy_is_taken_for_a_leak() {
    let tempting = expected()["decoys"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|decoy| decoy["tempting"].as_array().cloned())
        .flatten()
        .count();
    assert!(tempting >= 128, "the decoys have shrunk to {tempting}");
    let findings: Vec<_> = leaks("planted/decoys").iter().map(line).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn no_finding_shows_the_value() {
    let shown = |secret: &str| leaks("planted/leaks").iter().any(|finding| finding.to_string().contains(secret));
    // Every made-up password has this form; these are a few of them.
    for secret in
        ["Wq8-zTx3", "Hx4-tWb9", "Mz6-rTk3", "Nq5-zKw8", "ghp_tYu4", "glpat-4by", "MIIE", "vP7-qLm2", "dlQ3LX"]
    {
        assert!(!shown(secret), "{secret}");
    }
}

#[test]
fn what_was_reviewed_stays_quiet() {
    let findings = leaks("planted/leaks");
    let allow: Vec<_> = findings
        .iter()
        .filter_map(|finding| {
            let reference = &finding["resourceRef"];
            let object = format!("{} {}/{}", reference["kind"].as_str()?, reference["namespace"].as_str()?, reference["name"].as_str()?);
            Some(json!({"object": object, "path": finding["field"]["path"], "fingerprint": finding["tags"]["fingerprint"]}))
        })
        .collect();
    assert_eq!(allow.len(), findings.len());
    let texts = manifests("planted/leaks").into_iter().map(|name| read(&format!("planted/leaks/{name}")));
    let objects: Vec<_> = texts.flat_map(|text| objects(&text)).collect();
    let spec = json!({"allow": allow, "externallyManaged": ["*/*"]});
    let quiet: Vec<_> =
        results(&objects, &spec).iter().filter(|finding| finding["severity"] != "info").map(line).collect();
    assert!(quiet.is_empty(), "{}", quiet.join("\n"));
    let salted = json!({"allow": allow, "externallyManaged": ["*/*"], "salt": "other"});
    assert!(results(&objects, &salted).len() >= findings.len(), "another salt gives other fingerprints");
}

#[test]
fn a_secret_in_the_clear_is_reviewed_by_value_and_never_accepted_by_object() {
    let by_id = |id: &Value| Rule::ALL.iter().map(|rule| rule.rule()).find(|rule| *id == rule.id);
    let is_by_value = |rule: &krm::rule::Rule| rule.remedy.contains("`spec.allow`");
    for finding in leaks("planted/leaks") {
        let rule = by_id(&finding["tags"]["rule"]).unwrap_or_else(|| panic!("{finding} has a rule of this function"));
        assert_eq!(is_by_value(rule), finding["tags"]["fingerprint"].is_string(), "{}", rule.id);
    }
    for rule in Rule::ALL.iter().map(|rule| rule.rule()).filter(|rule| is_by_value(rule)) {
        assert!(!rule.is_acceptable(), "{}", rule.id);
    }
}
