//! Charts, which bring images that the build does not show.

use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use manifests::helm;
use serde_json::Value;

use crate::report::Groups;
use crate::rule::Rule;

/// Kinds that always install a chart, whether they give it values or not.
const INSTALLERS: [(&str, &str); 5] = [
    ("helm.cattle.io", "HelmChart"),
    ("helm.crossplane.io", "Release"),
    ("helm.k0sproject.io", "Chart"),
    ("helm.m.crossplane.io", "Release"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
];

/// Says how many charts the build installs.
pub(crate) fn report(resources: &Resources, findings: &mut Findings) {
    let mut charts = Groups::default();
    for item in resources.iter().filter(|item| installs_chart(item)) {
        charts.add((), &item.into(), krm::field::FieldPath::root(), item.name());
    }
    for ((), group) in charts.iter() {
        let message = format!(
            "the build installs {}, the first by {}, and the images that charts bring by themselves are not seen here; set them \
             in the values, or a mirror of their registry in `registries.yaml` of K3s",
            group.counted("chart"),
            group.object
        );
        findings.push(Finding::new(Rule::ChartImagesUnseen, message));
    }
}

fn installs_chart(item: &Item) -> bool {
    let is = |known: &(&str, &str)| item.is(known.0, known.1);
    if INSTALLERS.iter().any(is) {
        return true;
    }
    if item.kind() == "HelmChartConfig" || !helm::fields().iter().any(|field| item.is(field.group, field.kind)) {
        return false;
    }
    !helm::values_of(item.value()).is_empty() || names_chart(item.value())
}

/// Whether an Application or an ApplicationSet of Argo CD names a chart.
fn names_chart(object: &Value) -> bool {
    let template = object.pointer("/spec/template/spec").unwrap_or(&object["spec"]);
    let sources = template["sources"].as_array().into_iter().flatten().chain([&template["source"]]);
    sources.into_iter().any(|source| source["chart"].is_string())
}
