//! Hosts and addresses in texts: values of variables, arguments, files, URLs and connection strings.
//!
//! | function | it finds | for |
//! | --- | --- | --- |
//! | [`hosts`] | every name with a dot, wherever it is | replacing a host that is known |
//! | [`mentions`], [`mentions_in_file`] | what a program would connect to | telling who talks to whom |
//! | [`authorities`] | the parts of URLs | passwords in them, and their hosts |
//!
//! All of them share one grammar. DNS knows no case (RFC 4343), `_` is part of a name, and a placeholder such as
//! `$(NAME)` or `{{ .name }}` is opaque: no letter in it ends anything around it.

mod authorities;
mod hosts;
mod mentions;
mod placeholders;
mod ports;

pub use authorities::{Authority, authorities};
pub use hosts::{Host, Port, hosts};
pub use mentions::{Mention, mentions, mentions_in_file};
pub use placeholders::{Placeholder, placeholder};
pub use ports::default_port;

#[cfg(test)]
mod properties;
