//! The rendered manifests of many roots: a file each, and a list of them.

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use similar::TextDiff;
use tempfile::TempDir;

use crate::built::Root;

/// The file that lists what a rendering wrote. It tells a directory of ours from any other.
pub(crate) const MARK: &str = ".hydrated";

const HEADER: &str = "# What `replatform hydrate` wrote here. It replaces these files, and no others.\n";

/// The file of a root that is the directory of the repository itself.
const TOP: &str = "top.yaml";

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
        let own = TempDir::with_prefix("replatform-rendering-")
            .map_err(|error| format!("no temporary directory can be made: {error}; set TMPDIR to a directory"))?;
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
        let files = Self::in_directory(&empty.directory).files;
        Ok(Self { files, ..empty })
    }

    /// The one that is in a directory; without files if none was written there.
    pub fn in_directory(directory: &Path) -> Self {
        let list = std::fs::read_to_string(directory.join(MARK)).unwrap_or_default();
        Self { directory: directory.to_owned(), files: Self::listed(&list).into_iter().collect(), _own: None }
    }

    /// The files that a list names.
    pub(crate) fn listed(list: &str) -> Vec<String> {
        list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect()
    }

    /// The file of a root: `overlay/production/web.yaml`.
    ///
    /// # Errors
    /// A root outside the directory of the repository, or whose path cannot be written in a list.
    pub fn file_of(root: &Root) -> Result<String, String> {
        let directory = root.directory.to_str().filter(|path| !path.contains(char::is_control));
        let directory = directory.ok_or_else(|| format!("{} has a name that is no text", root.directory.display()))?;
        match root.directory.components().next() {
            Some(Component::CurDir) | None => Ok(TOP.to_owned()),
            Some(Component::Normal(_)) if !directory.starts_with('#') => Ok(format!("{directory}.yaml")),
            _ => Err(format!("{directory} is not below this directory; call it in a directory above")),
        }
    }

    /// Adds the manifests of a root.
    ///
    /// # Errors
    /// The file cannot be written, or is that of another root.
    pub fn add(&mut self, root: &Root, manifests: &str) -> Result<(), String> {
        let file = Self::file_of(root)?;
        self.write(&file, manifests).map_err(|error| format!("{file} cannot be written: {error}"))?;
        if self.files.insert(file.clone()) {
            return Ok(());
        }
        Err(format!("two kustomizations are rendered into {file}; rename the directory of one"))
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().unwrap_or(&self.directory))?;
        std::fs::write(path, text)
    }

    /// Writes the list of its files. Without it the rendering is not whole.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn seal(&self) -> Result<(), String> {
        let list: String = self.files.iter().map(|file| format!("{file}\n")).collect();
        self.write(MARK, &format!("{HEADER}{list}")).map_err(|error| format!("{MARK} cannot be written: {error}"))
    }

    /// Its files and their list, sorted.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        [MARK].into_iter().chain(self.files.iter().map(String::as_str))
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        file == MARK || self.files.contains(file)
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

    /// Whether it can take the place of what is in a directory: nothing, or a rendering with no file beside it.
    ///
    /// # Errors
    /// Another file, which would be lost.
    pub fn check_place(directory: &Path) -> Result<(), String> {
        let there = Self::in_directory(directory);
        let mut open = vec![directory.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in folder.read_dir().into_iter().flatten().flatten() {
                let path = entry.path();
                let file = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().into_owned();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    open.push(path);
                } else if !there.has(&file) {
                    let name = directory.display();
                    return Err(format!(
                        "{name} holds {file}, which no rendering wrote; name a new directory, or move it"
                    ));
                }
            }
        }
        if directory.is_file() {
            return Err(format!("{} is a file; name a directory", directory.display()));
        }
        Ok(())
    }

    /// Puts the files in the place of what is in a directory, at once.
    ///
    /// # Errors
    /// Another file there, or a directory that cannot be written. What was there stays.
    pub fn write_to(&self, directory: &Path) -> Result<(), String> {
        Self::check_place(directory)?;
        let directory = std::path::absolute(directory).map_err(|error| error.to_string())?;
        self.replace(&directory).map_err(|error| format!("{} cannot be written: {error}", directory.display()))
    }

    fn replace(&self, directory: &Path) -> io::Result<()> {
        let parent = directory.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent)?;
        let staged = TempDir::with_prefix_in(".hydrated-", parent)?;
        let (new, old) = (staged.path().join("new"), staged.path().join("old"));
        std::fs::create_dir(&new)?;
        for file in self.files() {
            let path = new.join(file);
            std::fs::create_dir_all(path.parent().unwrap_or(&new))?;
            std::fs::copy(self.path(file), path)?;
        }
        if directory.exists() {
            std::fs::rename(directory, &old)?;
        }
        std::fs::rename(&new, directory).inspect_err(|_| drop(std::fs::rename(&old, directory)))
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
        rendering.seal().expect("it can be written");
        rendering
    }

    #[test]
    fn a_root_has_a_file() {
        for (directory, file) in [(".", Ok("top.yaml")), ("a/b", Ok("a/b.yaml")), ("../a", Err(())), ("a\nb", Err(()))]
        {
            assert_eq!(Rendering::file_of(&root(directory)).map_err(drop), file.map(str::to_owned), "{directory}");
        }
        let mut twice = rendering(&[(".", "a")]);
        assert!(twice.add(&root("top"), "b").is_err());
    }

    #[test]
    fn a_rendering_takes_the_place_of_an_earlier_one_and_of_nothing_else() {
        let scratch = tempfile::tempdir().expect("a temporary directory can be made");
        let place = scratch.path().join("x/hydrated");
        assert_eq!(rendering(&[("a/b", "one\n"), ("c", "two\n")]).write_to(&place), Ok(()));
        assert_eq!(rendering(&[("a/b", "three\n")]).write_to(&place), Ok(()));
        assert!(!place.join("c.yaml").exists());
        assert_eq!(std::fs::read_to_string(place.join("a/b.yaml")).ok().as_deref(), Some("three\n"));
        std::fs::write(place.join("a/mine"), "").expect("it can be written");
        let refused = rendering(&[("c", "two\n")]).write_to(&place);
        assert!(refused.is_err_and(|reason| reason.contains("holds a/mine")));
        assert!(place.join("a/b.yaml").exists() && !place.join("c.yaml").exists());
        assert_eq!(
            std::fs::read_dir(scratch.path().join("x")).map(Iterator::count).ok(),
            Some(1),
            "nothing is left over"
        );
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
