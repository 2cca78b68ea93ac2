//! What `replatform hydrate` wrote into a place, as the file `.hydrated` there says.

use std::collections::BTreeSet;
use std::path::{Component, Path};

/// The file that holds the record. It tells a directory of ours from any other.
pub(crate) const MARK: &str = ".hydrated";

const HEADER: &str = "\
# What `replatform hydrate` wrote here, a file for each application. It replaces and removes these files, and no others.
";

/// What comes before the directory that the applications were looked for in.
const STARTS: &str = "# Paths start at: ";

/// What an earlier rendering left in a place: a file for each application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The directory of the git repository at which the paths of the applications start, `.` for its top; none if that is
    /// not known.
    pub(crate) start: Option<String>,
    /// The files, from the directory that holds the record.
    pub(crate) files: BTreeSet<String>,
}

impl Record {
    /// The record in a directory, of the files that are still there; an empty one if there is none.
    pub fn in_directory(directory: &Path) -> Self {
        let mut record = Self::parse(&std::fs::read_to_string(directory.join(MARK)).unwrap_or_default());
        record.files.retain(|file| directory.join(file).is_file());
        record
    }

    /// The files, from the directory that holds the record.
    pub fn files(&self) -> &BTreeSet<String> {
        &self.files
    }

    pub(crate) fn parse(text: &str) -> Self {
        let is_below = |line: &str| Path::new(line).components().all(|part| matches!(part, Component::Normal(_)));
        let is_file = |line: &&str| !line.starts_with('#') && !line.is_empty() && is_below(line);
        Self {
            start: text.lines().find_map(|line| line.strip_prefix(STARTS)).map(str::to_owned),
            files: text.lines().filter(is_file).map(str::to_owned).collect(),
        }
    }

    pub(crate) fn text(&self) -> String {
        let start = self.start.iter().map(|start| format!("{STARTS}{start}\n"));
        let files = self.files.iter().map(|file| format!("{file}\n"));
        [HEADER.to_owned()].into_iter().chain(start).chain(files).collect()
    }

    /// Whether a file is of a rendering, the record itself included.
    pub(crate) fn has(&self, file: &str) -> bool {
        file == MARK || self.files.contains(file)
    }
}

/// The first of some files that cannot be beside new ones: one of the same path, or one that is a directory for the other.
pub(crate) fn in_the_way<'o>(new: &BTreeSet<String>, others: impl IntoIterator<Item = &'o str>) -> Option<&'o str> {
    let is_in_the_way = |other: &&str| {
        let above = Path::new(other).ancestors().filter_map(Path::to_str).any(|path| new.contains(path));
        let folder = format!("{other}/");
        above || new.range(folder.clone()..).next().is_some_and(|file| file.starts_with(&folder))
    };
    others.into_iter().find(is_in_the_way)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(files: &[&str]) -> BTreeSet<String> {
        files.iter().map(|file| (*file).to_owned()).collect()
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for start in [None, Some("."), Some("a b/c")] {
            let record = Record { start: start.map(str::to_owned), files: set(&["a.yaml", "b/c.yaml"]) };
            assert_eq!(Record::parse(&record.text()), record);
        }
        for text in ["", "../a.yaml\n/b.yaml\na/../../c.yaml\n"] {
            assert_eq!(Record::parse(text), Record::default());
        }
    }

    #[test]
    fn a_file_is_in_the_way_of_its_own_path_and_of_what_is_below_it() {
        let new = set(&["a/b.yaml", "c.yaml"]);
        for (other, expected) in [
            ("a/b.yaml", true),
            ("a", true),
            ("c.yaml/d.yaml", true),
            ("a/b.yam", false),
            ("a/b", false),
            ("README.md", false),
            ("c.yaml.orig", false),
        ] {
            assert_eq!(in_the_way(&new, [other]).is_some(), expected, "{other}");
        }
    }
}
