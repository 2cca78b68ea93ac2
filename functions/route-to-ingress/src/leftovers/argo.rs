//! Argo CD and Argo Rollouts settings about Routes.

use krm::field::FieldPath;
use krm::resource_list::Item;
use serde_json::{Value, json};

use super::adaptation::{Adaptation, Context, objects};
use crate::config::{Controller, Spec, Target};
use crate::rule::Rule;

const ROUTES: &str = "route.openshift.io";
const BLACKLIST: &str = "namespaceResourceBlacklist";

/// Lists of kinds that a project may touch, and differences that Argo CD overlooks.
pub(super) fn projects_and_applications(item: &Item, context: &Context<'_>, adaptation: &mut Adaptation) {
    if item.group() != "argoproj.io" {
        return;
    }
    let value = item.value();
    match item.kind() {
        "AppProject" => {
            for list in ["namespaceResourceWhitelist", BLACKLIST] {
                if objects(&value["spec"][list]).any(|(_, entry)| is_of_routes(entry)) {
                    let kinds = kinds(context.spec, list == BLACKLIST);
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

/// Whether an entry of a list of kinds means Routes.
fn is_of_routes(entry: &Value) -> bool {
    entry["group"] == ROUTES || entry["group"] == "*" && entry["kind"] == "Route"
}

/// The kinds that Routes can become, as Argo CD lists them. Those that forbid Routes forbid just what serves requests: other
/// objects need ConfigMaps and Secrets too.
fn kinds(spec: &Spec, only_serving: bool) -> Vec<Value> {
    const TRAEFIK: [(&str, &str); 6] = [
        ("traefik.io", "IngressRoute"),
        ("traefik.io", "IngressRouteTCP"),
        ("traefik.io", "Middleware"),
        ("traefik.io", "MiddlewareTCP"),
        ("traefik.io", "ServersTransport"),
        ("traefik.io", "TraefikService"),
    ];
    const GATEWAY: [(&str, &str); 3] = [
        ("gateway.networking.k8s.io", "HTTPRoute"),
        ("gateway.networking.k8s.io", "TLSRoute"),
        ("gateway.networking.k8s.io", "BackendTLSPolicy"),
    ];
    const INGRESS: (&str, &str) = ("networking.k8s.io", "Ingress");
    const CERTIFICATE: (&str, &str) = ("cert-manager.io", "Certificate");
    const SERVICE: (&str, &str) = ("", "Service");
    let is_traefik = spec.controller().is_ok_and(|controller| controller == Controller::Traefik);
    let (serving, beside) = match (spec.target, is_traefik) {
        (Target::Gateway, _) => (
            GATEWAY.to_vec(),
            vec![CERTIFICATE, ("gateway.networking.k8s.io", "ReferenceGrant"), ("", "ConfigMap"), SERVICE],
        ),
        (_, false) => (vec![INGRESS], vec![CERTIFICATE, ("", "Secret"), SERVICE]),
        (Target::Ingress, true) => (vec![INGRESS], vec![CERTIFICATE, TRAEFIK[2], SERVICE]),
        (Target::Auto | Target::IngressRoute, true) => {
            ([&[INGRESS], &TRAEFIK[..]].concat(), vec![CERTIFICATE, ("", "ConfigMap"), SERVICE])
        }
    };
    let beside = if only_serving { Vec::new() } else { beside };
    serving.into_iter().chain(beside).map(|(group, kind)| json!({"group": group, "kind": kind})).collect()
}

/// The list with the kinds in the place of the first entry about Routes. Other entries stay as they are.
fn with_kinds(list: &Value, kinds: &[Value]) -> Value {
    let (of_routes, others): (Vec<_>, Vec<_>) =
        objects(list).map(|(_, entry)| entry).partition(|entry| is_of_routes(entry));
    let mut new: Vec<_> = kinds.iter().filter(|kind| !others.contains(kind)).cloned().collect();
    let first = of_routes.first().copied();
    let mut entries = Vec::new();
    for (_, entry) in objects(list) {
        if first.is_some_and(|first| std::ptr::eq(first, entry)) {
            entries.append(&mut new);
        }
        if !is_of_routes(entry) {
            entries.push(entry.clone());
        }
    }
    entries.into()
}

/// Traffic that a Rollout shifts between backends of a Route.
pub(super) fn rollouts(item: &Item, _: &Context<'_>, adaptation: &mut Adaptation) {
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
