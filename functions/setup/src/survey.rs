//! What a repository holds that decides how the functions are configured, and in which files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use krm::resource_list::{Item, Resources};
use krm::yaml::Tree;
use manifests::images::Image;
use manifests::pods::PodTemplate;
use repository::Repository;
use repository::kustomization::Use;
use serde_json::Value;

use crate::paths::relative;

/// Values, each with the files that it was found in, from the directory of the repository.
pub(crate) type Found = BTreeMap<String, BTreeSet<PathBuf>>;

/// What was found in the manifests of a repository. Charts are not inflated, and patches not applied.
#[derive(Debug, Default)]
pub struct Survey {
    /// The domains that hosts of Routes are in: `apps.ocp.example.com` of `web.apps.ocp.example.com`.
    pub domains: Found,
    /// The Routes without a host, to which OpenShift gives one.
    pub hostless: Found,
    /// The storage classes that are named.
    pub classes: Found,
    /// The registries of images.
    pub registries: Found,
    /// The Kafka clusters with listeners of the type `route`.
    pub kafka: Found,
    /// The DeploymentConfigs.
    pub deployment_configs: Found,
    /// The API groups that neither Kubernetes nor OpenShift nor Google Cloud serves.
    pub groups: Found,
    /// The namespaces that objects are in, or that kustomizations set.
    pub namespaces: Found,
    /// The namespaces whose Namespace objects there are.
    pub declared_namespaces: Found,
    /// The files that could not be read, with the reason.
    pub unread: Vec<(PathBuf, String)>,
    /// The files in which no object is for the cluster: those of Argo CD itself, and configs of functions.
    pub(crate) of_tools: BTreeSet<PathBuf>,
}

impl Survey {
    /// Looks at every file that a root of the repository comes to.
    pub fn of(repository: &Repository) -> Self {
        let mut survey = Self::default();
        let mut known = BTreeSet::new();
        for root in repository.roots() {
            for kustomization in repository.closure(root) {
                if known.insert(kustomization.file.clone()) {
                    survey.note_namespace(repository.directory(), &kustomization.file);
                }
                let resources = kustomization.files().filter(|(usage, _)| *usage == Use::Resource);
                for (_, file) in resources.filter(|(_, file)| known.insert(file.to_path_buf())) {
                    survey.read(repository.directory(), file);
                }
            }
        }
        survey
    }

    /// Notes the namespace that a kustomization sets. What cannot be read, the repository remarks on.
    fn note_namespace(&mut self, directory: &Path, file: &Path) {
        let Ok(tree) = std::fs::read_to_string(file).map_err(|_| ()).and_then(|text| Tree::parse(text).map_err(|_| ()))
        else {
            return;
        };
        let roots = tree.documents().iter().map(|document| document.root);
        if let Some(namespace) = roots.filter_map(|root| tree.text_of(root, "namespace")).next() {
            note(&mut self.namespaces, namespace, &relative(directory, file));
        }
    }

    fn read(&mut self, directory: &Path, file: &Path) {
        let name = relative(directory, file);
        let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
        let read = read.and_then(|text| {
            Resources::from_streams(vec![(None, text)]).map_err(|error| format!("it is not YAML: {error}"))
        });
        match read {
            Ok(resources) => self.note(&name, file, &resources),
            Err(reason) => self.unread.push((name, reason)),
        }
    }

    fn note(&mut self, name: &Path, file: &Path, resources: &Resources) {
        let mut objects = resources.iter().peekable();
        if objects.peek().is_some() && resources.iter().all(is_of_a_tool) {
            self.of_tools.insert(file.to_owned());
        }
        for object in objects.filter(|object| object.group() != OWN_GROUP) {
            self.note_object(name, object);
        }
    }

    fn note_object(&mut self, file: &Path, object: &Item) {
        let label = object.reference().to_string();
        match (object.group(), object.kind()) {
            ("route.openshift.io", "Route") => self.note_route(file, object.value(), &label),
            ("apps.openshift.io", "DeploymentConfig") => note(&mut self.deployment_configs, &label, file),
            ("kafka.strimzi.io", "Kafka") => {
                let listeners = &object.value()["spec"]["kafka"]["listeners"];
                if listeners.as_array().into_iter().flatten().any(|listener| listener["type"] == "route") {
                    note(&mut self.kafka, &label, file);
                }
            }
            ("storage.k8s.io", "StorageClass") => note(&mut self.classes, object.name(), file),
            ("", "Namespace") => {
                note(&mut self.namespaces, object.name(), file);
                note(&mut self.declared_namespaces, object.name(), file);
            }
            _ => {}
        }
        if let Some(namespace) = object.namespace() {
            note(&mut self.namespaces, namespace, file);
        }
        if is_of_others(object.group()) {
            note(&mut self.groups, object.group(), file);
        }
        for container in PodTemplate::of(object).iter().flat_map(PodTemplate::containers) {
            let image = container.value["image"].as_str().unwrap_or_default();
            if let Ok(image) = Image::parse(image) {
                note(&mut self.registries, &image.registry(), file);
            }
        }
        self.note_classes(file, object.value());
    }

    fn note_route(&mut self, file: &Path, route: &Value, label: &str) {
        match route["spec"]["host"].as_str().and_then(|host| host.split_once('.')) {
            Some((_, domain)) if domain.contains('.') => note(&mut self.domains, domain, file),
            Some(_) => {}
            None => note(&mut self.hostless, label, file),
        }
    }

    /// Notes the storage classes that claims, templates of claims and storage of Strimzi name.
    fn note_classes(&mut self, file: &Path, value: &Value) {
        match value {
            Value::Object(fields) => {
                let is_claim = fields.get("type").is_some_and(|kind| kind == "persistent-claim");
                for (key, value) in fields {
                    match (key.as_str(), value) {
                        ("storageClassName" | "storageClass", Value::String(class)) if !class.is_empty() => {
                            note(&mut self.classes, class, file);
                        }
                        ("class", Value::String(class)) if is_claim => note(&mut self.classes, class, file),
                        (_, value) => self.note_classes(file, value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.note_classes(file, item)),
            _ => {}
        }
    }
}

fn note(found: &mut Found, value: &str, file: &Path) {
    found.entry(value.to_owned()).or_default().insert(file.to_owned());
}

/// The API group of function configs.
const OWN_GROUP: &str = "replatform.dev";

/// Whether an object is not for the cluster of its application: Argo CD reads it, or a build.
fn is_of_a_tool(object: &Item) -> bool {
    let is_of_argo_cd = matches!(object.kind(), "Application" | "ApplicationSet" | "AppProject");
    object.group() == OWN_GROUP || (object.group() == "argoproj.io" && is_of_argo_cd)
}

/// Whether an API group is of something that people install: neither of Kubernetes nor of the platforms that are left, nor
/// of tools that read objects before a cluster does.
fn is_of_others(group: &str) -> bool {
    let is_below = |name: &str| group == name || group.ends_with(&format!(".{name}"));
    let of_platforms = ["k8s.io", "openshift.io", "gke.io", "cloud.google.com", "x-k8s.io", "kpt.dev", OWN_GROUP];
    group.contains('.') && !of_platforms.into_iter().any(is_below)
}
