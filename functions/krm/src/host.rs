//! The ways a host calls a function: by a `ResourceList` on standard input, as a kustomize exec plugin, or by a person
//! with files. Which one it is shows in how the program is called. Only this module writes standard output.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::ArgMatches;
use clap::parser::ValueSource;
use serde_json::Value;

use crate::config::{self, ConfigError};
use crate::docs;
use crate::finding::Finding;
use crate::function::Function;
use crate::program::{self, Program, Single, Verdict};
use crate::resource_list::{LoadError, Misread, Resources};
use crate::rule::CommonRule;
use crate::yaml::Tree;

/// How the program was called.
#[derive(Debug, Default)]
pub struct Call {
    /// The arguments, the program's name first.
    pub arguments: Vec<OsString>,
    /// Whether kustomize's exec plugin loader is the caller: it sets `KUSTOMIZE_PLUGIN_CONFIG_ROOT`.
    pub is_plugin: bool,
    /// The content of standard input; `None` if it is a terminal.
    pub stdin: Option<Vec<u8>>,
}

/// What the program does to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Standard output: everything or nothing.
    pub stdout: String,
    /// Standard error: one line a finding.
    pub stderr: String,
    /// The findings, each with the name of the function that reports it.
    pub findings: Vec<(&'static str, Finding)>,
    /// Whether the exit code is 0; else it is 1.
    pub succeeded: bool,
}

impl Outcome {
    /// A text that was asked for, and nothing else.
    fn answer(stdout: String) -> Self {
        Self { stdout, stderr: String::new(), findings: Vec::new(), succeeded: true }
    }

    /// Nothing but what is wrong.
    fn failure(program: &dyn Program, failure: Failure) -> Self {
        let findings = vec![(program.name(), Finding::new(failure.rule, failure.message))];
        Self { stdout: String::new(), stderr: lines(&findings), findings, succeeded: false }
    }
}

/// Why a program could not do its work.
struct Failure {
    rule: CommonRule,
    message: String,
}

impl Failure {
    fn input(message: impl Into<String>) -> Self {
        Self { rule: CommonRule::InvalidInput, message: message.into() }
    }

    fn config(message: impl Into<String>) -> Self {
        Self { rule: CommonRule::InvalidConfig, message: message.into() }
    }

    fn output(message: impl Into<String>) -> Self {
        Self { rule: CommonRule::UnwritableOutput, message: message.into() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::config(error.to_string())
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Yaml(error) => Self::input(format!("the input is not YAML: {error}")),
            LoadError::NotAResourceList(reason) => Self::input(reason),
        }
    }
}

/// The findings for people, a line each.
fn lines(findings: &[(&'static str, Finding)]) -> String {
    findings.iter().map(|(name, finding)| one_line(&format!("{name}: {finding}")) + "\n").collect()
}

/// A text with its control characters, and those that turn the direction of text, escaped. Names and paths come from the input, and must neither begin a line of their
/// own nor command a terminal.
pub fn one_line(text: &str) -> String {
    // Separators of lines and paragraphs, and marks that turn the direction of text, so that it reads as another one.
    const INVISIBLE: [char; 14] = [
        '\u{2028}', '\u{2029}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}',
        '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
    ];
    let is_harmless = |letter: char| !letter.is_control() && !INVISIBLE.contains(&letter);
    text.chars().fold(String::with_capacity(text.len()), |mut line, letter| {
        if is_harmless(letter) {
            line.push(letter);
        } else {
            line.extend(letter.escape_default());
        }
        line
    })
}

/// The findings for programs, a line of JSON each.
fn json_lines(findings: &[(&'static str, Finding)]) -> String {
    let line = |(name, finding): &(&'static str, Finding)| {
        serde_json::to_string(&finding.report(name)).unwrap_or_default() + "\n"
    };
    findings.iter().map(line).collect()
}

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
    let (program, mut call) = called(programs, call);
    let outcome = match Mode::of(program, &call) {
        Ok(mode) => {
            if mode.reads_stdin() && !io::stdin().is_terminal() {
                let mut stdin = Vec::new();
                if let Err(error) = io::stdin().lock().read_to_end(&mut stdin) {
                    let failure = Failure::input(format!("standard input cannot be read: {error}"));
                    return deliver(program, Outcome::failure(program, failure));
                }
                call.stdin = Some(stdin);
            }
            guarded(program, programs, mode, call.stdin)
        }
        Err(outcome) => outcome,
    };
    deliver(program, outcome)
}

/// Does what the call asks for, without touching the outside.
pub fn run<F: Function>(call: Call) -> Outcome {
    run_of(&[&Single::<F>::new()], call)
}

/// Does what the call asks a program of several for, without touching the outside.
pub fn run_of(programs: &[&dyn Program], call: Call) -> Outcome {
    let (program, call) = called(programs, call);
    match Mode::of(program, &call) {
        Ok(mode) => guarded(program, programs, mode, call.stdin),
        Err(outcome) => outcome,
    }
}

/// The program that a call means, and the call without the word that named it.
fn called<'p>(programs: &[&'p dyn Program], mut call: Call) -> (&'p dyn Program, Call) {
    let file_name = |argument: &OsString| Path::new(argument).file_name().map(OsString::from);
    let by_name = |name: &OsString| programs.iter().find(|program| name == program.name() || name == program.kind());
    // Under its own name the program does what its first argument or, without one, its first program says.
    let called_as = call.arguments.first().and_then(file_name).filter(|name| name != programs[0].name());
    if let Some(program) = called_as.as_ref().and_then(by_name) {
        return (*program, call);
    }
    match call.arguments.get(1).filter(|_| programs.len() > 1).and_then(by_name) {
        Some(program) => {
            call.arguments.remove(1);
            (*program, call)
        }
        None => (programs[0], call),
    }
}

/// The variable that names the file to which findings are appended.
///
/// Hosts drop what a function that succeeds writes to standard error (kustomize from 5.4 on and kubectl, for plugins), so
/// that findings need a way of their own.
pub const FINDINGS: &str = "REPLATFORM_FINDINGS";

fn deliver(program: &dyn Program, outcome: Outcome) -> ExitCode {
    let outcome = match append_findings(&outcome.findings) {
        Ok(()) => outcome,
        Err(failure) => {
            let failed = Outcome::failure(program, failure);
            Outcome { stderr: outcome.stderr + &failed.stderr, ..failed }
        }
    };
    // There is no way to report that standard error is closed.
    let _ = io::stderr().lock().write_all(outcome.stderr.as_bytes());
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout.write_all(outcome.stdout.as_bytes()).and_then(|()| stdout.flush()) {
        let failure = Failure::output(format!("standard output cannot be written: {error}"));
        let _ = io::stderr().lock().write_all(Outcome::failure(program, failure).stderr.as_bytes());
        return ExitCode::FAILURE;
    }
    if outcome.succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Appends whole lines to a file. The lock keeps those of builds that run at once apart.
///
/// # Errors
/// The file cannot be written.
pub fn append(file: &Path, lines: &str) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    // Pipes and terminals cannot be locked.
    if file.metadata()?.is_file() {
        file.lock()?;
    }
    file.write_all(lines.as_bytes())
}

/// Appends findings to the file that [`FINDINGS`] names, if it names one.
fn append_findings(findings: &[(&'static str, Finding)]) -> Result<(), Failure> {
    let Some(file) = std::env::var_os(FINDINGS).filter(|file| !file.is_empty() && !findings.is_empty()) else {
        return Ok(());
    };
    append(Path::new(&file), &json_lines(findings)).map_err(|error| {
        let name = file.display();
        Failure::output(format!("the findings cannot be appended to {name}, which {FINDINGS} names: {error}"))
    })
}

/// Where the last panic was. Its text may quote the input, secrets included, and goes nowhere.
fn panic_place() -> MutexGuard<'static, Option<String>> {
    static PLACE: Mutex<Option<String>> = Mutex::new(None);
    PLACE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A panic is a fault of the program. It must not leave half an output, and one line must report it.
fn guarded(program: &dyn Program, programs: &[&dyn Program], mode: Mode, stdin: Option<Vec<u8>>) -> Outcome {
    let outcome = catch_unwind(AssertUnwindSafe(|| mode.run(program, programs, stdin)));
    outcome.unwrap_or_else(|_| {
        let place = panic_place().take().map(|place| format!(" at {place}")).unwrap_or_default();
        let message = format!("internal error{place}, nothing was written");
        Outcome::failure(program, Failure { rule: CommonRule::InternalError, message })
    })
}

enum Mode {
    /// A `ResourceList` on standard input.
    List,
    /// kustomize's exec plugin protocol: the config in a file, bare documents on standard input.
    Plugin { config: PathBuf },
    /// Manifests in files.
    Files { config: Option<PathBuf>, files: Vec<PathBuf>, arguments: Box<ArgMatches> },
    /// The JSON Schema.
    Schema,
    /// What its rules are, or one of them.
    Explain { rule: Option<String> },
    /// Its own delivery to a directory.
    Install { directory: PathBuf },
}

impl Mode {
    /// Finds out how the program was called; help, version and wrong arguments are done with at once.
    fn of(program: &dyn Program, call: &Call) -> Result<Self, Outcome> {
        let called_as = call.arguments.first().map(Path::new).and_then(Path::file_name);
        let is_plugin = call.is_plugin || called_as.is_some_and(|name| name == program.kind());
        if let Some(config) = call.arguments.get(1).map(PathBuf::from).filter(|config| is_plugin && config.exists()) {
            let is_file = config.is_file();
            let refused = || Failure::config(format!("the config {} is no regular file", config.display()));
            return if is_file { Ok(Self::Plugin { config }) } else { Err(Outcome::failure(program, refused())) };
        }
        let matches = docs::command(program).try_get_matches_from(&call.arguments).map_err(|error| {
            let text = error.render().to_string();
            let is_answer = !error.use_stderr();
            let (stdout, stderr) = if is_answer { (text, String::new()) } else { (String::new(), text) };
            Outcome { stdout, stderr, findings: Vec::new(), succeeded: is_answer }
        })?;
        if matches.subcommand_matches("schema").is_some() {
            return Ok(Self::Schema);
        }
        if let Some(explain) = matches.subcommand_matches("explain") {
            return Ok(Self::Explain { rule: explain.get_one::<String>("rule").cloned() });
        }
        if let Some(install) = matches.subcommand_matches("install") {
            let directory = install.get_one::<PathBuf>("directory").cloned().unwrap_or_default();
            return Ok(Self::Install { directory });
        }
        let config = matches.get_one::<PathBuf>("config").cloned();
        let files: Vec<_> = matches.get_many::<PathBuf>("files").into_iter().flatten().cloned().collect();
        let is_given = |id: &clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
        if matches.ids().any(is_given) {
            Ok(Self::Files { config, files, arguments: Box::new(matches) })
        } else {
            Ok(Self::List)
        }
    }

    fn reads_stdin(&self) -> bool {
        match self {
            Self::List | Self::Plugin { .. } => true,
            Self::Files { files, .. } => files.is_empty() || files.iter().any(|file| file == Path::new("-")),
            Self::Schema | Self::Explain { .. } | Self::Install { .. } => false,
        }
    }

    fn run(self, program: &dyn Program, programs: &[&dyn Program], stdin: Option<Vec<u8>>) -> Outcome {
        let result = match self {
            Self::Schema => {
                let schema = serde_json::to_string_pretty(&docs::schema_of(program)).unwrap_or_default();
                return Outcome::answer(schema + "\n");
            }
            Self::List if stdin.is_none() => {
                let help = docs::command(program).render_help().to_string();
                return Outcome::answer(help);
            }
            Self::Explain { rule } => explain(program, rule.as_deref()),
            Self::Install { directory } => install(program, programs, &directory),
            Self::List => run_list(program, stdin.unwrap_or_default()),
            Self::Plugin { config } => run_plugin(program, &config, stdin.unwrap_or_default()),
            Self::Files { config, files, arguments } => {
                run_files(program, config.as_deref(), &files, &arguments, stdin)
            }
        };
        result.unwrap_or_else(|failure| Outcome::failure(program, failure))
    }
}

fn explain(program: &dyn Program, rule: Option<&str>) -> Result<Outcome, Failure> {
    match rule {
        None => Ok(Outcome::answer(docs::rules_list(program))),
        Some(id) => docs::explanation(program, id).map(Outcome::answer).map_err(Failure::input),
    }
}

fn run_list(program: &dyn Program, stdin: Vec<u8>) -> Result<Outcome, Failure> {
    let resources = Resources::from_list(text_of(stdin, "standard input")?)?;
    let config = resources.function_config();
    run_on(program, resources, config.as_ref(), None)
}

fn run_plugin(program: &dyn Program, config: &Path, stdin: Vec<u8>) -> Result<Outcome, Failure> {
    let config = read_config(config)?;
    let resources = Resources::from_streams(vec![(None, text_of(stdin, "standard input")?)])?;
    run_on(program, resources, Some(&config), None)
}

fn run_files(
    program: &dyn Program,
    config: Option<&Path>,
    files: &[PathBuf],
    arguments: &ArgMatches,
    stdin: Option<Vec<u8>>,
) -> Result<Outcome, Failure> {
    let config = config.map(read_config).transpose()?;
    let standard_input = [PathBuf::from("-")];
    let files = if files.is_empty() { &standard_input } else { files };
    let is_terminal = || Failure::input("standard input is a terminal; name the files to work on");
    let mut stdin = Some(stdin.ok_or_else(is_terminal));
    let mut texts = Vec::with_capacity(files.len());
    for file in files {
        if file == Path::new("-") {
            let bytes = stdin.take().unwrap_or_else(|| Err(Failure::input("`-` can be given once only")))?;
            texts.push((None, text_of(bytes, "standard input")?));
        } else {
            let name = file.display().to_string();
            let bytes =
                std::fs::read(file).map_err(|error| Failure::input(format!("{name} cannot be read: {error}")))?;
            texts.push((Some(name.clone()), text_of(bytes, &name)?));
        }
    }
    let resources = Resources::from_streams(texts)?;
    if resources.iter().next().is_none() {
        // In a shell's pipe this is often all that tells of a build that failed.
        return Err(Failure::input(NO_OBJECT));
    }
    run_on(program, resources, config.as_ref(), Some(arguments))
}

const NO_OBJECT: &str =
    "the manifests hold no object, and hosts delete what a build does not name; look at what wrote them";

fn read_config(path: &Path) -> Result<Value, Failure> {
    let name = path.display();
    let bytes =
        std::fs::read(path).map_err(|error| Failure::config(format!("the config {name} cannot be read: {error}")))?;
    let tree = Tree::parse(text_of(bytes, "the config")?)
        .map_err(|error| Failure::config(format!("the config {name} is not YAML: {error}")))?;
    let mut roots = tree.documents().iter().map(|document| document.root).filter(|root| !tree.is_empty(*root));
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(tree.value(root)),
        (None, _) => Err(Failure::config(format!("the config {name} is empty; give apiVersion, kind and spec"))),
        (Some(_), Some(second)) => {
            let line = tree.line(second);
            Err(Failure::config(format!(
                "the config {name} holds a second document in line {line}; give one config only"
            )))
        }
    }
}

fn text_of(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let is_utf16 = matches!(error.as_bytes(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        let hint = if is_utf16 { "; it looks like UTF-16: save it as UTF-8" } else { "" };
        Failure::input(format!("{name} is not UTF-8 text, from byte {at} on{hint}"))
    })
}

/// Runs a program on objects.
fn run_on(
    program: &dyn Program,
    mut resources: Resources,
    config: Option<&Value>,
    arguments: Option<&ArgMatches>,
) -> Result<Outcome, Failure> {
    let options = program.read(config)?;
    // Hosts send objects only; people may name any file.
    let overlooked = if arguments.is_some() { no_objects(&resources) } else { Vec::new() };
    let mut verdict = program.run(program::Call { options, arguments, accepted: Vec::new() }, &mut resources)?;
    verdict.findings.extend(overlooked.into_iter().map(|finding| (program.name(), finding)));
    verdict.findings.sort_by_key(|(_, finding)| finding.severity());
    let outcome = finish(&resources, verdict);
    // The process is about to end; freeing millions of values first would take a good part of its time.
    std::mem::forget(resources);
    outcome
}

/// What is in the manifests and no function looks at.
fn no_objects(resources: &Resources) -> Vec<Finding> {
    let told = resources.no_objects().map(|(item, line)| {
        let message = format!("line {line} begins something without a kind or a name, which no function looks at");
        Finding::new(CommonRule::NoObject, message).on(item)
    });
    told.collect()
}

/// Writes what a program leads to: all objects, or as they came if anything is wrong.
fn finish(resources: &Resources, verdict: Verdict) -> Result<Outcome, Failure> {
    let succeeded = verdict.succeeded;
    let results: Vec<_> = verdict.findings.iter().map(|(_, finding)| finding).collect();
    let stdout = if verdict.returns_nothing {
        resources.write_nothing(&results)
    } else if succeeded {
        let misread = |misread: Misread| Failure { rule: CommonRule::InternalError, message: misread.to_string() };
        resources.write(&results).map_err(misread)?
    } else {
        resources.write_as_they_came(&results)
    };
    Ok(Outcome { stdout, stderr: lines(&verdict.findings), findings: verdict.findings, succeeded })
}

/// Copies the program into a directory, under its name, and lays the directory out for `KUSTOMIZE_PLUGIN_HOME`: so an
/// init container delivers it from an image that holds nothing else.
fn install(program: &dyn Program, programs: &[&dyn Program], directory: &Path) -> Result<Outcome, Failure> {
    let failed =
        |error: io::Error| Failure::output(format!("cannot be installed into {}: {error}", directory.display()));
    let own = std::env::current_exe().map_err(failed)?;
    let target = directory.join(program.name());
    let staged = directory.join(format!(".{}.new", program.name()));
    std::fs::create_dir_all(directory).map_err(failed)?;
    copy_new(&own, &staged).and_then(|()| std::fs::rename(&staged, &target)).map_err(|error| {
        let _ = std::fs::remove_file(&staged);
        failed(error)
    })?;
    let mut installed = format!("{}\n", target.display());
    for called in programs {
        if called.name() != program.name() {
            link(Path::new(program.name()), &directory.join(called.name())).map_err(failed)?;
        }
        let folder = directory.join(config::API_VERSION).join(called.kind().to_lowercase());
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let plugin = folder.join(called.kind());
        link(&Path::new("../../..").join(program.name()), &plugin).map_err(failed)?;
        // A folder that is a link elsewhere would leave the plugin without its program.
        std::fs::metadata(&plugin).map_err(failed)?;
        installed.push_str(&format!("{}\n", plugin.display()));
    }
    Ok(Outcome::answer(installed))
}

/// Copies a file to a place where there is none afterwards but this one: what was there goes first, and a link that
/// appears meanwhile is not followed.
fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    remove_if_there(to)?;
    let mut source = std::fs::File::open(from)?;
    let mut copy = std::fs::OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.set_permissions(source.metadata()?.permissions())
}

/// Makes a symbolic link, in the place of an older one.
fn link(target: &Path, at: &Path) -> io::Result<()> {
    remove_if_there(at)?;
    std::os::unix::fs::symlink(target, at)
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
