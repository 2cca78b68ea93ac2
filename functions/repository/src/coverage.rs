//! Which objects of a build functions see.
//!
//! kustomize runs the functions of a kustomization on all that it builds, those of its components included. So what no
//! kustomization on the way to the root lists functions for leaves the build as it is in the files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::configs::kinds_in;
use crate::kustomization::{Kustomization, Named, Target, Use};
use crate::paths::relative;
use crate::repository::Repository;
use crate::root::Root;

/// Which objects of a root functions see, as its files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The kinds of the configs that kustomizations of the root list, as `RouteToIngress`. A config on another machine has
    /// the empty kind.
    pub functions: BTreeSet<String>,
    /// The directories, from that of the repository, of the kustomizations that bring objects which no function sees.
    pub unseen: BTreeSet<PathBuf>,
}

impl Coverage {
    /// Whether a kustomization of the root, as far as its files are here, lists a function.
    pub(crate) fn has_functions(&self) -> bool {
        self.functions.iter().any(|kind| !kind.is_empty())
    }
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

    /// The directories of the kustomizations that list functions in the build of a directory, all from that of the
    /// repository. Generators do not count: they run on nothing.
    pub fn wired_in(&self, directory: &Path) -> BTreeSet<PathBuf> {
        let mut open: Vec<_> = self.kustomization(directory).into_iter().collect();
        let mut known = BTreeSet::new();
        let mut wired = BTreeSet::new();
        while let Some(one) = open.pop() {
            if !known.insert(one.directory()) {
                continue;
            }
            if !self.kinds_listed(one, sees_objects).is_empty() {
                wired.insert(relative(self.directory(), one.directory()));
            }
            let inner = one.directories().filter(|(usage, _)| is_built(*usage));
            open.extend(inner.filter_map(|(_, directory)| self.kustomization(directory)));
        }
        wired
    }

    /// Whether a kustomization of a root lists functions that see objects.
    pub fn is_wired(&self, root: &Root) -> bool {
        !self.wired_in(&root.directory).is_empty()
    }

    /// The kinds of the functions that see what a kustomization builds: its own, and those of its components.
    fn kinds_with_components(&self, kustomization: &Kustomization) -> BTreeSet<String> {
        let mut open = vec![kustomization];
        let mut known = BTreeSet::new();
        let mut kinds = BTreeSet::new();
        while let Some(one) = open.pop() {
            if known.insert(one.directory()) {
                kinds.extend(self.kinds_listed(one, sees_objects));
                let components = one.directories().filter(|(usage, _)| *usage == Use::Component);
                open.extend(components.filter_map(|(_, directory)| self.kustomization(directory)));
            }
        }
        kinds
    }

    /// The kinds of the function configs that a kustomization lists in some fields.
    fn kinds_listed(&self, kustomization: &Kustomization, is_meant: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let mut kinds = BTreeSet::new();
        for named in kustomization.names.iter().filter(|named| is_meant(named.field)) {
            match &named.target {
                Target::Directory(directory) => self.add_kinds_below(directory, &mut kinds),
                Target::Remote(_) => _ = kinds.insert(String::new()),
                target => kinds.extend(kinds_in(target)),
            }
        }
        kinds
    }

    /// Adds the kinds of the function configs that a directory builds.
    fn add_kinds_below(&self, directory: &Path, kinds: &mut BTreeSet<String>) {
        let mut open = vec![directory.to_owned()];
        let mut known = BTreeSet::new();
        while let Some(directory) = open.pop() {
            let Some(kustomization) = self.kustomization(&directory).filter(|_| known.insert(directory.clone())) else {
                continue;
            };
            for Named { usage, target, .. } in kustomization.names.iter().filter(|named| is_built(named.usage)) {
                match (usage, target) {
                    (_, Target::Directory(directory)) => open.push(directory.clone()),
                    (_, Target::Remote(_)) => _ = kinds.insert(String::new()),
                    (_, target) => kinds.extend(kinds_in(target)),
                }
            }
        }
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
        let made = self.repository.kinds_listed(kustomization, |field| field == "generators");
        let seen = self.repository.kinds_with_components(kustomization);
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
}

/// Whether the functions that a field lists see the objects of the build.
fn sees_objects(field: &str) -> bool {
    matches!(field, "transformers" | "validators")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::holding;

    const CONFIG: &str = "apiVersion: replatform.dev/v1alpha1\nkind: RouteToIngress\nmetadata: {name: r}\n";
    const PIPELINE: &str = "apiVersion: replatform.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  functions:\n  - kind: Apps\n  - kind: DeployControl\n";

    /// The functions of `app` in a repository with these files, and the directories that none of them sees.
    fn coverage(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let scratch = holding(files);
        let repository = Repository::open(scratch.path(), &["app".into()]).expect("it is there");
        let Coverage { functions, unseen } = repository.coverage(&repository.roots()[0]);
        (functions.into_iter().collect(), unseen.iter().map(|path| path.display().to_string()).collect())
    }

    const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

    #[test]
    fn objects_are_seen_by_the_functions_of_all_kustomizations_around_them() {
        let base = [("base/kustomization.yaml", "resources: [a.yaml]\n"), ("base/a.yaml", MAP)];
        let wired = ("web/kustomization.yaml", "resources: [../base]\ntransformers: [r.yaml]\n");
        let config = [("web/r.yaml", CONFIG), ("app/r.yaml", CONFIG), ("c/r.yaml", CONFIG), ("t/p.yaml", PIPELINE)];
        let component = ("c/kustomization.yaml", "kind: Component\ntransformers: [r.yaml]\n");
        let configs = ("t/kustomization.yaml", "resources: [p.yaml]\n");
        let of_others = "transformers:\n- |-\n  apiVersion: builtin\n  kind: LabelTransformer\n  metadata: {name: l}\n";
        let kinds: fn(&str) -> Vec<&str> = |kinds| kinds.split_whitespace().collect();
        for (app, functions, unseen) in [
            ("resources: [../base]\ntransformers: [r.yaml]\n", "RouteToIngress", ""),
            ("resources: [../base]\ntransformers: [../t]\n", "Apps DeployControl", ""),
            ("resources: [../base]\nvalidators: [r.yaml]\n", "RouteToIngress", ""),
            ("resources: [../base]\ncomponents: [../c]\n", "RouteToIngress", ""),
            ("resources: [../base]\n", "", "base"),
            (&format!("resources: [../base]\n{of_others}"), "", "base"),
            ("resources: [../web]\n", "RouteToIngress", ""),
            // One of two is wired; the cluster's own objects are not.
            ("resources: [../web, ../base, a.yaml]\n", "RouteToIngress", "app base"),
            ("resources: [../web]\nconfigMapGenerator: [{name: c, literals: [a=b]}]\n", "RouteToIngress", "app"),
            ("resources: [../web]\nhelmCharts: [{name: c, repo: 'https://example.com'}]\n", "RouteToIngress", "app"),
            // A generator sees nothing but what it makes.
            ("generators: [r.yaml]\n", "RouteToIngress", ""),
            ("generators: [r.yaml]\nresources: [../base]\n", "RouteToIngress", "base"),
        ] {
            let own = [("app/kustomization.yaml", app), ("app/a.yaml", MAP), wired, component, configs];
            let found = coverage(&[&own[..], &base, &config].concat());
            let expected = (kinds(functions), kinds(unseen));
            assert_eq!(
                (found.0.iter().map(String::as_str).collect(), found.1.iter().map(String::as_str).collect()),
                expected,
                "{app}"
            );
        }
    }
}
