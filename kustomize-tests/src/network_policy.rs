//! Who may connect to whom under the NetworkPolicies of a build.
//!
//! Written from the API documentation of `networking.k8s.io/v1` and from kube-router's sources, apart from the function
//! that makes policies, so that one mistake does not hide in both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

/// Whose rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Semantics {
    /// Those that the Kubernetes API documents.
    Specification,
    /// kube-router's, which K3s embeds. It opens more than the specification in three ways.
    ///
    /// - It puts the rules of a policy of both types into one chain, where a rule for one direction grants the other too.
    /// - It takes a rule with pods as peers, whose only ports are names that none of the pods declares which the rule leads
    ///   to, for a rule without ports.
    /// - It takes a port by name of a rule for outgoing connections without peers for the number that a pod of the
    ///   namespace declares, at every destination.
    ///
    /// Source: kube-router `pkg/controllers/netpol/policy.go`, `kubeBothPolicyType`, `processIngressRules` and
    /// `processEgressRules`.
    KubeRouter,
}

/// Both.
pub const SEMANTICS: [Semantics; 2] = [Semantics::Specification, Semantics::KubeRouter];

/// A transport protocol and a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port(pub String, pub u16);

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.0, self.1)
    }
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// `namespace/name`, or the address.
    pub name: String,
    address: Ipv4Addr,
    pod: Option<Pod>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pod {
    namespace: String,
    labels: Labels,
    ports: Vec<(Option<String>, Port)>,
}

type Labels = BTreeMap<String, String>;

impl End {
    /// An address outside the cluster.
    pub fn outside(address: Ipv4Addr) -> Self {
        Self { name: address.to_string(), address, pod: None }
    }

    /// Whether it is a pod.
    pub fn is_pod(&self) -> bool {
        self.pod.is_some()
    }

    /// Whether a container of the pod declares the port.
    pub fn declares(&self, port: &Port) -> bool {
        self.pod.as_ref().is_some_and(|pod| pod.ports.iter().any(|(_, declared)| declared == port))
    }

    /// Whether a container of the pod declares a port of this name and protocol.
    fn names(&self, (name, protocol): &(String, String)) -> bool {
        let mut ports = self.pod.iter().flat_map(|pod| &pod.ports);
        ports.any(|(declared, port)| declared.as_ref() == Some(name) && port.0 == *protocol)
    }

    /// Whether a container of the pod declares the port by this name and protocol.
    fn calls(&self, (name, protocol): &(String, String), port: &Port) -> bool {
        let declared = (Some(name.clone()), port.clone());
        port.0 == *protocol && self.pod.as_ref().is_some_and(|pod| pod.ports.contains(&declared))
    }

    /// The namespace, if it is a pod.
    pub fn namespace(&self) -> Option<&str> {
        self.pod.as_ref().map(|pod| pod.namespace.as_str())
    }
}

/// The pods, namespaces and policies of a build.
#[derive(Debug)]
pub struct Network {
    pods: Vec<End>,
    namespaces: BTreeMap<String, Labels>,
    policies: Vec<Value>,
}

impl Network {
    /// Reads manifests: everything with a pod template, one pod for each; Namespaces; NetworkPolicies.
    pub fn new<'v>(objects: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut network = Self { pods: Vec::new(), namespaces: BTreeMap::new(), policies: Vec::new() };
        for object in objects {
            match object["kind"].as_str() {
                Some("Namespace") => {
                    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                    network.namespaces.insert(name, labels(&object["metadata"]["labels"]));
                }
                Some("NetworkPolicy") => network.policies.push(object.clone()),
                _ => network.add(object),
            }
        }
        network
    }

    fn add(&mut self, object: &Value) {
        let is_pod = object["kind"] == "Pod";
        let spec = &object["spec"];
        let templates = [&spec["template"], &spec["jobTemplate"]["spec"]["template"]];
        let template = if is_pod { Some(object) } else { templates.into_iter().find(|it| it["spec"].is_object()) };
        let Some(template) = template else { return };
        let containers = template["spec"]["containers"].as_array().into_iter().flatten();
        let ports = containers.flat_map(|container| container["ports"].as_array().into_iter().flatten());
        let port = |port: &Value| {
            let number = port["containerPort"].as_u64().and_then(|number| u16::try_from(number).ok())?;
            Some((port["name"].as_str().map(str::to_owned), Port(protocol(port).to_owned(), number)))
        };
        let namespace = namespace(object).to_owned();
        let count = u8::try_from(self.pods.len()).expect("a test has few pods");
        self.pods.push(End {
            name: format!("{namespace}/{}", object["metadata"]["name"].as_str().unwrap_or_default()),
            address: Ipv4Addr::new(10, 42, 1, count),
            pod: Some(Pod {
                namespace,
                labels: labels(&template["metadata"]["labels"]),
                ports: ports.filter_map(port).collect(),
            }),
        });
    }

    /// The pods.
    pub fn pods(&self) -> &[End] {
        &self.pods
    }

    /// The ports of all containers and policies, and one that none of them names.
    pub fn ports(&self) -> BTreeSet<Port> {
        let mut ports = BTreeSet::from([Port("TCP".to_owned(), 9)]);
        ports.extend(
            self.pods
                .iter()
                .filter_map(|end| end.pod.as_ref())
                .flat_map(|pod| &pod.ports)
                .map(|(_, port)| port.clone()),
        );
        for rule in
            self.policies.iter().flat_map(|policy| ["ingress", "egress"].map(|kind| rules(policy, kind))).flatten()
        {
            for port in rule["ports"].as_array().into_iter().flatten() {
                let number = port["port"].as_u64().and_then(|number| u16::try_from(number).ok());
                ports.extend(number.map(|number| Port(protocol(port).to_owned(), number)));
            }
        }
        ports
    }

    /// Whether some policy selects the end for a direction: `Ingress` or `Egress`.
    pub fn is_isolated(&self, end: &End, direction: &str) -> bool {
        self.policies.iter().any(|policy| rules_direction(policy, direction) && selects(policy, end))
    }

    /// Whether a connection passes all policies.
    pub fn allows(&self, from: &End, to: &End, port: &Port, semantics: Semantics) -> bool {
        ["Egress", "Ingress"].into_iter().all(|direction| {
            let end = if direction == "Egress" { from } else { to };
            !self.is_isolated(end, direction)
                || self.policies.iter().any(|policy| self.grants(policy, direction, (from, to, port), semantics))
        })
    }

    fn grants(&self, policy: &Value, direction: &str, connection: (&End, &End, &Port), semantics: Semantics) -> bool {
        let (from, to, port) = connection;
        let end = if direction == "Egress" { from } else { to };
        if !rules_direction(policy, direction) || !selects(policy, end) {
            return false;
        }
        let passes = |kind: &str| {
            let (subject, peer, peers) = if kind == "ingress" { (to, from, "from") } else { (from, to, "to") };
            selects(policy, subject)
                && rules(policy, kind).any(|rule| {
                    let is_peer = self.is_peer(policy, &rule[peers], peer);
                    let is_widened =
                        || semantics == Semantics::KubeRouter && self.widens(policy, kind, rule, (peer, port));
                    is_peer && (opens(&rule["ports"], to, port) || is_widened())
                })
        };
        let is_of_both = ["Ingress", "Egress"].iter().all(|direction| rules_direction(policy, direction));
        if semantics == Semantics::KubeRouter && is_of_both {
            return passes("ingress") || passes("egress");
        }
        passes(&direction.to_lowercase())
    }

    /// Whether kube-router opens a port to a peer because of the names of ports in a rule.
    fn widens(&self, policy: &Value, kind: &str, rule: &Value, (peer, port): (&End, &Port)) -> bool {
        let names: Option<Vec<_>> = rule["ports"].as_array().into_iter().flatten().map(named).collect();
        let peers = if kind == "ingress" { &rule["from"] } else { &rule["to"] };
        let is_of_namespace = |end: &&End| end.namespace() == Some(namespace(policy));
        if peers.as_array().is_none_or(Vec::is_empty) {
            let mut ports = rule["ports"].as_array().into_iter().flatten().filter_map(named);
            let declares =
                |name: &(String, String)| self.pods.iter().filter(is_of_namespace).any(|end| end.calls(name, port));
            return kind == "egress" && ports.any(|name| declares(&name));
        }
        let pods: Value =
            peers.as_array().into_iter().flatten().filter(|peer| peer["ipBlock"].is_null()).cloned().collect();
        let is_pod_peer = |end: &End| pods != json!([]) && self.is_peer(policy, &pods, end);
        let leads_to = |end: &&End| if kind == "ingress" { selects(policy, end) } else { is_pod_peer(end) };
        let is_declared = |name: &(String, String)| self.pods.iter().filter(leads_to).any(|end| end.names(name));
        is_pod_peer(peer) && names.is_some_and(|names| !names.is_empty() && !names.iter().any(is_declared))
    }

    fn is_peer(&self, policy: &Value, peers: &Value, end: &End) -> bool {
        let Some(peers) = peers.as_array().filter(|peers| !peers.is_empty()) else { return true };
        peers.iter().any(|peer| {
            if let Some(block) = peer["ipBlock"].as_object() {
                let excepted = block.get("except").and_then(Value::as_array).into_iter().flatten();
                return block.get("cidr").is_some_and(|cidr| holds(cidr, end.address))
                    && !excepted.into_iter().any(|cidr| holds(cidr, end.address));
            }
            let Some(pod) = &end.pod else { return false };
            let in_namespace = match &peer["namespaceSelector"] {
                Value::Null => pod.namespace == namespace(policy),
                selector => matches(selector, &self.labels_of_namespace(&pod.namespace)),
            };
            in_namespace && (peer["podSelector"].is_null() || matches(&peer["podSelector"], &pod.labels))
        })
    }

    fn labels_of_namespace(&self, name: &str) -> Labels {
        let mut labels = self.namespaces.get(name).cloned().unwrap_or_default();
        labels.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
        labels
    }

    /// Pods, as manifests, for every selector of a policy that selects none: those that live in other builds or that
    /// operators make.
    pub fn stand_ins(&self) -> Vec<Value> {
        let mut stand_ins: Vec<Value> = Vec::new();
        for policy in &self.policies {
            let own = (namespace(policy).to_owned(), &policy["spec"]["podSelector"]);
            let rules = ["ingress", "egress"].into_iter().flat_map(|kind| rules(policy, kind));
            let peers = rules.flat_map(|rule| [&rule["from"], &rule["to"]]).filter_map(Value::as_array).flatten();
            let peers = peers.filter(|peer| peer["ipBlock"].is_null()).map(|peer| {
                let named = required(&peer["namespaceSelector"]).remove("kubernetes.io/metadata.name");
                (named.unwrap_or_else(|| namespace(policy).to_owned()), &peer["podSelector"])
            });
            for (namespace, selector) in std::iter::once(own).chain(peers) {
                let stands_in = |pod: &Value| {
                    pod["metadata"]["namespace"] == namespace.as_str()
                        && matches(selector, &labels(&pod["metadata"]["labels"]))
                };
                let is_pod = |end: &End| {
                    end.pod.as_ref().is_some_and(|pod| pod.namespace == namespace && matches(selector, &pod.labels))
                };
                if !self.pods.iter().any(is_pod) && !stand_ins.iter().any(stands_in) {
                    stand_ins.push(pod(&namespace, &required(selector)));
                }
            }
        }
        stand_ins
    }
}

/// A pod, as a manifest, named after its labels.
pub fn pod(namespace: &str, labels: &BTreeMap<String, String>) -> Value {
    let name = labels.values().map(|value| value.replace(|c: char| !c.is_ascii_alphanumeric(), "-").to_lowercase());
    let name = name.collect::<Vec<_>>().join("-");
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": if name.is_empty() { "any" } else { &name }, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "main", "image": "stand-in"}]},
    })
}

/// The labels that a selector asks for by one value.
fn required(selector: &Value) -> Labels {
    let mut required = labels(&selector["matchLabels"]);
    for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
        if let (Some(key), Some(value)) = (expression["key"].as_str(), expression["values"][0].as_str()) {
            required.insert(key.to_owned(), value.to_owned());
        }
    }
    required
}

fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or("default")
}

fn labels(value: &Value) -> Labels {
    let labels = value.as_object().into_iter().flatten();
    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn protocol(port: &Value) -> &str {
    port["protocol"].as_str().unwrap_or("TCP")
}

/// The name and protocol of a port of a rule; nothing if it is a number, or every port of a protocol.
fn named(port: &Value) -> Option<(String, String)> {
    Some((port["port"].as_str()?.to_owned(), protocol(port).to_owned()))
}

/// `policyTypes`, or what the API server puts there: always Ingress, and Egress where there are rules for it.
fn rules_direction(policy: &Value, direction: &str) -> bool {
    match policy["spec"]["policyTypes"].as_array() {
        Some(types) => types.iter().any(|it| it == direction),
        None => direction == "Ingress" || policy["spec"]["egress"].as_array().is_some_and(|rules| !rules.is_empty()),
    }
}

fn rules<'v>(policy: &'v Value, kind: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    policy["spec"][kind].as_array().into_iter().flatten()
}

fn selects(policy: &Value, end: &End) -> bool {
    let pod = end.pod.as_ref().filter(|pod| pod.namespace == namespace(policy));
    pod.is_some_and(|pod| matches(&policy["spec"]["podSelector"], &pod.labels))
}

fn opens(ports: &Value, to: &End, port: &Port) -> bool {
    let Some(ports) = ports.as_array().filter(|ports| !ports.is_empty()) else { return true };
    ports.iter().any(|opened| {
        let is_number = |number: u64| {
            let last = opened["endPort"].as_u64().unwrap_or(number);
            (number..=last).contains(&u64::from(port.1))
        };
        let is_port = match &opened["port"] {
            Value::Null => true,
            Value::String(name) => to.calls(&(name.clone(), port.0.clone()), port),
            number => number.as_u64().is_some_and(is_number),
        };
        protocol(opened) == port.0 && is_port
    })
}

fn matches(selector: &Value, of: &Labels) -> bool {
    let has = |key: &str, values: &Value| {
        let values = values.as_array().into_iter().flatten();
        of.get(key).is_some_and(|value| values.into_iter().any(|wanted| wanted == value.as_str()))
    };
    labels(&selector["matchLabels"]).iter().all(|(key, value)| of.get(key) == Some(value))
        && selector["matchExpressions"].as_array().into_iter().flatten().all(|expression| {
            let key = expression["key"].as_str().unwrap_or_default();
            match expression["operator"].as_str() {
                Some("In") => has(key, &expression["values"]),
                Some("NotIn") => !has(key, &expression["values"]),
                Some("Exists") => of.contains_key(key),
                Some("DoesNotExist") => !of.contains_key(key),
                other => panic!("a selector has the operator {other:?}"),
            }
        })
}

fn holds(cidr: &Value, address: Ipv4Addr) -> bool {
    let parts = cidr.as_str().and_then(|cidr| cidr.split_once('/'));
    let parsed = parts.and_then(|(base, length)| Some((base.parse::<Ipv4Addr>().ok()?, length.parse::<u32>().ok()?)));
    parsed.is_some_and(|(base, length)| {
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        u32::from(base) & mask == u32::from(address) & mask
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Manifests;

    const PODS: &str = "
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {containers: [{ports: [{containerPort: 80, name: http}]}]}
---
kind: Pod
metadata: {name: db, namespace: a, labels: {app: db}}
spec: {containers: []}
---
kind: Pod
metadata: {name: web, namespace: b, labels: {app: web}}
spec: {containers: []}
";

    /// Which of `a/web`, `a/db`, `b/web` and an address outside may connect to the port of `a/web`.
    fn allowed(policy: &str, port: u16, semantics: Semantics) -> Vec<String> {
        let text = format!("{PODS}---\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: a}}\nspec: {policy}\n");
        let manifests = Manifests::parse(&text);
        let network = Network::new(manifests.iter().map(|(_, object)| object));
        let to = network.pods().iter().find(|end| end.name == "a/web").expect("it is there").clone();
        let outside = End::outside(Ipv4Addr::new(198, 51, 100, 7));
        let ends = network.pods().iter().chain([&outside]);
        let port = Port("TCP".to_owned(), port);
        ends.filter(|from| network.allows(from, &to, &port, semantics)).map(|from| from.name.clone()).collect()
    }

    #[test]
    fn the_specification_holds() {
        let all = ["a/db", "a/web", "b/web", "198.51.100.7"];
        let cases: [(&str, &[&str]); 14] = [
            ("{podSelector: {matchLabels: {app: db}}}", &all),
            ("{podSelector: {}}", &[]),
            ("{podSelector: {}, policyTypes: [Egress]}", &["b/web", "198.51.100.7"]),
            ("{podSelector: {}, ingress: [{}]}", &all),
            ("{podSelector: {}, ingress: [{from: []}]}", &all),
            ("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", &["a/db", "a/web"]),
            ("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", &["a/db", "a/web", "b/web"]),
            (
                "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}, podSelector: {matchLabels: {app: db}}}]}]}",
                &[],
            ),
            (
                "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}, {podSelector: {matchLabels: {app: db}}}]}]}",
                &["a/db", "b/web"],
            ),
            ("{podSelector: {}, ingress: [{ports: [{port: http}]}]}", &all),
            ("{podSelector: {}, ingress: [{ports: [{port: 80, protocol: UDP}]}]}", &[]),
            ("{podSelector: {}, ingress: [{ports: [{port: 70, endPort: 80}]}]}", &all),
            ("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]}", &["198.51.100.7"]),
            (
                "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]}",
                &["198.51.100.7"],
            ),
        ];
        for (policy, expected) in cases {
            for semantics in SEMANTICS {
                assert_eq!(allowed(policy, 80, semantics), expected, "{policy}");
            }
        }
    }

    #[test]
    fn kube_router_lets_a_rule_of_one_direction_grant_the_other() {
        let policy = "{podSelector: {}, policyTypes: [Ingress, Egress], egress: [{ports: [{port: 443}]}]}";
        assert_eq!(allowed(policy, 443, Semantics::Specification), [""; 0]);
        assert_eq!(allowed(policy, 443, Semantics::KubeRouter), ["a/db", "a/web"]);
        assert_eq!(allowed(policy, 80, Semantics::KubeRouter), [""; 0]);
    }

    #[test]
    fn kube_router_takes_names_that_no_pod_declares_for_no_ports() {
        let policy = |port: &str| {
            format!(
                "{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{from: [{{podSelector: {{}}}}, {{ipBlock: {{cidr: 198.51.100.0/24}}}}], ports: [{port}]}}]}}"
            )
        };
        for port in ["{port: https}", "{port: http, protocol: UDP}"] {
            assert_eq!(allowed(&policy(port), 9, Semantics::Specification), [""; 0], "{port}");
            assert_eq!(allowed(&policy(port), 9, Semantics::KubeRouter), ["a/db", "a/web"], "{port}");
        }
        for port in
            ["{port: http}", "{port: https}, {port: http}", "{port: https}, {port: 443}", "{protocol: TCP, port: 443}"]
        {
            assert_eq!(allowed(&policy(port), 9, Semantics::KubeRouter), [""; 0], "{port}");
        }
    }

    #[test]
    fn kube_router_takes_a_name_without_peers_for_a_number_at_every_destination() {
        let policy = "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}";
        let text = format!("{PODS}---\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: a}}\nspec: {policy}\n");
        let manifests = Manifests::parse(&text);
        let network = Network::new(manifests.iter().map(|(_, object)| object));
        let end = |name: &str| network.pods().iter().find(|end| end.name == name).expect("it is there");
        for (to, port, expected) in
            [("a/web", 80, [true, true]), ("b/web", 80, [false, true]), ("b/web", 81, [false; 2])]
        {
            let port = Port("TCP".to_owned(), port);
            let allows = SEMANTICS.map(|semantics| network.allows(end("a/db"), end(to), &port, semantics));
            assert_eq!(allows, expected, "{to} {port}");
        }
    }
}
