//! The workloads and Services of a build, and how they belong together.

use std::collections::{BTreeSet, HashMap};

use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::{Item, ItemId, Referent, Resources};

use crate::config::WorkloadSpec;
use crate::objects::Objects;
use crate::operators;
use crate::policy::{Peer, Port, PortReference, Ports};
use crate::selector::{Labels, Selector};
use crate::service::{Access, Service, ServiceId, ServicePort};
use crate::settings::{DEFAULT_NAMESPACE, Settings};
use crate::visibility;
use crate::workload::{Template, Workload, WorkloadId};

/// What the build says about the cluster it makes.
pub(crate) struct Cluster<'b> {
    /// The objects.
    pub(crate) resources: &'b Resources,
    /// The options.
    pub(crate) settings: &'b Settings,
    objects: Objects<'b>,
    workloads: Vec<Workload>,
    services: Vec<Service>,
    pods_by_label: HashMap<(String, String, String), Vec<WorkloadId>>,
    pods_by_namespace: HashMap<String, Vec<WorkloadId>>,
    services_by_item: HashMap<ItemId, ServiceId>,
    services_of_operators: HashMap<(String, String), ServiceId>,
    services_by_workload: HashMap<WorkloadId, Vec<ServiceId>>,
}

/// A port of pods behind a Service.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// The pods.
    pub(crate) workload: WorkloadId,
    /// Their port.
    pub(crate) port: Port,
}

impl<'b> Cluster<'b> {
    /// Reads the objects.
    pub(crate) fn new(resources: &'b Resources, settings: &'b Settings, findings: &mut Findings) -> Self {
        let objects = Objects::new(resources);
        let mut workloads = Workload::all(&objects);
        let mut services: Vec<_> = objects.of("", "Service").map(Service::from_item).collect();
        let seen = services.len();
        operators::declare(&objects, &mut workloads, &mut services);
        workloads.extend(settings.spec.workloads.iter().filter_map(declared));
        tell_names_apart(&mut workloads);
        let mut cluster = Self {
            resources,
            objects,
            settings,
            services_by_item: HashMap::new(),
            services_of_operators: HashMap::new(),
            pods_by_label: HashMap::new(),
            pods_by_namespace: HashMap::new(),
            services_by_workload: HashMap::new(),
            workloads,
            services,
        };
        visibility::state(&mut cluster.workloads, resources, settings, findings);
        cluster.index(seen);
        cluster
    }

    fn index(&mut self, seen: usize) {
        for (index, workload) in self.workloads.iter().enumerate() {
            let namespace = namespace_name(workload.namespace.as_deref());
            self.pods_by_namespace.entry(namespace.clone()).or_default().push(WorkloadId(index));
            for (key, value) in &workload.labels {
                let key = (namespace.clone(), key.clone(), value.clone());
                self.pods_by_label.entry(key).or_default().push(WorkloadId(index));
            }
        }
        for (index, service) in self.services.iter().enumerate() {
            if let (Some(item), true) = (service.item, index < seen) {
                self.services_by_item.insert(item, ServiceId(index));
            } else {
                let key = (namespace_name(service.namespace.as_deref()), service.name.clone());
                self.services_of_operators.insert(key, ServiceId(index));
            }
        }
        for id in self.service_ids() {
            for workload in self.pods_behind(id) {
                self.services_by_workload.entry(workload).or_default().push(id);
            }
        }
    }

    /// The objects of an API group and kind.
    pub(crate) fn items(&self, group: &str, kind: &str) -> impl Iterator<Item = &'b Item> + use<'_, 'b> {
        self.objects.of(group, kind)
    }

    /// A workload by its number.
    pub(crate) fn workload(&self, id: WorkloadId) -> &Workload {
        &self.workloads[id.0]
    }

    /// The pods of this name that an operator makes for a custom resource.
    pub(crate) fn made_by(&self, item: ItemId, name: &str) -> Option<WorkloadId> {
        self.workload_ids().find(|id| self.workload(*id).item == Some(item) && self.workload(*id).name == name)
    }

    /// The numbers of all workloads, in the order of the build.
    pub(crate) fn workload_ids(&self) -> impl Iterator<Item = WorkloadId> + use<> {
        (0..self.workloads.len()).map(WorkloadId)
    }

    /// A Service by its number.
    pub(crate) fn service(&self, id: ServiceId) -> &Service {
        &self.services[id.0]
    }

    /// The numbers of all Services, in the order of the build.
    pub(crate) fn service_ids(&self) -> impl Iterator<Item = ServiceId> + use<> {
        (0..self.services.len()).map(ServiceId)
    }

    /// The Services that lead to a workload.
    pub(crate) fn services_of(&self, workload: WorkloadId) -> &[ServiceId] {
        self.services_by_workload.get(&workload).map_or(&[], Vec::as_slice)
    }

    /// Whether policies guard a workload: not in excluded namespaces, and not in the host network, which they cannot.
    pub(crate) fn is_protected(&self, id: WorkloadId) -> bool {
        let workload = self.workload(id);
        self.settings.protects(workload.namespace.as_deref()) && !workload.is_in_host_network
    }

    /// Whether workloads of the build run in a namespace.
    pub(crate) fn has_workloads(&self, namespace: &str) -> bool {
        self.pods_by_namespace.contains_key(namespace)
    }

    /// The workloads of a namespace whose pods a selector selects.
    pub(crate) fn select(&self, namespace: Option<&str>, selector: &Selector) -> Vec<WorkloadId> {
        let namespace = namespace_name(namespace);
        let mut candidates = self.pods_by_namespace.get(&namespace).map_or(&[][..], Vec::as_slice);
        for (key, value) in selector.required_labels() {
            let key = (namespace.clone(), key.clone(), value.clone());
            let labelled = self.pods_by_label.get(&key).map_or(&[][..], Vec::as_slice);
            if labelled.len() < candidates.len() {
                candidates = labelled;
            }
        }
        candidates.iter().copied().filter(|id| selector.matches(&self.workload(*id).labels)).collect()
    }

    /// The workloads whose pods a Service leads to.
    pub(crate) fn pods_behind(&self, id: ServiceId) -> Vec<WorkloadId> {
        let service = self.service(id);
        let selector = service.selector.as_ref();
        selector.map_or_else(Vec::new, |selector| self.select(service.namespace.as_deref(), selector))
    }

    /// The Service that `name` means in an object, in the object's own namespace or another.
    pub(crate) fn service_named(&self, referrer: ItemId, namespace: Option<&str>, name: &str) -> ServiceReferent {
        let referent = match namespace {
            Some(namespace) => self.resources.referent_in(referrer, namespace, "", "Service", name),
            None => self.resources.referent(referrer, "", "Service", name),
        };
        match referent {
            Referent::Found(item) => ServiceReferent::Found(self.services_by_item[&item]),
            Referent::Ambiguous(_) => ServiceReferent::Ambiguous,
            Referent::Missing => {
                let namespace = namespace.or_else(|| self.resources.get(referrer).namespace());
                let key = (namespace_name(namespace), name.to_owned());
                let service = self.services_of_operators.get(&key);
                service.map_or(ServiceReferent::Missing, |service| ServiceReferent::Found(*service))
            }
        }
    }

    /// Where a port of a Service leads.
    pub(crate) fn endpoints(&self, id: ServiceId, port: &ServicePort) -> Vec<Endpoint> {
        let endpoint = |workload: WorkloadId| {
            let number = |reference| Port { port: reference, protocol: port.protocol };
            let port = match &port.target {
                PortReference::Number(_) => number(port.target.clone()),
                PortReference::Name(name) => {
                    let declared = self.workload(workload).ports.iter();
                    let mut named = declared.filter(|declared| declared.name.as_ref() == Some(name));
                    named.next().map_or_else(|| number(port.target.clone()), super::workload::ContainerPort::port)
                }
            };
            Endpoint { workload, port }
        };
        self.pods_behind(id).into_iter().map(endpoint).collect()
    }

    /// Every port that a workload is known to listen on, from its containers and its Services.
    pub(crate) fn known_ports(&self, id: WorkloadId) -> Ports {
        let workload = self.workload(id);
        let mut ports: Vec<_> = workload.ports.iter().map(super::workload::ContainerPort::port).collect();
        ports.extend(self.service_ports(id));
        if ports.is_empty() { Ports::All } else { ports.into_iter().collect() }
    }

    /// The ports that the Services of a workload lead to.
    pub(crate) fn service_ports(&self, id: WorkloadId) -> Vec<Port> {
        let services = self.services_of(id).iter();
        let endpoints = services.flat_map(|service| {
            let ports = self.service(*service).ports.iter();
            ports.flat_map(|port| self.endpoints(*service, port)).collect::<Vec<_>>()
        });
        endpoints.filter(|endpoint| endpoint.workload == id).map(|endpoint| endpoint.port).collect()
    }

    /// A workload as the peer of pods in some namespace; nothing if no selector can name it.
    pub(crate) fn peers(&self, id: WorkloadId, namespace: Option<&str>) -> Vec<Peer> {
        let workload = self.workload(id);
        if workload.is_in_host_network {
            return self.settings.node_peers();
        }
        vec![in_namespace(workload.namespace.as_deref(), namespace, workload.selector.clone())]
    }

    /// Whether a Service is another name for a host outside the cluster.
    pub(crate) fn external_name(&self, id: ServiceId) -> Option<&str> {
        match &self.service(id).access {
            Access::External(host) => Some(host),
            _ => None,
        }
    }
}

/// What a reference to a Service leads to.
pub(crate) enum ServiceReferent {
    /// This Service.
    Found(ServiceId),
    /// Nothing in this build.
    Missing,
    /// Several that nothing tells apart.
    Ambiguous,
}

/// Pods as the peer of pods in some namespace: without the namespace where it is the same, so that both move together.
pub(crate) fn in_namespace(of: Option<&str>, seen_from: Option<&str>, selector: Selector) -> Peer {
    let namespace = namespace_name(of);
    Peer::Pods { namespace: Some(namespace).filter(|namespace| *namespace != namespace_name(seen_from)), selector }
}

/// The name of a namespace.
pub(crate) fn namespace_name(namespace: Option<&str>) -> String {
    namespace.unwrap_or(DEFAULT_NAMESPACE).to_owned()
}

/// The pods that the options declare.
fn declared(spec: &WorkloadSpec) -> Option<Workload> {
    if spec.pod_labels.is_empty() {
        return None;
    }
    let labels: Labels = spec.pod_labels.clone();
    let port = |number: &u16| {
        let mut port = crate::workload::ContainerPort::of_operator("", *number);
        port.name = None;
        port
    };
    Some(Workload {
        item: None,
        reference: ObjectReference {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            name: spec.name.clone(),
            namespace: spec.namespace.clone(),
            file: None,
        },
        namespace: spec.namespace.clone(),
        name: spec.name.clone(),
        selector: Selector::of_others(&labels),
        labels,
        ports: spec.ports.iter().map(port).collect(),
        template: Template::Unseen,
        is_in_host_network: false,
        left_to_operator: BTreeSet::new(),
        visibility: None,
        allow_from: Vec::new(),
    })
}

/// Gives workloads of one name but several kinds names of their own.
fn tell_names_apart(workloads: &mut [Workload]) {
    let key = |workload: &Workload| (namespace_name(workload.namespace.as_deref()), workload.name.clone());
    let mut count: HashMap<_, usize> = HashMap::new();
    for workload in workloads.iter() {
        *count.entry(key(workload)).or_default() += 1;
    }
    for workload in workloads {
        if count[&key(workload)] > 1 {
            workload.name = format!("{}-{}", workload.name, workload.reference.kind.to_lowercase());
        }
    }
}

/// Says what a workload without labels is in for: nothing can select its pods and only them.
pub(crate) fn unlabelled(workload: &Workload) -> Finding {
    Finding::error("its pods have no labels, so that no policy can select them; give the pod template labels")
        .on(workload.reference.clone())
}
