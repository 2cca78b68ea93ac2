//! cert-manager's solvers of ACME HTTP-01 challenges: pods that come up beside the workloads and answer the ingress
//! controller.
//!
//! Source: cert-manager `pkg/issuer/acme/http/pod.go`, `pkg/apis/acme/v1/types.go`.

use krm::field::FieldPath;
use krm::resource_list::{Item, Referent};
use manifests::selectors::{Labels, Selector};
use serde_json::Value;

use super::classes::{class_field, peers};
use super::gateway;
use crate::config::NamespacePolicies;
use crate::facts::classes::Class;
use crate::plan::{Plan, Source};
use crate::policy::{Direction, Ports};

const SOLVER_LABEL: (&str, &str) = ("acme.cert-manager.io/http01-solver", "true");
const SOLVER_PORT: u16 = 8089;
const POLICY: &str = "acme-http01-solver-allow-from-ingress-controller";
/// Annotations by which an Ingress or Gateway asks for a certificate, and the kind of issuer they name.
const REQUESTS: [(&str, &str); 3] = [
    ("cert-manager.io/issuer", "Issuer"),
    ("cert-manager.io/cluster-issuer", "ClusterIssuer"),
    ("kubernetes.io/tls-acme", ""),
];

/// Lets ingress controllers reach the solvers for Ingresses, Gateways and Certificates that may use them.
pub(crate) fn infer(plan: &mut Plan<'_, '_>) {
    for item in plan.cluster.items("networking.k8s.io", "Ingress") {
        let request = REQUESTS.iter().find_map(|(annotation, kind)| Some((*kind, item.annotation(annotation)?)));
        if request.is_some_and(|(kind, name)| may_solve_http01(plan, item, kind, name)) {
            open(plan, item, class_field(item), &Class::of_ingress(plan.cluster.settings, item));
        }
    }
    for item in plan.cluster.items(gateway::GROUP, "Gateway") {
        let request = REQUESTS.iter().find_map(|(annotation, kind)| Some((*kind, item.annotation(annotation)?)));
        if request.is_some_and(|(kind, name)| may_solve_http01(plan, item, kind, name)) {
            open(plan, item, FieldPath::from("spec.gatewayClassName"), &Class::of_gateway(item));
        }
    }
    for item in plan.cluster.items("cert-manager.io", "Certificate") {
        let issuer = &item.value()["spec"]["issuerRef"];
        let (kind, name) = (issuer["kind"].as_str().unwrap_or("Issuer"), issuer["name"].as_str().unwrap_or_default());
        if may_solve_http01(plan, item, kind, name) {
            let class = Class::default_of(plan.cluster.settings);
            open(plan, item, FieldPath::from("spec.issuerRef"), &class);
        }
    }
}

/// Whether an issuer uses HTTP-01 challenges. One that is not in the build may.
fn may_solve_http01(plan: &Plan<'_, '_>, item: &Item, kind: &str, name: &str) -> bool {
    let issuer = if kind == "ClusterIssuer" {
        let mut issuers = plan.cluster.items("cert-manager.io", kind);
        issuers.find(|issuer| issuer.names().iter().any(|known| known == name))
    } else {
        match plan.cluster.resources.referent(item.id(), "cert-manager.io", "Issuer", name) {
            Referent::Found(issuer) => Some(plan.cluster.resources.get(issuer)),
            _ => None,
        }
    };
    let solves = |solver: &Value| !solver["http01"].is_null();
    issuer.is_none_or(|issuer| {
        issuer.value()["spec"]["acme"]["solvers"].as_array().is_some_and(|all| all.iter().any(solves))
    })
}

/// Lets the controller of a class, which a field of an object names or implies, reach the solvers.
fn open(plan: &mut Plan<'_, '_>, item: &Item, path: FieldPath, class: &Class) {
    let cluster = plan.cluster;
    // The policy would isolate the solvers where nothing else is isolated.
    let is_denied = plan.denies(item.namespace()) || cluster.has_workloads(item.namespace());
    if !cluster.settings.protects(item.namespace()) || !is_denied {
        return;
    }
    let peers = peers(plan, &Source::new(item, path), class);
    if peers.is_empty() {
        return;
    }
    let solvers = Selector::of_others(&Labels::from([(SOLVER_LABEL.0.to_owned(), SOLVER_LABEL.1.to_owned())]));
    let evidence =
        format!("{} {} asks for a certificate, which may take an ACME HTTP-01 challenge", item.kind(), item.name());
    let name = match cluster.settings.spec.namespace_policies {
        NamespacePolicies::Workloads => POLICY.to_owned(),
        // Another build of this namespace may hold another Ingress.
        NamespacePolicies::Declared => format!("{POLICY}-{}", item.name()),
    };
    let draft = plan.draft(item.namespace(), &name, &solvers, Direction::Ingress);
    for peer in peers {
        draft.allow(peer.into(), &Ports::tcp(&[SOLVER_PORT]).into(), &evidence);
    }
}
