//! Turns DeploymentConfigs of OpenShift into Deployments.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<deploymentconfig_to_deployment::DeploymentConfigToDeployment>()
}
