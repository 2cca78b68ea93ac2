//! Tells what is left of OpenShift and Google Cloud, and what the target cluster does not serve.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<platform_leftover_check::PlatformLeftoverCheck>()
}
