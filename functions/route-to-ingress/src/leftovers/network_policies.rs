//! Network policies that let the OpenShift router in, or let pods reach it.

use krm::field::FieldPath;
use krm::resource_list::Item;
use platforms::{RouterPeer, router_peer};
use serde_json::{Value, json};

use super::adaptation::{Adaptation, Context, objects};
use crate::config::Spec;
use crate::rule::Rule;

/// A direction of traffic: the field of its rules, and the field of their peers.
#[derive(Debug, Clone, Copy)]
struct Direction {
    rules: &'static str,
    peers: &'static str,
}

const INGRESS: Direction = Direction { rules: "ingress", peers: "from" };
const EGRESS: Direction = Direction { rules: "egress", peers: "to" };

/// A peer that is the router becomes one that is the configured ingress controller.
pub(super) fn peers(item: &Item, context: &Context<'_>, adaptation: &mut Adaptation) {
    if !item.is("networking.k8s.io", "NetworkPolicy") {
        return;
    }
    for direction in [INGRESS, EGRESS] {
        let rules = &item.value()["spec"][direction.rules];
        let adapted: Vec<_> = objects(rules)
            .flat_map(|(index, rule)| {
                let field = FieldPath::from("spec").key(direction.rules).index(index).key(direction.peers);
                let peers = Peers::of(&rule[direction.peers], context.spec);
                for place in &peers.on_host_network {
                    let message = "means what runs in the network of OpenShift's hosts; on K3s that needs an ipBlock of the nodes' addresses";
                    adaptation.report(Rule::RouterOnHostNetwork, item, field.clone().index(*place), message);
                }
                peers.rules(rule, direction, context.spec)
            })
            .collect();
        if rules.as_array().is_some_and(|rules| *rules != adapted) {
            adaptation.edit(item)["spec"][direction.rules] = adapted.into();
        }
    }
}

/// The peers of a rule.
#[derive(Debug, Default)]
struct Peers {
    /// Those that are not the router, in their order, and the controllers in the place of the first that is.
    all: Vec<Value>,
    /// Those that are not the router.
    others: Vec<Value>,
    /// Whether the router was one of them.
    had_router: bool,
    /// The places of those that run in the network of OpenShift's hosts.
    on_host_network: Vec<usize>,
}

impl Peers {
    fn of(peers: &Value, spec: &Spec) -> Self {
        let mut found = Self::default();
        for (place, peer) in objects(peers) {
            let rest = match router_peer(peer) {
                Some(RouterPeer::HostNetwork) => {
                    found.on_host_network.push(place);
                    Some(peer.clone())
                }
                Some(RouterPeer::Namespace { rest }) => {
                    found.all.extend(rest.clone());
                    found.all.extend(
                        controllers(spec)
                            .into_iter()
                            .filter(|controller| !found.all.contains(controller))
                            .collect::<Vec<_>>(),
                    );
                    found.others.extend(rest);
                    found.had_router = true;
                    continue;
                }
                None => Some(peer.clone()),
            };
            found.all.extend(rest.clone());
            found.others.extend(rest);
        }
        found
    }

    /// What the rule becomes. The pods of a controller listen on ports of their own, which are not those of other peers.
    fn rules(self, rule: &Value, direction: Direction, spec: &Spec) -> Vec<Value> {
        let with = |peers: Vec<Value>| {
            let mut rule = rule.clone();
            rule[direction.peers] = peers.into();
            rule
        };
        let has_ports = direction.rules == EGRESS.rules && objects(&rule["ports"]).next().is_some();
        match (self.had_router, has_ports) {
            (false, _) => vec![rule.clone()],
            (true, false) => vec![with(self.all)],
            (true, true) => {
                let mut of_controllers = with(controllers(spec));
                of_controllers["ports"] = ports(&rule["ports"], spec);
                let others = (!self.others.is_empty()).then(|| with(self.others));
                others.into_iter().chain([of_controllers]).collect()
            }
        }
    }
}

/// The ports of the router as those that the pods of the controller listen on.
fn ports(ports: &Value, spec: &Spec) -> Value {
    let of_controller = spec.controller_ports();
    let port = |port: &Value| {
        let number = match port["port"].as_u64() {
            Some(80) => of_controller.first(),
            Some(443) => of_controller.get(1),
            _ => None,
        };
        let mut port = port.clone();
        if let Some(number) = number {
            port["port"] = (*number).into();
        }
        port
    };
    objects(ports).map(|(_, value)| port(value)).collect()
}

/// The pods of the ingress controllers. Their labels are expressions, because kustomize's label transformers add
/// labels of the application to `matchLabels` of peers too.
fn controllers(spec: &Spec) -> Vec<Value> {
    let mut controllers: Vec<Value> = Vec::new();
    let shards = spec.shards.iter().map(|shard| spec.with(shard));
    for spec in std::iter::once(spec.clone()).chain(shards) {
        let (namespace, app_name) = spec.controller_pods();
        let controller = json!({
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "podSelector": {"matchExpressions": [
                {"key": "app.kubernetes.io/name", "operator": "In", "values": [app_name]},
            ]},
        });
        if !controllers.contains(&controller) {
            controllers.push(controller);
        }
    }
    controllers
}
