//! The parts of the README that come from the code.

#[test]
fn the_example_is_a_case() {
    krm::golden::check_example(
        env!("CARGO_MANIFEST_DIR"),
        "With this config\n\n{config.yaml}\n\nthe build\n\n{input.yaml}\n\nbecomes\n\n{expected.yaml}\n\n{findings.txt}\n",
    );
}
