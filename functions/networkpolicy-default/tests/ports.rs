//! What holds for every build: a policy opens ports by their numbers, and a name of a port that leads nowhere is reported.

use krm::host::Outcome;
use krm::resource_list::Resources;
use krm::trial::run_on;
use networkpolicy_default::NetworkPolicyDefault;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What ports are called.
const NAMES: [&str; 3] = ["http", "metrics", "web"];

/// Pods of a build: what their containers and sidecars call their ports, and whether the build shows them.
#[derive(Debug, Clone)]
struct Pods {
    ports: Vec<&'static str>,
    sidecar_ports: Vec<&'static str>,
    is_shown: bool,
}

fn pods() -> impl Strategy<Value = Pods> {
    let names = || prop::sample::subsequence(NAMES.to_vec(), 0..=NAMES.len());
    (names(), names(), prop::bool::weighted(0.8)).prop_map(|(ports, sidecar_ports, is_shown)| Pods {
        ports,
        sidecar_ports,
        is_shown,
    })
}

impl Pods {
    fn declare(&self, name: &str) -> bool {
        self.is_shown && self.ports.iter().chain(&self.sidecar_ports).any(|declared| *declared == name)
    }

    fn object(&self, index: usize) -> Option<Value> {
        let ports = |first: usize, names: &[&str]| -> Vec<_> {
            let ports = names.iter().enumerate();
            ports.map(|(index, name)| json!({"name": name, "containerPort": first + index})).collect()
        };
        let labels = json!({"app": "web", "number": index.to_string()});
        let spec = json!({
            "containers": [{"name": "c", "image": "i:1", "ports": ports(8080, &self.ports)}],
            "initContainers": [{"name": "s", "image": "s:1", "restartPolicy": "Always", "ports": ports(9090, &self.sidecar_ports)}],
        });
        self.is_shown.then(|| json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": format!("web-{index}"), "namespace": "shop"},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
        }))
    }

    fn option(&self, index: usize) -> Option<Value> {
        let labels = json!({"app": "web", "number": index.to_string()});
        let option =
            json!({"name": format!("unseen-{index}"), "namespace": "shop", "podLabels": labels, "ports": [8080]});
        (!self.is_shown).then_some(option)
    }
}

/// A Service by some ports, and how it is reached.
fn service(targets: &[&str], kind: &str) -> Vec<Value> {
    let ports: Vec<_> = targets
        .iter()
        .enumerate()
        .map(|(index, name)| json!({"name": name, "port": 80 + index, "targetPort": name}))
        .collect();
    let annotations = json!({"prometheus.io/scrape": "true"});
    let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
    vec![
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop", "annotations": annotations},
            "spec": {"type": kind, "selector": {"app": "web"}, "ports": ports},
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]},
        }),
    ]
}

/// Every port of the rules of the policies of an outcome; nothing where a rule opens all.
fn opened(outcome: &Outcome) -> Vec<Option<Value>> {
    let build = Resources::from_list(outcome.stdout.clone()).expect("the outcome is a list");
    let policies = build.iter().filter(|item| item.kind() == "NetworkPolicy").map(|item| item.value().clone());
    let rules = policies.flat_map(|policy| ["ingress", "egress"].map(|kind| policy["spec"][kind].as_array().cloned()));
    let ports = rules.flatten().flatten().map(|rule| rule["ports"].as_array().cloned());
    ports.flat_map(|ports| ports.map_or_else(|| vec![None], |ports| ports.into_iter().map(Some).collect())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn ports_are_opened_by_number_and_names_that_lead_nowhere_are_told(
        pods in prop::collection::vec(pods(), 1..4),
        targets in prop::sample::subsequence(NAMES.to_vec(), 1..=NAMES.len()),
        kind in prop::sample::select(vec!["ClusterIP", "LoadBalancer"]),
        egress in any::<bool>(),
    ) {
        let mut build: Vec<_> = pods.iter().enumerate().filter_map(|(index, pods)| pods.object(index)).collect();
        build.extend(service(&targets, kind));
        let declared: Vec<_> = pods.iter().enumerate().filter_map(|(index, pods)| pods.option(index)).collect();
        let outcome = run_on::<NetworkPolicyDefault>(&build, &json!({"egress": egress, "workloads": declared}));
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        for port in opened(&outcome) {
            prop_assert!(port.as_ref().is_some_and(|port| port["port"].is_u64()), "{port:?}\n{}", outcome.stdout);
        }
        for (index, target) in targets.iter().enumerate() {
            let is_lacking = pods.iter().any(|pods| !pods.declare(target));
            let field = format!("spec.ports[{index}].targetPort: ");
            let mut told = outcome.stderr.lines().filter(|line| line.contains(&field));
            prop_assert_eq!(told.any(|line| line.ends_with("[target-port-undeclared]")), is_lacking, "{}", outcome.stderr);
        }
    }
}

/// Policies of others: a rule is reported where no pod of the build declares its names, and only there.
#[test]
fn names_in_policies_of_others_are_told_where_the_build_shows_all_pods() {
    let pods = Pods { ports: vec!["http"], sidecar_ports: vec!["web"], is_shown: true };
    let own = json!({"podSelector": {"matchLabels": {"app": "web"}}});
    let peer_of =
        |namespace: &str| json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}});
    let cases = [
        (json!({"ingress": [{"from": [own], "ports": [{"port": "https"}]}]}), true),
        (json!({"ingress": [{"from": [own], "ports": [{"port": "http", "protocol": "UDP"}]}]}), true),
        // kube-router looks at no init containers.
        (json!({"ingress": [{"from": [own], "ports": [{"port": "web"}]}]}), true),
        (json!({"ingress": [{"from": [own], "ports": [{"port": "https"}, {"port": "http"}]}]}), false),
        (json!({"ingress": [{"from": [own], "ports": [{"port": "https"}, {"port": 8080}]}]}), false),
        (json!({"ingress": [{"from": [own], "ports": [{"port": "https"}, {"protocol": "UDP"}]}]}), false),
        (json!({"ingress": [{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": [{"port": "https"}]}]}), false),
        (json!({"egress": [{"to": [own], "ports": [{"port": "https"}]}]}), true),
        (json!({"egress": [{"to": [peer_of("shop")], "ports": [{"port": "https"}]}]}), true),
        (json!({"egress": [{"to": [peer_of("elsewhere")], "ports": [{"port": "https"}]}]}), false),
        (json!({"egress": [{"to": [own, peer_of("elsewhere")], "ports": [{"port": "https"}]}]}), false),
        (
            json!({"egress": [{"to": [{"namespaceSelector": {}, "podSelector": {}}], "ports": [{"port": "https"}]}]}),
            false,
        ),
        (json!({"egress": [{"ports": [{"port": "https"}]}]}), false),
    ];
    for (mut spec, expected) in cases {
        spec["podSelector"] = own["podSelector"].clone();
        let policy = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "shop"}, "spec": spec,
        });
        let build: Vec<_> = pods.object(0).into_iter().chain([policy.clone()]).collect();
        let outcome = run_on::<NetworkPolicyDefault>(&build, &json!({}));
        assert_eq!(outcome.stderr.contains("[policy-port-undeclared]"), expected, "{policy}\n{}", outcome.stderr);
    }
}
