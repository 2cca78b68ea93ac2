//! LimitRanges: what they say, what the API fills in, and whether the API server takes them.
//!
//! Source: kubernetes pkg/apis/core/v1/defaults.go, `SetDefaults_LimitRangeItem`; pkg/apis/core/validation/validation.go,
//! `ValidateLimitRange`.

use std::collections::BTreeSet;

use krm::field::FieldPath;
use manifests::quantities::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amounts::Amounts;

/// The `spec` of a LimitRange.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitRangeSpec {
    /// What it says of each type, once a type.
    pub limits: Vec<LimitRangeItem>,
}

/// What a LimitRange says of a type.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitRangeItem {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The least that must be asked for.
    pub min: Amounts,
    /// The most that can be asked for. A limit must be stated, or come from `default`.
    pub max: Amounts,
    /// The limits of containers that state none; those of `max` where it says nothing.
    pub default: Amounts,
    /// The requests of containers that state neither; those of `default` and then of `min` where it says nothing.
    pub default_request: Amounts,
    /// How many times its request a limit may be.
    pub max_limit_request_ratio: Amounts,
}

pub(crate) const CONTAINER: &str = "Container";
pub(crate) const POD: &str = "Pod";
pub(crate) const CLAIM: &str = "PersistentVolumeClaim";

impl LimitRangeSpec {
    /// The same with what the API server fills in.
    pub(crate) fn defaulted(mut self) -> Self {
        for item in self.limits.iter_mut().filter(|item| item.kind == CONTAINER) {
            item.default.fill(&item.max);
            item.default_request.fill(&item.default);
            item.default_request.fill(&item.min);
        }
        self
    }

    /// What it says of a type.
    pub(crate) fn of<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s LimitRangeItem> {
        self.limits.iter().filter(move |item| item.kind == kind)
    }

    /// Why the API server refuses it: the field below `spec`, and what is wrong with it. It is asked with its defaults.
    pub(crate) fn problems(&self) -> Vec<(FieldPath, String)> {
        let mut kinds = BTreeSet::new();
        let mut problems = Vec::new();
        for (index, item) in self.limits.iter().enumerate() {
            let path = FieldPath::from("limits").index(index);
            let is_second = !kinds.insert(&item.kind);
            let problem = match item.kind.as_str() {
                CONTAINER | POD | CLAIM if is_second => {
                    Some(format!("`{}` is there twice; make one of the two", item.kind))
                }
                CONTAINER | POD | CLAIM => None,
                other => Some(format!("`{other}` is none of `{CONTAINER}`, `{POD}` and `{CLAIM}`; correct it")),
            };
            problems.extend(problem.map(|problem| (path.clone().key("type"), problem)));
            problems.extend(item.problems().into_iter().map(|(field, problem)| (path.clone().join(field), problem)));
        }
        problems
    }
}

impl LimitRangeItem {
    fn problems(&self) -> Vec<(FieldPath, String)> {
        let mut problems = Vec::new();
        if self.kind == POD {
            for (field, amounts) in [("default", &self.default), ("defaultRequest", &self.default_request)] {
                if !amounts.is_empty() {
                    let problem = "a pod has no defaults, only a `Container`; take it out".to_owned();
                    problems.push((FieldPath::from(field), problem));
                }
            }
        }
        if self.kind == CLAIM && !self.min.has("storage") && !self.max.has("storage") {
            problems.push((FieldPath::root(), "limits of claims need `storage` in `min` or `max`; add it".to_owned()));
        }
        for resource in self.resources() {
            problems.extend(self.disorder(resource));
            problems.extend(self.ratio_problem(resource));
        }
        problems
    }

    fn resources(&self) -> BTreeSet<&str> {
        let all = [&self.min, &self.max, &self.default, &self.default_request, &self.max_limit_request_ratio];
        all.into_iter().flat_map(Amounts::resources).collect()
    }

    /// An amount that must not be above another, and is.
    fn disorder(&self, resource: &str) -> Option<(FieldPath, String)> {
        let (min, max) = (("min", &self.min), ("max", &self.max));
        let (request, limit) = (("defaultRequest", &self.default_request), ("default", &self.default));
        // What is stated comes before what the API server fills in.
        let pairs = [(min, max), (limit, max), (request, limit), (min, limit), (min, request), (request, max)];
        let count = if self.kind == POD { 1 } else { pairs.len() };
        pairs.into_iter().take(count).find_map(|((lower, lower_amounts), (upper, upper_amounts))| {
            let (low, high) = (lower_amounts.get(resource)?, upper_amounts.get(resource)?);
            let problem = || {
                format!(
                    "`{low}` is above `{high}`, its `{upper}`; the order is `min`, `defaultRequest`, `default`, `max`"
                )
            };
            (low > high).then(|| (FieldPath::from(lower).key(resource), problem()))
        })
    }

    fn ratio_problem(&self, resource: &str) -> Option<(FieldPath, String)> {
        let ratio = self.max_limit_request_ratio.get(resource)?;
        let path = FieldPath::from("maxLimitRequestRatio").key(resource);
        if *ratio < Quantity::whole(1) {
            return Some((path, format!("`{ratio}` is less than `1`, so that no limit is allowed; give it more")));
        }
        let (min, max) = (self.min.get(resource)?, self.max.get(resource)?);
        let is_above = !min.is_zero() && max.compare_to_ratio(min, ratio).is_lt();
        is_above.then(|| (path, format!("`{ratio}` is more than `max`, `{max}`, is of `min`, `{min}`; give it less")))
    }
}
