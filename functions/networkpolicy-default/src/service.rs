//! Services.

use krm::finding::ObjectReference;
use krm::resource_list::{Item, ItemId};
use serde_json::Value;

use crate::policy::{PortReference, Protocol};
use crate::selector::{Labels, Selector, labels_of};

/// The number of a Service in its build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ServiceId(pub(crate) usize);

/// A name and the pods behind it.
#[derive(Debug)]
pub(crate) struct Service {
    /// The object; the Services of an operator have none in the build.
    pub(crate) item: Option<ItemId>,
    /// How findings name it.
    pub(crate) reference: ObjectReference,
    /// Its name.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) namespace: Option<String>,
    /// Its own labels.
    pub(crate) labels: Labels,
    /// The pods behind it; nothing if somebody else writes its endpoints.
    pub(crate) selector: Option<Selector>,
    /// Its ports.
    pub(crate) ports: Vec<ServicePort>,
    /// How clients reach the pods.
    pub(crate) access: Access,
}

/// How clients reach the pods of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// By an address of the cluster, which translates ports.
    ClusterIp,
    /// By the addresses of the pods; ports are not translated.
    Headless,
    /// From outside the cluster too.
    Exposed,
    /// It is another name of this host.
    External(String),
}

/// A port of a Service.
#[derive(Debug, Clone)]
pub(crate) struct ServicePort {
    /// Its name.
    pub(crate) name: Option<String>,
    /// Its number.
    pub(crate) number: u16,
    /// Its protocol.
    pub(crate) protocol: Protocol,
    /// The port of the pods.
    pub(crate) target: PortReference,
}

impl Service {
    /// The Service that an object of this kind is.
    pub(crate) fn from_item(item: &Item) -> Self {
        let spec = &item.value()["spec"];
        let selector = labels_of(&spec["selector"]);
        let access = match (spec["type"].as_str(), spec["clusterIP"].as_str()) {
            (Some("ExternalName"), _) => Access::External(spec["externalName"].as_str().unwrap_or_default().to_owned()),
            (Some("LoadBalancer" | "NodePort"), _) => Access::Exposed,
            (_, Some("None")) => Access::Headless,
            _ => Access::ClusterIp,
        };
        Self {
            item: Some(item.id()),
            reference: item.reference(),
            name: item.name().to_owned(),
            namespace: item.namespace().map(str::to_owned),
            labels: labels_of(&item.value()["metadata"]["labels"]),
            selector: (!selector.is_empty()).then(|| Selector::of_build(selector)),
            ports: spec["ports"].as_array().into_iter().flatten().filter_map(service_port).collect(),
            access,
        }
    }

    /// The port that is meant.
    pub(crate) fn port(&self, reference: &PortReference) -> Option<&ServicePort> {
        self.ports.iter().find(|port| match reference {
            PortReference::Number(number) => port.number == *number,
            PortReference::Name(name) => port.name.as_ref() == Some(name),
        })
    }
}

fn service_port(port: &Value) -> Option<ServicePort> {
    let number = u16::try_from(port["port"].as_u64()?).ok()?;
    Some(ServicePort {
        name: port["name"].as_str().map(str::to_owned),
        number,
        protocol: Protocol::of(port),
        target: PortReference::of(&port["targetPort"]).unwrap_or(PortReference::Number(number)),
    })
}
