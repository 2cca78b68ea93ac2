//! What came of the build of a root.

use std::path::PathBuf;

use krm::finding::Report;

use crate::adaptation::Adaptation;
use crate::skippable::Skippable;

/// A kustomization that is built by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root {
    /// Its directory, from that of the repository: `overlay/production/web`.
    pub directory: PathBuf,
    /// The Argo CD Applications and ApplicationSets that build it: `Application argocd/web`.
    pub applications: Vec<String>,
}

/// What came of the build of a root.
#[derive(Debug, Clone)]
pub struct Built {
    /// What was built.
    pub root: Root,
    /// The manifests without the work of the functions; `None` if they were not asked for, or cannot be built.
    pub before: Option<String>,
    /// The manifests, or what was said of why there are none.
    pub manifests: Result<String, String>,
    /// Whether functions worked on it; if there are no manifests, as far as files tell.
    pub adaptation: Adaptation,
    /// The functions that hosts without `--enable-exec` skip in silence.
    pub skippable: Vec<Skippable>,
    /// What the functions found, in their order.
    pub findings: Vec<Report>,
}
