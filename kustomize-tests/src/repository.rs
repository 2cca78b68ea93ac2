//! GitOps repositories to build from, and the places to build them in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::built::{FUNCTIONS, Function, PIPELINE, root};
use crate::manifests::documents;

/// A directory of its own below `target/tmp`. It is removed at the end, unless a test failed: then it is left to look at.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new, empty directory.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let parent = root().join("target/tmp/kustomize-tests");
        let path = parent.join(name);
        // One of an earlier process of the same id.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("target/tmp can be written");
        Self(path)
    }

    /// A new directory with copies of the files of another.
    ///
    /// # Panics
    /// If they cannot be copied.
    pub fn copy_of(directory: &Path) -> Self {
        let scratch = Self::new();
        scratch.add(directory, "");
        scratch
    }

    /// Copies the files of a directory into the one at `path`.
    ///
    /// # Panics
    /// If they cannot be copied.
    pub fn add(&self, directory: &Path, path: impl AsRef<Path>) {
        copy(directory, &self.0.join(path));
    }

    /// The directory, as an absolute path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, and the directories that it is in.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        write(&self.0.join(path), content.as_ref());
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // What stays behind is below target/.
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// A GitOps repository laid out like `examples/`: overlays name in one line which of `transformers/runtime/` they use.
#[derive(Debug)]
pub struct Repository(Scratch);

impl Repository {
    /// A copy of `examples/`.
    pub fn examples() -> Self {
        Self::copy_of(&root().join("examples"))
    }

    /// `examples/` with the directory `from` of this crate added as `to`, where it finds `transformers/` beside it.
    pub fn examples_and(from: &str, to: &str) -> Self {
        let repository = Self::examples();
        copy(&root().join("kustomize-tests").join(from), &repository.0.path().join(to));
        repository
    }

    /// Writes a file, whose path is relative to the repository.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        self.0.write(path, content);
    }

    /// The absolute path of a file or directory in it.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(relative)
    }

    /// The functions that it has a config of.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let runtimes = self.path("transformers/runtime");
        let texts =
            files(self.0.path()).into_iter().filter(|path| !path.starts_with(&runtimes)).map(fs::read_to_string);
        let text = texts.map(|text| text.expect("manifests are text")).collect::<String>();
        let is_configured = |function: &Function| text.contains(&format!("\nkind: {}\n", function.kind));
        FUNCTIONS.iter().copied().chain([PIPELINE]).filter(is_configured).collect()
    }

    /// Another copy, in which every overlay names `runtime`.
    ///
    /// # Panics
    /// If no overlay names a runtime.
    pub fn copy_for(&self, runtime: &str) -> Self {
        let copy = Self::copy_of(self.0.path());
        let mut lines = 0;
        copy.edit_kustomizations(Path::new(""), |_, line| {
            if let Some((before, _)) = line.split_once("transformers/runtime/") {
                lines += 1;
                return Some(format!("{before}transformers/runtime/{runtime}"));
            }
            Some(line.to_owned())
        });
        assert!(lines > 0, "no overlay names a runtime in its `components:`");
        copy
    }

    /// Takes the function configs out of the kustomizations below `directory` and tells the directories that they named.
    ///
    /// # Panics
    /// If they name none, or one that is not there.
    pub(crate) fn unwire(&self, directory: &str) -> BTreeSet<PathBuf> {
        let mut wired = BTreeSet::new();
        let mut is_wiring = false;
        self.edit_kustomizations(Path::new(directory), |kustomization, line| {
            let entry = line.trim_start().strip_prefix("- ");
            if is_wiring && let Some(entry) = entry {
                let configs = kustomization.with_file_name("").join(entry);
                wired.insert(configs.canonicalize().expect("a directory of function configs is there"));
                return None;
            }
            is_wiring = line == "transformers:" || line == "validators:";
            (!is_wiring).then(|| line.to_owned())
        });
        assert!(!wired.is_empty(), "kustomizations of {directory} name function configs");
        wired
    }

    /// The applications of a cluster, which run functions each by itself; the overlay alone if it is no cluster.
    pub fn applications(&self, directory: &str) -> Vec<String> {
        let kustomization = |directory: &str| {
            let text = fs::read_to_string(self.path(directory).join("kustomization.yaml")).unwrap_or_default();
            serde_yaml::from_str::<Value>(&text).unwrap_or_default()
        };
        let resources = kustomization(directory)["resources"].take();
        let below = |entry: &Value| Some(format!("{directory}/{}", entry.as_str()?));
        let mut applications: Vec<_> = resources.as_array().into_iter().flatten().filter_map(below).collect();
        applications.retain(|application| kustomization(application)["transformers"].is_array());
        if applications.is_empty() { vec![directory.to_owned()] } else { applications }
    }

    /// Puts one config that runs all in one call in the place of the function configs in `directory`, which are
    /// `configs` in the order in which they run.
    pub fn bundle(&self, directory: &str, configs: &str) {
        let step = |config: Value| json!({"kind": config["kind"], "spec": config["spec"]});
        let functions: Vec<_> = documents(configs).map(step).collect();
        let pipeline = json!({
            "apiVersion": "replatform.dev/v1alpha1",
            "kind": PIPELINE.kind,
            "metadata": {"name": PIPELINE.name},
            "spec": {"functions": functions},
        });
        let text = serde_yaml::to_string(&pipeline).expect("a JSON value is YAML");
        self.write(format!("{directory}/pipeline.yaml"), text);
        let path = self.path(directory).join("kustomization.yaml");
        let text = fs::read_to_string(&path).expect("function configs have a kustomization");
        let mut kustomization: Value = serde_yaml::from_str(&text).expect("a kustomization is YAML");
        kustomization["resources"] = json!(["pipeline.yaml"]);
        kustomization["patches"] = json!([]);
        let text = serde_yaml::to_string(&kustomization).expect("a JSON value is YAML");
        self.write(format!("{directory}/kustomization.yaml"), text);
    }

    fn copy_of(directory: &Path) -> Self {
        Self(Scratch::copy_of(directory))
    }

    /// Passes each line of each `kustomization.yaml` below `directory` through `edit`, which drops it or gives it back.
    fn edit_kustomizations(&self, directory: &Path, mut edit: impl FnMut(&Path, &str) -> Option<String>) {
        for path in files(&self.path(directory)) {
            if path.file_name().is_some_and(|name| name == "kustomization.yaml") {
                let text = fs::read_to_string(&path).expect("a kustomization is text");
                let lines: Vec<_> = text.lines().filter_map(|line| edit(&path, line)).collect();
                write(&path, (lines.join("\n") + "\n").as_bytes());
            }
        }
    }
}

/// Every file below a directory, sorted.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a directory can be listed").path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn copy(from: &Path, to: &Path) {
    for path in files(from) {
        let relative = path.strip_prefix(from).expect("it is below that directory");
        write(&to.join(relative), &fs::read(&path).expect("a file can be read"));
    }
}

fn write(path: &Path, content: &[u8]) {
    let directory = path.parent().expect("a file is in a directory");
    fs::create_dir_all(directory).expect("target/tmp can be written");
    fs::write(path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
