//! The registry inside of OpenShift, which no other cluster reaches.

use std::sync::LazyLock;

use krm::{glob, table};

const TABLE: &str = include_str!("../data/internal-registries.tsv");

/// The hosts of the internal registry of OpenShift, with the port where they have one; `*` is any text.
pub fn internal_registries() -> impl Iterator<Item = &'static str> {
    table::rows::<2>(TABLE).map(|[host, _]| host)
}

/// Whether a registry, as images name it, is the internal one of OpenShift.
pub fn is_internal_registry(domain: &str) -> bool {
    static HOSTS: LazyLock<Vec<&str>> = LazyLock::new(|| internal_registries().collect());
    HOSTS.iter().any(|host| glob::matches(host, domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_of_the_table_is_internal_and_no_other() {
        assert!(table::is_sorted(TABLE));
        for host in internal_registries() {
            assert!(is_internal_registry(&host.replace('*', "1.2")), "{host}");
        }
        for other in ["quay.io", "image-registry.example.com:5000", "docker.io", "registry.example.com:5000"] {
            assert!(!is_internal_registry(other), "{other}");
        }
    }
}
