//! An app of an environment: its config, and what names its objects.

use krm::field::FieldPath;
use serde_json::{Value, json};

use crate::config::{App, Kind, Port, ScalingType, VolumeType};
use crate::fields::Fields;
use crate::target::Target;

/// An app with its name and its place in the config.
#[derive(Debug, Clone)]
pub struct NamedApp {
    /// Its name, which its workload and its Service have.
    pub name: String,
    /// What it is a part of: a compose project, a serverless entry, or itself. Pods of one group may reach each other.
    pub group: String,
    /// Where the config has it, as `spec.apps.web`.
    pub place: FieldPath,
    /// Its config, for the environment.
    pub app: App,
}

/// How many pods an app has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replicas {
    /// So many.
    Fixed(u32),
    /// Something decides it.
    Scaled {
        /// The least number.
        min: u32,
        /// The greatest number.
        max: u32,
    },
}

impl Replicas {
    pub(crate) fn min(self) -> u32 {
        match self {
            Self::Fixed(count) | Self::Scaled { min: count, .. } => count,
        }
    }

    pub(crate) fn max(self) -> u32 {
        match self {
            Self::Fixed(count) | Self::Scaled { max: count, .. } => count,
        }
    }
}

/// The greatest number of pods where the config gives none.
const MAX_INSTANCES: u32 = 10;

impl NamedApp {
    /// Where the config has a field of the app.
    pub(crate) fn at(&self, field: &str) -> FieldPath {
        field.split('.').fold(self.place.clone(), |place, key| place.key(key))
    }

    pub(crate) fn namespace<'a>(&'a self, target: &Target<'a>) -> Option<&'a str> {
        self.app.namespace.as_deref().or(target.spec.defaults.namespace.as_deref())
    }

    /// The labels by which its pods are found. They never change: the API server refuses that.
    pub(crate) fn selector(&self) -> Value {
        json!({"app.kubernetes.io/instance": self.group, "app.kubernetes.io/name": self.name})
    }

    /// The labels of its objects.
    pub(crate) fn labels(&self) -> Fields {
        let given = self.app.labels.iter().fold(Fields::new(), |fields, (key, value)| fields.with(key, value.as_str()));
        given.with("app.kubernetes.io/instance", self.group.as_str()).with("app.kubernetes.io/name", self.name.as_str())
    }

    /// The metadata of one of its objects in its namespace.
    pub(crate) fn metadata(&self, target: &Target<'_>, name: &str) -> Fields {
        Fields::new().with("name", name).maybe("namespace", self.namespace(target)).with("labels", self.labels())
    }

    /// The kinds whose pods come and go with the number of replicas.
    pub(crate) fn has_replicas(&self) -> bool {
        matches!(self.app.kind, Kind::Deployment | Kind::StatefulSet)
    }

    /// How many pods it has.
    pub(crate) fn replicas(&self) -> Replicas {
        let scaling = &self.app.scaling;
        let given = scaling.min_instances.or(self.app.replicas);
        let max = scaling.max_instances.unwrap_or(MAX_INSTANCES);
        match scaling.kind {
            ScalingType::None => Replicas::Fixed(given.unwrap_or(1)),
            ScalingType::Hpa => Replicas::Scaled { min: given.unwrap_or(1), max },
            ScalingType::KedaHttp | ScalingType::KedaQueue | ScalingType::KedaCron => {
                Replicas::Scaled { min: given.unwrap_or(0), max }
            }
        }
    }

    /// The ports of all containers that run beside each other, with their names.
    pub(crate) fn ports(&self) -> Vec<(&str, &Port)> {
        let sidecars = self.app.sidecars.iter().flat_map(|(_, sidecar)| sidecar.container.ports.iter());
        self.app.container.ports.iter().chain(sidecars).collect()
    }

    /// Whether it has a Service.
    pub(crate) fn has_service(&self) -> bool {
        let is_needed = !self.ports().is_empty() && !matches!(self.app.kind, Kind::CronJob | Kind::Job);
        self.app.service.enabled.unwrap_or(is_needed || self.app.kind == Kind::StatefulSet)
    }

    /// Whether its name leads to the pods themselves.
    pub(crate) fn is_headless(&self) -> bool {
        self.app.service.headless.unwrap_or(self.app.kind == Kind::StatefulSet) || self.ports().is_empty()
    }

    /// Whether a claim of its own or another's can be mounted on one node only.
    pub(crate) fn has_claim_of_one_node(&self) -> bool {
        self.app.volumes.iter().any(|(_, volume)| volume.kind == VolumeType::Pvc && volume.is_of_one_node())
    }

    /// Whether pods are made without a Service account of their own name.
    pub(crate) fn service_account(&self) -> Option<&str> {
        self.app.security.service_account.as_deref()
    }

    /// Whether it is exposed by an Ingress.
    pub(crate) fn is_exposed(&self) -> bool {
        self.app.ingress.as_ref().is_some_and(|ingress| ingress.enabled.unwrap_or(true))
    }
}
