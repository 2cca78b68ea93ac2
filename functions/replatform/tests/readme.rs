//! The generated parts of the project's README.

use std::path::Path;

use krm::golden::check_section;

/// One test, because each section is a change of the same file.
#[test]
fn the_readme_says_what_the_code_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = root.join("README.md");
    let case = root.join("functions/route-to-ingress/cases/example");
    for (mark, file) in [("before", "input.yaml"), ("after", "expected.yaml")] {
        let text = std::fs::read_to_string(case.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        check_section(&readme, mark, &format!("```yaml\n{text}```\n"));
    }
    check_section(&readme, "options", &krm::docs::common_options_table());
}
