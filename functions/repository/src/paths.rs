//! Paths as people write them.

use std::path::{Component, Path, PathBuf};

/// The absolute path of what a person names, without links in it.
///
/// # Errors
/// There is nothing.
pub fn existing(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|error| format!("{} cannot be read: {error}; name a directory", path.display()))
}

/// A path without `.` and `..`, by its text alone. A `..` that leads above the start stays.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            Component::ParentDir if normal.has_root() => {}
            other => normal.push(other),
        }
    }
    normal
}

/// The way from a directory to a file or directory, both absolute: `../base/web`. A directory itself is `.`.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let relative: PathBuf = up.chain(to.components().skip(shared)).collect();
    if relative.as_os_str().is_empty() { PathBuf::from(".") } else { relative }
}

/// A path with `/` between its parts, as patterns and messages have it.
pub(crate) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_walked() {
        for (path, expected) in [
            ("a/./b/../c", "a/c"),
            ("../a/../../b", "../../b"),
            ("/a/../../b", "/b"),
            ("./apps/web/", "apps/web"),
            (".", ""),
        ] {
            assert_eq!(normal(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn a_way_leads_up_and_down() {
        for (from, to, expected) in
            [("/r", "/r/a/b", "a/b"), ("/r/a", "/r/b", "../b"), ("/r", "/r", "."), ("/r/a/b", "/r", "../..")]
        {
            let way = relative(Path::new(from), Path::new(to));
            assert_eq!(way, Path::new(expected), "{from} {to}");
            assert_eq!(normal(&Path::new(from).join(way)), normal(Path::new(to)));
        }
    }
}
