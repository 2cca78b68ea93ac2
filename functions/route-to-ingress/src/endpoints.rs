//! Endpoints that people or operators write for Services without a selector.

use std::collections::HashMap;

use k8s_openapi::api::core::v1::Endpoints as EndpointsObject;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use krm::resource_list::{Item, Resources};
use manifests::services::{Service, ServicePort};

/// The label by which an EndpointSlice names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// The ports of endpoints by namespace and Service: the name of each, which is that of the port of the Service, and the
/// number.
#[derive(Debug, Default)]
pub(crate) struct Endpoints(HashMap<(String, String), Vec<(String, u16)>>);

impl Endpoints {
    /// Looks through a build.
    pub(crate) fn of(resources: &Resources) -> Self {
        let mut endpoints = Self::default();
        for item in resources.iter() {
            if item.is("", "Endpoints") {
                let (object, _) = item.read::<EndpointsObject>();
                let ports = object.subsets.into_iter().flatten().flat_map(|subset| subset.ports.into_iter().flatten());
                endpoints.note(item, item.name(), ports.map(|port| (port.name, Some(port.port))));
            } else if item.is("discovery.k8s.io", "EndpointSlice") {
                let (slice, _) = item.read::<EndpointSlice>();
                let service = slice.metadata.labels.as_ref().and_then(|labels| labels.get(SERVICE_NAME)).cloned();
                let ports = slice.ports.into_iter().flatten().map(|port| (port.name, port.port));
                endpoints.note(item, &service.unwrap_or_default(), ports);
            }
        }
        endpoints
    }

    fn note(&mut self, item: &Item, service: &str, ports: impl Iterator<Item = (Option<String>, Option<i32>)>) {
        let known = self.0.entry((item.namespace_name().to_owned(), service.to_owned())).or_default();
        let number = |number: Option<i32>| number.and_then(|number| u16::try_from(number).ok());
        known.extend(ports.filter_map(|(name, port)| Some((name.unwrap_or_default(), number(port)?))));
    }

    /// The numbers of the endpoints behind a port of a Service.
    pub(crate) fn behind<'e>(&'e self, service: &Item, port: &'e ServicePort) -> impl Iterator<Item = u16> + use<'e> {
        let name = port.name.as_deref().unwrap_or_default();
        let known = self.0.get(&(service.namespace_name().to_owned(), service.name().to_owned()));
        known.into_iter().flatten().filter(move |(of, _)| of == name).map(|(_, number)| *number)
    }

    /// Whether the build has endpoints of a Service.
    pub(crate) fn has(&self, service: &Service) -> bool {
        let namespace = krm::resource_list::namespace_name(service.namespace()).to_owned();
        self.0.contains_key(&(namespace, service.name().to_owned()))
    }
}
