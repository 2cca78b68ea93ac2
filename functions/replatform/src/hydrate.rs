//! `replatform hydrate`: the manifests of every application, as files or as a commit, and what a change does to them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use krm::host;
use krm::subcommand::{Example, ExitMeaning, Subcommand, TROUBLE};
use repository::git::{self, Branch, Git, NewCommit};
use repository::{Builder, Built, Progress, Record, Rendering, Repository, Update, existing, findings, undecided};

use crate::build_options;

const ABOUT: &str = "Renders every application into files or onto a branch, and shows what a change does to it";

const DETAILS: &str = "\
Finds the kustomizations that are built by themselves: those that no other one names, and those that an Argo CD Application \
or ApplicationSet or a Flux Kustomization names. Each is built as it is wired, by the kustomize or kubectl on PATH, several at \
once; `replatform build --help` tells what a build may start. Builds write nothing into the repository.

The manifests of `apps/web` go to the file `apps/web.yaml` of the directory that --output names or, with --commit, of the \
branch. Either all are written or, if one application cannot be rendered, none. With PATH, files of other applications stay as \
they are. Without, all applications are rendered, so files of those that are gone are removed, and each is named on standard \
error and in the message of the commit. Files that no rendering wrote are never overwritten or removed: the file `.hydrated` \
lists those that are.

An application on which no function ran is refused, since a cluster must not get what was not adapted; --unadapted says where \
that is meant. With --exclude an application is not built at all, and what was rendered of it before stays as it is.

How the manifests differ from those of a revision goes to standard output, as unified diffs. With --against and without \
--output and --commit nothing is written. What the functions found goes to \
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
                about: "Tells a script whether a branch changes any application, and writes nothing",
            },
            Example {
                call: "replatform hydrate --commit hydrated --author 'CI <ci@example.com>' overlay/production",
                about: "Commits the manifests of production onto the branch `hydrated`; others there stay",
            },
        ]
    }

    fn exit_codes(&self) -> &'static [ExitMeaning] {
        &[
            ExitMeaning { code: 0, about: "Everything was rendered and written; with --exit-code, nothing differs." },
            ExitMeaning { code: 1, about: "With --exit-code: something differs. Everything was written." },
            ExitMeaning {
                code: TROUBLE,
                about: "An application cannot be rendered, has no object, or no function ran on it. Nothing was written.",
            },
        ]
    }

    fn run(&self, arguments: &ArgMatches) -> ExitCode {
        match Call::of(arguments).and_then(|call| hydrate(&call, arguments)) {
            Ok(differs) => ExitCode::from(u8::from(differs && arguments.get_flag("exit-code"))),
            Err(reason) => {
                say(&reason);
                ExitCode::from(TROUBLE)
            }
        }
    }
}

fn arguments() -> [Arg; 9] {
    [
        build_options::exclude_argument(),
        Arg::new("output")
            .long("output")
            .short('o')
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::DirPath)
            .help("The directory for the manifests; `hydrated` if neither this nor --commit nor --against is given"),
        Arg::new("against")
            .long("against")
            .value_name("REVISION")
            .help("Show how the manifests differ from those of this revision; if not given, of HEAD or, with --commit, of the branch"),
        Arg::new("unadapted")
            .long("unadapted")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::DirPath)
            .action(ArgAction::Append)
            .help("Render the applications in this directory also if no function runs on them: those of the former cluster"),
        Arg::new("dry-run")
            .long("dry-run")
            .action(ArgAction::SetTrue)
            .help("Tell everything, and write nothing"),
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
            .help("What the commit says; if not given, which commit was rendered, and whether with uncommitted changes"),
    ]
}

/// What is asked for.
struct Call {
    paths: Vec<PathBuf>,
    /// Directories, as absolute paths, in which applications may be without functions.
    unadapted: Vec<PathBuf>,
    output: Option<PathBuf>,
    against: Option<String>,
    commit: Option<String>,
    author: Option<String>,
    message: Option<String>,
    is_dry_run: bool,
}

impl Call {
    /// # Errors
    /// A directory that is not there.
    fn of(matches: &ArgMatches) -> Result<Self, String> {
        let text = |name| matches.get_one::<String>(name).cloned();
        let (commit, against) = (text("commit"), text("against"));
        let output = matches.get_one("output").cloned();
        let is_comparison = commit.is_some() || against.is_some();
        Ok(Self {
            paths: build_options::paths(matches).into_iter().map(from_here).collect(),
            unadapted: unadapted(matches)?,
            output: output.or_else(|| (!is_comparison).then(|| PathBuf::from("hydrated"))),
            against,
            author: text("author"),
            message: text("message"),
            commit,
            is_dry_run: matches.get_flag("dry-run"),
        })
    }
}

/// A path from this directory, as it is in other revisions too.
fn from_here(path: PathBuf) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(here).map(|below| Path::new(".").join(below));
    below.unwrap_or(path)
}

/// The directories in which applications may be without functions.
fn unadapted(matches: &ArgMatches) -> Result<Vec<PathBuf>, String> {
    matches.get_many::<PathBuf>("unadapted").into_iter().flatten().map(|directory| existing(directory)).collect()
}

/// Where manifests go.
enum Place {
    Branch { name: String, git: Git, branch: Branch },
    Directory(PathBuf),
}

impl Place {
    /// The places that a call names. The branch is first: a directory is written only if the commit is made.
    ///
    /// # Errors
    /// One that cannot take a rendering.
    fn all(call: &Call) -> Result<Vec<Self>, String> {
        let mut places = Vec::new();
        if let Some(name) = &call.commit {
            let git = Git::around(Path::new("."))?;
            let branch = git.branch(name)?;
            places.push(Self::Branch { name: name.clone(), git, branch });
        }
        if let Some(directory) = &call.output {
            Update::check_place(directory)?;
            places.push(Self::Directory(directory.clone()));
        }
        Ok(places)
    }

    /// What earlier renderings left there.
    fn record(&self) -> Result<Record, String> {
        match self {
            Self::Branch { git, branch, .. } => git.record(branch),
            Self::Directory(directory) => Ok(Record::in_directory(directory)),
        }
    }

    /// # Errors
    /// What is there does not go with the update.
    fn update<'r>(&self, repository: &Repository, call: &Call, rendering: &'r Rendering) -> Result<Update<'r>, String> {
        let git = Git::around(Path::new(".")).ok();
        let is_gone = |directory: &Path| call.paths.is_empty() && repository.lacks_root(directory);
        let update = Update::new(rendering, self.record()?, git.as_ref().map(Git::start), is_gone)
            .map_err(|reason| format!("{self} cannot be updated: {reason}"))?;
        if let Self::Branch { git, branch, .. } = self {
            git.check(branch, &update)?;
        }
        Ok(update)
    }

    /// Writes an update, and tells what came of it.
    fn write(&self, call: &Call, repository: &Repository, update: &Update<'_>) -> Result<(), String> {
        match self {
            Self::Branch { git, branch, .. } => commit(call, repository, git, branch, update),
            Self::Directory(directory) => update.write_to(directory),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch { name, .. } => write!(formatter, "the branch {name}"),
            Self::Directory(directory) => write!(formatter, "the directory {}", directory.display()),
        }
    }
}

/// Renders, shows and writes; whether anything differs.
fn hydrate(call: &Call, matches: &ArgMatches) -> Result<bool, String> {
    let places = Place::all(call)?;
    let repository = opened(call, matches, &places)?;
    let (after, failed) = render(&repository, matches, |built| tell(call, &repository, built))?;
    let updates = places.iter().map(|place| place.update(&repository, call, &after)).collect::<Result<Vec<_>, _>>()?;
    let places: Vec<_> = places.iter().zip(&updates).collect();
    let differs = show(call, matches, &places, &after, &failed)?;
    if !failed.is_empty() {
        let count = failed.len();
        return Err(format!("{count} of {} cannot be rendered: nothing was written", repository.roots().len()));
    }
    for (place, update) in places {
        if !call.is_dry_run {
            place.write(call, &repository, update)?;
        }
        tell_others(&repository, place, update);
    }
    if call.is_dry_run {
        say("nothing was written, since this is a dry run");
    }
    Ok(differs)
}

/// The repository, without what is to be left out. What is rendered as a whole has what was rendered before, as long as it is
/// there: an Application that reads the branch names the file there, so that its directory is built by another kustomization, if
/// at all, and no root by itself.
///
/// # Errors
/// A path that is not there, a text that is no pattern, and a repository in which there is nothing to render.
fn opened(call: &Call, matches: &ArgMatches, places: &[Place]) -> Result<Repository, String> {
    let mut repository = Repository::open(Path::new("."), &call.paths)?;
    for place in places.iter().filter(|_| call.paths.is_empty()) {
        let record = place.record()?;
        repository.add_roots(record.files().iter().map(|file| Rendering::directory_of(file).to_owned()));
    }
    for remark in repository.remarks() {
        say(&format!("{}: {}", remark.file.display(), remark.message));
    }
    let excluded = build_options::exclude(&mut repository, matches)?;
    for directory in &excluded {
        say(&format!("{} is left out by --exclude", directory.display()));
    }
    if repository.roots().is_empty() {
        let left = if excluded.is_empty() { "" } else { " that --exclude leaves" };
        return Err(format!("there is no kustomization to render{left}; name a directory that holds some"));
    }
    build_options::say_wired(&repository, matches);
    Ok(repository)
}

/// Shows how a rendering differs from the one before; whether it does.
fn show(
    call: &Call,
    matches: &ArgMatches,
    places: &[(&Place, &Update<'_>)],
    after: &Rendering,
    failed: &[String],
) -> Result<bool, String> {
    let (before, kept) = match (&call.against, places) {
        (None, [(Place::Branch { git, branch, .. }, update), ..]) => {
            (Some(of_branch(git, branch)?), Some(update.kept()))
        }
        _ => (of_revision(call, matches)?, None),
    };
    let Some(before) = before else { return Ok(false) };
    // What could not be rendered is reported; a diff would call it gone, as it would what stays.
    let is_shown =
        |file: &str| !failed.iter().any(|failed| file == failed) && !kept.is_some_and(|kept| kept.contains(file));
    let differs = before.compare(after, is_shown, host::print);
    differs.map_err(|error| format!("standard output cannot be written: {error}"))
}

/// Tells what became of the files of applications that were not rendered.
fn tell_others(repository: &Repository, place: &Place, update: &Update<'_>) {
    for file in update.removed() {
        let directory = Rendering::directory_of(file).display();
        say(&format!("{directory} has no kustomization any more: {file} is removed from {place}"));
    }
    let (gone, kept): (Vec<_>, Vec<_>) =
        update.kept().iter().partition(|file| repository.lacks_kustomization(Rendering::directory_of(file)));
    for file in gone {
        let directory = Rendering::directory_of(file).display();
        say(&format!(
            "{directory} has no kustomization any more, but {file} stays in {place}; name no PATH to remove it"
        ));
    }
    match kept[..] {
        [] => {}
        [file] => say(&format!("{file}, which is of another application, stays in {place} as it is")),
        [..] => say(&format!("{} files, which are of other applications, stay in {place} as they are", kept.len())),
    }
}

/// Renders the roots of a repository. `tell` gets each build, and says whether it counts. What cannot be rendered is left out
/// and named by its file.
fn render(
    repository: &Repository,
    matches: &ArgMatches,
    mut tell: impl FnMut(&Built) -> Result<bool, String>,
) -> Result<(Rendering, Vec<String>), String> {
    let mut rendering = Rendering::new()?;
    let mut failed = Vec::new();
    let mut outcome = Ok(());
    let adapt = build_options::adapt(matches)?;
    let options = build_options::options(matches, adapt.as_deref());
    let builder = Builder::new(repository, &build_options::functions()?, options)?;
    let progress = Progress::of(repository.roots().len());
    let mut take = |built: &Built| match (progress.aside(|| tell(built))?, &built.manifests) {
        (true, Ok(manifests)) => rendering.add(&built.root, manifests),
        _ => Rendering::file_of(&built.root).map(|file| failed.push(file)),
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

/// Tells what came of a build, and hands its findings on; whether it can be written.
fn tell(call: &Call, repository: &Repository, built: &Built) -> Result<bool, String> {
    let name = built.root.directory.display();
    let refusal = match &built.manifests {
        Err(reason) => Some(reason.clone()),
        Ok(manifests) => undecided(manifests).or_else(|| unadapted_refusal(call, repository, built)),
    };
    if !built.findings.is_empty() {
        say(&format!("{name}:"));
        host::say(&findings::lines(&built.findings));
    }
    if let Some(reason) = &refusal {
        say(&format!("{name} cannot be rendered: {reason}"));
    }
    findings::hand_on(&built.findings)?;
    Ok(refusal.is_none())
}

/// Why a build is refused on which no function ran; none if that is meant.
fn unadapted_refusal(call: &Call, repository: &Repository, built: &Built) -> Option<String> {
    let warning = built.adaptation.warning(repository.directory())?;
    let directory = repository.directory().join(&built.root.directory);
    let is_meant = call.unadapted.iter().any(|meant| directory.starts_with(meant));
    let name = built.root.directory.display();
    (!is_meant)
        .then(|| format!("{warning}, give a Pipeline by --pipeline, or say that it is meant by `--unadapted {name}`"))
}

/// What a branch holds, so far as it was rendered.
fn of_branch(git: &Git, branch: &Branch) -> Result<Rendering, String> {
    let Some(tip) = branch.tip() else { return Rendering::new() };
    Rendering::made_in(|directory| git.check_out_all(tip, directory))
}

/// The rendering of the revision that this one is compared with; none outside git, if --against does not name it.
fn of_revision(call: &Call, matches: &ArgMatches) -> Result<Option<Rendering>, String> {
    let found = |revision: &str| {
        let git = Git::around(Path::new("."))?;
        let commit = git.commit(revision)?;
        Ok::<_, String>((git, commit))
    };
    let (git, commit) = match &call.against {
        Some(revision) => found(revision)?,
        None => {
            let Ok(head) = found("HEAD") else { return Ok(None) };
            head
        }
    };
    of_commit(call, matches, &git, &commit).map(Some)
}

/// The rendering of a commit. What could not be rendered then is new now, and what was found then is past; what no function
/// worked on shows what functions change.
fn of_commit(call: &Call, matches: &ArgMatches, git: &Git, commit: &str) -> Result<Rendering, String> {
    let scratch = repository::scratch("revision")?;
    let directory = git.check_out(commit, scratch.path())?;
    let revision = call.against.as_deref().unwrap_or("HEAD");
    let paths: Vec<PathBuf> = call.paths.iter().filter(|path| directory.join(path).exists()).cloned().collect();
    let is_absent = !directory.is_dir() || paths.is_empty() && !call.paths.is_empty();
    if is_absent {
        return Rendering::new();
    }
    let mut repository = Repository::open(&directory, &paths)?;
    for pattern in matches.get_many::<String>("exclude").into_iter().flatten() {
        repository.exclude(pattern)?;
    }
    let (rendering, failed) = render(&repository, matches, |_| Ok(true))?;
    if !failed.is_empty() {
        say(&format!("not all of {revision} can be rendered: the rest of it counts as new"));
    }
    Ok(rendering)
}

/// Commits an update, and tells what came of it.
fn commit(call: &Call, repository: &Repository, git: &Git, branch: &Branch, update: &Update<'_>) -> Result<(), String> {
    let changes = if git.is_changed(&repository.files())? { ", with uncommitted changes" } else { "" };
    let rendered = || git.commit("HEAD").map_or_else(|_| String::new(), |commit| format!("Render {commit}{changes}\n"));
    if !changes.is_empty() {
        say("the work tree has uncommitted changes, which are rendered too");
    }
    let message = call.message.clone().unwrap_or_else(rendered);
    let message = with_removed(&message, update);
    let name = call.commit.as_deref().unwrap_or_default();
    match git.add(branch, &NewCommit { author: call.author.as_deref(), message: &message, update })? {
        Some(commit) => say(&format!("{name} is at {commit} now")),
        None => say(&format!("nothing has changed: {name} has no new commit")),
    }
    Ok(())
}

/// The message of a commit, which names the applications that are gone.
fn with_removed(message: &str, update: &Update<'_>) -> String {
    if update.removed().is_empty() {
        return message.to_owned();
    }
    let lines = update.removed().iter().map(|file| format!("- {}\n", Rendering::directory_of(file).display()));
    format!("{}\n\nRemove what has no kustomization any more:\n\n{}", message.trim_end(), lines.collect::<String>())
}

fn say(text: &str) {
    host::say(&format!("hydrate: {text}\n"));
}
