//! The golden cases and the documents that come from the code.

use deploymentconfig_to_deployment::DeploymentConfigToDeployment;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn every_case_gives_what_it_should() {
    krm::golden::check_cases::<DeploymentConfigToDeployment>(CASES);
}

#[test]
fn what_messages_propose_helps() {
    krm::remedies::check_remedies::<DeploymentConfigToDeployment>(CASES);
}

#[test]
fn the_documents_say_what_the_code_does() {
    krm::golden::check_documents::<DeploymentConfigToDeployment>(env!("CARGO_MANIFEST_DIR"));
}
