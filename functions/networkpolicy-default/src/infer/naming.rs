//! A workload that names a host.

use krm::finding::Finding;
use krm::resource_list::Item;
use krm::rule::Severity;
use manifests::addresses::Mention;

use super::public_hosts::PublicHosts;
use crate::facts::workload::{Workload, WorkloadId};
use crate::plan::Plan;
use crate::rule::Rule;

/// A workload that names a host.
pub(super) struct Naming<'n> {
    /// The workload.
    pub(super) client: WorkloadId,
    /// Its object, or another one that says what it connects to.
    pub(super) item: &'n Item,
    /// The host.
    pub(super) mention: &'n Mention,
    /// Where the text is, as policies and findings tell it.
    pub(super) place: &'n str,
    /// Whether the text is of a Secret, so that no finding and no policy may hold it.
    pub(super) is_secret: bool,
    /// The hosts by which workloads of the build are known outside.
    pub(super) public: &'n PublicHosts,
}

impl Naming<'_> {
    /// The workload.
    pub(super) fn workload<'p>(&self, plan: &Plan<'p, '_>) -> &'p Workload {
        plan.cluster.workload(self.client)
    }

    /// A host that the text leads to, as policies tell it.
    pub(super) fn told(&self, host: &str) -> String {
        if self.is_secret { "a host of a Secret".to_owned() } else { host.to_owned() }
    }

    /// A host that the text leads to, in a sentence.
    pub(super) fn quoted(&self, host: &str) -> String {
        if self.is_secret { self.told(host) } else { format!("`{host}`") }
    }

    /// A port of the host in a sentence.
    pub(super) fn port(&self, number: u16) -> String {
        if self.is_secret { "a port".to_owned() } else { format!("port {number}") }
    }

    /// A namespace that the host speaks of, in a sentence.
    pub(super) fn namespace(&self, name: &str) -> String {
        if self.is_secret { "its namespace".to_owned() } else { format!("namespace `{name}`") }
    }

    /// Adds a warning about the workload.
    pub(super) fn warn(&self, plan: &mut Plan<'_, '_>, rule: Rule, message: String) {
        let reference = self.workload(plan).reference.clone();
        plan.report_once(Finding::new(rule, message).with_severity(Severity::Warning).on(reference));
    }
}
