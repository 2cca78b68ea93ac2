//! The command line of a program. Help, completion and man pages come from one tree of commands.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::command_page::{Call, Page};
use crate::docs::{self, wrapped};
use crate::program::{Program, known_rules};
use crate::subcommand::{ExitMeaning, Subcommand, TROUBLE};

/// The width of help: the same on every terminal, as in the documents.
const WIDTH: usize = 100;

/// The word by which a program of several functions runs them in a row, as it does without any word.
pub(crate) const PIPELINE: &str = "pipeline";

/// The command line of a program.
pub(crate) struct CommandLine<'p> {
    program: &'p dyn Program,
    /// How people call it: `replatform route-to-ingress`.
    name: String,
    /// Its own subcommands.
    commands: &'static [&'static dyn Subcommand],
    /// The functions that it is besides, each by its name.
    functions: Vec<&'p dyn Program>,
}

/// How much of its functions the tree of a command line holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Their names and what they do, and no options of functionConfigs at all: enough to read arguments by.
    Arguments,
    /// Their names and what they do.
    Names,
    /// Everything.
    Whole,
}

impl<'p> CommandLine<'p> {
    /// That of one function, called by `name`.
    pub(crate) fn of_function(program: &'p dyn Program, name: &str) -> Self {
        Self { program, name: name.to_owned(), commands: &[], functions: Vec::new() }
    }

    /// That of a program which is several functions, and has subcommands of its own.
    pub(crate) fn of_all(program: &'p dyn Program, functions: &[&'p dyn Program]) -> Self {
        let (name, functions) = (program.name().to_owned(), functions.to_vec());
        Self { program, name, commands: program.commands(), functions }
    }

    /// What runs.
    pub(crate) fn program(&self) -> &'p dyn Program {
        self.program
    }

    /// The program's own subcommand of this name.
    pub(crate) fn own_command(&self, name: &str) -> Option<&'static dyn Subcommand> {
        self.commands.iter().copied().find(|command| command.command().get_name() == name)
    }

    /// Whether the program has a subcommand of its own of this name.
    pub(crate) fn has_command(&self, word: &OsStr) -> bool {
        word.to_str().is_some_and(|name| self.own_command(name).is_some())
    }

    /// The words that name a subcommand.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut command = self.page(Detail::Arguments).command_with_help();
        command.build(); // which adds `help`
        command.get_subcommands().map(|command| command.get_name().to_owned()).collect()
    }

    /// Reads arguments. The options of the functionConfig are in the long help alone, and cost more than everything else
    /// that a short call does, so that they are made where help is asked for.
    ///
    /// # Errors
    /// Help, the version, and arguments that are wrong.
    pub(crate) fn read(&self, arguments: &[OsString]) -> Result<ArgMatches, clap::Error> {
        let read = |detail| self.page(detail).command_with_help().try_get_matches_from(arguments);
        read(Detail::Arguments).or_else(|error| match error.kind() {
            ErrorKind::DisplayHelp => read(Detail::Names),
            _ => Err(error),
        })
    }

    /// The command with its help.
    fn command(&self) -> Command {
        self.page(Detail::Names).command_with_help()
    }

    /// The help of `-h`.
    pub(crate) fn short_help(&self) -> String {
        self.command().render_help().to_string()
    }

    /// The completion script for a shell.
    pub(crate) fn completion(&self, shell: Shell) -> String {
        let mut command = with_rules(self.page(Detail::Whole).command_with_help(), self.program);
        for function in &self.functions {
            command = command.mut_subcommand(function.name(), |command| with_rules(command, *function));
        }
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, self.program.name(), &mut script);
        String::from_utf8_lossy(&script).into_owned()
    }

    /// The man page of the program.
    pub(crate) fn man_page(&self) -> String {
        let pages = self.page(Detail::Names).man_pages();
        pages.into_iter().next().map(|(_, page)| page).unwrap_or_default()
    }

    /// All man pages, by the names of their files.
    pub(crate) fn man_pages(&self) -> Vec<(String, String)> {
        self.page(Detail::Whole).man_pages()
    }

    fn page(&self, detail: Detail) -> Page {
        let mut page = function_page(self.program, self.program.name(), &self.name);
        if detail != Detail::Arguments {
            page.options = docs::options_of(self.program);
        }
        page.command = page.command.bin_name(self.name.clone()).term_width(WIDTH);
        if self.functions.is_empty() {
            return page;
        }
        let mut below: Vec<_> = self.commands.iter().map(|command| command_page(*command)).collect();
        let mut add = |program: &'p dyn Program, word: &'static str| {
            below.push(match detail {
                Detail::Arguments | Detail::Names => Page::named(word, program.about()),
                Detail::Whole => Page {
                    options: docs::options_of(program),
                    ..function_page(program, word, &format!("{} {word}", self.name))
                },
            });
        };
        add(self.program, PIPELINE);
        for function in &self.functions {
            add(*function, function.name());
        }
        let functions = below.split_off(self.commands.len() + 1);
        below.append(&mut page.below);
        below.extend(functions);
        page.below = below;
        page
    }
}

/// The rules as the values of `explain`, for shells.
fn with_rules(command: Command, program: &dyn Program) -> Command {
    let ids: Vec<_> = known_rules(&program.rules()).iter().map(|rule| rule.id).collect();
    let rule = |rule: Arg| rule.value_parser(PossibleValuesParser::new(ids));
    command.mut_subcommand("explain", |explain| explain.mut_arg("rule", rule))
}

/// The command of a program's own subcommand.
fn command_page(subcommand: &dyn Subcommand) -> Page {
    let command = subcommand.command();
    let long = command.get_long_about().map(|about| wrapped(&about.to_string(), "").trim_end().to_owned());
    let command = match long {
        Some(long) => command.long_about(long),
        None => command,
    };
    let examples = subcommand.examples().iter().map(|example| Call::new(example.call, example.about)).collect();
    let misuse = ExitMeaning { code: TROUBLE, about: "The arguments are wrong." };
    let mut exit_codes = subcommand.exit_codes().to_vec();
    if exit_codes.iter().all(|meaning| meaning.code != TROUBLE) {
        exit_codes.push(misuse);
    }
    Page { command, examples, exit_codes, options: Vec::new(), below: Vec::new() }
}

/// The command `word` of a function, which people call by `name`, without the options of its functionConfig.
fn function_page(program: &dyn Program, word: &'static str, name: &str) -> Page {
    let command = Command::new(word)
        .version(program.version())
        .about(program.about())
        .long_about(format!(
            "{}\n\n{}",
            wrapped(program.about(), "").trim_end(),
            wrapped(&calling(program), "").trim_end()
        ))
        .args_conflicts_with_subcommands(true)
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Reads the functionConfig from FILE"),
        )
        .arg(
            Arg::new("files")
                .value_name("MANIFEST")
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help("Works on these files instead of a ResourceList; `-` is standard input")
                .long_help(FILES),
        )
        .arg(
            Arg::new("diff")
                .long("diff")
                .action(ArgAction::SetTrue)
                .help("Prints what would change as a unified diff, instead of the manifests"),
        )
        .args(program.arguments());
    let about_code = |code, about| ExitMeaning { code, about };
    Page {
        command,
        examples: vec![
            Call::new(&format!("kustomize build . | {name} --config config.yaml -"), "Works on what a build prints"),
            Call::new(
                &format!("{name} --config config.yaml --diff base/web"),
                "Shows what would change in a directory",
            ),
            Call::new(
                &format!("{name} --config config.yaml --diff base/web | git apply"),
                "Changes the files, if the paths are those from the top of the repository",
            ),
        ],
        exit_codes: vec![
            about_code(0, "The objects are as they should be."),
            about_code(1, "Something is wrong. Standard output has the objects as they came, or nothing."),
        ],
        options: Vec::new(),
        below: common_pages(program, name),
    }
}

/// What a person can name.
const FILES: &str = "\
Works on these files instead of a ResourceList. Of a directory, all files below it that end in \
.yaml, .yml or .json, in the order of their names; hidden files, kustomizations and Helm charts \
are skipped. A pattern (`*`, `?`, `[a-z]`, `**` for directories) is understood where the shell \
leaves it as it is. `-` is standard input. No file is written: the outcome goes to standard output";

/// The subcommands that every program has.
fn common_pages(program: &dyn Program, name: &str) -> Vec<Page> {
    let rule = program.rules().first().map_or("malformed-field", |rule| rule.id);
    let directory =
        |about: &'static str| Arg::new("directory").value_name("DIR").value_parser(value_parser!(PathBuf)).help(about);
    let page =
        |command: Command, call: &str, about: &str| Page::simple(command, Call::new(&format!("{name} {call}"), about));
    vec![
        page(
            Command::new("schema").about("Prints the JSON Schema of the functionConfig"),
            "schema >schema.json",
            "Writes the schema to a file, for an editor",
        ),
        page(
            Command::new("explain")
                .about("Lists the rules of the findings, or explains one")
                .arg(Arg::new("rule").value_name("RULE").help("The id that a finding prints in brackets")),
            &format!("explain {rule}"),
            "Says what a rule means, and what to do",
        ),
        page(
            Command::new("install")
                .about("Copies the program into a directory that serves as PATH and as KUSTOMIZE_PLUGIN_HOME")
                .arg(directory("Where to; it is made if it is not there").required(true)),
            "install ~/.local/share/replatform",
            "Copies the program, and lays out the directory for kustomize",
        ),
        page(
            Command::new("completion").about("Prints the completion script for a shell").arg(
                Arg::new("shell")
                    .value_name("SHELL")
                    .required(true)
                    .value_parser(
                        PossibleValuesParser::new(["bash", "zsh", "fish"]).try_map(|name| name.parse::<Shell>()),
                    )
                    .help("The shell"),
            ),
            "completion bash >~/.local/share/bash-completion/completions/replatform",
            "Completes the program in every bash from the next on",
        ),
        page(
            Command::new("man")
                .about("Prints the man page, or writes the pages of all subcommands into a directory")
                .arg(directory("Writes the pages of all subcommands into this directory")),
            "man | man -l -",
            "Shows the man page",
        ),
    ]
}

fn calling(program: &dyn Program) -> String {
    format!(
        "Reads a ResourceList from standard input and writes it to standard output, as kustomize and kpt call it. \
         As a kustomize exec plugin it is called by its kind, {}. With files it works on plain manifests.",
        program.kind()
    )
}
