//! Packages for kpt, with a pipeline of the functions that an overlay names.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::built::Function;
use crate::manifests::documents;
use crate::repository::{Scratch, files};
use crate::runtime::Runtime;

/// The arguments of a call of kpt.
pub(crate) type Call = Vec<String>;

/// A package and the functions to run on it. The package has a pipeline of them, and their configs in `functions/`.
pub(crate) struct Package {
    scratch: Scratch,
    steps: Vec<Step>,
}

/// A function in the pipeline.
struct Step {
    /// `exec` or `image`, which names its program.
    key: &'static str,
    program: String,
    /// The file of its config in the package.
    config: String,
}

impl Package {
    /// A package with these resources and functions, both as YAML documents.
    pub(crate) fn new(runtime: Runtime, resources: &str, configs: &str) -> Self {
        let scratch = Scratch::new();
        scratch.write("package/resources.yaml", resources);
        let mut steps = Vec::new();
        for mut config in documents(configs) {
            let function = Function::of_kind(config["kind"].as_str().unwrap_or_default());
            let (key, program) = match runtime {
                Runtime::Container => ("image", function.image()),
                Runtime::Exec | Runtime::Plugin => ("exec", function.name.to_owned()),
            };
            if let Some(metadata) = config["metadata"].as_object_mut() {
                // They tell kustomize what the pipeline tells kpt.
                metadata.shift_remove("annotations");
            }
            let file = format!("functions/{}.yaml", function.name);
            scratch.write(format!("package/{file}"), yaml(&config));
            steps.push(Step { key, program, config: file });
        }
        let mut kptfile =
            String::from("apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: package\npipeline:\n  mutators:\n");
        for Step { key, program, config } in &steps {
            let _ = writeln!(kptfile, "  - {key}: {program}\n    configPath: {config}");
        }
        scratch.write("package/Kptfile", kptfile);
        Self { scratch, steps }
    }

    /// The directory around the package, where kpt is called.
    pub(crate) fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// The call that runs the pipeline.
    pub(crate) fn render(&self) -> Vec<Call> {
        vec![call(&["fn", "render", "package", "--allow-exec", "--truncate-output=false"])]
    }

    /// The calls that run each function by itself.
    pub(crate) fn evaluate(&self) -> Vec<Call> {
        let evaluate = |Step { key, program, config }: &Step| {
            let (key, config) = (format!("--{key}"), format!("package/{config}"));
            call(&["fn", "eval", "package", "--truncate-output=false", &key, program, "--fn-config", &config])
        };
        self.steps.iter().map(evaluate).collect()
    }

    /// What the package holds now, besides the function configs.
    pub(crate) fn manifests(&self) -> String {
        let package = self.scratch.path().join("package");
        let mut paths = files(&package);
        paths.retain(|path| !path.starts_with(package.join("functions")));
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        let texts: Vec<_> = paths.iter().map(|path| fs::read_to_string(path).expect("kpt writes text")).collect();
        texts.join("---\n")
    }
}

fn call(arguments: &[&str]) -> Call {
    arguments.iter().map(|argument| (*argument).to_owned()).collect()
}

fn yaml(value: &Value) -> String {
    serde_yaml::to_string(value).expect("a JSON value is YAML")
}
