//! What a rendering does to a place in which there may be an earlier one: it replaces the files of the applications that it
//! rendered, keeps those of others, and removes those of applications that are gone.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use crate::record::{MARK, Record, in_the_way};
use crate::rendering::Rendering;

/// What a rendering does to a place.
#[derive(Debug)]
pub struct Update<'u> {
    pub(crate) rendering: &'u Rendering,
    /// What is in the place afterwards.
    pub(crate) record: Record,
    /// The files of applications that were not rendered, which stay.
    kept: BTreeSet<String>,
    /// The files of applications that are gone.
    removed: BTreeSet<String>,
}

impl<'u> Update<'u> {
    /// What a rendering does to a place with this record. `start` is the directory of the git repository in which it was made,
    /// if there is one. Files of applications that it does not have stay, unless their application `is_gone`.
    ///
    /// # Errors
    /// The place has applications of another directory, or a file of another application is in the way.
    pub fn new(
        rendering: &'u Rendering,
        there: Record,
        start: Option<&str>,
        is_gone: impl Fn(&Path) -> bool,
    ) -> Result<Self, String> {
        if let (Some(other), Some(start)) = (&there.start, start)
            && other != start
        {
            return Err(format!(
                "what was rendered there comes from the directory `{other}` of the repository, not from `{start}`; call it in \
                 `{other}`, or name another place"
            ));
        }
        let others = there.files.difference(rendering.files()).cloned();
        let (removed, kept): (BTreeSet<_>, BTreeSet<_>) =
            others.partition(|file| is_gone(Rendering::directory_of(file)));
        if let Some(file) = in_the_way(rendering.files(), kept.iter().map(String::as_str)) {
            return Err(format!("{file} of another application is in the way; rename the directory of one"));
        }
        let files = rendering.files().union(&kept).cloned().collect();
        let record = Record { start: start.map(str::to_owned).or(there.start), files };
        Ok(Self { rendering, record, kept, removed })
    }

    /// The files of applications that were not rendered, sorted. They stay as they are.
    pub fn kept(&self) -> &BTreeSet<String> {
        &self.kept
    }

    /// The files of applications that are gone, sorted. They are removed.
    pub fn removed(&self) -> &BTreeSet<String> {
        &self.removed
    }

    /// Whether a directory can take a rendering: it is new, or has a rendering and no file beside it.
    ///
    /// # Errors
    /// Another file, which would be lost.
    pub fn check_place(directory: &Path) -> Result<(), String> {
        let there = Record::in_directory(directory);
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

    /// Brings a directory up to date, at once.
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
        let rendered = self.rendering.files().iter().map(|file| (file, self.rendering.path(file)));
        let kept = self.kept.iter().map(|file| (file, directory.join(file)));
        for (file, from) in rendered.chain(kept) {
            let path = new.join(file);
            std::fs::create_dir_all(path.parent().unwrap_or(&new))?;
            std::fs::copy(from, path)?;
        }
        std::fs::write(new.join(MARK), self.record.text())?;
        if directory.exists() {
            std::fs::rename(directory, &old)?;
        }
        std::fs::rename(&new, directory).inspect_err(|_| drop(std::fs::rename(&old, directory)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::root::Root;

    const APPLICATIONS: [&str; 5] = [".", "a", "a/b", "a/c", "top"];

    fn rendering<'d>(directories: impl IntoIterator<Item = &'d str>, text: &str) -> Rendering {
        let mut rendering = Rendering::new().expect("a temporary directory can be made");
        for directory in directories {
            let root = Root { directory: directory.into(), applications: Vec::new() };
            rendering.add(&root, &format!("{text} of {directory}\n")).expect("it can be written");
        }
        rendering
    }

    /// Brings a directory up to date as a run does. Without `gone` nothing is removed.
    fn render(directories: &[&str], text: &str, gone: &[&str], place: &Path) -> Result<(), String> {
        let rendering = rendering(directories.iter().copied(), text);
        let is_gone = |directory: &Path| gone.iter().any(|gone| directory == Path::new(gone));
        Update::new(&rendering, Record::in_directory(place), Some("."), is_gone)?.write_to(place)
    }

    /// The files below a directory, with their texts.
    fn tree(directory: &Path) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut open = vec![directory.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in folder.read_dir().expect("it can be read") {
                let path = entry.expect("it can be read").path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(directory).expect("it is below").display().to_string();
                    found.insert(name, std::fs::read_to_string(path).expect("it is text"));
                }
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn renderings_of_parts_in_any_order_give_what_one_of_all_gives(
            parts in prop::collection::vec(prop::sample::subsequence(APPLICATIONS.to_vec(), 0..=5), 1..6),
        ) {
            let scratch = tempfile::tempdir().expect("a temporary directory can be made");
            let (parted, whole) = (scratch.path().join("parted"), scratch.path().join("whole"));
            for part in &parts {
                prop_assert_eq!(render(part, "text", &[], &parted), Ok(()));
            }
            let all: BTreeSet<&str> = parts.iter().flatten().copied().collect();
            let all: Vec<&str> = all.into_iter().collect();
            prop_assert_eq!(render(&all, "text", &[], &whole), Ok(()));
            prop_assert_eq!(tree(&parted), tree(&whole));
            // A second run changes nothing.
            prop_assert_eq!(render(&all, "text", &[], &parted), Ok(()));
            prop_assert_eq!(tree(&parted), tree(&whole));
        }
    }

    #[test]
    fn what_is_rendered_is_replaced_and_what_is_gone_is_removed() {
        let scratch = tempfile::tempdir().expect("a temporary directory can be made");
        let place = scratch.path().join("x/hydrated");
        assert_eq!(render(&["a/b", "c", "d"], "one", &[], &place), Ok(()));
        assert_eq!(render(&["a/b"], "two", &["c"], &place), Ok(()));
        let found = tree(&place);
        assert_eq!(found.keys().collect::<Vec<_>>(), [".hydrated", "a/b.yaml", "d.yaml"]);
        assert_eq!((found["a/b.yaml"].as_str(), found["d.yaml"].as_str()), ("two of a/b\n", "one of d\n"));
        assert_eq!(
            std::fs::read_dir(scratch.path().join("x")).map(Iterator::count).ok(),
            Some(1),
            "nothing is left over"
        );
    }

    #[test]
    fn nothing_of_others_is_lost() {
        let scratch = tempfile::tempdir().expect("a temporary directory can be made");
        let place = scratch.path().join("hydrated");
        assert_eq!(render(&["a.yaml/b"], "one", &[], &place), Ok(()));
        let before = tree(&place);
        let refused = render(&["a"], "two", &[], &place);
        assert!(refused.is_err_and(|reason| reason.contains("a.yaml/b.yaml of another application is in the way")));
        std::fs::write(place.join("mine"), "").expect("it can be written");
        let refused = render(&["c"], "two", &[], &place);
        assert!(refused.is_err_and(|reason| reason.contains("holds mine, which no rendering wrote")));
        std::fs::remove_file(place.join("mine")).expect("it can be removed");
        let rendering = rendering(["b"], "two");
        let refused = Update::new(&rendering, Record::in_directory(&place), Some("overlay"), |_| true);
        assert!(refused.is_err_and(|reason| reason.contains("from the directory `.` of the repository")));
        assert_eq!(tree(&place), before);
    }
}
