//! Paths from one directory to another.

use std::path::{Component, Path, PathBuf};

/// `to`, as seen from the directory `from`; both are absolute, or from one place.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let from: Vec<_> = from.components().filter(|part| *part != Component::CurDir).collect();
    let to: Vec<_> = to.components().filter(|part| *part != Component::CurDir).collect();
    let shared = from.iter().zip(&to).take_while(|(left, right)| left == right).count();
    let up = std::iter::repeat_n(Component::ParentDir, from.len() - shared);
    up.chain(to[shared..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_from_one_to_the_other() {
        for (from, to, expected) in [
            ("/r", "/r/a/b.yaml", "a/b.yaml"),
            ("/r/o/p/t", "/r/t", "../../../t"),
            ("", "transformers", "transformers"),
            ("./a", "t", "../t"),
            ("a/b", "a/c", "../c"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(expected), "{from} {to}");
        }
    }
}
