//! What a pod asks for, as the API server counts it.
//!
//! Source: kubernetes pkg/apis/core/v1/defaults.go, `SetDefaults_Pod` and `defaultPodRequests`;
//! plugin/pkg/admission/limitranger/admission.go, `mergeContainerResources`, `podRequests` and `podLimits`;
//! component-helpers resource/helpers.go, `PodRequests` and `PodLimits`.

use std::rc::Rc;

use krm::field::{FieldPath, PointerBuf};
use krm::finding::Finding;
use krm::resource_list::Item;
use krm::rule::CommonRule;
use krm::typed;
use manifests::pods::{ContainerPlace, PodTemplate, Role};
use manifests::quantities::Quantity;
use serde::Deserialize;
use serde_json::Value;

use crate::amounts::Amounts;

/// `resources` of a container or a pod, or what takes their place.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stated {
    /// The requests.
    pub(crate) requests: Amounts,
    /// The limits.
    pub(crate) limits: Amounts,
}

/// Whether an amount is a request or a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Request,
    Limit,
}

impl Side {
    const ALL: [Self; 2] = [Self::Request, Self::Limit];

    /// The field of `resources`.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Request => "requests",
            Self::Limit => "limits",
        }
    }

    /// The word for one.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Limit => "limit",
        }
    }
}

impl Stated {
    /// The amounts of a side.
    fn amounts(&self, side: Side) -> &Amounts {
        match side {
            Side::Request => &self.requests,
            Side::Limit => &self.limits,
        }
    }

    /// The names of the resources of each side.
    fn resources(&self) -> impl Iterator<Item = (Side, &str)> {
        Side::ALL.into_iter().flat_map(|side| self.amounts(side).resources().map(move |resource| (side, resource)))
    }
}

/// Where the `resources` of a container are.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In a container of a pod, which may run as long as its pod.
    Container { place: ContainerPlace, keeps_running: bool },
    /// At a JSON pointer of a custom resource.
    Pointer(&'static str),
}

/// What a container asks for.
#[derive(Debug)]
pub(crate) struct ContainerResources {
    /// The container, as messages name it: `web`.
    pub(crate) name: Box<str>,
    place: Place,
    /// What it states, with what the API fills in.
    stated: Stated,
    /// What LimitRanges fill in where it states nothing. All containers of a namespace share it.
    defaults: Option<Rc<Stated>>,
}

impl ContainerResources {
    fn new(name: &str, place: Place, mut stated: Stated) -> Self {
        stated.requests.fill(&stated.limits);
        Self { name: name.into(), place, stated, defaults: None }
    }

    /// Whether it runs as long as its pod.
    pub(crate) fn keeps_running(&self) -> bool {
        match &self.place {
            Place::Container { keeps_running, .. } => *keeps_running,
            Place::Pointer(_) => true,
        }
    }

    /// Whether it starts before the main containers.
    fn is_init(&self) -> bool {
        matches!(&self.place, Place::Container { place, .. } if place.role == Role::Init)
    }

    /// The field path of its `resources`.
    pub(crate) fn path(&self) -> FieldPath {
        match &self.place {
            Place::Container { place, .. } => place.path().key("resources"),
            Place::Pointer(pointer) => FieldPath::of_pointer(pointer),
        }
    }

    /// The same as a JSON pointer.
    pub(crate) fn pointer(&self) -> PointerBuf {
        let pointer = match &self.place {
            Place::Container { place, .. } => format!("{}/resources", place.pointer()),
            Place::Pointer(pointer) => (*pointer).to_owned(),
        };
        PointerBuf::parse(pointer).unwrap_or_default()
    }

    /// The amount of a resource, if it is stated or filled in.
    pub(crate) fn amount(&self, side: Side, resource: &str) -> Option<&Quantity> {
        let filled = || self.defaults.as_ref()?.amounts(side).get(resource);
        self.stated.amounts(side).get(resource).or_else(filled)
    }

    /// What LimitRanges fill in.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (Side, &str)> {
        let defaults = self.defaults.iter().flat_map(|defaults| defaults.resources());
        defaults.filter(|(side, resource)| !self.stated.amounts(*side).has(resource))
    }

    /// The field path of an amount.
    pub(crate) fn field(&self, side: Side, resource: &str) -> FieldPath {
        self.path().key(side.field()).key(resource)
    }
}

/// What a pod asks for.
#[derive(Debug)]
pub(crate) struct PodResources {
    /// The containers, those that start first first.
    pub(crate) containers: Vec<ContainerResources>,
    /// `resources` of the pod itself, which beat the sums of its containers.
    pod: Option<Stated>,
    overhead: Amounts,
}

/// The resources that a pod can state for itself. Source: component-helpers resource/helpers.go, `supportedPodLevelResources`.
fn is_of_pods(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory") || resource.starts_with("hugepages-")
}

impl PodResources {
    /// Those of a template after the defaults of the API. What is malformed in it is reported.
    pub(crate) fn of(item: &Item, template: &PodTemplate<'_>, malformed: &mut Vec<Finding>) -> Self {
        let containers = template.containers().filter(|container| container.role != Role::Ephemeral);
        let containers = containers.map(|container| {
            let resources = &container.value["resources"];
            let stated = stated(item, resources, || container.path().key("resources"), malformed);
            let name = container.value["name"].as_str().unwrap_or_default();
            let place = Place::Container { place: container.place(), keeps_running: container.keeps_running() };
            ContainerResources::new(name, place, stated)
        });
        let mut containers: Vec<_> = containers.collect();
        containers.shrink_to_fit();
        let pod = template.spec.get("resources").filter(|value| !value.is_null());
        let pod = pod.map(|value| stated(item, value, || template.spec_path().key("resources"), malformed));
        let overhead = template.spec.get("overhead").filter(|value| value.is_object());
        let overhead = overhead.map(|value| typed::read(value).0).unwrap_or_default();
        let mut resources = Self { containers, pod, overhead };
        resources.default_pod_requests();
        resources
    }

    /// Pods of an operator, as far as its object states them: one container, whose resources are at a JSON pointer.
    pub(crate) fn of_operator(
        item: &Item,
        pointer: &'static str,
        name: &'static str,
        malformed: &mut Vec<Finding>,
    ) -> Self {
        let resources = item.value().pointer(pointer).unwrap_or(&Value::Null);
        let stated = stated(item, resources, || FieldPath::of_pointer(pointer), malformed);
        let container = ContainerResources::new(name, Place::Pointer(pointer), stated);
        Self { containers: vec![container], pod: None, overhead: Amounts::default() }
    }

    /// Requests of the pod that states limits only: those of its containers, else its limits.
    fn default_pod_requests(&mut self) {
        if self.pod_limits().is_none_or(Amounts::is_empty) {
            return;
        }
        let of_containers = ["cpu", "memory"].map(|name| Some((name, self.sum(Side::Request, name)?)));
        let Some(pod) = &mut self.pod else { return };
        pod.requests.fill(&of_containers.into_iter().flatten().collect());
        let limits = pod.limits.iter().filter(|(name, _)| is_of_pods(name));
        let limits = limits.map(|(name, quantity)| (name, quantity.clone())).collect();
        pod.requests.fill(&limits);
    }

    /// Fills in what LimitRanges give to containers that state nothing.
    pub(crate) fn fill(&mut self, defaults: &Rc<Stated>) {
        for container in &mut self.containers {
            container.defaults = Some(Rc::clone(defaults));
        }
    }

    /// Whether the pod states something for itself.
    pub(crate) fn states_pod_resources(&self) -> bool {
        self.pod.as_ref().is_some_and(|pod| pod.requests.resources().chain(pod.limits.resources()).any(is_of_pods))
    }

    /// What the pod itself states as limits.
    pub(crate) fn pod_limits(&self) -> Option<&Amounts> {
        self.pod.as_ref().map(|pod| &pod.limits)
    }

    /// Whether the pod asks for nothing of CPU and memory. Source: kubernetes pkg/apis/core/v1/helper/qos, `ComputePodQOS`.
    pub(crate) fn is_best_effort(&self) -> bool {
        let is_some = |quantity: Option<&Quantity>| quantity.is_some_and(|quantity| !quantity.is_zero());
        let is_asked = |side, resource| match &self.pod {
            Some(pod) => is_some(pod.amounts(side).get(resource)),
            None => self.containers.iter().any(|container| is_some(container.amount(side, resource))),
        };
        !Side::ALL.iter().any(|side| is_asked(*side, "cpu") || is_asked(*side, "memory"))
    }

    /// The sum of the containers: those that keep running, or more where one that starts before them asks for more.
    fn sum(&self, side: Side, resource: &str) -> Option<Quantity> {
        let (mut running, mut sidecars, mut starting) = (None, None, None);
        for container in &self.containers {
            let amount = container.amount(side, resource);
            if container.is_init() {
                let at_once = plus(sidecars.clone(), amount);
                if at_once > starting {
                    starting = at_once.clone();
                }
                if container.keeps_running() {
                    sidecars = at_once;
                }
            }
            if container.keeps_running() {
                running = plus(running, amount);
            }
        }
        if starting > running { starting } else { running }
    }

    /// What a LimitRange of type Pod looks at.
    pub(crate) fn of_pod(&self, side: Side, resource: &str) -> Option<Quantity> {
        let own = self.pod.as_ref().filter(|_| is_of_pods(resource)).and_then(|pod| pod.amounts(side).get(resource));
        own.cloned().or_else(|| self.sum(side, resource))
    }

    /// What a quota charges: overhead counts for all requests, and for limits that there are.
    pub(crate) fn charged(&self, side: Side, resource: &str) -> Option<Quantity> {
        let amount = self.of_pod(side, resource);
        let is_counted = side == Side::Request || amount.as_ref().is_some_and(|amount| !amount.is_zero());
        plus(amount, self.overhead.get(resource).filter(|_| is_counted))
    }
}

/// The sum of two amounts, either of which may not be stated.
fn plus(sum: Option<Quantity>, amount: Option<&Quantity>) -> Option<Quantity> {
    match amount {
        Some(amount) => Some(sum.unwrap_or_default() + amount),
        None => sum,
    }
}

/// `resources` as far as they are well formed. What is not is reported.
fn stated(item: &Item, value: &Value, path: impl Fn() -> FieldPath, malformed: &mut Vec<Finding>) -> Stated {
    if value.is_null() {
        return Stated::default();
    }
    let (stated, problems) = typed::read(value);
    malformed.extend(problems.into_iter().map(|problem| {
        let message = format!("cannot be read: {}; correct it", problem.reason);
        let path = path().join(FieldPath::from(&problem.pointer));
        Finding::new(CommonRule::MalformedField, message).on(item).at(path)
    }));
    stated
}
