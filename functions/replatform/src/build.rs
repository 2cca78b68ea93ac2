//! `replatform build`: a build by kustomize whose findings are seen, and which starts no program but the functions.
//!
//! kustomize from 5.4 on hides what a plugin says when it succeeds, and finds plugins by a path that the repository can
//! lead out of the directory of plugins. So this program reads the findings from a file and prints them, refuses types
//! that are such paths, and has the kernel refuse every other program.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use repository::kustomize::{self, Kustomize, Request};
use repository::{Home, confinement, findings, types, with_an_object};

use crate::BUILD;

const DETAILS: &str = "\
Runs `kustomize build`, or `kubectl kustomize` where kustomize is not on PATH, with --enable-alpha-plugins. The manifests go
to standard output, all of them or none. What the functions found goes to standard error, a line each, also where the build
succeeds; it is added to the file REPLATFORM_FINDINGS, if that is set. The exit code is 1, and nothing is printed, if the
build fails or has no object: hosts delete what a build does not name.

KUSTOMIZE_PLUGIN_HOME is where the functions are. Without it, it is the directory of this program, if `replatform install`
made that.

kustomize takes `apiVersion` and `kind` of a config for a path, in which a repository can write `..`. This program refuses
that in every file that the kustomization names. What is only made by the build, by a patch, a replacement or a remote base,
meets the kernel: it starts kustomize, the programs in KUSTOMIZE_PLUGIN_HOME and those that --allow names, and no other. That
is Landlock, in Linux from 5.13 on; where the kernel does not have it, this program fails. What is allowed, a repository can
start, with arguments of its own after the first. Never allow a shell or another interpreter where repositories are not
trusted. A kustomize that is linked dynamically can also load a Go plugin (KIND.so), which the kernel does not see as a
program; the released ones are static and cannot.";

/// Whether the arguments, the program's name first, ask for a build. Under the name of a function they never do.
pub fn is_meant_by(arguments: &[OsString]) -> bool {
    let called_as = arguments.first().map(Path::new).and_then(Path::file_name);
    let is_function = |name| crate::FUNCTIONS.iter().any(|function| name == function.name() || name == function.kind());
    arguments.get(1).is_some_and(|argument| argument == BUILD.0) && !called_as.is_some_and(is_function)
}

/// Builds as the arguments say, the program's name first.
pub fn main(arguments: &[OsString]) -> ExitCode {
    match command().try_get_matches_from(&arguments[1..]) {
        Ok(matches) => run(&Call::from(&matches)),
        Err(answer) => {
            let _ = answer.print();
            if answer.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
    }
}

fn run(call: &Call) -> ExitCode {
    match build(call).and_then(|manifests| print(&manifests)) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Own(reason)) => tell(&format!("replatform: error: {reason}\n")),
        Err(Failure::OfKustomize) => {}
    }
    ExitCode::FAILURE
}

fn command() -> Command {
    Command::new(BUILD.0)
        .bin_name("replatform build")
        .about(BUILD.1)
        .after_help(DETAILS)
        .arg(
            Arg::new("directory")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .default_value(".")
                .help("The directory of the kustomization"),
        )
        .arg(
            Arg::new("allow")
                .long("allow")
                .value_name("PROGRAM")
                .value_parser(value_parser!(PathBuf))
                .action(ArgAction::Append)
                .help("Let the build start this program too, which is on PATH or a path: helm, git, docker"),
        )
        .arg(
            Arg::new("unconfined")
                .long("unconfined")
                .action(ArgAction::SetTrue)
                .help("Let the build start any program; only where every repository is trusted"),
        )
        .arg(
            Arg::new("arguments")
                .value_name("KUSTOMIZE ARGS")
                .value_parser(value_parser!(OsString))
                .num_args(0..)
                .last(true)
                .help("Further arguments of kustomize"),
        )
}

/// What is asked for.
struct Call {
    directory: PathBuf,
    allowed: Vec<PathBuf>,
    is_unconfined: bool,
    arguments: Vec<OsString>,
}

impl From<&ArgMatches> for Call {
    fn from(matches: &ArgMatches) -> Self {
        let all = |name| matches.get_many::<PathBuf>(name).into_iter().flatten().cloned().collect();
        Self {
            directory: matches.get_one("directory").cloned().unwrap_or_default(),
            allowed: all("allow"),
            is_unconfined: matches.get_flag("unconfined"),
            arguments: matches.get_many("arguments").into_iter().flatten().cloned().collect(),
        }
    }
}

/// Why there are no manifests.
enum Failure {
    /// kustomize has told.
    OfKustomize,
    /// What is to be told.
    Own(String),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Own(reason)
    }
}

/// The manifests, once the findings are told.
fn build(call: &Call) -> Result<String, Failure> {
    types::check(&call.directory)?;
    let kustomize = Kustomize::find()?;
    let home = Home::installed()?;
    let programs = kustomize.starts(&home, &call.allowed)?;
    if !call.is_unconfined {
        confinement::confine(&programs, None)?;
    }
    let file = findings::File::new()?;
    let built = kustomize.build(&Request {
        directory: &call.directory,
        arguments: &call.arguments,
        home: &home,
        findings: file.path(),
        scratch: None,
        time_limit: None,
    })?;
    tell(&built.stderr);
    tell(&file.lines_besides(&built.stderr)?);
    file.hand_on()?;
    match built.manifests {
        Some(manifests) => Ok(with_an_object(manifests)?),
        None => Err(kustomize::refusal_in(&built.stderr, &programs).map_or(Failure::OfKustomize, Failure::Own)),
    }
}

fn tell(text: &str) {
    // There is no way to report that standard error is closed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::Own(format!("standard output cannot be written: {error}")))
}
