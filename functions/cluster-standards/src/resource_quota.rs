//! ResourceQuotas: what they say, which pods they are about, and whether the API server takes them.
//!
//! Source: kubernetes pkg/apis/core/validation/validation.go, `ValidateResourceQuotaSpec`; pkg/apis/core/helper/helpers.go;
//! pkg/quota/v1/evaluator/core/pods.go, `podMatchesScopeFunc`.

use std::borrow::Cow;

use krm::field::FieldPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::amounts::Amounts;

/// The `spec` of a ResourceQuota.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceQuotaSpec {
    /// The most of each resource that the namespace can have.
    pub hard: Amounts,
    /// The pods that it is about, as `NotTerminating`; all if empty.
    pub scopes: Vec<String>,
    /// The pods that it is about, by expressions; all if empty.
    pub scope_selector: ScopeSelector,
}

/// Expressions about pods, which must all hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeSelector {
    /// The expressions.
    pub match_expressions: Vec<ScopeExpression>,
}

/// An expression about pods.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeExpression {
    /// What it is about, as `PriorityClass`.
    pub scope_name: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values of `In` and `NotIn`.
    pub values: Vec<String>,
}

/// What a pod is, for the scopes of a quota.
#[derive(Debug)]
pub(crate) struct PodFacts {
    /// Whether it says how long it may run.
    has_deadline: bool,
    /// The PriorityClass that it names.
    class: Option<String>,
    /// Whether its affinity is about pods of other namespaces.
    names_other_namespaces: bool,
    /// Whether it asks for no CPU and no memory.
    is_best_effort: bool,
}

impl PodFacts {
    /// What the fields of its `spec` say.
    pub(crate) fn of<'v>(field: impl Fn(&'static str) -> Cow<'v, Value>, is_best_effort: bool) -> Self {
        Self {
            has_deadline: field("activeDeadlineSeconds").as_i64().is_some_and(|seconds| seconds >= 0),
            class: field("priorityClassName").as_str().filter(|class| !class.is_empty()).map(str::to_owned),
            names_other_namespaces: names_other_namespaces(&field("affinity")),
            is_best_effort,
        }
    }
}

/// The scopes of pods. Claims have one of their own, `VolumeAttributesClass`.
const POD_SCOPES: [&str; 6] =
    ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"];
const CLAIM_SCOPE: &str = "VolumeAttributesClass";
const COMPUTE: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
const STORAGE: [&str; 2] = ["persistentvolumeclaims", "requests.storage"];
/// Whole numbers, and no amounts.
const COUNTS: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
const OTHERS: [&str; 5] =
    ["ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "requests.storage", "services"];

/// Whether the API server knows a key that has no `/` in it.
fn is_known(key: &str) -> bool {
    let is_huge_page = key.strip_prefix("requests.").unwrap_or(key).starts_with("hugepages-");
    is_huge_page || [&COMPUTE[..], &COUNTS, &OTHERS].iter().any(|keys| keys.contains(&key))
}

impl ResourceQuotaSpec {
    /// The expressions that a pod must meet; a scope by name is one that must be there.
    fn expressions(&self) -> impl Iterator<Item = (&str, &str, &[String])> {
        let scopes = self.scopes.iter().map(|scope| (scope.as_str(), "Exists", &[][..]));
        let expressions = self.scope_selector.match_expressions.iter();
        scopes.chain(expressions.map(|one| (one.scope_name.as_str(), one.operator.as_str(), one.values.as_slice())))
    }

    /// Whether it has any scope, so that it is about pods alone, or claims alone.
    pub(crate) fn has_scopes(&self) -> bool {
        self.expressions().next().is_some()
    }

    /// Whether it is about a pod.
    pub(crate) fn is_about(&self, pod: &PodFacts) -> bool {
        self.expressions().all(|(scope, operator, values)| meets(pod, scope, operator, values))
    }

    /// Why the API server refuses it: the field below `spec`, and what is wrong with it.
    pub(crate) fn problems(&self) -> Vec<(FieldPath, String)> {
        let mut problems = Vec::new();
        for (key, quantity) in self.hard.iter() {
            let problem = if !key.contains('/') && !is_known(key) {
                Some("is no resource that a quota knows; correct it".to_owned())
            } else if quantity.is_negative() {
                Some(format!("`{quantity}` is less than nothing; give it more"))
            } else if COUNTS.contains(&key) && !quantity.is_whole() {
                Some(format!("`{quantity}` must be a whole number; round it"))
            } else {
                None
            };
            problems.extend(problem.map(|problem| (FieldPath::from("hard").key(key), problem)));
        }
        problems.extend(self.scope_problem().map(|problem| {
            let field = if self.scopes.is_empty() { "scopeSelector" } else { "scopes" };
            (FieldPath::from(field), problem)
        }));
        problems
    }

    fn scope_problem(&self) -> Option<String> {
        let scopes: Vec<_> = self.expressions().map(|(scope, ..)| scope).collect();
        for (scope, operator, values) in self.expressions() {
            if !POD_SCOPES.contains(&scope) && scope != CLAIM_SCOPE {
                return Some(format!(
                    "`{scope}` is no scope; it is one of {}, or `{CLAIM_SCOPE}`",
                    listed(&POD_SCOPES)
                ));
            }
            let needs_values = matches!(operator, "In" | "NotIn");
            if needs_values == values.is_empty()
                || (scope != "PriorityClass" && scope != CLAIM_SCOPE && operator != "Exists")
            {
                return Some(format!(
                    "the operator `{operator}` does not go with the scope `{scope}` and its values; `In` and `NotIn` need values, `Exists` has none"
                ));
            }
            if let Some(key) = self.hard.resources().find(|key| is_known(key) && !is_valid_in(scope, key)) {
                return Some(format!("the scope `{scope}` does not go with `{key}`; put that into a quota of its own"));
            }
        }
        let pairs = [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")];
        let both = pairs.into_iter().find(|(one, other)| scopes.contains(one) && scopes.contains(other));
        both.filter(|_| !self.scopes.is_empty())
            .map(|(one, other)| format!("`{one}` and `{other}` exclude each other; take one out"))
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Whether a quota with a scope can have a key. Source: `IsResourceQuotaScopeValidForResource`.
fn is_valid_in(scope: &str, key: &str) -> bool {
    match scope {
        "BestEffort" => key == "pods",
        CLAIM_SCOPE => STORAGE.contains(&key),
        _ => key == "pods" || COMPUTE.contains(&key),
    }
}

fn meets(pod: &PodFacts, scope: &str, operator: &str, values: &[String]) -> bool {
    let class = pod.class.as_ref();
    match scope {
        "Terminating" => pod.has_deadline,
        "NotTerminating" => !pod.has_deadline,
        "BestEffort" => pod.is_best_effort,
        "NotBestEffort" => !pod.is_best_effort,
        "PriorityClass" => match operator {
            "Exists" => class.is_some(),
            "DoesNotExist" => class.is_none(),
            "In" => class.is_some_and(|class| values.contains(class)),
            // As a label selector does: what is not there is not in the list.
            _ => class.is_none_or(|class| !values.contains(class)),
        },
        "CrossNamespacePodAffinity" => pod.names_other_namespaces,
        _ => false,
    }
}

fn names_other_namespaces(affinity: &Value) -> bool {
    let terms = ["podAffinity", "podAntiAffinity"].into_iter().flat_map(|kind| {
        let required = affinity[kind]["requiredDuringSchedulingIgnoredDuringExecution"].as_array();
        let preferred = affinity[kind]["preferredDuringSchedulingIgnoredDuringExecution"].as_array();
        let preferred = preferred.into_iter().flatten().map(|weighted| &weighted["podAffinityTerm"]);
        required.into_iter().flatten().chain(preferred)
    });
    terms.into_iter().any(|term| {
        !term["namespaceSelector"].is_null() || term["namespaces"].as_array().is_some_and(|names| !names.is_empty())
    })
}
