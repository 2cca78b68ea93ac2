//! How many pods an app has, and what decides it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::int_or_string::IntOrString;
use super::requirements::required_once_merged;

/// How many pods an app has, and what decides it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scaling {
    /// What decides it; `none` if not given.
    #[serde(rename = "type")]
    pub kind: ScalingType,
    /// The least number of pods. 1 if not given, and 0 with KEDA.
    pub min_instances: Option<u32>,
    /// The greatest number of pods; 10 if not given.
    #[schemars(range(min = 1))]
    pub max_instances: Option<u32>,
    /// With `keda-http`: how many requests at a time make up the work of one pod; 100 if neither this nor
    /// `target_request_rate` is given.
    #[schemars(range(min = 1))]
    pub target_pending_requests: Option<u32>,
    /// With `keda-http`: how many requests a second make up the work of one pod.
    #[schemars(range(min = 1))]
    pub target_request_rate: Option<u32>,
    /// With `keda-http`: hosts inside of the cluster by which pods call the app, so that calls wake it.
    pub internal_hosts: Vec<String>,
    /// With `keda-queue`: what is waited for.
    pub trigger: Option<Trigger>,
    /// With `keda-cron`: the times at which pods run.
    pub schedules: Vec<CronSchedule>,
    /// With `hpa`: the share of the requested processor time that the pods use on average, in percent; 80 if neither this nor
    /// `target_memory_percent` is given.
    #[schemars(range(min = 1))]
    pub target_cpu_percent: Option<u32>,
    /// With `hpa`: the share of the requested memory that the pods use on average, in percent.
    #[schemars(range(min = 1))]
    pub target_memory_percent: Option<u32>,
    /// With KEDA: the seconds without work after which the last pod goes; 300 if not given.
    pub cooldown_period: Option<u32>,
    /// With KEDA: the seconds between two looks at a trigger; 30 if not given.
    #[schemars(range(min = 1))]
    pub polling_interval: Option<u32>,
    /// The seconds for which more pods must have been wanted; 0 if not given.
    #[schemars(range(min = 0, max = 3600))]
    pub scale_up_stabilization: Option<u32>,
    /// The seconds for which fewer pods must have been wanted; 300 if not given.
    #[schemars(range(min = 0, max = 3600))]
    pub scale_down_stabilization: Option<u32>,
}

/// What decides the number of pods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingType {
    /// Nothing: it is `replicas`, or `min_instances`.
    #[default]
    None,
    /// A HorizontalPodAutoscaler, by processor time and memory.
    Hpa,
    /// The HTTP add-on of KEDA, by requests. It can scale to zero.
    KedaHttp,
    /// KEDA, by the length of a queue or any other trigger. It can scale to zero.
    KedaQueue,
    /// KEDA, by the time of day. It can scale to zero.
    KedaCron,
}

/// A trigger of KEDA.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct Trigger {
    /// The scaler, as `redis`, `rabbitmq` or `kafka`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the scaler is told; all values are strings.
    pub metadata: BTreeMap<String, String>,
    /// The TriggerAuthentication with its credentials.
    #[serde(default)]
    pub authentication: Option<String>,
}

/// A time at which pods run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct CronSchedule {
    /// The IANA time zone, as `Europe/Berlin`.
    pub timezone: String,
    /// When it begins, as a cron expression.
    pub start: String,
    /// When it ends, as a cron expression. It must differ from `start`.
    pub end: String,
    /// How many pods run.
    #[schemars(range(min = 1))]
    pub desired_replicas: u32,
}

/// How many pods may be missing while nodes are drained. Exactly one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PodDisruptionBudget {
    /// How many pods must be there, as a number or a share.
    pub min_available: Option<IntOrString>,
    /// How many pods may be missing, as a number or a share.
    pub max_unavailable: Option<IntOrString>,
}

/// Nodes and zones that the pods of an app do not share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AntiAffinity {
    /// What is avoided where possible.
    pub preferred: Vec<PreferredTerm>,
    /// What is never done.
    pub required: Vec<RequiredTerm>,
}

/// What is avoided where possible.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct PreferredTerm {
    /// The label of nodes that tells what is shared, as `kubernetes.io/hostname`.
    pub topology_key: String,
    /// How much it counts; 100 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub weight: Option<u32>,
}

/// What is never done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct RequiredTerm {
    /// The label of nodes that tells what is shared, as `kubernetes.io/hostname`.
    pub topology_key: String,
}
