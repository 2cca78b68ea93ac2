//! Checks that bases leave to overlays what differs between environments, and that overlays state it.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<minimal_base_check::MinimalBaseCheck>()
}
