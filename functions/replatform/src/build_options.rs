//! What the commands that build many roots have in common: the arguments of builds, and the functions.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, ValueHint, value_parser};
use krm::host;
use repository::{Adapt, Coverage, Functions, Options, Repository};

use crate::build::{allow, unconfined};
use crate::functions::{pipeline, programs};
use crate::pipeline_file;

/// The arguments that say how roots are built.
pub(crate) fn arguments() -> [Arg; 7] {
    [
        Arg::new("paths")
            .value_name("PATH")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::DirPath)
            .num_args(0..)
            .help("Directories of kustomizations, or directories to look for them in; this directory if not given"),
        Arg::new("pipeline")
            .long("pipeline")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::FilePath)
            .help(
                "Give what kustomize prints to the Pipeline in this file, for kustomizations that list no functions; where some are \
                 listed, these run alone",
            ),
        allow().help("Let builds start this program too, which is on PATH or a path, such as docker; helm is let where there are charts"),
        unconfined().help("Let builds start any program and write any file; only where the repository is trusted"),
        Arg::new("time-limit")
            .long("time-limit")
            .value_name("SECONDS")
            .value_parser(value_parser!(u64).range(1..))
            .default_value("300")
            .help("End a build that takes longer"),
        Arg::new("jobs")
            .long("jobs")
            .value_name("NUMBER")
            .value_parser(value_parser!(NonZeroUsize))
            .help("How many builds run at once; as many as there are processors if not given"),
        Arg::new("arguments")
            .value_name("KUSTOMIZE ARGS")
            .value_parser(value_parser!(OsString))
            .num_args(0..)
            .last(true)
            .help("Further arguments of kustomize"),
    ]
}

/// The argument that leaves applications out.
pub(crate) fn exclude_argument() -> Arg {
    Arg::new("exclude").long("exclude").value_name("PATTERN").action(ArgAction::Append).help(
        "Leave out the applications at or below the directories of this pattern, as `overlay/*/openshift*`; `*` is within a part \
         of a path, `**` is any parts",
    )
}

/// Leaves out what `--exclude` names, and says which pattern names nothing. Gives the directories that are out, sorted.
///
/// # Errors
/// A text that is no pattern.
pub(crate) fn exclude(repository: &mut Repository, matches: &ArgMatches) -> Result<Vec<PathBuf>, String> {
    let mut excluded = Vec::new();
    for pattern in matches.get_many::<String>("exclude").into_iter().flatten() {
        let out = repository.exclude(pattern)?;
        if out.is_empty() {
            host::say(&format!("replatform: warning: --exclude {pattern} names no application that is left\n"));
        }
        excluded.extend(out);
    }
    excluded.sort();
    Ok(excluded)
}

/// The directories that are named.
pub(crate) fn paths(matches: &ArgMatches) -> Vec<PathBuf> {
    matches.get_many("paths").into_iter().flatten().cloned().collect()
}

/// What is done with what kustomize prints, if a Pipeline is given.
///
/// # Errors
/// A file that cannot be read, or a config that cannot be used.
pub(crate) fn adapt(matches: &ArgMatches) -> Result<Option<Box<Adapt<'static>>>, String> {
    let adapt = matches.get_one::<PathBuf>("pipeline").map(|file| pipeline_file::adapt(file)).transpose()?;
    Ok(adapt.map(|adapt| Box::new(adapt) as Box<Adapt<'static>>))
}

/// Says which applications the Pipeline does not run on, if one is given.
pub(crate) fn say_wired(repository: &Repository, matches: &ArgMatches) {
    const MOST: usize = 5;
    let wired = repository.roots().iter().filter(|root| repository.is_wired(root));
    let wired: Vec<_> = wired.map(|root| root.directory.display().to_string()).collect();
    if wired.is_empty() || !matches.contains_id("pipeline") {
        return;
    }
    let named = wired.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    let rest = wired.len().saturating_sub(MOST);
    let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    host::say(&format!(
        "replatform: warning: the Pipeline does not run on {named}{rest}, which list functions already; these run alone\n"
    ));
}

/// What functions see of the roots that list none, if a Pipeline is given: all of it.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn functions_given(matches: &ArgMatches) -> Result<Option<Coverage>, String> {
    let kinds = matches.get_one::<PathBuf>("pipeline").map(|file| pipeline_file::kinds(file)).transpose()?;
    Ok(kinds.map(|functions| Coverage { functions, ..Coverage::default() }))
}

/// How roots are built.
pub(crate) fn options<'o>(matches: &ArgMatches, adapt: Option<&'o Adapt<'static>>) -> Options<'o> {
    Options {
        adapt,
        allowed: matches.get_many("allow").into_iter().flatten().cloned().collect(),
        is_unconfined: matches.get_flag("unconfined"),
        time_limit: matches.get_one("time-limit").copied().map(Duration::from_secs),
        jobs: matches.get_one("jobs").copied(),
        arguments: matches.get_many("arguments").into_iter().flatten().cloned().collect(),
        ..Options::default()
    }
}

/// The functions of this program.
///
/// # Errors
/// The program does not find itself.
pub(crate) fn functions() -> Result<Functions, String> {
    let own = std::env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
    Ok(Functions::in_program(own, &programs(&pipeline())))
}
