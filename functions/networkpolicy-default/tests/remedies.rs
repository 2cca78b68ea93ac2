//! What messages propose helps.

use networkpolicy_default::NetworkPolicyDefault;

#[test]
fn every_remedy_helps() {
    krm::remedies::check_remedies::<NetworkPolicyDefault>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
