//! What opens or restricts connections on other platforms, and is still in the build. It is reported, not translated.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use krm::table;
use serde_json::Value;

use crate::facts::cluster::ServiceReferent;
use crate::facts::strimzi;
use crate::plan::{Plan, Source};
use crate::rule::Rule;

/// Kinds that the function does not read.
struct Foreign {
    groups: Vec<&'static str>,
    kinds: Vec<&'static str>,
    what: What,
}

/// What such an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// A way into the cluster that an earlier function replaces.
    Route,
    /// A way to workloads.
    Exposure,
    /// A restriction.
    Policy,
}

fn foreign() -> &'static [Foreign] {
    static ROWS: LazyLock<Vec<Foreign>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/foreign.tsv"));
        rows.map(|[groups, kinds, what]| Foreign {
            groups: groups.split(' ').map(|group| if group == "-" { "" } else { group }).collect(),
            kinds: kinds.split(' ').collect(),
            what: What::of(what),
        })
        .collect()
    });
    &ROWS
}

impl What {
    fn of(name: &str) -> Self {
        match name {
            "route" => Self::Route,
            "exposure" => Self::Exposure,
            "policy" => Self::Policy,
            other => unreachable!("`{other}` is nothing that a foreign kind can be"),
        }
    }

    fn finding(self) -> Finding {
        match self {
            Self::Route => {
                Finding::new(Rule::RouteNotAdapted, "is not adapted yet; run route-to-ingress before this function")
            }
            Self::Exposure => Finding::new(
                Rule::ForeignExposure,
                "this function does not read this kind, so no policy opens what it leads to; write an Ingress instead, or \
                 list who calls the workloads under `allow-from`",
            ),
            Self::Policy => Finding::new(
                Rule::ForeignPolicy,
                "the network policies of K3s do not include this kind, so what it denies is not denied there; write a \
                 NetworkPolicy that denies the same",
            ),
        }
    }

    /// Whether an object matters. What leads to a namespace without policies is closed by none of them.
    fn concerns(self, plan: &Plan<'_, '_>, item: &Item) -> bool {
        self == Self::Policy || plan.cluster.settings.protects(item.namespace())
    }
}

/// Reports what is of other platforms. An object that an earlier function of a Pipeline refused was reported by that.
pub(super) fn report(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for Foreign { groups, kinds, what } in foreign() {
        let kinds = groups.iter().flat_map(|group| kinds.iter().map(move |kind| (*group, *kind)));
        for item in kinds.flat_map(|(group, kind)| cluster.items(group, kind)) {
            if what.concerns(plan, item) {
                note_led_to(plan, item);
                if !cluster.resources.is_refused(item) {
                    plan.findings.push(what.finding().on(item));
                }
            }
        }
    }
    for item in cluster.items(strimzi::GROUP, "Kafka") {
        if cluster.settings.protects(item.namespace()) && !cluster.resources.is_refused(item) {
            plan.findings.extend(listeners_of_routes(item));
        }
    }
}

/// Remembers the Services that an object leads to: as a Route, or as one of its own name that is exported.
fn note_led_to(plan: &mut Plan<'_, '_>, item: &Item) {
    let cluster = plan.cluster;
    cluster.resources.look(item, |item| {
        let spec = &item.value()["spec"];
        let others = spec["alternateBackends"].as_array().into_iter().flatten();
        let names = std::iter::once(&spec["to"]).chain(others).filter_map(|to| to["name"].as_str());
        for name in names.chain([item.name()]) {
            if let ServiceReferent::Found(id) = cluster.service_named(item.id(), None, name) {
                plan.note_led_to(id);
            }
        }
    });
}

/// The listeners of a Kafka whose type is `route`.
fn listeners_of_routes(kafka: &Item) -> impl Iterator<Item = Finding> {
    listener_types(kafka).filter(|(_, kind)| *kind == "route").map(move |(path, _)| {
        let message = "`route` is not adapted yet; run kafka-listener-nodeport before this function";
        Source::new(kafka, path).finding(Rule::ListenerNotAdapted, message)
    })
}

/// The types of the listeners, in a list or, as before Strimzi 0.20, of the one that is open outside.
fn listener_types(kafka: &Item) -> impl Iterator<Item = (FieldPath, &Value)> {
    let path = || FieldPath::from("spec.kafka.listeners");
    let former = &kafka.value()["spec"]["kafka"]["listeners"]["external"]["type"];
    let listed =
        strimzi::listeners(kafka).map(move |(index, listener)| (path().index(index).key("type"), &listener["type"]));
    listed.chain([(path().key("external").key("type"), former)])
}

#[cfg(test)]
mod tests {
    use krm::host::{Call, run};
    use krm::rule::Severity;

    use super::*;
    use crate::NetworkPolicyDefault;

    fn findings(items: &str) -> Vec<(&'static str, Severity, String)> {
        let list = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}");
        let outcome = run::<NetworkPolicyDefault>(Call { stdin: Some(list.into_bytes()), ..Call::default() });
        let told = outcome
            .findings
            .iter()
            .filter_map(|(_, finding)| Some((finding.rule().id, finding.severity(), finding.object()?.to_string())));
        told.collect()
    }

    /// An object of every group and kind of the table, in a namespace.
    fn objects(namespace: &str) -> (Vec<(What, String)>, String) {
        let (mut expected, mut items) = (Vec::new(), String::new());
        for Foreign { groups, kinds, what } in foreign() {
            for (group, kind) in groups.iter().flat_map(|group| kinds.iter().map(move |kind| (group, kind))) {
                let version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
                let name = format!("n{}", expected.len());
                items += &format!(
                    "- apiVersion: {version}\n  kind: {kind}\n  metadata: {{name: {name}, namespace: {namespace}}}\n"
                );
                expected.push((*what, format!("{kind} {namespace}/{name}")));
            }
        }
        (expected, items)
    }

    #[test]
    fn every_foreign_kind_is_told_once_and_in_excluded_namespaces_only_where_it_denies() {
        for (namespace, is_guarded) in [("shop", true), ("kube-system", false)] {
            let (objects, items) = objects(namespace);
            let told = objects.into_iter().filter(|(what, _)| is_guarded || *what == What::Policy);
            let mut told: Vec<_> =
                told.map(|(what, object)| (what.finding().rule().id, what.finding().severity(), object)).collect();
            told.sort_by_key(|(_, severity, _)| *severity);
            assert_eq!(findings(&items), told, "{namespace}");
        }
    }
}
