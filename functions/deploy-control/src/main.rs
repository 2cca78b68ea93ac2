//! Applies the gates of deployment to the Applications of Argo CD.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<deploy_control::DeployControl>()
}
