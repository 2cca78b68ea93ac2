//! What operators make of their custom resources: pods and Services that no manifest shows.

use std::sync::Arc;
use std::sync::LazyLock;

use krm::finding::ObjectReference;
use krm::resource_list::Item;
use krm::table;
use manifests::selectors::{LabelSet, Labels, Selector, labels_of};
use manifests::services::{Access, ContainerPort, Service, ServicePort};

use super::objects::Objects;
use super::workload::Workload;

/// The pods and Services that operators make.
#[derive(Default)]
pub(crate) struct Made {
    /// The pods.
    pub(crate) workloads: Vec<Workload>,
    /// The Services.
    pub(crate) services: Vec<Service>,
}

/// What an operator makes of a kind of resources.
struct Operated {
    group: &'static str,
    kind: &'static str,
    pods: &'static str,
    labels: Vec<(&'static str, &'static str)>,
    more_labels: Option<&'static str>,
    ports: Vec<ContainerPort>,
    services: Vec<(&'static str, Vec<u16>)>,
    is_mesh: bool,
}

fn operated() -> &'static [Operated] {
    static ROWS: LazyLock<Vec<Operated>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/operators.tsv"));
        rows.map(|[group, kind, pods, labels, more, ports, services, replicas, _source]| Operated {
            group,
            kind,
            pods,
            labels: entries(labels, '=').collect(),
            more_labels: Some(more).filter(|pointer| *pointer != "-"),
            ports: entries(ports, ':').map(|(name, port)| ContainerPort::tcp(Some(name), number(port))).collect(),
            services: entries(services, '=')
                .map(|(name, ports)| (name, ports.split(',').map(number).collect()))
                .collect(),
            is_mesh: replicas == "mesh",
        })
        .collect()
    });
    &ROWS
}

/// The entries of a column, of two parts each.
fn entries(column: &'static str, between: char) -> impl Iterator<Item = (&'static str, &'static str)> {
    let entries = column.split(' ').filter(|entry| *entry != "-");
    entries.map(move |entry| entry.split_once(between).unwrap_or_else(|| unreachable!("`{entry}` has no `{between}`")))
}

fn number(port: &str) -> u16 {
    port.parse().unwrap_or_else(|_| unreachable!("`{port}` is no port"))
}

/// Adds the pods and Services of the operators of the table.
pub(super) fn declare(objects: &Objects<'_>, made: &mut Made) {
    for operated in operated() {
        for item in objects.of(operated.group, operated.kind) {
            operated.declare(item, made);
        }
    }
}

impl Operated {
    fn declare(&self, item: &Item, made: &mut Made) {
        let named = |text: &str| text.replace("{}", item.name());
        let mut labels: Labels = self.labels.iter().map(|(key, value)| ((*key).to_owned(), named(value))).collect();
        let more = self.more_labels.and_then(|pointer| item.value().pointer(pointer));
        let more = more.map(labels_of).unwrap_or_default();
        let is_of_build = labels.is_empty();
        labels.extend(more);
        let mut pods = of_item(item, &named(self.pods), labels, self.ports.clone());
        pods.is_mesh = self.is_mesh;
        if is_of_build {
            pods.selector = Selector::of_build(pods.labels.to_map());
        }
        if let Some(pointer) = self.more_labels.filter(|_| pods.labels.is_empty()) {
            pods.take_label(item, pointer.to_owned());
        }
        let services = self.services.iter();
        made.services.extend(services.map(|(name, ports)| service(named(name), Access::ClusterIp, &pods, ports)));
        made.workloads.push(pods);
    }
}

/// Pods that an operator makes for a custom resource, by labels that it gives them.
pub(super) fn pods(item: &Item, name: &str, labels: &[(&str, &str)], ports: Vec<ContainerPort>) -> Workload {
    let labels: Labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    of_item(item, name, labels, ports)
}

fn of_item(item: &Item, name: &str, labels: Labels, ports: Vec<ContainerPort>) -> Workload {
    // What kustomize adds to selectors it does not add to pods that it does not see.
    let selector = Selector::of_others(&labels);
    Workload { item: Some(item.id()), name: name.into(), ports, ..Workload::new(item, labels, selector) }
}

/// A Service that an operator makes for pods of a custom resource.
pub(super) fn service(name: String, access: Access, pods: &Workload, ports: &[u16]) -> Service {
    let ports = ports.iter().enumerate().map(|(index, number)| ServicePort::tcp(index, *number)).collect();
    let selector = Some(Selector::of_others(&pods.labels.to_map()));
    Service { selector, ports, access, ..unseen(name, pods.reference.namespace.clone()) }
}

/// A Service of which nothing but the name is known.
pub(super) fn unseen(name: impl Into<Arc<str>>, namespace: Option<Arc<str>>) -> Service {
    let (api_version, kind) = ("v1".into(), "Service".into());
    Service {
        item: None,
        reference: ObjectReference { api_version, kind, name: name.into(), namespace, file: None }.into(),
        labels: LabelSet::default(),
        selector: None,
        ports: Vec::new(),
        access: Access::ClusterIp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_well_formed_and_in_order() {
        let names: Vec<_> = operated().iter().map(|row| (row.group, row.kind)).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
        for row in operated() {
            let known = row.ports.iter().map(|port| port.number).collect::<Vec<_>>();
            let of_services = row.services.iter().flat_map(|(_, ports)| ports);
            assert!(of_services.into_iter().all(|port| known.contains(port)), "{}", row.kind);
            assert!(!row.labels.is_empty() || row.more_labels.is_some(), "{}", row.kind);
        }
    }
}
