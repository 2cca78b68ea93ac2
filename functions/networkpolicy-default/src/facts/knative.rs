//! Knative: the pods of its Services and Configurations.
//!
//! Source: knative/serving `pkg/networking/constants.go`.

use manifests::services::ContainerPort;

/// The API group.
pub(crate) const GROUP: &str = "serving.knative.dev";

/// Requests, plain and HTTP/2, and metrics: ports of the proxy that Knative puts into every pod.
const PROXY_PORTS: [u16; 3] = [8012, 8013, 9090];

/// The ports of a pod, in the place of those that its object declares.
pub(super) fn ports() -> Vec<ContainerPort> {
    PROXY_PORTS.map(|port| ContainerPort::tcp(None, port)).to_vec()
}
