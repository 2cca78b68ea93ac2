//! Stops builds with plain secrets or sealed secrets that cannot be unsealed.

mod config;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

pub use config::Spec;

/// The function.
pub struct SealedSecretCheck;

impl Function for SealedSecretCheck {
    type Spec = Spec;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "SealedSecretCheck";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Validator;

    fn run(_spec: &Spec, _resources: &mut Resources, _findings: &mut Findings) -> Result<(), ConfigError> {
        Ok(())
    }
}
