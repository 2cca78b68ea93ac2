//! A Pipeline in a file, for repositories that wire no function.

use std::path::Path;

use krm::host::{self, Call, Outcome};
use krm::rule::{CommonRule, RuleSet};
use repository::Adapted;

use crate::functions::pipeline;

/// Gives manifests to the functions of a Pipeline.
///
/// # Errors
/// A file that cannot be read, or whose config cannot be used for any manifests.
pub(crate) fn adapt(file: &Path) -> Result<impl Fn(String) -> Adapted + Sync + use<>, String> {
    let file = file.to_owned();
    // A config is held against its schema before any object is looked at.
    let probed = run(&file, PROBE.to_owned());
    let of_config = [CommonRule::InvalidConfig.rule(), CommonRule::InvalidInput.rule()];
    match probed.findings.iter().find(|(_, finding)| of_config.contains(&finding.rule())) {
        Some((_, finding)) => Err(format!("{}: {}", file.display(), finding.message())),
        None => Ok(move |manifests| adapted(run(&file, manifests))),
    }
}

/// An object that no function has to do with.
const PROBE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: probe\n";

fn run(file: &Path, manifests: String) -> Outcome {
    let pipeline = pipeline();
    let arguments = vec![pipeline.name.into(), "--config".into(), file.into(), "-".into()];
    let call = Call { arguments, stdin: Some(manifests.into_bytes()), ..Call::default() };
    host::run_of(&[&pipeline], call)
}

fn adapted(outcome: Outcome) -> Adapted {
    let findings = outcome.findings.iter().map(|(function, finding)| finding.report(function)).collect();
    let failed = || "functions of the Pipeline report errors".to_owned();
    Adapted { manifests: outcome.succeeded.then_some(outcome.stdout).ok_or_else(failed), findings }
}
