//! What differs between environments.

use crate::rule::Rule;

/// What a field is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// How many replicas there are.
    Replicas,
    /// What containers request and may use.
    Resources,
    /// The size of storage.
    StorageSize,
    /// The class of storage.
    StorageClass,
    /// On which nodes pods run, or before which others.
    Scheduling,
    /// What the config lists.
    Configured,
}

impl Aspect {
    /// The aspect of that name in the tables.
    pub(crate) fn of_name(name: &str) -> Self {
        match name {
            "replicas" => Self::Replicas,
            "resources" => Self::Resources,
            "storage size" => Self::StorageSize,
            "storage class" => Self::StorageClass,
            "scheduling" => Self::Scheduling,
            other => unreachable!("`{other}` is no aspect"),
        }
    }

    /// What messages call it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Replicas => "the number of replicas",
            Self::Resources => "resources",
            Self::StorageSize => "the size of storage",
            Self::StorageClass => "the storage class",
            Self::Scheduling => "scheduling",
            Self::Configured => "a field that `spec.forbidden` lists",
        }
    }

    /// The rule for a base that states it.
    pub(crate) fn in_base(self) -> Rule {
        match self {
            Self::Replicas => Rule::ReplicasInBase,
            Self::Resources => Rule::ResourcesInBase,
            Self::StorageSize | Self::StorageClass => Rule::StorageInBase,
            Self::Scheduling => Rule::SchedulingInBase,
            Self::Configured => Rule::ForbiddenInBase,
        }
    }

    /// The rule for an overlay that does not state it.
    pub(crate) fn not_stated(self) -> Rule {
        match self {
            Self::Replicas => Rule::ReplicasNotStated,
            Self::Resources => Rule::ResourcesNotStated,
            Self::StorageSize | Self::StorageClass => Rule::StorageNotStated,
            Self::Scheduling | Self::Configured => Rule::RequiredNotStated,
        }
    }

    /// A value that a message shows as an example.
    pub(crate) fn example(self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Self::Replicas => json!(2),
            Self::Resources => json!({"requests": {"cpu": "100m", "memory": "128Mi"}}),
            Self::StorageSize => json!("10Gi"),
            Self::StorageClass => json!("hcloud-volumes"),
            Self::Scheduling | Self::Configured => json!("VALUE"),
        }
    }
}
