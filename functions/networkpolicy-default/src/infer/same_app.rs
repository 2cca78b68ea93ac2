//! Pods of one application, and replicas of one StatefulSet.

use std::collections::BTreeMap;

use crate::cluster::{in_namespace, namespace_name};
use crate::config::Visibility;
use crate::plan::{Plan, Reason};
use crate::policy::Ports;
use crate::selector::{Labels, Selector};
use crate::workload::WorkloadId;

/// Lets pods of one application reach one another on the ports that they declare, and replicas of a StatefulSet on all.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    let mut apps: BTreeMap<_, Vec<WorkloadId>> = BTreeMap::new();
    for id in cluster.workload_ids().filter(|id| cluster.is_protected(*id)) {
        let workload = cluster.workload(id);
        if workload.reference.kind == "StatefulSet" {
            replicas(plan, id);
        }
        if let Some(app) = workload.labels.get(&cluster.settings.spec.same_app_label) {
            apps.entry((namespace_name(workload.namespace.as_deref()), app.as_str())).or_default().push(id);
        }
    }
    for ((_, app), members) in apps {
        same_app(plan, app, &members);
    }
}

fn replicas(plan: &mut Plan<'_, '_>, id: WorkloadId) {
    let workload = plan.cluster.workload(id);
    let peers = plan.peers(id, workload.namespace.as_deref());
    let evidence = format!("{} has replicas that know one another", workload.reference);
    plan.allow(id, Reason::Replicas, peers.clone(), &Ports::All, &evidence);
    plan.allow(id, Reason::ToReplicas, peers, &Ports::All, &evidence);
}

fn same_app(plan: &mut Plan<'_, '_>, app: &str, members: &[WorkloadId]) {
    if members.len() < 2 {
        return;
    }
    let label = &plan.cluster.settings.spec.same_app_label;
    let evidence = format!("pods labelled {label}: {app} are one application");
    let selector = Selector::of_build(Labels::from([(label.clone(), app.to_owned())]));
    let mut ports_of_app = Vec::new();
    for id in members {
        let workload = plan.cluster.workload(*id);
        // Who declares no ports is taken for a client.
        let Ports::These(ports) = plan.cluster.known_ports(*id) else { continue };
        if workload.visibility == Some(Visibility::Restricted) {
            continue;
        }
        let namespace = workload.namespace.as_deref();
        let peers = vec![in_namespace(namespace, namespace, selector.clone())];
        plan.allow(*id, Reason::SameApp, peers, &Ports::These(ports.clone()), &evidence);
        ports_of_app.extend(ports);
    }
    if ports_of_app.is_empty() {
        return;
    }
    let ports: Ports = ports_of_app.into_iter().collect();
    for id in members {
        let namespace = plan.cluster.workload(*id).namespace.as_deref();
        let peers = vec![in_namespace(namespace, namespace, selector.clone())];
        plan.allow(*id, Reason::ToSameApp, peers, &ports, &evidence);
    }
}
