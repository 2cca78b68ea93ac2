//! Texts: hosts, URLs, files and images of the old platforms, and old hosts.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::needles;
use krm::rule::Severity;
use krm::table;
use manifests::addresses::{authorities, hosts};
use manifests::names::{is_dns_subdomain, is_host_name};

use crate::commands;
use crate::config::Spec;
use crate::images;
use crate::names::{KindOfName, old_name};
use crate::patterns::Domains;
use crate::report::{Fact, Report};
use crate::rule::{Rule, known_severity};

/// A host of an old platform.
#[derive(Debug, Clone, Copy)]
struct HostRow {
    platform: &'static str,
    severity: Option<Severity>,
    rule: Option<Rule>,
    message: &'static str,
}

static HOSTS: LazyLock<Domains<HostRow>> = LazyLock::new(|| {
    let row = |[host, platform, severity, rule, message]: [&'static str; 5]| {
        let rule = Some(rule).filter(|rule| *rule != "-").map(Rule::known);
        (host, HostRow { platform, severity: known_severity(severity), rule, message })
    };
    table::rows(include_str!("../data/hosts.tsv")).map(row).collect()
});

/// The schemes of URLs and the collections of resources that mean Google Cloud.
fn of_google() -> impl Iterator<Item = [&'static str; 2]> {
    static ROWS: LazyLock<Vec<[&'static str; 2]>> =
        LazyLock::new(|| table::rows(include_str!("../data/schemes.tsv")).collect());
    ROWS.iter().copied()
}

/// Other parts of texts, each with the platform, the rule and the message.
fn parts() -> impl Iterator<Item = [&'static str; 4]> {
    static ROWS: LazyLock<Vec<[&'static str; 4]>> =
        LazyLock::new(|| table::rows(include_str!("../data/texts.tsv")).collect());
    ROWS.iter().copied()
}

/// What behind `projects/PROJECT/` begins a name of Google Cloud.
const PROJECTS: &str = "projects/";

/// The key by which a text with manifests is known.
const API_VERSION: &str = "apiVersion";

/// Finds the few texts that are worth reading.
#[derive(Debug)]
pub(crate) struct Needles(needles::Needles);

impl Needles {
    /// The texts that the tables and the options look for.
    pub(crate) fn of(spec: &Spec) -> Self {
        let hosts = table::rows::<5>(include_str!("../data/hosts.tsv")).map(|[host, ..]| host.trim_matches('*'));
        let clusters = spec.domains.iter().filter_map(|domain| domain.strip_prefix("apps."));
        let own = spec.domains.iter().chain(&spec.registries).filter_map(|text| text.split('/').next());
        let names: Vec<&str> = hosts.chain(clusters).chain(own).chain([".apps.", ".openshift-"]).collect();
        // In a regular expression dots are escaped.
        let escaped: Vec<String> = names.iter().map(|name| name.replace('.', "\\.")).collect();
        let schemes = of_google().map(|[start, _]| start).filter(|start| start.contains("://"));
        let others =
            schemes.chain(parts().map(|[part, ..]| part)).chain([PROJECTS, API_VERSION]).chain(commands::BEGINNINGS);
        let needles = names.iter().copied().chain(escaped.iter().map(String::as_str)).chain(others);
        Self(needles::Needles::ignoring_case(needles.filter(|needle| !needle.is_empty()).map(str::to_owned)))
    }

    /// Whether a text may hold one of them.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        self.0.are_in(text)
    }
}

/// Whether a field or a variable of this name holds addresses that nothing is to reach, or not by way of something.
pub(crate) fn names_exceptions(name: &str) -> bool {
    matches!(name, "except" | "cidr") || name.replace(['_', '-'], "").eq_ignore_ascii_case("noproxy")
}

/// A text of the object that holds a needle.
pub(crate) fn check(report: &mut Report<'_>, path: &FieldPath, text: &str) {
    let text = without_comments(text);
    for host in hosts(&text) {
        check_host(report, path, &host.lower_name());
    }
    check_google_names(report, path, &text);
    check_manifests(report, path, &text);
    for [part, platform, rule, message] in parts() {
        if text.contains(part) && report.context.spec.is_from(platform) {
            report.tell(path.clone(), Fact::new(Rule::known(rule), part, format!("`{part}` {message}")));
        }
    }
    if !report.context.registries.is_empty() {
        check_registries(report, path, &text);
    }
}

/// A text without the lines that are comments.
pub(crate) fn without_comments(text: &str) -> String {
    let is_comment = |line: &&str| line.trim_start().starts_with('#');
    text.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n")
}

fn check_host(report: &mut Report<'_>, path: &FieldPath, host: &str) {
    let host = host.strip_suffix(".cluster.local").unwrap_or(host);
    if let Some(row) = HOSTS.of(host).find(|row| report.context.spec.is_from(row.platform)) {
        if let (Some(rule), Some(severity)) = (row.rule, row.severity) {
            let is_login = matches!(rule, Rule::RedHatRegistry | Rule::GoogleRegistry);
            if !(is_login && report.context.build.has_pull_secrets(report.item)) {
                let fact = Fact::new(rule, host, format!("`{host}` {}", row.message)).of_severity(severity);
                report.tell(path.clone(), fact);
            }
        }
        return;
    }
    if let Some(namespace) = namespace_of_service(host)
        && old_name(report.context, KindOfName::Namespace, namespace).is_some()
    {
        let message = format!(
            "`{host}` is a Service in `{namespace}`, a namespace of the old platform; name a Service of your own"
        );
        return report.tell(path.clone(), Fact::new(Rule::OpenShiftService, namespace, message));
    }
    if let Some(domain) = old_domain(report, host) {
        let how = if report.context.spec.domains.is_empty() {
            "looks like a host of an OpenShift cluster"
        } else {
            "is a host of the old cluster"
        };
        let message = format!("`{host}` {how}; name the new host if it moved");
        report.tell(path.clone(), Fact::new(Rule::OldDomain, domain, message));
    }
}

/// The namespace of a Service by its host: `NAME.NAMESPACE.svc`, or `NAME.openshift-NAMESPACE`.
fn namespace_of_service(host: &str) -> Option<&str> {
    let labels: Vec<&str> = host.split('.').collect();
    match labels.as_slice() {
        [.., namespace, "svc"] | [_, namespace] if labels.len() > 1 => Some(namespace),
        _ => None,
    }
}

/// The domain of the old cluster that a host is in.
fn old_domain(report: &Report<'_>, host: &str) -> Option<String> {
    let domains = &report.context.spec.domains;
    if domains.is_empty() {
        let domain = apps_domain(host).filter(|_| report.context.spec.is_from("OpenShift"))?;
        return (!report.context.build.serves_domain(domain)).then(|| domain.to_owned());
    }
    let is_in = |domain: &&String| {
        let domain = domain.to_ascii_lowercase();
        let rest = host.strip_suffix(domain.as_str());
        let cluster = domain.strip_prefix("apps.");
        let is_api = |cluster: &str| ["api.", "api-int."].iter().any(|api| host.strip_prefix(api) == Some(cluster));
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) || cluster.is_some_and(is_api)
    };
    domains.iter().find(is_in).cloned()
}

/// The apps domain that a host looks to be in: `apps.CLUSTER.COMPANY.TLD`. An API group such as `apps.example.io` is
/// none.
fn apps_domain(host: &str) -> Option<&str> {
    let (at, _) = host.match_indices(".apps.").next()?;
    let domain = &host[at + 1..];
    (domain.split('.').count() > 3 && is_host_name(host)).then_some(domain)
}

/// URLs of services of Google Cloud, and names of its resources.
fn check_google_names(report: &mut Report<'_>, path: &FieldPath, text: &str) {
    if !report.context.spec.is_from("GKE") {
        return;
    }
    let found: Vec<[&str; 2]> = of_google()
        .filter(|[start, _]| match start.strip_suffix("://") {
            Some(scheme) => authorities(text).any(|authority| authority.scheme_name() == scheme),
            None => resources(text).any(|collection| collection == *start),
        })
        .collect();
    for [start, what] in found {
        let shown = if start.contains("://") { start.to_owned() } else { format!("{PROJECTS}.../{start}") };
        report.tell(path.clone(), Fact::new(Rule::GoogleService, start, format!("`{shown}` is {what}")));
    }
}

/// The collections of the resources that a text names as `projects/PROJECT/COLLECTION/NAME`.
fn resources(text: &str) -> impl Iterator<Item = &str> {
    let names = words(text).filter_map(|word| word.strip_prefix(PROJECTS));
    names.filter_map(|name| {
        let mut parts = name.split('/');
        let (project, collection, resource) = (parts.next()?, parts.next()?, parts.next()?);
        (!project.is_empty() && !resource.is_empty()).then_some(collection)
    })
}

/// Manifests in a text, of kinds that the cluster does not serve.
fn check_manifests(report: &mut Report<'_>, path: &FieldPath, text: &str) {
    for api_version in text.lines().filter_map(api_version) {
        let Some((group, _)) = api_version.split_once('/') else { continue };
        if is_dns_subdomain(group) && !report.context.served.serves(group, "*") {
            let message =
                format!("holds an object of `{api_version}`, which K3s does not serve; name what takes its place");
            report.tell(path.clone(), Fact::new(Rule::InnerKind, format!("text {api_version}"), message));
        }
    }
}

/// The API version in a line of YAML or JSON.
fn api_version(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '-', '{', '"']);
    let value = line.strip_prefix(API_VERSION)?.trim_start_matches('"').trim_start().strip_prefix(':')?;
    Some(value.trim().trim_end_matches(',').trim_matches(['"', '\'']))
}

/// Images of registries that the cluster does not pull from.
fn check_registries(report: &mut Report<'_>, path: &FieldPath, text: &str) {
    let repositories: Vec<String> = words(text).filter_map(images::repository).collect();
    for registry in report.context.registries {
        if let Some(repository) = repositories.iter().find(|repository| registry.rest_of(repository).is_some()) {
            let message = format!(
                "`{repository}` is of `{registry}`, which `spec.registries` lists; copy the image to another registry, and name that"
            );
            report.tell(path.clone(), Fact::new(Rule::ListedRegistry, registry.as_str(), message));
        }
    }
}

/// The words of a text that may be names of images or resources.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter.is_whitespace() || "\"'`=,;()[]{}<>|".contains(letter))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_of_clusters_are_told_from_api_groups() {
        for (host, expected) in [
            ("web.apps.ocp.example.com", Some("apps.ocp.example.com")),
            ("a.b.apps.ocp.example.com", Some("apps.ocp.example.com")),
            ("apps.ocp.example.com", None),
            ("kfdef.apps.kubeflow.org", None),
            ("deploymentconfigs.apps.openshift.io", None),
            ("web.myapps.ocp.example.com", None),
            ("file_web.apps.ocp.example.com", None),
        ] {
            assert_eq!(apps_domain(host), expected, "{host}");
        }
    }

    #[test]
    fn namespaces_of_services_are_read() {
        for (host, expected) in [
            ("thanos.openshift-monitoring.svc", Some("openshift-monitoring")),
            ("thanos.openshift-monitoring", Some("openshift-monitoring")),
            ("a.b.web.svc", Some("web")),
            ("web", None),
            ("a.b.c", None),
        ] {
            assert_eq!(namespace_of_service(host), expected, "{host}");
        }
    }

    #[test]
    fn resources_of_google_cloud_are_read() {
        let collections: Vec<_> =
            resources("a=projects/p/topics/t \"projects/x/secrets/y/versions/1\" projects/p projects//a/b").collect();
        assert_eq!(collections, ["topics", "secrets"]);
        for (line, expected) in [
            ("apiVersion: route.openshift.io/v1", Some("route.openshift.io/v1")),
            ("  - apiVersion: 'v1'", Some("v1")),
            ("  \"apiVersion\": \"apps/v1\",", Some("apps/v1")),
            ("apiVersions: x", None),
            ("kind: apiVersion", None),
        ] {
            assert_eq!(api_version(line), expected, "{line}");
        }
        assert_eq!(without_comments("#!/bin/sh\n  # oc get\noc apply"), "oc apply");
    }
}
