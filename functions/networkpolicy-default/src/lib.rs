//! Adds default-deny network policies and just the allow rules that the manifests imply.

mod config;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

pub use config::Spec;

/// The function.
pub struct NetworkPolicyDefault;

impl Function for NetworkPolicyDefault {
    type Spec = Spec;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "NetworkPolicyDefault";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;

    fn run(_spec: &Spec, _resources: &mut Resources, _findings: &mut Findings) -> Result<(), ConfigError> {
        Ok(())
    }
}
