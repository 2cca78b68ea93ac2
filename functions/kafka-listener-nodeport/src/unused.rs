//! Names in `clusters` of the config that nothing in the build has: perhaps misspelt.

use std::collections::HashSet;

use krm::finding::{Finding, Findings};
use krm::resource_list::Resources;
use krm::rule::Severity;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::config::Spec;
use crate::listener::LISTENERS;
use crate::rule::Rule;

/// Reports the Kafkas, listeners and KafkaNodePools that the config names and the build does not have.
pub(crate) fn report(clusters: &[Cluster], spec: &Spec, resources: &Resources, findings: &mut Findings) {
    for cluster in clusters {
        let Some(options) = cluster.options(spec) else { continue };
        let kafka = resources.get(cluster.id);
        let listeners = kafka.value().pointer(LISTENERS).and_then(Value::as_array);
        let listeners: Vec<_> =
            listeners.into_iter().flatten().filter_map(|listener| listener["name"].as_str()).collect();
        let of_listeners = unknown("listener", options.listeners.keys(), &listeners);
        findings.extend(of_listeners.map(|finding| finding.on(kafka).at("spec.kafka.listeners")));
        let pools: Vec<_> = cluster.pools.iter().map(|pool| pool.name.as_str()).collect();
        let of_pools = unknown("KafkaNodePool", options.node_ids.keys(), &pools);
        findings.extend(of_pools.map(|finding| finding.on(kafka)));
    }
    let known: HashSet<_> = clusters.iter().filter_map(|cluster| cluster.key(spec)).collect();
    for unknown in spec.clusters.keys().filter(|key| !known.contains(key.as_str())) {
        let message = format!("no Kafka of this build is `{unknown}`, which `clusters` of the config names");
        findings.push(Finding::new(Rule::UnusedClusterOption, message).with_severity(Severity::Info));
    }
}

/// The finding about entries of an option that fit nothing in the build.
pub(crate) fn entries<'e>(option: &str, entries: impl IntoIterator<Item = &'e str>) -> Option<Finding> {
    let entries: Vec<_> = entries.into_iter().map(|entry| format!("`{entry}`")).collect();
    let message = || format!("`{option}` of the config names what this build does not have: {}", entries.join(", "));
    (!entries.is_empty()).then(|| Finding::new(Rule::UnmatchedEntry, message()))
}

/// A finding for each name that the config gives and a Kafka does not have.
fn unknown<'n>(what: &str, given: impl Iterator<Item = &'n String>, known: &[&str]) -> impl Iterator<Item = Finding> {
    let there_are =
        if known.is_empty() { "there is none".to_owned() } else { format!("there are {}", known.join(", ")) };
    given.filter(|name| !known.contains(&name.as_str())).map(move |name| {
        let message = format!("has no {what} `{name}`, which `clusters` of the config names; {there_are}");
        Finding::new(Rule::UnusedClusterOption, message)
    })
}
