//! How manifests that were written for OpenShift mean its router.

use krm::table;

/// The label by which manifests mean what runs in the network of OpenShift's hosts, where the router runs on some
/// clusters.
pub const HOST_NETWORK_LABEL: &str = "policy-group.network.openshift.io/host-network";

/// Whether a label of a namespace means the namespace of the OpenShift router.
pub fn is_router_label(key: &str, value: &str) -> bool {
    let mut rows = table::rows(include_str!("../data/router-labels.tsv"));
    rows.any(|[label, of_router]| label == key && (of_router == "*" || of_router == value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_router_is_known_by_each_of_its_labels() {
        for (key, value, expected) in [
            ("network.openshift.io/policy-group", "ingress", true),
            ("network.openshift.io/policy-group", "monitoring", false),
            ("policy-group.network.openshift.io/ingress", "", true),
            ("policy-group.network.openshift.io/ingress", "true", true),
            ("kubernetes.io/metadata.name", "openshift-ingress", true),
            ("kubernetes.io/metadata.name", "openshift-monitoring", false),
            (HOST_NETWORK_LABEL, "", false),
        ] {
            assert_eq!(is_router_label(key, value), expected, "{key}={value}");
        }
    }
}
