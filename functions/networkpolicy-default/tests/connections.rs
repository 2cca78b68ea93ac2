//! What the policies of the golden cases let through, by the evaluator of `kustomize-tests`.
//!
//! `connections.txt` of a case lists every connection that is possible with pods that policies guard; what it does not
//! list was tried and is denied. `UPDATE_GOLDEN=1` writes it, to be read before it is committed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use kustomize_tests::Manifests;
use kustomize_tests::network_policy::{End, Network, Port, SEMANTICS, Semantics, pod};
use serde_json::Value;

/// An address outside the cluster, and that of a node.
const OUTSIDE: [Ipv4Addr; 2] = [Ipv4Addr::new(198, 51, 100, 7), Ipv4Addr::new(10, 0, 0, 2)];
const STRANGER: &str = "stranger";
/// The case of policies of others whose names of ports kube-router takes for every port.
const WIDENED: &str = "hand-written-policies-with-undeclared-port-names";

/// The pods that policies know by facts of K3s and of charts: namespace, label.
const KNOWN_PODS: [(&str, &str, &str); 6] = [
    ("kube-system", "app.kubernetes.io/name", "traefik"),
    ("kube-system", "k8s-app", "kube-dns"),
    ("observability", "app.kubernetes.io/name", "prometheus"),
    ("cnpg-system", "app.kubernetes.io/name", "cloudnative-pg"),
    ("strimzi", "strimzi.io/kind", "cluster-operator"),
    ("keda", "app", "keda-operator"),
];

fn cases() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let entries = std::fs::read_dir(directory).expect("the cases are there");
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("the cases can be listed").path()).collect();
    // What the API server refuses is no policy, and no evaluator reads it.
    cases.retain(|case| case.join("expected.yaml").is_file() && !case.ends_with("malformed-policies"));
    cases.sort();
    cases
}

/// The build of a case with pods that live elsewhere, and a stranger in each namespace and in one of its own.
fn network(case: &Path) -> (Network, Manifests) {
    let text = std::fs::read_to_string(case.join("expected.yaml")).expect("a case has an outcome");
    let manifests = Manifests::parse(&text);
    let mut objects: Vec<Value> = manifests.iter().map(|(_, object)| object.clone()).collect();
    let label = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    objects.extend(KNOWN_PODS.map(|(namespace, key, value)| pod(namespace, &label(key, value))));
    let guarded = manifests.iter().filter(|(id, _)| id.kind == "NetworkPolicy");
    let guarded: BTreeSet<_> =
        guarded.map(|(_, policy)| policy["metadata"]["namespace"].as_str().unwrap_or("default")).collect();
    objects.extend(guarded.into_iter().chain([STRANGER]).map(|namespace| pod(namespace, &label("app", STRANGER))));
    let stand_ins = Network::new(&objects).stand_ins();
    objects.extend(stand_ins);
    (Network::new(&objects), manifests)
}

fn ends(network: &Network) -> Vec<End> {
    network.pods().iter().cloned().chain(OUTSIDE.map(End::outside)).collect()
}

/// The ports that are open between two ends, of those that anybody names.
fn open(network: &Network, from: &End, to: &End, semantics: Semantics) -> Vec<Port> {
    network.ports().into_iter().filter(|port| network.allows(from, to, port, semantics)).collect()
}

/// Every connection with an end that policies guard, a line each.
fn connections(network: &Network, semantics: Semantics) -> String {
    let mut lines = BTreeSet::new();
    let ends = ends(network);
    for from in &ends {
        for to in ends.iter().filter(|to| from.is_pod() || to.is_pod()) {
            if !network.is_isolated(to, "Ingress") && !network.is_isolated(from, "Egress") {
                continue;
            }
            let open = open(network, from, to, semantics);
            if !open.is_empty() {
                let ports: Vec<_> = open.iter().map(Port::to_string).collect();
                let ports = if open.len() == network.ports().len() { "all ports".to_owned() } else { ports.join(", ") };
                lines.insert(format!("{} => {}: {ports}", from.name, to.name));
            }
        }
    }
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

#[test]
fn every_case_opens_what_it_should_and_nothing_else() {
    let mut problems = Vec::new();
    for case in cases() {
        let (network, _) = network(&case);
        let connections = connections(&network, Semantics::Specification);
        let path = case.join("connections.txt");
        if std::fs::read_to_string(&path).is_ok_and(|expected| expected == connections) {
            continue;
        }
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, connections).expect("the case can be written");
        } else {
            problems.push(format!("{}: connections.txt should be\n{connections}", case.display()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn kube_router_understands_the_policies_as_the_specification_does() {
    for case in cases() {
        let (network, _) = network(&case);
        let [specification, kube_router] = SEMANTICS.map(|semantics| connections(&network, semantics));
        assert_eq!(specification == kube_router, !case.ends_with(WIDENED), "{}", case.display());
    }
}

/// Flows that an application needs, as its documentation tells: `needed.txt` of a case lists them by hand. Each is open, or
/// a finding names the Service that it leads to.
#[test]
fn what_an_application_needs_is_open_or_named() {
    let mut flows = 0;
    for case in cases().into_iter().filter(|case| case.join("needed.txt").is_file()) {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).expect("the case has it");
        let (connections, findings) = (read("connections.txt"), read("findings.txt"));
        for flow in read("needed.txt").lines() {
            flows += 1;
            let (ends, ports) = flow.rsplit_once(": ").expect("a flow has ports");
            let (_, server) = ends.split_once(" => ").expect("a flow has two ends");
            let is_open = connections.lines().any(|line| is_open(line, ends, ports));
            assert!(is_open || is_named(&findings, server), "{}: {flow}", case.display());
        }
    }
    assert!(flows > 60, "{flows} flows");
}

/// Whether a line of `connections.txt` has all ports of a flow between two ends.
fn is_open(line: &str, ends: &str, ports: &str) -> bool {
    let open = line.strip_prefix(ends).and_then(|rest| rest.strip_prefix(": "));
    let has = |open: &str, port: &str| open == "all ports" || open.split(", ").any(|one| one == port);
    open.is_some_and(|open| ports.split(", ").all(|port| has(open, port)))
}

/// Whether findings say that a Service is closed, which has the name of its pods but for their version.
fn is_named(findings: &str, server: &str) -> bool {
    let version =
        |name: &str| name.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches("-v").to_owned();
    let closed = findings.lines().filter(|line| line.ends_with("[service-closed]"));
    let services = closed.filter_map(|line| line.strip_prefix("warning: Service ")?.split(':').next());
    services.into_iter().any(|service| service == server || service == version(server))
}

/// A grid: strangers in the same and in another namespace, a node and an address outside, each against every guarded
/// pod and port. Only what the case says to be open to anybody, or to whole namespaces or addresses, lets them in.
#[test]
fn strangers_get_in_nowhere() {
    let (mut probes, mut open_to_anybody) = (0, BTreeSet::new());
    for case in cases() {
        let name = case.file_name().expect("a case has a name").to_string_lossy().into_owned();
        // Its subject are policies of others that let strangers in.
        if name.starts_with("hand-written-policies") {
            continue;
        }
        let (network, manifests) = network(&case);
        let ends = ends(&network);
        let strangers = ends.iter().filter(|end| end.name.ends_with(STRANGER) || !end.is_pod());
        for from in strangers {
            for to in ends.iter().filter(|to| network.is_isolated(to, "Ingress")) {
                for port in network.ports() {
                    probes += 1;
                    if network.allows(from, to, &port, Semantics::KubeRouter) {
                        assert!(is_meant(&manifests, from, to, &port), "{name}: {} => {}: {port}", from.name, to.name);
                        open_to_anybody.insert(name.clone());
                    }
                }
            }
        }
    }
    assert!(probes > 2_000, "{probes} probes");
    let expected = [
        "application-guestbook",
        "application-kube-prometheus",
        "application-online-boutique",
        "application-sock-shop",
        "application-voting",
        "application-voting-with-listed-clients",
        "client-in-host-network",
        "conversion-webhook-and-api-service",
        "host-port",
        "ingress-controller-in-host-network",
        "load-balancer-and-node-port",
        "load-balancer-source-ranges",
        "service-with-external-ips",
        "strimzi-kafka",
        "strimzi-kafka-with-egress",
        "traefik-ingress-route-tcp-and-node-port",
        "webhook",
        "webhook-from-known-nodes",
    ];
    assert_eq!(open_to_anybody.into_iter().collect::<Vec<_>>(), expected);
}

/// Whether a policy for this very port says that anybody, or the address of the node, may connect.
fn is_meant(manifests: &Manifests, from: &End, to: &End, port: &Port) -> bool {
    let policies = manifests.iter().filter(|(id, _)| id.kind == "NetworkPolicy").map(|(_, policy)| policy);
    let mut rules = policies.flat_map(|policy| policy["spec"]["ingress"].as_array().into_iter().flatten());
    rules.any(|rule| {
        let opens = rule["ports"].as_array().is_some_and(|ports| ports.iter().any(|it| it["port"] == port.1));
        let is_by_address =
            rule["from"].as_array().is_some_and(|from| from.iter().all(|peer| peer["ipBlock"].is_object()));
        to.is_pod() && opens && (rule["from"].is_null() || (is_by_address && !from.is_pod()))
    })
}
