//! Maps storage classes to those of another platform, wherever their names stand, and says what the new ones cannot do.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<storageclass_rewrite::StorageClassRewrite>()
}
