//! The subcommands of the program.

use krm::subcommand::Subcommand;

use crate::build::Build;
use crate::functions_list::FunctionsList;
use crate::hydrate::Hydrate;
use crate::init::Init;
use crate::report::Report;

/// The subcommands, in the order of the help. To add one: implement [`Subcommand`] in a module of its own, and list it here.
/// Help, completion, man pages and dispatch follow. A subcommand that runs functions takes them from `crate::functions`.
pub const COMMANDS: &[&dyn Subcommand] = &[&Report, &Init, &Build, &Hydrate, &FunctionsList];
