//! The names of what the operator of Strimzi makes of a Kafka.
//!
//! Source: Strimzi `cluster-operator/.../model/ListenersUtils.java`.

/// The Service in front of all brokers that is for a listener of any type but `internal`, in a Kafka of this name.
pub fn bootstrap_service(kafka: &str, listener: &str) -> String {
    format!("{kafka}-kafka-{listener}-bootstrap")
}

/// The Service of a broker for a listener of any type but `internal`: of the set of pods that it is in, `KAFKA-POOL` or
/// `KAFKA-kafka`, and its number.
pub fn broker_service(pod_set: &str, listener: &str, port: u64, id: u32) -> String {
    if is_classic_external(listener, port) { format!("{pod_set}-{id}") } else { format!("{pod_set}-{listener}-{id}") }
}

/// Whether it is the listener that keeps names from before listeners had names of their own.
pub fn is_classic_external(listener: &str, port: u64) -> bool {
    listener == "external" && port == 9094
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listener_of_old_keeps_the_names_of_its_brokers() {
        assert_eq!(broker_service("orders-dual", "external", 9094, 2), "orders-dual-2");
        assert_eq!(broker_service("orders-dual", "external", 9095, 2), "orders-dual-external-2");
        assert_eq!(bootstrap_service("orders", "external"), "orders-kafka-external-bootstrap");
    }
}
