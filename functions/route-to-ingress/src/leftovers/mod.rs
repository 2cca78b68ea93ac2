//! What else in a build counts on Routes: translated where there is one right answer, else reported.

mod access;
mod adaptation;
mod argo;
mod ingresses;
mod logins;
mod moved_hosts;
mod network_policies;
mod service_ca;

use std::collections::HashSet;

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Prefilter, Resources};

use crate::config::Spec;
use crate::rule::Rule;
use adaptation::Adaptation;

pub(crate) use moved_hosts::Moved;

type Adapter = fn(&Item, &Spec, &mut Adaptation);

/// Each looks at every object and picks its own.
const ADAPTERS: [Adapter; 9] = [
    access::roles,
    access::bindings,
    logins::of_service_accounts,
    logins::of_proxies,
    argo::projects_and_applications,
    argo::rollouts,
    ingresses::annotations_for_openshift,
    network_policies::peers,
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
    let spec = &options[0];
    let prefilter = prefilter(moved);
    let may_concern =
        |item: &&Item| !served.contains(&item.id()) && (is_about_access(item) || prefilter.may_match(item));
    let others: Vec<ItemId> = resources.iter().filter(may_concern).map(Item::id).collect();
    for id in others {
        let adaptation = adaptation_of(resources.get(id), spec, moved);
        findings.extend(adaptation.findings);
        if let Some(value) = adaptation.value {
            *resources.edit(id) = value;
        }
        for companion in adaptation.companions {
            resources.add_beside(id, companion);
        }
    }
}

fn adaptation_of(item: &Item, spec: &Spec, moved: &Moved<'_>) -> Adaptation {
    let mut adaptation = Adaptation::default();
    for adapter in ADAPTERS {
        adapter(item, spec, &mut adaptation);
    }
    openshift_only(item, &mut adaptation);
    moved.follow(item, &mut adaptation);
    adaptation
}

/// Finds the objects that can hold anything that counts on Routes. Most do not, and need not be read.
fn prefilter(moved: &Moved<'_>) -> Prefilter {
    Prefilter::new(std::iter::once("openshift").chain(moved.needles()))
}

/// Kinds that count on Routes without a word about OpenShift.
fn is_about_access(item: &Item) -> bool {
    matches!(item.kind(), "Role" | "ClusterRole" | "Ingress" | "ArgoCD")
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
