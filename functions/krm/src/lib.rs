//! What every replatform function shares: lossless resource lists, configs, findings and the ways a host calls a function.
//!
//! A function implements [`Function`](function::Function) and nothing else; its `main` is [`host::main`].

pub mod accept;
mod command_line;
mod command_page;
pub mod config;
pub mod docs;
pub mod field;
pub mod finding;
pub mod function;
pub mod glob;
#[cfg(feature = "golden")]
pub mod golden;
pub mod host;
pub mod needles;
pub mod numbered;
pub mod passing;
pub mod pipeline;
pub mod program;
#[cfg(feature = "golden")]
pub mod remedies;
pub mod resource_list;
pub mod rule;
pub mod subcommand;
pub mod table;
#[cfg(feature = "golden")]
pub mod trial;
pub mod typed;
pub mod yaml;
