//! A Pipeline in a file, for repositories that wire no function.

use std::path::Path;

use krm::host::Outcome;
use repository::Adapted;

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

fn adapted(outcome: Outcome) -> Adapted {
    let findings = outcome.findings.iter().map(|(function, finding)| finding.report(function)).collect();
    let failed = || "functions of the Pipeline report errors".to_owned();
    Adapted { manifests: outcome.succeeded.then_some(outcome.stdout).ok_or_else(failed), findings }
}
