//! Charts of others: an Application of Argo CD or a HelmChart of K3s.
//!
//! Sources: argoproj/argo-cd v3.5 docs/user-guide/helm.md; k3s-io/helm-controller v0.17 pkg/apis/helm.cattle.io/v1/types.go.

use krm::config::ConfigError;
use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::table;
use krm::yaml::emit::Block;
use manifests::helm::{VALUES_OF_APPLICATION, VALUES_OF_HELM_CHART};
use serde_json::{Value, json};

use crate::config::{Chart, HelmTarget};
use crate::entries::of_environment;
use crate::fields::Fields;
use crate::rule::Rule;
use crate::target::{Target, quoted};

/// A chart, and where it is.
struct Placed<'a> {
    name: &'a str,
    chart: &'a Chart,
    /// The address of its repository.
    repository: &'a str,
    /// Its name in the repository.
    chart_name: &'a str,
    namespace: Option<&'a str>,
}

/// The objects of the charts of the config.
///
/// # Errors
/// Environments that there are not.
pub(crate) fn objects(target: &Target<'_>, findings: &mut Findings) -> Result<Vec<Value>, ConfigError> {
    let mut objects = Vec::new();
    for (name, entry) in target.spec.helm.iter() {
        let place = FieldPath::from("spec.helm").key(name);
        let chart: Chart = of_environment(entry, target, &place)?;
        if !chart.enabled.unwrap_or(true) {
            continue;
        }
        check_version(&chart, &place, findings);
        if let Some(placed) = placed(name, &chart, target, &place, findings) {
            check_moved(&placed, &place, findings);
            objects.push(match target.spec.helm_installer.target {
                HelmTarget::Argocd => application(&placed, target),
                HelmTarget::K3s => helm_chart(&placed, target),
            });
        }
    }
    Ok(objects)
}

/// Where a chart is. An alias that there is not is reported.
fn placed<'a>(
    name: &'a str,
    chart: &'a Chart,
    target: &'a Target<'_>,
    place: &FieldPath,
    findings: &mut Findings,
) -> Option<Placed<'a>> {
    let repositories = &target.spec.repositories;
    let (alias, chart_name) = chart.chart.split_once('/').unwrap_or(("", &chart.chart));
    let Some(repository) = repositories.get(alias) else {
        let names: Vec<_> = repositories.keys().map(String::as_str).collect();
        let message = match names.as_slice() {
            [] => format!("`{}` must be an alias of `repositories` and a chart, as `valkey/valkey`", chart.chart),
            names => format!("`{alias}` is no alias of `repositories`; there are {}", quoted(names)),
        };
        findings.push(Finding::new(Rule::RepositoryUnknown, message).at(place.clone().key("chart")));
        return None;
    };
    let namespace = chart.namespace.as_deref().or(target.spec.defaults.namespace.as_deref());
    Some(Placed { name, chart, repository, chart_name, namespace })
}

fn check_version(chart: &Chart, place: &FieldPath, findings: &mut Findings) {
    let version = chart.version.strip_prefix('v').unwrap_or(&chart.version);
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let is_exact = core.split('.').count() == 3
        && core.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_exact {
        let message = format!(
            "`{}` is no exact version, so that what is installed changes without a commit; write one like `1.2.3`",
            chart.version
        );
        findings.push(Finding::new(Rule::ChartVersionOpen, message).at(place.clone().key("version")));
    }
}

fn check_moved(placed: &Placed<'_>, place: &FieldPath, findings: &mut Findings) {
    let mut rows = table::rows(include_str!("../data/moved-charts.tsv"));
    let is_moved = |[repository, chart, _]: &[&str; 3]| {
        placed.repository.contains(repository) && (*chart == "*" || *chart == placed.chart_name)
    };
    if let Some([repository, _, remedy]) = rows.find(is_moved) {
        let message = format!("comes from `{repository}`: {remedy}");
        findings.push(Finding::new(Rule::ChartMoved, message).at(place.clone().key("chart")));
    }
}

fn application(placed: &Placed<'_>, target: &Target<'_>) -> Value {
    let installer = &target.spec.helm_installer;
    let values = (!placed.chart.values.is_empty()).then(|| placed.chart.values.clone());
    let helm = Fields::new().with("releaseName", placed.name).maybe(VALUES_OF_APPLICATION, values);
    let options = placed.chart.create_namespace.then(|| json!({"syncOptions": ["CreateNamespace=true"]}));
    let spec = Fields::new()
        .with(
            "destination",
            Fields::new().maybe("namespace", placed.namespace).with("server", installer.server.as_str()),
        )
        .with("project", installer.project.as_str())
        .with(
            "source",
            Fields::new()
                .with("chart", placed.chart_name)
                .with("helm", helm)
                // Argo CD knows an OCI registry by its missing scheme.
                .with("repoURL", placed.repository.strip_prefix("oci://").unwrap_or(placed.repository))
                .with("targetRevision", placed.chart.version.as_str()),
        )
        .maybe("syncPolicy", options);
    let namespace = installer.namespace.as_deref().unwrap_or("argocd");
    Fields::new()
        .with("apiVersion", "argoproj.io/v1alpha1")
        .with("kind", "Application")
        .with("metadata", json!({"name": placed.name, "namespace": namespace}))
        .with("spec", spec)
        .into()
}

fn helm_chart(placed: &Placed<'_>, target: &Target<'_>) -> Value {
    let is_oci = placed.repository.starts_with("oci://");
    let chart = match is_oci {
        true => format!("{}/{}", placed.repository.trim_end_matches('/'), placed.chart_name),
        false => placed.chart_name.to_owned(),
    };
    let values = &placed.chart.values;
    let values = (!values.is_empty()).then(|| Block { literals: true }.lines(&Value::Object(values.clone()), 0));
    let spec = Fields::new()
        .with("chart", chart)
        .flag("createNamespace", placed.chart.create_namespace)
        // The default uninstalls a release that cannot be upgraded, and its claims with it.
        .with("failurePolicy", "abort")
        .maybe("repo", (!is_oci).then_some(placed.repository))
        .maybe("targetNamespace", placed.namespace)
        .maybe(VALUES_OF_HELM_CHART, values)
        .with("version", placed.chart.version.as_str());
    let namespace = target.spec.helm_installer.namespace.as_deref().unwrap_or("kube-system");
    Fields::new()
        .with("apiVersion", "helm.cattle.io/v1")
        .with("kind", "HelmChart")
        .with("metadata", json!({"name": placed.name, "namespace": namespace}))
        .with("spec", spec)
        .into()
}
