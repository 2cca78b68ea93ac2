//! Every remedy that a message proposes is tried on the golden cases.

use cluster_standards::ClusterStandards;

#[test]
fn every_remedy_helps() {
    krm::remedies::check_remedies::<ClusterStandards>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
