//! The example of the README is a golden case.

mod common;

use common::{path, read};
use krm::golden::check_section;

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
