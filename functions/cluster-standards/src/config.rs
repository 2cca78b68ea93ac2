//! The options.

use std::collections::BTreeMap;

use krm::config::ConfigError;
use krm::field::FieldPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// What holds in namespaces whose objects are not in the build, by the name of the namespace or a pattern in which `*`
    /// is any text. Of several entries that fit a namespace, the one with the most letters counts for each of its keys. An
    /// object of the build beats the config.
    pub namespaces: BTreeMap<String, NamespaceSpec>,
    /// The PriorityClasses of the cluster that are not in the build, by name, with their values, as `production: 100000`. If
    /// there are any, a class that is neither here nor in the build is an error. Those that Kubernetes brings are known.
    pub priority_classes: BTreeMap<String, i32>,
    /// How Prometheus finds the monitors and rules of the build. A Prometheus in the build beats it.
    pub prometheus: Prometheus,
    /// What is written into the objects where they lack it. Nothing by default.
    pub complete: Vec<Completion>,
}

/// What holds in a namespace.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NamespaceSpec {
    /// The PriorityClass of its pods, as `production`.
    pub priority_class: Option<String>,
}

/// How Prometheus finds monitors and rules.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Prometheus {
    /// The labels that it selects ServiceMonitors, PodMonitors, Probes, ScrapeConfigs and PrometheusRules by, as `release:
    /// kube-prometheus-stack`; `{}` if it selects all of them. If they are not given, it is taken for one of
    /// kube-prometheus-stack, which selects by the label `release` with the name of its Helm release.
    pub labels: Option<BTreeMap<String, String>>,
    /// Labels that PrometheusRules need besides, as `role: alert-rules`.
    pub rule_labels: BTreeMap<String, String>,
    /// The namespaces that it looks at, by name or by a pattern in which `*` is any text. All of them if there is none.
    pub namespaces: Vec<String>,
}

/// Something that the function writes if it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Completion {
    /// `priorityClassName` of pods that name none: that of the environment.
    PriorityClassName,
    /// PodDisruptionBudgets for workloads of two pods and more that have none: one pod may go at a time.
    PodDisruptionBudgets,
    /// The labels by which Prometheus selects monitors and rules. Without `prometheus.labels` that is `release:
    /// kube-prometheus-stack`.
    MonitorLabels,
}

impl Spec {
    /// Whether the function writes something.
    pub(crate) fn completes(&self, what: Completion) -> bool {
        self.complete.contains(&what)
    }

    /// # Errors
    /// What no schema can say.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        for (pattern, _) in &self.namespaces {
            if pattern.is_empty() {
                return Err(ConfigError::new(FieldPath::from("spec.namespaces").key(pattern), "names no namespace"));
            }
        }
        Ok(())
    }
}
