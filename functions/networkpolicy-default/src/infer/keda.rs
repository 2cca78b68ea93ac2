//! KEDA asks the sources of its triggers itself.
//!
//! Source: KEDA scaler documentation.

use krm::resource_list::Item;
use manifests::addresses::mentions;

use super::clients::{Host, resolve};
use crate::plan::Plan;
use crate::policy::{Peer, Ports};
use crate::reason::Reason;

/// Lets KEDA reach what triggers name.
pub(super) fn infer(plan: &mut Plan<'_, '_>) {
    let cluster = plan.cluster;
    for item in ["ScaledObject", "ScaledJob"].iter().flat_map(|kind| cluster.items("keda.sh", kind)) {
        for trigger in item.value()["spec"]["triggers"].as_array().into_iter().flatten() {
            let texts = trigger["metadata"].as_object().into_iter().flatten();
            for text in texts.filter_map(|(_, text)| text.as_str()) {
                open(plan, item, text);
            }
        }
    }
}

fn open(plan: &mut Plan<'_, '_>, item: &Item, text: &str) {
    let cluster = plan.cluster;
    let keda = [Peer::from(&cluster.settings.spec.keda)];
    // Metadata holds names of many things; only with a port is one surely a host.
    for mention in mentions(text).iter().filter(|mention| mention.dialled_port().is_some()) {
        let Host::Service(id) = resolve(cluster, item.id(), mention) else { continue };
        let service = cluster.service(id);
        let evidence = format!("{} {} has KEDA ask Service {}", item.kind(), item.name(), service.name());
        let cause = Reason::Keda.because(evidence);
        let ports = service.ports.iter().filter(|port| Some(port.number) == mention.dialled_port());
        for endpoint in ports.flat_map(|port| cluster.endpoints(id, port)) {
            plan.allow(endpoint.workload, &keda, &Ports::from(endpoint.port), &cause);
        }
    }
}
