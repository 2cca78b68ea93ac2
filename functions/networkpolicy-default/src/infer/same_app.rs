//! Pods of one application, and replicas of one set.

use std::collections::BTreeMap;

use manifests::names::is_label_value;
use manifests::selectors::{Labels, LookUp as _, Selector};

use crate::config::Visibility;
use crate::facts::cluster::in_namespace;
use crate::facts::workload::WorkloadId;
use crate::plan::Plan;
use crate::policy::Ports;
use crate::reason::Reason;

/// Lets pods of one application reach one another on the ports that they declare, and replicas of a set on all.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    let mut apps: BTreeMap<_, Vec<WorkloadId>> = BTreeMap::new();
    for id in cluster.workload_ids().filter(|id| cluster.is_protected(*id)) {
        let workload = cluster.workload(id);
        if workload.is_mesh {
            let evidence = format!("{} has replicas that know one another", workload.reference);
            plan.allow_replicas(id, &Ports::All, &evidence);
        }
        let app = workload.labels.label(&cluster.settings.spec.same_app_label);
        if let Some(app) = app.filter(|app| is_label_value(app)) {
            apps.entry((workload.namespace_name(), app)).or_default().push(id);
        }
    }
    for ((_, app), members) in apps {
        same_app(plan, app, &members);
    }
}

fn same_app(plan: &mut Plan<'_, '_>, app: &str, members: &[WorkloadId]) {
    if members.len() < 2 {
        return;
    }
    let label = &plan.cluster.settings.spec.same_app_label;
    let evidence = format!("pods labelled {label}: {app} are one application");
    let selector = Selector::of_build(Labels::from([(label.clone(), app.to_owned())]));
    let peers = [in_namespace(None, None, selector)];
    let members = plan.cluster.without_twins(members.to_vec());
    let mut ports_of_app = Vec::new();
    for id in &members {
        let workload = plan.cluster.workload(*id);
        // Who declares no ports is taken for a client.
        let Ports::These(ports) = plan.cluster.known_ports(*id) else { continue };
        if workload.visibility == Some(Visibility::Restricted) {
            continue;
        }
        plan.allow(*id, &peers, &Ports::These(ports.clone()), &Reason::SameApp.because(&evidence));
        ports_of_app.extend(ports);
    }
    if ports_of_app.is_empty() {
        return;
    }
    let ports: Ports = ports_of_app.into_iter().collect();
    for id in &members {
        plan.allow(*id, &peers, &ports, &Reason::ToSameApp.because(&evidence));
    }
}
