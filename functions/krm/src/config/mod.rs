//! The functionConfig: a typed kind or a ConfigMap, checked against the schema of its options.

mod alike;
mod check;
mod common;
mod error;
mod read;
pub(crate) mod schema;
mod spelling;
mod within;

pub(crate) use alike::{are_written_alike, written_as};
pub use check::nearest;
pub use common::{API_VERSION, Accept, CheckSpec, CommonSpec, Report, WiredAs};
pub use error::ConfigError;
pub(crate) use read::Checks;
pub use read::Options;
pub use within::{PortNumber, Within};
