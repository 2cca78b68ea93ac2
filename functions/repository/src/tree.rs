//! The files of a repository.

use std::path::{Path, PathBuf};

use crate::kustomization::FILE_NAMES;
use crate::record::MARK;

/// Directories that hold no sources: of git, of builds, and charts that helm has fetched.
const SKIPPED: [&str; 4] = [".git", "target", "node_modules", "charts"];
/// How deep directories are looked into.
const DEPTH: usize = 64;
/// How many files and directories are looked at.
const ENTRIES: usize = 1_000_000;

/// Something that a person should know of a repository: a file, and what is the matter with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// The file or directory, from the directory of the repository.
    pub file: PathBuf,
    /// What is the matter, and what to do about it.
    pub message: String,
}

/// The files below some directories, sorted. Links are not followed.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The files of kustomizations.
    pub(crate) kustomizations: Vec<PathBuf>,
    /// The other files of YAML or JSON.
    pub(crate) manifests: Vec<PathBuf>,
    /// The directories that do not begin with a dot.
    pub(crate) directories: Vec<PathBuf>,
    /// What could not be looked at; paths are absolute.
    pub(crate) remarks: Vec<Remark>,
    entries: usize,
}

impl Tree {
    /// Looks at all files below a directory, which is an absolute path.
    pub(crate) fn add(&mut self, directory: &Path) {
        self.visit(directory, 0);
    }

    fn visit(&mut self, directory: &Path, depth: usize) {
        if depth > DEPTH || self.entries > ENTRIES {
            self.remark(
                directory,
                "is not looked into: the repository is too deep or has too many files; name its parts",
            );
            return;
        }
        // What was rendered names what was deployed once.
        if directory.join(MARK).is_file() {
            return;
        }
        self.directories.push(directory.to_owned());
        let mut entries = match directory.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => return self.remark(directory, &format!("cannot be read: {error}")),
        };
        self.entries += entries.len();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) => {
                    self.visit(&path, depth + 1);
                }
                Ok(kind) if kind.is_file() => self.file(path),
                Ok(kind) if kind.is_symlink() => self.link(&path),
                _ => {}
            }
        }
    }

    fn file(&mut self, path: PathBuf) {
        let name = path.file_name().unwrap_or_default();
        if FILE_NAMES.iter().any(|known| name == *known) {
            self.kustomizations.push(path);
        } else if path
            .extension()
            .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
        {
            self.manifests.push(path);
        }
    }

    /// A link may lead out of the repository, or in a circle.
    fn link(&mut self, path: &Path) {
        if crate::kustomization::file_in(path).is_some() {
            self.remark(path, "is a link to a kustomization, and links are not followed; name it to have it built");
        }
    }

    fn remark(&mut self, file: &Path, message: &str) {
        self.remarks.push(Remark { file: file.to_owned(), message: message.to_owned() });
    }
}
