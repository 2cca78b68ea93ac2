//! Stops builds with plain secrets or sealed secrets that cannot be unsealed.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<sealed_secret_check::SealedSecretCheck>()
}
