//! Delivery of the program to a directory.

use std::io;
use std::path::Path;

use super::outcome::{Failure, Prepared};
use crate::config;
use crate::program::Program;

/// Copies the program into a directory, under its name, and lays the directory out for `KUSTOMIZE_PLUGIN_HOME`: so an
/// init container delivers it from an image that holds nothing else.
pub(super) fn install(program: &dyn Program, programs: &[&dyn Program], directory: &Path) -> Result<Prepared, Failure> {
    let failed =
        |error: io::Error| Failure::output(format!("cannot be installed into {}: {error}", directory.display()));
    let own = std::env::current_exe().map_err(failed)?;
    let target = directory.join(program.name());
    let staged = directory.join(format!(".{}.new", program.name()));
    std::fs::create_dir_all(directory).map_err(failed)?;
    copy_new(&own, &staged).and_then(|()| std::fs::rename(&staged, &target)).map_err(|error| {
        let _ = std::fs::remove_file(&staged);
        failed(error)
    })?;
    let mut installed = format!("{}\n", target.display());
    for called in programs {
        if called.name() != program.name() {
            link(Path::new(program.name()), &directory.join(called.name())).map_err(failed)?;
        }
        let folder = directory.join(config::API_VERSION).join(called.kind().to_lowercase());
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let plugin = folder.join(called.kind());
        link(&Path::new("../../..").join(program.name()), &plugin).map_err(failed)?;
        // A folder that is a link elsewhere would leave the plugin without its program.
        std::fs::metadata(&plugin).map_err(failed)?;
        installed.push_str(&format!("{}\n", plugin.display()));
    }
    Ok(Prepared::answer(installed))
}

/// Copies a file to a place where there is none afterwards but this one: what was there goes first, and a link that
/// appears meanwhile is not followed.
fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    remove_if_there(to)?;
    let mut source = std::fs::File::open(from)?;
    let mut copy = std::fs::OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.set_permissions(source.metadata()?.permissions())
}

/// Makes a symbolic link, in the place of an older one.
fn link(target: &Path, at: &Path) -> io::Result<()> {
    remove_if_there(at)?;
    std::os::unix::fs::symlink(target, at)
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes files into a directory.
pub(super) fn write_files(files: &[(String, String)], directory: &Path) -> Result<Prepared, Failure> {
    let failed = |error: io::Error| Failure::output(format!("{} cannot be written: {error}", directory.display()));
    std::fs::create_dir_all(directory).map_err(failed)?;
    let mut written = String::new();
    for (name, text) in files {
        let file = directory.join(name);
        std::fs::write(&file, text).map_err(failed)?;
        written.push_str(&format!("{}\n", file.display()));
    }
    Ok(Prepared::answer(written))
}
