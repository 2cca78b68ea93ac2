//! The options: the apps of a platform, their defaults and environments.
//!
//! Keys are in snake_case, as in the `apps.yaml` that people have.

mod app;
mod container;
mod entry;
mod environment;
mod helm;
mod ingress;
mod int_or_string;
mod keyed;
mod requirements;
mod scaling;
mod security;
mod serverless;
mod shared;
mod volume;

pub use app::{
    App, Concurrency, Job, Kind, Schedule, SecretMount, Service, ServiceType, Strategy, StrategyType, TaintEffect,
    Toleration,
};
pub use container::{
    Container, EnvFrom, EnvFromType, EnvRef, EnvSource, ExtraContainer, Gpu, ImagePullPolicy, Port, Probe, ProbeType,
    Probes, Protocol, Resources, Scheme,
};
pub use entry::{ENVIRONMENTS, Entry};
pub use environment::{Defaults, Environment, Keda, KedaHttpApi};
pub use helm::{Chart, HelmInstaller, HelmTarget};
pub use ingress::{Controller, Cors, Ingress, PathType, RateLimit, Timeouts, Tls};
pub use int_or_string::IntOrString;
pub use keyed::Keyed;
pub use scaling::{
    AntiAffinity, CronSchedule, PodDisruptionBudget, PreferredTerm, RequiredTerm, Scaling, ScalingType, Trigger,
};
pub use security::{
    AllowedSource, Capabilities, ContainerSecurityContext, FsGroupChangePolicy, NetworkPolicy, PodSecurityContext,
    SeccompProfile, SeccompType, Security, Visibility,
};
pub use serverless::Serverless;
pub use shared::Shared;
pub use volume::{AccessMode, KeyToPath, Medium, Mount, ProjectedSource, Volume, VolumeType};
