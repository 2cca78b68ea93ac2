//! The generated parts of the project's README and of the examples, and what catalogs of functions read.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use krm::golden::{check_file, check_section};
use krm::program::Program;
use replatform::{COMMANDS, FUNCTIONS, REPOSITORY, image, of_applications, pipeline};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The functions as a Markdown table.
fn functions_table() -> String {
    let mut table = "| Function | Kind | What it does |\n| --- | --- | --- |\n".to_owned();
    for program in FUNCTIONS {
        let (name, kind) = (program.name(), program.kind());
        let _ = writeln!(table, "| [`{name}`](functions/{name}) | `{kind}` | {} |", program.about());
    }
    table
}

/// The commands of the program as a Markdown table.
fn commands_table() -> String {
    let mut table = "| Command | What it does |\n| --- | --- |\n".to_owned();
    for command in COMMANDS.iter().map(|command| command.command()) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(table, "| `replatform {}` | {about}. |", command.get_name());
    }
    table
}

/// A Component that gives every config of a function an annotation, which says how to run the function.
fn runtime(about: &str, annotation: impl Fn(&str) -> String) -> String {
    let mut component = format!("{about}apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n");
    let pipeline = pipeline();
    for program in FUNCTIONS.iter().copied().chain([&pipeline as &dyn Program]) {
        let kind = program.kind();
        let _ = write!(
            component,
            "- target: {{kind: {kind}}}\n  patch: |\n    kind: {kind}\n    metadata:\n      name: any\n      annotations:\n        \
             config.kubernetes.io/function: \"{}\"\n",
            annotation(program.name())
        );
    }
    component
}

/// One test, because several sections are changes of the same file.
#[test]
fn the_readme_says_what_the_code_does() {
    let readme = root().join("README.md");
    let case = root().join("functions/route-to-ingress/cases/example");
    for (mark, file) in [("before", "input.yaml"), ("after", "expected.yaml")] {
        let text = std::fs::read_to_string(case.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        check_section(&readme, mark, &format!("```yaml\n{text}```\n"));
    }
    check_section(&readme, "functions", &functions_table());
    check_section(&readme, "commands", &commands_table());
    check_section(&readme, "rules", &krm::docs::common_rules_table());
    check_section(&readme, "options", &krm::docs::common_options_table());
}

/// Who assesses a repository sees what the functions say that `replatform init` wires later.
#[test]
fn the_pages_on_assessing_run_what_init_wires() {
    for page in ["docs/pages/assess.md", "README.md"] {
        let text = std::fs::read_to_string(root().join(page)).expect("the page is there");
        let pipeline = text.split("```").find(|block| block.contains("kind: Pipeline")).expect("it has a Pipeline");
        let kinds: Vec<_> = pipeline.lines().filter_map(|line| line.strip_prefix("  - kind: ")).collect();
        assert_eq!(kinds, of_applications().map(Program::kind).collect::<Vec<_>>(), "{page}");
    }
}

#[test]
fn the_page_of_concepts_names_every_function() {
    let page = std::fs::read_to_string(root().join("docs/pages/concepts.md")).expect("the page is there");
    let missing: Vec<_> =
        FUNCTIONS.iter().map(|one| one.name()).filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_runtime_runs_every_function() {
    let runtimes = root().join("examples/transformers/runtime");
    let exec = runtime(
        "# Runs each function as a program found on PATH. Needs the flags --enable-alpha-plugins --enable-exec. Standalone\n\
         # kustomize has both, kubectl only the first: without --enable-exec both skip the functions without a word.\n",
        |name| format!("exec: {{path: {name}}}"),
    );
    check_file(&runtimes.join("exec/kustomization.yaml"), &exec);
    let container = runtime(
        "# Runs each function as a container, by the program `docker`. Needs the flag --enable-alpha-plugins.\n",
        |name| format!("container: {{image: '{}'}}", replatform::released_image(name)),
    );
    check_file(&runtimes.join("container/kustomization.yaml"), &container);
}

/// What the catalog of krm-functions wants to know of a function, in the form of its `metadata.yaml`.
fn metadata(program: &dyn Program) -> String {
    let name = program.name();
    // kpt's words for the two lists of a pipeline.
    let tag = if program.spec_schema()["properties"].get("wiredAs").is_some() { "validator" } else { "mutator" };
    let of_main = |path: &str| format!("{REPOSITORY}/tree/main/{path}");
    let kptfile = std::fs::read_to_string(root().join("examples/kpt/Kptfile")).expect("the examples have a Kptfile");
    let package = kptfile.contains(&format!("exec: {name}\n")).then(|| "examples/kpt".to_owned());
    let case = Some(format!("functions/{name}/cases/example")).filter(|case| root().join(case).is_dir());
    let mut examples: Vec<_> = package.into_iter().chain(case).collect();
    if examples.is_empty() {
        examples.push(format!("functions/{name}/cases"));
    }
    let examples: String = examples.iter().map(|path| format!("  - {}\n", of_main(path))).collect();
    format!(
        "# Written by a test of the package replatform, in the form of the catalog of krm-functions.\n\
         image: {}\ndescription: {}\ntags:\n  - {tag}\nsourceURL: {}\nexamplePackageURLs:\n{examples}license: Apache-2.0\n",
        image(name),
        serde_json::Value::from(program.about()),
        of_main(&format!("functions/{name}")),
    )
}

#[test]
fn every_function_has_metadata_for_catalogs() {
    for program in FUNCTIONS {
        check_file(&root().join("functions").join(program.name()).join("metadata.yaml"), &metadata(*program));
    }
}
