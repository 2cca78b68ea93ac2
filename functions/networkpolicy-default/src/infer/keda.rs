//! KEDA asks the sources of its triggers itself, and its HTTP add-on stands between the ingress controller and pods.
//!
//! Source: kedacore/http-add-on `operator/apis/http/v1alpha1/httpscaledobject_types.go`; KEDA scaler documentation.

use krm::resource_list::Item;

use super::backend::Backend;
use super::clients::{Host, resolve};
use super::texts::mentions;
use crate::plan::{Plan, Reason};
use crate::policy::{Peer, PortReference};

/// Lets KEDA reach what triggers name, and what it wakes.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    for item in plan.cluster.items("http.keda.sh", "HTTPScaledObject") {
        let target = &item.value()["spec"]["scaleTargetRef"];
        let Some(name) = target["service"].as_str() else { continue };
        let path = "spec.scaleTargetRef.service".to_owned();
        let port = PortReference::of(&target["port"]).or_else(|| PortReference::of(&target["portName"]));
        let keda = Peer::from(&plan.cluster.settings.spec.keda);
        Backend { item, path, namespace: None, name, port }.open(plan, Reason::Keda, &[keda]);
    }
    for kind in ["ScaledObject", "ScaledJob"] {
        for item in plan.cluster.items("keda.sh", kind) {
            for trigger in item.value()["spec"]["triggers"].as_array().into_iter().flatten() {
                for text in trigger["metadata"].as_object().into_iter().flatten().filter_map(|(_, text)| text.as_str())
                {
                    open(plan, item, text);
                }
            }
        }
    }
}

fn open(plan: &mut Plan<'_, '_>, item: &Item, text: &str) {
    let keda = Peer::from(&plan.cluster.settings.spec.keda);
    // Metadata holds names of many things; only with a port is one surely a host.
    for mention in mentions(text).iter().filter(|mention| mention.dialled_port().is_some()) {
        let Host::Service(id) = resolve(plan.cluster, item.id(), mention) else { continue };
        let service = plan.cluster.service(id);
        let ports: Vec<_> = service.ports.iter().filter(|port| Some(port.number) == mention.dialled_port()).collect();
        for endpoint in ports.into_iter().flat_map(|port| plan.cluster.endpoints(id, port)) {
            let evidence = format!("{} {} has KEDA ask Service {}", item.kind(), item.name(), service.name);
            plan.allow(
                endpoint.workload,
                Reason::Keda,
                vec![keda.clone()],
                &[endpoint.port].into_iter().collect(),
                &evidence,
            );
        }
    }
}
