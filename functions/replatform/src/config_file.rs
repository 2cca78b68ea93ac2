//! Programs that are called with a config in a file.

use std::ffi::OsString;
use std::path::Path;

use krm::host::{self, Call, Outcome};
use krm::program::Program;
use krm::rule::{CommonRule, RuleSet};

/// An object that no function has to do with. Without any, a host does not come to read the config.
const PROBE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: probe\n";

/// What a program does with manifests.
pub(crate) fn run(program: &dyn Program, config: &Path, arguments: &[OsString], manifests: String) -> Outcome {
    let mut all = vec![program.name().into(), "--config".into(), config.into()];
    all.extend_from_slice(arguments);
    all.push("-".into());
    host::run_of(&[program], Call { arguments: all, stdin: Some(manifests.into_bytes()), ..Call::default() })
}

/// Holds a config against its schema before any object is looked at.
///
/// # Errors
/// What is wrong with a config that cannot be used for any manifests.
pub(crate) fn check(program: &dyn Program, config: &Path) -> Result<(), String> {
    let of_config = [CommonRule::InvalidConfig.rule(), CommonRule::InvalidInput.rule()];
    let probed = run(program, config, &[], PROBE.to_owned());
    let problem = probed.findings.iter().find(|(_, finding)| of_config.contains(&finding.rule()));
    problem.map_or(Ok(()), |(_, finding)| Err(finding.message().to_owned()))
}
