//! The rendered manifests of many roots: a file each.

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use similar::TextDiff;
use tempfile::TempDir;

use crate::record::Record;
use crate::root::Root;
use crate::scratch::scratch;

/// What the name of a root's file ends with.
const ENDING: &str = ".yaml";

/// The file of a root that is the directory of the repository itself. No other root has one that ends so.
const TOP: &str = "top.yml";

/// Rendered manifests in a directory.
#[derive(Debug)]
pub struct Rendering {
    directory: PathBuf,
    files: BTreeSet<String>,
    /// The directory, if it is there for this run alone.
    _own: Option<TempDir>,
}

impl Rendering {
    /// One without files, in a temporary directory.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn new() -> Result<Self, String> {
        let own = scratch("rendering")?;
        let rendering = Self { directory: own.path().to_owned(), files: BTreeSet::new(), _own: Some(own) };
        Ok(rendering)
    }

    /// The one that `fill` brings into a temporary directory.
    ///
    /// # Errors
    /// What `fill` fails with, and a directory that cannot be made.
    pub fn made_in(fill: impl FnOnce(&Path) -> Result<(), String>) -> Result<Self, String> {
        let empty = Self::new()?;
        fill(&empty.directory)?;
        let files = Record::in_directory(&empty.directory).files;
        Ok(Self { files, ..empty })
    }

    /// The file of a root: `overlay/production/web.yaml`. No two roots have the same.
    ///
    /// # Errors
    /// A root outside the directory of the repository, or whose path cannot be written in a list.
    pub fn file_of(root: &Root) -> Result<String, String> {
        let directory = root.directory.to_str().filter(|path| !path.contains(char::is_control));
        let directory = directory.ok_or_else(|| format!("{} has a name that is no text", root.directory.display()))?;
        match root.directory.components().next() {
            Some(Component::CurDir) | None => Ok(TOP.to_owned()),
            Some(Component::Normal(_)) if !directory.starts_with('#') => Ok(format!("{directory}{ENDING}")),
            _ => Err(format!("{directory} is not below this directory; call it in a directory above")),
        }
    }

    /// The directory of the root that a file is of.
    pub fn directory_of(file: &str) -> &Path {
        Path::new(if file == TOP { "." } else { file.strip_suffix(ENDING).unwrap_or(file) })
    }

    /// Adds the manifests of a root.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, root: &Root, manifests: &str) -> Result<(), String> {
        let file = Self::file_of(root)?;
        self.write(&file, manifests).map_err(|error| format!("{file} cannot be written: {error}"))?;
        self.files.insert(file);
        Ok(())
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().unwrap_or(&self.directory))?;
        std::fs::write(path, text)
    }

    pub(crate) fn files(&self) -> &BTreeSet<String> {
        &self.files
    }

    /// Where a file of it is.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.directory.join(file)
    }

    fn text(&self, file: &str) -> String {
        if !self.files.contains(file) {
            return String::new();
        }
        std::fs::read_to_string(self.path(file)).unwrap_or_default()
    }

    /// Tells the unified diff of each file that differs in a later rendering, by name; what `keep` does not take is as it was.
    /// Returns whether anything differs.
    ///
    /// # Errors
    /// What `tell` fails with.
    pub fn compare<E>(
        &self,
        later: &Self,
        keep: impl Fn(&str) -> bool,
        mut tell: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut differs = false;
        let names: BTreeSet<&String> = self.files.union(&later.files).filter(|file| keep(file)).collect();
        for file in names {
            let (before, after) = (self.text(file), later.text(file));
            if before != after {
                differs = true;
                tell(&difference(file, &before, &after))?;
            }
        }
        Ok(differs)
    }
}

/// The unified diff of a file.
fn difference(file: &str, before: &str, after: &str) -> String {
    let (from, to) = (format!("before/{file}"), format!("after/{file}"));
    let diff = TextDiff::from_lines(before, after);
    let from = if before.is_empty() { "/dev/null" } else { &from };
    let to = if after.is_empty() { "/dev/null" } else { &to };
    diff.unified_diff().context_radius(3).header(from, to).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(directory: &str) -> Root {
        Root { directory: directory.into(), applications: Vec::new() }
    }

    fn rendering(files: &[(&str, &str)]) -> Rendering {
        let mut rendering = Rendering::new().expect("a temporary directory can be made");
        for (directory, text) in files {
            rendering.add(&root(directory), text).expect("it can be written");
        }
        rendering
    }

    #[test]
    fn a_root_has_a_file_of_its_own() {
        for (directory, file) in [
            (".", Ok("top.yml")),
            ("top", Ok("top.yaml")),
            ("a/b", Ok("a/b.yaml")),
            ("../a", Err(())),
            ("a\nb", Err(())),
        ] {
            let found = Rendering::file_of(&root(directory)).map_err(drop);
            assert_eq!(found, file.map(str::to_owned), "{directory}");
            if let Ok(file) = file {
                assert_eq!(Rendering::directory_of(file), Path::new(directory));
            }
        }
    }

    #[test]
    fn what_differs_is_told_by_file() {
        let before = rendering(&[("a", "1\n"), ("b", "1\n"), ("d", "1\n")]);
        let after = rendering(&[("b", "1\n"), ("c", "1\n"), ("d", "2\n")]);
        let mut told = String::new();
        let differs = before.compare(
            &after,
            |file| file != "d.yaml",
            |diff| {
                told.push_str(diff);
                Ok::<(), ()>(())
            },
        );
        assert_eq!(differs, Ok(true));
        let expected =
            "--- before/a.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n--- /dev/null\n+++ after/c.yaml\n@@ -0,0 +1 @@\n+1\n";
        assert_eq!(told, expected);
    }
}
