//! Knative: the pods of its Services and Configurations, which carry labels of its controller.
//!
//! Source: knative/serving `pkg/apis/serving/register.go`, `pkg/reconciler/revision/resources/meta.go`,
//! `pkg/networking/constants.go`.

use krm::resource_list::Item;
use manifests::services::ContainerPort;

use super::workload::Workload;

/// The API group.
pub(crate) const GROUP: &str = "serving.knative.dev";

/// The label by which the pods of a kind name the object that makes them.
const LABELS: [(&str, &str); 2] =
    [("Service", "serving.knative.dev/service"), ("Configuration", "serving.knative.dev/configuration")];

/// Requests, plain and HTTP/2, and metrics: ports of the proxy that Knative puts into every pod.
const PROXY_PORTS: [u16; 3] = [8012, 8013, 9090];

/// Gives a workload of Knative what its controller gives the pods: a label, and a proxy that takes all requests.
pub(super) fn complete(workload: &mut Workload, item: &Item) {
    let label = LABELS.iter().find(|(kind, _)| item.is(GROUP, kind));
    if let Some((_, label)) = label {
        workload.labels.insert((*label).to_owned(), item.name().to_owned());
        workload.ports = PROXY_PORTS.map(|port| ContainerPort::tcp(None, port)).to_vec();
    }
}
