//! The golden cases and the documents that come from the code.

use minimal_base_check::MinimalBaseCheck;

#[test]
fn every_case_gives_what_it_should() {
    krm::golden::check_cases::<MinimalBaseCheck>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}

#[test]
fn the_documents_say_what_the_code_does() {
    krm::golden::check_documents::<MinimalBaseCheck>(env!("CARGO_MANIFEST_DIR"));
}
