//! A Pipeline in a file, for repositories that wire no function.

use std::collections::BTreeSet;
use std::path::Path;

use krm::host::Outcome;
use krm::yaml::Tree;
use repository::{Adapted, kinds_of};

use crate::config_file;
use crate::functions::pipeline;

/// Gives manifests to the functions of a Pipeline.
///
/// # Errors
/// A file that cannot be read, or whose config cannot be used for any manifests.
pub(crate) fn adapt(file: &Path) -> Result<impl Fn(String) -> Adapted + Sync + use<>, String> {
    config_file::check(&pipeline(), file).map_err(|problem| format!("{}: {problem}", file.display()))?;
    let file = file.to_owned();
    Ok(move |manifests| adapted(config_file::run(&pipeline(), &file, &[], manifests)))
}

/// The kinds of the functions of a Pipeline.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn kinds(file: &Path) -> Result<BTreeSet<String>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let tree = Tree::parse(text).map_err(|error| format!("{} is not YAML: {error}", file.display()))?;
    let configs = tree.documents().iter().map(|document| tree.value(document.root));
    let kinds = configs.flat_map(|config| kinds_of(&config));
    Ok(kinds.collect())
}

fn adapted(outcome: Outcome) -> Adapted {
    let findings = outcome.findings.iter().map(|(function, finding)| finding.report(function)).collect();
    let failed = || "functions of the Pipeline report errors".to_owned();
    Adapted { manifests: outcome.succeeded.then_some(outcome.stdout).ok_or_else(failed), findings }
}
