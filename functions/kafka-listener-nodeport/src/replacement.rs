//! What decides what a listener becomes.

use krm::field::FieldPath;
use krm::finding::{Finding, Message, ObjectReference};
use krm::rule::RuleSet;

use crate::broker_ids::Brokers;
use crate::cluster::Cluster;
use crate::config::{ListenerType, Options};
use crate::listener::{Listener, broker_of, entries};

/// A listener to replace, and all that decides what it becomes.
#[derive(Debug)]
pub(crate) struct Replacement<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) brokers: &'a Brokers,
    pub(crate) listener: &'a Listener,
    pub(crate) options: &'a Options<'a>,
    /// How findings name the Kafka.
    pub(crate) kafka: ObjectReference,
}

impl Replacement<'_> {
    /// The name by which clients reach a broker.
    pub(crate) fn broker_name(&self, id: u32) -> Option<String> {
        self.listener.names.brokers.of(id, self.brokers.pod_set(id))
    }

    /// A finding about the listener.
    pub(crate) fn on_listener(&self, rule: impl RuleSet, message: impl Into<Message>) -> Finding {
        self.on_field(FieldPath::root(), rule, message)
    }

    /// A finding about a field of the listener.
    pub(crate) fn on_field(
        &self,
        field: impl Into<FieldPath>,
        rule: impl RuleSet,
        message: impl Into<Message>,
    ) -> Finding {
        Finding::new(rule, message).on(self.kafka.clone()).at(self.listener.path().join(field))
    }

    /// Whether the config fixes node ports for the listener.
    pub(crate) fn needs_ports(&self) -> bool {
        match self.listener.new_type {
            ListenerType::NodePort => true,
            ListenerType::LoadBalancer => self.options.spec.load_balancer.fixed_node_ports,
            ListenerType::ClusterIp => false,
        }
    }

    /// The brokers that get an entry: those there are, those to come, and those that the listener names.
    pub(crate) fn entry_ids(&self) -> Vec<u32> {
        let named = entries(&self.listener.value).filter_map(broker_of);
        let mut ids: Vec<_> = self.brokers.pod_sets.keys().chain(&self.brokers.spare).copied().chain(named).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
