//! The hosts and how each is called.

use std::fmt::{self, Write as _};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::built::{Function, find_tool, plugin_home, programs_directory};
use crate::manifests::documents;
use crate::repository::{Repository, Scratch, files};

/// How a host runs a function; each is a directory of `examples/transformers/runtime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// A program found on `PATH`.
    Exec,
    /// An image run by Docker.
    Container,
    /// An exec plugin below `KUSTOMIZE_PLUGIN_HOME`.
    Plugin,
}

impl Runtime {
    /// The name of its directory.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exec => "exec",
            Self::Container => "container",
            Self::Plugin => "plugin",
        }
    }
}

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

/// Every host.
pub const HOSTS: [Host; 12] = [
    Host { program: Program::Kustomize(Some("5.0.1")), runtime: Runtime::Exec },
    Host { program: Program::Kustomize(Some("5.4.3")), runtime: Runtime::Exec },
    Host { program: Program::Kustomize(Some("5.8.1")), runtime: Runtime::Exec },
    Host { program: Program::Kustomize(Some("5.8.1")), runtime: Runtime::Plugin },
    Host { program: Program::Kustomize(Some("5.8.1")), runtime: Runtime::Container },
    Host { program: Program::Kubectl(Some("1.27")), runtime: Runtime::Plugin },
    Host { program: Program::Kubectl(Some("1.27")), runtime: Runtime::Container },
    Host { program: Program::Kubectl(Some("1.37")), runtime: Runtime::Plugin },
    Host { program: Program::Kubectl(Some("1.37")), runtime: Runtime::Container },
    Host { program: Program::KptRender, runtime: Runtime::Exec },
    Host { program: Program::KptEval, runtime: Runtime::Exec },
    Host { program: Program::KptEval, runtime: Runtime::Container },
];

/// The hosts that are on this machine: all of them, or the test fails with the names of the missing ones. Outside of CI
/// `REPLATFORM_ALLOW_MISSING_HOSTS=1` lets tests go on without those; they are named all the same.
///
/// # Panics
/// If a host is missing and may not be.
pub fn hosts() -> &'static [Host] {
    static AVAILABLE: OnceLock<Vec<Host>> = OnceLock::new();
    AVAILABLE.get_or_init(|| {
        let (available, missing): (Vec<_>, Vec<_>) = HOSTS.into_iter().partition(|host| host.is_available());
        if missing.is_empty() {
            return available;
        }
        let missing: Vec<_> = missing.iter().map(Host::to_string).collect();
        let message = format!("hosts that are missing: {}", missing.join("; "));
        // Not by a macro: the test harness would keep that to itself.
        let _ = writeln!(std::io::stderr(), "{message}");
        let may_be_missing = std::env::var("REPLATFORM_ALLOW_MISSING_HOSTS").is_ok_and(|value| value == "1");
        assert!(
            may_be_missing && std::env::var_os("CI").is_none(),
            "{message}; run `make tools` and `kustomize-tests/tools/docker`, or, outside of CI, set REPLATFORM_ALLOW_MISSING_HOSTS=1"
        );
        available
    })
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
    /// Whether it is a kustomize, standalone or in kubectl: those print the same bytes.
    pub fn is_kustomize(&self) -> bool {
        matches!(self.program, Program::Kustomize(_) | Program::Kubectl(_))
    }

    /// How it runs functions.
    pub fn runtime(&self) -> Runtime {
        self.runtime
    }

    /// The kustomize or kubectl on `PATH`, if there is one that is new enough. It runs functions as plugins, which both can.
    pub fn on_path() -> Option<Self> {
        let candidates = [Program::Kustomize(None), Program::Kubectl(None)];
        let mut hosts = candidates.map(|program| Self { program, runtime: Runtime::Plugin }).into_iter();
        hosts.find(|host| host.find().is_some() && host.kustomize_version().is_some_and(|major| major >= 5))
    }

    /// The newest kustomize that `kustomize-tests/tools/install` installs. It runs functions as plugins.
    pub fn pinned() -> Self {
        Self { program: Program::Kustomize(Some("5.8.1")), runtime: Runtime::Plugin }
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
            Program::Kustomize(_) | Program::Kubectl(_) => self.kustomize(&copy.path(directory), true),
            Program::KptRender | Program::KptEval => self.kpt(&copy, directory),
        }
    }

    /// Renders the overlay as [`Host::build`] does, without functions: in kustomize only.
    pub fn build_without_functions(&self, repository: &Repository, directory: &str) -> Build {
        let copy = repository.copy_for(self.runtime.name());
        copy.unwire(directory);
        self.kustomize(&copy.path(directory), false)
    }

    fn is_available(&self) -> bool {
        static DOCKER: OnceLock<bool> = OnceLock::new();
        let docker_answers = || {
            *DOCKER
                .get_or_init(|| Command::new("docker").arg("info").output().is_ok_and(|output| output.status.success()))
        };
        self.find().is_some() && (self.runtime != Runtime::Container || docker_answers())
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
        match self.runtime {
            Runtime::Exec => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let mut directories = vec![programs_directory()];
                directories.extend(std::env::split_paths(&path));
                command.env("PATH", std::env::join_paths(directories).expect("it was one before"));
            }
            Runtime::Plugin => drop(command.env("KUSTOMIZE_PLUGIN_HOME", plugin_home())),
            Runtime::Container => {}
        }
        command
    }

    fn kustomize(&self, directory: &Path, with_functions: bool) -> Build {
        let mut command = self.command();
        command.arg(if matches!(self.program, Program::Kustomize(_)) { "build" } else { "kustomize" }).arg(directory);
        if with_functions {
            command.arg("--enable-alpha-plugins");
            // kubectl does not have this flag.
            if self.runtime == Runtime::Exec {
                command.arg("--enable-exec");
            }
        }
        self.run(&mut command)
    }

    /// Runs the functions on a package with the overlay as it is without them, configured as the overlay configures them.
    fn kpt(&self, repository: &Repository, directory: &str) -> Build {
        let configs = repository.unwire(directory);
        let kustomize = Self { program: Program::Kustomize(Some("5.8.1")), runtime: Runtime::Exec };
        let plain = kustomize.kustomize(&repository.path(directory), false);
        keep_order(&configs);
        let configs = kustomize.kustomize(&configs, false);
        let steps: Vec<_> = documents(configs.expect_success()).map(|config| Step::new(self.runtime, config)).collect();

        let scratch = Scratch::new();
        scratch.write("package/resources.yaml", plain.expect_success());
        let package = scratch.path().join("package");
        let build = if self.program == Program::KptRender {
            Self::write_pipeline(&scratch, &steps);
            self.run(self.command().args(["fn", "render", "--allow-exec", "--truncate-output=false"]).arg(&package))
        } else {
            self.evaluate(&scratch, &steps)
        };
        let of_users = |path: &&PathBuf| {
            path.extension().is_some_and(|extension| extension == "yaml")
                && !path.starts_with(package.join("functions"))
        };
        let texts = files(&package)
            .iter()
            .filter(of_users)
            .map(|path| fs::read_to_string(path).expect("kpt writes text"))
            .collect::<Vec<_>>();
        Build { stdout: texts.join("---\n"), ..build }
    }

    fn write_pipeline(scratch: &Scratch, steps: &[Step]) {
        let mut kptfile =
            String::from("apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: package\npipeline:\n  mutators:\n");
        for step in steps {
            let config = format!("functions/{}.yaml", step.function.name);
            let _ = writeln!(kptfile, "  - {}: {}\n    configPath: {config}", step.key, step.program);
            scratch.write(format!("package/{config}"), &step.config);
        }
        scratch.write("package/Kptfile", kptfile);
    }

    fn evaluate(&self, scratch: &Scratch, steps: &[Step]) -> Build {
        let mut build = Build { succeeded: true, stdout: String::new(), stderr: String::new(), host: *self };
        for step in steps {
            scratch.write("config.yaml", &step.config);
            let mut command = self.command();
            command.args([
                "fn",
                "eval",
                &format!("--{}", step.key),
                &step.program,
                "--truncate-output=false",
                "--fn-config",
            ]);
            command.arg(scratch.path().join("config.yaml")).arg(scratch.path().join("package"));
            let stderr = build.stderr;
            build = self.run(&mut command);
            build.stderr.insert_str(0, &stderr);
            if !build.succeeded {
                break;
            }
        }
        build
    }

    fn run(&self, command: &mut Command) -> Build {
        let output = command.output().unwrap_or_else(|error| panic!("{self}: {error}"));
        let text = |bytes| String::from_utf8(bytes).expect("hosts print UTF-8");
        Build {
            succeeded: output.status.success(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            host: *self,
        }
    }
}

/// kustomize sorts what it prints; configs stand in the order in which they run.
fn keep_order(kustomization: &Path) {
    let path = kustomization.join("kustomization.yaml");
    let text = fs::read_to_string(&path).expect("function configs have a kustomization");
    fs::write(path, text + "sortOptions:\n  order: fifo\n").expect("a copy can be written");
}

fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|program| program.is_file())
}

/// A function in a pipeline of kpt.
struct Step {
    function: Function,
    /// `exec` or `image`, which names its program.
    key: &'static str,
    program: String,
    config: String,
}

impl Step {
    fn new(runtime: Runtime, mut config: Value) -> Self {
        let function = Function::of_kind(config["kind"].as_str().unwrap_or_default());
        if let Some(metadata) = config["metadata"].as_object_mut() {
            // It tells kustomize what the pipeline tells kpt.
            metadata.shift_remove("annotations");
        }
        let (key, program) = match runtime {
            Runtime::Container => ("image", function.image()),
            Runtime::Exec | Runtime::Plugin => ("exec", function.name.to_owned()),
        };
        let config = serde_yaml::to_string(&config).expect("a value is YAML");
        Self { function, key, program, config }
    }
}
