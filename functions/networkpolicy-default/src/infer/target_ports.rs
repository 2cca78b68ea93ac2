//! Target ports by names that containers do not declare: such a Service does not lead to their pods, and no policy opens the
//! port.

use krm::finding::Finding;
use manifests::services::{PortReference, ServicePort};

use crate::facts::cluster::ServiceId;
use crate::facts::workload::{WorkloadId, of_several};
use crate::plan::Plan;
use crate::rule::Rule;

/// Reports every target port of a Service whose name the pods behind it do not declare.
pub(super) fn report(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.service_ids() {
        let service = cluster.service(id);
        let ports = service.ports.iter().filter(|port| matches!(port.target, PortReference::Name(_)));
        for port in ports {
            report_port(plan, id, port);
        }
    }
}

fn report_port(plan: &mut Plan<'_, '_>, id: ServiceId, port: &ServicePort) {
    let cluster = plan.cluster;
    let behind = cluster.pods_behind(id);
    let lacks = |pods: &&WorkloadId| cluster.is_protected(**pods) && cluster.endpoint(**pods, port).is_none();
    let lacking: Vec<_> = behind.iter().filter(lacks).map(|pods| cluster.workload(*pods)).collect();
    let Some(first) = lacking.first() else { return };
    let whose = of_several(first, lacking.len());
    let message = if first.kind.is_some() {
        format!(
            "no container of {whose} declares a port of this name, so the Service does not lead to these pods, and no \
             policy opens the port; declare it on a container, or use the number"
        )
    } else {
        format!(
            "the build does not show the containers of {whose}, so nothing says which port has this name, and no policy \
             opens it; use the number"
        )
    };
    let finding = Finding::new(Rule::TargetPortUndeclared, message).on(cluster.service(id).reference.clone());
    plan.findings.push(finding.at(port.path().key("targetPort")).current(port.target.to_string()));
}
