//! All functions in one program, several of them in one call, and commands for repositories of kustomizations.

use std::process::ExitCode;

use krm::passing::Passing;
use krm::program::Program;

fn main() -> ExitCode {
    let pipeline = replatform::pipeline();
    let mut programs: Vec<&dyn Program> = vec![&pipeline];
    programs.extend(replatform::FUNCTIONS.iter().copied());
    if repository::passes_objects_on() {
        let passing: Vec<_> = programs.into_iter().map(Passing).collect();
        let programs: Vec<_> = passing.iter().map(|program| program as &dyn Program).collect();
        return krm::host::main_of(&programs);
    }
    krm::host::main_of(&programs)
}
