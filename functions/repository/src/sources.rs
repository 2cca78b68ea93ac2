//! The files that objects come from.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use krm::finding::{ObjectReference, Report};
use krm::rule::{CommonRule, RuleSet};
use krm::yaml::Tree;

use crate::kustomization::{Kustomization, Use};
use crate::paths::{normal, relative, text};
use crate::repository::Repository;
use crate::root::Root;

/// The objects in the files of a repository, each file read once.
#[derive(Debug, Default)]
pub struct Sources {
    objects: Mutex<HashMap<PathBuf, Arc<[ObjectReference]>>>,
}

impl Sources {
    /// Gives findings of a root the files that their objects come from, as paths from the directory of the repository: the
    /// one that the host tells, else that of the kustomizations' files in which an object of that kind and name is, and no
    /// other file has one. Names are looked for as kustomize makes them too, with a prefix and a suffix.
    pub fn locate(&self, repository: &Repository, root: &Root, findings: &mut [Report]) {
        let here = repository.directory().join(&root.directory);
        let retyped = retyped(findings);
        let mut closure = None;
        for finding in findings {
            if let Some(file) = &mut finding.file {
                let path = normal(&here.join(&*file));
                // That of a remote base is a path in another repository.
                if path.is_file() {
                    *file = text(&relative(repository.directory(), &path));
                }
            } else if let Some(object) = &finding.object {
                let closure = closure.get_or_insert_with(|| repository.closure(root));
                let former = retyped.iter().filter(|former| is_namesake(former, object));
                let file = std::iter::once(object).chain(former).find_map(|object| self.file_of(closure, object));
                finding.file = file.map(|file| text(&relative(repository.directory(), &file)));
            }
        }
    }

    /// The file of an object that is in no build, as a config of a function, from the directory of the repository.
    pub(crate) fn file_of_config(
        &self,
        repository: &Repository,
        root: &Root,
        object: &ObjectReference,
    ) -> Option<String> {
        let file = self.file_of(&repository.closure(root), object)?;
        Some(text(&relative(repository.directory(), &file)))
    }

    fn file_of(&self, closure: &[&Kustomization], object: &ObjectReference) -> Option<PathBuf> {
        let mut found: Vec<(bool, PathBuf)> = Vec::new();
        let is_affix = |text: &&str| !text.is_empty();
        let prefixes: Vec<&str> = closure.iter().map(|one| one.prefix.as_str()).filter(is_affix).collect();
        let suffixes: Vec<&str> = closure.iter().map(|one| one.suffix.as_str()).filter(is_affix).collect();
        let bare = bare(&object.name, &prefixes, &suffixes);
        for file in closure.iter().flat_map(|kustomization| resources(kustomization)) {
            let objects = self.objects_in(file);
            let named = |name: &str| objects.iter().any(|other| other.kind == object.kind && &*other.name == name);
            if named(&object.name) {
                found.push((true, file.to_owned()));
            } else if named(bare) {
                found.push((false, file.to_owned()));
            }
        }
        // A name as it is goes before one without what kustomize adds.
        found.sort();
        found.dedup();
        let best = found.last()?.0;
        let mut files = found.into_iter().filter(|(is_exact, _)| *is_exact == best).map(|(_, file)| file);
        files.next().filter(|_| files.next().is_none())
    }

    fn objects_in(&self, file: &Path) -> Arc<[ObjectReference]> {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(objects.entry(file.to_owned()).or_insert_with(|| read(file).into()))
    }
}

/// The objects that a function gave another kind, as they were before.
fn retyped(findings: &[Report]) -> Vec<ObjectReference> {
    let changed = CommonRule::Changed.rule().id;
    let is_retyped = |finding: &&Report| finding.rule == changed && finding.field.as_deref() == Some("kind");
    findings.iter().filter(is_retyped).filter_map(|finding| finding.object.clone()).collect()
}

fn is_namesake(one: &ObjectReference, other: &ObjectReference) -> bool {
    (&one.name, &one.namespace) == (&other.name, &other.namespace)
}

/// The files of objects, and of configs of functions.
fn resources(kustomization: &Kustomization) -> impl Iterator<Item = &Path> {
    let has_objects = |usage: &Use| matches!(usage, Use::Resource | Use::Function);
    kustomization.files().filter(move |(usage, _)| has_objects(usage)).map(|(_, file)| file)
}

/// A name without the prefixes and suffixes that kustomizations add, each as often as it is there.
fn bare<'n>(name: &'n str, prefixes: &[&str], suffixes: &[&str]) -> &'n str {
    let mut bare = name;
    while let Some(rest) = prefixes.iter().find_map(|prefix| bare.strip_prefix(prefix)) {
        bare = rest;
    }
    while let Some(rest) = suffixes.iter().find_map(|suffix| bare.strip_suffix(suffix)) {
        bare = rest;
    }
    bare
}

/// The objects in a file, those in lists included.
fn read(file: &Path) -> Vec<ObjectReference> {
    let tree = std::fs::read_to_string(file).ok().and_then(|text| Tree::parse(text).ok());
    let Some(tree) = tree else { return Vec::new() };
    let mut found = Vec::new();
    for document in tree.documents() {
        let value = tree.value(document.root);
        let items = value["items"].as_array().into_iter().flatten();
        found.extend(items.chain([&value]).map(ObjectReference::from));
    }
    found.retain(|object| !object.kind.is_empty() && !object.name.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use krm::rule::Severity;

    use super::*;
    use crate::scratch::holding;

    /// The file that a finding about a Service gets, in a repository with these files whose root is `app`.
    fn located(files: &[(&str, &str)], name: &str, told: Option<&str>) -> Option<String> {
        let scratch = holding(files);
        let repository = Repository::open(scratch.path(), &["app".into()]).expect("it is there");
        let object = ObjectReference { kind: "Service".into(), name: name.into(), ..ObjectReference::default() };
        let mut findings = [Report {
            function: "f".to_owned(),
            rule: "r".to_owned(),
            severity: Severity::Info,
            object: Some(object),
            field: None,
            file: told.map(str::to_owned),
            message: String::new(),
            current_value: None,
            proposed_value: None,
            remedy: String::new(),
            accepted: None,
        }];
        Sources::default().locate(&repository, &repository.roots()[0], &mut findings);
        let [finding] = findings;
        finding.file
    }

    const WEB: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";

    #[test]
    fn an_object_is_found_where_it_is_written() {
        let app = ("app/kustomization.yaml", "resources: [../base]\nnamePrefix: dev-\nnameSuffix: '-1'\n");
        let base = ("base/kustomization.yaml", "resources: [a.yaml, b.yaml]\n");
        let (list, other) = ("kind: List\nitems: [{kind: Service, metadata: {name: web}}]\n", "kind: Pod\n");
        for (name, a, b, expected) in [
            ("web", WEB, other, Some("base/a.yaml")),
            ("web", other, list, Some("base/b.yaml")),
            ("dev-web-1", WEB, other, Some("base/a.yaml")),
            ("dev-web-2", WEB, other, None),
            // Which of two is meant is not known.
            ("web", WEB, WEB, None),
        ] {
            let files = [app, base, ("base/a.yaml", a), ("base/b.yaml", b)];
            assert_eq!(located(&files, name, None).as_deref(), expected, "{name} {a} {b}");
        }
    }

    #[test]
    fn what_the_host_tells_is_told_from_the_repository() {
        let files = [("app/kustomization.yaml", "resources: [../base/a.yaml]\n"), ("base/a.yaml", WEB)];
        assert_eq!(located(&files, "web", Some("../base/a.yaml")).as_deref(), Some("base/a.yaml"));
        // A file of a remote base is not here.
        assert_eq!(located(&files, "web", Some("deploy/a.yaml")).as_deref(), Some("deploy/a.yaml"));
    }
}
