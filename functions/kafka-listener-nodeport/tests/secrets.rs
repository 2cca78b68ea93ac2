//! No finding shows a credential, wherever in the objects it is.

use kafka_listener_nodeport::KafkaListenerNodePort;
use krm::host::{Call, run};
use proptest::prelude::*;

/// A password as it may be anywhere.
const PASSWORD: &str = "hunter2";

const OLD: &str = "orders-kafka-bootstrap-kafka.apps.ocp.example.com:443";

/// Objects with a password in each, in the ways in which the function reads, changes or refuses them.
fn objects() -> Vec<String> {
    let kafka = |listeners: &str| {
        format!(
            "apiVersion: kafka.strimzi.io/v1beta2\n  kind: Kafka\n  metadata: {{name: orders, namespace: kafka}}\n  spec: {{kafka: {{replicas: \
             1, version: 3.9.0, listeners: {listeners}}}}}"
        )
    };
    let authentication = format!("authentication: {{type: custom, listenerConfig: {{sasl.password: {PASSWORD}}}}}");
    let listener = |fields: &str| kafka(&format!("[{{name: external, port: 9094, type: route, tls: true, {fields}}}]"));
    let pool = |fields: &str| {
        format!(
            "apiVersion: kafka.strimzi.io/v1beta2\n  kind: KafkaNodePool\n  metadata: {{name: dual, namespace: kafka, labels: \
             {{strimzi.io/cluster: orders}}}}\n  spec: {{{fields}, template: {{kafkaContainer: {{env: [{{name: PASSWORD, value: \
             {PASSWORD}}}]}}}}}}"
        )
    };
    let config_map = |text: &str| {
        format!("apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: c}}\n  data: {{KAFKA_BOOTSTRAP: \"{text}\"}}")
    };
    vec![
        listener(&authentication),
        listener(&format!("configuration: {{password: {PASSWORD}}}")),
        listener(&format!("configuration: {{brokers: [{{broker: 0, advertisedPort: {{password: {PASSWORD}}}}}]}}")),
        listener(&format!("configuration: {{brokers: {{password: {PASSWORD}}}}}")),
        kafka(&format!("{{external: {{type: route, tls: true, {authentication}}}}}")),
        pool("replicas: many, roles: [broker]"),
        pool("replicas: 1, roles: broker"),
        pool("replicas: 1, roles: [controller, broker]"),
        config_map(&format!("{OLD} password={PASSWORD}")),
        config_map(&format!("user:{PASSWORD}@{OLD}")),
        config_map(&format!("https://user:{PASSWORD}@{OLD}/topics")),
        config_map(&format!("user:{PASSWORD}@other-kafka-bootstrap-x.apps.ocp.example.com:443")),
        config_map(&format!("registry.redhat.io/amq-streams/kafka password={PASSWORD}")),
        format!("apiVersion: v1\n  kind: Secret\n  metadata: {{name: s}}\n  stringData: {{url: \"{OLD}?{PASSWORD}\"}}"),
    ]
}

/// What the function says about objects, in lines and as results.
fn said(objects: &[String], spec: &str) -> String {
    let items: String = objects.iter().map(|object| format!("- {object}\n")).collect();
    let list = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}functionConfig:\n  apiVersion: \
         replatform.dev/v1alpha1\n  kind: KafkaListenerNodePort\n  metadata: {{name: k3s}}\n  spec: {spec}\n"
    );
    let outcome = run::<KafkaListenerNodePort>(Call { stdin: Some(list.into_bytes()), ..Call::default() });
    let results = outcome.findings.iter().map(|(_, finding)| serde_json::to_string(finding).expect("it is JSON"));
    results.fold(outcome.stderr.clone(), |said, result| said + &result + "\n")
}

#[test]
fn every_object_is_spoken_of_with_the_others() {
    let said = said(&objects(), "{}");
    for rule in ["unreadable-kafka-field", "object-listeners", "unknown-kafka-route", "amq-streams-image"] {
        assert!(said.contains(&format!("[{rule}]")), "{rule}: {said}");
    }
}

proptest! {
    #[test]
    fn no_finding_shows_a_password(
        objects in prop::sample::subsequence(objects(), 1..6),
        spec in prop::sample::select(vec![
            "{}".to_owned(),
            "{host: kafka.example.com, objectListeners: Convert}".to_owned(),
            "{type: ClusterIP, strimziVersion: 1.2.0}".to_owned(),
            "{type: LoadBalancer, pinNodeIDs: true}".to_owned(),
            format!("{{addresses: {{'user:{PASSWORD}@kafka.example.com:443': kafka.example.com:1}}}}"),
        ]),
    ) {
        let said = said(&objects, &spec);
        prop_assert!(!said.contains(PASSWORD), "{}", said);
    }
}
