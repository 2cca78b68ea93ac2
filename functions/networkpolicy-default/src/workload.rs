//! Workloads: whatever makes pods that are alike.

use std::collections::BTreeSet;

use krm::finding::ObjectReference;
use krm::resource_list::{Item, ItemId};
use serde_json::Value;

use crate::config::{AllowedSource, Visibility};
use crate::objects::Objects;
use crate::policy::{Port, PortReference, Protocol};
use crate::selector::{Labels, Selector, labels_of};

/// The number of a workload in its build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WorkloadId(pub(crate) usize);

/// Pods that are alike, and what is known about them.
#[derive(Debug)]
pub(crate) struct Workload {
    /// The object that makes them. An operator's pods are made by its custom resource, declared pods by nothing seen.
    pub(crate) item: Option<ItemId>,
    /// How findings name it.
    pub(crate) reference: ObjectReference,
    /// Where its pods run.
    pub(crate) namespace: Option<String>,
    /// What its policies are named after.
    pub(crate) name: String,
    /// What selects its pods, and no others that are well kept apart.
    pub(crate) selector: Selector,
    /// What its pods carry.
    pub(crate) labels: Labels,
    /// What its containers listen on.
    pub(crate) ports: Vec<ContainerPort>,
    /// The specification of its pods, unless somebody else writes it.
    pub(crate) template: Template,
    /// Whether its pods run in the host network, out of reach of policies.
    pub(crate) is_in_host_network: bool,
    /// Ports whose clients its custom resource lists, which its operator then lets in.
    pub(crate) left_to_operator: BTreeSet<Port>,
    /// Who may reach it, as stated.
    pub(crate) visibility: Option<Visibility>,
    /// Who may reach it besides those that the build implies.
    pub(crate) allow_from: Vec<AllowedSource>,
}

/// Where the specification of pods stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Template {
    /// At this JSON pointer of the workload's object.
    At(&'static str),
    /// Nowhere in the build.
    Unseen,
}

impl Template {
    /// How findings name a field of the specification.
    pub(crate) fn path(self, field: &str) -> String {
        match self {
            Self::At("") | Self::Unseen => field.to_owned(),
            Self::At(pointer) => format!("{}.{field}", pointer.trim_start_matches('/').replace('/', ".")),
        }
    }
}

/// A port that a container declares.
#[derive(Debug, Clone)]
pub(crate) struct ContainerPort {
    /// Its name.
    pub(crate) name: Option<String>,
    /// Its number and protocol.
    pub(crate) number: u16,
    /// Its protocol.
    pub(crate) protocol: Protocol,
    /// Whether only an init container declares it.
    pub(crate) is_of_init_container: bool,
    /// Whether it is open on the node too.
    pub(crate) has_host_port: bool,
}

impl ContainerPort {
    /// A TCP port that an operator gives its pods.
    pub(crate) fn of_operator(name: &str, number: u16) -> Self {
        let name = Some(name.to_owned());
        Self { name, number, protocol: Protocol::Tcp, is_of_init_container: false, has_host_port: false }
    }

    /// The port as policies see it.
    pub(crate) fn port(&self) -> Port {
        Port { port: PortReference::Number(self.number), protocol: self.protocol }
    }
}

/// How a kind says which pods are its own.
#[derive(Clone, Copy)]
enum OwnPods {
    /// By a label selector at `spec.selector`.
    Selector,
    /// By labels at `spec.selector`.
    Map,
    /// By the labels of the template; what controls the pods adds labels of its own.
    Template,
}

/// The kinds that make pods: group, kind, pointer to the template, own pods.
const KINDS: [(&str, &str, &str, OwnPods); 10] = [
    ("", "Pod", "", OwnPods::Template),
    ("", "ReplicationController", "/spec/template", OwnPods::Map),
    ("apps", "DaemonSet", "/spec/template", OwnPods::Selector),
    ("apps", "Deployment", "/spec/template", OwnPods::Selector),
    ("apps", "ReplicaSet", "/spec/template", OwnPods::Selector),
    ("apps", "StatefulSet", "/spec/template", OwnPods::Selector),
    ("apps.openshift.io", "DeploymentConfig", "/spec/template", OwnPods::Map),
    ("argoproj.io", "Rollout", "/spec/template", OwnPods::Selector),
    ("batch", "CronJob", "/spec/jobTemplate/spec/template", OwnPods::Template),
    ("batch", "Job", "/spec/template", OwnPods::Template),
];

impl Workload {
    /// The workloads among the objects, in the order of their kinds.
    pub(crate) fn all(objects: &Objects<'_>) -> Vec<Self> {
        let of_kind = |(group, kind, pointer, own_pods)| {
            objects.of(group, kind).filter_map(move |item| Self::from_item(item, pointer, own_pods))
        };
        KINDS.into_iter().flat_map(of_kind).collect()
    }

    fn from_item(item: &Item, pointer: &'static str, own_pods: OwnPods) -> Option<Self> {
        let template = item.value().pointer(pointer).filter(|template| template["spec"].is_object())?;
        let labels = labels_of(&template["metadata"]["labels"]);
        let selector = match own_pods {
            OwnPods::Selector => Selector::from_value(&item.value()["spec"]["selector"]),
            OwnPods::Map => Selector::of_build(labels_of(&item.value()["spec"]["selector"])),
            OwnPods::Template => Selector::of_build(labels.clone()),
        };
        Some(Self {
            item: Some(item.id()),
            reference: item.reference(),
            namespace: item.namespace().map(str::to_owned),
            name: item.name().to_owned(),
            selector,
            labels,
            ports: container_ports(&template["spec"]),
            template: Template::At(pointer),
            is_in_host_network: template["spec"]["hostNetwork"] == true,
            left_to_operator: BTreeSet::new(),
            visibility: None,
            allow_from: Vec::new(),
        })
    }

    /// Pods that an operator makes for a custom resource, by labels that it gives them.
    pub(crate) fn of_operator(item: &Item, name: &str, labels: &[(&str, &str)], ports: Vec<ContainerPort>) -> Self {
        let labels: Labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self {
            item: Some(item.id()),
            reference: item.reference(),
            namespace: item.namespace().map(str::to_owned),
            name: name.to_owned(),
            // What kustomize adds to selectors it does not add to pods that it does not see.
            selector: Selector::of_others(&labels),
            labels,
            ports,
            template: Template::Unseen,
            is_in_host_network: false,
            left_to_operator: BTreeSet::new(),
            visibility: None,
            allow_from: Vec::new(),
        }
    }

    /// The specification of its pods.
    pub(crate) fn pod_spec<'v>(&self, object: &'v Value) -> Option<&'v Value> {
        match self.template {
            Template::At(pointer) => object.pointer(pointer).map(|template| &template["spec"]),
            Template::Unseen => None,
        }
    }

    /// Whether its pods come and go, so that policies may not know them yet when they connect.
    pub(crate) fn is_short_lived(&self) -> bool {
        matches!(self.reference.kind.as_str(), "Job" | "CronJob")
    }
}

fn container_ports(pod_spec: &Value) -> Vec<ContainerPort> {
    let ports_of = |list: &str, is_of_init_container: bool| {
        let containers = pod_spec[list].as_array().map(Vec::as_slice).unwrap_or_default();
        let ports = containers.iter().flat_map(|container| container["ports"].as_array().into_iter().flatten());
        let port = move |port: &Value| {
            Some(ContainerPort {
                name: port["name"].as_str().map(str::to_owned),
                number: u16::try_from(port["containerPort"].as_u64()?).ok()?,
                protocol: Protocol::of(port),
                is_of_init_container,
                has_host_port: port["hostPort"].as_u64().is_some_and(|number| number > 0),
            })
        };
        ports.filter_map(port).collect::<Vec<_>>()
    };
    let mut ports = ports_of("containers", false);
    ports.extend(ports_of("initContainers", true));
    ports
}
