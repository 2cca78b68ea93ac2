//! The example of the README is a golden case.

use std::path::Path;

#[test]
fn the_example_is_what_really_comes_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| {
        std::fs::read_to_string(root.join("cases/example").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let section = format!(
        "With this config:\n\n```yaml\n{}```\n\na route listener and a client of it\n\n```yaml\n{}```\n\nbecome\n\n```yaml\n{}```\n\n\
         and the build says\n\n```text\n{}```\n",
        read("config.yaml"),
        read("input.yaml"),
        read("expected.yaml"),
        read("findings.txt")
    );
    krm::golden::check_section(&root.join("README.md"), "example", &section);
}
