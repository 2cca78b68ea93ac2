//! All functions in one program, several of them in one call, and commands for repositories of kustomizations.

use std::process::ExitCode;

use krm::program::Program;

fn main() -> ExitCode {
    let pipeline = replatform::pipeline();
    let mut programs: Vec<&dyn Program> = vec![&pipeline];
    programs.extend(replatform::FUNCTIONS.iter().copied());
    krm::host::main_of(&programs)
}
