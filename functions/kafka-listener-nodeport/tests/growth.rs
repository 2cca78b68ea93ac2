//! Ten times the objects cost ten times: whatever there is many of.

use std::time::{Duration, Instant};

use kafka_listener_nodeport::KafkaListenerNodePort;
use krm::host::{Call, run};

/// A Kafka with one listener.
fn kafka(name: &str, namespace: &str) -> String {
    let metadata =
        if namespace.is_empty() { format!("name: {name}") } else { format!("name: {name}, namespace: {namespace}") };
    format!(
        "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {{{metadata}}}\nspec: {{kafka: {{listeners: [{{name: external, port: 9094, \
         type: route, tls: true}}]}}}}\n---\n"
    )
}

/// A pool of a Kafka, with an annotation for its node IDs unless that is empty.
fn pool(name: &str, kafka: &str, replicas: usize, ids: &str) -> String {
    let annotations = if ids.is_empty() {
        String::new()
    } else {
        format!(", annotations: {{strimzi.io/next-node-ids: \"[{ids}]\"}}")
    };
    format!(
        "apiVersion: kafka.strimzi.io/v1\nkind: KafkaNodePool\nmetadata: {{name: {name}, namespace: a, labels: {{strimzi.io/cluster: \
         {kafka}}}{annotations}}}\nspec: {{replicas: {replicas}, roles: [controller, broker]}}\n---\n"
    )
}

/// A client of the Kafka of a name.
fn client(index: usize, kafka: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{index}}}\ndata: {{servers: \
         \"{kafka}-kafka-bootstrap-a.apps.example.com:443\"}}\n---\n"
    )
}

fn pools(count: usize) -> String {
    (0..count).map(|index| pool(&format!("p{index}"), "orders", 1, "")).chain([kafka("orders", "a")]).collect()
}

fn pools_with_ids(count: usize) -> String {
    let pool = |index| pool(&format!("p{index}"), "orders", 1, &format!("{}-{}", index * 10, index * 10 + 9));
    (0..count).map(pool).chain([kafka("orders", "a")]).collect()
}

fn pools_that_share_ids(count: usize) -> String {
    let pool = |index| pool(&format!("p{index}"), "orders", 1, &format!("{index}-{}", index + 1));
    (0..count).map(pool).chain([kafka("orders", "a")]).collect()
}

fn clusters(count: usize) -> String {
    let cluster = |index: usize| {
        let name = format!("k{index}");
        kafka(&name, "a") + &pool("dual", &name, 3, "") + &client(index, &name)
    };
    (0..count).map(cluster).collect()
}

fn clusters_without_namespace(count: usize) -> String {
    (0..count).map(|index| kafka(&format!("k{index}"), "") + &client(index, &format!("k{index}"))).collect()
}

fn services_on_one_port(count: usize) -> String {
    let service = |index| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s{index}}}\nspec: {{type: NodePort, ports: [{{port: 80, nodePort: \
             32094}}]}}\n---\n"
        )
    };
    (0..count).map(service).chain([kafka("orders", "a"), pool("dual", "orders", 3, "")]).collect()
}

/// How long a build takes.
fn time(manifests: &str, config: &str) -> Duration {
    let indented: String = manifests
        .split("---\n")
        .filter(|manifest| !manifest.is_empty())
        .map(|manifest| format!("- {}\n", manifest.trim_end().replace('\n', "\n  ")))
        .collect();
    let list = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{indented}functionConfig:\n  apiVersion: \
         replatform.dev/v1alpha1\n  kind: KafkaListenerNodePort\n  metadata: {{name: k3s}}\n  spec: {config}\n"
    );
    let call =
        Call { arguments: vec!["kafka-listener-nodeport".into()], is_plugin: false, stdin: Some(list.into_bytes()) };
    let start = Instant::now();
    let outcome = run::<KafkaListenerNodePort>(call);
    assert!(!outcome.stderr.contains("internal-error"), "{}", outcome.stderr);
    start.elapsed()
}

#[test]
fn the_time_grows_with_the_build_and_not_with_its_square() {
    type Build = fn(usize) -> String;
    let builds: [(&str, Build, &str); 8] = [
        ("pools", pools, "{headroom: 2}"),
        ("pools that are pinned", pools_with_ids, "{pinNodeIDs: true, headroom: 2}"),
        ("pools to pin", pools, "{pinNodeIDs: true}"),
        ("pools that share IDs", pools_that_share_ids, "{pinNodeIDs: true}"),
        ("clusters without slots", clusters, "{host: kafka.example.com}"),
        (
            "clusters behind Traefik",
            clusters,
            "{type: ClusterIP, host: '{cluster}.example.com', brokerHost: '{cluster}-{nodeId}.example.com'}",
        ),
        (
            "clusters without a namespace",
            clusters_without_namespace,
            "{type: LoadBalancer, host: '{cluster}.example.com'}",
        ),
        ("Services on one port", services_on_one_port, "{}"),
    ];
    for (name, build, config) in builds {
        time(&build(50), config);
        let (few, many) = (time(&build(100), config), time(&build(800), config));
        assert!(many < few * 30, "{name}: 100 take {few:?}, 800 take {many:?}");
    }
}
