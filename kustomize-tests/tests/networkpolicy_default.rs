//! `networkpolicy-default` in the real kustomize, and judged by np-guard's netpol-analyzer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use kustomize_tests::network_policy::{End, Network, Port, SEMANTICS, Semantics, pod};
use kustomize_tests::{Function, Manifests, Scratch, programs_directory, root, tool};
use serde_json::Value;

const ELSEWHERE: &str = include_str!("networkpolicy_default/elsewhere.yaml");
const SOLVER: &str = include_str!("networkpolicy_default/solver.yaml");
const KUSTOMIZES: [&str; 3] = ["5.0.1", "5.4.3", "5.8.1"];

fn directory() -> PathBuf {
    root().join("kustomize-tests/tests/networkpolicy_default")
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("programs print UTF-8")
}

/// An overlay of the shop, as kustomize renders it with the function as a plugin.
fn render(version: &str, overlay: &str) -> Manifests {
    drop(Function::of_kind("NetworkPolicyDefault").program());
    let mut command = Command::new(tool(&format!("kustomize-{version}")));
    command.env("KUSTOMIZE_PLUGIN_HOME", programs_directory()).args(["build", "--enable-alpha-plugins"]);
    Manifests::parse(&run(command.arg(directory().join("shop").join(overlay))))
}

/// The objects of a build with pods of other builds, and a stranger and a solver of cert-manager in its namespace.
fn with_pods_of_others(build: &Manifests, namespace: &str) -> Vec<Value> {
    let mut objects: Vec<Value> = build.iter().map(|(_, object)| object.clone()).collect();
    objects.extend(Manifests::parse(ELSEWHERE).iter().map(|(_, object)| object.clone()));
    objects.extend(Manifests::parse(SOLVER).iter().map(|(_, object)| {
        let mut solver = object.clone();
        solver["metadata"]["namespace"] = namespace.into();
        solver
    }));
    objects.push(pod(namespace, &BTreeMap::from([("app".to_owned(), "stranger".to_owned())])));
    objects
}

/// Every connection between two different pods, one of which policies guard: `from => to: ports`.
fn connections(network: &Network, semantics: Semantics) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (from, to) in guarded_pairs(network) {
        let ports: Vec<_> =
            network.ports().into_iter().filter(|port| network.allows(from, to, port, semantics)).collect();
        if !ports.is_empty() {
            let is_all = ports.len() == network.ports().len();
            let ports = ports.iter().map(Port::to_string).collect::<Vec<_>>().join(", ");
            lines.insert(format!("{} => {}: {}", from.name, to.name, if is_all { "all ports" } else { &ports }));
        }
    }
    lines
}

fn guarded_pairs(network: &Network) -> impl Iterator<Item = (&End, &End)> {
    let pairs = network.pods().iter().flat_map(|from| network.pods().iter().map(move |to| (from, to)));
    pairs.filter(|(from, to)| from != to && (network.is_isolated(to, "Ingress") || network.is_isolated(from, "Egress")))
}

fn listed(lines: &BTreeSet<String>) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// What the shop should let through.
const EXPECTED: &str = include_str!("networkpolicy_default/connections.txt");

#[test]
fn the_shop_lets_through_what_it_should_in_every_kustomize() {
    for version in KUSTOMIZES {
        let network = Network::new(&with_pods_of_others(&render(version, "overlay"), "shop"));
        for semantics in SEMANTICS {
            assert_eq!(listed(&connections(&network, semantics)), EXPECTED, "kustomize {version}, {semantics:?}");
        }
    }
}

/// An outer overlay moves, renames and labels everything; the pods of others stay as they are.
#[test]
fn an_outer_overlay_with_labels_prefix_and_namespace_leaves_the_policies_meaning_the_same() {
    let build_own = |lines: &str| lines.replace("prod/p-", "shop/").replace("prod/", "shop/");
    for version in KUSTOMIZES {
        let outer = render(version, "outer");
        let network = Network::new(&with_pods_of_others(&outer, "prod"));
        for semantics in SEMANTICS {
            let connections = build_own(&listed(&connections(&network, semantics)));
            let sorted: BTreeSet<_> = connections.lines().map(str::to_owned).collect();
            assert_eq!(listed(&sorted), EXPECTED, "kustomize {version}, {semantics:?}");
        }
        let labelled = outer.iter().filter(|(id, policy)| {
            id.kind == "NetworkPolicy" && policy["spec"]["podSelector"]["matchLabels"]["env"] == "prod"
        });
        assert!(labelled.count() > 10, "kustomize {version} did add its label to selectors");
    }
}

#[test]
fn a_second_run_in_an_outer_overlay_refreshes_the_policies_of_the_first() {
    for version in KUSTOMIZES {
        let (first, second) = (render(version, "outer"), render(version, "outer-again"));
        let policies = |build: &Manifests| build.iter().filter(|(id, _)| id.kind == "NetworkPolicy").count();
        assert_eq!(policies(&first), policies(&second), "kustomize {version}");
        let [first, second] = [first, second].map(|build| Network::new(&with_pods_of_others(&build, "prod")));
        let [first, second] = [first, second].map(|network| listed(&connections(&network, Semantics::Specification)));
        assert_eq!(first, second, "kustomize {version}");
    }
}

/// A connection that netpol-analyzer found: from, to, ports.
type Found = (String, String, String);

/// What netpol-analyzer finds in manifests: pods without their kinds, addresses as ranges.
fn analyze(objects: &[Value]) -> Vec<Found> {
    let scratch = Scratch::new();
    let documents = objects.iter().map(|object| serde_yaml::to_string(object).expect("JSON can be written as YAML"));
    scratch.write("objects.yaml", documents.collect::<Vec<_>>().join("---\n"));
    let mut command = Command::new(tool("netpol-analyzer"));
    command.args(["list", "--quiet", "--output", "json", "--dirpath"]).arg(scratch.path());
    let found: Value = serde_json::from_str(&run(&mut command)).expect("netpol-analyzer prints JSON");
    let text = |connection: &Value, key: &str| {
        let text = connection[key].as_str().unwrap_or_else(|| panic!("{connection} has no {key}"));
        text.split('[').next().unwrap_or_default().to_owned()
    };
    let found = found.as_array().cloned().unwrap_or_default();
    found.iter().map(|found| (text(found, "src"), text(found, "dst"), text(found, "conn"))).collect()
}

/// Whether `TCP 80,8000-8443,UDP 53` or `All Connections` holds a port.
fn holds(ports: &str, port: &Port) -> bool {
    let mut protocol = "";
    ports == "All Connections"
        || ports.split(',').any(|part| {
            let numbers = match part.split_once(' ') {
                Some((named, numbers)) => {
                    protocol = named;
                    numbers
                }
                None => part,
            };
            let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
            let [first, last] =
                [first, last].map(|number| number.parse::<u16>().unwrap_or_else(|_| panic!("ports {ports}")));
            protocol == port.0 && (first..=last).contains(&port.1)
        })
}

/// The same lines as [`connections`], from what netpol-analyzer found.
fn connections_found(network: &Network, found: &[Found]) -> BTreeSet<String> {
    let mut ports_of: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (from, to, ports) in found {
        ports_of.entry((from, to)).or_default().push(ports);
    }
    let mut lines = BTreeSet::new();
    for (from, to) in guarded_pairs(network) {
        let found = ports_of.get(&(from.name.as_str(), to.name.as_str())).map(Vec::as_slice).unwrap_or_default();
        let ports: Vec<_> =
            network.ports().into_iter().filter(|port| found.iter().any(|ports| holds(ports, port))).collect();
        if !ports.is_empty() {
            let is_all = ports.len() == network.ports().len();
            let ports = ports.iter().map(Port::to_string).collect::<Vec<_>>().join(", ");
            lines.insert(format!("{} => {}: {}", from.name, to.name, if is_all { "all ports" } else { &ports }));
        }
    }
    lines
}

#[test]
fn netpol_analyzer_finds_what_the_shop_should_let_through() {
    for (overlay, namespace) in [("overlay", "shop"), ("outer", "prod")] {
        let objects = with_pods_of_others(&render("5.8.1", overlay), namespace);
        let found = connections_found(&Network::new(&objects), &analyze(&objects));
        let found = listed(&found).replace("prod/p-", "shop/").replace("prod/", "shop/");
        let sorted: BTreeSet<_> = found.lines().map(str::to_owned).collect();
        assert_eq!(listed(&sorted), EXPECTED, "{overlay}");
    }
}

/// From outside only the game, and to the outside only HTTPS of public hosts.
#[test]
fn netpol_analyzer_finds_no_other_way_in_or_out() {
    let objects = with_pods_of_others(&render("5.8.1", "overlay"), "shop");
    let is_address = |end: &str| end.starts_with(|c: char| c.is_ascii_digit());
    let of_shop = |end: &str| end.starts_with("shop/");
    let found = analyze(&objects);
    let ways_in: BTreeSet<_> = found
        .iter()
        .filter(|(from, to, _)| is_address(from) && of_shop(to))
        .map(|(_, to, ports)| (to.as_str(), ports.as_str()))
        .collect();
    assert_eq!(ways_in, BTreeSet::from([("shop/game", "UDP 7777")]));
    let ways_out: BTreeSet<_> = found
        .iter()
        .filter(|(from, to, _)| of_shop(from) && is_address(to))
        .map(|(from, to, ports)| (from.as_str(), to.as_str(), ports.as_str()))
        .collect();
    let public = [
        "0.0.0.0-9.255.255.255",
        "11.0.0.0-169.253.255.255",
        "169.255.0.0-172.15.255.255",
        "172.32.0.0-192.167.255.255",
        "192.169.0.0-255.255.255.255",
    ];
    assert_eq!(ways_out, public.map(|range| ("shop/api", range, "TCP 443")).into());
}

/// Cases that netpol-analyzer reads in another way, and why.
const NOT_COMPARED: [(&str, &str); 8] = [
    ("workloads-of-one-name", "it takes workloads of one name for one, whatever their kinds"),
    ("workloads-of-clashing-names", "it takes workloads of one name for one, whatever their kinds"),
    ("workloads-without-selector", "it knows neither DeploymentConfigs nor the group extensions"),
    ("egress-to-private-names", "it gives pods no addresses, so that a range of addresses holds none"),
    ("client-scaled-job", "it does not know ScaledJobs"),
    ("knative-service", "it does not know Knative"),
    ("malformed-policies", "it refuses selectors with operators that do not exist"),
    ("labels-that-the-api-server-refuses", "it refuses labels that are too long"),
];

/// Two independent readings of the same policies: our evaluator's and netpol-analyzer's, on every golden case.
#[test]
fn netpol_analyzer_and_the_evaluator_agree_on_every_golden_case() {
    let cases = root().join("functions/networkpolicy-default/cases");
    let mut count = 0;
    let mut differences = Vec::new();
    for entry in std::fs::read_dir(cases).expect("the golden cases are there") {
        let case = entry.expect("the golden cases can be listed").path();
        if NOT_COMPARED.iter().any(|(name, _)| case.ends_with(name)) {
            continue;
        }
        let Some(objects) = objects_of(&case) else { continue };
        let network = Network::new(&objects);
        let found = connections_found(&network, &analyze(&objects));
        let (ours, theirs) = (listed(&connections(&network, Semantics::Specification)), listed(&found));
        if ours != theirs {
            differences.push(format!("{}: ours\n{ours}theirs\n{theirs}", case.display()));
        }
        count += 1;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(count > 70, "{count} cases");
}

/// The outcome of a golden case with pods for every selector that selects none, and a stranger.
fn objects_of(case: &Path) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(case.join("expected.yaml")).ok()?;
    let mut objects: Vec<Value> = Manifests::parse(&text).iter().map(|(_, object)| object.clone()).collect();
    let stand_ins = Network::new(&objects).stand_ins();
    objects.extend(stand_ins);
    objects.push(pod("stranger", &BTreeMap::from([("app".to_owned(), "stranger".to_owned())])));
    Some(objects)
}

/// Two app sets, the policies that np-guard's generator makes of them, and why ours differ, connection by connection.
/// No registry has the generator itself: the Go module proxy has no version of its module.
const DIFFERENCES: &str = include_str!("networkpolicy_default/np-guard/DIFFERENCES.md");
const APP_SETS: [(&str, &str, &str); 2] = [
    (
        "shop",
        include_str!("networkpolicy_default/np-guard/shop.yaml"),
        include_str!("networkpolicy_default/np-guard/shop-policies.yaml"),
    ),
    (
        "boutique",
        include_str!("networkpolicy_default/np-guard/boutique.yaml"),
        include_str!("networkpolicy_default/np-guard/boutique-policies.yaml"),
    ),
];

#[test]
fn every_difference_from_np_guards_generator_is_explained() {
    let mut found = BTreeSet::new();
    for (set, manifests, policies) in APP_SETS {
        let ours = allowed(&Manifests::parse(&with_our_policies(manifests)), set);
        let theirs = allowed(&Manifests::parse(&format!("{manifests}---\n{policies}")), set);
        found.extend(ours.difference(&theirs).map(|connection| format!("| {set} | {connection} | ours |")));
        found.extend(theirs.difference(&ours).map(|connection| format!("| {set} | {connection} | np-guard |")));
    }
    let rows =
        DIFFERENCES.lines().filter(|line| APP_SETS.iter().any(|(set, ..)| line.starts_with(&format!("| {set} |"))));
    let explained: BTreeSet<_> = rows
        .map(|row| {
            let (difference, why) = row.trim_end_matches(" |").rsplit_once(" | ").expect("a row has cells");
            assert!(why.len() > 20, "{row}");
            format!("{difference} |")
        })
        .collect();
    assert_eq!(listed(&explained), listed(&found));
}

/// The manifests as the function leaves them, outgoing connections denied by default as the generator has it.
fn with_our_policies(manifests: &str) -> String {
    let scratch = Scratch::new();
    scratch.write("manifests.yaml", manifests);
    let mut command = Command::new(Function::of_kind("NetworkPolicyDefault").program());
    command.arg("--config").arg(directory().join("shop/transformers/networkpolicy-default.yaml"));
    run(command.arg(scratch.path().join("manifests.yaml")))
}

/// Every connection that passes, one port a line, pods of others and one address outside included.
fn allowed(build: &Manifests, namespace: &str) -> BTreeSet<String> {
    let network = Network::new(&with_pods_of_others(build, namespace));
    let outside = End::outside(std::net::Ipv4Addr::new(198, 51, 100, 7));
    let ends = || network.pods().iter().chain([&outside]);
    let pairs = ends()
        .flat_map(|from| ends().map(move |to| (from, to)))
        .filter(|(from, to)| network.is_isolated(to, "Ingress") || network.is_isolated(from, "Egress"));
    let mut lines = BTreeSet::new();
    for (from, to) in pairs.filter(|(from, to)| from != to) {
        // Ports that containers declare; what else a rule opens is not there to be reached.
        let ports = network.ports().into_iter().filter(|port| !to.is_pod() || to.declares(port));
        let open = ports.filter(|port| network.allows(from, to, port, Semantics::Specification));
        lines.extend(open.map(|port| format!("{} => {}: {port}", from.name, to.name)));
    }
    lines
}
