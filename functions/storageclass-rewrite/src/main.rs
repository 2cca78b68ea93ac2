//! Maps storage classes to those of another platform, wherever they are named, and reports what the new ones cannot do.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<storageclass_rewrite::StorageClassRewrite>()
}
