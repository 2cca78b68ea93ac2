//! A repository: its kustomizations, and which of them are built by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use glob::Pattern;

use crate::configs::holds_only_configs;
use crate::deployers::{self, Deployments};
use crate::kustomization::{self, Kustomization, Named, Target, Use};
use crate::paths::{existing, normal, relative, text};
use crate::root::Root;
use crate::tree::{Remark, Tree};

/// A repository of kustomizations.
#[derive(Debug)]
pub struct Repository {
    directory: PathBuf,
    /// By directory, an absolute path without links.
    kustomizations: BTreeMap<PathBuf, Kustomization>,
    roots: Vec<Root>,
    /// The directories of the roots that [`Repository::exclude`] left out.
    excluded: BTreeSet<PathBuf>,
    remarks: Vec<Remark>,
}

/// A directory that other kustomizations build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its directory, from that of the repository.
    pub directory: PathBuf,
    /// Whether it is a `kind: Component`.
    pub is_component: bool,
    /// The directories of the kustomizations that name it, from that of the repository.
    pub built_by: Vec<PathBuf>,
}

impl Repository {
    /// Looks at a repository. Its roots are:
    ///
    /// - with `paths`: each of them that has a kustomization, and the roots below those that have none;
    /// - without: all kustomizations below `directory` that no other one builds, applies as a component or takes function
    ///   configs from, and those that an Argo CD Application or `ApplicationSet` or a Flux Kustomization names. What holds configs
    ///   of functions alone is none: no application may be left that names it.
    ///
    /// Links are not followed, and `.git`, `target`, `node_modules` and `charts` are not looked into. What cannot be read
    /// is reported by [`Repository::remarks`].
    ///
    /// # Errors
    /// A path that is not there.
    pub fn open(directory: &Path, paths: &[PathBuf]) -> Result<Self, String> {
        let directory = existing(directory)?;
        let paths = paths.iter().map(|path| existing(&directory.join(path))).collect::<Result<Vec<_>, _>>()?;
        let (given, searched): (Vec<_>, Vec<_>) =
            paths.iter().cloned().partition(|path| kustomization::file_in(path).is_some());
        let searched = if paths.is_empty() { vec![directory.clone()] } else { searched };
        let mut repository = Self {
            directory,
            kustomizations: BTreeMap::new(),
            roots: Vec::new(),
            excluded: BTreeSet::new(),
            remarks: Vec::new(),
        };
        repository.load(&searched, &given);
        Ok(repository)
    }

    fn load(&mut self, searched: &[PathBuf], given: &[PathBuf]) {
        let mut tree = Tree::default();
        searched.iter().for_each(|directory| tree.add(directory));
        let mut below: BTreeSet<PathBuf> = BTreeSet::new();
        for file in &tree.kustomizations {
            let directory = file.with_file_name("");
            below.extend(self.read(&normal(&directory)));
        }
        given.iter().for_each(|directory| drop(self.read(directory)));
        let deployments = deployers::read(&self.directory, &tree, &self.kustomizations);
        let named = self.named();
        let is_root = |directory: &PathBuf| {
            deployments.of.contains_key(directory)
                || !named.contains(directory)
                    && self.kustomizations.get(directory).is_none_or(|kustomization| !kustomization.is_component)
                    && !self.only_configures(directory)
        };
        let roots: BTreeSet<PathBuf> = below.into_iter().filter(is_root).chain(given.iter().cloned()).collect();
        self.roots = roots.iter().map(|directory| self.root(directory, &deployments)).collect();
        let found = tree.remarks.into_iter().chain(deployments.remarks);
        let found: Vec<_> = found.map(|remark| self.told(remark)).collect();
        self.remarks.extend(found);
        self.remarks.sort();
        self.remarks.dedup();
    }

    fn root(&self, directory: &Path, deployments: &Deployments) -> Root {
        let applications = deployments.of.get(directory).cloned().unwrap_or_default();
        Root { directory: relative(&self.directory, directory), applications: applications.into_iter().collect() }
    }

    fn told(&self, remark: Remark) -> Remark {
        Remark { file: relative(&self.directory, &remark.file), ..remark }
    }

    /// Reads the kustomization of a directory and those that it names; the directory, if it has one that can be read.
    fn read(&mut self, directory: &Path) -> Option<PathBuf> {
        let mut open = vec![directory.to_owned()];
        while let Some(directory) = open.pop() {
            if self.kustomizations.contains_key(&directory) {
                continue;
            }
            let Some(file) = kustomization::file_in(&directory) else { continue };
            match Kustomization::read(&file) {
                Ok(kustomization) => {
                    open.extend(kustomization.directories().map(|(_, directory)| directory.to_owned()));
                    self.remark_on(&kustomization);
                    self.kustomizations.insert(directory, kustomization);
                }
                Err(message) => self.remark(&file, message),
            }
        }
        kustomization::file_in(directory).map(|_| directory.to_owned())
    }

    fn remark_on(&mut self, kustomization: &Kustomization) {
        let (file, directory) = (kustomization.file.clone(), kustomization.directory().to_owned());
        for named in &kustomization.names {
            match (&named.target, named.usage) {
                (Target::Missing(text), _) => {
                    self.remark(&file, format!("names `{text}`, which is not there; correct the path"));
                }
                (Target::Remote(text), Use::Resource | Use::Component | Use::Function) => {
                    let message = format!("names `{text}`, which is on another machine and is not looked into");
                    self.remark(&file, message);
                }
                (Target::Directory(path), Use::Resource | Use::Component | Use::Function)
                    if kustomization::file_in(path).is_none() =>
                {
                    let path = relative(&directory, path);
                    self.remark(&file, format!("names the directory `{}`, which has no kustomization", path.display()));
                }
                _ => {}
            }
        }
    }

    fn remark(&mut self, file: &Path, message: String) {
        self.remarks.push(Remark { file: relative(&self.directory, file), message });
    }

    /// The directories that kustomizations name.
    fn named(&self) -> BTreeSet<PathBuf> {
        let all = self.kustomizations.values().flat_map(Kustomization::directories);
        all.map(|(_, directory)| directory.to_owned()).collect()
    }

    /// Its directory, as an absolute path.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The kustomizations that are built by themselves, sorted by directory.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// What could not be read or is not there, sorted by file.
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Whether a directory, given from that of the repository, has no kustomization.
    pub fn lacks_kustomization(&self, directory: &Path) -> bool {
        self.is_known(directory) && kustomization::file_in(&self.directory.join(directory)).is_none()
    }

    /// Whether a directory, given from that of the repository, is none of the roots. Those that [`Repository::exclude`] left out
    /// are roots too.
    pub fn lacks_root(&self, directory: &Path) -> bool {
        let is_root = || self.roots.iter().any(|root| root.directory == directory);
        self.is_known(directory) && !self.excluded.contains(directory) && !is_root()
    }

    /// The files that builds read, as absolute paths: kustomizations, and what they name.
    pub fn files(&self) -> BTreeSet<&Path> {
        let kustomizations = self.kustomizations.values();
        kustomizations.flat_map(|one| one.files().map(|(_, file)| file).chain([one.file.as_path()])).collect()
    }

    /// Whether a directory is not in one that could not be looked into.
    fn is_known(&self, directory: &Path) -> bool {
        !self.remarks.iter().any(|remark| directory.starts_with(&remark.file))
    }

    /// Leaves out the roots whose directory, or one around it, a pattern names: `overlay/*/openshift`. In a pattern `*` is any
    /// text within a part of a path, and `**` any parts. Gives the directories of the roots that are out, sorted.
    ///
    /// # Errors
    /// A text that is no pattern.
    pub fn exclude(&mut self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
        let pattern = Pattern::new(pattern).map_err(|error| format!("`{pattern}` is no pattern of paths: {error}"))?;
        let is_out = |root: &Root| {
            let mut names = root.directory.ancestors().filter(|path| !path.as_os_str().is_empty()).map(text);
            names.any(|name| pattern.matches_with(&name, deployers::OPTIONS))
        };
        let (out, roots): (Vec<_>, Vec<_>) = std::mem::take(&mut self.roots).into_iter().partition(is_out);
        self.roots = roots;
        let out: Vec<_> = out.into_iter().map(|root| root.directory).collect();
        self.excluded.extend(out.iter().cloned());
        Ok(out)
    }

    /// Makes roots of directories too, given from that of the repository, as far as each has a kustomization that is built.
    pub fn add_roots(&mut self, directories: impl IntoIterator<Item = PathBuf>) {
        for directory in directories {
            let is_built = self.kustomization(&directory).is_some_and(|kustomization| !kustomization.is_component);
            if is_built && !self.roots.iter().any(|root| root.directory == directory) {
                self.roots.push(Root { directory, applications: Vec::new() });
            }
        }
        self.roots.sort_by(|one, other| one.directory.cmp(&other.directory));
    }

    /// The kustomization of a directory, given from that of the repository.
    pub fn kustomization(&self, directory: &Path) -> Option<&Kustomization> {
        self.kustomizations.get(&normal(&self.directory.join(directory)))
    }

    /// The directories that other kustomizations build or apply, sorted. Directories of function configs are none.
    pub fn bases(&self) -> Vec<Base> {
        let mut bases: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
        for (directory, kustomization) in &self.kustomizations {
            let built =
                kustomization.directories().filter(|(usage, _)| matches!(usage, Use::Resource | Use::Component));
            for (_, base) in built.filter(|(_, base)| self.kustomizations.contains_key(*base)) {
                bases.entry(base).or_default().insert(directory);
            }
        }
        let functions = self.function_directories();
        let bases = bases.into_iter().filter(|(directory, _)| !functions.contains(*directory));
        let from_here = |directory: &Path| relative(&self.directory, directory);
        let base = |(directory, built_by): (&Path, BTreeSet<&Path>)| Base {
            directory: from_here(directory),
            is_component: self.kustomizations.get(directory).is_some_and(|kustomization| kustomization.is_component),
            built_by: built_by.into_iter().map(from_here).collect(),
        };
        bases.map(base).collect()
    }

    /// The directories that hold function configs: those named as such, and what they build.
    fn function_directories(&self) -> BTreeSet<&Path> {
        let all = self.kustomizations.values().flat_map(Kustomization::directories);
        let mut open: Vec<&Path> = all.filter(|(usage, _)| *usage == Use::Function).map(|(_, path)| path).collect();
        let mut found = BTreeSet::new();
        while let Some(directory) = open.pop() {
            if found.insert(directory) {
                let kustomization = self.kustomizations.get(directory).into_iter();
                open.extend(kustomization.flat_map(Kustomization::directories).map(|(_, path)| path));
            }
        }
        found
    }

    /// Whether a directory, an absolute path, builds configs of functions and nothing else.
    fn only_configures(&self, directory: &Path) -> bool {
        let mut open = vec![directory];
        let mut known = BTreeSet::new();
        let mut has_configs = false;
        while let Some(directory) = open.pop() {
            let Some(kustomization) = self.kustomizations.get(directory) else { return false };
            if !known.insert(directory) {
                continue;
            }
            if kustomization.generates || kustomization.names.iter().any(|named| named.field == "generators") {
                return false;
            }
            for Named { usage, target, .. } in &kustomization.names {
                match (usage, target) {
                    (Use::Function | Use::Input, _) => {}
                    (Use::Resource | Use::Component, Target::Directory(inner)) => open.push(inner),
                    (Use::Resource, target) if holds_only_configs(target) => has_configs = true,
                    _ => return false,
                }
            }
        }
        has_configs
    }

    /// The kustomizations that a root comes to: its own and all that it names, its own first.
    pub fn closure(&self, root: &Root) -> Vec<&Kustomization> {
        let mut open = vec![normal(&self.directory.join(&root.directory))];
        let mut known = BTreeSet::new();
        let mut found = Vec::new();
        while let Some(directory) = open.pop() {
            if !known.insert(directory.clone()) {
                continue;
            }
            if let Some(kustomization) = self.kustomizations.get(&directory) {
                open.extend(kustomization.directories().map(|(_, path)| path.to_owned()));
                found.push(kustomization);
            }
        }
        found
    }
}
