//! What stays closed: Services that nothing of the build leads to. It is reported, so that absence decides nothing in silence.

use krm::finding::Finding;
use manifests::services::Access;

use crate::config::Visibility;
use crate::facts::cluster::ServiceId;
use crate::facts::workload::WorkloadId;
use crate::plan::Plan;
use crate::rule::Rule;

/// Reports every Service with ports of its own that no policy opens.
pub(super) fn report(plan: &mut Plan<'_, '_>) {
    for id in plan.cluster.service_ids() {
        if plan.cluster.service(id).item.is_some() {
            report_service(plan, id);
        }
    }
}

fn report_service(plan: &mut Plan<'_, '_>, id: ServiceId) {
    let cluster = plan.cluster;
    let guarded: Vec<_> = cluster.pods_behind(id).iter().copied().filter(|pod| concerns(plan, *pod)).collect();
    let Some(first) = guarded.first().filter(|_| !guarded.iter().any(|pod| plan.is_led_to(*pod))) else { return };
    let service = cluster.service(id);
    let is_headless = service.access == Access::Headless;
    let closed = service.ports.iter().filter(|port| {
        let endpoints = cluster.endpoints(id, port);
        let mut guarded = endpoints.iter().filter(|endpoint| guarded.contains(&endpoint.workload)).peekable();
        // A port without endpoints has a finding of its own: its target port is a name that no container declares.
        guarded.peek().is_some()
            && !guarded.any(|endpoint| plan.is_reached(endpoint.workload, &endpoint.port, is_headless))
    });
    let closed: Vec<_> = closed.map(|port| port.number.to_string()).collect();
    if closed.is_empty() {
        return;
    }
    let hint = plan.word(id).map(|place| format!(" ({place})")).unwrap_or_default();
    let (ports, noun) = (closed.join(", "), if closed.len() == 1 { "port" } else { "ports" });
    let message = format!(
        "nothing of this build leads to {noun} {ports}{hint}, which the default deny closes; list the clients under \
         `replatform.dev/allow-from` of {}",
        cluster.workload(*first).reference
    );
    plan.findings.push(Finding::new(Rule::ServiceClosed, message).on(service.reference.clone()).at("spec.ports"));
}

/// Whether policies close pods that no option says to close.
fn concerns(plan: &Plan<'_, '_>, id: WorkloadId) -> bool {
    let workload = plan.cluster.workload(id);
    plan.cluster.is_protected(id)
        && !workload.selector.is_everything()
        && workload.refused().is_none()
        && workload.visibility != Some(Visibility::Restricted)
}
