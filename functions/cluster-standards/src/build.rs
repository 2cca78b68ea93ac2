//! What the function reads of a build before it looks at any subject.

use krm::resource_list::Resources;

use crate::config::Spec;
use crate::limit_range::LimitRangeSpec;
use crate::namespaces::Standards;
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
    /// The LimitRanges, with what the API server fills in.
    pub(crate) limit_ranges: Standards<'r, LimitRangeSpec>,
    /// The ResourceQuotas.
    pub(crate) quotas: Standards<'r, ResourceQuotaSpec>,
}

impl<'r> Build<'r> {
    /// Reads a build.
    pub(crate) fn of(spec: &'r Spec, resources: &'r Resources) -> Self {
        Self {
            spec,
            resources,
            workloads: Workloads::of(resources),
            limit_ranges: Standards::of(
                spec,
                resources,
                "LimitRange",
                |entry| &entry.limit_ranges,
                LimitRangeSpec::defaulted,
            ),
            quotas: Standards::of(
                spec,
                resources,
                "ResourceQuota",
                |entry| &entry.resource_quotas,
                std::convert::identity,
            ),
        }
    }
}
