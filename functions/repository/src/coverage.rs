//! Which objects of a build functions see.
//!
//! kustomize runs the functions of a kustomization on all that it builds, those of its components included. So what no
//! kustomization on the way to the root lists functions for leaves the build as it is in the files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use krm::config::API_VERSION;
use krm::yaml::Tree;
use serde_json::Value;

use crate::built::Root;
use crate::kustomization::{Kustomization, Named, Target, Use};
use crate::paths::relative;
use crate::repository::Repository;

/// Which objects of a root functions see, as its files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The kinds of the configs that kustomizations of the root list, as `RouteToIngress`. A config on another machine has
    /// the empty kind.
    pub functions: BTreeSet<String>,
    /// The directories, from that of the repository, of the kustomizations that bring objects which no function sees.
    pub unseen: BTreeSet<PathBuf>,
}

impl Repository {
    /// Which objects of a root functions see. A function of others is none.
    pub fn coverage(&self, root: &Root) -> Coverage {
        let mut walk = Walk { repository: self, coverage: Coverage::default(), known: BTreeSet::new() };
        if let Some(kustomization) = self.kustomization(&root.directory) {
            walk.visit(kustomization, false);
        }
        walk.coverage
    }
}

struct Walk<'r> {
    repository: &'r Repository,
    coverage: Coverage,
    /// The kustomizations that were looked at, each with whether functions see it.
    known: BTreeSet<(&'r Path, bool)>,
}

impl<'r> Walk<'r> {
    /// Looks at a kustomization that functions of others above it see, or not.
    fn visit(&mut self, kustomization: &'r Kustomization, is_seen: bool) {
        if !self.known.insert((kustomization.directory(), is_seen)) {
            return;
        }
        let made = self.kinds(kustomization, |field| field == "generators");
        let seen = self.kinds_with_components(kustomization);
        let is_seen = is_seen || !seen.is_empty();
        let brings = brings_objects(kustomization);
        self.coverage.functions.extend(made.into_iter().chain(seen));
        if brings && !is_seen {
            self.coverage.unseen.insert(relative(self.repository.directory(), kustomization.directory()));
        }
        let repository = self.repository;
        for (_, directory) in kustomization.directories().filter(|(usage, _)| is_built(*usage)) {
            if let Some(inner) = repository.kustomization(directory) {
                self.visit(inner, is_seen);
            }
        }
    }

    /// The kinds of the functions that see what a kustomization builds: its own, and those of its components.
    fn kinds_with_components(&self, kustomization: &Kustomization) -> BTreeSet<String> {
        let mut open = vec![kustomization];
        let mut known = BTreeSet::new();
        let mut kinds = BTreeSet::new();
        while let Some(one) = open.pop() {
            if known.insert(one.directory()) {
                kinds.extend(self.kinds(one, |field| matches!(field, "transformers" | "validators")));
                let components = one.directories().filter(|(usage, _)| *usage == Use::Component);
                open.extend(components.filter_map(|(_, directory)| self.repository.kustomization(directory)));
            }
        }
        kinds
    }

    /// The kinds of the function configs that a kustomization lists in some fields.
    fn kinds(&self, kustomization: &Kustomization, is_meant: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let mut kinds = BTreeSet::new();
        for named in kustomization.names.iter().filter(|named| is_meant(named.field)) {
            match &named.target {
                Target::Directory(directory) => self.add_kinds_below(directory, &mut kinds),
                Target::Remote(_) => _ = kinds.insert(String::new()),
                target => kinds.extend(configs_of(target)),
            }
        }
        kinds
    }

    /// Adds the kinds of the function configs that a directory builds.
    fn add_kinds_below(&self, directory: &Path, kinds: &mut BTreeSet<String>) {
        let mut open = vec![directory.to_owned()];
        let mut known = BTreeSet::new();
        while let Some(directory) = open.pop() {
            let Some(kustomization) =
                self.repository.kustomization(&directory).filter(|_| known.insert(directory.clone()))
            else {
                continue;
            };
            for Named { usage, target, .. } in kustomization.names.iter().filter(|named| is_built(named.usage)) {
                match (usage, target) {
                    (_, Target::Directory(directory)) => open.push(directory.clone()),
                    (_, Target::Remote(_)) => _ = kinds.insert(String::new()),
                    (_, target) => kinds.extend(configs_of(target)),
                }
            }
        }
    }
}

fn is_built(usage: Use) -> bool {
    matches!(usage, Use::Resource | Use::Component)
}

/// Whether a kustomization brings objects itself, and not only those of other kustomizations.
fn brings_objects(kustomization: &Kustomization) -> bool {
    let brings = |named: &Named| match named.usage {
        Use::Resource => !matches!(named.target, Target::Directory(_)),
        Use::Chart => true,
        Use::Component | Use::Function | Use::Input => false,
    };
    kustomization.generates || kustomization.names.iter().any(brings)
}

/// The kinds of the configs of our functions in a file or a text.
fn configs_of(target: &Target) -> BTreeSet<String> {
    let text = match target {
        Target::File(file) => std::fs::read_to_string(file).unwrap_or_default(),
        Target::Inline(text) => text.clone(),
        Target::Directory(_) | Target::Remote(_) | Target::Missing(_) => String::new(),
    };
    let group = API_VERSION.split('/').next().unwrap_or_default();
    if !text.contains(group) {
        return BTreeSet::new();
    }
    let Ok(tree) = Tree::parse(text) else { return BTreeSet::new() };
    let values = tree.documents().iter().map(|document| tree.value(document.root));
    let is_ours =
        |value: &Value| value["apiVersion"].as_str().is_some_and(|version| version.split('/').next() == Some(group));
    values.filter(is_ours).flat_map(|config| kinds_of(&config)).collect()
}

/// The kinds of the functions that a config runs: its own, or those of a Pipeline.
pub fn kinds_of(config: &Value) -> BTreeSet<String> {
    let kind = |config: &Value| config["kind"].as_str().unwrap_or_default().to_owned();
    match config["spec"]["functions"].as_array() {
        Some(functions) if config["kind"] == "Pipeline" => functions.iter().map(kind).collect(),
        _ => [kind(config)].into(),
    }
}
