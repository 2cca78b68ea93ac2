//! The golden cases and the documents that come from the code.

use kafka_listener_nodeport::KafkaListenerNodePort;

#[test]
fn every_case_gives_what_it_should() {
    krm::golden::check_cases::<KafkaListenerNodePort>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}

#[test]
fn the_documents_say_what_the_code_does() {
    krm::golden::check_documents::<KafkaListenerNodePort>(env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn every_remedy_helps() {
    krm::remedies::check_remedies::<KafkaListenerNodePort>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
