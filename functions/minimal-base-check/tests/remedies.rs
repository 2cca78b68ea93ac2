//! What messages propose helps.

use minimal_base_check::MinimalBaseCheck;

#[test]
fn remedies_help() {
    krm::remedies::check_remedies::<MinimalBaseCheck>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
