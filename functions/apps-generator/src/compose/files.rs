//! Configs, secrets and files of a project: ConfigMaps and Secrets, and where services read them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::keys::EXTENSION;
use super::names::{object_name, part_name};
use super::node::Node;
use super::service::Service;
use crate::rule::Rule;

/// The configs and secrets of a project.
#[derive(Debug)]
pub(super) struct Files<'p> {
    configs: BTreeMap<&'p str, Node<'p>>,
    secrets: BTreeMap<&'p str, Node<'p>>,
    /// The ConfigMaps that the app of a service makes: of its first user.
    made: BTreeSet<String>,
    /// Those of the service at hand.
    fresh: Map<String, Value>,
}

/// Where Secrets are mounted.
const SECRETS: &str = "/run/secrets";

/// A config or secret as a service uses it.
struct Use<'p> {
    name: String,
    target: Option<String>,
    mode: Option<String>,
    node: Node<'p>,
}

/// A key of a ConfigMap or Secret.
struct Key {
    object: String,
    key: String,
}

impl<'p> Files<'p> {
    /// Reads the configs and secrets.
    pub(super) fn read(root: &Node<'p>) -> Self {
        let declared = |list: &str, scope: &str| {
            let entries = root.get(list).iter().flat_map(Node::entries).collect::<Vec<_>>();
            entries.iter().for_each(|(_, node)| node.check_keys(scope));
            entries.into_iter().collect()
        };
        Self {
            configs: declared("configs", "config"),
            secrets: declared("secrets", "secret"),
            made: BTreeSet::new(),
            fresh: Map::new(),
        }
    }

    /// The ConfigMaps that the service whose mounts were asked for last makes.
    pub(super) fn take_made(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.fresh)
    }

    /// The `env_from` of the files with variables.
    pub(super) fn variables(&self, service: &Service<'_>) -> Vec<Value> {
        let files = service.node.get("env_file").map(|files| files.items()).unwrap_or_default();
        files.iter().filter_map(|file| env_file(file, service)).collect()
    }

    /// The volumes with configs and secrets.
    pub(super) fn mounts(&mut self, service: &Service<'_>) -> Map<String, Value> {
        let mut volumes = Map::new();
        let mut sources = Vec::new();
        for secret in uses(&service.node, "secrets") {
            let Some(found) = self.secret(&secret) else { continue };
            let target = secret.target.clone().unwrap_or_else(|| secret.name.clone());
            match target.strip_prefix('/') {
                None => sources.push(source(&found, &target, &secret)),
                Some(_) => match target.strip_prefix(&format!("{SECRETS}/")) {
                    Some(path) => sources.push(source(&found, path, &secret)),
                    None => insert(
                        &mut volumes,
                        format!("secret-{}", found.object),
                        file("secret", "secret_name", &found, &target, &secret),
                    ),
                },
            }
        }
        if !sources.is_empty() {
            let volume = json!({"type": "projected", "mount_path": SECRETS, "read_only": true, "sources": sources});
            volumes.insert("secrets".to_owned(), volume);
        }
        for config in uses(&service.node, "configs") {
            let Some(found) = self.config(&config) else { continue };
            let target = config.target.clone().unwrap_or_else(|| format!("/{}", config.name));
            insert(
                &mut volumes,
                format!("config-{}", found.object),
                file("configmap", "configmap_name", &found, &target, &config),
            );
        }
        volumes
    }

    /// The key of a Secret that a secret is. The Secret must be there.
    fn secret(&self, used: &Use<'_>) -> Option<Key> {
        let Some(node) = self.secrets.get(used.name.as_str()) else {
            used.node
                .tell(Rule::ComposeValue, format!("`{}` is no secret of the project; name it in `secrets`", used.name));
            return None;
        };
        let found = key_of(node, &used.name, "secret.x-replatform", "secret_name");
        let origin = match (node.text_of("file"), node.text_of("environment")) {
            (Some(file), _) => format!(" of the file `{file}`"),
            (None, Some(variable)) => format!(" of the variable `{variable}`"),
            (None, None) => String::new(),
        };
        let message = format!(
            "the Secret `{}` with the key `{}`{origin} must be in the namespace; seal it",
            found.object, found.key
        );
        used.node.tell(Rule::ComposeSecretNeeded, message);
        Some(found)
    }

    /// The key of a ConfigMap that a config is.
    fn config(&mut self, used: &Use<'_>) -> Option<Key> {
        let Some(node) = self.configs.get(used.name.as_str()) else {
            used.node
                .tell(Rule::ComposeValue, format!("`{}` is no config of the project; name it in `configs`", used.name));
            return None;
        };
        let found = key_of(node, &used.name, "config.x-replatform", "configmap_name");
        if let Some(content) = node.get("content").and_then(|content| content.text()) {
            if self.made.insert(found.object.clone()) {
                self.fresh.insert(found.object.clone(), json!({&found.key: content}));
            }
        } else {
            let file = node.get("file").and_then(|file| file.text());
            let message = match &file {
                Some(path) => needs("files", &found.object, &format!("{}={path}", found.key)),
                None => {
                    format!("the ConfigMap `{}` with the key `{}` must be in the namespace", found.object, found.key)
                }
            };
            used.node.tell(Rule::ComposeFileNeeded, message);
        }
        Some(found)
    }

    /// The volume of a file or directory of the project that is only read.
    pub(super) fn bound(&mut self, path: &str, target: &str, service: &Service<'_>, node: &Node<'_>) -> Value {
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
        let object = part_name(&service.name, &slug(path));
        let is_file = last.trim_start_matches('.').contains('.') && !target.ends_with('/');
        if !is_file {
            let message = format!("{}; if `{path}` is a directory, list each file", needs("files", &object, path));
            node.tell(Rule::ComposeFileNeeded, message);
            return json!({"type": "configmap", "configmap_name": object});
        }
        node.tell(Rule::ComposeFileNeeded, needs("files", &object, path));
        json!({"type": "configmap", "configmap_name": object, "sub_path": last})
    }
}

/// Adds a volume under a name, or under one like it where two files are of one object.
fn insert(volumes: &mut Map<String, Value>, name: String, volume: Value) {
    let others = (1..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.clone()).chain(others).find(|name| !volumes.contains_key(name));
    volumes.insert(free.unwrap_or(name), volume);
}

/// What a kustomization must have for a ConfigMap of a file.
fn needs(list: &str, object: &str, path: &str) -> String {
    format!(
        "needs a ConfigMap; write `configMapGenerator: [{{name: {object}, {list}: [{path}]}}]` in the kustomization"
    )
}

/// A part of a name for a path, so that two paths have two names.
fn slug(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() { "files".to_owned() } else { parts.join("-") }
}

/// The `env_from` of a file with variables.
fn env_file(file: &Node<'_>, service: &Service<'_>) -> Option<Value> {
    let is_long = file.raw().is_object();
    if is_long {
        file.check_keys("env_file");
    }
    let path = if is_long { file.required("path")?.text()? } else { file.text()? };
    let is_optional = is_long && file.get("required").is_some_and(|required| !required.is_true());
    let object = part_name(&service.name, &slug(&path));
    let message = format!(
        "{}; seal what is secret in it, and write `env_from` in `x-replatform` of the service",
        needs("envs", &object, &path)
    );
    file.tell(Rule::ComposeFileNeeded, message);
    Some(json!({"type": "configmap", "name": object, "optional": is_optional.then_some(true)}))
}

/// The configs or secrets that a service uses.
fn uses<'p>(node: &Node<'p>, key: &str) -> Vec<Use<'p>> {
    let items = node.get(key).map(|items| items.items()).unwrap_or_default();
    items.into_iter().filter_map(used).collect()
}

fn used(node: Node<'_>) -> Option<Use<'_>> {
    if !node.raw().is_object() {
        return Some(Use { name: node.text()?, target: None, mode: None, node });
    }
    node.check_keys("file");
    let name = node.required("source")?.text()?;
    let target = node.get("target").and_then(|target| target.text());
    let mode = node.get("mode").and_then(|mode| permissions(&mode));
    Some(Use { name, target, mode, node })
}

/// Permissions in octal digits. YAML reads `0440` as a number.
fn permissions(node: &Node<'_>) -> Option<String> {
    let read = |text: &str| match node.raw() {
        Value::Number(_) => text.parse::<u32>().ok(),
        _ => u32::from_str_radix(text.trim_start_matches("0o"), 8).ok(),
    };
    let mode = node.parsed("permissions as `0440`", read).filter(|mode| *mode <= 0o777);
    mode.map(|mode| format!("0{mode:o}"))
}

/// The object and the key that a config or secret is.
fn key_of(node: &Node<'_>, name: &str, scope: &str, object_key: &str) -> Key {
    let extension = node.get(EXTENSION);
    extension.iter().for_each(|extension| extension.check_keys(scope));
    let text = |node: &Node<'_>, key: &str| node.get(key).and_then(|value| value.text());
    let given = |key: &str| extension.as_ref().and_then(|extension| text(extension, key));
    let external = node.get("external").filter(|external| external.raw().is_object());
    let named = text(node, "name").or_else(|| external.as_ref().and_then(|external| text(external, "name")));
    let object = given(object_key).unwrap_or_else(|| object_name(&named.unwrap_or_else(|| name.to_owned())));
    Key { object, key: given("key").unwrap_or_else(|| name.to_owned()) }
}

/// A part of the volume of all Secrets.
fn source(found: &Key, path: &str, used: &Use<'_>) -> Value {
    json!({"secret_name": found.object, "items": [{"key": found.key, "path": path, "mode": used.mode}]})
}

/// A volume with one file, which is mounted at its path.
fn file(kind: &str, name_field: &str, found: &Key, target: &str, used: &Use<'_>) -> Value {
    let path = target.rsplit('/').next().unwrap_or(target);
    json!({
        "type": kind,
        name_field: found.object,
        "items": [{"key": found.key, "path": path, "mode": used.mode}],
        "mount_path": target,
        "sub_path": path,
        "read_only": true,
    })
}
