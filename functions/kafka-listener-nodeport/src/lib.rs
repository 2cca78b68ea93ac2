//! Turns the route listeners of Strimzi Kafka clusters into listeners that come up on K3s.

mod address_book;
mod advertised_names;
mod apis;
mod base_ports;
mod bootstrap_keys;
mod broker_ids;
mod brokers;
mod clients;
mod cluster;
mod cluster_ip;
mod collisions;
mod config;
mod edit;
mod fields;
mod free_node_ids;
mod leftovers;
mod listener;
mod listener_fields;
mod listener_refusal;
mod listener_shape;
mod loadbalancer;
mod mirrors;
mod next_node_ids;
mod node_ids;
mod nodeport;
mod object_form;
mod old_address;
mod peers;
mod port_slots;
mod ports;
mod releases;
mod replace;
mod replacement;
mod rule;
mod scalars;
mod slot_proposals;
mod strimzi;
mod unused;
mod wrapped;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;
use krm::rule::Severity;

use address_book::AddressBook;
use broker_ids::Brokers;
use brokers::brokers_of;
use cluster::{Cluster, GROUP};
use config::Options;
use listener::Listener;
use replacement::Replacement;

pub use config::Spec;
pub use rule::Rule;

/// The function, as hosts and Pipelines run it.
pub struct KafkaListenerNodePort;

impl Function for KafkaListenerNodePort {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "KafkaListenerNodePort";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let options = spec.parse()?;
        let mut clusters = Cluster::all(resources, options.strimzi, findings);
        for cluster in &mut clusters {
            releases::check(cluster, options.strimzi, resources, findings);
            object_form::rewrite(cluster, &options, resources, findings);
            next_node_ids::pin(cluster, spec, resources, findings);
        }
        releases::check_apis(&clusters, options.strimzi, resources, findings);
        let jobs = Job::all(&clusters, &options, resources, findings);
        unused::report(&clusters, spec, resources, findings);
        let replacements: Vec<_> = jobs.iter().flat_map(|job| job.replacements(&options, resources)).collect();
        let bases = base_ports::bases(&replacements, resources, findings);
        replace::refuse_shared_names(&replacements, findings);
        let mut book = AddressBook::new(spec);
        for (replaced, base) in replacements.iter().zip(bases) {
            match replace::run(replaced, base, resources, findings) {
                Ok(block) => book.add(replaced, block.as_ref()),
                Err(refusal) => findings.push(refusal.on(replaced.kafka.clone(), replaced.listener.path())),
            }
        }
        for cluster in &clusters {
            leftovers::drop_templates(cluster, resources);
        }
        collisions::report(&replacements, resources, findings);
        clients::follow(&mut book, resources, findings);
        let images = leftovers::map_images(spec, resources, findings);
        leftovers::report(spec, resources, findings);
        wrapped::report(spec, resources, findings);
        findings.extend(unused::entries("addresses", book.unmatched()));
        findings.extend(unused::entries("images", images));
        findings.extend(unused::entries("resealed", leftovers::unmatched_resealed(spec, resources)));
        // An error that can be accepted leaves ports that are to be opened.
        if !findings.iter().any(|finding| finding.severity() == Severity::Error && !finding.rule().is_acceptable()) {
            let kafkas = resources.iter().filter(|item| item.is(GROUP, "Kafka"));
            findings.extend(nodeport::summary(kafkas.map(|item| (item.reference(), item.value()))));
        }
        Ok(())
    }
}

/// A cluster with listeners to replace.
struct Job<'c> {
    cluster: &'c Cluster,
    brokers: Brokers,
    listeners: Vec<Listener>,
}

impl<'c> Job<'c> {
    fn all(
        clusters: &'c [Cluster],
        options: &Options<'_>,
        resources: &Resources,
        findings: &mut Findings,
    ) -> Vec<Self> {
        let mut jobs = Vec::new();
        for cluster in clusters {
            let listeners = Listener::all_of(cluster, options, resources, findings);
            if !listeners.is_empty() && !cluster.has_broken_pool {
                let brokers = brokers_of(cluster, options, resources, findings);
                jobs.extend(brokers.map(|brokers| Self { cluster, brokers, listeners }));
            }
        }
        jobs
    }

    fn replacements<'j>(&'j self, options: &'j Options<'_>, resources: &Resources) -> Vec<Replacement<'j>> {
        let kafka = resources.get(self.cluster.id).reference();
        let Self { cluster, brokers, listeners } = self;
        let replacement = |listener| Replacement { cluster, brokers, listener, options, kafka: kafka.clone() };
        listeners.iter().map(replacement).collect()
    }
}
