//! Workloads that call the API server: those whose ServiceAccount is given rights by the build.

use std::collections::HashMap;

use krm::resource_list::{Item, namespace_name};
use serde_json::Value;

use crate::plan::Plan;
use crate::reason::Reason;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Who a binding gives rights.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    /// A ServiceAccount, by namespace and name.
    Account(String, String),
    /// All ServiceAccounts of a namespace.
    AccountsOf(String),
    /// All ServiceAccounts.
    AllAccounts,
}

impl Subject {
    /// The ServiceAccounts that a subject is, by itself or by a group that they are in.
    ///
    /// Source: kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go`.
    fn of(binding: &Item, subject: &Value) -> Option<Self> {
        let name = subject["name"].as_str()?;
        match subject["kind"].as_str()? {
            "ServiceAccount" => {
                let namespace = subject["namespace"].as_str().or(binding.namespace());
                Some(Self::Account(namespace_name(namespace).to_owned(), name.to_owned()))
            }
            "Group" => match name.strip_prefix("system:serviceaccounts:") {
                Some(namespace) => Some(Self::AccountsOf(namespace.to_owned())),
                None => matches!(name, "system:serviceaccounts" | "system:authenticated").then_some(Self::AllAccounts),
            },
            "User" => {
                let (namespace, name) = name.strip_prefix("system:serviceaccount:")?.split_once(':')?;
                Some(Self::Account(namespace.to_owned(), name.to_owned()))
            }
            _ => None,
        }
    }
}

/// Lets workloads with rights reach the API server.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    if !cluster.settings.spec.egress {
        return;
    }
    let mut bindings = HashMap::new();
    for binding in cluster.items(GROUP, "RoleBinding").chain(cluster.items(GROUP, "ClusterRoleBinding")) {
        for subject in binding.value()["subjects"].as_array().into_iter().flatten() {
            if let Some(subject) = Subject::of(binding, subject) {
                bindings.entry(subject).or_insert(binding);
            }
        }
    }
    let accounts: HashMap<_, _> = cluster
        .items("", "ServiceAccount")
        .flat_map(|account| account.names().into_iter().map(move |name| ((account.namespace_name(), name), account)))
        .collect();
    let peers = cluster.settings.api_server_peers();
    let ports = cluster.settings.api_server_ports();
    for id in cluster.workload_ids() {
        let workload = cluster.workload(id);
        let Some(account) = workload.account.as_deref() else { continue };
        let namespace = workload.namespace_name();
        // Bindings may still use the name from before kustomize renamed the account.
        let names = accounts
            .get(&(namespace, account.to_owned()))
            .map_or_else(|| vec![account.to_owned()], |account| account.names());
        let own = names.into_iter().map(|name| Subject::Account(namespace.to_owned(), name));
        let of_groups = [Subject::AccountsOf(namespace.to_owned()), Subject::AllAccounts];
        if let Some(binding) = own.chain(of_groups).find_map(|subject| bindings.get(&subject)) {
            let evidence = format!("{} {} gives its ServiceAccount rights", binding.kind(), binding.name());
            plan.allow(id, &peers, &ports, &Reason::ToApiServer.because(evidence));
        }
    }
}
