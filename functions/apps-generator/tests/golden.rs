//! The golden cases and the documents that come from the code.

use apps_generator::Apps;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn every_case_gives_what_it_should() {
    krm::golden::check_cases::<Apps>(CASES);
}

#[test]
fn the_documents_say_what_the_code_does() {
    krm::golden::check_documents::<Apps>(env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn the_readme_shows_the_example() {
    krm::golden::check_example(env!("CARGO_MANIFEST_DIR"), "{config.yaml}\n\nbecomes\n\n{expected.yaml}\n");
}

#[test]
fn what_messages_propose_helps() {
    krm::remedies::check_remedies::<Apps>(CASES);
}
