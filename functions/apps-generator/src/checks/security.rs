//! Who may reach an app, and what its pods may do.

use krm::finding::{Finding, Findings};

use crate::app::NamedApp;
use crate::config::{AllowedSource, Visibility};
use crate::rule::Rule;

pub(super) fn check(app: &NamedApp, findings: &mut Findings) {
    check_visibility(app, findings);
    check_policy(app, findings);
    check_sources(app, findings);
    check_account(app, findings);
}

fn check_visibility(app: &NamedApp, findings: &mut Findings) {
    let Some(visibility) = app.app.security.visibility else { return };
    if app.is_exposed() && visibility != Visibility::Public {
        let message = format!(
            "is `{}`, and the app has an Ingress; set it to `public`, or `ingress.enabled` to `false`",
            format!("{visibility:?}").to_lowercase()
        );
        findings.push(Finding::new(Rule::ExposedAndClosed, message).at(app.at("security.visibility")));
    }
}

fn check_policy(app: &NamedApp, findings: &mut Findings) {
    let policy = app.app.security.network_policy.as_ref();
    if policy.is_some_and(|policy| policy.enabled == Some(false)) {
        let message = "must not be `false`: networkpolicy-default decides for a whole namespace; take it out, and list the namespace in `excludedNamespaces` there if it has none";
        let place = app.at("security.network_policy.enabled");
        findings.push(Finding::new(Rule::PolicyNotOptional, message).at(place));
    }
}

fn check_sources(app: &NamedApp, findings: &mut Findings) {
    let security = &app.app.security;
    let lists = [
        ("security.allowed_sources", Some(&security.allowed_sources)),
        ("security.network_policy.allow_from", security.network_policy.as_ref().map(|policy| &policy.allow_from)),
    ];
    for (field, list) in lists {
        for (index, source) in list.into_iter().flatten().enumerate() {
            if let Some(message) = fault_of(source) {
                findings.push(Finding::new(Rule::SourceInvalid, message).at(app.at(field).index(index)));
            }
        }
    }
}

fn fault_of(source: &AllowedSource) -> Option<&'static str> {
    let has_pods = source.namespace.is_some() || !source.pod_labels.is_empty();
    match &source.cidr {
        Some(_) if has_pods => Some("must be pods or addresses, and not both; write two entries"),
        Some(cidr) if cidr.parse::<ipnet::IpNet>().is_err() => {
            Some("must have a range of addresses in `cidr`, as `192.0.2.0/24`")
        }
        None if !has_pods => Some("must have a `namespace`, `pod_labels` or a `cidr`"),
        _ => None,
    }
}

/// Annotations by which Google Cloud gives rights to a ServiceAccount.
const OF_GOOGLE: &str = "iam.gke.io/";

fn check_account(app: &NamedApp, findings: &mut Findings) {
    let security = &app.app.security;
    if let Some(key) = security.service_account_annotations.keys().find(|key| key.starts_with(OF_GOOGLE)) {
        let message = format!(
            "`{key}` has no effect outside of GKE; take it out for this environment, and give the pods credentials in a Secret"
        );
        let place = app.at("security.service_account_annotations").key(key);
        findings.push(Finding::new(Rule::CloudIdentity, message).at(place));
    }
    if security.service_account.is_none()
        && (security.create_service_account == Some(true) || !security.service_account_annotations.is_empty())
    {
        let message = "must be given where a ServiceAccount is to be made or annotated";
        findings.push(Finding::new(Rule::Contradiction, message).at(app.at("security.service_account")));
    }
}
