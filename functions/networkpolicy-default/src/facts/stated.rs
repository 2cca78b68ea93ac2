//! Who may reach a workload, as people state it.

use std::collections::HashMap;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use krm::yaml::Tree;

use super::workload::Workload;
use crate::config::{AllowedSource, Visibility};
use crate::rule::Rule;
use crate::settings::{Listed, Settings};

/// The annotation that states the visibility of a workload.
pub(crate) const VISIBILITY: &str = "replatform.dev/visibility";
/// The annotation that lists who may reach a workload, as YAML.
const ALLOW_FROM: &str = "replatform.dev/allow-from";

/// Gives workloads what their annotations and the options state.
pub(super) fn state(workloads: &mut [Workload], resources: &Resources, settings: &Settings, findings: &mut Findings) {
    for workload in &mut *workloads {
        if let Some(item) = workload.item.map(|item| resources.get(item)) {
            workload.visibility = visibility_of(item, findings);
            workload.allow_from = allow_from_of(item, findings);
        }
    }
    state_by_options(workloads, resources, settings, findings);
    for workload in workloads {
        workload.visibility = workload.visibility.or(settings.spec.default_visibility);
    }
}

/// Gives workloads what the options state about them.
fn state_by_options(workloads: &mut [Workload], resources: &Resources, settings: &Settings, findings: &mut Findings) {
    if settings.listed.is_empty() {
        return;
    }
    let by_name = by_name(workloads, resources);
    for (index, (spec, listed)) in settings.spec.workloads.iter().zip(&settings.listed).enumerate() {
        let is_meant = |workload: &Workload| {
            spec.namespace.as_ref().is_none_or(|namespace| namespace == workload.namespace_name())
        };
        let named = by_name.get(&spec.name).into_iter().flatten();
        let meant: Vec<_> = named.filter(|index| is_meant(&workloads[**index])).collect();
        if meant.is_empty() {
            let message = format!("`{}` names no workload of this build; correct or remove it", spec.name);
            let option = FieldPath::from("spec.workloads").index(index).key("name");
            findings.push(Finding::new(Rule::UnmatchedWorkload, message).at(option));
        }
        for index in meant {
            workloads[*index].visibility = spec.visibility.or(workloads[*index].visibility);
            workloads[*index].allow_from.extend(listed.clone());
        }
    }
}

/// The places of workloads by present and former names.
fn by_name(workloads: &[Workload], resources: &Resources) -> HashMap<String, Vec<usize>> {
    let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
    for (index, workload) in workloads.iter().enumerate() {
        let names = workload.item.map_or_else(|| vec![workload.name.to_string()], |item| resources.get(item).names());
        for name in names {
            by_name.entry(name).or_default().push(index);
        }
    }
    by_name
}

fn visibility_of(item: &Item, findings: &mut Findings) -> Option<Visibility> {
    let stated = item.annotation(VISIBILITY)?;
    let visibility = Visibility::of(stated);
    if visibility.is_none() {
        let message = "must be `public`, `internal`, `private` or `restricted`";
        let finding = Finding::new(Rule::VisibilityUnknown, message);
        findings.push(finding.on(item).at(FieldPath::annotation(VISIBILITY)).current(stated));
    }
    visibility
}

fn allow_from_of(item: &Item, findings: &mut Findings) -> Vec<Listed> {
    let Some(stated) = item.annotation(ALLOW_FROM) else { return Vec::new() };
    parse(stated).unwrap_or_else(|problem| {
        let message = format!("must be a list of `namespace`, `podLabels`, `cidr` and `ports` in YAML; {problem}");
        findings.push(Finding::new(Rule::AllowFromUnreadable, message).on(item).at(FieldPath::annotation(ALLOW_FROM)));
        Vec::new()
    })
}

fn parse(text: &str) -> Result<Vec<Listed>, String> {
    let tree = Tree::parse(text.to_owned()).map_err(|error| error.to_string())?;
    let value = tree.documents().first().map(|document| tree.value(document.root)).unwrap_or_default();
    let sources: Vec<AllowedSource> = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let listed = sources.iter().enumerate();
    let listed = listed
        .map(|(index, source)| Listed::try_from(source).map_err(|message| format!("entry {}: {message}", index + 1)));
    listed.collect()
}
