//! The golden cases and the documents that come from the code.

use route_to_ingress::RouteToIngress;

#[test]
fn every_case_gives_what_it_should() {
    krm::golden::check_cases::<RouteToIngress>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}

#[test]
fn the_documents_say_what_the_code_does() {
    krm::golden::check_documents::<RouteToIngress>(env!("CARGO_MANIFEST_DIR"));
}
