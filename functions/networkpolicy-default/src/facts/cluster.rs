//! The workloads and Services of a build, and how they belong together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use krm::finding::Findings;
use krm::resource_list::{Item, ItemId, Referent, Resources, namespace_name};
use manifests::selectors::{LabelIndex, LookUp as _, Selector};
use manifests::services::{Service, ServicePort};

use super::classes::{Class, Classes, Serving};
use super::objects::Objects;
use super::operators::Made;
use super::workload::{Workload, WorkloadId};
use super::{cloud_native_pg, declared, names, operators, stated, strimzi, twins};
use crate::policy::{Peer, Port, Ports};
use crate::settings::{Listed, Settings, Source};

/// The label by which an EndpointSlice names its Service.
const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// The number of a Service in its build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ServiceId(usize);

/// What the build says about the cluster it makes.
pub(crate) struct Cluster<'b> {
    /// The objects.
    pub(crate) resources: &'b Resources,
    /// The options.
    pub(crate) settings: &'b Settings,
    objects: Objects<'b>,
    workloads: Vec<Workload>,
    services: Vec<Service>,
    pods: LabelIndex<WorkloadId>,
    labelled_services: LabelIndex<ServiceId>,
    /// The workloads of each object, in order.
    workloads_by_item: Vec<(ItemId, WorkloadId)>,
    services_by_item: HashMap<ItemId, ServiceId>,
    /// The Services of others by namespace and name.
    services_of_others: HashMap<String, HashMap<String, ServiceId>>,
    /// The Services of each workload.
    services_of: Vec<Vec<ServiceId>>,
    /// The pods behind each Service.
    behind: Vec<Rc<[WorkloadId]>>,
    /// For each workload the first of those whose pods no policy can tell apart from its own.
    twins: Vec<WorkloadId>,
    /// The Endpoints and EndpointSlices by the namespace and the name of their Service.
    endpoints_by_service: HashMap<(&'b str, &'b str), Vec<&'b Item>>,
    classes: Classes,
}

/// A port of pods behind a Service.
#[derive(Debug, Clone, Copy)]
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
        let mut workloads = Workload::all(resources, &objects, findings);
        let mut services = Vec::new();
        for item in objects.of("", "Service") {
            let (service, malformed) = resources.look(item, Service::read);
            findings.extend(malformed);
            services.push(service);
        }
        let mut made = Made::default();
        strimzi::declare(&objects, &mut made);
        cloud_native_pg::declare(&objects, &mut made);
        operators::declare(&objects, &mut made);
        declared::declare(&settings.spec, &mut made);
        workloads.extend(made.workloads);
        services.extend(made.services);
        names::tell_apart(&mut workloads);
        stated::state(&mut workloads, resources, settings, findings);
        let twins = twins::first_of_each(&workloads);
        let classes = Classes::new(&objects, settings);
        let mut cluster = Self {
            resources,
            settings,
            objects,
            workloads,
            services,
            pods: LabelIndex::default(),
            labelled_services: LabelIndex::default(),
            workloads_by_item: Vec::new(),
            services_by_item: HashMap::new(),
            services_of_others: HashMap::new(),
            services_of: Vec::new(),
            behind: Vec::new(),
            twins,
            endpoints_by_service: HashMap::new(),
            classes,
        };
        cluster.index();
        cluster
    }

    /// Who serves an Ingress or Gateway class.
    pub(crate) fn serving(&self, class: &Class) -> Serving<'_> {
        self.classes.serving(self.settings, class)
    }

    fn index(&mut self) {
        for (id, workload) in self.workloads.iter().enumerate().map(|(index, workload)| (WorkloadId(index), workload)) {
            self.pods.insert(workload.namespace(), workload.labels.clone(), id);
            self.workloads_by_item.extend(workload.item.map(|item| (item, id)));
        }
        self.workloads_by_item.sort_unstable();
        for (id, service) in self.services.iter().enumerate().map(|(index, service)| (ServiceId(index), service)) {
            self.labelled_services.insert(service.namespace(), service.labels.clone(), id);
            if let Some(item) = service.item {
                self.services_by_item.insert(item, id);
            } else {
                // What is declared comes last, and counts more than what operators are known to make.
                let of_namespace = self.services_of_others.entry(namespace_name(service.namespace()).to_owned());
                of_namespace.or_default().insert(service.name().to_owned(), id);
            }
        }
        for item in self.objects.of("", "Endpoints") {
            self.endpoints_by_service.entry((item.namespace_name(), item.name())).or_default().push(item);
        }
        for item in self.objects.of("discovery.k8s.io", "EndpointSlice") {
            if let Some(service) = item.value()["metadata"]["labels"][SERVICE_LABEL].as_str() {
                self.endpoints_by_service.entry((item.namespace_name(), service)).or_default().push(item);
            }
        }
        self.behind = self.index_pods();
        self.services_of = vec![Vec::new(); self.workloads.len()];
        for (index, pods) in self.behind.iter().enumerate() {
            pods.iter().for_each(|workload| self.services_of[workload.0].push(ServiceId(index)));
        }
    }

    /// The pods behind each Service. Services often share a selector, which then is looked up once.
    fn index_pods(&self) -> Vec<Rc<[WorkloadId]>> {
        let mut known: BTreeMap<(&str, &Selector), Rc<[WorkloadId]>> = BTreeMap::new();
        let behind = self.services.iter().map(|service| {
            let Some(selector) = &service.selector else { return Rc::default() };
            let key = (namespace_name(service.namespace()), selector);
            Rc::clone(known.entry(key).or_insert_with(|| self.select(service.namespace(), selector).into()))
        });
        behind.collect()
    }

    /// The objects of an API group and kind.
    pub(crate) fn items(&self, group: &str, kind: &str) -> impl Iterator<Item = &'b Item> + use<'_, 'b> {
        self.objects.of(group, kind)
    }

    /// A workload by its number.
    pub(crate) fn workload(&self, id: WorkloadId) -> &Workload {
        &self.workloads[id.0]
    }

    /// The object of a workload, which declared pods do not have.
    pub(crate) fn item_of(&self, id: WorkloadId) -> Option<&'b Item> {
        self.workload(id).item.map(|item| self.resources.get(item))
    }

    /// The pods of this name that an operator makes for a custom resource.
    pub(crate) fn made_by(&self, item: ItemId, name: &str) -> Option<WorkloadId> {
        self.workloads_of(item).find(|id| &*self.workload(*id).name == name)
    }

    /// The workloads of an object, in order.
    fn workloads_of(&self, item: ItemId) -> impl Iterator<Item = WorkloadId> {
        let first = self.workloads_by_item.partition_point(|(of, _)| *of < item);
        let from_first = self.workloads_by_item[first..].iter();
        from_first.take_while(move |(of, _)| *of == item).map(|(_, workload)| *workload)
    }

    /// The pods that the controller or operator of an object makes; of several the first, which do the work.
    pub(crate) fn pods_of(&self, item: ItemId) -> Option<WorkloadId> {
        self.workloads_of(item).next()
    }

    /// The first of the workloads whose pods no policy can tell apart from those of a workload; the workload itself if
    /// there are no others.
    pub(crate) fn twin(&self, id: WorkloadId) -> WorkloadId {
        self.twins[id.0]
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

    /// Whether policies guard a workload: not in excluded namespaces, and not in the host network, which they cannot.
    pub(crate) fn is_protected(&self, id: WorkloadId) -> bool {
        let workload = self.workload(id);
        self.settings.protects(workload.namespace()) && !workload.is_in_host_network
    }

    /// Whether workloads of the build run in a namespace.
    pub(crate) fn has_workloads(&self, namespace: Option<&str>) -> bool {
        self.pods.has_namespace(namespace)
    }

    /// The workloads of a namespace whose pods a selector selects. Of those that no policy can tell apart it is the first.
    pub(crate) fn select(&self, namespace: Option<&str>, selector: &Selector) -> Vec<WorkloadId> {
        self.without_twins(self.pods.select(namespace, selector).copied().collect())
    }

    /// Each workload, or the first of those that no policy can tell apart from it, once.
    pub(crate) fn without_twins(&self, ids: Vec<WorkloadId>) -> Vec<WorkloadId> {
        let mut twins: Vec<_> = ids.into_iter().map(|id| self.twins[id.0]).collect();
        if twins.len() > 1 {
            let mut seen = HashSet::new();
            twins.retain(|id| seen.insert(*id));
        }
        twins
    }

    /// The workloads that a selector selects in some namespaces, or in all.
    pub(crate) fn pods_in(&self, namespaces: Option<&[String]>, selector: &Selector) -> Vec<WorkloadId> {
        self.without_twins(select_in(&self.pods, namespaces, selector))
    }

    /// The Services that a selector selects by their own labels in some namespaces, or in all.
    pub(crate) fn services_in(&self, namespaces: Option<&[String]>, selector: &Selector) -> Vec<ServiceId> {
        select_in(&self.labelled_services, namespaces, selector)
    }

    /// The workloads whose pods a Service leads to.
    pub(crate) fn pods_behind(&self, id: ServiceId) -> Rc<[WorkloadId]> {
        Rc::clone(&self.behind[id.0])
    }

    /// The Endpoints and EndpointSlices of a Service.
    pub(crate) fn endpoints_of<'s>(&'s self, service: &'s Item) -> &'s [&'b Item] {
        self.endpoints_by_service.get(&(service.namespace_name(), service.name())).map_or(&[], Vec::as_slice)
    }

    /// The Services that lead to a workload.
    pub(crate) fn services_of(&self, id: WorkloadId) -> &[ServiceId] {
        &self.services_of[id.0]
    }

    /// Whether a Service in a namespace with policies should lead to pods, and the build has none of them.
    pub(crate) fn lacks_pods(&self, id: ServiceId) -> bool {
        let service = self.service(id);
        let selects = service.selector.is_some() && service.external_name().is_none();
        selects && self.settings.protects(service.namespace()) && self.pods_behind(id).is_empty()
    }

    /// The Service that `name` means in an object, in the object's own namespace or another.
    pub(crate) fn service_named(&self, referrer: ItemId, namespace: Option<&str>, name: &str) -> ServiceReferent {
        let referent = match namespace {
            Some(namespace) => self.resources.referent_in(referrer, namespace, "", "Service", name),
            None => self.resources.referent(referrer, "", "Service", name),
        };
        match referent {
            Referent::Found(item) => ServiceReferent::Found(self.services_by_item[&item]),
            Referent::Ambiguous(items) => {
                ServiceReferent::Ambiguous(items.iter().map(|item| self.services_by_item[item]).collect())
            }
            Referent::Missing => {
                let namespace = namespace_name(namespace.or_else(|| self.resources.get(referrer).namespace()));
                let found =
                    self.service_of_others(namespace, name).or_else(|| self.in_unknown_namespace(referrer, name));
                found.map_or(ServiceReferent::Missing, ServiceReferent::Found)
            }
        }
    }

    fn service_of_others(&self, namespace: &str, name: &str) -> Option<ServiceId> {
        self.services_of_others.get(namespace)?.get(name).copied()
    }

    /// A Service without a namespace. What deploys the build chooses one, which may be the one that is meant.
    fn in_unknown_namespace(&self, referrer: ItemId, name: &str) -> Option<ServiceId> {
        let unknown = namespace_name(None);
        let found = match self.resources.referent_in(referrer, unknown, "", "Service", name) {
            Referent::Found(item) => self.services_by_item.get(&item).copied(),
            Referent::Missing | Referent::Ambiguous(_) => self.service_of_others(unknown, name),
        };
        found.filter(|id| self.service(*id).namespace().is_none())
    }

    /// Where a port of a Service leads. Pods none of whose containers declares its target port by name are no endpoints
    /// of it.
    pub(crate) fn endpoints(&self, id: ServiceId, port: &ServicePort) -> Vec<Endpoint> {
        self.pods_behind(id).iter().filter_map(|workload| self.endpoint(*workload, port)).collect()
    }

    /// Where a port of a Service leads in one of the workloads behind it.
    pub(crate) fn endpoint(&self, workload: WorkloadId, port: &ServicePort) -> Option<Endpoint> {
        let number = port.target_in(&self.workload(workload).ports)?;
        Some(Endpoint { workload, port: Port { number, protocol: port.protocol } })
    }

    /// Every port that a workload is known to listen on, from its containers and its Services. A workload whose Services
    /// name ports that its containers do not declare has ports, but none that can be opened.
    pub(crate) fn known_ports(&self, id: WorkloadId) -> Ports {
        let declared = self.workload(id).ports.iter().map(Port::from);
        let mut of_services = self.services_of(id).iter().flat_map(|service| &self.service(*service).ports).peekable();
        let is_undeclared = self.workload(id).ports.is_empty() && of_services.peek().is_none();
        let of_services = of_services.filter_map(|port| self.endpoint(id, port)).map(|endpoint| endpoint.port);
        if is_undeclared { Ports::All } else { declared.chain(of_services).collect() }
    }

    /// A workload as the peer of pods in some namespace; nothing if no selector can name it.
    pub(crate) fn peers(&self, id: WorkloadId, namespace: Option<&str>) -> Vec<Peer> {
        let workload = self.workload(id);
        if workload.is_in_host_network {
            return self.settings.node_peers();
        }
        vec![in_namespace(workload.namespace(), namespace, workload.selector.clone())]
    }

    /// Whether two workloads are of one application, or made for one custom resource.
    pub(crate) fn is_same_app(&self, one: WorkloadId, other: WorkloadId) -> bool {
        let app = |id: WorkloadId| {
            let workload = self.workload(id);
            let label = workload.labels.label(&self.settings.spec.same_app_label)?;
            Some((workload.namespace_name(), label))
        };
        let item = |id: WorkloadId| self.workload(id).item;
        one == other
            || item(one).is_some_and(|of_one| item(other) == Some(of_one))
            || app(one).is_some_and(|of_one| app(other) == Some(of_one))
    }

    /// The workloads that any other one lists.
    pub(crate) fn listed_anywhere(&self) -> HashSet<WorkloadId> {
        let source = |server: &Workload, listed: &Listed| match &listed.source {
            Source::Addresses(_) => None,
            Source::Pods { namespace, labels } => {
                let namespace = namespace_name(namespace.as_deref().or(server.namespace()));
                Some((namespace.to_owned(), Selector::of_others(labels)))
            }
        };
        let sources =
            self.workloads.iter().flat_map(|server| server.allow_from.iter().map(move |it| source(server, it)));
        let sources: BTreeSet<_> = sources.flatten().collect();
        let listed = sources.iter().flat_map(|(namespace, selector)| self.pods.select(Some(namespace), selector));
        listed.copied().collect()
    }

    /// Whether a workload lists another one.
    pub(crate) fn is_listed(&self, client: WorkloadId, server: WorkloadId) -> bool {
        let (client, server) = (self.workload(client), self.workload(server));
        server.allow_from.iter().any(|listed| match &listed.source {
            Source::Addresses(_) => false,
            Source::Pods { namespace, labels } => {
                let namespace = namespace.as_deref().or(server.namespace());
                namespace_name(namespace) == client.namespace_name()
                    && Selector::of_others(labels).matches(&client.labels)
            }
        })
    }
}

fn select_in<T: Copy>(index: &LabelIndex<T>, namespaces: Option<&[String]>, selector: &Selector) -> Vec<T> {
    match namespaces {
        Some(namespaces) => {
            namespaces.iter().flat_map(|namespace| index.select(Some(namespace), selector)).copied().collect()
        }
        None => index.select_anywhere(selector).copied().collect(),
    }
}

/// Whether a workload lists a peer that is not in the build.
pub(crate) fn lists(workload: &Workload, peer: &Peer) -> bool {
    workload.allow_from.iter().any(|listed| match (&listed.source, peer) {
        (Source::Pods { namespace: listed_in, labels }, Peer::Pods { namespace, .. }) => {
            namespace == listed_in && (labels.is_empty() || listed_peer(listed, workload) == *peer)
        }
        _ => false,
    })
}

/// Who is listed, as a peer of the workload.
pub(crate) fn listed_peer(listed: &Listed, workload: &Workload) -> Peer {
    match &listed.source {
        Source::Addresses(cidr) => Peer::from(*cidr),
        Source::Pods { namespace, labels } => {
            let namespace = namespace.as_deref().or(workload.namespace());
            in_namespace(namespace, workload.namespace(), Selector::of_others(labels))
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
    Ambiguous(Vec<ServiceId>),
}

/// Pods as the peer of pods in some namespace: without the namespace where it is the same, so that both move together.
pub(crate) fn in_namespace(of: Option<&str>, seen_from: Option<&str>, selector: Selector) -> Peer {
    let namespace = namespace_name(of);
    let namespace = (namespace != namespace_name(seen_from)).then(|| namespace.to_owned());
    Peer::Pods { namespace, selector }
}
