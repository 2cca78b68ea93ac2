//! What is built by itself.

use std::path::PathBuf;

/// A kustomization that is built by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root {
    /// Its directory, from that of the repository: `overlay/production/web`.
    pub directory: PathBuf,
    /// The Argo CD Applications and ApplicationSets that build it: `Application argocd/web`.
    pub applications: Vec<String>,
}
