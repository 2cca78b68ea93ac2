//! The generated parts of the project's README.

use std::path::{Path, PathBuf};

use krm::golden::check_section;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_example_is_a_golden_case() {
    let case = root().join("functions/route-to-ingress/cases/example");
    for (mark, file) in [("before", "input.yaml"), ("after", "expected.yaml")] {
        let text = std::fs::read_to_string(case.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        check_section(&root().join("README.md"), mark, &format!("```yaml\n{text}```\n"));
    }
}

#[test]
fn the_common_options_come_from_their_types() {
    check_section(&root().join("README.md"), "options", &krm::docs::common_options_table());
}
