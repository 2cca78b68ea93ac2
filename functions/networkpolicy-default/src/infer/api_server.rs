//! Workloads that call the API server: those whose ServiceAccount is given rights by the build.

use std::collections::HashMap;

use krm::resource_list::namespace_name;
use serde_json::Value;

use crate::plan::Plan;
use crate::policy::Ports;
use crate::reason::Reason;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Lets workloads with rights reach the API server.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    if !cluster.settings.spec.egress {
        return;
    }
    let mut bindings = HashMap::new();
    for binding in cluster.items(GROUP, "RoleBinding").chain(cluster.items(GROUP, "ClusterRoleBinding")) {
        for subject in binding.value()["subjects"].as_array().into_iter().flatten() {
            if let ("ServiceAccount", Some(name)) =
                (subject["kind"].as_str().unwrap_or_default(), subject["name"].as_str())
            {
                let namespace = subject["namespace"].as_str().or(binding.namespace());
                bindings.insert((namespace_name(namespace), name.to_owned()), binding);
            }
        }
    }
    let accounts: HashMap<_, _> = cluster
        .items("", "ServiceAccount")
        .flat_map(|account| account.names().into_iter().map(move |name| ((account.namespace_name(), name), account)))
        .collect();
    let peers = cluster.settings.api_server_peers();
    let ports = Ports::tcp(&[cluster.settings.spec.api_server_port]);
    for id in cluster.workload_ids() {
        let workload = cluster.workload(id);
        let Some(template) = cluster.item_of(id).and_then(|item| workload.template(item)) else { continue };
        let account = template.spec["serviceAccountName"].as_str().unwrap_or("default");
        let namespace = workload.namespace_name();
        // Bindings may still use the name from before kustomize renamed the account.
        let names = accounts
            .get(&(namespace, account.to_owned()))
            .map_or_else(|| vec![account.to_owned()], |account| account.names());
        let bound = names.into_iter().find_map(|name| bindings.get(&(namespace, name)));
        if let Some(binding) = bound.filter(|_| template.spec["automountServiceAccountToken"] != Value::Bool(false)) {
            let evidence = format!("{} {} gives its ServiceAccount rights", binding.kind(), binding.name());
            plan.allow(id, &peers, &ports, &Reason::ToApiServer.because(evidence));
        }
    }
}
