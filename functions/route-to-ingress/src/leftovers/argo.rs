//! Argo CD and Argo Rollouts settings about Routes.

use krm::field::FieldPath;
use krm::resource_list::Item;
use serde_json::{Value, json};

use super::adaptation::{Adaptation, objects};
use crate::config::{Spec, Target};
use crate::rule::Rule;

const ROUTES: &str = "route.openshift.io";

/// Lists of kinds that a project may touch, and differences that Argo CD overlooks.
pub(super) fn projects_and_applications(item: &Item, spec: &Spec, adaptation: &mut Adaptation) {
    if item.group() != "argoproj.io" {
        return;
    }
    let value = item.value();
    match item.kind() {
        "AppProject" => {
            for list in ["namespaceResourceWhitelist", "namespaceResourceBlacklist"] {
                if objects(&value["spec"][list]).any(|(_, entry)| entry["group"] == ROUTES) {
                    let kinds = kinds(spec);
                    let entries = &mut adaptation.edit(item)["spec"][list];
                    *entries = with_kinds(entries, &kinds);
                }
            }
        }
        "Application" | "ApplicationSet" => {
            let (spec, path) = match item.kind() {
                "Application" => (&value["spec"], FieldPath::from("spec.ignoreDifferences")),
                _ => (&value["spec"]["template"]["spec"], FieldPath::from("spec.template.spec.ignoreDifferences")),
            };
            for (index, difference) in objects(&spec["ignoreDifferences"]) {
                if difference["group"] == ROUTES {
                    let message = "overlooks differences of Routes, which are no more; take it out, or name fields of what they became";
                    adaptation.report(Rule::ToolSettingOnRoutes, item, path.clone().index(index), message);
                }
            }
        }
        "ArgoCD" if value["spec"]["server"]["route"]["enabled"] == true => {
            let message = "makes the operator create a Route, which K3s does not have; use spec.server.ingress instead";
            adaptation.report(Rule::ToolSettingOnRoutes, item, "spec.server.route", message);
        }
        _ => {}
    }
}

/// The kinds that Routes can become, as Argo CD lists them.
fn kinds(spec: &Spec) -> Vec<Value> {
    let entry = |group: &str, kind: &str| json!({"group": group, "kind": kind});
    let traefik =
        ["IngressRoute", "IngressRouteTCP", "Middleware", "MiddlewareTCP", "ServersTransport", "TraefikService"]
            .map(|kind| entry("traefik.io", kind));
    let ingress = entry("networking.k8s.io", "Ingress");
    let certificate = entry("cert-manager.io", "Certificate");
    match spec.target {
        Target::Auto if spec.ingress_class_name == "haproxy" => vec![ingress],
        Target::Ingress => vec![ingress, traefik[2].clone()],
        Target::Auto | Target::IngressRoute => [vec![ingress, certificate], traefik.to_vec()].concat(),
        Target::Gateway => {
            ["HTTPRoute", "TLSRoute", "BackendTLSPolicy"].map(|kind| entry("gateway.networking.k8s.io", kind)).to_vec()
        }
    }
}

/// The list with the kinds in the place of Routes, none twice.
fn with_kinds(list: &Value, kinds: &[Value]) -> Value {
    let mut entries: Vec<Value> = Vec::new();
    for (_, entry) in objects(list) {
        let replacements = if entry["group"] == ROUTES { kinds } else { std::slice::from_ref(entry) };
        for replacement in replacements {
            if !entries.contains(replacement) {
                entries.push(replacement.clone());
            }
        }
    }
    entries.into()
}

/// Traffic that a Rollout shifts between backends of a Route.
pub(super) fn rollouts(item: &Item, _: &Spec, adaptation: &mut Adaptation) {
    if !item.is("argoproj.io", "Rollout") {
        return;
    }
    let plugins = &item.value()["spec"]["strategy"]["canary"]["trafficRouting"]["plugins"];
    if let Some(routes) = plugins.get("argoproj-labs/openshift").map(|plugin| &plugin["routes"]) {
        let message = format!(
            "shifts traffic of the Routes {routes}, which are no more; use trafficRouting.traefik.weightedTraefikServiceName with a TraefikService"
        );
        adaptation.report(Rule::ToolSettingOnRoutes, item, "spec.strategy.canary.trafficRouting.plugins", message);
    }
}
