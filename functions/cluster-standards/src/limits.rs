//! Pods and claims against the LimitRanges of their namespace, as the API server computes them when it admits them.
//!
//! Source: kubernetes plugin/pkg/admission/limitranger/admission.go, `minConstraint`, `maxConstraint`,
//! `maxRequestConstraint` and `limitRequestRatioConstraint`; pkg/apis/core/validation/validation.go, `ValidateResourceRequirements`.

use std::collections::BTreeMap;

use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use manifests::quantities::Quantity;

use crate::amounts::Amounts;
use crate::build::Build;
use crate::change::Change;
use crate::claims::claims;
use crate::config::Completion;
use crate::limit_range::{CLAIM, CONTAINER, LimitRangeItem, LimitRangeSpec, POD};
use crate::namespaces::Origin;
use crate::pod_resources::{ContainerResources, PodResources, Side};
use crate::pods::{Pods, pods};
use crate::rule::Rule;

/// Makes visible what LimitRanges fill in.
pub(crate) fn completions(build: &Build<'_>) -> Vec<Change> {
    if !build.spec.completes(Completion::Resources) {
        return Vec::new();
    }
    let (pods, _) = pods(build);
    let pods = pods.iter().filter(|pods| pods.workload.is_some_and(|workload| workload.can_change()));
    pods.flat_map(|pods| pods.resources.containers.iter().flat_map(|container| filled(pods.item, container))).collect()
}

fn filled(item: &Item, container: &ContainerResources) -> Vec<Change> {
    let change = |(side, resource): &(Side, String)| {
        let quantity = container.amounts(*side).get(resource)?;
        let mut pointer: PointerBuf = container.pointer.clone();
        pointer.push_back(side.field());
        pointer.push_back(resource.as_str());
        Some(Change::Set { id: item.id(), pointer, value: quantity.to_string().into() })
    };
    // A request above the limit that is filled in is refused; writing it would hide the cause.
    let is_refused = container.filled.iter().any(|(_, resource)| is_above_limit(container, resource));
    container.filled.iter().filter(|_| !is_refused).filter_map(change).collect()
}

fn is_above_limit(container: &ContainerResources, resource: &str) -> bool {
    let (request, limit) = (container.requests.get(resource), container.limits.get(resource));
    request.zip(limit).is_some_and(|(request, limit)| request > limit)
}

/// Checks the LimitRanges, and pods and claims against them.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    findings.extend(build.limit_ranges.malformed.iter().cloned());
    for (_, ranges) in build.limit_ranges.iter() {
        check_objects(ranges, findings);
    }
    let (pods, malformed) = pods(build);
    findings.extend(malformed);
    for pods in &pods {
        check_pods(build, pods, findings);
    }
    for claim in claims(build) {
        let namespace = claim.item.namespace_name();
        for (origin, range) in build.limit_ranges.in_namespace(namespace) {
            for item in range.of(CLAIM) {
                let limits = Amounts::default();
                let subject =
                    Subject { name: "the claim".to_owned(), requests: &claim.requests, limits: &limits, filled: None };
                for problem in subject.claim_problems(item) {
                    findings.push(problem.finding(claim.item, origin, claim.path.clone()));
                }
            }
        }
    }
}

/// LimitRanges that the API server refuses, and several that give defaults for the same, in an order that is not defined.
fn check_objects(ranges: &[(Origin<'_>, LimitRangeSpec)], findings: &mut Findings) {
    let mut defaults: BTreeMap<String, Origin<'_>> = BTreeMap::new();
    for (origin, range) in ranges {
        let Some(item) = origin.object() else { continue };
        for (field, problem) in range.problems() {
            let finding = Finding::new(Rule::RefusedLimitRange, problem).on(item);
            findings.push(finding.at(FieldPath::from("spec").join(field)));
        }
        let own: Vec<_> = range
            .of(CONTAINER)
            .flat_map(|item| item.default.resources().chain(item.default_request.resources()))
            .map(str::to_owned)
            .collect();
        if let Some((resource, first)) = own.iter().find_map(|resource| Some((resource, defaults.get(resource)?))) {
            let message = format!(
                "gives containers defaults of {resource}, and so does {first}; which of the two counts is not defined, so merge them"
            );
            findings.push(Finding::new(Rule::SeveralLimitRanges, message).on(item));
        }
        defaults.extend(own.into_iter().map(|resource| (resource, *origin)));
    }
}

fn check_pods(build: &Build<'_>, pods: &Pods<'_, '_>, findings: &mut Findings) {
    let ranges = build.limit_ranges.in_namespace(pods.item.namespace_name());
    for container in &pods.resources.containers {
        findings.extend(hidden_maxima(ranges, pods, container));
    }
    for (origin, range) in ranges {
        for item in range.of(CONTAINER) {
            for container in &pods.resources.containers {
                let problems = Subject::of(container).problems(item);
                let problems = problems.into_iter().filter(|problem| !is_above_limit(container, &problem.resource));
                findings.extend(problems.map(|problem| problem.finding(pods.item, origin, container.path.clone())));
            }
        }
        if pods.workload.is_some() {
            for item in range.of(POD) {
                findings.extend(
                    pod_problems(&pods.resources, item)
                        .map(|problem| problem.finding(pods.item, origin, pods.resources.pod_path.clone())),
                );
            }
        }
    }
}

fn pod_problems(resources: &PodResources, item: &LimitRangeItem) -> impl Iterator<Item = Problem> + use<> {
    let (requests, limits) = (resources.of_pod(Side::Request), resources.of_pod(Side::Limit));
    let subject = Subject { name: "the pod as a whole".to_owned(), requests: &requests, limits: &limits, filled: None };
    subject.problems(item).into_iter()
}

/// Requests above the limit that a LimitRange fills in, of the container or of the pod that states a limit for all.
fn hidden_maxima(
    ranges: &[(Origin<'_>, LimitRangeSpec)],
    pods: &Pods<'_, '_>,
    container: &ContainerResources,
) -> Vec<Finding> {
    let origin = |resource: &str| {
        let gives = |range: &LimitRangeSpec| range.of(CONTAINER).any(|item| item.default.has(resource));
        ranges.iter().find(|(_, range)| gives(range)).map(|(origin, _)| *origin)
    };
    let filled = container.filled.iter().filter(|(side, _)| *side == Side::Limit);
    filled.filter_map(|(_, resource)| {
        let (limit, origin) = (container.limits.get(resource)?, origin(resource)?);
        if is_above_limit(container, resource) {
            let request = container.requests.get(resource)?;
            let message = format!("`{}` asks for `{request}` of {resource} and states no limit, so that it gets `{limit}`, the default of {origin}, and the API server refuses the pods; state a limit of `{request}` or more", container.name);
            let finding = Finding::new(Rule::RequestAboveDefaultLimit, message).on(pods.item);
            return Some(finding.at(container.field(Side::Limit, resource)).proposed(request.to_string()));
        }
        let of_pod = pods.resources.pod_limits()?.get(resource).filter(|of_pod| limit > *of_pod)?;
        let message = format!("`{}` states no limit of {resource} and gets `{limit}`, the default of {origin}, which is above the limit of the pod, `{of_pod}`, so that the API server refuses the pods; state a limit", container.name);
        let finding = Finding::new(Rule::RequestAboveDefaultLimit, message).on(pods.item);
        Some(finding.at(container.field(Side::Limit, resource)).proposed(of_pod.to_string()))
    }).collect()
}

/// What a LimitRange is held against.
struct Subject<'a> {
    /// How messages name it.
    name: String,
    requests: &'a Amounts,
    limits: &'a Amounts,
    /// The container, if it is one.
    filled: Option<&'a ContainerResources>,
}

/// Something outside a LimitRange.
struct Problem {
    resource: String,
    side: Side,
    /// What is wrong, to be put before the name of the LimitRange, and what is behind it.
    text: (String, String),
    proposed: Option<String>,
}

impl Problem {
    fn finding(self, item: &Item, origin: &Origin<'_>, resources: FieldPath) -> Finding {
        let (what, remedy) = self.text;
        let message = format!("{what} {origin}, so that the API server refuses it; {remedy}");
        let path = resources.key(self.side.field()).key(&self.resource);
        let finding = Finding::new(Rule::OutsideLimitRange, message).on(item).at(path);
        match self.proposed {
            Some(proposed) => finding.proposed(proposed),
            None => finding,
        }
    }
}

impl<'a> Subject<'a> {
    fn of(container: &'a ContainerResources) -> Self {
        let name = format!("`{}`", container.name);
        Self { name, requests: &container.requests, limits: &container.limits, filled: Some(container) }
    }

    fn amounts(&self, side: Side) -> &Amounts {
        match side {
            Side::Request => self.requests,
            Side::Limit => self.limits,
        }
    }

    /// What is outside the limits of containers and pods.
    fn problems(&self, item: &LimitRangeItem) -> Vec<Problem> {
        let least = item.min.iter().filter_map(|(resource, min)| self.below(resource, min));
        let most = item.max.iter().filter_map(|(resource, max)| self.above(resource, max));
        let ratios = item.max_limit_request_ratio.iter().filter_map(|(resource, ratio)| self.ratio(resource, ratio));
        least.chain(most).chain(ratios).collect()
    }

    /// What is outside the limits of claims, which have no `limits`.
    fn claim_problems(&self, item: &LimitRangeItem) -> Vec<Problem> {
        let least = item.min.iter().filter_map(|(resource, min)| self.below(resource, min));
        let most = item.max.iter().filter_map(|(resource, max)| match self.requests.get(resource) {
            None => Some(self.missing(Side::Request, resource, "max", max)),
            Some(request) => {
                (request > max).then(|| self.beyond(Side::Request, resource, request, "above", "max", max))
            }
        });
        least.chain(most).collect()
    }

    fn below(&self, resource: &str, min: &Quantity) -> Option<Problem> {
        let Some(request) = self.requests.get(resource) else {
            return Some(self.missing(Side::Request, resource, "min", min));
        };
        let low =
            |side, found: &Quantity| (found < min).then(|| self.beyond(side, resource, found, "below", "min", min));
        low(Side::Request, request).or_else(|| low(Side::Limit, self.limits.get(resource)?))
    }

    fn above(&self, resource: &str, max: &Quantity) -> Option<Problem> {
        let Some(limit) = self.limits.get(resource) else {
            return Some(self.missing(Side::Limit, resource, "max", max));
        };
        let high =
            |side, found: &Quantity| (found > max).then(|| self.beyond(side, resource, found, "above", "max", max));
        high(Side::Limit, limit).or_else(|| high(Side::Request, self.requests.get(resource)?))
    }

    fn ratio(&self, resource: &str, ratio: &Quantity) -> Option<Problem> {
        let stated = |side| self.amounts(side).get(resource).filter(|quantity| !quantity.is_zero());
        let (Some(request), Some(limit)) = (stated(Side::Request), stated(Side::Limit)) else {
            let side = if stated(Side::Request).is_none() { Side::Request } else { Side::Limit };
            return Some(self.missing(side, resource, "maxLimitRequestRatio", ratio));
        };
        limit.compare_to_ratio(request, ratio).is_gt().then(|| {
            let what = format!("{} has the limit `{limit}` of {resource}, which is more than `{ratio}` times its request `{request}`, the ratio that", self.name);
            let what = format!("{what} is allowed by");
            Problem { resource: resource.to_owned(), side: Side::Limit, text: (what, "lower the limit, or raise the request".to_owned()), proposed: None }
        })
    }

    fn missing(&self, side: Side, resource: &str, key: &str, bound: &Quantity) -> Problem {
        let word = side.word();
        let what = format!("{} states no {word} of {resource}, which `{key}: {bound}` demands in", self.name);
        Problem { resource: resource.to_owned(), side, text: (what, format!("state a {word}")), proposed: None }
    }

    fn beyond(&self, side: Side, resource: &str, found: &Quantity, how: &str, key: &str, bound: &Quantity) -> Problem {
        let word = side.word();
        let is_filled = self.filled.is_some_and(|container| container.filled.contains(&(side, resource.to_owned())));
        let verb = if is_filled { "states none and gets" } else { "has" };
        let what = format!(
            "{} {verb} the {word} `{found}` of {resource}, which is {how} `{bound}`, the `{key}` of",
            self.name
        );
        let remedy = if how == "above" { format!("lower it to `{bound}`") } else { format!("raise it to `{bound}`") };
        Problem { resource: resource.to_owned(), side, text: (what, remedy), proposed: Some(bound.to_string()) }
    }
}
