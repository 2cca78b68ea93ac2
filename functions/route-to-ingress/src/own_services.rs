//! Services that one Route has for itself.
//!
//! OpenShift's router holds settings by Route. A controller that holds them by Service is told the same by a second Service
//! for the same pods.

use krm::resource_list::{Referent, Resources};
use serde_json::{Map, Value};

use crate::exposure::{Backend, Exposure};

/// What of a Service a second one for the same pods has too. The cluster gives it addresses and node ports of its own.
const COPIED: [&str; 3] = ["selector", "ports", "publishNotReadyAddresses"];

/// Leads the Route to Services of its own and gives their objects. One that is not in the build, or selects no pods, stays.
pub(crate) fn give(exposure: &mut Exposure<'_>, resources: &Resources) -> Vec<Value> {
    let mut objects = Vec::new();
    let mut backends = std::mem::take(&mut exposure.backends);
    for backend in &mut backends {
        let name = name_for(exposure, &backend.service);
        if let Some(spec) = spec_for(exposure, backend, resources) {
            let mut object = exposure.object("v1", "Service", &name, spec);
            // Labels would make monitors and other selectors count the pods twice.
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.shift_remove("labels");
            }
            objects.push(object);
            backend.own_service = Some(name);
        }
    }
    exposure.backends = backends;
    objects
}

/// A name of at most 63 characters, as Services have.
fn name_for(exposure: &Exposure<'_>, service: &str) -> String {
    let start = service.get(..54).unwrap_or(service).trim_end_matches('-');
    format!("{start}-{}", exposure.hash(service))
}

fn spec_for(exposure: &Exposure<'_>, backend: &Backend, resources: &Resources) -> Option<Value> {
    let Referent::Found(service) = resources.referent(exposure.route.id(), "", "Service", &backend.service) else {
        return None;
    };
    let spec = &resources.get(service).value()["spec"];
    spec["selector"].as_object().filter(|selector| !selector.is_empty())?;
    let copied = COPIED.iter().filter_map(|field| Some(((*field).to_owned(), spec.get(field)?.clone())));
    let mut spec: Map<_, _> = copied.collect();
    for port in spec["ports"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        port.shift_remove("nodePort");
    }
    Some(Value::Object(spec))
}
