//! Writes the corpus into a directory, one object a file, for other scanners: `corpus DIRECTORY`.

#[path = "../tests/common/corpus.rs"]
mod corpus;

use std::path::{Path, PathBuf};

use corpus::Case;

fn main() -> std::io::Result<()> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from).unwrap_or_default();
    write(&directory.join("leaks"), &corpus::leaks())?;
    write(&directory.join("decoys"), &corpus::decoys())
}

fn write(directory: &Path, cases: &[Case]) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for (index, case) in cases.iter().enumerate() {
        std::fs::write(directory.join(format!("{index:04}.yaml")), &case.manifest)?;
    }
    Ok(())
}
