//! The fields of a DeploymentConfig and what becomes of each.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::resource_list::Item;
use krm::table;
use serde_json::Value;

use crate::plan::Plan;
use crate::rule::Rule;

/// A field of a DeploymentConfig.
#[derive(Debug, Clone, Copy)]
pub struct KnownField {
    /// Its path, as `spec.strategy.type`.
    pub path: &'static str,
    /// What becomes of it.
    pub fate: Fate,
    /// What it holds where it is absent, if that is told apart.
    pub default: Option<&'static str>,
    /// What is told of it.
    pub reason: &'static str,
}

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A Deployment has the same field.
    Kept,
    /// The function writes another field.
    Written,
    /// It goes.
    Dropped,
    /// It is an error.
    Refused,
}

/// The fields of a DeploymentConfig, in the order of their paths.
pub fn known_fields() -> &'static [KnownField] {
    static FIELDS: LazyLock<Vec<KnownField>> = LazyLock::new(|| {
        let rows = table::rows::<4>(include_str!("../data/fields.tsv"));
        rows.map(|[path, fate, default, reason]| KnownField {
            path,
            fate: match fate {
                "kept" => Fate::Kept,
                "written" => Fate::Written,
                "dropped" => Fate::Dropped,
                "refused" => Fate::Refused,
                other => unreachable!("`{other}` is no fate of a field"),
            },
            default: Some(default).filter(|default| *default != "-"),
            reason,
        })
        .collect()
    });
    &FIELDS
}

impl KnownField {
    /// Its JSON pointer.
    pub fn pointer(&self) -> String {
        format!("/{}", self.path.replace('.', "/"))
    }

    /// Whether a value says anything that its absence does not say.
    pub(crate) fn says_something(&self, value: &Value) -> bool {
        let is_empty = match value {
            Value::Null => true,
            Value::Object(map) => map.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        !is_empty && self.default != Some(text.as_str())
    }
}

/// Tells of the settings that have no meaning for a Deployment.
pub(crate) fn report_dropped(item: &Item, plan: &mut Plan) {
    for field in known_fields().iter().filter(|field| field.fate == Fate::Dropped && field.path != "status") {
        let value = item.value().pointer(&field.pointer()).unwrap_or(&Value::Null);
        if field.says_something(value) {
            let name = field.path.rsplit('.').next().unwrap_or_default();
            let message = format!("a Deployment has no `{name}`: {}", field.reason);
            plan.note(Rule::SettingDropped, item, FieldPath::from(field.path), message);
        }
    }
}

/// Tells of the fields that no DeploymentConfig has. Those of the strategy go with it, the others stay.
pub(crate) fn report_unknown(item: &Item, plan: &mut Plan) {
    for parent in ["spec", "spec.strategy", "spec.strategy.rollingParams", "spec.strategy.recreateParams"] {
        let pointer = format!("/{}", parent.replace('.', "/"));
        let entries = item.value().pointer(&pointer).and_then(Value::as_object).into_iter().flatten();
        for (key, _) in entries {
            let is_known = known_fields()
                .iter()
                .any(|field| field.path.strip_prefix(parent).and_then(|rest| rest.strip_prefix('.')) == Some(key));
            if !is_known {
                let what = if parent == "spec" { "stays" } else { "is dropped" };
                let message = format!(
                    "a DeploymentConfig has no such field, so OpenShift ignores it, and it {what}; correct its name, or take it out"
                );
                plan.report(Rule::UnknownConfigField, item, FieldPath::from(parent).key(key), message);
            }
        }
    }
}
