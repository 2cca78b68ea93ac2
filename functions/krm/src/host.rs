//! The ways a host calls a function: by a `ResourceList` on standard input, as a kustomize exec plugin, or by a person
//! with files. Which one it is shows in how the program is called. Only this module writes standard output.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ArgMatches;
use clap::parser::ValueSource;
use serde_json::Value;

use crate::config::{self, CheckSpec, CommonSpec, WiredAs};
use crate::docs;
use crate::finding::{Finding, Findings};
use crate::function::{Function, Role};
use crate::resource_list::{Draft, LoadError, Resources};
use crate::yaml::Tree;

/// How the program was called.
#[derive(Debug, Default)]
pub struct Call {
    /// The arguments, the program's name first.
    pub arguments: Vec<OsString>,
    /// Whether kustomize's exec plugin loader is the caller: it sets `KUSTOMIZE_PLUGIN_CONFIG_ROOT`.
    pub is_plugin: bool,
    /// What stands on standard input; `None` if it is a terminal.
    pub stdin: Option<Vec<u8>>,
}

/// What the program does to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Standard output: everything or nothing.
    pub stdout: String,
    /// Standard error: one line a finding.
    pub stderr: String,
    /// Whether the exit code is 0; else it is 1.
    pub succeeded: bool,
}

/// The `main` of a function's program.
pub fn main<F: Function>() -> ExitCode {
    // The outcome tells of a panic, in one line.
    std::panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<_> = std::env::args_os().collect();
    let mut call =
        Call { is_plugin: std::env::var_os("KUSTOMIZE_PLUGIN_CONFIG_ROOT").is_some(), arguments, stdin: None };
    let outcome = match Mode::of::<F>(&call) {
        Ok(mode) => {
            if mode.reads_stdin() && !io::stdin().is_terminal() {
                let mut stdin = Vec::new();
                if let Err(error) = io::stdin().lock().read_to_end(&mut stdin) {
                    return deliver(&failure::<F>(&format!("standard input cannot be read: {error}")));
                }
                call.stdin = Some(stdin);
            }
            guarded::<F>(mode, call.stdin)
        }
        Err(outcome) => outcome,
    };
    deliver(&outcome)
}

/// Does what the call asks for, without touching the outside.
pub fn run<F: Function>(call: Call) -> Outcome {
    match Mode::of::<F>(&call) {
        Ok(mode) => guarded::<F>(mode, call.stdin),
        Err(outcome) => outcome,
    }
}

fn deliver(outcome: &Outcome) -> ExitCode {
    // Nobody is left to tell when standard error is closed.
    let _ = io::stderr().lock().write_all(outcome.stderr.as_bytes());
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(outcome.stdout.as_bytes()).and_then(|()| stdout.flush());
    if outcome.succeeded && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A panic is a bug; it must not leave half an output, and one line must tell of it.
fn guarded<F: Function>(mode: Mode, stdin: Option<Vec<u8>>) -> Outcome {
    let outcome = catch_unwind(AssertUnwindSafe(|| mode.run::<F>(stdin)));
    outcome.unwrap_or_else(|panic| {
        let cause = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        failure::<F>(&format!("stopped by a bug, nothing was written: {}", cause.unwrap_or("unknown cause")))
    })
}

fn failure<F: Function>(cause: &str) -> Outcome {
    let cause = cause.replace('\n', " ");
    Outcome { stdout: String::new(), stderr: format!("{}: error: {cause}\n", F::NAME), succeeded: false }
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
}

impl Mode {
    /// Finds out how the program was called; help, version and wrong arguments are done with at once.
    fn of<F: Function>(call: &Call) -> Result<Self, Outcome> {
        let program = call.arguments.first().map(Path::new).and_then(Path::file_name);
        let is_plugin = call.is_plugin || program.is_some_and(|name| name == F::KIND);
        if let Some(config) = call.arguments.get(1).map(PathBuf::from).filter(|config| is_plugin && config.is_file()) {
            return Ok(Self::Plugin { config });
        }
        let matches = docs::command::<F>().try_get_matches_from(&call.arguments).map_err(|error| {
            let text = error.render().to_string();
            let is_answer = !error.use_stderr();
            let (stdout, stderr) = if is_answer { (text, String::new()) } else { (String::new(), text) };
            Outcome { stdout, stderr, succeeded: is_answer }
        })?;
        if matches.subcommand_matches("schema").is_some() {
            return Ok(Self::Schema);
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
            Self::Schema => false,
        }
    }

    fn run<F: Function>(self, stdin: Option<Vec<u8>>) -> Outcome {
        let result = match self {
            Self::Schema => {
                let schema = serde_json::to_string_pretty(&docs::schema::<F>()).unwrap_or_default();
                return Outcome { stdout: schema + "\n", stderr: String::new(), succeeded: true };
            }
            Self::List if stdin.is_none() => {
                let help = docs::command::<F>().render_help().to_string();
                return Outcome { stdout: help, stderr: String::new(), succeeded: true };
            }
            Self::List => run_list::<F>(stdin.unwrap_or_default()),
            Self::Plugin { config } => run_plugin::<F>(&config, stdin.unwrap_or_default()),
            Self::Files { config, files, arguments } => run_files::<F>(config.as_deref(), &files, &arguments, stdin),
        };
        result.unwrap_or_else(|cause| failure::<F>(&cause))
    }
}

fn run_list<F: Function>(stdin: Vec<u8>) -> Result<Outcome, String> {
    let resources = Resources::from_list(text_of(stdin, "standard input")?).map_err(cause)?;
    let config = resources.function_config();
    apply::<F>(resources, config.as_ref(), None)
}

fn run_plugin<F: Function>(config: &Path, stdin: Vec<u8>) -> Result<Outcome, String> {
    let config = read_config(config)?;
    let resources = Resources::from_streams(vec![(None, text_of(stdin, "standard input")?)]).map_err(cause)?;
    apply::<F>(resources, Some(&config), None)
}

fn run_files<F: Function>(
    config: Option<&Path>,
    files: &[PathBuf],
    arguments: &ArgMatches,
    stdin: Option<Vec<u8>>,
) -> Result<Outcome, String> {
    let config = config.map(read_config).transpose()?;
    let standard_input = [PathBuf::from("-")];
    let files = if files.is_empty() { &standard_input } else { files };
    let mut stdin = Some(stdin.ok_or_else(|| "standard input is a terminal; name the files to work on".to_owned()));
    let mut texts = Vec::with_capacity(files.len());
    for file in files {
        if file == Path::new("-") {
            let bytes = stdin.take().unwrap_or_else(|| Err("`-` can be given once only".to_owned()))?;
            texts.push((None, text_of(bytes, "standard input")?));
        } else {
            let name = file.display().to_string();
            let bytes = std::fs::read(file).map_err(|error| format!("{name} cannot be read: {error}"))?;
            texts.push((Some(name.clone()), text_of(bytes, &name)?));
        }
    }
    apply::<F>(Resources::from_streams(texts).map_err(cause)?, config.as_ref(), Some(arguments))
}

fn cause(error: LoadError) -> String {
    match error {
        LoadError::Yaml(error) => format!("the input is not YAML: {error}"),
        LoadError::NotAResourceList(reason) => reason,
    }
}

fn read_config(path: &Path) -> Result<Value, String> {
    let name = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("the config {name} cannot be read: {error}"))?;
    let tree = Tree::parse(text_of(bytes, "the config")?)
        .map_err(|error| format!("the config {name} is not YAML: {error}"))?;
    Ok(tree.documents().first().map_or(Value::Null, |document| tree.value(document.root)))
}

fn text_of(bytes: Vec<u8>, name: &str) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("{name} is not UTF-8 text, from byte {at} on")
    })
}

/// Runs the function and decides what leaves: all objects, or as they came if anything is wrong.
fn apply<F: Function>(
    mut resources: Resources,
    config: Option<&Value>,
    arguments: Option<&ArgMatches>,
) -> Result<Outcome, String> {
    let schema = docs::spec::<F>();
    let spec = config::spec_of(config, F::KIND, &schema).map_err(|error| error.to_string())?;
    let configured = |error: config::ConfigError| error.to_string();
    let common: CommonSpec = config::typed(&spec).map_err(configured)?;
    let check: CheckSpec = config::typed(&spec).map_err(configured)?;
    let mut findings = Findings::default();
    let spec = config::typed(&spec).map_err(configured)?;
    match arguments {
        Some(arguments) => F::run_on_files(&spec, arguments, &mut resources, &mut findings),
        None => F::run(&spec, &mut resources, &mut findings),
    }
    .map_err(configured)?;
    if common.strict {
        findings.promote_warnings();
    }
    if resources.lost_everything() {
        findings.push(Finding::error(
            "nothing is left of this build, and hosts delete what a build does not name; take the function out of it",
        ));
    }
    let mut draft = Draft::default();
    if !findings.has_errors() {
        match resources.draft() {
            Ok(drafted) => {
                draft = drafted;
                findings.extend(std::mem::take(&mut draft.changes));
            }
            Err(problems) => findings.extend(problems),
        }
    }
    let succeeded = !findings.has_errors();
    let reported = findings.reported(common.report.into());
    let stderr = reported.iter().map(|finding| format!("{}: {finding}\n", F::NAME)).collect();
    if succeeded && F::ROLE == Role::Validator && check.wired_as == WiredAs::Validators {
        return Ok(Outcome { stdout: resources.write_nothing(&reported), stderr, succeeded });
    }
    let stdout = resources.write(draft, &reported);
    if succeeded && !resources.reads_as_meant(&stdout) {
        return Err("stopped by a bug, nothing was written: the output would read differently than meant".to_owned());
    }
    Ok(Outcome { stdout, stderr, succeeded })
}
