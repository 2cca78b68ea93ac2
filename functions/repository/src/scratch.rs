//! Temporary directories.

use tempfile::TempDir;

/// A temporary directory, which is gone with the value. Its name tells what it is for: `replatform-build-...`.
///
/// # Errors
/// It cannot be made.
pub fn scratch(purpose: &str) -> Result<TempDir, String> {
    TempDir::with_prefix(format!("replatform-{purpose}-"))
        .map_err(|error| format!("no temporary directory can be made: {error}; set TMPDIR to a directory"))
}

/// A temporary directory with these files in it, each a path and a text.
#[cfg(test)]
pub(crate) fn holding(files: &[(&str, &str)]) -> TempDir {
    let directory = scratch("test").expect("a temporary directory can be made");
    for (file, text) in files {
        let path = directory.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    }
    directory
}
