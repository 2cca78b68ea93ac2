//! Names of the objects that are made: none may be in the build already.

use std::collections::HashMap;

use krm::resource_list::{Item, ItemId, Resources, namespace_name};
use manifests::fields::group_and_kind;

use crate::plan::{Plan, is_cluster_wide};
use crate::rule::Rule;

/// What the API server knows an object by: group, kind, namespace and name.
type Key = (String, String, String, String);

/// Tells of objects that would get the name of another.
pub(crate) fn check(resources: &Resources, plan: &mut Plan) {
    let made: Vec<(ItemId, Key)> = made(resources, plan);
    if made.is_empty() {
        return;
    }
    let mut taken: HashMap<Key, ItemId> = HashMap::new();
    let is_kept = |item: &&Item| plan.type_of(item).is_none() && !plan.is_removed(item);
    for item in resources.iter().filter(is_kept) {
        let key = key((item.group(), item.kind()), item.namespace(), item.name());
        taken.insert(key, item.id());
    }
    for (id, key) in made {
        let kind = key.1.clone();
        match taken.get(&key) {
            None => drop(taken.insert(key, id)),
            Some(other) => {
                let other = resources.get(*other).reference();
                let message = format!(
                    "would be a second {kind} `{}`: {other} has or gets that name too; take one of them out",
                    key.3
                );
                plan.report(Rule::NameTaken, resources.get(id), "metadata.name", message);
            }
        }
    }
}

/// The objects that are made, each with the one that it is made of.
fn made(resources: &Resources, plan: &Plan) -> Vec<(ItemId, Key)> {
    let retyped = resources.iter().filter_map(|item| {
        let becomes = plan.type_of(item)?;
        let group = becomes.api_version.split_once('/').map_or("", |(group, _)| group);
        Some((item.id(), key((group, becomes.kind), item.namespace(), item.name())))
    });
    let added = plan.companions().map(|(id, object)| {
        let text = |key: &str| object["metadata"][key].as_str();
        (id, key(group_and_kind(object), text("namespace"), text("name").unwrap_or_default()))
    });
    retyped.chain(added).collect()
}

/// The key of an object. The group `extensions` had Deployments before `apps` did.
fn key((group, kind): (&str, &str), namespace: Option<&str>, name: &str) -> Key {
    let group = if group == "extensions" { "apps" } else { group };
    let namespace = if is_cluster_wide(kind) { "" } else { namespace_name(namespace) };
    (group.to_owned(), kind.to_owned(), namespace.to_owned(), name.to_owned())
}
