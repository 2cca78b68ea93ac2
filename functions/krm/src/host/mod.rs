//! The ways a host calls a function: by a `ResourceList` on standard input, as a kustomize exec plugin, or by a person
//! with files. Which one it is shows in how the program is called. Only this module writes standard output.

mod call;
mod delivery;
mod diff;
mod install;
mod manifests;
mod outcome;
mod work;

use std::io::{self, IsTerminal, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::ArgMatches;

pub use call::Call;
pub use delivery::{FINDINGS, append, print, say};
pub use outcome::{Outcome, one_line};

use crate::command_line::CommandLine;
use crate::docs;
use crate::function::Function;
use crate::program::{Program, Single};
use crate::subcommand::{Subcommand, TROUBLE};
use call::{Mode, called};
use delivery::deliver;
use outcome::{Failure, Prepared};

/// The `main` of a function's program.
pub fn main<F: Function>() -> ExitCode {
    main_of(&[&Single::<F>::new()])
}

/// The `main` of a program that is several in one. It is the one whose name or kind it is called by, else the one that
/// its first argument names, else the first.
pub fn main_of(programs: &[&dyn Program]) -> ExitCode {
    // The outcome reports a panic in one line.
    std::panic::set_hook(Box::new(|panic| *panic_place() = panic.location().map(ToString::to_string)));
    let is_plugin = std::env::var_os("KUSTOMIZE_PLUGIN_CONFIG_ROOT").is_some();
    let call = Call { arguments: std::env::args_os().collect(), is_plugin, stdin: None };
    let (line, call) = called(programs, call);
    let program = line.program();
    let mode = match Mode::of(&line, &call) {
        Ok(Mode::Command { command, arguments }) => return run_command(program, command, &arguments),
        Ok(mode) => mode,
        Err(outcome) => {
            let is_misuse = !outcome.succeeded && call.arguments.get(1).is_some_and(|word| line.has_command(word));
            let code = deliver(program, outcome);
            return if is_misuse { ExitCode::from(TROUBLE) } else { code };
        }
    };
    if mode.runs_function() {
        delivery::leave_trace();
    }
    let is_coloured = mode.is_diff() && delivery::has_colours();
    let mut outcome = match read_stdin(&mode) {
        Ok(stdin) => guarded(&line, programs, mode, stdin),
        Err(failure) => Prepared::failure(program, failure),
    };
    if is_coloured {
        outcome.stdout = diff::coloured(&outcome.stdout().collect::<String>()).into();
    }
    deliver(program, outcome)
}

/// Does what the call asks for, without touching the outside.
pub fn run<F: Function>(call: Call) -> Outcome {
    run_of(&[&Single::<F>::new()], call)
}

/// Does what the call asks a program of several for, without touching the outside. Its own subcommands work outside, and
/// are not run.
pub fn run_of(programs: &[&dyn Program], call: Call) -> Outcome {
    let (line, call) = called(programs, call);
    match Mode::of(&line, &call) {
        Ok(mode) => guarded(&line, programs, mode, call.stdin).whole(),
        Err(outcome) => outcome.whole(),
    }
}

/// What standard input holds, if the mode reads it and it is not a terminal.
fn read_stdin(mode: &Mode) -> Result<Option<Vec<u8>>, Failure> {
    if !mode.reads_stdin() || io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut stdin = Vec::new();
    match io::stdin().lock().read_to_end(&mut stdin) {
        Ok(_) => Ok(Some(stdin)),
        Err(error) => Err(Failure::input(format!("standard input cannot be read: {error}"))),
    }
}

/// Where the last panic was. Its text may quote the input, secrets included, and goes nowhere.
fn panic_place() -> MutexGuard<'static, Option<String>> {
    static PLACE: Mutex<Option<String>> = Mutex::new(None);
    PLACE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program has a fault.
fn fault() -> Failure {
    let place = panic_place().take().map(|place| format!(" at {place}")).unwrap_or_default();
    Failure::fault(format!("internal error{place}, nothing was written"))
}

/// A panic is a fault of the program. It must not leave half an output, and one line must report it.
fn guarded(line: &CommandLine<'_>, programs: &[&dyn Program], mode: Mode, stdin: Option<Vec<u8>>) -> Prepared {
    let outcome = catch_unwind(AssertUnwindSafe(|| run_mode(line, programs, mode, stdin)));
    outcome.unwrap_or_else(|_| Err(fault())).unwrap_or_else(|failure| Prepared::failure(line.program(), failure))
}

fn run_command(program: &dyn Program, command: &dyn Subcommand, arguments: &ArgMatches) -> ExitCode {
    catch_unwind(AssertUnwindSafe(|| command.run(arguments))).unwrap_or_else(|_| {
        deliver(program, Prepared::failure(program, fault()));
        ExitCode::from(TROUBLE)
    })
}

fn run_mode(
    line: &CommandLine<'_>,
    programs: &[&dyn Program],
    mode: Mode,
    stdin: Option<Vec<u8>>,
) -> Result<Prepared, Failure> {
    let program = line.program();
    match mode {
        Mode::Schema => {
            let schema = serde_json::to_string_pretty(&docs::schema_of(program)).unwrap_or_default();
            Ok(Prepared::answer(schema + "\n"))
        }
        Mode::Explain { rule: None } => Ok(Prepared::answer(docs::rules_list(program))),
        Mode::Explain { rule: Some(id) } => {
            docs::explanation(program, &id).map(Prepared::answer).map_err(Failure::input)
        }
        Mode::Install { directory } => install::install(program, programs, &directory),
        Mode::Completion { shell } => Ok(Prepared::answer(line.completion(shell))),
        Mode::Man { directory: None } => Ok(Prepared::answer(line.man_page())),
        Mode::Man { directory: Some(directory) } => install::write_files(&line.man_pages(), &directory),
        Mode::List => match stdin {
            Some(stdin) => work::run_list(program, stdin),
            None => Ok(Prepared::answer(line.short_help())),
        },
        Mode::Plugin { config } => work::run_plugin(program, &config, stdin.unwrap_or_default()),
        Mode::Files { config, files, is_diff, arguments } => {
            let (config, words) = (config.as_deref(), || line.words());
            let request = work::Request { config, files: &files, is_diff, arguments: &arguments, words: &words };
            work::run_files(program, &request, stdin)
        }
        Mode::Command { .. } => {
            Err(Failure::fault("a subcommand works outside, and is only run by the program itself"))
        }
    }
}
