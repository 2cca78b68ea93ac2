//! What a kustomization names.

use std::path::{Path, PathBuf};

use krm::yaml::Tree;
use serde_json::Value;

use crate::paths::normal;

/// The files that kustomize takes for the kustomization of a directory.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What a kustomization does with what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// It builds it: `resources`, `bases`.
    Resource,
    /// It applies it: `components`.
    Component,
    /// They are configs of functions: `generators`, `transformers`, `validators`.
    Function,
    /// It reads it: patches, replacements, values of charts, files of generators.
    Input,
    /// It inflates the chart.
    Chart,
}

/// What is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A directory, as an absolute path.
    Directory(PathBuf),
    /// A file, as an absolute path.
    File(PathBuf),
    /// Something on another machine: a URL, or the name of a chart with its repository.
    Remote(String),
    /// A path at which there is nothing.
    Missing(String),
    /// A text in the kustomization itself.
    Inline(String),
}

/// One thing that a kustomization names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The field that names it.
    pub field: &'static str,
    /// What is done with it.
    pub usage: Use,
    /// What it is.
    pub target: Target,
}

/// A kustomization and what it names.
#[derive(Debug, Clone)]
pub struct Kustomization {
    /// Its file, as an absolute path.
    pub file: PathBuf,
    /// Whether it is a `kind: Component`, which only another kustomization applies.
    pub is_component: bool,
    /// What it names, in the order of [`FIELDS`] and of the file.
    pub names: Vec<Named>,
    /// Whether it lists other kustomizations and files, and does nothing else.
    pub only_lists: bool,
    /// Whether it makes ConfigMaps or Secrets.
    pub(crate) generates: bool,
    /// What it puts before names of objects.
    pub(crate) prefix: String,
    /// What it puts behind names of objects.
    pub(crate) suffix: String,
}

/// The fields that name something: the field, the key in an item of its list (none where the item is the name), the use.
const FIELDS: [(&str, &str, Use); 16] = [
    ("resources", "", Use::Resource),
    ("bases", "", Use::Resource),
    ("components", "", Use::Component),
    ("generators", "", Use::Function),
    ("transformers", "", Use::Function),
    ("validators", "", Use::Function),
    ("patches", "path", Use::Input),
    ("patchesStrategicMerge", "", Use::Input),
    ("patchesJson6902", "path", Use::Input),
    ("replacements", "path", Use::Input),
    ("crds", "", Use::Input),
    ("configurations", "", Use::Input),
    ("configMapGenerator", "files", Use::Input),
    ("configMapGenerator", "envs", Use::Input),
    ("secretGenerator", "files", Use::Input),
    ("secretGenerator", "envs", Use::Input),
];

/// The fields that change no object.
const LISTS: [&str; 7] = ["apiVersion", "kind", "metadata", "resources", "bases", "buildMetadata", "sortOptions"];

/// The kustomization file of a directory.
pub fn file_in(directory: &Path) -> Option<PathBuf> {
    FILE_NAMES.iter().map(|name| directory.join(name)).find(|file| file.is_file())
}

impl Kustomization {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read or is no mapping.
    pub fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))?;
        let tree = Tree::parse(text).map_err(|error| format!("is not YAML: {error}"))?;
        let mut documents = tree.documents().iter().map(|document| tree.value(document.root));
        let value = documents.find(|value| !value.is_null()).unwrap_or_default();
        if !value.is_object() {
            return Err("is no kustomization: it is no mapping".to_owned());
        }
        Ok(Self::of(file, &value))
    }

    fn of(file: &Path, value: &Value) -> Self {
        let directory = file.with_file_name("");
        let mut names = Vec::new();
        for (field, key, usage) in FIELDS {
            let items = value[field].as_array().into_iter().flatten();
            for text in items.flat_map(|item| texts(if key.is_empty() { item } else { &item[key] })) {
                names.push(Named { field, usage, target: target(&directory, text, usage) });
            }
        }
        names.extend(charts(&directory, value));
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        let is_filled = |field: &str| value[field].as_array().is_some_and(|items| !items.is_empty());
        Self {
            only_lists: value.as_object().is_some_and(|fields| fields.keys().all(|key| LISTS.contains(&key.as_str()))),
            generates: is_filled("configMapGenerator") || is_filled("secretGenerator"),
            file: file.to_owned(),
            is_component: value["kind"] == "Component",
            names,
            prefix: text("namePrefix"),
            suffix: text("nameSuffix"),
        }
    }

    /// Its directory, as an absolute path.
    pub fn directory(&self) -> &Path {
        self.file.parent().unwrap_or(&self.file)
    }

    /// The directories that it builds, applies or takes function configs from, with the use.
    pub fn directories(&self) -> impl Iterator<Item = (Use, &Path)> {
        self.names.iter().filter_map(|named| match &named.target {
            Target::Directory(directory) => Some((named.usage, directory.as_path())),
            _ => None,
        })
    }

    /// The files that it names, with the use.
    pub fn files(&self) -> impl Iterator<Item = (Use, &Path)> {
        self.names.iter().filter_map(|named| match &named.target {
            Target::File(file) => Some((named.usage, file.as_path())),
            _ => None,
        })
    }
}

/// The texts of a name: one, or a list of them.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// What a text of a kustomization in `directory` names.
fn target(directory: &Path, text: &str, usage: Use) -> Target {
    if text.contains(['\n', '{']) || text.contains(": ") {
        return Target::Inline(text.to_owned());
    }
    // `key=path`, as generators of ConfigMaps and Secrets have it.
    let path = text.split_once('=').filter(|_| usage == Use::Input).map_or(text, |(_, path)| path);
    let path = normal(&directory.join(path));
    if path.is_dir() {
        Target::Directory(path.canonicalize().unwrap_or(path))
    } else if path.is_file() {
        Target::File(path)
    } else if is_remote(text) {
        Target::Remote(text.to_owned())
    } else {
        Target::Missing(text.to_owned())
    }
}

/// Whether a text is a URL, or what git takes for one: `git@host:owner/name`, `github.com/owner/name//path?ref=v1`.
fn is_remote(text: &str) -> bool {
    let host = text.split(['/', ':']).next().unwrap_or_default();
    let is_host = host.contains('.') && !host.starts_with('.') && text.len() > host.len();
    text.contains("://") || text.contains("?ref=") || text.contains("git@") || text.starts_with("git::") || is_host
}

/// The charts that a kustomization inflates, and the files with their values.
fn charts(directory: &Path, value: &Value) -> Vec<Named> {
    let mut names = Vec::new();
    let home = value["helmGlobals"]["chartHome"].as_str().unwrap_or("charts");
    for chart in value["helmCharts"].as_array().into_iter().flatten() {
        let text = |field: &str| chart[field].as_str().unwrap_or_default();
        let (name, version) = (text("name"), text("version"));
        // kustomize keeps the versions of a chart apart.
        let of_version = format!("{name}-{version}/{name}");
        let has_versions = !version.is_empty() && !text("repo").is_empty();
        let local = normal(&directory.join(home).join(if has_versions { &of_version } else { name }));
        let target = if local.is_dir() {
            Target::Directory(local)
        } else {
            Target::Remote(format!("{}/{}", text("repo").trim_end_matches('/'), name))
        };
        names.push(Named { field: "helmCharts", usage: Use::Chart, target });
        let values = texts(&chart["valuesFile"]).into_iter().chain(texts(&chart["additionalValuesFiles"]));
        names.extend(values.map(|file| Named {
            field: "helmCharts",
            usage: Use::Input,
            target: target_of_input(directory, file),
        }));
    }
    names
}

fn target_of_input(directory: &Path, file: &str) -> Target {
    target(directory, file, Use::Input)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a kustomization of this text names, in a directory with `web/kustomization.yaml`, `a.yaml` and `charts/local`.
    fn named(text: &str) -> Vec<(Use, String)> {
        let scratch = tempfile::tempdir().expect("a temporary directory can be made");
        let directory = scratch.path().canonicalize().expect("it is there");
        for folder in ["web", "charts/local"] {
            std::fs::create_dir_all(directory.join(folder)).expect("it can be made");
        }
        std::fs::write(directory.join("a.yaml"), "").expect("it can be written");
        std::fs::write(directory.join("kustomization.yaml"), text).expect("it can be written");
        let read = Kustomization::read(&directory.join("kustomization.yaml")).expect("it is one");
        let shown = |path: &Path| path.strip_prefix(&directory).expect("it is below").display().to_string();
        let names = read.names.iter().map(|named| match &named.target {
            Target::Directory(path) => (named.usage, format!("directory {}", shown(path))),
            Target::File(path) => (named.usage, format!("file {}", shown(path))),
            Target::Remote(text) => (named.usage, format!("remote {text}")),
            Target::Missing(text) => (named.usage, format!("missing {text}")),
            Target::Inline(_) => (named.usage, "inline".to_owned()),
        });
        names.collect()
    }

    #[test]
    fn every_field_that_names_something_is_read() {
        for (text, expected) in [
            ("resources: [web, a.yaml, b.yaml]", vec!["directory web", "file a.yaml", "missing b.yaml"]),
            ("bases: [./web/]", vec!["directory web"]),
            ("components: [web/../web]", vec!["directory web"]),
            ("transformers: [web, 'kind: A']", vec!["directory web", "inline"]),
            ("generators: [a.yaml]\nvalidators: [a.yaml]", vec!["file a.yaml", "file a.yaml"]),
            ("patches: [{path: a.yaml}, {patch: 'x: 1'}]", vec!["file a.yaml"]),
            ("patchesStrategicMerge: [a.yaml]\npatchesJson6902: [{path: a.yaml}]", vec!["file a.yaml", "file a.yaml"]),
            (
                "configMapGenerator: [{name: c, files: [a.yaml, k=a.yaml], envs: [no.env]}]",
                vec!["file a.yaml", "file a.yaml", "missing no.env"],
            ),
            ("helmCharts: [{name: local, valuesFile: a.yaml}]", vec!["directory charts/local", "file a.yaml"]),
            (
                "helmCharts: [{name: web, repo: 'https://charts.example.com/'}]",
                vec!["remote https://charts.example.com/web"],
            ),
            ("namePrefix: a-", vec![]),
        ] {
            let found: Vec<_> = named(text).into_iter().map(|(_, target)| target).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_on_another_machine_is_told_from_what_is_missing() {
        for (text, remote) in [
            ("https://example.com/a.yaml", true),
            ("github.com/owner/name//base?ref=v1", true),
            ("git@example.com:owner/name.git", true),
            ("ssh://git@example.com/owner/name", true),
            ("example.com/owner/name", true),
            ("../base/web", false),
            ("./web-2", false),
            ("web.yaml", false),
        ] {
            assert_eq!(is_remote(text), remote, "{text}");
        }
    }

    #[test]
    fn what_is_no_kustomization_is_said() {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let file = directory.path().join("kustomization.yaml");
        for (text, reason) in [("[", "is not YAML"), ("- a", "is no mapping"), ("", "is no mapping")] {
            std::fs::write(&file, text).expect("it can be written");
            assert!(Kustomization::read(&file).is_err_and(|error| error.contains(reason)), "{text}");
        }
    }
}
