//! Knative: the pods of its Services and Configurations, which carry labels of its controller.
//!
//! Source: knative/serving `pkg/apis/serving/register.go`, `pkg/reconciler/revision/resources/meta.go`,
//! `pkg/networking/constants.go`.

use krm::resource_list::Item;
use manifests::services::ContainerPort;

/// The API group.
pub(crate) const GROUP: &str = "serving.knative.dev";

/// The label by which the pods of a kind name the object that makes them.
const LABELS: [(&str, &str); 2] =
    [("Service", "serving.knative.dev/service"), ("Configuration", "serving.knative.dev/configuration")];

/// Requests, plain and HTTP/2, and metrics: ports of the proxy that Knative puts into every pod.
const PROXY_PORTS: [u16; 3] = [8012, 8013, 9090];

/// What the controller of Knative gives the pods of an object: a label, and a proxy that takes all requests.
pub(super) struct Additions {
    /// The label.
    pub(super) label: (String, String),
    /// The ports of the proxy, in the place of those that the object declares.
    pub(super) ports: Vec<ContainerPort>,
}

/// What Knative adds to the pods of an object, if it makes them.
pub(super) fn additions(item: &Item) -> Option<Additions> {
    let (_, label) = LABELS.iter().find(|(kind, _)| item.is(GROUP, kind))?;
    Some(Additions {
        label: ((*label).to_owned(), item.name().to_owned()),
        ports: PROXY_PORTS.map(|port| ContainerPort::tcp(None, port)).to_vec(),
    })
}
