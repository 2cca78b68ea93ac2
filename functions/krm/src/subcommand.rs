//! Subcommands that one program has, beyond those that every program has.

use std::process::ExitCode;

use clap::{ArgMatches, Command};

/// A subcommand of a program: `replatform build`, for one. Help, completion and man pages come from it; the program lists it
/// in [`Program::commands`](crate::program::Program::commands), and nothing else has to know it.
///
/// A subcommand works with files and processes, so it writes standard output and standard error itself, by
/// [`host::print`](crate::host::print) and [`host::say`](crate::host::say).
pub trait Subcommand: Sync {
    /// Its name, what it does in a sentence (`about`, shown in lists), what a person needs to know besides (`long_about`,
    /// which begins with that sentence), and its arguments, each with its help. Examples and exit codes do not belong here: they have
    /// functions of their own, and are shown behind the arguments.
    fn command(&self) -> Command;

    /// What people do with it, at least one example.
    fn examples(&self) -> &'static [Example];

    /// What its exit codes mean. Wrong arguments lead to [`TROUBLE`], which need not be listed.
    fn exit_codes(&self) -> &'static [ExitMeaning];

    /// Does it, and tells how it ended. The arguments are those of [`Subcommand::command`].
    fn run(&self, arguments: &ArgMatches) -> ExitCode;
}

/// The exit code of a subcommand whose arguments are wrong, or that cannot do its work at all.
pub const TROUBLE: u8 = 2;

/// A call as people write it.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The command line: `replatform build overlay/production/web`.
    pub call: &'static str,
    /// What it does, in a few words: `Builds one application`.
    pub about: &'static str,
}

/// What an exit code means.
#[derive(Debug, Clone, Copy)]
pub struct ExitMeaning {
    /// The code.
    pub code: u8,
    /// What it says, in a few words: `Everything was built`.
    pub about: &'static str,
}
