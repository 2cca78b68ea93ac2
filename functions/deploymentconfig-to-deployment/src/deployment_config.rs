//! DeploymentConfigs as OpenShift reads them.
//!
//! Source: openshift/api apps/v1/types.go; openshift-apiserver pkg/apps/apis/apps/v1/defaults.go for the defaults.

use krm::resource_list::Item;
use krm::typed::{self, Malformed};
use manifests::selectors::Labels;
use serde::Deserialize;
use serde_json::Value;

/// The time for a rollout, in seconds, where nothing else is said.
pub(crate) const TIMEOUT: i64 = 600;

/// A DeploymentConfig, as far as it is read here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeploymentConfig {
    pub(crate) spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Spec {
    pub(crate) replicas: Option<i32>,
    pub(crate) selector: Option<Labels>,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) triggers: Option<Vec<Trigger>>,
    pub(crate) test: Option<bool>,
    pub(crate) paused: Option<bool>,
    pub(crate) min_ready_seconds: Option<i32>,
    pub(crate) revision_history_limit: Option<i32>,
    pub(crate) template: Option<Template>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Strategy {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) rolling_params: Option<Params>,
    pub(crate) recreate_params: Option<Params>,
    pub(crate) custom_params: Option<Value>,
    pub(crate) active_deadline_seconds: Option<i64>,
    pub(crate) labels: Option<Labels>,
    pub(crate) annotations: Option<Labels>,
}

/// The parameters of a strategy; only those of `Rolling` have a surge.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Params {
    pub(crate) timeout_seconds: Option<i64>,
    pub(crate) max_unavailable: Option<Amount>,
    pub(crate) max_surge: Option<Amount>,
    pub(crate) pre: Option<Value>,
    pub(crate) mid: Option<Value>,
    pub(crate) post: Option<Value>,
}

/// A number of pods, or a share of them as `25%`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(untagged, expecting = "it must be a number of pods, or a share as `25%`")]
pub(crate) enum Amount {
    Number(u32),
    Share(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Trigger {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) image_change_params: Option<ImageChangeParams>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageChangeParams {
    pub(crate) automatic: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Template {
    pub(crate) metadata: Option<Metadata>,
    pub(crate) spec: Option<PodSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metadata {
    pub(crate) labels: Option<Labels>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodSpec {
    pub(crate) restart_policy: Option<String>,
    pub(crate) active_deadline_seconds: Option<Value>,
}

/// How a DeploymentConfig rolls out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rollout {
    Rolling,
    Recreate,
    Custom,
}

impl DeploymentConfig {
    /// Reads a DeploymentConfig, and tells what does not fit.
    pub(crate) fn read(item: &Item) -> (Self, Vec<Malformed>) {
        typed::read(item.value())
    }

    /// The labels of the pods.
    pub(crate) fn pod_labels(&self) -> Labels {
        let metadata = self.spec.template.as_ref().and_then(|template| template.metadata.as_ref());
        metadata.and_then(|metadata| metadata.labels.clone()).unwrap_or_default()
    }

    /// How it rolls out; `None` if OpenShift knows no such strategy.
    pub(crate) fn rollout(&self) -> Option<Rollout> {
        match self.spec.strategy.as_ref().and_then(|strategy| strategy.kind.as_deref()) {
            None | Some("" | "Rolling") => Some(Rollout::Rolling),
            Some("Recreate") => Some(Rollout::Recreate),
            Some("Custom") => Some(Rollout::Custom),
            Some(_) => None,
        }
    }

    /// The parameters of the strategy that is in force.
    pub(crate) fn params(&self) -> Option<&Params> {
        let strategy = self.spec.strategy.as_ref()?;
        match self.rollout()? {
            Rollout::Rolling => strategy.rolling_params.as_ref(),
            Rollout::Recreate => strategy.recreate_params.as_ref(),
            Rollout::Custom => None,
        }
    }

    /// The time for a rollout, in seconds.
    pub(crate) fn timeout(&self) -> i64 {
        self.params().and_then(|params| params.timeout_seconds).unwrap_or(TIMEOUT)
    }

    /// What starts a rollout.
    pub(crate) fn start(&self) -> Start {
        let Some(triggers) = &self.spec.triggers else { return Start::Change };
        let is_automatic = |trigger: &Trigger| {
            trigger.kind == "ImageChange"
                && trigger.image_change_params.as_ref().and_then(|params| params.automatic) == Some(true)
        };
        if triggers.iter().any(|trigger| trigger.kind == "ConfigChange") {
            Start::Change
        } else if triggers.iter().any(is_automatic) {
            Start::Image
        } else {
            Start::Request
        }
    }
}

/// What starts a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// A change of the template.
    Change,
    /// A new image, and nothing else.
    Image,
    /// A person.
    Request,
}

impl Params {
    /// How many pods may be missing and how many there may be beyond the number, in a rolling update.
    pub(crate) fn amounts(&self) -> (Amount, Amount) {
        let quarter = || Amount::Share("25%".to_owned());
        match (&self.max_unavailable, &self.max_surge) {
            (None, None) => (quarter(), quarter()),
            (None, Some(surge)) => (if surge.is_zero() { quarter() } else { Amount::Number(0) }, surge.clone()),
            (Some(unavailable), None) => {
                (unavailable.clone(), if unavailable.is_zero() { quarter() } else { Amount::Number(0) })
            }
            (Some(unavailable), Some(surge)) => (unavailable.clone(), surge.clone()),
        }
    }
}

impl Amount {
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Number(number) => *number == 0,
            Self::Share(_) => self.percent() == Some(0),
        }
    }

    /// Whether the API server takes it.
    pub(crate) fn is_valid(&self) -> bool {
        matches!(self, Self::Number(_)) || self.percent().is_some()
    }

    /// The share in percent, if it is a share.
    pub(crate) fn percent(&self) -> Option<u32> {
        let Self::Share(share) = self else { return None };
        let digits = share.strip_suffix('%').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
        digits.parse().ok()
    }
}
