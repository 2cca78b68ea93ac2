//! All functions in one program: each under its own name and kind, and `Pipeline`, which runs several in one call. Its
//! subcommands are in [`COMMANDS`].

mod bases;
mod build;
mod build_options;
mod commands;
mod config_file;
mod functions;
mod functions_list;
mod hydrate;
mod init;
mod pipeline_file;
mod published;
mod report;

use krm::pipeline::Pipeline;

pub use commands::COMMANDS;
pub use functions::{FUNCTIONS, of_applications};
pub use published::{REPOSITORY, image, released_image};

/// The program with its subcommands. Without a word it runs several functions in a row.
pub fn pipeline() -> Pipeline<'static> {
    Pipeline { commands: COMMANDS, ..functions::pipeline() }
}
