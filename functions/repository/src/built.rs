//! What came of the build of a root.

use krm::finding::Report;

use crate::adaptation::Adaptation;
use crate::root::Root;
use crate::skippable::Skippable;

/// What names have in them that a person is still to decide, as `init` writes them: the registry
/// `registry.to-be-decided.invalid`. No cluster has such a name, and no DNS.
pub const UNDECIDED: &str = "to-be-decided.invalid";

/// Why manifests are not to be deployed that hold such a name; none if they hold none.
pub fn undecided(manifests: &str) -> Option<String> {
    manifests.contains(UNDECIDED).then(|| {
        format!(
            "the manifests hold a name that is to be decided (`{UNDECIDED}`); write the right one into the function config that \
             has it"
        )
    })
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
