//! What operators make of their custom resources: pods and Services that no manifest shows.

use krm::finding::ObjectReference;
use krm::resource_list::Item;
use manifests::selectors::{Labels, Selector};
use manifests::services::{Access, ContainerPort, Service, ServicePort};

use super::workload::Workload;

/// The pods and Services that operators make.
#[derive(Default)]
pub(crate) struct Made {
    /// The pods.
    pub(crate) workloads: Vec<Workload>,
    /// The Services.
    pub(crate) services: Vec<Service>,
}

/// Pods that an operator makes for a custom resource, by labels that it gives them.
pub(super) fn pods(item: &Item, name: &str, labels: &[(&str, &str)], ports: Vec<ContainerPort>) -> Workload {
    let labels: Labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    // What kustomize adds to selectors it does not add to pods that it does not see.
    let selector = Selector::of_others(&labels);
    Workload {
        item: Some(item.id()),
        name: name.to_owned(),
        ports,
        ..Workload::new(item.reference(), labels, selector)
    }
}

/// A Service that an operator makes for pods of a custom resource.
pub(super) fn service(name: String, access: Access, pods: &Workload, ports: &[u16]) -> Service {
    Service {
        item: None,
        reference: ObjectReference {
            api_version: "v1".to_owned(),
            kind: "Service".to_owned(),
            name,
            namespace: pods.reference.namespace.clone(),
            file: None,
        },
        labels: Labels::new(),
        selector: Some(Selector::of_others(&pods.labels)),
        ports: ports.iter().enumerate().map(|(index, number)| ServicePort::tcp(index, *number)).collect(),
        access,
    }
}
