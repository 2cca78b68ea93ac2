//! Operators whose custom resources stand for pods that no manifest shows.

mod cloud_native_pg;
mod strimzi;

use krm::finding::ObjectReference;
use krm::resource_list::Item;

use crate::objects::Objects;
use crate::plan::Plan;
use crate::policy::{PortReference, Protocol};
use crate::selector::{Labels, Selector};
use crate::service::{Access, Service, ServicePort};
use crate::workload::Workload;

/// Adds the pods and Services that operators will make.
pub(crate) fn declare(objects: &Objects<'_>, workloads: &mut Vec<Workload>, services: &mut Vec<Service>) {
    strimzi::declare(objects, workloads, services);
    cloud_native_pg::declare(objects, workloads, services);
}

/// Lets operators and the pods that they make reach one another.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    strimzi::infer(plan);
    cloud_native_pg::infer(plan);
}

/// A Service that an operator makes for a custom resource.
fn service(item: &Item, name: String, access: Access, pods: &Workload, ports: &[u16]) -> Service {
    let port = |number: &u16| ServicePort {
        name: None,
        number: *number,
        protocol: Protocol::Tcp,
        target: PortReference::Number(*number),
    };
    Service {
        item: None,
        reference: ObjectReference {
            api_version: "v1".to_owned(),
            kind: "Service".to_owned(),
            name: name.clone(),
            namespace: item.namespace().map(str::to_owned),
            file: None,
        },
        name,
        namespace: item.namespace().map(str::to_owned),
        labels: Labels::new(),
        selector: Some(Selector::of_others(&pods.labels)),
        ports: ports.iter().map(port).collect(),
        access,
    }
}
