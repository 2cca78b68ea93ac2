//! The example of the README is a golden case.

#[test]
fn the_example_of_the_readme_is_what_the_function_does() {
    krm::golden::check_example(
        env!("CARGO_MANIFEST_DIR"),
        "{config.yaml}\n\n{input.yaml}\n\nbecomes\n\n{expected.yaml}\n\nand says\n\n{findings.txt}\n",
    );
}
