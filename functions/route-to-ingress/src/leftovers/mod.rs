//! What else in a build counts on Routes: translated where there is one right answer, else told.

mod access;
mod addresses;
mod argo;
mod ingresses;
mod network_policies;
mod service_ca;

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Resources};
use serde_json::Value;

use crate::config::Spec;

pub(crate) use addresses::Moved;

/// What one object needs: the value it should have, and what is to be said.
#[derive(Debug, Default)]
struct Adaptation {
    /// The object as it should be, if it changes.
    value: Option<Value>,
    findings: Vec<Finding>,
    /// Objects that must come beside it.
    companions: Vec<Value>,
}

impl Adaptation {
    /// The object to be changed.
    fn edit(&mut self, item: &Item) -> &mut Value {
        self.value.get_or_insert_with(|| item.value().clone())
    }

    /// Takes annotations out, and their map with the last of them.
    fn drop_annotations(&mut self, item: &Item, goes: impl Fn(&str) -> bool) {
        let metadata = &mut self.edit(item)["metadata"];
        if let Some(annotations) = metadata["annotations"].as_object_mut() {
            annotations.retain(|key, _| !goes(key));
            if let (true, Some(metadata)) = (annotations.is_empty(), metadata.as_object_mut()) {
                metadata.shift_remove("annotations");
            }
        }
    }

    fn warn(&mut self, item: &Item, field: impl Into<krm::field::FieldPath>, message: impl Into<String>) {
        self.findings.push(Finding::warning(message).on(item.reference()).at(field));
    }
}

type Adapter = fn(&Item, &Spec, &mut Adaptation);

/// Each looks at every object and picks its own.
const ADAPTERS: [Adapter; 8] = [
    access::roles,
    access::bindings,
    access::oauth,
    argo::projects_and_applications,
    argo::rollouts,
    ingresses::classes_and_annotations,
    network_policies::peers,
    service_ca::certificates_and_bundles,
];

/// Adapts every object but the Routes themselves.
pub(crate) fn adapt(spec: &Spec, moved: &Moved, resources: &mut Resources, findings: &mut Findings) {
    let others: Vec<ItemId> = resources.iter().filter(|item| !crate::route::is_route(item)).map(Item::id).collect();
    for id in others {
        let mut adaptation = Adaptation::default();
        let item = resources.get(id);
        if !may_concern(item, moved) {
            continue;
        }
        for adapter in ADAPTERS {
            adapter(item, spec, &mut adaptation);
        }
        openshift_only(item, &mut adaptation);
        moved.follow(item, spec, &mut adaptation);
        findings.extend(adaptation.findings);
        if let Some(value) = adaptation.value {
            *resources.edit(id) = value;
        }
        for companion in adaptation.companions {
            resources.add_beside(id, companion);
        }
    }
}

/// Whether an object can hold anything that counts on Routes. Most do not, and need not be read.
fn may_concern(item: &Item, moved: &Moved) -> bool {
    let names_no_platform = matches!(item.kind(), "Role" | "ClusterRole" | "Ingress" | "ArgoCD");
    names_no_platform || item.mentions("openshift") || moved.domains().any(|domain| item.mentions(domain))
}

/// Kinds about Routes that no other cluster knows.
fn openshift_only(item: &Item, adaptation: &mut Adaptation) {
    let about = match (item.group(), item.kind()) {
        ("operator.openshift.io", "IngressController") => "the entry points of Traefik take the place of routers",
        ("config.openshift.io", "Ingress") => "spec.domain of the function takes the place of the apps domain",
        ("console.openshift.io", "ConsoleLink") => "there is no OpenShift console",
        ("networking.k8s.io", "IngressClass")
            if item.value()["spec"]["controller"] == "openshift.io/ingress-to-route" =>
        {
            "the class of Traefik takes its place"
        }
        _ => return,
    };
    let message = format!("exists on OpenShift only, and {about}; take it out of this overlay");
    adaptation.findings.push(Finding::warning(message).on(item.reference()));
}

/// The items of a list of objects, with their index.
fn objects(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    value.as_array().into_iter().flatten().enumerate()
}

/// The strings of a list.
fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// An annotation of the object that people wrote.
fn annotations(item: &Item) -> impl Iterator<Item = (&str, &str)> {
    item.user_annotations().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}
