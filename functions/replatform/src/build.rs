//! `replatform build`: a build by kustomize whose findings are seen, and which starts no program but the functions.
//!
//! kustomize from 5.4 on hides what a plugin says when it succeeds, and finds plugins by a path that the repository can
//! lead out of the directory of plugins. So this program reads the findings from a file and prints them, refuses types
//! that are such paths, and has the kernel refuse every other program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use krm::finding::Report;
use krm::host;
use krm::subcommand::{Example, ExitMeaning, Subcommand};
use repository::kustomize::{self, Kustomize, Request};
use repository::{Adaptation, Home, Repository, Root, Sources};
use repository::{confinement, findings, kustomization, types, undecided, with_an_object};

const ABOUT: &str = "Builds a directory with kustomize, prints the findings of the functions, and lets the build start no other program";

const DETAILS: &str = "\
Runs `kustomize build`, or `kubectl kustomize` where kustomize is not on PATH, with --enable-alpha-plugins. The manifests go \
to standard output, all of them or none. What the functions found goes to standard error, a line each and errors last, also \
where the build succeeds; it is added to the file REPLATFORM_FINDINGS, if that is set. Paths of files start at the current \
directory. A warning tells where no function ran, since such a build looks like any other.

KUSTOMIZE_PLUGIN_HOME is where the functions are. Without it, it is the directory of this program, if `replatform install` \
made that.

kustomize takes `apiVersion` and `kind` of a config for a path, in which a repository can write `..`. This program refuses \
that in every file that the kustomization names. What is only made by the build, by a patch, a replacement or a remote base, \
meets the kernel: it starts kustomize, the programs in KUSTOMIZE_PLUGIN_HOME and those that --allow names, and no other. That \
is Landlock, in Linux from 5.13 on; where the kernel does not have it, this program fails. What is allowed, a repository can \
start, with arguments of its own after the first; helm is no exception here, while `report` and `hydrate` let it start where \
a kustomization has charts. Never allow a shell or another interpreter where repositories are not \
trusted. A kustomize that is linked dynamically can also load a Go plugin (KIND.so), which the kernel does not see as a \
program; the released ones are static and cannot.";

/// The subcommand.
pub(crate) struct Build;

impl Subcommand for Build {
    fn command(&self) -> Command {
        Command::new("build").about(ABOUT).long_about(format!("{ABOUT}.\n\n{DETAILS}")).args(arguments())
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example { call: "replatform build overlay/production/web", about: "Builds one application" },
            Example { call: "replatform build --allow helm .", about: "Builds what inflates a Helm chart" },
            Example { call: "replatform build . -- --enable-helm", about: "Gives kustomize an argument" },
        ]
    }

    fn exit_codes(&self) -> &'static [ExitMeaning] {
        &[
            ExitMeaning { code: 0, about: "The manifests are printed." },
            ExitMeaning {
                code: 1,
                about: "The build fails or has no object, and nothing is printed: hosts delete what a build does not name.",
            },
        ]
    }

    fn run(&self, arguments: &ArgMatches) -> ExitCode {
        match build(&Call::from(arguments)).and_then(|manifests| print(&manifests)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(reason) => {
                host::say(&format!("replatform: error: {reason}\n"));
                ExitCode::FAILURE
            }
        }
    }
}

fn arguments() -> [Arg; 5] {
    [
        Arg::new("directory")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::DirPath)
            .default_value(".")
            .help("The directory of the kustomization"),
        allow(),
        unconfined(),
        Arg::new("adapted")
            .long("adapted")
            .action(ArgAction::SetTrue)
            .help("Refuse a build on which no function ran, instead of warning of it"),
        Arg::new("arguments")
            .value_name("KUSTOMIZE ARGS")
            .value_parser(value_parser!(OsString))
            .num_args(0..)
            .last(true)
            .help("Further arguments of kustomize"),
    ]
}

/// The programs that builds may start besides kustomize and the functions.
pub(crate) fn allow() -> Arg {
    Arg::new("allow")
        .long("allow")
        .value_name("PROGRAM")
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::CommandName)
        .action(ArgAction::Append)
        .help("Let the build start this program too, which is on PATH or a path, such as helm or docker")
}

/// That builds may start any program.
pub(crate) fn unconfined() -> Arg {
    Arg::new("unconfined")
        .long("unconfined")
        .action(ArgAction::SetTrue)
        .help("Let the build start any program; only where every repository is trusted")
}

/// What is asked for.
struct Call {
    directory: PathBuf,
    allowed: Vec<PathBuf>,
    is_unconfined: bool,
    /// Whether a build on which no function ran is refused.
    must_be_adapted: bool,
    arguments: Vec<OsString>,
}

impl From<&ArgMatches> for Call {
    fn from(matches: &ArgMatches) -> Self {
        let all = |name| matches.get_many::<PathBuf>(name).into_iter().flatten().cloned().collect();
        Self {
            directory: matches.get_one("directory").cloned().unwrap_or_default(),
            allowed: all("allow"),
            is_unconfined: matches.get_flag("unconfined"),
            must_be_adapted: matches.get_flag("adapted"),
            arguments: matches.get_many("arguments").into_iter().flatten().cloned().collect(),
        }
    }
}

/// The manifests, once everything is told that was found.
fn build(call: &Call) -> Result<String, String> {
    types::check(&call.directory)?;
    let kustomize = Kustomize::find()?;
    let home = Home::installed()?;
    let programs = kustomize.starts(&home, &call.allowed)?;
    let scratch = repository::scratch("build")?;
    let file = scratch.path().join("findings.jsonl");
    if !call.is_unconfined {
        confinement::confine(&programs, None)?;
    }
    let output = kustomize.build(&Request {
        directory: &call.directory,
        arguments: &call.arguments,
        home: &home,
        findings: &file,
        scratch: None,
        time_limit: None,
    })?;
    let findings = findings::reports(&file)?;
    let source = Source::of(&call.directory);
    let Some(manifests) = output.manifests else {
        let reason = kustomize::failure(&output.stderr, &programs, &findings);
        tell(source.as_ref(), findings)?;
        return Err(reason);
    };
    let others = findings::others(&output.stderr, &findings);
    host::say(&others.iter().map(|line| format!("{line}\n")).collect::<String>());
    let manifests = with_an_object(manifests);
    tell(source.as_ref(), findings)?;
    let unadapted = source.and_then(|source| source.unadapted(file.exists(), &call.arguments));
    if let Some(reason) = unadapted.as_ref().filter(|_| call.must_be_adapted) {
        return Err(reason.clone());
    }
    let undecided = manifests.as_ref().ok().and_then(|manifests| undecided(manifests));
    for warning in unadapted.into_iter().chain(undecided) {
        host::say(&format!("replatform: warning: {warning}\n"));
    }
    manifests
}

/// Tells findings and hands them on, with paths of files from this directory.
fn tell(source: Option<&Source>, mut findings: Vec<Report>) -> Result<(), String> {
    if let Some(Source { repository, root }) = source {
        Sources::default().locate(repository, root, &mut findings);
    }
    host::say(&findings::lines(&findings));
    findings::hand_on(&findings)
}

/// The files of a build.
struct Source {
    repository: Repository,
    root: Root,
}

impl Source {
    /// None if the directory is on another machine, or has no kustomization.
    fn of(directory: &Path) -> Option<Self> {
        kustomization::file_in(directory)?;
        let here = Path::new(".").canonicalize().ok()?;
        let repository = Repository::open(&here, &[directory.canonicalize().ok()?]).ok()?;
        let root = repository.roots().first()?.clone();
        Some(Self { repository, root })
    }

    /// What a person should know where no function ran.
    fn unadapted(&self, left_trace: bool, arguments: &[OsString]) -> Option<String> {
        Adaptation::of(&self.repository, &self.root, left_trace, arguments).warning(self.repository.directory())
    }
}

fn print(text: &str) -> Result<(), String> {
    host::print(text).map_err(|error| format!("standard output cannot be written: {error}"))
}
