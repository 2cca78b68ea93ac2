//! What messages propose helps.

use platform_leftover_check::PlatformLeftoverCheck;

#[test]
fn remedies_help() {
    krm::remedies::check_remedies::<PlatformLeftoverCheck>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
