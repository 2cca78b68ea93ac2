//! Label selectors.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use serde_json::Value;

/// Labels of a pod, a Service or a namespace.
pub(crate) type Labels = BTreeMap<String, String>;

/// A label selector that can be compared and sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Selector {
    labels: Labels,
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Requirement {
    key: String,
    operator: String,
    values: Vec<String>,
}

impl Selector {
    /// The pods of this build that carry these labels. kustomize adds the labels of an outer overlay to this form,
    /// just as it adds them to the pods.
    pub(crate) fn of_build(labels: Labels) -> Self {
        Self { labels, requirements: Vec::new() }
    }

    /// The pods that carry these labels and that this build does not make. kustomize must not add labels of an outer
    /// overlay here, and never does to expressions.
    pub(crate) fn of_others(labels: &Labels) -> Self {
        let requirement = |(key, value): (&String, &String)| Requirement {
            key: key.clone(),
            operator: "In".to_owned(),
            values: vec![value.clone()],
        };
        Self { labels: Labels::new(), requirements: labels.iter().map(requirement).collect() }
    }

    /// The selector that stands in a manifest.
    pub(crate) fn from_value(value: &Value) -> Self {
        let strings = |value: &Value| {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let requirement = |value: &Value| {
            Some(Requirement {
                key: value["key"].as_str()?.to_owned(),
                operator: value["operator"].as_str()?.to_owned(),
                values: strings(&value["values"]),
            })
        };
        let mut requirements: Vec<_> =
            value["matchExpressions"].as_array().into_iter().flatten().filter_map(requirement).collect();
        requirements.sort();
        Self { labels: labels_of(&value["matchLabels"]), requirements }
    }

    /// Whether it selects everything.
    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.requirements.is_empty()
    }

    /// Whether it selects what carries these labels.
    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// Labels that everything selected carries: where to look for it.
    pub(crate) fn required_labels(&self) -> impl Iterator<Item = (&String, &String)> {
        self.labels.iter().chain(self.requirements.iter().filter_map(|requirement| {
            match (requirement.operator.as_str(), requirement.values.as_slice()) {
                ("In", [value]) => Some((&requirement.key, value)),
                _ => None,
            }
        }))
    }
}

impl Requirement {
    fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

impl From<&Selector> for LabelSelector {
    fn from(selector: &Selector) -> Self {
        let requirement = |requirement: &Requirement| LabelSelectorRequirement {
            key: requirement.key.clone(),
            operator: requirement.operator.clone(),
            values: Some(requirement.values.clone()).filter(|values| !values.is_empty()),
        };
        Self {
            match_labels: Some(selector.labels.clone()).filter(|labels| !labels.is_empty()),
            match_expressions: Some(selector.requirements.iter().map(requirement).collect::<Vec<_>>())
                .filter(|requirements| !requirements.is_empty()),
        }
    }
}

/// The labels that stand in a manifest.
pub(crate) fn labels_of(value: &Value) -> Labels {
    let labels = value.as_object().into_iter().flatten();
    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
