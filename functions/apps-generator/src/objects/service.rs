//! The Services of an app, its ServiceAccount and its PodDisruptionBudget.

use serde_json::{Value, json};

use crate::app::NamedApp;
use crate::config::ServiceType;
use crate::fields::{Fields, api};
use crate::target::Target;

/// The Services of an app: that of its name, and one for each alias.
pub(super) fn services(app: &NamedApp, target: &Target<'_>, annotations: Fields) -> Vec<Value> {
    if !app.has_service() {
        return Vec::new();
    }
    let given = &app.app.service.annotations;
    let annotations = given.iter().fold(annotations, |all, (key, value)| all.with(key, value.as_str()));
    let own = service(app, target, &app.name, annotations);
    let aliases = app.app.service.aliases.iter().map(|alias| service(app, target, alias, Fields::new()));
    std::iter::once(own).chain(aliases).collect()
}

fn service(app: &NamedApp, target: &Target<'_>, name: &str, annotations: Fields) -> Value {
    let ports: Vec<_> = app
        .ports()
        .into_iter()
        .map(|(name, port)| {
            Fields::new()
                .with("name", name)
                .with("port", port.service_port.unwrap_or(port.container_port))
                .with("protocol", api(&port.protocol))
                .maybe("appProtocol", port.app_protocol.as_deref())
                .with("targetPort", name)
        })
        .collect();
    let kind = Some(app.app.service.kind).filter(|kind| *kind != ServiceType::ClusterIP);
    let spec = Fields::new()
        .maybe("clusterIP", app.is_headless().then_some("None"))
        .list("ports", ports)
        .with("selector", app.selector())
        .typed("type", &kind);
    Fields::new()
        .with("apiVersion", "v1")
        .with("kind", "Service")
        .with("metadata", app.metadata(target, name).fields("annotations", annotations))
        .with("spec", spec)
        .into()
}

/// The ServiceAccount of an app, where it is made.
pub(super) fn service_account(app: &NamedApp, target: &Target<'_>) -> Option<Value> {
    let security = &app.app.security;
    let name = app.service_account()?;
    if !security.create_service_account.unwrap_or(name != "default") {
        return None;
    }
    let metadata = app.metadata(target, name).map("annotations", &security.service_account_annotations);
    let account = Fields::new()
        .with("apiVersion", "v1")
        .with("kind", "ServiceAccount")
        .with("metadata", metadata)
        .with("automountServiceAccountToken", security.automount_service_account_token.unwrap_or(false));
    Some(account.into())
}

/// The PodDisruptionBudget of an app. With fewer than two pods there is none.
pub(super) fn budget(app: &NamedApp, target: &Target<'_>) -> Option<Value> {
    let budget = app.app.pod_disruption_budget.as_ref().filter(|_| app.has_replicas() && app.replicas().min() >= 2)?;
    let spec = Fields::new()
        .typed("maxUnavailable", &budget.max_unavailable)
        .typed("minAvailable", &budget.min_available)
        .with("selector", json!({"matchLabels": app.selector()}));
    let object = Fields::new()
        .with("apiVersion", "policy/v1")
        .with("kind", "PodDisruptionBudget")
        .with("metadata", app.metadata(target, &app.name))
        .with("spec", spec);
    Some(object.into())
}
