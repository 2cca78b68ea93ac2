//! How a program was called, and what it is to do then.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::outcome::{Failure, Prepared};
use crate::command_line::{self, CommandLine};
use crate::program::Program;
use crate::subcommand::Subcommand;

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

/// What a call asks for.
pub(super) enum Mode {
    /// A `ResourceList` on standard input.
    List,
    /// kustomize's exec plugin protocol: the config in a file, bare documents on standard input.
    Plugin { config: PathBuf },
    /// Manifests in files.
    Files { config: Option<PathBuf>, files: Vec<PathBuf>, is_diff: bool, arguments: Box<ArgMatches> },
    /// The JSON Schema.
    Schema,
    /// What its rules are, or one of them.
    Explain { rule: Option<String> },
    /// Its own delivery to a directory.
    Install { directory: PathBuf },
    /// The completion of a shell.
    Completion { shell: clap_complete::Shell },
    /// Its man page, or all of them in a directory.
    Man { directory: Option<PathBuf> },
    /// One of its own subcommands.
    Command { command: &'static dyn Subcommand, arguments: Box<ArgMatches> },
}

/// The program that a call means, and the call without the words that name it.
pub(super) fn called<'p>(programs: &[&'p dyn Program], mut call: Call) -> (CommandLine<'p>, Call) {
    let first = programs[0];
    let by_name =
        |name: &OsStr| programs.iter().copied().find(|program| name == program.name() || name == program.kind());
    // Under its own name the program does what its first argument or, without one, its first program says.
    let called_as = call.arguments.first().map(Path::new).and_then(Path::file_name);
    if let Some(program) = called_as.filter(|name| *name != first.name()).and_then(by_name) {
        return (CommandLine::of_function(program, program.name()), call);
    }
    let has_functions = programs.len() > 1;
    let word = |index: usize| call.arguments.get(index).filter(|_| has_functions).map(OsString::as_os_str);
    let by_word = |word: &OsStr| if word == command_line::PIPELINE { Some(first) } else { by_name(word) };
    if let Some(program) = word(1).and_then(by_word) {
        let name = format!("{} {}", first.name(), call.arguments.remove(1).to_string_lossy());
        return (CommandLine::of_function(program, &name), call);
    }
    if let Some(program) = word(1).filter(|word| *word == "help").and_then(|_| word(2)).and_then(by_word) {
        let name = format!("{} {}", first.name(), call.arguments[2].to_string_lossy());
        call.arguments.splice(1..3, ["--help".into()]);
        return (CommandLine::of_function(program, &name), call);
    }
    (CommandLine::of_all(first, &programs[1..]), call)
}

impl Mode {
    /// Finds out how the program was called; help, version and wrong arguments are done with at once.
    pub(super) fn of(line: &CommandLine<'_>, call: &Call) -> Result<Self, Prepared> {
        let program = line.program();
        let called_as = call.arguments.first().map(Path::new).and_then(Path::file_name);
        let is_plugin = call.is_plugin || called_as.is_some_and(|name| name == program.kind());
        if let Some(config) = call.arguments.get(1).map(PathBuf::from).filter(|config| is_plugin && config.exists()) {
            let is_file = config.is_file();
            let refused = || Failure::config(format!("the config {} is no regular file", config.display()));
            return if is_file { Ok(Self::Plugin { config }) } else { Err(Prepared::failure(program, refused())) };
        }
        // The usual call of a host, which is not to pay for a command line that it does not have.
        if call.arguments.len() <= 1 {
            return Ok(Self::List);
        }
        let matches = line.read(&call.arguments).map_err(|error| {
            let text = error.render().to_string();
            let is_answer = !error.use_stderr();
            if is_answer { Prepared::answer(text) } else { Prepared::misuse(text) }
        })?;
        Ok(Self::of_matches(line, matches))
    }

    fn of_matches(line: &CommandLine<'_>, matches: ArgMatches) -> Self {
        let Some((name, arguments)) = matches.subcommand() else { return Self::of_arguments(matches) };
        let path = |id: &str| arguments.get_one::<PathBuf>(id).cloned();
        match name {
            "schema" => Self::Schema,
            "explain" => Self::Explain { rule: arguments.get_one::<String>("rule").cloned() },
            "install" => Self::Install { directory: path("directory").unwrap_or_default() },
            "completion" => {
                let shell = arguments.get_one("shell").copied().unwrap_or(clap_complete::Shell::Bash);
                Self::Completion { shell }
            }
            "man" => Self::Man { directory: path("directory") },
            name => match line.own_command(name) {
                Some(command) => Self::Command { command, arguments: Box::new(arguments.clone()) },
                None => Self::of_arguments(matches),
            },
        }
    }

    fn of_arguments(matches: ArgMatches) -> Self {
        let config = matches.get_one::<PathBuf>("config").cloned();
        let files: Vec<_> = matches.get_many::<PathBuf>("files").into_iter().flatten().cloned().collect();
        let is_given = |id: &clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
        if matches.ids().any(is_given) {
            let is_diff = matches.get_flag("diff");
            Self::Files { config, files, is_diff, arguments: Box::new(matches) }
        } else {
            Self::List
        }
    }

    /// Whether what comes out is a diff, instead of manifests.
    pub(super) fn is_diff(&self) -> bool {
        matches!(self, Self::Files { is_diff: true, .. })
    }

    /// Whether a function runs.
    pub(super) fn runs_function(&self) -> bool {
        matches!(self, Self::List | Self::Plugin { .. } | Self::Files { .. })
    }

    pub(super) fn reads_stdin(&self) -> bool {
        match self {
            Self::List | Self::Plugin { .. } => true,
            Self::Files { files, .. } => files.is_empty() || files.iter().any(|file| file == Path::new("-")),
            _ => false,
        }
    }
}
