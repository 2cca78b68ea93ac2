//! Turns the route listeners of Strimzi Kafka clusters into listeners that come up on K3s.

mod addresses;
mod broker_ids;
mod cluster;
mod cluster_ip;
mod collisions;
mod config;
mod edit;
mod fields;
mod leftovers;
mod listener;
mod loadbalancer;
mod node_ids;
mod nodeport;
mod object_form;
mod pins;
mod places;
mod ports;
mod releases;
mod replace;
mod strimzi;
mod walk;

use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::function::{Function, Role};
use krm::resource_list::Resources;
use serde_json::Value;

use addresses::AddressBook;
use cluster::{Cluster, GROUP};
use listener::{LISTENERS, Listener};
use replace::Replacement;

pub use config::Spec;

/// The function.
pub struct KafkaListenerNodePort;

impl Function for KafkaListenerNodePort {
    type Spec = Spec;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "KafkaListenerNodePort";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let parsed = spec.parse()?;
        let mut clusters = Cluster::all(resources, parsed.strimzi, findings);
        let mut book = AddressBook::new(spec);
        for cluster in &mut clusters {
            releases::check(cluster, parsed.strimzi, resources, findings);
            object_form::rewrite(cluster, spec, parsed.strimzi, resources, findings);
            pins::pin(cluster, spec, resources, findings);
        }
        let mut jobs = Vec::new();
        for cluster in &clusters {
            let listeners = Listener::all_of(cluster, spec, resources, findings);
            if !listeners.is_empty() && !cluster.has_broken_pool {
                let kafka = resources.get(cluster.id).reference();
                let brokers = replace::brokers_of(cluster, spec, &kafka, findings);
                jobs.extend(brokers.map(|brokers| (cluster, brokers, listeners)));
            }
        }
        report_unused(&clusters, spec, resources, findings);
        let listeners = || {
            jobs.iter().flat_map(|(cluster, brokers, listeners)| {
                listeners.iter().map(move |listener| (*cluster, brokers, listener))
            })
        };
        let places: Vec<_> = listeners().map(|(cluster, _, listener)| (cluster, listener)).collect();
        let bases = places::bases(&places, spec, parsed.node_port_range, resources, findings);
        replace::refuse_shared_names(listeners(), resources, findings);
        for ((cluster, brokers, listener), base) in listeners().zip(bases) {
            let replacement = Replacement { cluster, brokers, listener, spec, parsed: &parsed };
            replacement.run(base, &mut book, resources, findings);
        }
        for cluster in &clusters {
            leftovers::drop_templates(cluster, resources);
        }
        let replaced: Vec<_> = jobs.iter().map(|(cluster, ..)| cluster.id).collect();
        collisions::report(&replaced, spec, parsed.node_port_range, resources, findings);
        book.apply(resources, findings);
        leftovers::map_images(spec, resources, findings);
        leftovers::report(spec, resources, findings);
        if !findings.has_errors() {
            let kafkas = resources.iter().filter(|item| item.is(GROUP, "Kafka"));
            findings.extend(nodeport::summary(kafkas.map(|item| (item.reference(), item.value()))));
        }
        Ok(())
    }
}

/// Names in `clusters` of the config that nothing in the build answers to: perhaps slips of the pen.
fn report_unused(clusters: &[Cluster], spec: &Spec, resources: &Resources, findings: &mut Findings) {
    for cluster in clusters {
        let Some(options) = cluster.options(spec) else { continue };
        let kafka = resources.get(cluster.id);
        let listeners = kafka.value().pointer(LISTENERS).and_then(Value::as_array);
        let names: Vec<_> = listeners.into_iter().flatten().filter_map(|listener| listener["name"].as_str()).collect();
        for unknown in options.listeners.keys().filter(|name| !names.contains(&name.as_str())) {
            let message = format!(
                "has no listener `{unknown}`, which `clusters` of the config names; there are {}",
                names.join(", ")
            );
            findings.push(Finding::warning(message).on(kafka.reference()).at("spec.kafka.listeners"));
        }
    }
    let known: Vec<_> = clusters.iter().filter_map(|cluster| cluster.key(spec)).collect();
    for unknown in spec.clusters.keys().filter(|key| !clusters.is_empty() && !known.contains(&key.as_str())) {
        findings.push(Finding::info(format!(
            "no Kafka of this build is `{unknown}`, which `clusters` of the config names"
        )));
    }
}
