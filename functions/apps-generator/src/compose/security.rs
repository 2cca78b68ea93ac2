//! What the processes of a service may do.

use serde_json::{Map, Value, json};

use super::node::Node;
use crate::rule::Rule;

/// The `security` of an app.
pub(super) fn security(node: &Node<'_>) -> Value {
    let flag = |key: &str| node.get(key).map(|flag| flag.is_true()).filter(|flag| *flag);
    let mut container = json!({
        "read_only_root_filesystem": flag("read_only"),
        "privileged": flag("privileged"),
        "capabilities": {"add": capabilities(node, "cap_add"), "drop": capabilities(node, "cap_drop")},
    });
    if let Value::Object(container) = &mut container {
        container.extend(user(node));
        container.extend(options(node));
    }
    json!({
        "container_security_context": container,
        "pod_security_context": {"supplemental_groups": groups(node), "sysctls": sysctls(node)},
    })
}

/// Capabilities as Kubernetes names them.
fn capabilities(node: &Node<'_>, key: &str) -> Vec<String> {
    let names = node.get(key).map(|names| names.texts()).unwrap_or_default();
    names.iter().map(|name| name.to_ascii_uppercase().trim_start_matches("CAP_").to_owned()).collect()
}

/// The ids of `user` and its group. Only the image knows other names than that of root.
fn user(node: &Node<'_>) -> Vec<(String, Value)> {
    let Some(place) = node.get("user") else { return Vec::new() };
    let Some(text) = place.text() else { return Vec::new() };
    let (user, group) = text.split_once(':').map_or((text.as_str(), None), |(user, group)| (user, Some(group)));
    let id = |name: &str| if name == "root" { Some(0) } else { name.parse::<u32>().ok() };
    let ids = [("run_as_user", Some(user)), ("run_as_group", group)];
    let mut found = Vec::new();
    for (field, name) in ids.into_iter().filter_map(|(field, name)| Some((field, name?))) {
        match id(name) {
            Some(id) => found.push((field.to_owned(), id.into())),
            None => {
                let message = format!(
                    "`{name}` is a name that only the image knows; write the number, which `id` prints in the container"
                );
                place.tell(Rule::ComposeKeyRefused, message);
            }
        }
    }
    found
}

fn groups(node: &Node<'_>) -> Vec<u32> {
    let groups = node.get("group_add").map(|groups| groups.items()).unwrap_or_default();
    let group = |place: &Node<'_>| {
        let text = place.text()?;
        let id = text.parse().ok();
        if id.is_none() {
            let message = format!("`{text}` is a name that only the image knows; write the number of the group");
            place.tell(Rule::ComposeKeyRefused, message);
        }
        id
    };
    groups.iter().filter_map(group).collect()
}

fn sysctls(node: &Node<'_>) -> Map<String, Value> {
    let pairs = node.get("sysctls").map(|sysctls| sysctls.pairs()).unwrap_or_default();
    pairs.iter().filter_map(|pair| Some((pair.name.clone(), pair.value()?.into()))).collect()
}

/// What `security_opt` says.
fn options(node: &Node<'_>) -> Vec<(String, Value)> {
    let items = node.get("security_opt").map(|options| options.items()).unwrap_or_default();
    items.iter().filter_map(option).collect()
}

fn option(place: &Node<'_>) -> Option<(String, Value)> {
    let text = place.text()?;
    let (key, value) = text.split_once([':', '=']).unwrap_or((&text, "true"));
    match (key, value) {
        ("no-new-privileges", "true") => Some(("allow_privilege_escalation".to_owned(), false.into())),
        ("no-new-privileges", "false") => None,
        ("seccomp", "unconfined") => Some(("seccomp_profile".to_owned(), json!({"type": "Unconfined"}))),
        _ => {
            let message = format!(
                "profiles and labels are files and settings of one machine; remove `{text}`, or patch it in by kustomize"
            );
            place.tell(Rule::ComposeKeyRefused, message);
            None
        }
    }
}
