//! References to DeploymentConfigs: they follow to the Deployment.

use std::sync::LazyLock;

use krm::field::{FieldPath, PointerBuf};
use krm::resource_list::{Item, Prefilter, Resources};
use krm::table;
use manifests::fields::Pattern;
use serde_json::{Value, json};

use crate::deployment::DEPLOYMENT;
use crate::fields::{Fate, known_fields};
use crate::kinds::DEPLOYMENT_CONFIG;
use crate::plan::Plan;
use crate::rule::Rule;

/// A field that names a workload.
#[derive(Debug)]
pub struct ReferenceField {
    /// The API group of the object; `*` is every group.
    pub group: &'static str,
    /// The kind of the object; `*` is every kind.
    pub kind: &'static str,
    /// Where the mapping is that names a workload.
    pub pattern: Pattern,
    /// How it names it.
    pub form: Form,
}

/// How a mapping names a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By `kind` and, where it has one, `apiVersion`.
    Reference,
    /// By `group` and `kind`.
    Group,
    /// By `group`, `version` and `resource`.
    Resource,
    /// By `group` and `kind`; it has a list of fields too.
    Difference,
    /// By `group` and `kind`, in a list of what is allowed.
    Allowed,
    /// By `group` and `kind`, in a list of what is denied.
    Denied,
    /// By `apiVersion` and `kind`, with the `uid` that the old cluster gave it.
    Owner,
}

const NEW_GROUP: &str = "apps";
const OLD_RESOURCE: &str = "deploymentconfigs";
const NEW_RESOURCE: &str = "deployments";
/// In a list of Argo CD: every group, or every kind.
const EVERY: &str = "*";

/// The fields that name a workload.
pub fn reference_fields() -> &'static [ReferenceField] {
    static FIELDS: LazyLock<Vec<ReferenceField>> = LazyLock::new(|| {
        let rows = table::rows::<4>(include_str!("../data/reference-fields.tsv"));
        rows.map(|[group, kind, field, form]| ReferenceField {
            group,
            kind,
            pattern: Pattern::known(field),
            form: Form::of(form),
        })
        .collect()
    });
    &FIELDS
}

impl Form {
    fn of(name: &str) -> Self {
        match name {
            "reference" => Self::Reference,
            "group" => Self::Group,
            "resource" => Self::Resource,
            "difference" => Self::Difference,
            "allowed" => Self::Allowed,
            "denied" => Self::Denied,
            "owner" => Self::Owner,
            other => unreachable!("`{other}` is no form of a reference"),
        }
    }

    /// Whether a mapping of this form names a DeploymentConfig of OpenShift, whichever it is. Others have kinds of that name
    /// too.
    fn names_one(self, value: &Value) -> bool {
        let text = |key: &str| value[key].as_str().unwrap_or_default();
        let (group, kind) = (text("group"), text("kind"));
        let is_kind = kind == DEPLOYMENT_CONFIG.kind;
        match self {
            Self::Reference | Self::Owner => {
                let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
                is_kind && is_old_group(group)
            }
            Self::Resource => (text("resource") == OLD_RESOURCE || is_kind) && is_old_group(group),
            Self::Allowed | Self::Denied | Self::Difference | Self::Group => {
                let is_any_kind = ["", EVERY].contains(&kind) && group == DEPLOYMENT_CONFIG.group;
                is_any_kind || is_kind && (group == EVERY || is_old_group(group))
            }
        }
    }
}

impl ReferenceField {
    fn is_of(&self, item: &Item) -> bool {
        (self.group == "*" || self.group == item.group()) && (self.kind == "*" || self.kind == item.kind())
    }
}

/// Whether a group is that of DeploymentConfigs; OpenShift 3 had them in the core group too.
fn is_old_group(group: &str) -> bool {
    group.is_empty() || group == DEPLOYMENT_CONFIG.group
}

/// Makes references to DeploymentConfigs references to Deployments.
pub(crate) fn follow_all(resources: &Resources, plan: &mut Plan) {
    let prefilter = Prefilter::new([DEPLOYMENT_CONFIG.kind, DEPLOYMENT_CONFIG.group]);
    for item in resources.iter().filter(|item| prefilter.may_match(item)) {
        for field in reference_fields().iter().filter(|field| field.is_of(item)) {
            let found =
                field.pattern.matches(item.value()).into_iter().filter(|found| field.form.names_one(found.value));
            let places: Vec<PointerBuf> = found.map(|found| found.pointer).collect();
            for place in &places {
                follow(item, field.form, place, plan);
            }
            if field.form == Form::Allowed && !places.is_empty() {
                join_entries(item, &places, plan);
            }
        }
    }
}

fn follow(item: &Item, form: Form, place: &PointerBuf, plan: &mut Plan) {
    match form {
        Form::Owner => {
            let message = "names a DeploymentConfig as the owner, by the `uid` that the old cluster gave it; the garbage collector deletes an \
                           object whose owner is not there; take `ownerReferences` out";
            plan.report(Rule::OwnedByDeploymentConfig, item, place, message);
        }
        Form::Denied => {
            let message = "denies DeploymentConfigs, and K3s does not have them; the entry stays, and Deployments are not denied in its place; \
                           take it out";
            plan.report(Rule::MentionOfDeploymentConfig, item, place, message);
        }
        Form::Difference => {
            report_lost_differences(item, place, plan);
            write(item, form, place, plan);
        }
        Form::Reference | Form::Group | Form::Resource | Form::Allowed => write(item, form, place, plan),
    }
}

/// Writes the new type into a mapping, where it has the keys of a type. OpenShift 3 found a kind without `apiVersion` in the core
/// group, where Deployments are not.
fn write(item: &Item, form: Form, place: &PointerBuf, plan: &mut Plan) {
    let Some(Value::Object(mapping)) = plan.edit(item).pointer_mut(place.as_str()) else { return };
    if form == Form::Reference {
        mapping.entry("apiVersion").or_insert_with(|| DEPLOYMENT.api_version.into());
    }
    let version = DEPLOYMENT.api_version.rsplit('/').next().unwrap_or_default();
    for (key, text) in [
        ("apiVersion", DEPLOYMENT.api_version),
        ("group", NEW_GROUP),
        ("kind", DEPLOYMENT.kind),
        ("resource", NEW_RESOURCE),
        ("version", version),
    ] {
        if let Some(value) = mapping.get_mut(key) {
            *value = text.into();
        }
    }
}

/// Takes out entries of a list that became equal to others.
fn join_entries(item: &Item, places: &[PointerBuf], plan: &mut Plan) {
    let Some(list) = places.first().and_then(|place| place.parent()) else { return };
    let Some(Value::Array(entries)) = plan.edit(item).pointer_mut(list.as_str()) else { return };
    let written = json!({"group": NEW_GROUP, "kind": DEPLOYMENT.kind});
    let mut is_there = false;
    entries.retain(|entry| *entry != written || !std::mem::replace(&mut is_there, true));
}

/// Tells of fields that Argo CD ignores and that a Deployment does not have, and of images, which it must not ignore any more.
fn report_lost_differences(item: &Item, place: &PointerBuf, plan: &mut Plan) {
    let entry = item.value().pointer(place.as_str()).unwrap_or(&Value::Null);
    for (list, separator) in [("jsonPointers", '/'), ("jqPathExpressions", '.')] {
        for (index, text) in entry[list].as_array().into_iter().flatten().enumerate() {
            let Some(text) = text.as_str() else { continue };
            let path = || FieldPath::from(place.as_ptr()).key(list).index(index);
            if is_lost(text, separator) {
                let message = format!("ignores `{text}`, which a Deployment does not have; take it out");
                plan.report(Rule::IgnoredDifferenceLost, item, path(), message);
            } else if holds_images(text) {
                let message = format!(
                    "ignores `{text}`, where a trigger of OpenShift wrote images; on K3s they come from the build, and Argo CD does not \
                     start a sync for a new one; take it out"
                );
                plan.report(Rule::IgnoredImage, item, path(), message);
            }
        }
    }
}

/// Whether a path leads to a field of a DeploymentConfig that a Deployment does not have.
fn is_lost(text: &str, separator: char) -> bool {
    const OF_BOTH: [&str; 5] = ["spec.replicas", "spec.selector", "spec.strategy", "spec.strategy.type", "status"];
    let parts: Vec<_> = text.split(['/', '.', '[']).filter(|part| !part.is_empty()).collect();
    let path = parts.join(".");
    let is_below = |field: &str| path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let mut lost = known_fields().iter().filter(|field| field.fate != Fate::Kept && !OF_BOTH.contains(&field.path));
    text.starts_with(separator) && lost.any(|field| is_below(field.path))
}

/// Whether the images of containers are at a path or below it, in whatever way the path chooses the containers.
fn holds_images(text: &str) -> bool {
    let words: Vec<_> =
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let known = ["spec", "template", "spec"];
    let is_above = words.iter().zip(known).all(|(word, known)| *word == known);
    match words.get(known.len()) {
        None => is_above && !words.is_empty(),
        Some(list) => {
            let is_list = ["containers", "initContainers"].contains(list);
            is_above && is_list && (words.len() == known.len() + 1 || words.ends_with(&["image"]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_to_images_are_told_from_others() {
        for (path, expected) in [
            ("/spec/template/spec/containers/0/image", true),
            (".spec.template.spec.containers[].image", true),
            (".spec.template.spec.initContainers[]?.image", true),
            (r#".spec.template.spec.containers[] | select(.name == "web") | .image"#, true),
            (".spec.template.spec.containers", true),
            ("/spec/template", true),
            ("/spec", true),
            ("", false),
            ("/spec/replicas", false),
            ("/spec/template/metadata/annotations", false),
            ("/spec/template/spec/volumes/0/image", false),
            (".spec.template.spec.containers[].imagePullPolicy", false),
            (".spec.template.spec.containers[].env", false),
        ] {
            assert_eq!(holds_images(path), expected, "{path}");
        }
    }

    #[test]
    fn kinds_of_others_of_the_same_name_are_not_references() {
        for (form, value, expected) in [
            (Form::Reference, json!({"kind": "DeploymentConfig"}), true),
            (Form::Reference, json!({"apiVersion": "v1", "kind": "DeploymentConfig"}), true),
            (Form::Reference, json!({"apiVersion": "deploy.example.com/v1", "kind": "DeploymentConfig"}), false),
            (Form::Resource, json!({"group": "deploy.example.com", "resource": "deploymentconfigs"}), false),
            (Form::Difference, json!({"group": "apps", "kind": "DeploymentConfig"}), false),
            (Form::Difference, json!({"group": "*", "kind": "DeploymentConfig"}), true),
            (Form::Allowed, json!({"group": "apps.openshift.io", "kind": "*"}), true),
            (Form::Allowed, json!({"group": "apps.openshift.io", "kind": "Other"}), false),
            (Form::Allowed, json!({"group": "*", "kind": "*"}), false),
        ] {
            assert_eq!(form.names_one(&value), expected, "{value}");
        }
    }
}
