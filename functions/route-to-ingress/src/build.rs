//! The build that Routes are read against.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Resources};
use manifests::services::{Pods, Service, ServicePort};

use crate::endpoints::Endpoints;
use crate::secrets::Secrets;

/// A build. What takes a look at all of it is made once it is needed.
pub(crate) struct Build<'r> {
    pub(crate) resources: &'r Resources,
    /// The Services that were asked for.
    services: RefCell<BTreeMap<ItemId, Rc<KnownService>>>,
    pods: OnceCell<Pods<'r>>,
    secrets: OnceCell<Secrets>,
    endpoints: OnceCell<Endpoints>,
}

impl<'r> Build<'r> {
    /// The build of these objects.
    pub(crate) fn of(resources: &'r Resources) -> Self {
        Self {
            resources,
            services: RefCell::default(),
            pods: OnceCell::new(),
            secrets: OnceCell::new(),
            endpoints: OnceCell::new(),
        }
    }

    /// A Service, which is read once for all Routes.
    pub(crate) fn service(&self, item: &Item) -> Rc<KnownService> {
        let mut services = self.services.borrow_mut();
        Rc::clone(services.entry(item.id()).or_insert_with(|| Rc::new(KnownService::of(self.resources, item))))
    }

    /// What is malformed in the Services that were asked for, in the order of the build.
    pub(crate) fn malformed_services(&self) -> Vec<Finding> {
        self.services.borrow().values().flat_map(|known| known.malformed.clone()).collect()
    }

    /// Its pods.
    pub(crate) fn pods(&self) -> &Pods<'r> {
        self.pods.get_or_init(|| Pods::of(self.resources))
    }

    /// Its pods, if a Route needed them.
    pub(crate) fn known_pods(&self) -> Option<&Pods<'r>> {
        self.pods.get()
    }

    /// Its Secrets.
    pub(crate) fn secrets(&self) -> &Secrets {
        self.secrets.get_or_init(|| Secrets::of(self.resources))
    }

    /// The endpoints that it writes out.
    pub(crate) fn endpoints(&self) -> &Endpoints {
        self.endpoints.get_or_init(|| Endpoints::of(self.resources))
    }
}

/// A Service as it is read.
pub(crate) struct KnownService {
    pub(crate) service: Service,
    malformed: Vec<Finding>,
    /// The numbers behind each of its ports, by the place of the port.
    behind: Vec<OnceCell<Vec<u16>>>,
}

impl KnownService {
    fn of(resources: &Resources, item: &Item) -> Self {
        let (service, malformed) = resources.look(item, Service::read);
        let places = service.ports.last().map_or(0, |last| last.index + 1);
        Self { service, malformed, behind: vec![OnceCell::new(); places] }
    }

    /// Whether one of the pods behind a port of the Service listens on a number there.
    pub(crate) fn leads_to(&self, pods: &Pods<'_>, port: &ServicePort, number: u16) -> bool {
        self.behind[port.index].get_or_init(|| pods.ports_behind(&self.service, port)).contains(&number)
    }
}
