//! The parts of the README that come from the code and the cases.

use std::path::Path;

use networkpolicy_default::{controllers_table, policies_table};

/// The build of the case `example`, and the policies that come of it.
fn example() -> String {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/example");
    let read = |name: &str| std::fs::read_to_string(case.join(name)).expect("the example is there");
    let (input, expected) = (read("input.yaml"), read("expected.yaml"));
    let added = expected.strip_prefix(&input).expect("what the function does not change stays");
    let policies = added.trim_start_matches("---\n");
    format!("From this build\n\n```yaml\n{input}```\n\ncome these policies:\n\n```yaml\n{policies}```\n")
}

#[test]
fn the_readme_says_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README is there");
    let written = krm::golden::with_section(&readme, "example", &example());
    let written = krm::golden::with_section(&written, "policies", &policies_table());
    let written = krm::golden::with_section(&written, "controllers", &controllers_table());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, written).expect("the README can be written");
    } else {
        assert_eq!(readme, written, "UPDATE_GOLDEN=1 writes it");
    }
}
