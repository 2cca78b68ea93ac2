//! Variables that name classes, and where a build sets them.

use std::collections::BTreeSet;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, Resources};
use serde_json::Value;

use crate::context::Context;
use crate::mentions::is_class_key;
use crate::rule::Rule;

/// The names of the variables in a text: of `${CLASS:=standard}`, `$(CLASS)` and `${{CLASS}}` each `CLASS`.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    let behind_marks = text.split('$').skip(1).map(|rest| rest.trim_start_matches(['{', '(']));
    let names = behind_marks.map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        &rest[..end]
    });
    names.filter(|name| !name.is_empty())
}

/// Reports the values of variables that name mapped classes. A variable that is called after classes is found without this.
pub(crate) fn report(resources: &Resources, used: &BTreeSet<String>, context: Context<'_>, findings: &mut Findings) {
    if used.is_empty() {
        return;
    }
    let is_of_class = |name: &str| used.contains(name) && !is_class_key(name);
    for item in resources.iter() {
        for (path, _, class) in set(item).into_iter().filter(|(_, name, _)| is_of_class(name)) {
            if context.classes.is_source(class) {
                let message = format!(
                    "`{class}` is the value of a variable that names a class, and stays; write the class of the new cluster"
                );
                findings.push(Finding::new(Rule::UnclearClassField, message).on(item).at(path).current(class));
            }
        }
    }
}

/// The variables that an object sets: with the path, the name and the value of each.
fn set(item: &Item) -> Vec<(FieldPath, &str, &str)> {
    match (item.group(), item.kind()) {
        ("template.openshift.io" | "", "Template") => parameters(item.value()).collect(),
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
            entries("spec.postBuild.substitute", &item.value()["spec"]["postBuild"]["substitute"]).collect()
        }
        ("", "ConfigMap") => entries("data", &item.value()["data"]).collect(),
        _ => Vec::new(),
    }
}

fn parameters(template: &Value) -> impl Iterator<Item = (FieldPath, &str, &str)> {
    let parameters = template["parameters"].as_array().into_iter().flatten().enumerate();
    parameters.filter_map(|(index, one)| {
        let path = FieldPath::from("parameters").index(index).key("value");
        Some((path, one["name"].as_str()?, one["value"].as_str()?))
    })
}

fn entries<'v>(field: &'static str, map: &'v Value) -> impl Iterator<Item = (FieldPath, &'v str, &'v str)> {
    let entries = map.as_object().into_iter().flatten();
    entries.filter_map(move |(name, value)| Some((FieldPath::from(field).key(name), name.as_str(), value.as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_in_every_spelling() {
        for (text, expected) in [
            ("${CLASS}", vec!["CLASS"]),
            ("${CLASS:=standard}-$(TIER)", vec!["CLASS", "TIER"]),
            ("${{CLASS}}", vec!["CLASS"]),
            ("{{ .class }}", vec![]),
            ("standard", vec![]),
        ] {
            assert_eq!(names(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
