//! What a pod asks for, as the API server counts it.
//!
//! Source: kubernetes pkg/apis/core/v1/defaults.go, `SetDefaults_Pod` and `defaultPodRequests`;
//! plugin/pkg/admission/limitranger/admission.go, `mergeContainerResources`, `podRequests` and `podLimits`;
//! component-helpers resource/helpers.go, `PodRequests` and `PodLimits`.

use std::collections::BTreeSet;

use krm::field::{FieldPath, PointerBuf};
use krm::finding::Finding;
use krm::resource_list::Item;
use krm::rule::CommonRule;
use krm::typed;
use manifests::pods::{Container, PodTemplate, Role};
use serde::Deserialize;
use serde_json::Value;

use crate::amounts::Amounts;

/// `resources` of a container or a pod.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Stated {
    requests: Amounts,
    limits: Amounts,
}

/// Whether an amount is a request or a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Request,
    Limit,
}

impl Side {
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

/// What a container asks for.
#[derive(Debug, Clone)]
pub(crate) struct ContainerResources {
    /// The container, as messages name it: `web`.
    pub(crate) name: String,
    /// The field path of its `resources`.
    pub(crate) path: FieldPath,
    /// The same as a JSON pointer.
    pub(crate) pointer: PointerBuf,
    /// Whether it runs before the others and ends.
    is_passing: bool,
    /// Whether it starts before the main containers.
    is_init: bool,
    pub(crate) requests: Amounts,
    pub(crate) limits: Amounts,
    /// What a LimitRange filled in.
    pub(crate) filled: BTreeSet<(Side, String)>,
}

impl ContainerResources {
    /// Whether it runs as long as its pod.
    pub(crate) fn keeps_running(&self) -> bool {
        !self.is_passing
    }

    /// The amounts of a side.
    pub(crate) fn amounts(&self, side: Side) -> &Amounts {
        match side {
            Side::Request => &self.requests,
            Side::Limit => &self.limits,
        }
    }

    /// The field path of an amount.
    pub(crate) fn field(&self, side: Side, resource: &str) -> FieldPath {
        self.path.clone().key(side.field()).key(resource)
    }

    fn fill(&mut self, side: Side, defaults: &Amounts) {
        let amounts = match side {
            Side::Request => &mut self.requests,
            Side::Limit => &mut self.limits,
        };
        self.filled.extend(amounts.fill(defaults).into_iter().map(|resource| (side, resource)));
    }
}

/// What a pod asks for.
#[derive(Debug, Clone)]
pub(crate) struct PodResources {
    /// The containers, those that start first first.
    pub(crate) containers: Vec<ContainerResources>,
    /// `resources` of the pod itself, which beat the sums of its containers.
    pod: Option<Stated>,
    /// The field path of these.
    pub(crate) pod_path: FieldPath,
    overhead: Amounts,
}

/// The resources that a pod can state for itself. Source: component-helpers resource/helpers.go, `supportedPodLevelResources`.
fn is_of_pods(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory") || resource.starts_with("hugepages-")
}

impl PodResources {
    /// Those of a template after the defaults of the API, and what is malformed in it.
    pub(crate) fn of(item: &Item, template: &PodTemplate<'_>) -> (Self, Vec<Finding>) {
        let mut malformed = Vec::new();
        let mut read = |value: &Value, path: &FieldPath| {
            let (stated, problems) = stated(item, value, path);
            malformed.extend(problems);
            stated
        };
        let containers = template.containers().filter(|container| container.role != Role::Ephemeral);
        let containers = containers.map(|container| {
            let path = container.path().key("resources");
            let mut stated = read(&container.value["resources"], &path);
            stated.requests.fill(&stated.limits);
            ContainerResources {
                name: container.value["name"].as_str().unwrap_or_default().to_owned(),
                path,
                pointer: pointer(template, &container),
                is_passing: !container.keeps_running(),
                is_init: container.role == Role::Init,
                requests: stated.requests,
                limits: stated.limits,
                filled: BTreeSet::new(),
            }
        });
        let containers = containers.collect();
        let pod_path = template.spec_path().key("resources");
        let pod = template.spec.get("resources").filter(|value| !value.is_null()).map(|value| read(value, &pod_path));
        let overhead = template.spec.get("overhead").filter(|value| value.is_object());
        let overhead = overhead.map(|value| typed::read(value).0).unwrap_or_default();
        let mut resources = Self { containers, pod, pod_path, overhead };
        resources.default_pod_requests();
        (resources, malformed)
    }

    /// Pods of an operator, as far as its object states them: one container.
    pub(crate) fn of_operator(item: &Item, resources: &Value, path: FieldPath, name: &str) -> (Self, Vec<Finding>) {
        let (mut stated, malformed) = stated(item, resources, &path);
        stated.requests.fill(&stated.limits);
        let container = ContainerResources {
            name: name.to_owned(),
            path,
            pointer: PointerBuf::new(),
            is_passing: false,
            is_init: false,
            requests: stated.requests,
            limits: stated.limits,
            filled: BTreeSet::new(),
        };
        (
            Self { containers: vec![container], pod: None, pod_path: FieldPath::root(), overhead: Amounts::default() },
            malformed,
        )
    }

    /// Requests of the pod that states limits only: those of its containers, else its limits.
    fn default_pod_requests(&mut self) {
        let of_containers = self.sum(Side::Request);
        let Some(pod) = self.pod.as_mut().filter(|pod| !pod.limits.is_empty()) else { return };
        let usual = of_containers.iter().filter(|(name, _)| matches!(*name, "cpu" | "memory"));
        pod.requests.fill(&usual.map(|(name, quantity)| (name, quantity.clone())).collect());
        let limits = pod.limits.iter().filter(|(name, _)| is_of_pods(name));
        let limits = limits.map(|(name, quantity)| (name, quantity.clone())).collect();
        pod.requests.fill(&limits);
    }

    /// Fills in what a LimitRange gives to containers that state nothing.
    pub(crate) fn fill(&mut self, requests: &Amounts, limits: &Amounts) {
        for container in &mut self.containers {
            container.fill(Side::Limit, limits);
            container.fill(Side::Request, requests);
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
        let asks = |amounts: &Amounts| {
            ["cpu", "memory"].iter().any(|resource| amounts.get(resource).is_some_and(|quantity| !quantity.is_zero()))
        };
        match &self.pod {
            Some(pod) => !asks(&pod.requests) && !asks(&pod.limits),
            None => !self.containers.iter().any(|container| asks(&container.requests) || asks(&container.limits)),
        }
    }

    /// The sum of the containers: those that keep running, or more where one that starts before them asks for more.
    fn sum(&self, side: Side) -> Amounts {
        let mut running = Amounts::default();
        for container in self.containers.iter().filter(|container| !container.is_passing) {
            running.add(container.amounts(side));
        }
        let (mut sidecars, mut starting) = (Amounts::default(), Amounts::default());
        for container in self.containers.iter().filter(|container| container.is_init) {
            let mut at_once = sidecars.clone();
            at_once.add(container.amounts(side));
            if !container.is_passing {
                sidecars = at_once.clone();
            }
            starting.raise_to(&at_once);
        }
        running.raise_to(&starting);
        running
    }

    /// What a LimitRange of type Pod looks at.
    pub(crate) fn of_pod(&self, side: Side) -> Amounts {
        let mut amounts = self.sum(side);
        if let Some(pod) = &self.pod {
            let own = match side {
                Side::Request => &pod.requests,
                Side::Limit => &pod.limits,
            };
            for (resource, quantity) in own.iter().filter(|(resource, _)| is_of_pods(resource)) {
                amounts.set(resource, quantity.clone());
            }
        }
        amounts
    }

    /// What a quota charges: overhead counts for all requests, and for limits that there are.
    pub(crate) fn charged(&self, side: Side) -> Amounts {
        let mut amounts = self.of_pod(side);
        let overhead = self.overhead.iter().filter(|(resource, _)| {
            side == Side::Request || amounts.get(resource).is_some_and(|quantity| !quantity.is_zero())
        });
        let overhead: Amounts = overhead.map(|(name, quantity)| (name, quantity.clone())).collect();
        amounts.add(&overhead);
        amounts
    }
}

fn pointer(template: &PodTemplate<'_>, container: &Container<'_>) -> PointerBuf {
    let place = format!("{}/{}/{}/resources", template.spec_pointer(), container.role.field(), container.index);
    PointerBuf::parse(place).unwrap_or_default()
}

/// `resources` as far as they are well formed, and what is not.
fn stated(item: &Item, value: &Value, path: &FieldPath) -> (Stated, Vec<Finding>) {
    if value.is_null() {
        return (Stated::default(), Vec::new());
    }
    let (stated, malformed) = typed::read(value);
    let findings = malformed.into_iter().map(|problem| {
        let message = format!("cannot be read: {}; correct it", problem.reason);
        let path = path.clone().join(FieldPath::from(&problem.pointer));
        Finding::new(CommonRule::MalformedField, message).on(item).at(path)
    });
    (stated, findings.collect())
}
