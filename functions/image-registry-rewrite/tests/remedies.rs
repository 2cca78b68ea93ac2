//! Every remedy that a message proposes is tried on the golden cases.

use image_registry_rewrite::ImageRegistryRewrite;

#[test]
fn every_remedy_helps() {
    krm::remedies::check_remedies::<ImageRegistryRewrite>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
