//! Pods and claims against the LimitRanges of their namespace, as the API server computes them when it admits them.
//!
//! Source: kubernetes plugin/pkg/admission/limitranger/admission.go, `minConstraint`, `maxConstraint`,
//! `maxRequestConstraint` and `limitRequestRatioConstraint`; pkg/apis/core/validation/validation.go, `ValidateResourceRequirements`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use krm::field::{FieldPath, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use manifests::quantities::Quantity;

use crate::build::Build;
use crate::change::Change;
use crate::claims::Claim;
use crate::config::Completion;
use crate::limit_range::{CLAIM, CONTAINER, LimitRangeItem, LimitRangeSpec, POD};
use crate::namespaces::Origin;
use crate::pod_resources::{ContainerResources, PodResources, Side};
use crate::pods::Pods;
use crate::rule::Rule;
use crate::workloads::can_change;

/// Makes visible what LimitRanges fill in.
pub(crate) fn completions(build: &Build<'_>) -> Vec<Change> {
    if !build.spec.completes(Completion::Resources) {
        return Vec::new();
    }
    let pods = build.pods.iter().filter(|pods| pods.kind.is_some() && can_change(pods.item));
    pods.flat_map(|pods| pods.resources.containers.iter().flat_map(|container| filled(pods.item, container))).collect()
}

fn filled(item: &Item, container: &ContainerResources) -> Vec<Change> {
    let change = |(side, resource): (Side, &str)| {
        let quantity = container.amount(side, resource)?;
        let mut pointer: PointerBuf = container.pointer();
        pointer.push_back(side.field());
        pointer.push_back(resource);
        Some(Change::Set { id: item.id(), pointer, value: quantity.to_string().into() })
    };
    // A request above the limit that is filled in is refused; writing it would hide the cause.
    let is_refused = container.filled().any(|(_, resource)| is_above_limit(container, resource));
    container.filled().filter(|_| !is_refused).filter_map(change).collect()
}

fn is_above_limit(container: &ContainerResources, resource: &str) -> bool {
    let (request, limit) = (container.amount(Side::Request, resource), container.amount(Side::Limit, resource));
    request.zip(limit).is_some_and(|(request, limit)| request > limit)
}

/// Checks the LimitRanges, and pods and claims against them.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    findings.extend(build.limit_ranges.malformed.iter().cloned());
    for (_, ranges) in build.limit_ranges.iter() {
        check_objects(ranges, findings);
    }
    findings.extend(build.pods.malformed.iter().cloned());
    for pods in build.pods.iter() {
        check_pods(build, pods, findings);
    }
    for claim in build.claims() {
        for (origin, range) in build.limit_ranges.in_namespace(claim.item.namespace_name()) {
            for problem in range.of(CLAIM).flat_map(|item| Subject::Claim(claim).claim_problems(item)) {
                findings.push(problem.finding(claim.item, origin, claim.path.clone()));
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

fn check_pods(build: &Build<'_>, pods: &Pods<'_>, findings: &mut Findings) {
    let ranges = build.limit_ranges.in_namespace(pods.item.namespace_name());
    for container in &pods.resources.containers {
        findings.extend(hidden_maxima(ranges, pods, container));
    }
    for (origin, range) in ranges {
        for item in range.of(CONTAINER) {
            for container in &pods.resources.containers {
                let problems = Subject::Container(container).problems(item);
                let problems = problems.into_iter().filter(|problem| !is_above_limit(container, problem.resource));
                findings.extend(problems.map(|problem| problem.finding(pods.item, origin, container.path())));
            }
        }
        if let Some(kind) = pods.kind {
            let problems = range.of(POD).flat_map(|item| Subject::Pod(&pods.resources).problems(item));
            let path = || kind.spec_path().key("resources");
            findings.extend(problems.map(|problem| problem.finding(pods.item, origin, path())));
        }
    }
}

/// Requests above the limit that a LimitRange fills in, of the container or of the pod that states a limit for all.
fn hidden_maxima(
    ranges: &[(Origin<'_>, LimitRangeSpec)],
    pods: &Pods<'_>,
    container: &ContainerResources,
) -> Vec<Finding> {
    let origin = |resource: &str| {
        let gives = |range: &LimitRangeSpec| range.of(CONTAINER).any(|item| item.default.has(resource));
        ranges.iter().find(|(_, range)| gives(range)).map(|(origin, _)| *origin)
    };
    let filled = container.filled().filter(|(side, _)| *side == Side::Limit);
    filled.filter_map(|(_, resource)| {
        let (limit, origin) = (container.amount(Side::Limit, resource)?, origin(resource)?);
        if is_above_limit(container, resource) {
            let request = container.amount(Side::Request, resource)?;
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
#[derive(Clone, Copy)]
enum Subject<'a> {
    Container(&'a ContainerResources),
    Pod(&'a PodResources),
    Claim(&'a Claim<'a>),
}

/// How messages name it.
impl fmt::Display for Subject<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(container) => write!(formatter, "`{}`", container.name),
            Self::Pod(_) => formatter.write_str("the pod as a whole"),
            Self::Claim(_) => formatter.write_str("the claim"),
        }
    }
}

/// Something outside a LimitRange.
struct Problem<'i> {
    resource: &'i str,
    side: Side,
    /// What is wrong, to be put before the name of the LimitRange, and what is behind it.
    text: (String, String),
    proposed: Option<String>,
}

impl Problem<'_> {
    fn finding(self, item: &Item, origin: &Origin<'_>, resources: FieldPath) -> Finding {
        let (what, remedy) = self.text;
        let message = format!("{what} {origin}, so that the API server refuses it; {remedy}");
        let path = resources.key(self.side.field()).key(self.resource);
        let finding = Finding::new(Rule::OutsideLimitRange, message).on(item).at(path);
        match self.proposed {
            Some(proposed) => finding.proposed(proposed),
            None => finding,
        }
    }
}

impl<'a> Subject<'a> {
    /// What it asks for of a resource; claims have no limits.
    fn amount(self, side: Side, resource: &str) -> Option<Cow<'a, Quantity>> {
        match (self, side) {
            (Self::Container(container), _) => container.amount(side, resource).map(Cow::Borrowed),
            (Self::Pod(pod), _) => pod.of_pod(side, resource).map(Cow::Owned),
            (Self::Claim(claim), Side::Request) => claim.requests.get(resource).map(Cow::Borrowed),
            (Self::Claim(_), Side::Limit) => None,
        }
    }

    /// What is outside the limits of containers and pods.
    fn problems(self, item: &LimitRangeItem) -> Vec<Problem<'_>> {
        let least = item.min.iter().filter_map(|(resource, min)| self.below(resource, min));
        let most = item.max.iter().filter_map(|(resource, max)| self.above(resource, max));
        let ratios = item.max_limit_request_ratio.iter().filter_map(|(resource, ratio)| self.ratio(resource, ratio));
        least.chain(most).chain(ratios).collect()
    }

    /// What is outside the limits of claims.
    fn claim_problems(self, item: &LimitRangeItem) -> Vec<Problem<'_>> {
        let least = item.min.iter().filter_map(|(resource, min)| self.below(resource, min));
        let most = item.max.iter().filter_map(|(resource, max)| match self.amount(Side::Request, resource) {
            None => Some(self.missing(Side::Request, resource, "max", max)),
            Some(_) => self.higher(Side::Request, resource, max),
        });
        least.chain(most).collect()
    }

    fn below<'i>(self, resource: &'i str, min: &Quantity) -> Option<Problem<'i>> {
        if self.amount(Side::Request, resource).is_none() {
            return Some(self.missing(Side::Request, resource, "min", min));
        }
        self.lower(Side::Request, resource, min).or_else(|| self.lower(Side::Limit, resource, min))
    }

    fn above<'i>(self, resource: &'i str, max: &Quantity) -> Option<Problem<'i>> {
        if self.amount(Side::Limit, resource).is_none() {
            return Some(self.missing(Side::Limit, resource, "max", max));
        }
        self.higher(Side::Limit, resource, max).or_else(|| self.higher(Side::Request, resource, max))
    }

    fn lower<'i>(self, side: Side, resource: &'i str, min: &Quantity) -> Option<Problem<'i>> {
        let found = self.amount(side, resource).filter(|found| **found < *min)?;
        Some(self.beyond(side, resource, &found, ("below", "raise"), ("min", min)))
    }

    fn higher<'i>(self, side: Side, resource: &'i str, max: &Quantity) -> Option<Problem<'i>> {
        let found = self.amount(side, resource).filter(|found| **found > *max)?;
        Some(self.beyond(side, resource, &found, ("above", "lower"), ("max", max)))
    }

    fn ratio<'i>(self, resource: &'i str, ratio: &Quantity) -> Option<Problem<'i>> {
        let stated = |side| self.amount(side, resource).filter(|quantity| !quantity.is_zero());
        let (request, limit) = match (stated(Side::Request), stated(Side::Limit)) {
            (Some(request), Some(limit)) => (request, limit),
            (None, _) => return Some(self.missing(Side::Request, resource, "maxLimitRequestRatio", ratio)),
            (_, None) => return Some(self.missing(Side::Limit, resource, "maxLimitRequestRatio", ratio)),
        };
        limit.compare_to_ratio(&request, ratio).is_gt().then(|| {
            let what = format!(
                "{self} has the limit `{limit}` of {resource}, which is more than `{ratio}` times its request `{request}`, the ratio that is allowed by"
            );
            let text = (what, "lower the limit, or raise the request".to_owned());
            Problem { resource, side: Side::Limit, text, proposed: None }
        })
    }

    fn missing<'i>(self, side: Side, resource: &'i str, key: &str, bound: &Quantity) -> Problem<'i> {
        let word = side.word();
        let what = format!("{self} states no {word} of {resource}, which `{key}: {bound}` demands in");
        Problem { resource, side, text: (what, format!("state a {word}")), proposed: None }
    }

    fn beyond<'i>(
        self,
        side: Side,
        resource: &'i str,
        found: &Quantity,
        (how, remedy): (&str, &str),
        (key, bound): (&str, &Quantity),
    ) -> Problem<'i> {
        let word = side.word();
        let is_filled = match self {
            Self::Container(container) => container.filled().any(|filled| filled == (side, resource)),
            Self::Pod(_) | Self::Claim(_) => false,
        };
        let verb = if is_filled { "states none and gets" } else { "has" };
        let what =
            format!("{self} {verb} the {word} `{found}` of {resource}, which is {how} `{bound}`, the `{key}` of");
        let text = (what, format!("{remedy} it to `{bound}`"));
        Problem { resource, side, text, proposed: Some(bound.to_string()) }
    }
}
