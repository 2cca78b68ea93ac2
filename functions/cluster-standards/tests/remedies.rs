//! The remedies that messages propose, tried on the golden cases.

use cluster_standards::ClusterStandards;

#[test]
fn every_remedy_that_a_message_proposes_helps() {
    krm::remedies::check_remedies::<ClusterStandards>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
