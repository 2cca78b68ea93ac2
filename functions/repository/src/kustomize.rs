//! The kustomize that builds, and what it may start.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use krm::host::FINDINGS;

/// The variable that names the directory of plugins.
const PLUGIN_HOME: &str = "KUSTOMIZE_PLUGIN_HOME";

/// A program that builds kustomizations, and the directory of its plugins.
pub struct Kustomize {
    program: PathBuf,
    /// Its command that builds.
    verb: &'static str,
    plugin_home: PathBuf,
}

/// What kustomize says to a build.
pub struct Output {
    /// What was printed, if the build succeeded.
    pub manifests: Option<String>,
    /// What was said on standard error.
    pub stderr: String,
}

impl Kustomize {
    /// The kustomize on `PATH`, or the one in kubectl.
    ///
    /// # Errors
    /// Neither is there, or no functions.
    pub fn find() -> Result<Self, String> {
        let plugin_home = plugin_home()?;
        let candidates = [("kustomize", "build"), ("kubectl", "kustomize")];
        let found = candidates.into_iter().find_map(|(name, verb)| Some((on_path(name)?, verb)));
        let (program, verb) = found.ok_or("neither kustomize nor kubectl is on PATH; install one of them")?;
        Ok(Self { program, verb, plugin_home })
    }

    /// The programs that a build may start: itself, its plugins, and those that are `allowed`, by name or path.
    ///
    /// # Errors
    /// A program that is not there.
    pub fn starts(&self, allowed: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
        let mut programs = BTreeSet::from([self.program.clone()]);
        collect_programs(&self.plugin_home, &mut programs)
            .map_err(|error| format!("{PLUGIN_HOME} {} cannot be read: {error}", self.plugin_home.display()))?;
        for program in allowed {
            let found = if program.components().count() > 1 { Some(program.clone()) } else { on_path(program) };
            programs
                .insert(found.ok_or_else(|| format!("{}, which --allow names, is not on PATH", program.display()))?);
        }
        Ok(programs.into_iter().collect())
    }

    /// Builds a directory; functions write their findings to the file `findings`.
    ///
    /// # Errors
    /// It cannot be started, or prints what is not text.
    pub fn build(&self, directory: &Path, arguments: &[OsString], findings: &Path) -> Result<Output, String> {
        let mut command = Command::new(&self.program);
        command.arg(self.verb).arg(directory).arg("--enable-alpha-plugins").args(arguments);
        command.env(PLUGIN_HOME, &self.plugin_home).env(FINDINGS, findings).stdin(Stdio::null());
        let output = command.output().map_err(|error| {
            format!(
                "{} cannot be started: {error}; if it is a script or linked dynamically, put the released program first \
                 on PATH, or name its interpreter by --allow",
                self.program.display()
            )
        })?;
        let stdout = String::from_utf8(output.stdout).map_err(|_| "kustomize printed what is not UTF-8 text")?;
        Ok(Output {
            manifests: output.status.success().then_some(stdout),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// What a failure means in which the kernel refused a program.
pub fn refusal_in(stderr: &str, allowed: &[PathBuf]) -> Option<String> {
    let refused =
        |line: &'_ str| Some(line.split_once("fork/exec ")?.1.split_once(": permission denied")?.0.to_owned());
    let program = stderr.lines().find_map(refused)?;
    let is_allowed = Path::new(&program).canonicalize().is_ok_and(|program| allowed.contains(&program));
    Some(if is_allowed {
        format!(
            "{program} is a script or linked dynamically, and its interpreter is no program that the build may start; \
             build it statically, as `make build` does, or, where every repository is trusted, name the interpreter by --allow"
        )
    } else {
        format!(
            "the build tried to start {program}, which is no function of {PLUGIN_HOME}; take it out of the kustomization, \
             or, where every repository is trusted, name it by --allow"
        )
    })
}

fn plugin_home() -> Result<PathBuf, String> {
    if let Some(home) = std::env::var_os(PLUGIN_HOME).filter(|home| !home.is_empty()) {
        return std::path::absolute(home).map_err(|error| format!("{PLUGIN_HOME}: {error}"));
    }
    let own = std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned));
    own.filter(|directory| directory.join(krm::config::API_VERSION).is_dir()).ok_or_else(|| {
        format!("{PLUGIN_HOME} is not set; run `replatform install DIR`, and set it to the absolute path of DIR")
    })
}

fn on_path(program: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let candidates = std::env::split_paths(&path).map(|directory| directory.join(program.as_ref()));
    candidates.into_iter().find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Adds the programs below a directory, those that links lead to included.
fn collect_programs(directory: &Path, programs: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in directory.read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect_programs(&entry.path(), programs)?;
        } else if is_program(&entry.path()) {
            programs.insert(entry.path().canonicalize()?);
        }
    }
    Ok(())
}
