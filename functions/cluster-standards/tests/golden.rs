//! The golden cases and the documents that come from the code.

use cluster_standards::ClusterStandards;

#[test]
fn every_case_gives_what_it_should() {
    krm::golden::check_cases::<ClusterStandards>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}

#[test]
fn the_documents_say_what_the_code_does() {
    krm::golden::check_documents::<ClusterStandards>(env!("CARGO_MANIFEST_DIR"));
}
