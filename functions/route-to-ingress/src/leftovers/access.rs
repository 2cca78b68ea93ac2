//! Who may do what with Routes.

use krm::field::FieldPath;
use krm::resource_list::Item;
use serde_json::Value;

use super::adaptation::{Adaptation, objects, strings};
use crate::config::{Spec, Target};
use crate::rule::Rule;

/// Rules about Routes become rules about what Routes become.
pub(super) fn roles(item: &Item, spec: &Spec, adaptation: &mut Adaptation) {
    if item.group() != "rbac.authorization.k8s.io" && item.group() != "authorization.openshift.io" {
        return;
    }
    let about_routes = |rule: &Value| {
        let groups = strings(&rule["apiGroups"]);
        let names_routes =
            strings(&rule["resources"]).iter().any(|resource| resource.split('/').next() == Some("routes"));
        names_routes && (groups.contains(&"route.openshift.io") || groups.contains(&""))
    };
    if !objects(&item.value()["rules"]).any(|(_, rule)| about_routes(rule)) {
        return;
    }
    let (group, resource) = match spec.target {
        Target::Auto | Target::Ingress => ("networking.k8s.io", "ingresses"),
        Target::IngressRoute => ("traefik.io", "ingressroutes"),
        Target::Gateway => ("gateway.networking.k8s.io", "httproutes"),
    };
    let rules = &mut adaptation.edit(item)["rules"];
    let Value::Array(rules) = rules else { return };
    for rule in rules.iter_mut().filter(|rule| about_routes(rule)) {
        let only_routes =
            strings(&rule["resources"]).iter().all(|resource| resource.split('/').next() == Some("routes"));
        let groups = strings(&rule["apiGroups"]).into_iter().filter(|name| !(only_routes && name.is_empty()));
        let groups: Vec<_> =
            groups.map(|name| if name == "route.openshift.io" { group } else { name }).chain([group]).collect();
        let resources = strings(&rule["resources"]).into_iter().filter_map(|name| match name {
            "routes" => Some(resource.to_owned()),
            "routes/status" => Some(format!("{resource}/status")),
            // Only OpenShift asks leave to choose a host.
            name if name.starts_with("routes/") => None,
            name => Some(name.to_owned()),
        });
        let resources: Vec<_> = resources.collect();
        rule["apiGroups"] = distinct(groups.into_iter().map(str::to_owned));
        rule["resources"] = distinct(resources.into_iter());
    }
    rules.retain(|rule| {
        rule["resources"].as_array().is_none_or(|resources| !resources.is_empty())
            || rule.get("nonResourceURLs").is_some()
    });
}

fn distinct(names: impl Iterator<Item = String>) -> Value {
    let mut distinct: Vec<Value> = Vec::new();
    for name in names.map(Value::from) {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct.into()
}

/// Rights of the OpenShift router.
pub(super) fn bindings(item: &Item, _: &Spec, adaptation: &mut Adaptation) {
    if !matches!(item.kind(), "RoleBinding" | "ClusterRoleBinding") {
        return;
    }
    for (index, subject) in objects(&item.value()["subjects"]) {
        let is_router = subject["namespace"] == "openshift-ingress" && subject["name"] == "router";
        if is_router || subject["name"] == "system:serviceaccount:openshift-ingress:router" {
            let message = "is the router of OpenShift, which K3s does not have; Traefik reads certificates with rights of its own, so take the binding out";
            adaptation.report(Rule::RouterBinding, item, FieldPath::from("subjects").index(index), message);
        }
    }
}
