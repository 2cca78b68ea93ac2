//! A Pipeline in a file, for repositories that wire no function.

use std::path::Path;

use krm::host::{self, Call};
use krm::program::Program;
use repository::Adapted;

use crate::functions::{FUNCTIONS, pipeline};

/// Gives manifests to the functions of a Pipeline, or to the function whose config is in the file.
///
/// # Errors
/// A file that cannot be read, or whose config cannot be used.
pub(crate) fn adapt(file: &Path) -> Result<impl Fn(String) -> Adapted + Sync + use<>, String> {
    std::fs::metadata(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let file = file.to_owned();
    // A config is held against its schema before any object is looked at.
    let probe = adapted(&file, PROBE.to_owned());
    match probe.findings.iter().find(|finding| finding.rule == "invalid-config") {
        Some(finding) => Err(finding.message.clone()),
        None => Ok(move |manifests| adapted(&file, manifests)),
    }
}

/// An object that no function has to do with.
const PROBE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: probe\n";

fn adapted(file: &Path, manifests: String) -> Adapted {
    let pipeline = pipeline();
    let programs: Vec<&dyn Program> =
        std::iter::once(&pipeline as &dyn Program).chain(FUNCTIONS.iter().copied()).collect();
    let arguments = vec![pipeline.name().into(), "--config".into(), file.into(), "-".into()];
    let call = Call { arguments, stdin: Some(manifests.into_bytes()), ..Call::default() };
    let outcome = host::run_of(&programs, call);
    let findings = outcome.findings.iter().map(|(function, finding)| finding.report(function)).collect();
    let failed = || "functions found errors, which fail the build".to_owned();
    Adapted { manifests: outcome.succeeded.then_some(outcome.stdout).ok_or_else(failed), findings }
}
