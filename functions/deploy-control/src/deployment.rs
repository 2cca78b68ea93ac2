//! What Applications and ApplicationSets say, as far as gates are concerned.
//!
//! Source: argoproj/argo-cd v3.5.1 `pkg/apis/application/v1alpha1/{types,applicationset_types}.go`.

use std::collections::BTreeMap;

use krm::field::PointerBuf;
use krm::finding::{Finding, Findings, ObjectReference};
use krm::resource_list::{Item, ItemId, Resources};
use serde::Deserialize;
use serde_json::Value;

/// The API group of Argo CD.
pub(crate) const GROUP: &str = "argoproj.io";

/// An Application, or an ApplicationSet with what all its Applications have in common.
pub(crate) struct Deployment {
    pub(crate) id: ItemId,
    pub(crate) object: ObjectReference,
    /// The names of its Applications: `*` means what a generator fills in.
    pub(crate) target: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) application: ApplicationSpec,
    /// What only an ApplicationSet has.
    pub(crate) set: Option<SetSpec>,
    /// Where it says that its Applications sync by themselves, what is off included.
    pub(crate) automated: Vec<PointerBuf>,
    /// Whether one of these is on.
    pub(crate) is_automated: bool,
    /// Whether one of these says `enabled`.
    pub(crate) names_enabled: bool,
    /// Whether it starts a sync as soon as it is applied.
    pub(crate) has_operation: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Application {
    metadata: Metadata,
    spec: ApplicationSpec,
    operation: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
    labels: BTreeMap<String, String>,
}

/// The `spec` of an Application.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ApplicationSpec {
    project: String,
    pub(crate) destination: Destination,
    source: Option<Source>,
    sources: Vec<Source>,
    source_hydrator: Option<Hydrator>,
}

/// Where an Application goes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Destination {
    pub(crate) name: String,
    pub(crate) server: String,
    pub(crate) namespace: String,
}

/// Where an Application comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Source {
    path: String,
    chart: String,
    target_revision: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Hydrator {
    dry_source: Option<Source>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ApplicationSet {
    metadata: Metadata,
    spec: SetSpec,
}

/// The `spec` of an ApplicationSet.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SetSpec {
    template: Template,
    pub(crate) template_patch: String,
    strategy: Strategy,
    sync_policy: SetSyncPolicy,
    ignore_application_differences: Vec<IgnoredDifferences>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Template {
    metadata: Metadata,
    spec: ApplicationSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Strategy {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SetSyncPolicy {
    applications_sync: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IgnoredDifferences {
    json_pointers: Vec<String>,
    jq_path_expressions: Vec<String>,
}

/// The Applications and ApplicationSets of a build, in their order. Fields that no server would take are reported.
pub(crate) fn deployments(resources: &Resources, findings: &mut Findings) -> Vec<Deployment> {
    let mut deployments = Vec::new();
    for item in resources.iter().filter(|item| item.group() == GROUP) {
        let (deployment, malformed) = match item.kind() {
            "Application" => Deployment::of_application(item),
            "ApplicationSet" => Deployment::of_set(item),
            _ => continue,
        };
        findings.extend(malformed);
        deployments.push(deployment);
    }
    deployments
}

impl Deployment {
    fn of_application(item: &Item) -> (Self, Vec<Finding>) {
        let (application, malformed) = item.read::<Application>();
        let deployment = Self {
            target: item.name().to_owned(),
            labels: application.metadata.labels,
            application: application.spec,
            set: None,
            has_operation: application.operation.is_some(),
            ..Self::of(item, vec![PointerBuf::from_tokens(["spec", "syncPolicy", "automated"])])
        };
        (deployment, malformed)
    }

    fn of_set(item: &Item) -> (Self, Vec<Finding>) {
        let (mut set, malformed) = item.read::<ApplicationSet>();
        let template = std::mem::take(&mut set.spec.template);
        let mut labels = set.metadata.labels;
        labels.extend(template.metadata.labels);
        let deployment = Self {
            target: pattern(&template.metadata.name),
            labels,
            application: template.spec,
            set: Some(set.spec),
            has_operation: false,
            ..Self::of(item, automated_of_templates(item.value()))
        };
        (deployment, malformed)
    }

    fn of(item: &Item, automated: Vec<PointerBuf>) -> Self {
        let value = |pointer: &PointerBuf| item.value().pointer(pointer.as_str());
        let automated: Vec<_> = automated.into_iter().filter(|pointer| value(pointer).is_some()).collect();
        let is_automated = automated.iter().filter_map(value).any(is_on);
        let names_enabled = automated.iter().filter_map(value).any(|automated| automated.get("enabled").is_some());
        Self {
            id: item.id(),
            object: item.reference(),
            target: String::new(),
            labels: BTreeMap::new(),
            application: ApplicationSpec::default(),
            set: None,
            automated,
            is_automated,
            names_enabled,
            has_operation: false,
        }
    }

    /// The name of its project.
    pub(crate) fn project(&self) -> &str {
        // What names none belongs to this one.
        if self.application.project.is_empty() { "default" } else { &self.application.project }
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        let dry = self.application.source_hydrator.iter().filter_map(|hydrator| hydrator.dry_source.as_ref());
        self.application.source.iter().chain(&self.application.sources).chain(dry)
    }

    /// Where the field is that makes it sync by itself.
    pub(crate) fn automated_field(&self) -> PointerBuf {
        match self.set {
            Some(_) => PointerBuf::from_tokens(["spec", "template", "spec", "syncPolicy", "automated"]),
            None => PointerBuf::from_tokens(["spec", "syncPolicy", "automated"]),
        }
    }
}

impl Source {
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it follows whatever the repository calls its newest commit.
    pub(crate) fn follows_head(&self) -> bool {
        self.chart.is_empty() && ["", "HEAD"].contains(&self.target_revision.as_str())
    }
}

impl SetSpec {
    /// Whether the controller of sets starts syncs itself, step by step.
    pub(crate) fn rolls(&self) -> bool {
        self.strategy.kind == "RollingSync"
    }

    /// What the controller leaves of Applications that are there, if it does not update them.
    pub(crate) fn leaves_applications(&self) -> Option<&str> {
        let sync = self.sync_policy.applications_sync.as_str();
        ["create-only", "create-delete"].contains(&sync).then_some(sync)
    }

    /// Whether Applications may say in the cluster how they sync.
    pub(crate) fn ignores_sync_policy(&self) -> bool {
        self.ignore_application_differences.iter().any(|ignored| {
            let by_pointer = ignored.json_pointers.iter().any(|pointer| {
                let inside = ["/spec/syncPolicy/", "/spec/syncPolicy"].iter().any(|field| pointer.starts_with(field));
                inside || ["/spec", "/", ""].contains(&pointer.as_str())
            });
            by_pointer
                || ignored.jq_path_expressions.iter().any(|path| path.contains("syncPolicy") || path.trim() == ".spec")
        })
    }
}

/// Whether a value of `automated` makes an Application sync by itself.
fn is_on(automated: &Value) -> bool {
    !automated.is_null() && automated["enabled"] != Value::Bool(false)
}

/// Whether a text is filled in by a generator.
pub(crate) fn is_templated(text: &str) -> bool {
    text.contains("{{")
}

/// A text with `*` for what a generator fills in.
fn pattern(text: &str) -> String {
    let mut pattern = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        pattern.push_str(before);
        pattern.push('*');
        rest = behind.split_once("}}").map_or("", |(_, rest)| rest);
    }
    pattern + rest
}

/// Where the templates of a set say how Applications sync: its own, and those of generators, which are merged into it.
fn automated_of_templates(set: &Value) -> Vec<PointerBuf> {
    let mut templates = vec![PointerBuf::from_tokens(["spec", "template"])];
    find_templates(&set["spec"]["generators"], &PointerBuf::from_tokens(["spec", "generators"]), &mut templates);
    for template in &mut templates {
        for token in ["spec", "syncPolicy", "automated"] {
            template.push_back(token);
        }
    }
    templates
}

fn find_templates(value: &Value, pointer: &PointerBuf, templates: &mut Vec<PointerBuf>) {
    let below = |token: &str| {
        let mut pointer = pointer.clone();
        pointer.push_back(token);
        pointer
    };
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_templates(item, &below(&index.to_string()), templates);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                match key.as_str() {
                    "template" => templates.push(below(key)),
                    // What fills in templates is data, whatever its keys are called.
                    "elements" | "values" | "input" => {}
                    _ => find_templates(value, &below(key), templates),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_generator_fills_in_is_any_text() {
        for (text, expected) in [
            ("web", "web"),
            ("{{name}}", "*"),
            ("{{ .path.basename }}-prod", "*-prod"),
            ("a-{{x}}-{{y}}", "a-*-*"),
            ("a-{{x", "a-*"),
        ] {
            assert_eq!(pattern(text), expected);
        }
    }

    #[test]
    fn templates_of_generators_are_found_at_any_depth() {
        let set = json!({"spec": {"generators": [
            {"list": {"elements": [{"template": {}}], "template": {}}},
            {"matrix": {"generators": [{"git": {"values": {"template": "x"}, "template": {}}}], "template": {}}},
        ]}});
        let found: Vec<_> = automated_of_templates(&set).iter().map(ToString::to_string).collect();
        let expected = [
            "template",
            "generators/0/list/template",
            "generators/1/matrix/generators/0/git/template",
            "generators/1/matrix/template",
        ];
        assert_eq!(found, expected.map(|template| format!("/spec/{template}/spec/syncPolicy/automated")));
    }
}
