//! What a repository holds that decides how the functions are configured, and in which files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use krm::resource_list::{Item, Resources};
use krm::yaml::Tree;
use manifests::addresses::mentions_in_tree;
use manifests::images::Image;
use manifests::{helm, image_fields};
use platforms::is_internal_registry;
use repository::kustomization::{Named, Target, Use};
use repository::{Repository, only_deploys};
use serde_json::Value;

use crate::paths::relative;

/// Values, each with the files that it was found in, from the directory of the repository.
pub(crate) type Found = BTreeMap<String, BTreeSet<PathBuf>>;

/// What was found in the manifests, the patches and the Helm values of a repository. Charts are not inflated, and patches are
/// read and not applied.
#[derive(Debug, Default)]
pub struct Survey {
    /// The domains that hosts of Routes are in: `apps.ocp.example.com` of `web.apps.ocp.example.com`.
    pub domains: Found,
    /// The Routes without a host, to which OpenShift gives one.
    pub hostless: Found,
    /// The storage classes that are named.
    pub classes: Found,
    /// What makes claims that name no class.
    pub classless: Found,
    /// What makes claims that several nodes use at once.
    pub shared_claims: Found,
    /// The registries of images.
    pub registries: Found,
    /// The internal registries of OpenShift among them.
    pub internal_registries: Found,
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
    /// What could not be read, with the reason, by file.
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
                if !known.insert(kustomization.file.clone()) {
                    continue;
                }
                survey.read_kustomization(repository.directory(), &kustomization.file);
                for named in &kustomization.names {
                    survey.read_named(repository.directory(), &kustomization.file, named, &mut known);
                }
            }
        }
        survey
    }

    /// Notes the namespace that a kustomization sets, and reads the patches in it. What cannot be read, the repository
    /// remarks on.
    fn read_kustomization(&mut self, directory: &Path, file: &Path) {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let Ok(tree) = Tree::parse(text) else { return };
        let name = relative(directory, file);
        let values = tree.documents().iter().map(|document| tree.value(document.root));
        for value in values.filter(Value::is_object) {
            if let Some(namespace) = value["namespace"].as_str() {
                note(&mut self.namespaces, namespace, &name);
            }
            let patches = value["patches"].as_array().into_iter().flatten().map(|patch| &patch["patch"]);
            let merged = value["patchesStrategicMerge"].as_array().into_iter().flatten();
            let texts = patches.chain(merged).filter_map(Value::as_str).filter(|text| text.contains(':'));
            texts.for_each(|text| self.read_input(&name, text));
            // The type may be left out.
            let mut typed = value.clone();
            typed["apiVersion"] = "kustomize.config.k8s.io/v1beta1".into();
            typed["kind"] = "Kustomization".into();
            self.note_values_in(&name, &typed);
            let inflated = value["helmCharts"].as_array().into_iter().flatten();
            for chart in inflated {
                let chart = chart["name"].as_str().unwrap_or_default();
                let reason = format!("the chart `{chart}` is not inflated: only its values were read");
                self.unread.push((name.clone(), reason));
            }
        }
    }

    /// Reads what a kustomization names, if it was not read before.
    fn read_named(&mut self, directory: &Path, by: &Path, named: &Named, known: &mut BTreeSet<PathBuf>) {
        match &named.target {
            Target::File(file) if matches!(named.usage, Use::Resource | Use::Input) && known.insert(file.clone()) => {
                if named.usage == Use::Resource {
                    self.read(directory, file);
                } else if named.field.starts_with("patches") || named.field == "helmCharts" {
                    let text = std::fs::read_to_string(file).unwrap_or_default();
                    self.read_input(&relative(directory, file), &text);
                }
            }
            Target::Remote(text) if named.usage == Use::Resource => {
                let reason = format!("`{text}` is on another machine");
                self.unread.push((relative(directory, by), reason));
            }
            _ => {}
        }
    }

    /// Reads a patch, or values of a chart. A JSON patch tells the field that it sets, and not the object.
    fn read_input(&mut self, file: &Path, text: &str) {
        let objects = Resources::from_streams(vec![(None, text.to_owned())]);
        if let Ok(objects) = objects.as_ref().map(Resources::iter) {
            let objects: Vec<_> = objects.collect();
            if !objects.is_empty() {
                objects.iter().for_each(|object| self.note_object(file, object));
                return;
            }
        }
        let Ok(tree) = Tree::parse(text.to_owned()) else {
            self.unread.push((file.to_owned(), "it is not YAML".to_owned()));
            return;
        };
        for value in tree.documents().iter().map(|document| tree.value(document.root)) {
            match value.as_array() {
                Some(operations) => operations.iter().for_each(|operation| self.note_operation(file, operation)),
                None => self.note_values(file, &value),
            }
        }
    }

    fn note_operation(&mut self, file: &Path, operation: &Value) {
        let path = operation["path"].as_str().unwrap_or_default();
        let field = path.rsplit('/').next().unwrap_or_default();
        let set = Value::from_iter([(field.to_owned(), operation["value"].clone())]);
        self.note_values(file, &set);
        if path == "/spec/host" {
            self.note_host(file, operation["value"].as_str());
        }
    }

    /// Notes the storage classes and the hosts of an OpenShift cluster that values of a chart name.
    fn note_values(&mut self, file: &Path, values: &Value) {
        self.note_classes(file, values);
        for (_, mention) in mentions_in_tree("", values) {
            if mention.host.split('.').nth(1).is_some_and(|label| label == "apps") {
                self.note_host(file, Some(&mention.host));
            }
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
        self.note_images(file, object);
        self.note_claims(file, &label, object.value());
        self.note_classes(file, object.value());
        self.note_values_in(file, object.value());
    }

    /// Notes what the values of charts in an object name.
    fn note_values_in(&mut self, file: &Path, object: &Value) {
        for values in helm::values_of(object) {
            let parts = values.read().unwrap_or_default();
            parts.iter().for_each(|part| self.note_values(file, &part.value));
        }
    }

    fn note_images(&mut self, file: &Path, object: &Item) {
        for field in image_fields::of_kind(object.group(), object.kind()) {
            let texts = field.pattern.matches(object.value());
            for text in texts.iter().filter_map(|found| found.value.as_str()) {
                let Ok(image) = Image::parse(text) else { continue };
                let registry = image.registry();
                note(&mut self.registries, &registry, file);
                if is_internal_registry(&registry) {
                    note(&mut self.internal_registries, &registry, file);
                }
            }
        }
    }

    /// Notes what makes claims without a class, or for several nodes.
    fn note_claims(&mut self, file: &Path, label: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(modes) = fields.get("accessModes").and_then(Value::as_array) {
                    if modes.iter().any(|mode| mode == "ReadWriteMany" || mode == "ReadOnlyMany") {
                        note(&mut self.shared_claims, label, file);
                    }
                    let is_bound = fields.contains_key("volumeName") || fields.contains_key("capacity");
                    if !is_bound && !fields.contains_key("storageClassName") {
                        note(&mut self.classless, label, file);
                    }
                }
                fields.values().for_each(|value| self.note_claims(file, label, value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.note_claims(file, label, item)),
            _ => {}
        }
    }

    fn note_route(&mut self, file: &Path, route: &Value, label: &str) {
        match route["spec"]["host"].as_str() {
            Some(host) => self.note_host(file, Some(host)),
            // A patch states the rest.
            None if route["spec"]["to"].is_null() => {}
            None => note(&mut self.hostless, label, file),
        }
    }

    fn note_host(&mut self, file: &Path, host: Option<&str>) {
        let domain = host.and_then(|host| host.split_once('.')).map(|(_, domain)| domain);
        if let Some(domain) = domain.filter(|domain| domain.contains('.')) {
            note(&mut self.domains, domain, file);
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

/// Whether an object is not for the cluster of its application: Argo CD or Flux reads it, or a build.
fn is_of_a_tool(object: &Item) -> bool {
    object.group() == OWN_GROUP || only_deploys(object.value())
}

/// Whether an API group is of something that people install: neither of Kubernetes nor of the platforms that are left, nor
/// of tools that read objects before a cluster does.
fn is_of_others(group: &str) -> bool {
    let is_below = |name: &str| group == name || group.ends_with(&format!(".{name}"));
    let of_platforms = ["k8s.io", "openshift.io", "gke.io", "cloud.google.com", "x-k8s.io", "kpt.dev", OWN_GROUP];
    group.contains('.') && !of_platforms.into_iter().any(is_below)
}
