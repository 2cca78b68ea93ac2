//! Hosts and addresses in texts: values of variables, arguments, files, URLs and connection strings.
//!
//! | function | it finds | for |
//! | --- | --- | --- |
//! | [`hosts`] | every name with a dot, wherever it is | replacing a host that is known |
//! | [`mentions_of`], [`mentions_in_pairs`], [`mentions_in_command`], [`mentions_in_file`], [`mentions_in_tree`] | what a program would connect to | telling who talks to whom |
//! | [`authorities`] | the parts of URLs | passwords in them, and their hosts |
//! | [`commands_in_script`], [`commands_in_words`] | the words of commands | which programs run |
//!
//! All of them share one grammar. DNS knows no case (RFC 4343), `_` is part of a name, and a placeholder such as
//! `$(NAME)` or `{{ .name }}` is opaque: no letter in it ends anything around it.

mod authorities;
mod commands;
mod files;
mod hosts;
mod keys;
mod mentions;
mod placeholders;
mod ports;
mod trees;
mod values;

pub use authorities::{Authority, authorities};
pub use commands::{commands_in_script, commands_in_words};
pub use files::mentions_in_file;
pub use hosts::{Host, Port, hosts};
pub use keys::names_host;
pub use mentions::{Certainty, Mention};
pub use placeholders::{Placeholder, placeholder};
pub use ports::default_port;
pub use values::{mentions, mentions_in_command, mentions_in_pairs, mentions_in_tree, mentions_of};

#[cfg(test)]
mod properties;
