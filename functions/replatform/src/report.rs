//! `replatform report`: whether a repository can run on K3s, and what is missing.

use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use krm::host;
use krm::subcommand::{Example, ExitMeaning, Subcommand, TROUBLE};
use report::format::{Format, View};
use report::model::{Assessment, Tool};
use report::{Assessor, Baseline, Catalog, FailOn};
use repository::{Builder, Options, Progress, Repository, Root, existing};

use crate::bases::Bases;
use crate::build_options;
use crate::functions::{pipeline, programs};

const ABOUT: &str = "Tells whether a repository can run on K3s, and what is missing";

const DETAILS: &str = "\
Builds every application as it is wired, with kustomize or kubectl from PATH, several at once, and collects what the functions \
report. Nothing of the repository runs but kustomize with the functions, and no file of it is written.

Without PATH these are all kustomizations below the current directory that no other one builds, and those that an Application \
or ApplicationSet of Argo CD or a Kustomization of Flux names. A PATH with a kustomization is one application; below any other \
PATH they are searched for. Paths in the report start at the current directory; those for code hosts at the top of the \
checkout.

A build on which no function ran is as the old platform has it, and nothing is known of it: the answer is \"not known\" then, and the \
exit code 1. The same holds for an overlay of the old cluster, which is not meant to be adapted: leave it out by --exclude. Begin \
with --pipeline where nothing is wired yet.

With --bases, each base and component is in the report as an application of its own. These are the directories that others \
build and that are not below them.

An application that does not build costs only itself: it is an error of the report. With --pipeline the functions of the Pipeline \
run on what kustomize prints of each application that lists no functions yet; where some are listed, these run alone.";

/// The function that looks for what is left of the old platform.
const LEFTOVERS: &str = "platform-leftover-check";

/// The subcommand.
pub(crate) struct Report;

impl Subcommand for Report {
    fn command(&self) -> Command {
        Command::new("report")
            .about(ABOUT)
            .long_about(format!("{ABOUT}.\n\n{DETAILS}"))
            .args(build_options::arguments())
            .args(arguments())
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                call: "replatform report --pipeline pipeline.yaml",
                about: "Assesses a repository that wires no function yet",
            },
            Example { call: "replatform report", about: "Reports on all applications as they are wired" },
            Example {
                call: "replatform report --exclude 'overlay/*/openshift*'",
                about: "Leaves out the overlays of the old cluster",
            },
            Example { call: "replatform report --format html=report.html overlay/production", about: "Writes a page" },
            Example {
                call: "replatform report --format github --format sarif=report.sarif --baseline before.json",
                about: "Annotates a pull request, and fails at what is new",
            },
        ]
    }

    fn exit_codes(&self) -> &'static [ExitMeaning] {
        &[
            ExitMeaning { code: 0, about: "Nothing was found at which --fail-on fails." },
            ExitMeaning {
                code: 1,
                about: "Something was found at which --fail-on fails, or no function ran on an application.",
            },
            ExitMeaning { code: TROUBLE, about: "There is no report: wrong arguments, no kustomize, no application." },
        ]
    }

    fn run(&self, arguments: &ArgMatches) -> ExitCode {
        let ended = Call::of(arguments).and_then(|call| run(call, arguments));
        ended.unwrap_or_else(|reason| {
            host::say(&format!("replatform: error: {reason}\n"));
            ExitCode::from(TROUBLE)
        })
    }
}

fn arguments() -> [Arg; 8] {
    let words = |words: Vec<&'static str>| PossibleValuesParser::new(words);
    let file = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::FilePath)
    };
    [
        Arg::new("format")
            .long("format")
            .value_name("FORMAT[=FILE]")
            .value_parser(value_parser!(Output))
            .action(ArgAction::Append)
            .default_value("table")
            .help("How to show the report, and where: table, json, sarif, github, gitlab, markdown or html; can be repeated"),
        Arg::new("fail-on")
            .long("fail-on")
            .value_name("LEVEL")
            .value_parser(words(FailOn::ALL.map(|(word, _)| word).into()))
            .default_value("error")
            .help(
                "Exit with 1 at errors and where no function ran; at leftovers of the old platform too; at all warnings and what \
                 was not looked at too; or never",
            ),
        build_options::exclude_argument(),
        file("baseline").help("A report in JSON, made before: only what it does not have fails"),
        Arg::new("bases")
            .long("bases")
            .value_name("CONFIG")
            .num_args(0..=1)
            .require_equals(true)
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::FilePath)
            .help(
                "Check with minimal-base-check what the bases and components that applications share state, and tell what \
                 applications inherit from them; CONFIG is a config with exceptions",
            ),
        Arg::new("overlay")
            .long("overlay")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::DirPath)
            .action(ArgAction::Append)
            .help("Count this directory that applications share as an overlay, as a component for production alone"),
        Arg::new("no-diff")
            .long("no-diff")
            .action(ArgAction::SetTrue)
            .help("Do not compare the manifests before and after the functions, which takes half of the time"),
        Arg::new("color")
            .long("color")
            .value_name("WHEN")
            .value_parser(words(vec!["auto", "always", "never"]))
            .default_value("auto")
            .help("Colour the table: on a terminal without NO_COLOR, always or never"),
    ]
}

/// A format, and the file that it goes to; standard output without one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Output {
    format: Format,
    file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, file) = text.split_once('=').map_or((text, None), |(word, file)| (word, Some(file)));
        let words = Format::ALL.map(|(word, _)| word).join(", ");
        let format = Format::of(word).ok_or_else(|| format!("`{word}` is no format; the formats are {words}"))?;
        match file {
            Some("") => Err(format!("`{word}=` names no file; leave out `=` for standard output")),
            file => Ok(Self { format, file: file.filter(|file| *file != "-").map(PathBuf::from) }),
        }
    }
}

/// What is asked for.
struct Call {
    repository: Repository,
    outputs: Vec<Output>,
    fail_on: FailOn,
    baseline: Option<Baseline>,
    bases: Option<Bases>,
    excluded: Vec<PathBuf>,
    has_diff: bool,
    view: View,
}

impl Call {
    /// # Errors
    /// Files and directories that are not there, and formats that cannot go to the same place.
    fn of(matches: &ArgMatches) -> Result<Self, String> {
        let all = |name| matches.get_many::<PathBuf>(name).into_iter().flatten().cloned().collect::<Vec<_>>();
        let word = |name| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
        let (directory, paths) = place(&build_options::paths(matches))?;
        let mut repository = Repository::open(&directory, &paths)?;
        let excluded = build_options::exclude(&mut repository, matches)?;
        let outputs: Vec<Output> = matches.get_many("format").into_iter().flatten().cloned().collect();
        if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
            return Err(
                "two formats go to standard output; name a file for one: `--format html=report.html`".to_owned()
            );
        }
        let bases = matches.contains_id("bases").then(|| {
            let overlays =
                all("overlay").iter().map(|overlay| from_here(&repository, overlay)).collect::<Result<Vec<_>, _>>()?;
            Bases::new(&repository, matches.get_one::<PathBuf>("bases").map(PathBuf::as_path), &overlays)
        });
        Ok(Self {
            view: View {
                prefix: prefix(repository.directory()),
                width: width(),
                is_coloured: is_coloured(word("color")),
            },
            repository,
            outputs,
            fail_on: FailOn::of(word("fail-on")).unwrap_or_default(),
            baseline: matches.get_one("baseline").map(|file: &PathBuf| baseline(file)).transpose()?,
            bases: bases.transpose()?,
            excluded,
            has_diff: !matches.get_flag("no-diff"),
        })
    }
}

fn run(mut call: Call, matches: &ArgMatches) -> Result<ExitCode, String> {
    let mut bases = call.bases.take();
    let call = &call;
    let mut assessment = assess(call, matches, bases.as_mut())?;
    if let Some(baseline) = &call.baseline {
        baseline.apply(&mut assessment);
    }
    for output in &call.outputs {
        write(output, &assessment, &call.view)?;
    }
    Ok(ExitCode::from(u8::from(call.fail_on.failures(&assessment).next().is_some())))
}

fn assess(call: &Call, matches: &ArgMatches, bases: Option<&mut Bases>) -> Result<Assessment, String> {
    let roots = call.repository.roots();
    if roots.is_empty() {
        let directory = call.repository.directory().display();
        return Err(format!(
            "no kustomization is below {directory}{}; give the directory of a repository, or those of applications",
            if call.excluded.is_empty() { "" } else { " that --exclude leaves" }
        ));
    }
    let pipeline = pipeline();
    let adapt = build_options::adapt(matches)?;
    let with_before = call.has_diff || bases.is_some();
    let options = Options { with_before, ..build_options::options(matches, adapt.as_deref()) };
    let builder = Builder::new(&call.repository, &build_options::functions()?, options)?;
    let catalog = Catalog::new(&programs(&pipeline), LEFTOVERS);
    let mut assessor = Assessor::new(&catalog, call.repository.directory(), call.has_diff);
    let of_bases = bases.as_ref().map(|bases| bases.roots()).unwrap_or_default();
    let progress = Progress::of(of_bases.len() + roots.len());
    call.excluded.iter().for_each(|directory| assessor.add_excluded(directory));
    let given = build_options::functions_given(matches)?;
    build_options::say_wired(&call.repository, matches);
    let given = |root: &Root| given.clone().filter(|_| !call.repository.is_wired(root));
    let coverage = |root: &Root| given(root).unwrap_or_else(|| call.repository.coverage(root));
    let checked = bases.map(|bases| check(bases, &of_bases, &builder, &mut assessor, &progress)).transpose()?;
    builder.build_all(
        roots,
        |root| progress.done(root),
        |mut built| {
            if let Some(bases) = &checked {
                built = bases.compare(&call.repository, &builder, built);
            }
            let coverage = coverage(&built.root);
            assessor.add(built, &coverage);
        },
    );
    progress.finish();
    for remark in call.repository.remarks() {
        assessor.add_remark(&remark.file.to_string_lossy(), remark.message.clone());
    }
    Ok(assessor.finish(Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        builder: builder.kustomize().version()?,
    }))
}

/// Builds and checks the bases, and adds them to the report as applications of their own.
///
/// # Errors
/// The directory for temporary files cannot be written.
fn check<'b>(
    bases: &'b mut Bases,
    roots: &[Root],
    builder: &Builder<'_>,
    assessor: &mut Assessor<'_>,
    progress: &Progress,
) -> Result<&'b Bases, String> {
    let mut checked = Ok(());
    builder.build_all(
        roots,
        |root| progress.done(root),
        |built| match bases.check(builder, built) {
            Ok(built) if bases.is_partial(&built) => assessor.add_remark(
                &built.root.directory.to_string_lossy(),
                "is a component that does not build without an overlay, so what it states was not checked".to_owned(),
            ),
            Ok(built) => assessor.add(built, &Bases::coverage()),
            Err(reason) => checked = Err(reason),
        },
    );
    checked.map(|()| &*bases)
}

/// A directory, as a path from that of the repository.
///
/// # Errors
/// It is not there, or elsewhere.
fn from_here(repository: &Repository, directory: &Path) -> Result<PathBuf, String> {
    let found = directory.canonicalize().map_err(|error| format!("{} cannot be read: {error}", directory.display()))?;
    let below = found.strip_prefix(repository.directory()).map(Path::to_owned);
    below.map_err(|_| format!("{} is not below {}", directory.display(), repository.directory().display()))
}

fn baseline(file: &Path) -> Result<Baseline, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    Baseline::read(&text).map_err(|reason| format!("{} {reason}; make it by `--format json=FILE`", file.display()))
}

fn write(output: &Output, assessment: &Assessment, view: &View) -> Result<(), String> {
    let text = output.format.render(assessment, view);
    match &output.file {
        Some(file) => {
            std::fs::write(file, text).map_err(|error| format!("{} cannot be written: {error}", file.display()))
        }
        None => host::print(&text).map_err(|error| format!("standard output cannot be written: {error}")),
    }
}

/// The directory of the repository, and the paths in it that are asked for.
fn place(paths: &[PathBuf]) -> Result<(PathBuf, Vec<PathBuf>), String> {
    let here =
        Path::new(".").canonicalize().map_err(|error| format!("the current directory cannot be read: {error}"))?;
    let found = paths.iter().map(|path| existing(path)).collect::<Result<Vec<_>, _>>()?;
    let is_around = |directory: &Path| found.iter().all(|path| path.starts_with(directory));
    let elsewhere = || {
        let first = found.first().map_or(here.as_path(), PathBuf::as_path);
        let around = checkout(first).into_iter().chain(first.ancestors()).find(|directory| is_around(directory));
        around.map_or_else(|| here.clone(), Path::to_owned)
    };
    let directory = if is_around(&here) { here.clone() } else { elsewhere() };
    Ok((directory, found))
}

/// The top of the checkout that a directory is in.
fn checkout(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|directory| directory.join(".git").exists())
}

/// The path of a directory from the top of its checkout.
fn prefix(directory: &Path) -> String {
    let below = checkout(directory).and_then(|top| directory.strip_prefix(top).ok());
    below.map(|below| below.to_string_lossy().into_owned()).unwrap_or_default()
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(0, |(width, _)| usize::from(width.0))
}

fn is_coloured(when: &str) -> bool {
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match when {
        "always" => true,
        "never" => false,
        _ => stdout().is_terminal() && !is_refused,
    }
}
