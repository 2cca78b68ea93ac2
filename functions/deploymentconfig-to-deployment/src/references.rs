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

    /// Whether a mapping of this form names a DeploymentConfig, whichever it is.
    fn names_one(self, value: &Value) -> bool {
        let has = |key: &str, text: &str| value[key] == text;
        let (old_group, kind) = (DEPLOYMENT_CONFIG.group, DEPLOYMENT_CONFIG.kind);
        match self {
            Self::Reference | Self::Owner => has("kind", kind),
            Self::Resource => has("resource", OLD_RESOURCE) || has("kind", kind),
            Self::Allowed | Self::Denied | Self::Difference | Self::Group => {
                has("kind", kind) || has("group", old_group)
            }
        }
    }
}

impl ReferenceField {
    fn is_of(&self, item: &Item) -> bool {
        (self.group == "*" || self.group == item.group()) && (self.kind == "*" || self.kind == item.kind())
    }
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
            write(item, place, plan);
        }
        Form::Reference | Form::Group | Form::Resource | Form::Allowed => write(item, place, plan),
    }
}

/// Writes the new type into a mapping, where it has the keys of a type.
fn write(item: &Item, place: &PointerBuf, plan: &mut Plan) {
    let Some(Value::Object(mapping)) = plan.edit(item).pointer_mut(place.as_str()) else { return };
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

/// Tells of fields that Argo CD ignores and that a Deployment does not have.
fn report_lost_differences(item: &Item, place: &PointerBuf, plan: &mut Plan) {
    let entry = item.value().pointer(place.as_str()).unwrap_or(&Value::Null);
    for (list, separator) in [("jsonPointers", '/'), ("jqPathExpressions", '.')] {
        for (index, text) in entry[list].as_array().into_iter().flatten().enumerate() {
            let Some(text) = text.as_str() else { continue };
            if is_lost(text, separator) {
                let path = FieldPath::from(place.as_ptr()).key(list).index(index);
                let message = format!("ignores `{text}`, which a Deployment does not have; take it out");
                plan.report(Rule::IgnoredDifferenceLost, item, path, message);
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
