//! What people state: who is listed, and what is public.

use krm::field::FieldPath;

use super::classes::peers;
use crate::config::Visibility;
use crate::facts::classes::Class;
use crate::facts::cluster::listed_peer;
use crate::facts::stated::VISIBILITY;
use crate::facts::workload::WorkloadId;
use crate::plan::{Plan, Source};
use crate::policy::Ports;
use crate::reason::Reason;

/// Allows what is listed, and lets the ingress controller reach what is public.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids().filter(|id| cluster.is_protected(*id)) {
        let workload = cluster.workload(id);
        for listed in &workload.allow_from {
            let ports = if listed.ports.is_empty() { plan.known_ports(id) } else { Ports::tcp(&listed.ports) };
            let cause = Reason::Listed.because(format!("listed for {}", workload.reference));
            plan.allow(id, &[listed_peer(listed, workload)], &ports, &cause);
        }
        if workload.visibility == Some(Visibility::Public) && !plan.is_exposed(id) {
            open_to_default_class(plan, id);
        }
    }
}

fn open_to_default_class(plan: &mut Plan<'_, '_>, id: WorkloadId) {
    let workload = plan.cluster.workload(id);
    let source = Source::new(workload.reference.clone(), FieldPath::annotation(VISIBILITY));
    let peers = peers(plan, &source, &Class::default_of(plan.cluster.settings));
    if peers.is_empty() {
        return;
    }
    let ports = plan.known_ports(id);
    let cause = Reason::IngressController.because(format!("{} is public", workload.reference));
    plan.allow(id, &peers, &ports, &cause);
}
