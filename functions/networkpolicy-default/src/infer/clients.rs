//! Workloads that name Services: in variables, arguments and ConfigMaps.

use std::collections::BTreeMap;

use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Referent};
use serde_json::Value;

use super::texts::{Mention, mentions, mentions_in_file};
use crate::cluster::{Cluster, ServiceReferent, namespace_name};
use crate::plan::{Plan, Reason};
use crate::policy::{Port, PortReference, Ports};
use crate::selector::Selector;
use crate::service::{Access, ServiceId};
use crate::workload::{Workload, WorkloadId};

/// A text of a workload and where it stands.
pub(crate) struct Setting {
    /// What policies say about where it stands.
    pub(crate) place: String,
    /// The hosts that it names.
    pub(crate) mentions: Vec<Mention>,
}

/// What a host is to a workload.
pub(crate) enum Host {
    /// A Service of the build.
    Service(ServiceId),
    /// A Service that is not in the build.
    Unknown {
        /// The namespace that it must be in.
        namespace: String,
    },
    /// A host outside the cluster.
    External,
    /// Perhaps no host at all.
    Unclear,
}

/// Lets workloads reach the Services that they name.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for id in cluster.workload_ids() {
        let Some(item) = cluster.workload(id).item.map(|item| cluster.resources.get(item)) else { continue };
        for setting in settings(cluster, id) {
            connect_to(plan, id, item, &setting.mentions, &setting.place);
        }
    }
}

/// Lets a workload reach the Services among hosts that its object names.
pub(crate) fn connect_to(plan: &mut Plan<'_, '_>, id: WorkloadId, item: &Item, mentions: &[Mention], place: &str) {
    for mention in mentions {
        match resolve(plan.cluster, item.id(), mention) {
            Host::Service(service) => connect(plan, id, service, mention, place),
            Host::Unknown { namespace } => unknown(plan, id, item, mention, place, &namespace),
            Host::External | Host::Unclear => {}
        }
    }
}

/// What a host is to the object that names it.
pub(crate) fn resolve(cluster: &Cluster<'_>, referrer: ItemId, mention: &Mention) -> Host {
    let found = |name: &str, namespace: Option<&str>| match cluster.service_named(referrer, namespace, name) {
        ServiceReferent::Found(id) => Some(Host::Service(id)),
        ServiceReferent::Missing | ServiceReferent::Ambiguous => None,
    };
    let domain = format!(".svc.{}", cluster.settings.spec.cluster_domain);
    let in_cluster = mention.host.strip_suffix(&domain).or_else(|| mention.host.strip_suffix(".svc"));
    let labels: Vec<_> = in_cluster.unwrap_or(&mention.host).split('.').collect();
    let named = match (labels.as_slice(), in_cluster.is_some()) {
        ([name], false) => found(name, None),
        ([name, namespace], true) | ([_, name, namespace], _) => found(name, Some(namespace)),
        // A Service of another namespace, else a pod of a headless Service of the same one.
        ([first, second], false) => found(first, Some(second)).or_else(|| found(second, None)),
        _ => None,
    };
    named.unwrap_or_else(|| match (labels.as_slice(), in_cluster.is_some()) {
        ([.., namespace], true) if labels.len() > 1 => Host::Unknown { namespace: (*namespace).to_owned() },
        ([name], _) if mention.scheme.is_some() && *name != "localhost" => {
            Host::Unknown { namespace: namespace_name(cluster.resources.get(referrer).namespace()) }
        }
        ([.., top], false) if labels.len() > 1 && is_external(top, mention) => Host::External,
        _ => Host::Unclear,
    })
}

/// A dotted name is a host for sure where a scheme or port says so.
fn is_external(top: &str, mention: &Mention) -> bool {
    mention.dialled_port().is_some()
        && (top.bytes().all(|byte| byte.is_ascii_alphabetic()) || mention.host.parse::<std::net::Ipv4Addr>().is_ok())
}

fn connect(plan: &mut Plan<'_, '_>, client: WorkloadId, id: ServiceId, mention: &Mention, place: &str) {
    let service = plan.cluster.service(id);
    let dialled = mention.dialled_port();
    let evidence = format!(
        "{} {} names Service {} in {place}",
        kind(plan, client),
        plan.cluster.workload(client).name,
        service.name
    );
    let is_sure = |dialled: &u16| mention.scheme.is_some() || knows(plan, id, *dialled);
    if let (Access::Headless, Some(dialled)) = (&service.access, dialled.filter(is_sure)) {
        warn_of_untranslated_port(plan, client, id, dialled, place);
        for server in plan.cluster.pods_behind(id) {
            plan.connect(client, server, &[Port::tcp(dialled)].into_iter().collect(), &evidence);
        }
        return;
    }
    let meant: Vec<_> = match dialled {
        Some(number) if mention.port.is_some() || service.ports.iter().any(|port| port.number == number) => {
            service.ports.iter().filter(|port| port.number == number).collect()
        }
        _ => service.ports.iter().collect(),
    };
    if meant.is_empty() && mention.scheme.is_some() && !matches!(service.access, Access::External(_)) {
        let message = format!(
            "names port {} of Service `{}` in {place}, which has no such port; correct one of them",
            dialled.unwrap_or_default(),
            service.name
        );
        plan.report_once(Finding::warning(message).on(plan.cluster.workload(client).reference.clone()));
    }
    for port in meant {
        let endpoints = plan.cluster.endpoints(id, port);
        super::backend::report_names(plan, id, port, &endpoints);
        for endpoint in endpoints {
            plan.connect(client, endpoint.workload, &[endpoint.port].into_iter().collect(), &evidence);
        }
    }
}

/// Whether a headless Service or its pods know a port.
fn knows(plan: &Plan<'_, '_>, id: ServiceId, number: u16) -> bool {
    plan.cluster.service(id).ports.iter().any(|port| port.number == number)
        || plan
            .cluster
            .pods_behind(id)
            .iter()
            .any(|pod| plan.cluster.workload(*pod).ports.iter().any(|port| port.number == number))
}

/// Clients of a headless Service connect to the very port that they name.
fn warn_of_untranslated_port(plan: &mut Plan<'_, '_>, client: WorkloadId, id: ServiceId, dialled: u16, place: &str) {
    let service = plan.cluster.service(id);
    let Some(port) = service.ports.iter().find(|port| port.number == dialled) else { return };
    let is_translated =
        plan.cluster.endpoints(id, port).iter().any(|end| end.port.port != PortReference::Number(dialled));
    if is_translated {
        let message = format!(
            "names port {dialled} of the headless Service `{}` in {place}; such a Service does not translate ports, so \
             name the port of the pods",
            service.name
        );
        plan.report_once(Finding::warning(message).on(plan.cluster.workload(client).reference.clone()));
    }
}

fn unknown(plan: &mut Plan<'_, '_>, client: WorkloadId, item: &Item, mention: &Mention, place: &str, namespace: &str) {
    if !plan.cluster.settings.protects(item.namespace()) {
        return;
    }
    let host = &mention.host;
    let workload = plan.cluster.workload(client);
    if !plan.cluster.settings.spec.egress {
        // The server is not in this build, so nothing of this build stands in the way.
        if plan.cluster.settings.protects(Some(namespace)) && plan.cluster.has_workloads(namespace) {
            let message =
                format!("names `{host}` in {place}, but no such Service is part of this build; correct the name");
            plan.report_once(Finding::warning(message).on(workload.reference.clone()));
        }
        return;
    }
    let message = format!(
        "names `{host}` in {place}, but no such Service is part of this build, so it may connect to every pod and port of \
         namespace `{namespace}`; add the Service to the build, or correct the name"
    );
    plan.report_once(Finding::warning(message).on(workload.reference.clone()));
    let peer = crate::cluster::in_namespace(Some(namespace), item.namespace(), Selector::default());
    let evidence = format!("{} {} names {host} in {place}", workload.reference.kind, workload.name);
    plan.allow(client, Reason::ToServices, vec![peer], &Ports::All, &evidence);
}

fn kind(plan: &Plan<'_, '_>, id: WorkloadId) -> String {
    plan.cluster.workload(id).reference.kind.clone()
}

/// The texts of a workload that may name hosts.
pub(crate) fn settings(cluster: &Cluster<'_>, id: WorkloadId) -> Vec<Setting> {
    let workload: &Workload = cluster.workload(id);
    let Some(item) = workload.item.map(|item| cluster.resources.get(item)) else { return Vec::new() };
    let Some(pod_spec) = workload.pod_spec(item.value()) else { return Vec::new() };
    let mut settings = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in pod_spec[list].as_array().into_iter().flatten() {
            of_container(cluster, item, container, &mut settings);
        }
    }
    for volume in pod_spec["volumes"].as_array().into_iter().flatten() {
        let projected = volume["projected"]["sources"].as_array().into_iter().flatten();
        let sources = projected.map(|source| (&source["configMap"]["name"], &source["configMap"]["items"]));
        let own = (&volume["configMap"]["name"], &volume["configMap"]["items"]);
        for (name, items) in std::iter::once(own).chain(sources) {
            of_files(cluster, item, name, items, &mut settings);
        }
    }
    settings
}

fn of_files(cluster: &Cluster<'_>, item: &Item, name: &Value, items: &Value, settings: &mut Vec<Setting>) {
    let Some(config_map) = name.as_str().and_then(|name| config_map(cluster, item, name)) else { return };
    let keys: Option<Vec<_>> =
        items.as_array().map(|items| items.iter().filter_map(|item| item["key"].as_str()).collect());
    for (key, text) in data(config_map).filter(|(key, _)| keys.as_ref().is_none_or(|keys| keys.contains(key))) {
        settings.push(Setting {
            place: format!("ConfigMap {} key {key}", config_map.name()),
            mentions: mentions_in_file(text),
        });
    }
}

/// The variables and the command line of a container.
fn of_container(cluster: &Cluster<'_>, item: &Item, container: &Value, settings: &mut Vec<Setting>) {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for source in container["envFrom"].as_array().into_iter().flatten() {
        let prefix = source["prefix"].as_str().unwrap_or_default();
        let name = source["configMapRef"]["name"].as_str();
        if let Some(config_map) = name.and_then(|name| config_map(cluster, item, name)) {
            variables.extend(data(config_map).map(|(key, text)| (format!("{prefix}{key}"), text.to_owned())));
        }
    }
    for variable in container["env"].as_array().into_iter().flatten() {
        let Some(name) = variable["name"].as_str() else { continue };
        let reference = &variable["valueFrom"]["configMapKeyRef"];
        let referred = reference["name"].as_str().and_then(|name| config_map(cluster, item, name));
        let referred = referred.and_then(|config_map| config_map.value()["data"][reference["key"].as_str()?].as_str());
        if let Some(text) = variable["value"].as_str().or(referred) {
            let text = expanded(text, &variables);
            variables.insert(name.to_owned(), text);
        }
    }
    for list in ["command", "args"] {
        for argument in container[list].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let text = expanded(argument, &variables);
            let value = text
                .strip_prefix('-')
                .and_then(|option| option.split_once('='))
                .map_or(text.as_str(), |(_, value)| value);
            settings.push(Setting { place: format!("its {list}"), mentions: mentions(value) });
        }
    }
    for (name, text) in &variables {
        let mut mentions = mentions(text);
        if let [Mention { port: port @ None, scheme: None, .. }] = mentions.as_mut_slice() {
            *port = port_beside(name, &variables);
        }
        settings.push(Setting { place: format!("variable {name}"), mentions });
    }
}

/// The port that goes with a host in another variable: `DB_PORT` with `DB_HOST`, `PGPORT` with `PGHOST`.
fn port_beside(name: &str, variables: &BTreeMap<String, String>) -> Option<u16> {
    let suffix =
        ["HOSTNAME", "HOST", "SERVER", "ADDRESS", "ADDR", "ENDPOINT"].iter().find(|suffix| name.ends_with(*suffix))?;
    variables.get(&format!("{}PORT", name.strip_suffix(suffix)?))?.parse().ok()
}

/// `$(NAME)` put in as Kubernetes does, and `${NAME}` as a shell would.
fn expanded(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = [("$(", ')'), ("${", '}')].iter().find_map(|(open, close)| {
            let (name, after) = rest.strip_prefix(open)?.split_once(*close)?;
            Some((variables.get(name)?, after))
        });
        let (value, after) = reference.map_or(("$", &rest[1..]), |(value, after)| (value.as_str(), after));
        expanded.push_str(value);
        rest = after;
    }
    expanded + rest
}

fn config_map<'c>(cluster: &Cluster<'c>, item: &Item, name: &str) -> Option<&'c Item> {
    match cluster.resources.referent(item.id(), "", "ConfigMap", name) {
        Referent::Found(id) => Some(cluster.resources.get(id)),
        Referent::Missing | Referent::Ambiguous(_) => None,
    }
}

fn data(config_map: &Item) -> impl Iterator<Item = (&str, &str)> {
    let data = config_map.value()["data"].as_object().into_iter().flatten();
    data.filter_map(|(key, text)| Some((key.as_str(), text.as_str()?)))
}
