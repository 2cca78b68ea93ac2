//! What Argo CD and Flux deploy out of a repository: the directories that Applications, ApplicationSets and Flux
//! Kustomizations name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use krm::finding::ObjectReference;
use krm::yaml;
use serde_json::Value;

use crate::kustomization::Kustomization;
use crate::parameters::{Parameters, fill};
use crate::paths::{normal, relative, text};
use crate::tree::{Remark, Tree};

/// Signs of an object that deploys, in its text.
const SIGNS: [&str; 2] = ["argoproj.io/", "kustomize.toolkit.fluxcd.io/"];

/// How patterns of ApplicationSets match: `*` stays within a part of a path, as `path.Match` of Go has it.
pub(crate) const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// What deploys which directory.
#[derive(Debug, Default)]
pub(crate) struct Deployments {
    /// The objects that deploy a directory, an absolute path: `Application argocd/web`.
    pub(crate) of: BTreeMap<PathBuf, BTreeSet<String>>,
    /// What could not be read, or names what kustomize does not build; paths are absolute.
    pub(crate) remarks: Vec<Remark>,
}

/// Reads what the manifests of a tree deploy.
pub(crate) fn read(repository: &Path, tree: &Tree, kustomizations: &BTreeMap<PathBuf, Kustomization>) -> Deployments {
    let top = repository.ancestors().find(|directory| directory.join(".git").exists()).unwrap_or(repository);
    let mut reader = Reader { repository, top, tree, kustomizations, deployments: Deployments::default() };
    tree.manifests.iter().for_each(|file| reader.read(file));
    reader.deployments
}

/// Whether an object only tells Argo CD or Flux what to deploy, so that no function has to see it. An Application of a chart
/// brings values, which functions read.
pub fn only_deploys(object: &Value) -> bool {
    let spec = if object["kind"] == "ApplicationSet" { &object["spec"]["template"]["spec"] } else { &object["spec"] };
    match (group(object), object["kind"].as_str().unwrap_or_default()) {
        ("argoproj.io", "Application" | "ApplicationSet") => {
            let several = spec["sources"].as_array().into_iter().flatten();
            !several.chain([&spec["source"]]).any(|source| source["chart"].is_string() || source["helm"].is_object())
        }
        ("argoproj.io", "AppProject") | ("kustomize.toolkit.fluxcd.io", "Kustomization") => true,
        _ => false,
    }
}

/// The API group of an object.
fn group(object: &Value) -> &str {
    object["apiVersion"].as_str().and_then(|version| version.split('/').next()).unwrap_or_default()
}

struct Reader<'t> {
    repository: &'t Path,
    /// The top of the git work tree: what paths of Applications begin at.
    top: &'t Path,
    tree: &'t Tree,
    kustomizations: &'t BTreeMap<PathBuf, Kustomization>,
    deployments: Deployments,
}

impl Reader<'_> {
    fn read(&mut self, file: &Path) {
        let Ok(text) = std::fs::read_to_string(file) else { return };
        if !SIGNS.iter().any(|sign| text.contains(sign)) {
            return;
        }
        let is_template = text.contains("{{") && !text.contains("ApplicationSet");
        match yaml::Tree::parse(text) {
            Ok(tree) => {
                for document in tree.documents() {
                    self.object(file, &tree.value(document.root));
                }
            }
            Err(_) if is_template => {
                self.remark(file, "is a template, so the directories that it deploys are not known");
            }
            Err(error) => self.remark(file, &format!("is not YAML: {error}")),
        }
    }

    fn object(&mut self, file: &Path, object: &Value) {
        let paths = match (group(object), object["kind"].as_str().unwrap_or_default()) {
            ("argoproj.io", "Application") => {
                sources(&object["spec"]).iter().map(|path| Pattern::escape(path)).collect()
            }
            ("argoproj.io", "ApplicationSet") => {
                for message in not_applied(&object["spec"]) {
                    self.remark(file, &format!("{}: {message}", ObjectReference::from(object)));
                }
                self.application_set(&object["spec"])
            }
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
                // Without a path it is the top of the source.
                vec![Pattern::escape(object["spec"]["path"].as_str().unwrap_or("."))]
            }
            _ => return,
        };
        let name = ObjectReference::from(object).to_string();
        let mut strangers = BTreeSet::new();
        for path in paths {
            if !self.deploy(&name, &path) {
                strangers.insert(path);
            }
        }
        if !strangers.is_empty() {
            let list = strangers.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            let message = format!("{name} deploys {list}, where there is no kustomization: it is not built");
            self.remark(file, &message);
        }
    }

    /// Notes what a pattern names; whether it names a kustomization.
    fn deploy(&mut self, name: &str, pattern: &str) -> bool {
        let Ok(pattern) = Pattern::new(&text(&normal(Path::new(pattern.trim_start_matches('/'))))) else {
            return false;
        };
        let mut is_known = false;
        for start in [self.repository, self.top] {
            let is_meant =
                |directory: &&PathBuf| pattern.matches_with(&below(start, directory).unwrap_or_default(), OPTIONS);
            for directory in self.kustomizations.keys().filter(is_meant) {
                self.deployments.of.entry(directory.clone()).or_default().insert(name.to_owned());
                is_known = true;
            }
            if is_known {
                break;
            }
        }
        is_known
    }

    /// The patterns of the directories that an ApplicationSet deploys.
    fn application_set(&self, spec: &Value) -> Vec<String> {
        let templates = sources(&spec["template"]["spec"]);
        let generators = spec["generators"].as_array().into_iter().flatten();
        let sets = generators.flat_map(|generator| self.parameters(generator, &Parameters::default()));
        let filled: BTreeSet<String> = sets
            .flat_map(|set| templates.iter().map(move |template| fill(template, &set)).collect::<Vec<_>>())
            .collect();
        filled.into_iter().collect()
    }

    /// The sets of parameters that a generator gives. What only the cluster knows is one set in which nothing is known.
    fn parameters(&self, generator: &Value, outer: &Parameters) -> Vec<Parameters> {
        if generator["git"].is_object() {
            return self.of_git(&generator["git"], outer);
        }
        if let Some(elements) = generator["list"]["elements"].as_array() {
            return elements.iter().map(Parameters::of_value).collect();
        }
        if let Some(generators) = generator["matrix"]["generators"].as_array() {
            return generators.iter().fold(vec![outer.clone()], |sets, generator| {
                let with = |set: &Parameters| {
                    let inner = self.parameters(generator, set);
                    inner.into_iter().map(|inner| set.joined(inner)).collect::<Vec<_>>()
                };
                sets.iter().flat_map(with).collect()
            });
        }
        if let Some(generators) = generator["merge"]["generators"].as_array() {
            let keys = generator["merge"]["mergeKeys"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let keys: Vec<_> = keys.collect();
            let mut sets = generators.iter().map(|generator| self.parameters(generator, outer));
            let first = sets.next().unwrap_or_default();
            return sets.fold(first, |base, others| merged(base, &others, &keys));
        }
        vec![Parameters::default()]
    }

    fn of_git(&self, git: &Value, outer: &Parameters) -> Vec<Parameters> {
        let prefix = git["pathParamPrefix"].as_str().unwrap_or_default();
        if git["directories"].is_array() {
            let paths = self.matching(&git["directories"], &self.tree.directories, outer);
            return paths.iter().map(|(path, _)| Parameters::of_path(path, prefix)).collect();
        }
        let files = self.matching(&git["files"], &self.tree.manifests, outer);
        files.iter().flat_map(|(path, file)| of_file(path, file, prefix)).collect()
    }

    /// The paths that a list of patterns matches and none of its excluding ones: from the top, and absolute.
    fn matching(&self, list: &Value, all: &[PathBuf], outer: &Parameters) -> Vec<(String, PathBuf)> {
        let pattern = |item: &Value| {
            let pattern = Pattern::new(&fill(item["path"].as_str()?, outer)).ok()?;
            Some((item["exclude"] == Value::Bool(true), pattern))
        };
        let patterns = list.as_array().into_iter().flatten().filter_map(pattern);
        let (excluding, including): (Vec<_>, Vec<_>) = patterns.partition(|(is_excluding, _)| *is_excluding);
        for start in [self.repository, self.top] {
            let is_meant = |path: &String| {
                let is_match = |(_, pattern): &(bool, Pattern)| pattern.matches_with(path, OPTIONS);
                including.iter().any(is_match) && !excluding.iter().any(is_match)
            };
            let paths = all.iter().filter_map(|file| Some((below(start, file)?, file.clone())));
            let found: Vec<_> = paths.filter(|(path, _)| is_meant(path)).collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    fn remark(&mut self, file: &Path, message: &str) {
        self.deployments.remarks.push(Remark { file: file.to_owned(), message: message.to_owned() });
    }
}

/// What an ApplicationSet says of its directories and only Argo CD applies.
fn not_applied(spec: &Value) -> Vec<&'static str> {
    let patch = spec["templatePatch"].as_str().unwrap_or_default();
    let has_selector = spec["generators"].as_array().into_iter().flatten().any(has_selector);
    let messages = [
        (
            patch.contains("path:"),
            "`spec.templatePatch` is not applied, so the directories that it names are not known to be deployed",
        ),
        (
            has_selector,
            "a `selector` of `spec.generators` is not applied, so the directories that it leaves out count as deployed",
        ),
    ];
    messages.into_iter().filter_map(|(is_so, message)| is_so.then_some(message)).collect()
}

/// Whether a generator, or one inside it, takes some of its sets of parameters only.
fn has_selector(generator: &Value) -> bool {
    let inner = ["matrix", "merge"].into_iter().filter_map(|kind| generator[kind]["generators"].as_array());
    generator["selector"].is_object() || inner.flatten().any(has_selector)
}

/// A path from a directory, if it is below it. The directory itself is the empty text.
fn below(directory: &Path, path: &Path) -> Option<String> {
    path.starts_with(directory).then(|| text(&normal(&relative(directory, path))))
}

/// The paths of the sources of an Application. Charts have none. A source that includes one file of a directory reads what
/// `hydrate` rendered of the directory of that name.
fn sources(spec: &Value) -> Vec<String> {
    let several = spec["sources"].as_array().into_iter().flatten();
    let all = [&spec["source"]].into_iter().chain(several).filter(|source| source["chart"].is_null());
    let path = |source: &Value| {
        let path = source["path"].as_str()?;
        let file = source["directory"]["include"].as_str().and_then(|include| include.strip_suffix(".yaml"));
        let directory = file.filter(|file| Pattern::escape(file) == *file && !file.contains(['{', '/']));
        Some(directory.map_or_else(|| path.to_owned(), |directory| format!("{path}/{directory}")))
    };
    all.filter_map(path).collect()
}

/// The sets that a file of parameters gives: one, or one for each item of a list.
fn of_file(path: &str, file: &Path, prefix: &str) -> Vec<Parameters> {
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let of_path = Parameters::of_path(directory, prefix);
    let value = std::fs::read_to_string(file).ok().and_then(|text| yaml::Tree::parse(text).ok());
    let value = value.and_then(|tree| Some(tree.value(tree.documents().first()?.root))).unwrap_or_default();
    match value {
        Value::Array(items) => items.iter().map(|item| Parameters::of_value(item).joined(of_path.clone())).collect(),
        value => vec![Parameters::of_value(&value).joined(of_path)],
    }
}

/// The first sets, with what those of another generator say that agree in the keys.
fn merged(base: Vec<Parameters>, others: &[Parameters], keys: &[&str]) -> Vec<Parameters> {
    let with_others = |set: Parameters| {
        let other = others.iter().find(|other| keys.iter().all(|key| set.get(key) == other.get(key)));
        other.map_or_else(|| set.clone(), |other| set.joined(other.clone()))
    };
    base.into_iter().map(with_others).collect()
}
