//! The options of all functions are spelt by the conventions of the Kubernetes API.
//!
//! Source: kubernetes/community `contributors/devel/sig-architecture/api-conventions.md`, "Naming conventions".

use krm::program::Program;
use replatform::{FUNCTIONS, pipeline};
use serde_json::Value;

/// Acronyms as they are written inside a name; at its beginning they are in lower case.
const ACRONYMS: [&str; 15] =
    ["API", "CA", "CD", "CIDR", "DNS", "GiB", "HTTP", "HTTPS", "ID", "IP", "JSON", "PG", "TLS", "URL", "YAML"];

/// What is spelt as other programs spell it, in lower case or snake_case: the keys of a file, the levels of Pod Security.
const OF_OTHER_FILES: [(&str, &str); 3] = [
    ("DeployControl", "spec.global"),
    ("DeployControl", "spec.environments"),
    ("ClusterStandards", "spec.namespaces.podSecurity"),
];

/// Kinds whose options are wholly those of a file that people have: `apps.yaml`.
const OTHER_FILES: [&str; 1] = ["Apps"];

/// Whether a name is one of other programs, and spelt as such.
fn is_of_other_file(kind: &str, path: &str, name: &str) -> bool {
    let is_snake = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_snake && OF_OTHER_FILES.iter().any(|(of, below)| *of == kind && path.starts_with(below))
}

/// Calls `name` for each option and `value` for each value of an enumeration, with its path.
fn visit(schema: &Value, path: &str, name: &mut impl FnMut(&str, &str), value: &mut impl FnMut(&str, &str)) {
    match schema {
        Value::Object(keywords) => {
            for (key, keyword) in keywords {
                match (key.as_str(), keyword) {
                    ("properties", Value::Object(properties)) => {
                        for (option, schema) in properties {
                            name(path, option);
                            visit(schema, &format!("{path}.{option}"), name, value);
                        }
                    }
                    ("const", Value::String(text)) => value(path, text),
                    ("enum", Value::Array(texts)) => {
                        texts.iter().filter_map(Value::as_str).for_each(|text| value(path, text));
                    }
                    (key, _) if key.starts_with("x-") => {}
                    _ => visit(keyword, path, name, value),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, path, name, value)),
        _ => {}
    }
}

/// The words of a name in camelCase or CamelCase.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut was_upper = true;
    for letter in name.chars() {
        let is_upper = letter.is_ascii_uppercase() || letter.is_ascii_digit();
        match words.last_mut() {
            Some(word) if !is_upper || was_upper => word.push(letter),
            _ => words.push(letter.to_string()),
        }
        was_upper = is_upper;
    }
    words
}

#[test]
fn names_are_in_camel_case_with_acronyms_in_upper_case() {
    let mut problems = Vec::new();
    let pipeline = pipeline();
    let all = FUNCTIONS.iter().copied().chain([&pipeline as &dyn Program]);
    for program in all.filter(|program| !OTHER_FILES.contains(&program.kind())) {
        let mut check = |path: &str, name: &str, is_value: bool| {
            let first = name.chars().next().unwrap_or_default();
            let is_camel = name.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && first.is_ascii_uppercase() == is_value
                || is_of_other_file(program.kind(), path, name);
            let misspelt = words(name).into_iter().skip(usize::from(!is_value)).find(|word| {
                let singular = word.strip_suffix('s').unwrap_or(word);
                ACRONYMS.iter().any(|acronym| singular.eq_ignore_ascii_case(acronym) && singular != *acronym)
            });
            if !is_camel || misspelt.is_some() {
                problems.push(format!("{} {path}: {name}", program.kind()));
            }
        };
        let mut names = Vec::new();
        let mut values = Vec::new();
        visit(
            &program.spec_schema(),
            "spec",
            &mut |path, name| names.push((path.to_owned(), name.to_owned())),
            &mut |path, value| values.push((path.to_owned(), value.to_owned())),
        );
        names.iter().for_each(|(path, name)| check(path, name, false));
        values.iter().for_each(|(path, value)| check(path, value, true));
        assert!(names.len() >= 2, "{} has no options", program.kind());
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// One word for one idea: what fails the build is `Refuse`, what leaves a thing is `Keep`, what takes it out is `Drop`.
#[test]
fn one_idea_has_one_word_in_all_functions() {
    let other_words = ["Error", "Fail", "Deny", "Forbid", "Reject", "Ignore", "Leave", "Remove", "Delete", "Warning"];
    for program in FUNCTIONS.iter().filter(|program| !OTHER_FILES.contains(&program.kind())) {
        visit(&program.spec_schema(), "spec", &mut |_, _| {}, &mut |path, value| {
            let is_severity = path == "spec.report";
            assert!(is_severity || !other_words.contains(&value), "{} {path}: {value}", program.kind());
        });
    }
}

#[test]
fn names_are_cut_into_words() {
    for (name, expected) in [
        ("nodeCIDRs", vec!["node", "CIDRs"]),
        ("apiServerPort", vec!["api", "Server", "Port"]),
        ("pinNodeIds", vec!["pin", "Node", "Ids"]),
        ("ByID", vec!["By", "ID"]),
        ("K3sLocal", vec!["K3s", "Local"]),
    ] {
        assert_eq!(words(name), expected);
    }
}
