//! Turns the route listeners of Strimzi Kafka clusters into listeners that come up on K3s.

mod config;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::Resources;

pub use config::Spec;

/// The function.
pub struct KafkaListenerNodePort;

impl Function for KafkaListenerNodePort {
    type Spec = Spec;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "KafkaListenerNodePort";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;

    fn run(_spec: &Spec, _resources: &mut Resources, _findings: &mut Findings) -> Result<(), ConfigError> {
        Ok(())
    }
}
