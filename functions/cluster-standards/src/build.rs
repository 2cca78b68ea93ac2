//! What the function reads of a build before it looks at any subject.

use std::cell::OnceCell;

use krm::resource_list::{Item, Resources};

use crate::claims::{self, Claim};
use crate::config::Spec;
use crate::limit_range::{CLAIM, LimitRangeSpec};
use crate::namespaces::Standards;
use crate::pods::AllPods;
use crate::resource_quota::ResourceQuotaSpec;
use crate::workloads::Workloads;

/// A build, its workloads and the options.
#[derive(Debug)]
pub(crate) struct Build<'r> {
    /// The options.
    pub(crate) spec: &'r Spec,
    /// The objects.
    pub(crate) resources: &'r Resources,
    /// The objects that make pods.
    pub(crate) workloads: Workloads<'r>,
    /// The pods of these objects and of operators.
    pub(crate) pods: AllPods<'r>,
    /// The LimitRanges, with what the API server fills in.
    pub(crate) limit_ranges: Standards<'r, LimitRangeSpec>,
    /// The ResourceQuotas.
    pub(crate) quotas: Standards<'r, ResourceQuotaSpec>,
    claims: OnceCell<Vec<Claim<'r>>>,
}

impl<'r> Build<'r> {
    /// Reads a build.
    pub(crate) fn of(spec: &'r Spec, resources: &'r Resources) -> Self {
        let limit_ranges =
            Standards::of(spec, resources, "LimitRange", |entry| &entry.limit_ranges, LimitRangeSpec::defaulted);
        let quotas =
            Standards::of(spec, resources, "ResourceQuota", |entry| &entry.resource_quotas, std::convert::identity);
        let (workloads, pods) = AllPods::with_workloads(resources, &limit_ranges);
        Self { spec, resources, workloads, pods, limit_ranges, quotas, claims: OnceCell::new() }
    }

    /// The claims in namespaces with LimitRanges for claims or with quotas, which are read when something asks for them.
    pub(crate) fn claims(&self) -> &[Claim<'r>] {
        self.claims.get_or_init(|| claims::governed(self.resources, &self.workloads, |item| self.governs_claims(item)))
    }

    fn governs_claims(&self, item: &Item) -> bool {
        let namespace = item.namespace_name();
        let mut ranges = self.limit_ranges.in_namespace(namespace).iter().flat_map(|(_, range)| range.of(CLAIM));
        ranges.next().is_some() || !self.quotas.in_namespace(namespace).is_empty()
    }
}
