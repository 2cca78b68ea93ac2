//! Volumes of a project, and where services mount them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::deploy::replicas;
use super::files::Files;
use super::host_paths::host_path;
use super::keys::EXTENSION;
use super::mounts::{Mount, Source};
use super::names::object_name;
use super::node::Node;
use super::service::Service;
use crate::rule::Rule;

/// The volumes of a project.
#[derive(Debug, Default)]
pub(super) struct Volumes<'p> {
    declared: BTreeMap<&'p str, Claim<'p>>,
}

/// A named volume, which becomes a claim.
#[derive(Debug)]
struct Claim<'p> {
    node: Node<'p>,
    /// The name of the claim, if it is there already or a service before has made it.
    existing: Option<String>,
    size: Option<String>,
    storage_class: Option<String>,
    access_modes: Vec<String>,
}

impl<'p> Volumes<'p> {
    /// Reads the volumes, and tells about those that several Pods mount.
    pub(super) fn read(root: &Node<'p>, services: &[Service<'_>]) -> Self {
        let declared = root.get("volumes").iter().flat_map(Node::entries).collect::<Vec<_>>();
        let declared = declared.into_iter().map(|(key, node)| (key, claim(key, &node))).collect();
        let volumes = Self { declared };
        for (key, claim) in &volumes.declared {
            volumes.check(key, claim, services);
        }
        volumes
    }

    fn check(&self, key: &str, claim: &Claim<'p>, services: &[Service<'_>]) {
        let mounts_it = |service: &&Service<'_>| {
            service.mounts.iter().any(|(mount, _)| mount.source == Source::Named(key.to_owned()))
        };
        let users: Vec<_> = services.iter().filter(mounts_it).collect();
        if users.is_empty() {
            claim.node.tell(Rule::ComposeKeyIgnored, "no service mounts the volume, so there is no claim");
            return;
        }
        if claim.size.is_none() && claim.existing.is_none() {
            let message = format!("has no size; write `x-replatform: {{size: 10Gi}}` in the volume `{key}`");
            claim.node.tell(Rule::ComposeVolumeSize, message);
        }
        let pods = |service: &&Service<'_>| replicas(service, service.node.get("deploy").as_ref()).unwrap_or(1);
        let is_many = claim.access_modes.iter().any(|mode| mode.ends_with("Many"));
        if users.iter().map(pods).sum::<u32>() > 1 && !is_many {
            let names: Vec<_> = users.iter().map(|service| service.name.as_str()).collect();
            let message = format!(
                "Pods of one node only can mount the volume, and `{}` mount it from several Pods; write \
                 `x-replatform: {{access_modes: [ReadWriteMany]}}` with a storage class that has it, or give each Pod a volume",
                names.join("`, `")
            );
            claim.node.tell(Rule::ComposeVolumeShared, message);
        }
    }

    /// The volumes of an app by their names.
    pub(super) fn of(&mut self, service: &Service<'_>, files: &mut Files<'_>) -> Map<String, Value> {
        let mut made = Map::new();
        for (index, (mount, node)) in service.mounts.iter().enumerate() {
            let (name, volume) = match &mount.source {
                Source::Named(key) => (object_name(key), self.claimed(key, service, node)),
                Source::Anonymous => {
                    let message =
                        "a volume without a name goes with the Pod; name it in `volumes` if its data must stay";
                    node.tell(Rule::ComposeKeyLost, message);
                    (format!("volume-{index}"), Some(json!({"type": "emptyDir"})))
                }
                Source::Memory(size) => (
                    format!("memory-{index}"),
                    Some(json!({"type": "emptyDir", "medium": "Memory", "size_limit": size})),
                ),
                Source::Host(path) => (format!("files-{index}"), host(path, mount, service, node, files)),
            };
            if let Some(volume) = volume {
                add_mount(&mut made, name, volume, mount);
            }
        }
        made
    }

    /// The claim of a named volume: the first service that mounts it makes it.
    fn claimed(&mut self, key: &str, service: &Service<'_>, node: &Node<'_>) -> Option<Value> {
        let Some(claim) = self.declared.get_mut(key) else {
            node.tell(
                Rule::ComposeValue,
                format!("`{key}` is no volume of the project; name it in `volumes` with a size"),
            );
            return None;
        };
        if let Some(existing) = &claim.existing {
            return Some(json!({"type": "pvc", "existing_claim": existing}));
        }
        claim.existing = Some(claim_name(&service.name, key));
        let message = "a new claim is empty, and compose copies the files there that the image has at its path; copy them in an init \
                       container in `x-replatform` if the program does not";
        node.tell_because(Rule::ComposeVolumeEmpty, message, "");
        Some(json!({
            "type": "pvc",
            "size": claim.size.clone()?,
            "storage_class": claim.storage_class,
            "access_modes": claim.access_modes,
        }))
    }
}

/// The name of the claim that the generator makes for a volume of an app.
fn claim_name(app: &str, volume: &str) -> String {
    format!("{app}-{}", object_name(volume))
}

/// Adds a mount of a volume. One that is mounted again has further places.
fn add_mount(volumes: &mut Map<String, Value>, name: String, mut volume: Value, mount: &Mount) {
    let place =
        json!({"mount_path": mount.target, "sub_path": mount.sub_path, "read_only": mount.read_only.then_some(true)});
    if let Some(known) = volumes.get_mut(&name) {
        match &mut known["mounts"] {
            Value::Array(mounts) => mounts.push(place),
            none => *none = json!([place]),
        }
        return;
    }
    // A file of a ConfigMap has its own path in the volume.
    if let (Value::Object(volume), Value::Object(place)) = (&mut volume, place) {
        for (key, value) in place {
            volume.entry(key).or_insert(value);
        }
    }
    volumes.insert(name, volume);
}

fn claim<'p>(key: &str, node: &Node<'p>) -> Claim<'p> {
    let empty = Claim { node: node.clone(), existing: None, size: None, storage_class: None, access_modes: Vec::new() };
    if node.raw().is_null() {
        return empty;
    }
    node.check_keys("volume");
    let extension = node.get(EXTENSION);
    extension.iter().for_each(|extension| extension.check_keys("volume.x-replatform"));
    let text = |key: &str| extension.as_ref().and_then(|extension| extension.get(key)?.text());
    let external = node.get("external").filter(|external| external.raw().is_object() || external.is_true());
    let named = || node.get("name").or_else(|| external.as_ref()?.get("name")).and_then(|name| name.text());
    if let Some(name) = node.get("name").filter(|_| external.is_none()) {
        name.tell(Rule::ComposeKeyIgnored, "is dropped: a claim has the names of its app and its volume");
    }
    let existing = external.as_ref().map(|_| object_name(&named().unwrap_or_else(|| key.to_owned())));
    Claim {
        existing: text("existing_claim").or(existing),
        size: text("size"),
        storage_class: text("storage_class"),
        access_modes: extension
            .as_ref()
            .and_then(|extension| extension.get("access_modes"))
            .iter()
            .flat_map(Node::texts)
            .collect(),
        ..empty
    }
}

/// The volume of a path of the host. Files of the project that are only read come from a ConfigMap.
fn host(path: &str, mount: &Mount, service: &Service<'_>, node: &Node<'_>, files: &mut Files<'_>) -> Option<Value> {
    if path.starts_with('.') && mount.read_only {
        return Some(files.bound(path, &mount.target, service, node));
    }
    if path.starts_with('.') {
        let message = format!(
            "`{path}` is a path of the project, and a Pod cannot write to it; name a volume in `volumes` for data, or write `:ro` for \
             files that are only read"
        );
        node.tell(Rule::ComposeHostPath, message);
        return None;
    }
    match host_path(path) {
        Some(known) if known.is_ignored => {
            node.tell(Rule::ComposeKeyIgnored, format!("`{path}` is not mounted: {}", known.reason));
        }
        Some(known) => {
            let remedy = known
                .remedy
                .chars()
                .next()
                .map(|first| first.to_lowercase().chain(known.remedy.chars().skip(1)).collect::<String>());
            node.tell(
                Rule::ComposeHostPath,
                format!("`{path}` is not mounted: {}; {}", known.reason, remedy.unwrap_or_default()),
            );
        }
        None => {
            node.tell(Rule::ComposeHostPath, format!("`{path}` is a path of one machine; name a volume in `volumes`"));
        }
    }
    None
}
