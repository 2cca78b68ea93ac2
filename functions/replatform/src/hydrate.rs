//! `replatform hydrate`: the manifests of every application, as files or as a commit, and what a change does to them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use krm::host;
use krm::subcommand::{Example, ExitMeaning, Subcommand, TROUBLE};
use repository::git::{self, Branch, Git, NewCommit};
use repository::{Builder, Built, Progress, Rendering, Repository, findings};

use crate::build_options;

const ABOUT: &str = "Renders every application into files or onto a branch, and shows what a change does to it";

const DETAILS: &str = "\
Finds the kustomizations that are built by themselves: those that no other one names, and those that an Argo CD Application \
or ApplicationSet or a Flux Kustomization names. Each is built as it is wired, by the kustomize or kubectl on PATH, several at \
once; `replatform build --help` tells what a build may start. Builds write nothing into the repository.

The manifests of `apps/web` go to the file `apps/web.yaml` of the directory that --output names or, with --commit, of the \
branch. Either all are written or, if one application cannot be rendered, none. Files that no rendering wrote are never \
overwritten or removed: the file `.hydrated` lists those that are.

How the manifests differ from those of a revision goes to standard output, as unified diffs. What the functions found goes to \
standard error, below the name of the application, and is added to the file REPLATFORM_FINDINGS, if that is set.";

/// The subcommand.
pub(crate) struct Hydrate;

impl Subcommand for Hydrate {
    fn command(&self) -> Command {
        let command = Command::new("hydrate").about(ABOUT).long_about(format!("{ABOUT}.\n\n{DETAILS}"));
        command.args(build_options::arguments()).args(arguments())
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example { call: "replatform hydrate", about: "Renders into `hydrated`, and shows what differs from HEAD" },
            Example {
                call: "replatform hydrate --exit-code --against main",
                about: "Tells a script whether a branch changes any application",
            },
            Example {
                call: "replatform hydrate --commit hydrated --author 'CI <ci@example.com>' overlay/production",
                about: "Commits the manifests of production onto the branch `hydrated`",
            },
        ]
    }

    fn exit_codes(&self) -> &'static [ExitMeaning] {
        &[
            ExitMeaning { code: 0, about: "Everything was rendered and written; with --exit-code, nothing differs." },
            ExitMeaning { code: 1, about: "With --exit-code: something differs. Everything was written." },
            ExitMeaning {
                code: TROUBLE,
                about: "An application cannot be rendered or has no object. Nothing was written.",
            },
        ]
    }

    fn run(&self, arguments: &ArgMatches) -> ExitCode {
        match hydrate(&Call::from(arguments), arguments) {
            Ok(differs) => ExitCode::from(u8::from(differs && arguments.get_flag("exit-code"))),
            Err(reason) => {
                say(&reason);
                ExitCode::from(TROUBLE)
            }
        }
    }
}

fn arguments() -> [Arg; 6] {
    [
        Arg::new("output")
            .long("output")
            .short('o')
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::DirPath)
            .help("The directory for the manifests; `hydrated` if neither this nor --commit is given"),
        Arg::new("against")
            .long("against")
            .value_name("REVISION")
            .help("Show how the manifests differ from those of this revision; if not given, of HEAD or, with --commit, of the branch"),
        Arg::new("exit-code").long("exit-code").action(ArgAction::SetTrue).help("Exit with 1 if anything differs"),
        Arg::new("commit")
            .long("commit")
            .value_name("BRANCH")
            .help("Commit the manifests onto this branch, which is made if it is not there; no work tree is touched"),
        Arg::new("author")
            .long("author")
            .value_name("AUTHOR")
            .requires("commit")
            .value_parser(|author: &str| git::identity(author).map(|_| author.to_owned()))
            .help("Who the commit is by, as `Name <mail@example.com>`; who git thinks you are if not given"),
        Arg::new("message")
            .long("message")
            .short('m')
            .value_name("TEXT")
            .requires("commit")
            .help("What the commit says; if not given, which commit was rendered"),
    ]
}

/// What is asked for.
struct Call {
    paths: Vec<PathBuf>,
    output: Option<PathBuf>,
    against: Option<String>,
    commit: Option<String>,
    author: Option<String>,
    message: Option<String>,
}

impl From<&ArgMatches> for Call {
    fn from(matches: &ArgMatches) -> Self {
        let text = |name| matches.get_one::<String>(name).cloned();
        let commit = text("commit");
        let output = matches.get_one("output").cloned();
        Self {
            paths: build_options::paths(matches).into_iter().map(from_here).collect(),
            output: output.or_else(|| commit.is_none().then(|| PathBuf::from("hydrated"))),
            against: text("against"),
            author: text("author"),
            message: text("message"),
            commit,
        }
    }
}

/// A path from this directory, as it is in other revisions too.
fn from_here(path: PathBuf) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(here).map(|below| Path::new(".").join(below));
    below.unwrap_or(path)
}

/// What git has to do with it.
struct Target {
    git: Git,
    branch: Branch,
}

/// Renders, shows and writes; whether anything differs.
fn hydrate(call: &Call, matches: &ArgMatches) -> Result<bool, String> {
    let here = Path::new(".");
    call.output.iter().try_for_each(|output| Rendering::check_place(output))?;
    let target = call.commit.as_deref().map(|branch| target(here, branch)).transpose()?;
    let repository = Repository::open(here, &call.paths)?;
    for remark in repository.remarks() {
        say(&format!("{}: {}", remark.file.display(), remark.message));
    }
    if repository.roots().is_empty() {
        return Err("there is no kustomization to render; name a directory that holds some".to_owned());
    }
    let (after, failed) = render(&repository, matches, tell)?;
    let before = before(call, matches, target.as_ref())?;
    // What could not be rendered is told; a diff would call it gone.
    let differs = match &before {
        Some(before) => before.compare(&after, |file| !failed.iter().any(|failed| file == failed), host::print),
        None => Ok(false),
    };
    let differs = differs.map_err(|error| format!("standard output cannot be written: {error}"))?;
    if !failed.is_empty() {
        let count = failed.len();
        return Err(format!("{count} of {} cannot be rendered: nothing was written", repository.roots().len()));
    }
    after.seal()?;
    target.iter().try_for_each(|target| commit(call, target, &after))?;
    call.output.iter().try_for_each(|output| after.write_to(output))?;
    Ok(differs)
}

/// Renders the roots of a repository. What cannot be rendered is left out and named by its file.
fn render(
    repository: &Repository,
    matches: &ArgMatches,
    mut tell: impl FnMut(&Built) -> Result<(), String>,
) -> Result<(Rendering, Vec<String>), String> {
    let mut rendering = Rendering::new()?;
    let mut failed = Vec::new();
    let mut outcome = Ok(());
    let adapt = build_options::adapt(matches)?;
    let options = build_options::options(matches, adapt.as_deref());
    let builder = Builder::new(repository, &build_options::functions()?, options)?;
    let progress = Progress::of(repository.roots().len());
    let mut take = |built: &Built| {
        progress.aside(|| tell(built))?;
        match &built.manifests {
            Ok(manifests) => rendering.add(&built.root, manifests),
            Err(_) => Rendering::file_of(&built.root).map(|file| failed.push(file)),
        }
    };
    builder.build_all(
        repository.roots(),
        |root| progress.done(root),
        |built| {
            if outcome.is_ok() {
                outcome = take(&built);
            }
        },
    );
    progress.finish();
    outcome.map(|()| (rendering, failed))
}

/// Tells what came of a build, and hands its findings on.
fn tell(built: &Built) -> Result<(), String> {
    let name = built.root.directory.display();
    match &built.manifests {
        Err(reason) => say(&format!("{name} cannot be rendered: {reason}")),
        Ok(_) if !built.findings.is_empty() => say(&format!("{name}:")),
        Ok(_) => {}
    }
    let lines: String = built.findings.iter().map(|finding| findings::line(finding) + "\n").collect();
    host::say(&lines);
    findings::hand_on(&built.findings)
}

/// The rendering that this one is compared with; none outside git, where nobody asks for a revision.
fn before(call: &Call, matches: &ArgMatches, target: Option<&Target>) -> Result<Option<Rendering>, String> {
    let (git, commit) = match (&call.against, target) {
        (None, Some(Target { git, branch })) => return of_branch(git, branch).map(Some),
        (Some(revision), _) => {
            let git = Git::around(Path::new("."))?;
            let commit = git.commit(revision)?;
            (git, commit)
        }
        (None, None) => {
            let Ok(git) = Git::around(Path::new(".")) else { return Ok(None) };
            let Ok(commit) = git.commit("HEAD") else { return Ok(None) };
            (git, commit)
        }
    };
    of_commit(call, matches, &git, &commit).map(Some)
}

/// What a branch holds, so far as it was rendered.
fn of_branch(git: &Git, branch: &Branch) -> Result<Rendering, String> {
    let Some(tip) = branch.tip() else { return Rendering::new() };
    Rendering::made_in(|directory| git.check_out_all(tip, directory))
}

/// The rendering of a commit. What could not be rendered then is new now, and what was found then is past.
fn of_commit(call: &Call, matches: &ArgMatches, git: &Git, commit: &str) -> Result<Rendering, String> {
    let scratch = tempfile::TempDir::with_prefix("replatform-revision-")
        .map_err(|error| format!("no temporary directory can be made: {error}; set TMPDIR to a directory"))?;
    let directory = git.check_out(commit, scratch.path())?;
    let revision = call.against.as_deref().unwrap_or("HEAD");
    let paths: Vec<PathBuf> = call.paths.iter().filter(|path| directory.join(path).exists()).cloned().collect();
    let is_absent = !directory.is_dir() || paths.is_empty() && !call.paths.is_empty();
    if is_absent {
        return Rendering::new();
    }
    let repository = Repository::open(&directory, &paths)?;
    let (rendering, failed) = render(&repository, matches, |_| Ok(()))?;
    if !failed.is_empty() {
        say(&format!("not all of {revision} can be rendered: the rest of it counts as new"));
    }
    Ok(rendering)
}

fn target(here: &Path, branch: &str) -> Result<Target, String> {
    let git = Git::around(here)?;
    let branch = git.branch(branch)?;
    Ok(Target { git, branch })
}

/// Commits a rendering, and tells what came of it.
fn commit(call: &Call, target: &Target, rendering: &Rendering) -> Result<(), String> {
    let rendered = target.git.commit("HEAD").map_or_else(|_| String::new(), |commit| format!("Render {commit}\n"));
    let message = call.message.clone().unwrap_or(rendered);
    let new = NewCommit { author: call.author.as_deref(), message: &message, rendering };
    let name = call.commit.as_deref().unwrap_or_default();
    match target.git.add(&target.branch, &new)? {
        Some(commit) => say(&format!("{name} is at {commit} now")),
        None => say(&format!("nothing has changed: {name} has no new commit")),
    }
    Ok(())
}

fn say(text: &str) {
    host::say(&format!("hydrate: {text}\n"));
}
