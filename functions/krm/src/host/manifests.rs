//! Manifests that a person names: files, directories and patterns.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use super::outcome::Failure;
use crate::finding::Finding;
use crate::rule::CommonRule;

/// How many of the files that are skipped a finding names.
const NAMED: usize = 5;

/// As shells have it: `*` is no slash, and finds no hidden file.
const LIKE_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Files to work on, in the order in which they are named, and sorted within a directory or a pattern.
#[derive(Default)]
pub(super) struct Files {
    /// The files; `-` is standard input.
    pub(super) files: Vec<PathBuf>,
    /// What directories and patterns hold besides.
    pub(super) skipped: Vec<Finding>,
    known: HashSet<PathBuf>,
}

impl Files {
    /// Finds the files. Where one is not there, `words` are what else may have been meant.
    ///
    /// # Errors
    /// A file that is not there, and a directory or a pattern without manifests.
    pub(super) fn find(named: &[PathBuf], words: &dyn Fn() -> Vec<String>) -> Result<Self, Failure> {
        let mut files = Self::default();
        for path in named {
            if path == Path::new("-") || path.is_file() {
                files.known.insert(path.clone());
                files.files.push(path.clone());
            } else if path.is_dir() {
                files.expand(path, std::iter::once(path.clone()))?;
            } else if let Some(pattern) = pattern(path) {
                let found = glob::glob_with(pattern, LIKE_A_SHELL)
                    .map_err(|error| Failure::input(format!("{pattern} is no pattern for files: {error}")))?;
                files.expand(path, found.filter_map(Result::ok))?;
            } else if let Err(error) = path.metadata() {
                let meant = suggestion(path, words);
                return Err(Failure::input(format!("{} cannot be read: {error}{meant}", path.display())));
            } else {
                // A pipe of a shell: `<(...)`.
                files.files.push(path.clone());
            }
        }
        Ok(files)
    }

    /// Adds the manifests at and below the paths that `named` means.
    fn expand(&mut self, named: &Path, paths: impl Iterator<Item = PathBuf>) -> Result<(), Failure> {
        let mut found = Found::default();
        for path in paths {
            if path.is_dir() { found.walk(&path) } else { found.take(path) }?;
        }
        if found.manifests.is_empty() {
            let message = format!("{} holds no manifest: no file that ends in .yaml, .yml or .json", named.display());
            return Err(Failure::input(message));
        }
        self.skipped.extend(found.skipped(named));
        self.files.extend(found.manifests.into_iter().filter(|file| self.known.insert(file.clone())));
        Ok(())
    }
}

/// What is in directories.
#[derive(Default)]
struct Found {
    manifests: Vec<PathBuf>,
    others: Vec<String>,
}

impl Found {
    fn walk(&mut self, directory: &Path) -> Result<(), Failure> {
        let failed = |error| Failure::input(format!("{} cannot be read: {error}", directory.display()));
        let mut paths = Vec::new();
        for entry in directory.read_dir().map_err(failed)? {
            paths.push(entry.map_err(failed)?.path());
        }
        paths.sort();
        paths.into_iter().try_for_each(|path| self.take(path))
    }

    fn take(&mut self, path: PathBuf) -> Result<(), Failure> {
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden {
            self.others.push(format!("{} (hidden)", path.display()));
        } else if !path.is_dir() && is_manifest(&path) {
            self.manifests.push(path);
        } else if !path.is_dir() {
            self.others.push(path.display().to_string());
        } else if path.is_symlink() {
            self.others.push(format!("{} (a link to a directory)", path.display()));
        } else if path.join("Chart.yaml").is_file() {
            self.others.push(format!("{} (a Helm chart)", path.display()));
        } else {
            return self.walk(&path);
        }
        Ok(())
    }

    fn skipped(&self, named: &Path) -> Option<Finding> {
        let (shown, rest) = self.others.split_at(self.others.len().min(NAMED));
        let rest = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        let message =
            format!("of {}, these are skipped: {}{rest}; name a file to work on it", named.display(), shown.join(", "));
        (!shown.is_empty()).then(|| Finding::new(CommonRule::SkippedFiles, message))
    }
}

/// Whether a file in a directory is read. A kustomization says how to build, and is no object.
fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let is_kustomization = path.file_stem().is_some_and(|stem| stem == "kustomization");
    !is_kustomization && extension.is_some_and(|extension| matches!(extension.as_str(), "yaml" | "yml" | "json"))
}

/// A pattern for files, for shells that leave it as it is.
fn pattern(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| text.contains(['*', '?', '[']))
}

/// What may have been meant by a path at which there is nothing: a file beside it, or one of the words.
fn suggestion(path: &Path, words: &dyn Fn() -> Vec<String>) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let beside = directory.unwrap_or(Path::new(".")).read_dir().into_iter().flatten().filter_map(Result::ok);
    let beside = beside.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let words = if directory.is_none() { words() } else { Vec::new() };
    let near = beside.chain(words).map(|candidate| (strsim::osa_distance(&name, &candidate), candidate));
    match near.filter(|(distance, _)| *distance <= 1 + name.len() / 5).min() {
        Some((_, meant)) => {
            let meant = directory.map_or_else(|| PathBuf::from(&meant), |directory| directory.join(&meant));
            format!("; did you mean `{}`?", meant.display())
        }
        None => String::new(),
    }
}
