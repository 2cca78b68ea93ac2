//! The files that objects come from.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use krm::finding::{ObjectReference, Report};
use krm::yaml::Tree;

use crate::built::Root;
use crate::kustomization::{Kustomization, Use};
use crate::paths::{normal, relative, text};
use crate::repository::Repository;

/// The objects in the files of a repository, each file read once.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    objects: Mutex<HashMap<PathBuf, Arc<[ObjectReference]>>>,
}

impl Sources {
    /// Gives findings of a root the files that their objects come from, as paths from the directory of the repository: the
    /// one that the host tells, else that of the kustomizations' files in which an object of that kind and name is, and no
    /// other file has one. Names are looked for as kustomize makes them too, with a prefix and a suffix.
    pub(crate) fn locate(&self, repository: &Repository, root: &Root, findings: &mut [Report]) {
        let here = repository.directory().join(&root.directory);
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
                let file = self.file_of(closure, object);
                finding.file = file.map(|file| text(&relative(repository.directory(), &file)));
            }
        }
    }

    fn file_of(&self, closure: &[&Kustomization], object: &ObjectReference) -> Option<PathBuf> {
        let mut found: Vec<(bool, PathBuf)> = Vec::new();
        let is_affix = |text: &&str| !text.is_empty();
        let prefixes: Vec<&str> = closure.iter().map(|one| one.prefix.as_str()).filter(is_affix).collect();
        let suffixes: Vec<&str> = closure.iter().map(|one| one.suffix.as_str()).filter(is_affix).collect();
        let bare = bare(&object.name, &prefixes, &suffixes);
        for file in closure.iter().flat_map(|kustomization| resources(kustomization)) {
            let objects = self.objects_in(file);
            let named = |name: &str| objects.iter().any(|other| other.kind == object.kind && other.name == name);
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

fn resources<'k>(kustomization: &'k Kustomization) -> impl Iterator<Item = &'k Path> {
    kustomization.files().filter(|(usage, _)| *usage == Use::Resource).map(|(_, file)| file)
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
    let mut found = Vec::new();
    for tree in tree.iter() {
        for document in tree.documents() {
            let value = tree.value(document.root);
            let items = value["items"].as_array().into_iter().flatten();
            found.extend(items.chain([&value]).map(ObjectReference::from));
        }
    }
    found.retain(|object| !object.kind.is_empty() && !object.name.is_empty());
    found
}
