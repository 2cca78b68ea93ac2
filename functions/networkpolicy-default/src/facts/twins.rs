//! Workloads whose pods no policy can tell apart: the policies of one are those of all.

use std::collections::BTreeMap;

use super::workload::{Workload, WorkloadId};

/// For each workload the first of those with the same selector, labels and ports, of which people state nothing apart.
pub(super) fn first_of_each(workloads: &[Workload]) -> Vec<WorkloadId> {
    let mut first: BTreeMap<_, WorkloadId> = BTreeMap::new();
    let twins = workloads.iter().enumerate().map(|(index, workload)| {
        let id = WorkloadId(index);
        if workload.selector.is_everything() || !workload.allow_from.is_empty() || !workload.left_to_operator.is_empty()
        {
            return id;
        }
        let ports = workload.ports.iter().map(|port| (port.number, port.protocol, &port.name));
        let ports: Vec<_> = ports.collect();
        let kind = (workload.is_in_host_network, workload.is_mesh, workload.visibility);
        let pods = (workload.namespace_name(), &workload.selector, &workload.labels);
        *first.entry((pods, ports, kind)).or_insert(id)
    });
    twins.collect()
}
