//! The golden cases and the documents that come from the code.

use apps_generator::Apps;

#[test]
fn every_case_gives_what_it_should() {
    krm::golden::check_cases::<Apps>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}

#[test]
fn the_documents_say_what_the_code_does() {
    krm::golden::check_documents::<Apps>(env!("CARGO_MANIFEST_DIR"));
}
