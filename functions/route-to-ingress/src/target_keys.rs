//! The keys by which a controller holds settings, and who gives it which.
//!
//! No controller holds settings by Route. Traefik makes one id of a namespace and a name, and holds what a weighted Service
//! is told by Service and port; haproxy-ingress holds most by Service; a BackendTLSPolicy is about a port of a Service. Two
//! objects that give different settings under one key get those of one of them, often of another one after each start.
//! Each dialect tells the keys of its objects; see `Dialect::claims`.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use krm::numbered::number_of;
use krm::resource_list::{Item, Resources};
use manifests::services::{Service, ServicePort};
use serde_json::Value;

use crate::objects::Object;

/// A key by which a controller, or the API, holds something once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key<'b> {
    /// An object, as the API holds it.
    Object { kind: &'b str, namespace: Option<&'b str>, name: &'b str },
    /// What a controller holds by an id.
    Id(Store, String),
}

/// What is held under keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Store {
    /// Something of Traefik, by its id. The kind tells which.
    Ids(&'static str),
    /// The Services of weighted IngressRoutes and the TraefikServices, by id.
    WeightedServices,
    /// The Services of Ingresses, by id.
    IngressServices,
    /// The routers of Ingresses, by id.
    IngressRouters,
    /// Backends of haproxy-ingress, by Service and port of the pods.
    HaProxyBackends,
    /// Hosts of haproxy-ingress.
    HaProxyHosts,
    /// How a Gateway reaches the port of a Service.
    GatewayBackends,
}

/// What helps where a key is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WayOut {
    /// Another name for what is made for the Route.
    OwnNames,
    /// An IngressRoute in the place of an Ingress.
    OwnRouter,
    /// A Service of the Route's own.
    OwnServices,
    /// Nothing that the function could do.
    None,
}

/// What an object gives a controller to hold.
#[derive(Debug)]
pub(crate) struct Claim<'b> {
    pub(crate) key: Key<'b>,
    pub(crate) settings: Settings<'b>,
    /// The object, or the Route that it is made from.
    pub(crate) item: &'b Item,
    /// What the key means, as people call it: what it is, and the name of it.
    pub(crate) what: (&'b str, &'b str),
    pub(crate) way_out: WayOut,
}

/// What is held under a key. Claims that agree in it may share the key.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Settings<'b> {
    /// An object that is there.
    There,
    /// The object in this place of those that a Route becomes: its kind, its namespace and its name.
    Made(usize, &'b str, Option<&'b str>, &'b str),
    /// What has this namespace and this name.
    Named(Option<&'b str>, &'b str),
    /// These fields.
    Fields(Cow<'b, Value>),
}

/// Numbers of the key and of the settings of a claim, by which it is found whether another one differs. Equal keys have equal
/// numbers, and so have equal settings. That different keys have a number in common does no harm; so that different settings never
/// have, their number is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trace {
    pub(crate) key: u64,
    settings: [u64; 2],
}

impl Claim<'_> {
    /// What it comes down to.
    pub(crate) fn trace(&self) -> Trace {
        Trace {
            key: number_of(&self.key),
            settings: [number_of(&self.settings), number_of(&("again", &self.settings))],
        }
    }
}

impl Settings<'_> {
    /// The fields, where it is some.
    pub(crate) fn fields(&self) -> Option<&Value> {
        match self {
            Self::Fields(fields) => Some(fields),
            Self::There | Self::Made(..) | Self::Named(..) => None,
        }
    }
}

/// Objects that come from one hand: those of the build, or those that one Route becomes.
pub(crate) struct Hand<'b> {
    objects: Vec<Object<'b>>,
    /// The places of the objects by kind, namespace and name, from the first reference on that is followed.
    by_name: OnceCell<HashMap<(&'b str, &'b str, &'b str), usize>>,
}

impl<'b> Hand<'b> {
    /// Some objects.
    pub(crate) fn new(objects: impl Iterator<Item = Object<'b>>) -> Self {
        Self { objects: objects.collect(), by_name: OnceCell::new() }
    }

    /// The objects.
    pub(crate) fn objects(&self) -> &[Object<'b>] {
        &self.objects
    }

    /// The object of a kind that another one of its namespace names.
    pub(crate) fn referent(&self, referrer: &Object<'_>, kind: &str, name: &str) -> Option<&Object<'b>> {
        let key = |object: &Object<'b>| (object.kind, object.namespace.unwrap_or_default(), object.name);
        let places = || self.objects.iter().enumerate().map(|(index, object)| (key(object), index)).collect();
        let by_name = self.by_name.get_or_init(places);
        by_name.get(&(kind, referrer.namespace.unwrap_or_default(), name)).map(|index| &self.objects[*index])
    }
}

/// The ports of the Services of the build, once a dialect needs them.
pub(crate) struct ServicePorts<'r> {
    resources: &'r Resources,
    configured: Option<&'r str>,
    /// By namespace and name.
    ports: OnceCell<HashMap<String, Vec<ServicePort>>>,
}

impl<'r> ServicePorts<'r> {
    /// Those of the Services of the build. One without a namespace is in the configured one.
    pub(crate) fn new(resources: &'r Resources, configured: Option<&'r str>) -> Self {
        Self { resources, configured, ports: OnceCell::new() }
    }

    /// The ports of a Service; none if it is not in the build.
    pub(crate) fn of(&self, namespace: Option<&str>, service: &str) -> &[ServicePort] {
        let ports = self.ports.get_or_init(|| self.read());
        ports.get(&qualified(namespace, service)).map_or(&[], Vec::as_slice)
    }

    fn read(&self) -> HashMap<String, Vec<ServicePort>> {
        let services = self.resources.iter().filter(|item| item.is("", "Service"));
        let ports = services.map(|item| {
            let (service, _) = self.resources.look(item, Service::read);
            (qualified(item.namespace().or(self.configured), item.name()), service.ports)
        });
        ports.collect()
    }
}

fn qualified(namespace: Option<&str>, name: &str) -> String {
    format!("{}/{name}", namespace.unwrap_or_default())
}
