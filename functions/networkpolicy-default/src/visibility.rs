//! Who may reach a workload, as people state it.

use std::collections::HashMap;

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use krm::yaml::Tree;
use serde_json::Value;

use crate::cluster::{Cluster, namespace_name};
use crate::config::{AllowedSource, Visibility};
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, Port, Ports};
use crate::selector::Selector;
use crate::settings::{Settings, check_source};
use crate::workload::{Workload, WorkloadId};

/// The annotation that states the visibility of a workload.
pub(crate) const VISIBILITY: &str = "replatform.dev/visibility";
/// The annotation that lists who may reach a workload, as YAML.
pub(crate) const ALLOW_FROM: &str = "replatform.dev/allow-from";

/// Gives workloads what their annotations and the options state.
pub(crate) fn state(workloads: &mut [Workload], resources: &Resources, settings: &Settings, findings: &mut Findings) {
    for workload in &mut *workloads {
        if let Some(item) = workload.item.map(|item| resources.get(item)) {
            workload.visibility = visibility_of(item, findings);
            workload.allow_from = allow_from_of(item, findings);
        }
    }
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, workload) in workloads.iter().enumerate() {
        let names = workload.item.map_or_else(|| vec![workload.name.clone()], |item| resources.get(item).names());
        for name in names {
            by_name.entry(name).or_default().push(index);
        }
    }
    for (index, spec) in settings.spec.workloads.iter().enumerate() {
        let is_meant = |workload: &Workload| {
            let namespace = namespace_name(workload.namespace.as_deref());
            spec.namespace.as_ref().is_none_or(|meant| *meant == namespace)
        };
        let meant: Vec<_> =
            by_name.get(&spec.name).into_iter().flatten().filter(|id| is_meant(&workloads[**id])).collect();
        if meant.is_empty() {
            let message = format!("`{}` names no workload of this build; correct or remove it", spec.name);
            findings.push(Finding::warning(message).at(format!("spec.workloads[{index}].name")));
        }
        for id in meant {
            workloads[*id].visibility = spec.visibility.or(workloads[*id].visibility);
            workloads[*id].allow_from.extend(spec.allow_from.clone());
        }
    }
    for workload in workloads {
        workload.visibility = workload.visibility.or(settings.spec.default_visibility);
    }
}

fn visibility_of(item: &Item, findings: &mut Findings) -> Option<Visibility> {
    let stated = item.annotation(VISIBILITY)?;
    let visibility = serde_json::from_value(Value::from(stated)).ok();
    if visibility.is_none() {
        let message = "must be `public`, `internal`, `private` or `restricted`";
        findings.push(
            Finding::error(message)
                .on(item.reference())
                .at(format!("metadata.annotations[{VISIBILITY}]"))
                .current(stated),
        );
    }
    visibility
}

fn allow_from_of(item: &Item, findings: &mut Findings) -> Vec<AllowedSource> {
    let Some(stated) = item.annotation(ALLOW_FROM) else { return Vec::new() };
    let sources = parse(stated).and_then(|sources| {
        sources.iter().enumerate().try_for_each(|(index, source)| {
            check_source(source).map_err(|message| format!("entry {}: {message}", index + 1))
        })?;
        Ok(sources)
    });
    sources.unwrap_or_else(|problem| {
        let message = format!("must be a list of `namespace`, `podLabels`, `cidr` and `ports` in YAML; {problem}");
        findings.push(Finding::error(message).on(item.reference()).at(format!("metadata.annotations[{ALLOW_FROM}]")));
        Vec::new()
    })
}

fn parse(text: &str) -> Result<Vec<AllowedSource>, String> {
    let tree = Tree::parse(text.to_owned()).map_err(|error| error.to_string())?;
    let value = tree.documents().first().map(|document| tree.value(document.root)).unwrap_or_default();
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// Whether two workloads are of one application, or made for one custom resource.
pub(crate) fn is_same_app(cluster: &Cluster<'_>, one: WorkloadId, other: WorkloadId) -> bool {
    let app = |id: WorkloadId| {
        let workload = cluster.workload(id);
        let label = workload.labels.get(&cluster.settings.spec.same_app_label)?;
        Some((namespace_name(workload.namespace.as_deref()), label))
    };
    let item = |id: WorkloadId| cluster.workload(id).item;
    one == other
        || item(one).is_some_and(|of_one| item(other) == Some(of_one))
        || app(one).is_some_and(|of_one| app(other) == Some(of_one))
}

/// Whether a workload lists another one.
pub(crate) fn is_listed(cluster: &Cluster<'_>, client: WorkloadId, server: WorkloadId) -> bool {
    let (client, server) = (cluster.workload(client), cluster.workload(server));
    server.allow_from.iter().any(|source| {
        let namespace = source.namespace.as_deref().or(server.namespace.as_deref());
        source.cidr.is_none()
            && namespace_name(namespace) == namespace_name(client.namespace.as_deref())
            && Selector::of_others(&source.pod_labels).matches(&client.labels)
    })
}

/// Whether a workload lists pods that are not in the build.
pub(crate) fn lists(workload: &Workload, peer: &Peer) -> bool {
    workload.allow_from.iter().any(|source| match peer {
        Peer::Pods { namespace, .. } => {
            *namespace == source.namespace && (source.pod_labels.is_empty() || peer_of(source, workload) == *peer)
        }
        _ => false,
    })
}

/// Allows what is listed, and lets the ingress controller reach what is public.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids().filter(|id| cluster.is_protected(*id)) {
        let workload = cluster.workload(id);
        for source in &workload.allow_from {
            let ports = if source.ports.is_empty() {
                known_ports(plan, id)
            } else {
                source.ports.iter().map(|port| Port::tcp(*port)).collect()
            };
            plan.allow(
                id,
                Reason::Listed,
                vec![peer_of(source, workload)],
                &ports,
                &format!("listed for {}", workload.reference),
            );
        }
        if workload.visibility == Some(Visibility::Public) && !plan.is_exposed(id) {
            let class = &cluster.settings.spec.default_ingress_class;
            if let Some(controller) = cluster.settings.controllers.get(class) {
                let ports = known_ports(plan, id);
                let peers = cluster.settings.controller_peers(controller);
                plan.allow(id, Reason::IngressController, peers, &ports, &format!("{} is public", workload.reference));
            }
        }
    }
}

/// The ports of a workload; all of them, with a warning, if it declares none.
pub(crate) fn known_ports(plan: &mut Plan<'_, '_>, id: WorkloadId) -> Ports {
    let ports = plan.cluster.known_ports(id);
    if ports == Ports::All {
        let message = "declares no ports, and neither does a Service; all of them are opened to who may reach it, so \
                       declare them on its containers";
        let reference = plan.cluster.workload(id).reference.clone();
        plan.report_once(Finding::warning(message).on(reference));
    }
    ports
}

fn peer_of(source: &AllowedSource, workload: &Workload) -> Peer {
    if let Some(cidr) = &source.cidr {
        return Peer::Addresses { cidr: cidr.clone(), except: Vec::new() };
    }
    let namespace = source.namespace.as_deref().or(workload.namespace.as_deref());
    crate::cluster::in_namespace(namespace, workload.namespace.as_deref(), Selector::of_others(&source.pod_labels))
}
