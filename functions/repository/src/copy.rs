//! A copy of a repository, for builds that write into it: helm puts the charts that it fetches beside the kustomization.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Directories that no build reads.
const SKIPPED: [&str; 3] = [".git", "target", "node_modules"];

/// A copy of the repository around a directory.
#[derive(Debug)]
pub(crate) struct Copy {
    /// The top of the work tree that was copied, or the directory if there is no work tree.
    original: PathBuf,
    /// The copy of it.
    copy: PathBuf,
}

impl Copy {
    /// Copies the work tree around the directory of a repository to a place where nothing is yet.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub(crate) fn around(directory: &Path, to: &Path) -> Result<Self, String> {
        let top = directory.ancestors().find(|directory| directory.join(".git").exists());
        // A directory that the copy would leave out, such as one for tests below `target`, is no part of that work tree.
        let is_whole = |top: &&Path| {
            let below = directory.strip_prefix(top).unwrap_or(directory);
            !below.iter().any(|part| SKIPPED.iter().any(|skipped| part == *skipped))
        };
        let original = top.filter(is_whole).unwrap_or(directory);
        copy(original, to)
            .map_err(|error| format!("the repository cannot be copied for a build with charts: {error}"))?;
        Ok(Self { original: original.to_owned(), copy: to.to_owned() })
    }

    /// What a directory of the repository is in the copy.
    pub(crate) fn of(&self, directory: &Path) -> PathBuf {
        directory.strip_prefix(&self.original).map_or_else(|_| directory.to_owned(), |below| self.copy.join(below))
    }

    /// A text in which the copy has the path of the original.
    pub(crate) fn told(&self, text: &str) -> String {
        text.replace(&*self.copy.to_string_lossy(), &self.original.to_string_lossy())
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir(to)?;
    for entry in from.read_dir()? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_symlink() {
            symlink(std::fs::read_link(entry.path())?, target)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target)?;
        } else if kind.is_dir() && !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}
