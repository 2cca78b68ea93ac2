//! What a sealed value is bound to.
//!
//! Source: sealed-secrets `pkg/apis/sealedsecrets/v1alpha1`: `SecretScope`, `EncryptionLabel`, and the annotations.

use std::fmt;

use serde_json::Value;

/// The annotation that makes every value of the object fit every name in its namespace.
pub(super) const NAMESPACE_WIDE: &str = "sealedsecrets.bitnami.com/namespace-wide";
/// The annotation that makes every value of the object fit everywhere.
pub(super) const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";

/// How far the values of an object may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// They fit one name in one namespace.
    Strict,
    /// They fit every name in one namespace.
    NamespaceWide,
    /// They fit everywhere.
    ClusterWide,
}

impl Scope {
    /// The scope that annotations give: only `"true"` counts, and cluster-wide wins. A boolean is refused elsewhere.
    pub(super) fn of(annotations: &Value) -> Self {
        let is_on = |annotation: &str| annotations[annotation] == "true" || annotations[annotation] == true;
        if is_on(CLUSTER_WIDE) {
            Self::ClusterWide
        } else if is_on(NAMESPACE_WIDE) {
            Self::NamespaceWide
        } else {
            Self::Strict
        }
    }

    /// The annotation that asks for this scope.
    pub(super) fn annotation(self) -> Option<&'static str> {
        match self {
            Self::Strict => None,
            Self::NamespaceWide => Some(NAMESPACE_WIDE),
            Self::ClusterWide => Some(CLUSTER_WIDE),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Strict => "strict",
            Self::NamespaceWide => "namespace-wide",
            Self::ClusterWide => "cluster-wide",
        })
    }
}

/// What a value was or will be bound to. It goes into the encryption, so another one cannot open the value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label {
    pub(super) scope: Scope,
    /// Empty if the object names none.
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Label {
    pub(super) fn new(scope: Scope, namespace: &str, name: &str) -> Self {
        Self { scope, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The bytes that go into the encryption.
    pub(super) fn text(&self) -> String {
        match self.scope {
            Scope::Strict => format!("{}/{}", self.namespace, self.name),
            Scope::NamespaceWide => self.namespace.clone(),
            Scope::ClusterWide => String::new(),
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scope {
            Scope::Strict => write!(formatter, "`{}/{}`", self.namespace, self.name),
            Scope::NamespaceWide => write!(formatter, "any name in namespace `{}`", self.namespace),
            Scope::ClusterWide => formatter.write_str("any name and namespace"),
        }
    }
}
