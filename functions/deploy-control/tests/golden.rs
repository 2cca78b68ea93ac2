//! The golden cases and the documents that come from the code.

use deploy_control::DeployControl;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn every_case_gives_what_it_should() {
    krm::golden::check_cases::<DeployControl>(CASES);
}

#[test]
fn the_documents_say_what_the_code_does() {
    krm::golden::check_documents::<DeployControl>(env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn what_messages_propose_helps() {
    krm::remedies::check_remedies::<DeployControl>(CASES);
}
