//! The hosts and how each is called.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::built::{Function, find_tool, programs_directory, tools_directory};
use crate::kpt::{Call, Package};
use crate::need::Need;
use crate::repository::{Repository, Scratch};
use crate::runtime::Runtime;

/// The program that builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    /// `kustomize build`, of this version or of that on `PATH`.
    Kustomize(Option<&'static str>),
    /// `kubectl kustomize`, likewise.
    Kubectl(Option<&'static str>),
    /// `kpt fn render` on a package with a pipeline.
    KptRender,
    /// `kpt fn eval` on a package, once a function.
    KptEval,
}

/// A program that runs functions, in one of its ways to run them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    program: Program,
    runtime: Runtime,
}

/// The flags of a build without functions, which may inflate charts: `--enable-alpha-plugins` says that too.
const PLAIN: [&str; 1] = ["--enable-helm"];

/// Every host.
pub const HOSTS: [Host; 13] = [
    Host::new(Program::Kustomize(Some("5.0.1")), Runtime::Exec),
    Host::new(Program::Kustomize(Some("5.4.3")), Runtime::Exec),
    Host::new(Program::Kustomize(Some("5.8.1")), Runtime::Exec),
    Host::new(Program::Kustomize(Some("5.8.1")), Runtime::Plugin),
    Host::new(Program::Kustomize(Some("5.8.1")), Runtime::Container),
    Host::new(Program::Kubectl(Some("1.27")), Runtime::Plugin),
    Host::new(Program::Kubectl(Some("1.27")), Runtime::Container),
    Host::new(Program::Kubectl(Some("1.37")), Runtime::Plugin),
    Host::new(Program::Kubectl(Some("1.37")), Runtime::Container),
    Host::new(Program::KptRender, Runtime::Exec),
    Host::new(Program::KptRender, Runtime::Container),
    Host::new(Program::KptEval, Runtime::Exec),
    Host::new(Program::KptEval, Runtime::Container),
];

/// The hosts that are on this machine. What the others need is reported at the end of `make test`.
///
/// # Panics
/// If one is not there and `REQUIRE_ALL_HOSTS=1` demands it.
pub fn hosts() -> &'static [Host] {
    static AVAILABLE: OnceLock<Vec<Host>> = OnceLock::new();
    AVAILABLE.get_or_init(|| HOSTS.into_iter().filter(Host::is_available).collect())
}

/// What came of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Whether the host ended with exit code 0.
    pub succeeded: bool,
    /// The manifests; of kpt, the files of the package.
    pub stdout: String,
    /// What was said on standard error, by the host and by functions as far as the host shows it.
    pub stderr: String,
    /// What functions appended to the file of findings, a JSON object each. Containers do not see that file.
    pub findings: Vec<Value>,
    host: Host,
}

impl Build {
    /// The manifests.
    ///
    /// # Panics
    /// If the build failed.
    pub fn expect_success(&self) -> &str {
        assert!(self.succeeded, "{} failed:\n{}", self.host, self.stderr);
        &self.stdout
    }

    /// What was said on standard error.
    ///
    /// # Panics
    /// If the build succeeded.
    pub fn expect_failure(&self) -> &str {
        assert!(!self.succeeded, "{} succeeded:\n{}", self.host, self.stdout);
        &self.stderr
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.program {
            Program::Kustomize(version) => write!(formatter, "kustomize {}", version.unwrap_or("on PATH"))?,
            Program::Kubectl(version) => write!(formatter, "kubectl {}", version.unwrap_or("on PATH"))?,
            Program::KptRender => write!(formatter, "kpt fn render")?,
            Program::KptEval => write!(formatter, "kpt fn eval")?,
        }
        write!(formatter, ", {}", self.runtime.name())
    }
}

impl Host {
    const fn new(program: Program, runtime: Runtime) -> Self {
        Self { program, runtime }
    }

    /// Whether it is a kustomize, standalone or in kubectl: those print the same bytes.
    pub fn is_kustomize(&self) -> bool {
        matches!(self.program, Program::Kustomize(_) | Program::Kubectl(_))
    }

    /// Whether it is called once a function, `kpt fn eval`.
    pub fn evaluates(&self) -> bool {
        self.program == Program::KptEval
    }

    /// How it runs functions.
    pub fn runtime(&self) -> Runtime {
        self.runtime
    }

    /// The kustomize or kubectl on `PATH`, if there is one that is new enough. It runs functions as plugins, which both can.
    pub fn on_path() -> Option<Self> {
        let candidates = [Program::Kustomize(None), Program::Kubectl(None)];
        let mut hosts = candidates.map(|program| Self::new(program, Runtime::Plugin)).into_iter();
        hosts.find(|host| host.find().is_some() && host.kustomize_version().is_some_and(|major| major >= 5))
    }

    /// The newest kustomize that `kustomize-tests/tools/install` installs. It runs functions as plugins.
    pub fn pinned() -> Self {
        Self::new(Program::Kustomize(Some("5.8.1")), Runtime::Plugin)
    }

    /// The command that builds, as typed at the root of the project.
    pub fn command_line(&self) -> &'static str {
        match self.program {
            Program::Kustomize(None) => "kustomize build",
            Program::Kustomize(Some(_)) => "target/tools/bin/kustomize build",
            Program::Kubectl(_) => "kubectl kustomize",
            Program::KptRender => "kpt fn render",
            Program::KptEval => "kpt fn eval",
        }
    }

    /// Renders the overlay `directory` of the repository.
    ///
    /// # Panics
    /// If the host, or a function in the form that it needs, is missing.
    pub fn build(&self, repository: &Repository, directory: &str) -> Build {
        for function in repository.functions() {
            self.require(function);
        }
        let copy = repository.copy_for(self.runtime.name());
        match self.program {
            Program::Kustomize(_) | Program::Kubectl(_) => self.kustomize(&copy.path(directory), self.flags()),
            Program::KptRender => self.in_packages(&copy, directory, Package::render),
            Program::KptEval => self.in_packages(&copy, directory, Package::evaluate),
        }
    }

    /// Renders the overlay as [`Host::build`] does, without functions: in kustomize only.
    pub fn build_without_functions(&self, repository: &Repository, directory: &str) -> Build {
        let copy = repository.copy_for(self.runtime.name());
        copy.unwire(directory);
        self.kustomize(&copy.path(directory), &PLAIN)
    }

    /// The function configs that the directory `configs` of the repository comes to, in the order in which they run.
    ///
    /// # Panics
    /// If kustomize cannot build them.
    pub fn configs(repository: &Repository, configs: &str) -> String {
        let copy = repository.copy_for(Runtime::Plugin.name());
        keep_order(&copy.path(configs));
        Self::pinned().kustomize(&copy.path(configs), &[]).expect_success().to_owned()
    }

    fn is_available(&self) -> bool {
        let of_program = matches!(self.program, Program::KptRender | Program::KptEval).then_some(Need::Kpt);
        let of_runtime = (self.runtime == Runtime::Container).then_some(Need::Docker);
        of_program.into_iter().chain(of_runtime).all(Need::is_met)
    }

    fn find(&self) -> Option<PathBuf> {
        match self.program {
            Program::Kustomize(Some(version)) => find_tool(&format!("kustomize-{version}")),
            Program::Kubectl(Some(version)) => find_tool(&format!("kubectl-{version}")),
            Program::Kustomize(None) => find_on_path("kustomize"),
            Program::Kubectl(None) => find_on_path("kubectl"),
            Program::KptRender | Program::KptEval => find_tool("kpt"),
        }
    }

    /// The major version of the kustomize that it is or holds.
    fn kustomize_version(&self) -> Option<u32> {
        let mut command = self.command();
        command.arg("version");
        if matches!(self.program, Program::Kubectl(_)) {
            command.arg("--client");
        }
        let answer = self.run(&mut command).stdout;
        // `v5.8.1`, or with kubectl a line `Kustomize Version: v5.8.1` after that of kubectl's own.
        let version = answer.lines().last()?.rsplit(' ').next()?;
        version.strip_prefix('v')?.split('.').next()?.parse().ok()
    }

    fn require(&self, function: Function) {
        match self.runtime {
            Runtime::Exec | Runtime::Plugin => drop(function.program()),
            Runtime::Container => drop(function.image()),
        }
    }

    /// The program, in an environment in which it finds functions in no other way than its own.
    fn command(&self) -> Command {
        let mut command = Command::new(self.find().unwrap_or_else(|| panic!("{self} is missing: run `make tools`")));
        command.env_remove("KUSTOMIZE_PLUGIN_HOME");
        // Charts need helm.
        let mut directories = vec![tools_directory()];
        if self.runtime == Runtime::Exec {
            directories.push(programs_directory());
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        directories.extend(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(directories).expect("it was one before"));
        match self.runtime {
            Runtime::Plugin => drop(command.env("KUSTOMIZE_PLUGIN_HOME", programs_directory())),
            Runtime::Exec | Runtime::Container => {}
        }
        command
    }

    /// What makes a kustomize run functions.
    fn flags(&self) -> &'static [&'static str] {
        match self.runtime {
            // kubectl does not have the second.
            Runtime::Exec => &["--enable-alpha-plugins", "--enable-exec"],
            Runtime::Container | Runtime::Plugin => &["--enable-alpha-plugins"],
        }
    }

    fn kustomize(&self, directory: &Path, flags: &[&str]) -> Build {
        let verb = if matches!(self.program, Program::Kustomize(_)) { "build" } else { "kustomize" };
        self.run(self.command().arg(verb).arg(directory).args(flags))
    }

    /// Runs kpt on a package for each application of a cluster, as functions run in kustomize, until one fails.
    fn in_packages(&self, repository: &Repository, directory: &str, calls: impl Fn(&Package) -> Vec<Call>) -> Build {
        let applications = repository.applications(directory);
        let mut whole: Option<Build> = None;
        for application in applications {
            let mut build = self.in_package(repository, &application, &calls);
            if let Some(before) = whole {
                build.stdout = format!("{}---\n{}", before.stdout, build.stdout);
                build.stderr.insert_str(0, &before.stderr);
                build.findings.splice(0..0, before.findings);
            }
            if !build.succeeded {
                return build;
            }
            whole = Some(build);
        }
        whole.expect("a cluster has applications")
    }

    /// Runs kpt on a package with the overlay as it is without functions, and the function configs of the overlay.
    fn in_package(&self, repository: &Repository, directory: &str, calls: impl FnOnce(&Package) -> Vec<Call>) -> Build {
        let wired = Vec::from_iter(repository.unwire(directory));
        let [configs] = &*wired else { panic!("{directory} runs the function configs of {wired:?} in one package") };
        keep_order(configs);
        let kustomize = Self::pinned();
        let configs = kustomize.kustomize(configs, &[]);
        let resources = kustomize.kustomize(&repository.path(directory), &PLAIN);
        let package = Package::new(self.runtime, resources.expect_success(), configs.expect_success());
        let mut whole: Option<Build> = None;
        for call in calls(&package) {
            let mut build = self.run(self.command().args(call).current_dir(package.path()));
            if let Some(before) = whole {
                build.stderr.insert_str(0, &before.stderr);
                build.findings.splice(0..0, before.findings);
            }
            let has_failed = !build.succeeded;
            whole = Some(build);
            if has_failed {
                break;
            }
        }
        Build { stdout: package.manifests(), ..whole.expect("an overlay with functions has some") }
    }

    /// Runs a command that [`Host::command`] began.
    fn run(&self, command: &mut Command) -> Build {
        let scratch = Scratch::new();
        let findings = scratch.path().join("findings.jsonl");
        command.env("REPLATFORM_FINDINGS", &findings);
        let output = command.output().unwrap_or_else(|error| panic!("{self}: {error}"));
        let text = |bytes| String::from_utf8(bytes).expect("hosts print UTF-8");
        Build {
            succeeded: output.status.success(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            findings: read_findings(&findings),
            host: *self,
        }
    }
}

/// kustomize sorts what it prints; configs are in the order in which they run.
fn keep_order(kustomization: &Path) {
    let path = kustomization.join("kustomization.yaml");
    let text = fs::read_to_string(&path).expect("function configs have a kustomization");
    let order = "sortOptions:\n  order: fifo\n";
    if !text.contains(order) {
        fs::write(path, text + order).expect("a copy can be written");
    }
}

/// The lines of a file of findings. Where no function reported anything, there is none.
///
/// # Panics
/// On a line that is no JSON.
pub fn read_findings(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|program| program.is_file())
}
