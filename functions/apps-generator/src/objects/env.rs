//! The variables of containers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::config::{EnvFrom, EnvFromType, EnvRef, EnvSource, Keyed};
use crate::fields::Fields;

/// `env` of a container. A variable that others name as `$(NAME)` comes before them, because the kubelet replaces only what
/// came before.
pub(super) fn env(values: &BTreeMap<String, String>, references: &Keyed<EnvRef>) -> Vec<Value> {
    let referenced = references.iter().map(|(name, reference)| reference_of(name, reference));
    referenced.chain(in_order(values).into_iter().map(|(name, value)| json!({"name": name, "value": value}))).collect()
}

fn reference_of(name: &str, reference: &EnvRef) -> Value {
    let of_key = |object: Option<&String>| {
        let fields = Fields::new().with("key", reference.key.as_str()).with("name", object.map_or("", String::as_str));
        fields.flag("optional", reference.optional)
    };
    let source = match reference.from {
        EnvSource::Secret => Fields::new().fields("secretKeyRef", of_key(reference.secret_name.as_ref())),
        EnvSource::Configmap => Fields::new().fields("configMapKeyRef", of_key(reference.configmap_name.as_ref())),
        EnvSource::Field => Fields::new().with("fieldRef", json!({"fieldPath": reference.key})),
        EnvSource::Resource => Fields::new().with("resourceFieldRef", json!({"resource": reference.key})),
    };
    Fields::new().with("name", name).with("valueFrom", source).into()
}

/// Variables such that those that others name come first; otherwise by name.
fn in_order(values: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    let mut ordered = Vec::with_capacity(values.len());
    for name in values.keys() {
        place(name, values, &mut ordered, &mut Vec::new());
    }
    ordered
}

fn place<'v>(
    name: &'v str,
    values: &'v BTreeMap<String, String>,
    ordered: &mut Vec<(&'v str, &'v str)>,
    waiting: &mut Vec<&'v str>,
) {
    let Some((name, value)) = values.get_key_value(name) else { return };
    if waiting.contains(&name.as_str()) || ordered.iter().any(|(known, _)| known == name) {
        return;
    }
    waiting.push(name);
    for named in value.split("$(").skip(1).filter_map(|rest| rest.split_once(')')).map(|(named, _)| named) {
        place(named, values, ordered, waiting);
    }
    waiting.pop();
    ordered.push((name, value));
}

/// `envFrom` of a container.
pub(super) fn env_from(sources: &[EnvFrom]) -> Vec<Value> {
    let source = |source: &EnvFrom| {
        let object = Fields::new().with("name", source.name.as_str()).flag("optional", source.optional);
        let key = match source.kind {
            EnvFromType::Secret => "secretRef",
            EnvFromType::Configmap => "configMapRef",
        };
        let prefix = source.prefix.as_deref().filter(|prefix| !prefix.is_empty());
        Fields::new().maybe("prefix", prefix).with(key, object).into()
    };
    sources.iter().map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_comes_behind_those_that_it_names() {
        let values = [("A", "$(C)/$(B)"), ("B", "$(C)"), ("C", "c"), ("D", "$(D) $(E)"), ("E", "$(D)")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let names: Vec<_> = in_order(&values).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["C", "B", "A", "E", "D"]);
    }
}
