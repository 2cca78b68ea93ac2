//! What must be there before a test runs: programs, images and tools.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

/// A function as users name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// The name of its program and its image.
    pub name: &'static str,
    /// The kind of its config.
    pub kind: &'static str,
}

/// All functions.
pub static FUNCTIONS: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let functions = replatform::FUNCTIONS.iter();
    functions.map(|program| Function { name: program.name(), kind: program.kind() }).collect()
});

/// The program of them all, and the kind of config that runs several in one call.
pub const PIPELINE: Function = Function { name: "replatform", kind: "Pipeline" };

impl Function {
    /// The function whose config has this kind.
    ///
    /// # Panics
    /// If there is none.
    pub fn of_kind(kind: &str) -> Self {
        let found = FUNCTIONS.iter().copied().chain([PIPELINE]).find(|function| function.kind == kind);
        found.unwrap_or_else(|| panic!("no function has configs of kind {kind}"))
    }

    /// Its static release program.
    ///
    /// # Panics
    /// If it is missing or older than its sources.
    pub fn program(self) -> PathBuf {
        let program = programs_directory().join(self.name);
        once(self.name, || {
            let built = modified(&program).unwrap_or_else(|| panic!("{} is missing: run `make build`", self.name));
            let others = if self == PIPELINE { &FUNCTIONS[..] } else { &[] };
            let libraries: &[&str] = if self == PIPELINE { &["repository", "report", "setup"] } else { &[] };
            for crate_name in [self.name, "manifests", "platforms", "krm"]
                .into_iter()
                .chain(others.iter().map(|function| function.name))
                .chain(libraries.iter().copied())
            {
                let sources = root().join("functions").join(crate_name).join("src");
                assert!(
                    newest(&sources) <= built,
                    "{} is older than the sources of {crate_name}: run `make build`",
                    self.name
                );
            }
        });
        program
    }

    /// The name of its image, which is that of the release.
    ///
    /// # Panics
    /// If Docker has no such image or one of another program.
    pub fn image(self) -> String {
        let image = replatform::released_image(self.name);
        once(&image, || {
            let id_file = root().join("target/image").join(self.name).with_extension("id");
            let id = std::fs::read_to_string(&id_file).unwrap_or_default();
            let inspected = Command::new("docker").args(["image", "inspect", "--format", "{{.Id}}", &image]).output();
            let present = inspected.is_ok_and(|output| output.stdout.trim_ascii() == id.trim().as_bytes());
            assert!(present && !id.is_empty(), "Docker has no image {image} of this build: run `make images`");
            // Not by time: every `make build` writes the programs again.
            let read = |path: PathBuf| std::fs::read(path).ok();
            let in_image = read(id_file.with_extension("").join("function"));
            assert!(in_image == read(self.program()), "the image {image} holds another program: run `make images`");
        });
        image
    }
}

/// The root of the project, an absolute path.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("")
}

/// Where `make build` puts the programs. It is laid out to stand on `PATH` and as `KUSTOMIZE_PLUGIN_HOME`.
pub fn programs_directory() -> PathBuf {
    root().join("target/bin")
}

/// Where `kustomize-tests/tools/install` puts the tool `name`.
///
/// # Panics
/// If it is not there.
pub fn tool(name: &str) -> PathBuf {
    find_tool(name).unwrap_or_else(|| panic!("{name} is missing: run `make tools`"))
}

pub(crate) fn find_tool(name: &str) -> Option<PathBuf> {
    Some(tools_directory().join(name)).filter(|tool| tool.is_file())
}

pub(crate) fn tools_directory() -> PathBuf {
    std::env::var_os("REPLATFORM_TOOLS").map_or_else(|| root().join("target/tools/bin"), PathBuf::from)
}

/// Runs a check that holds for the rest of the process once it held.
fn once(what: &str, check: impl FnOnce()) {
    static CHECKED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let checked = || CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    if checked().get_or_insert_default().contains(what) {
        return;
    }
    check();
    checked().get_or_insert_default().insert(what.to_owned());
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

fn newest(directory: &Path) -> SystemTime {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let times = entries.map(|entry| {
        let path = entry.expect("sources can be listed").path();
        if path.is_dir() { newest(&path) } else { modified(&path).expect("a source file has a time") }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}
