//! Turns the route listeners of Strimzi Kafka clusters into listeners that come up on K3s.

use std::process::ExitCode;

fn main() -> ExitCode {
    krm::host::main::<kafka_listener_nodeport::KafkaListenerNodePort>()
}
