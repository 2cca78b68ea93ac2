//! The example of the README is a golden case.

#[test]
fn the_example_is_what_really_comes_out() {
    krm::golden::check_example(
        env!("CARGO_MANIFEST_DIR"),
        "The Route and its Service, with this config:\n\n{config.yaml}\n\n{input.yaml}\n\nbecome:\n\n{expected.yaml}\n",
    );
}
