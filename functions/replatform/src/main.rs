//! All functions in one program, several of them in one call, and builds by kustomize that show what they found.

use std::ffi::OsString;
use std::process::ExitCode;

use replatform::build;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if build::is_meant_by(&arguments) {
        return build::main(&arguments);
    }
    let pipeline = replatform::pipeline();
    let mut programs: Vec<&dyn krm::program::Program> = vec![&pipeline];
    programs.extend(replatform::FUNCTIONS.iter().copied());
    krm::host::main_of(&programs)
}
