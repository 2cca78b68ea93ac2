//! The options.

use std::collections::BTreeMap;

use krm::config::ConfigError;
use krm::field::FieldPath;
use manifests::images::Prefix;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limit_range::LimitRangeSpec;

use crate::resource_quota::ResourceQuotaSpec;
use crate::security_level::{Level, Version};

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
    /// What must govern it: a LimitRange, a ResourceQuota, an enforced Pod Security level. Held against the Namespaces of the
    /// build.
    pub requires: Vec<Requirement>,
    /// The PriorityClass of its pods, as `production`.
    pub priority_class: Option<String>,
    /// The LimitRanges of the namespace, each as the `spec` of the object.
    pub limit_ranges: Vec<LimitRangeSpec>,
    /// The ResourceQuotas of the namespace, each as the `spec` of the object.
    pub resource_quotas: Vec<ResourceQuotaSpec>,
    /// The Pod Security levels of the namespace.
    pub pod_security: Option<PodSecuritySpec>,
    /// The pull secrets that images need, by registry or a part of one, as `ghcr.io: ghcr-secret`.
    pub pull_secrets: BTreeMap<String, String>,
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

/// Something that must govern a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Requirement {
    /// A LimitRange, in the build or in `limitRanges` of the config.
    LimitRange,
    /// A ResourceQuota, in the build or in `resourceQuotas` of the config.
    ResourceQuota,
    /// The label `pod-security.kubernetes.io/enforce` of the Namespace.
    PodSecurity,
}

/// Something that the function writes if it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Completion {
    /// `priorityClassName` of pods that name none: that of their namespace.
    PriorityClassName,
    /// PodDisruptionBudgets for workloads of two pods and more that have none: one pod may go at a time.
    PodDisruptionBudgets,
    /// The labels by which Prometheus selects monitors and rules. Without `prometheus.labels` that is `release:
    /// kube-prometheus-stack`.
    MonitorLabels,
    /// `imagePullSecrets` of pods whose images need one that neither they nor their ServiceAccount name.
    PullSecrets,
    /// `requests` and `limits` of containers that state none: those that the LimitRange gives them in the cluster. Where it
    /// is of the build or the config makes no difference in the cluster, but shows in Git and in Argo CD.
    Resources,
}

impl Spec {
    /// Whether the function writes something.
    pub(crate) fn completes(&self, what: Completion) -> bool {
        self.complete.contains(&what)
    }

    /// # Errors
    /// What no schema can say.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        for (pattern, entry) in &self.namespaces {
            entry.check(&FieldPath::from("spec.namespaces").key(pattern))?;
        }
        Ok(())
    }
}

impl NamespaceSpec {
    fn check(&self, option: &FieldPath) -> Result<(), ConfigError> {
        for (index, range) in self.limit_ranges.iter().enumerate() {
            let option = option.clone().key("limitRanges").index(index);
            first_problem(&option, range.clone().defaulted().problems())?;
        }
        for (index, quota) in self.resource_quotas.iter().enumerate() {
            first_problem(&option.clone().key("resourceQuotas").index(index), quota.problems())?;
        }
        for registry in self.pull_secrets.keys() {
            let option = option.clone().key("pullSecrets").key(registry);
            Prefix::parse(registry).map_err(|reason| ConfigError::new(option, format!("`{registry}` {reason}")))?;
        }
        Ok(())
    }
}

fn first_problem(option: &FieldPath, problems: Vec<(FieldPath, String)>) -> Result<(), ConfigError> {
    match problems.into_iter().next() {
        Some((field, problem)) => Err(ConfigError::new(option.clone().join(field), problem)),
        None => Ok(()),
    }
}

/// The Pod Security levels of a namespace, as its labels would say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PodSecuritySpec {
    /// The level that pods are refused below.
    pub enforce: Option<Level>,
    /// The level that whoever applies a workload below it is warned of.
    pub warn: Option<Level>,
    /// The version of the levels, as `v1.33`; `latest` by default.
    #[schemars(with = "String")]
    pub version: Version,
}
