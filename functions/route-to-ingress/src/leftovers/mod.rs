//! What else in a build counts on Routes: translated where there is one right answer, else reported.

mod access;
mod adaptation;
mod argo;
mod ingresses;
mod logins;
mod moved_hosts;
mod network_policies;
mod policies;
mod service_ca;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Prefilter, Resources};
use serde_json::Value;

use crate::config::Spec;
use crate::rule::Rule;
use adaptation::{Adaptation, Context};

pub(crate) use moved_hosts::Moved;

type Adapter = fn(&Item, &Context<'_>, &mut Adaptation);

/// Each looks at every object and picks its own.
const ADAPTERS: [Adapter; 10] = [
    access::roles,
    access::bindings,
    logins::of_service_accounts,
    logins::of_proxies,
    argo::projects_and_applications,
    argo::rollouts,
    ingresses::annotations_for_openshift,
    network_policies::peers,
    policies::about_routes,
    service_ca::certificates_and_bundles,
];

/// Adapts every object but those that are served.
pub(crate) fn adapt(
    options: &[Spec],
    served: &HashSet<ItemId>,
    moved: &Moved<'_>,
    resources: &mut Resources,
    findings: &mut Findings,
) {
    let context = Context { spec: &options[0], has_routes: !served.is_empty() };
    let mut companions = Companions::of(resources);
    let prefilter = prefilter(moved);
    let may_concern = |item: &&Item| {
        !served.contains(&item.id()) && (is_about_access(item) || prefilter.may_match(item) || may_hide(item, moved))
    };
    let others: Vec<ItemId> = resources.iter().filter(may_concern).map(Item::id).collect();
    for id in others {
        let adaptation = adaptation_of(resources.get(id), &context, moved);
        findings.extend(adaptation.findings);
        if let Some(value) = adaptation.value {
            *resources.edit(id) = value;
        }
        for companion in adaptation.companions {
            match companions.take(resources.get(id), &companion) {
                None => resources.add_beside(id, companion),
                Some(problem) => findings.push(problem),
            }
        }
    }
}

/// The names of Certificates, which those of serving certificates must not take.
struct Companions(HashMap<(String, String), String>);

impl Companions {
    fn of(resources: &Resources) -> Self {
        let certificates = resources.iter().filter(|item| item.is("cert-manager.io", "Certificate"));
        let name = |item: &Item| (item.namespace_name().to_owned(), item.name().to_owned());
        Self(certificates.map(|item| (name(item), item.reference().to_string())).collect())
    }

    /// Takes the name of a Certificate. The finding that another object has it.
    fn take(&mut self, item: &Item, companion: &Value) -> Option<Finding> {
        let name = companion["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let message = |other: &str| {
            format!(
                "orders no certificate in the Secret `{name}`, since {other} does; see that it holds the names of this Service too"
            )
        };
        match self.0.entry((item.namespace_name().to_owned(), name.clone())) {
            Entry::Occupied(other) => Some(Finding::new(Rule::OpenShiftServiceCa, message(other.get())).on(item)),
            Entry::Vacant(place) => {
                place.insert(item.reference().to_string());
                None
            }
        }
    }
}

fn adaptation_of(item: &Item, context: &Context<'_>, moved: &Moved<'_>) -> Adaptation {
    let mut adaptation = Adaptation::default();
    for adapter in ADAPTERS {
        adapter(item, context, &mut adaptation);
    }
    openshift_only(item, &mut adaptation);
    moved.follow(item, &mut adaptation);
    adaptation
}

/// Finds the objects that can hold anything that counts on Routes. Most do not, and need not be read.
fn prefilter(moved: &Moved<'_>) -> Prefilter {
    Prefilter::new(std::iter::once("openshift").chain(moved.needles()))
}

/// Whether old hosts may be in an object whose text does not show them.
fn may_hide(item: &Item, moved: &Moved<'_>) -> bool {
    item.is("", "Secret") && !moved.is_empty()
}

/// Kinds that count on Routes without a word about OpenShift.
fn is_about_access(item: &Item) -> bool {
    matches!(item.kind(), "Role" | "ClusterRole" | "Ingress" | "ArgoCD") || policies::is_policy(item)
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
    adaptation.findings.push(Finding::new(Rule::OpenShiftOnlyKind, message).on(item));
}
