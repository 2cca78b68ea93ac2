//! The functionConfig: a typed kind or a ConfigMap, checked against the schema of its options.

mod check;
mod common;
mod error;
mod read;
pub(crate) mod schema;
mod spelling;

pub use check::nearest;
pub use common::{API_VERSION, Accept, CheckSpec, CommonSpec, Report, WiredAs};
pub use error::ConfigError;
pub use read::Options;
pub(crate) use read::{Checks, are_written_alike, written_as};
