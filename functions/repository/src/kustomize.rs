//! The kustomize that builds, and what it may start.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use krm::finding::Report;
use krm::host::FINDINGS;

use crate::findings;
use crate::home::{Home, PLUGIN_HOME};
use crate::programs::{on_path, output_within};

/// A program that builds kustomizations.
#[derive(Debug, Clone)]
pub struct Kustomize {
    program: PathBuf,
    /// Its command that builds.
    verb: &'static str,
}

/// What kustomize says to a build.
pub struct Output {
    /// What was printed, if the build succeeded.
    pub manifests: Option<String>,
    /// What was said on standard error.
    pub stderr: String,
}

/// A build.
pub struct Request<'r> {
    /// The directory of the kustomization.
    pub directory: &'r Path,
    /// Further arguments of kustomize.
    pub arguments: &'r [OsString],
    /// Where the functions are.
    pub home: &'r Home,
    /// The file to which functions append their findings.
    pub findings: &'r Path,
    /// The directory for temporary files, if not that of the machine.
    pub scratch: Option<&'r Path>,
    /// How long it may take.
    pub time_limit: Option<Duration>,
}

impl Kustomize {
    /// The kustomize on `PATH`, or the one in kubectl.
    ///
    /// # Errors
    /// Neither is there.
    pub fn find() -> Result<Self, String> {
        let candidates = [("kustomize", "build"), ("kubectl", "kustomize")];
        let found = candidates.into_iter().find_map(|(name, verb)| Some((on_path(name)?, verb)));
        let (program, verb) = found.ok_or("neither kustomize nor kubectl is on PATH; install one of them")?;
        Ok(Self { program, verb })
    }

    /// The kustomize in a file or, if that is so named, in kubectl.
    pub fn in_program(program: PathBuf) -> Self {
        let is_kubectl = program.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kubectl"));
        Self { program, verb: if is_kubectl { "kustomize" } else { "build" } }
    }

    /// Whether it is the kustomize in kubectl, which has no `--enable-exec`.
    pub fn is_kubectl(&self) -> bool {
        self.verb == "kustomize"
    }

    /// Its version as it says it: `kustomize v5.8.1`, or `kubectl v1.37.0 (kustomize v5.8.1)`.
    ///
    /// # Errors
    /// It cannot be started, or does not say.
    pub fn version(&self) -> Result<String, String> {
        let mut command = Command::new(&self.program);
        command.arg("version").args(self.is_kubectl().then_some("--client")).stdin(Stdio::null());
        let output = command.output().map_err(|error| self.not_started(&error))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next_back()).collect();
        match lines[..] {
            [own, kustomize, ..] if self.is_kubectl() => Ok(format!("kubectl {own} (kustomize {kustomize})")),
            [own, ..] => Ok(format!("kustomize {own}")),
            [] => Err(format!("{} does not tell its version", self.program.display())),
        }
    }

    /// The programs that a build may start: itself, its plugins, and those that are `allowed`, by name or path.
    ///
    /// # Errors
    /// A program that is not there.
    pub fn starts(&self, home: &Home, allowed: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
        let mut programs = home.programs()?;
        programs.insert(self.program.clone());
        for program in allowed {
            let found = if program.components().count() > 1 { Some(program.clone()) } else { on_path(program) };
            programs
                .insert(found.ok_or_else(|| format!("{}, which --allow names, is not on PATH", program.display()))?);
        }
        Ok(programs.into_iter().collect())
    }

    /// Builds a directory; functions write their findings to a file.
    ///
    /// # Errors
    /// It cannot be started, takes too long, or prints what is not text.
    pub fn build(&self, request: &Request<'_>) -> Result<Output, String> {
        let mut command = Command::new(&self.program);
        command.arg(self.verb).arg(request.directory).arg("--enable-alpha-plugins").args(request.arguments);
        request.home.offer_to(&mut command);
        command.env(FINDINGS, request.findings);
        if let Some(scratch) = request.scratch {
            command.env("TMPDIR", scratch);
        }
        let output = output_within(&mut command, request.time_limit).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => error.to_string(),
            _ => self.not_started(&error),
        })?;
        let stdout = String::from_utf8(output.stdout).map_err(|_| "kustomize printed what is not UTF-8 text")?;
        Ok(Output {
            manifests: output.status.success().then_some(stdout),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn not_started(&self, error: &io::Error) -> String {
        format!(
            "{} cannot be started: {error}; if it is a script or linked dynamically, put the released program first \
             on PATH, or name its interpreter by --allow",
            self.program.display()
        )
    }
}

/// Why a build failed that left these findings, and what to do about it where that is known. It may start the `allowed`
/// programs.
pub fn failure(stderr: &str, allowed: &[PathBuf], findings: &[Report]) -> String {
    let said = || {
        let reason = findings::reason(stderr, findings);
        let hint = HINTS.iter().find(|(signs, _)| signs.iter().any(|sign| stderr.contains(sign)));
        hint.map_or_else(|| reason.clone(), |(_, hint)| format!("{hint}\n{reason}"))
    };
    refusal_in(stderr, allowed).unwrap_or_else(said)
}

/// What kustomize says where something of another machine is missing, and what that means.
const HINTS: [(&[&str], &str); 2] = [
    (
        &["unable to run: 'helm"],
        "A chart cannot be inflated. That needs helm on PATH and the repository of the chart, or the chart in the directory `charts` beside \
         the kustomization, as `NAME-VERSION/NAME`:",
    ),
    (
        &["resources from 'http://", "resources from 'https://", "/git fetch"],
        "A base on another machine cannot be fetched. Build where it can be reached, or copy the base into the repository:",
    ),
];

/// What a failure means in which the kernel refused a program.
fn refusal_in(stderr: &str, allowed: &[PathBuf]) -> Option<String> {
    let refused =
        |line: &'_ str| Some(line.split_once("fork/exec ")?.1.split_once(": permission denied")?.0.to_owned());
    let program = stderr.lines().find_map(refused)?;
    let is_allowed = Path::new(&program).canonicalize().is_ok_and(|program| allowed.contains(&program));
    let is_named = |name: &str| Path::new(&program).file_name().is_some_and(|file| file == name);
    Some(if is_named("helm") {
        format!("the build has a chart and tried to start {program}; add `--allow helm`, or take the chart out")
    } else if is_named("git") {
        format!(
            "the build has a base on another machine and tried to start {program}, which starts programs of its own; copy the base \
             into the repository, or add `--unconfined` where every repository is trusted"
        )
    } else if is_allowed {
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
