//! Packages for kpt, with a pipeline of the functions that an overlay names.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::built::Function;
use crate::host::{Build, Host, Runtime};
use crate::manifests::documents;
use crate::repository::{Scratch, files};

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

    /// Runs the pipeline.
    pub(crate) fn render(&self, kpt: &Host) -> Build {
        let mut command = kpt.command();
        command.args(["fn", "render", "package", "--allow-exec", "--truncate-output=false"]);
        kpt.run(command.current_dir(self.scratch.path()))
    }

    /// Runs each function by itself, until one fails.
    pub(crate) fn evaluate(&self, kpt: &Host) -> Build {
        let evaluate = |Step { key, program, config }: &Step| {
            let mut command = kpt.command();
            command.args(["fn", "eval", "package", "--truncate-output=false", &format!("--{key}"), program]);
            kpt.run(command.arg("--fn-config").arg(format!("package/{config}")).current_dir(self.scratch.path()))
        };
        let mut build = evaluate(self.steps.first().expect("an overlay with functions has some"));
        for step in &self.steps[1..] {
            if build.succeeded {
                let stderr = build.stderr;
                build = evaluate(step);
                build.stderr.insert_str(0, &stderr);
            }
        }
        build
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

fn yaml(value: &Value) -> String {
    serde_yaml::to_string(value).expect("a JSON value is YAML")
}
