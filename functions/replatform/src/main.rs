//! All functions in one program, and several of them in one call.

use std::process::ExitCode;

fn main() -> ExitCode {
    let pipeline = replatform::pipeline();
    let mut programs: Vec<&dyn krm::program::Program> = vec![&pipeline];
    programs.extend(replatform::FUNCTIONS.iter().copied());
    krm::host::main_of(&programs)
}
