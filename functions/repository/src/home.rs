//! Where kustomize finds functions: the directory of plugins, and `PATH`.
//!
//! For the manifests *before* the functions there is a directory of our own, in which every function is a program that
//! passes objects on. It knows that by the name of its file, which nothing else gives it: no variable, option or config
//! turns functions off.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use krm::config::API_VERSION;
use krm::program::Program;
use tempfile::TempDir;

use crate::programs::{is_program, on_path};

/// The variable that names the directory of plugins.
pub(crate) const PLUGIN_HOME: &str = "KUSTOMIZE_PLUGIN_HOME";

/// The name of the file of a program that is all functions.
const PROGRAM: &str = "replatform";

/// The name of the file of a program that passes objects on.
const PASSING: &str = "replatform-passes-objects-on";

/// Programs that run containers. A function in a container cannot be made to pass objects on.
const CONTAINERS: [&str; 3] = ["docker", "podman", "nerdctl"];

/// The functions, which are all in one program.
#[derive(Debug, Clone)]
pub struct Functions {
    /// The program.
    program: PathBuf,
    /// The name of each, and the kind of its config.
    names: Vec<(&'static str, &'static str)>,
}

impl Functions {
    /// The functions of the program that is in a file.
    pub fn in_program(program: PathBuf, functions: &[&dyn Program]) -> Self {
        Self { program, names: functions.iter().map(|function| (function.name(), function.kind())).collect() }
    }
}

/// Whether the program that runs is one that passes objects on, since it is in a directory for that.
pub fn passes_objects_on() -> bool {
    std::env::current_exe().is_ok_and(|program| program.file_name().is_some_and(|name| name == PASSING))
}

/// Where functions are.
#[derive(Debug)]
pub struct Home {
    plugins: PathBuf,
    /// What is put before `PATH`.
    first: Option<PathBuf>,
    /// What is put behind `PATH`.
    last: Option<PathBuf>,
    /// Programs on `PATH` that are functions.
    on_path: BTreeSet<PathBuf>,
    /// The directory, if it is there for this run alone.
    _own: Option<TempDir>,
}

impl Home {
    /// The functions of `KUSTOMIZE_PLUGIN_HOME` or, without it, of the directory of this program, if `replatform install`
    /// made that.
    ///
    /// # Errors
    /// There is neither.
    pub fn installed() -> Result<Self, String> {
        let plugins = installed()?.ok_or_else(|| {
            format!("{PLUGIN_HOME} is not set; run `replatform install DIR`, and set it to the absolute path of DIR")
        })?;
        Ok(Self { plugins, first: None, last: None, on_path: BTreeSet::new(), _own: None })
    }

    /// The functions as a person has them: those of [`Home::installed`], else those in this program; and those on `PATH`.
    ///
    /// # Errors
    /// A directory that cannot be made.
    pub fn as_wired(functions: &Functions) -> Result<Self, String> {
        let on_path = functions.names.iter().filter_map(|(name, _)| on_path(name)).collect();
        let installed = installed()?.filter(|home| home.join(API_VERSION).is_dir());
        let (plugins, own) = match installed {
            Some(plugins) => (plugins, None),
            None => {
                let own = laid_out(functions, PROGRAM)?;
                (own.path().to_owned(), Some(own))
            }
        };
        Ok(Self { first: None, last: Some(plugins.clone()), plugins, on_path, _own: own })
    }

    /// A place in which the functions pass objects on; the plugins of others work as ever.
    ///
    /// # Errors
    /// A directory that cannot be made.
    pub fn passing(functions: &Functions) -> Result<Self, String> {
        let own = laid_out(functions, PASSING)?;
        let plugins = own.path().to_owned();
        for name in CONTAINERS {
            symlink(PASSING, plugins.join(name)).map_err(|error| not_made(&error))?;
        }
        Ok(Self { first: Some(plugins.clone()), last: None, plugins, on_path: BTreeSet::new(), _own: Some(own) })
    }

    /// The programs in it, those that links lead to.
    pub(crate) fn programs(&self) -> Result<BTreeSet<PathBuf>, String> {
        let mut programs = self.on_path.clone();
        collect_programs(&self.plugins, true, &mut programs)
            .map_err(|error| format!("{PLUGIN_HOME} {} cannot be read: {error}", self.plugins.display()))?;
        Ok(programs)
    }

    /// Tells a command where functions are.
    pub(crate) fn offer_to(&self, command: &mut Command) {
        command.env(PLUGIN_HOME, &self.plugins);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let directories = self.first.iter().cloned().chain(std::env::split_paths(&path)).chain(self.last.clone());
        // A directory with a separator in its name cannot be on PATH.
        command.env("PATH", std::env::join_paths(directories).unwrap_or(path));
    }
}

/// The directory of plugins that a person has.
fn installed() -> Result<Option<PathBuf>, String> {
    if let Some(home) = std::env::var_os(PLUGIN_HOME).filter(|home| !home.is_empty()) {
        return std::path::absolute(home).map(Some).map_err(|error| format!("{PLUGIN_HOME}: {error}"));
    }
    let own = std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned));
    Ok(own.filter(|directory| directory.join(API_VERSION).is_dir()))
}

fn not_made(error: &io::Error) -> String {
    format!("no directory of functions can be made: {error}; set TMPDIR to a directory")
}

/// A new directory with the program under a name, with links to it for every function, by its name and as a plugin, and
/// with the plugins of others that a person has.
///
/// # Errors
/// It cannot be made.
fn laid_out(functions: &Functions, name: &str) -> Result<TempDir, String> {
    let own = own_directory(functions, name).map_err(|error| not_made(&error))?;
    if let Some(others) = installed()? {
        link_others(&others, own.path()).map_err(|error| not_made(&error))?;
    }
    Ok(own)
}

fn own_directory(functions: &Functions, name: &str) -> io::Result<TempDir> {
    let own = TempDir::with_prefix("replatform-functions-")?;
    let program = own.path().join(name);
    std::fs::hard_link(&functions.program, &program)
        .or_else(|_| std::fs::copy(&functions.program, &program).map(drop))?;
    for (function, kind) in &functions.names {
        if *function != name {
            symlink(name, own.path().join(function))?;
        }
        let folder = own.path().join(API_VERSION).join(kind.to_lowercase());
        std::fs::create_dir_all(&folder)?;
        symlink(Path::new("../../..").join(name), folder.join(kind))?;
    }
    Ok(own)
}

/// Links to the plugins of other API groups.
fn link_others(from: &Path, to: &Path) -> io::Result<()> {
    for entry in from.read_dir()? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        let is_ours = |name: OsString| API_VERSION.split('/').next().is_some_and(|group| name == group);
        if entry.path().is_dir() && !is_ours(entry.file_name()) && !place.exists() {
            symlink(entry.path().canonicalize()?, place)?;
        }
    }
    Ok(())
}

/// Adds the programs below a directory, those that links lead to included. A link to a directory is followed where it is
/// that of an API group.
fn collect_programs(directory: &Path, is_top: bool, programs: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in directory.read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() || is_top && entry.path().is_dir() {
            collect_programs(&entry.path(), false, programs)?;
        } else if is_program(&entry.path()) {
            programs.insert(entry.path().canonicalize()?);
        }
    }
    Ok(())
}
