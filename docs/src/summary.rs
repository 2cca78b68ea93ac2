//! `SUMMARY.md`: which documents of the repository are pages of the site, and where.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::markdown;

/// Where the pages are that are written for the site, from the root of the repository.
pub const PAGES: &str = "docs/pages";

/// The places in the site of the documents of the repository that are pages.
#[derive(Debug)]
pub struct Pages(BTreeMap<PathBuf, PathBuf>);

impl Pages {
    /// The pages that this summary names.
    pub fn of(summary: &str) -> Self {
        let sources = markdown::links(summary).into_iter().map(|link| joined(Path::new(PAGES), &link.target));
        Self(sources.map(|source| (source.clone(), place(&source))).collect())
    }

    /// The place of a document in the site.
    pub fn place(&self, source: &Path) -> Option<&Path> {
        self.0.get(source).map(PathBuf::as_path)
    }

    /// The documents with their places, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.0.iter().map(|(source, place)| (source.as_path(), place.as_path()))
    }
}

/// `functions/NAME/README.md` is `functions/NAME.md`, `CHANGELOG.md` is `changelog.md`, and what is written for the site keeps
/// its place.
fn place(source: &Path) -> PathBuf {
    if let Ok(page) = source.strip_prefix(PAGES) {
        return page.to_owned();
    }
    if source.file_name().is_some_and(|name| name == "README.md") && source.parent() != Some(Path::new("")) {
        return source.parent().unwrap_or(source).with_extension("md");
    }
    source.to_string_lossy().to_lowercase().into()
}

/// The path from the root of the repository that a path means in a document of this directory.
pub fn joined(directory: &Path, path: &str) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in directory.join(path).components() {
        match part {
            Component::ParentDir => _ = joined.pop(),
            Component::CurDir => {}
            other => joined.push(other),
        }
    }
    joined
}

/// The path that leads from a page to another.
pub fn relative(from: &Path, to: &Path) -> String {
    let depth = from.components().count().saturating_sub(1);
    format!("{}{}", "../".repeat(depth), to.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_places() {
        for (source, expected) in [
            ("docs/pages/hosts/kpt.md", "hosts/kpt.md"),
            ("functions/route-to-ingress/README.md", "functions/route-to-ingress.md"),
            ("TROUBLESHOOTING.md", "troubleshooting.md"),
            ("README.md", "readme.md"),
        ] {
            assert_eq!(place(Path::new(source)), Path::new(expected));
        }
    }

    #[test]
    fn paths_are_joined_and_made_relative() {
        assert_eq!(joined(Path::new("docs/pages/hosts"), "../../../examples/ci"), Path::new("examples/ci"));
        assert_eq!(relative(Path::new("hosts/kpt.md"), Path::new("functions/a.md")), "../functions/a.md");
        assert_eq!(relative(Path::new("index.md"), Path::new("hosts/kpt.md")), "hosts/kpt.md");
    }
}
