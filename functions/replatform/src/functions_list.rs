//! `replatform functions`: which functions there are.

use std::fmt::Write;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use krm::host;
use krm::subcommand::{Example, ExitMeaning, Subcommand};

use crate::functions::FUNCTIONS;

/// The subcommand.
pub(crate) struct FunctionsList;

impl Subcommand for FunctionsList {
    fn command(&self) -> Command {
        Command::new("functions").about("Lists the functions: name, kind of the functionConfig, and what each does")
    }

    fn examples(&self) -> &'static [Example] {
        &[Example { call: "replatform functions", about: "Lists them in the order in which an overlay names them" }]
    }

    fn exit_codes(&self) -> &'static [ExitMeaning] {
        &[
            ExitMeaning { code: 0, about: "The functions are listed." },
            ExitMeaning { code: 1, about: "Standard output cannot be written." },
        ]
    }

    fn run(&self, _arguments: &ArgMatches) -> ExitCode {
        if host::print(&list()).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// A line for each function, in columns.
fn list() -> String {
    let width = |text: fn(usize) -> usize| (0..FUNCTIONS.len()).map(text).max().unwrap_or_default();
    let name = width(|index| FUNCTIONS[index].name().len());
    let kind = width(|index| FUNCTIONS[index].kind().len());
    FUNCTIONS.iter().fold(String::new(), |mut list, function| {
        let _ = writeln!(list, "{:name$}  {:kind$}  {}", function.name(), function.kind(), function.about());
        list
    })
}
