//! What a program does with the objects it is given.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde_json::Value;

use super::diff;
use super::manifests::Files;
use super::outcome::{Failure, Prepared};
use crate::finding::Finding;
use crate::program::{self, Program, Verdict};
use crate::resource_list::{Misread, Resources};
use crate::rule::CommonRule;
use crate::yaml::Tree;

/// Works on a `ResourceList`.
pub(super) fn run_list(program: &dyn Program, stdin: Vec<u8>) -> Result<Prepared, Failure> {
    let resources = Resources::from_list(text_of(stdin, "standard input")?)?;
    let config = resources.function_config();
    run_on(program, resources, config.as_ref(), None)
}

/// Works as a kustomize exec plugin: the config in a file, bare documents on standard input.
pub(super) fn run_plugin(program: &dyn Program, config: &Path, stdin: Vec<u8>) -> Result<Prepared, Failure> {
    let config = read_config(config)?;
    let resources = Resources::from_streams(vec![(None, text_of(stdin, "standard input")?)])?;
    run_on(program, resources, Some(&config), None)
}

/// What a person asks for who gives manifests in files.
pub(super) struct Request<'r> {
    /// The file with the config.
    pub(super) config: Option<&'r Path>,
    /// Files, directories and patterns; `-` is standard input, as is nothing.
    pub(super) files: &'r [PathBuf],
    /// Whether the outcome is what would change, instead of the manifests.
    pub(super) is_diff: bool,
    /// All arguments.
    pub(super) arguments: &'r ArgMatches,
    /// What else than a file may be meant by a word.
    pub(super) words: &'r dyn Fn() -> Vec<String>,
}

/// Works on manifests in files.
pub(super) fn run_files(
    program: &dyn Program,
    request: &Request<'_>,
    stdin: Option<Vec<u8>>,
) -> Result<Prepared, Failure> {
    let config = request.config.map(read_config).transpose()?;
    let standard_input = [PathBuf::from("-")];
    let is_generator = program.is_generator(config.as_ref());
    let has_none = is_generator && stdin.is_none();
    let files = if request.files.is_empty() && !has_none { &standard_input } else { request.files };
    let Files { files, skipped, .. } = Files::find(files, request.words)?;
    let resources = Resources::from_streams(read_files(&files, stdin)?)?;
    if !is_generator && resources.iter().next().is_none() {
        // In a shell's pipe this is often all that tells of a build that failed.
        return Err(Failure::input(NO_OBJECT));
    }
    run_on(program, resources, config.as_ref(), Some(Given { request, skipped }))
}

fn read_files(files: &[PathBuf], stdin: Option<Vec<u8>>) -> Result<Vec<(Option<String>, String)>, Failure> {
    let is_terminal = || Failure::input("standard input is a terminal; name the files to work on");
    let mut stdin = Some(stdin.ok_or_else(is_terminal));
    let mut texts = Vec::with_capacity(files.len());
    for file in files {
        if file == Path::new("-") {
            let bytes = stdin.take().unwrap_or_else(|| Err(Failure::input("`-` can be given once only")))?;
            texts.push((None, text_of(bytes, "standard input")?));
        } else {
            let name = file.display().to_string();
            let bytes =
                std::fs::read(file).map_err(|error| Failure::input(format!("{name} cannot be read: {error}")))?;
            texts.push((Some(name.clone()), text_of(bytes, &name)?));
        }
    }
    Ok(texts)
}

const NO_OBJECT: &str =
    "the manifests hold no object, and hosts delete what a build does not name; look at what wrote them";

fn read_config(path: &Path) -> Result<Value, Failure> {
    let name = path.display();
    let bytes =
        std::fs::read(path).map_err(|error| Failure::config(format!("the config {name} cannot be read: {error}")))?;
    let tree = Tree::parse(text_of(bytes, "the config")?)
        .map_err(|error| Failure::config(format!("the config {name} is not YAML: {error}")))?;
    let mut roots = tree.documents().iter().map(|document| document.root).filter(|root| !tree.is_empty(*root));
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(tree.value(root)),
        (None, _) => Err(Failure::config(format!("the config {name} is empty; give apiVersion, kind and spec"))),
        (Some(_), Some(second)) => {
            let line = tree.line(second);
            Err(Failure::config(format!(
                "the config {name} holds a second document in line {line}; give one config only"
            )))
        }
    }
}

fn text_of(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let is_utf16 = matches!(error.as_bytes(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        let hint = if is_utf16 { "; it looks like UTF-16: save it as UTF-8" } else { "" };
        Failure::input(format!("{name} is not UTF-8 text, from byte {at} on{hint}"))
    })
}

/// What comes with manifests that a person gives.
struct Given<'r> {
    request: &'r Request<'r>,
    skipped: Vec<Finding>,
}

/// Runs a program on objects.
fn run_on(
    program: &dyn Program,
    mut resources: Resources,
    config: Option<&Value>,
    given: Option<Given<'_>>,
) -> Result<Prepared, Failure> {
    let options = program.read(config)?;
    let request = given.as_ref().map(|given| given.request);
    // Hosts send objects only; people may name any file.
    let mut overlooked = if request.is_some() { no_objects(&resources) } else { Vec::new() };
    overlooked.extend(given.into_iter().flat_map(|given| given.skipped));
    let arguments = request.map(|request| request.arguments);
    let mut verdict = program.run(program::Call { options, arguments, accepted: Vec::new() }, &mut resources)?;
    verdict.findings.extend(overlooked.into_iter().map(|finding| (program.name(), finding)));
    verdict.findings.sort_by_key(|(_, finding)| finding.severity());
    let mut outcome = finish(&resources, verdict)?;
    if request.is_some_and(|request| request.is_diff) {
        let diff = if outcome.succeeded { diff::unified(&resources.written()) } else { String::new() };
        outcome.stdout = diff.into();
    }
    // The process is about to end; freeing millions of values first would take a good part of its time.
    std::mem::forget(resources);
    Ok(outcome)
}

/// What is in the manifests and no function looks at.
fn no_objects(resources: &Resources) -> Vec<Finding> {
    let told = resources.no_objects().map(|(item, line)| {
        let message = format!("line {line} begins something without a kind or a name, which no function looks at");
        Finding::new(CommonRule::NoObject, message).on(item)
    });
    told.collect()
}

/// Writes what a program leads to: all objects, or as they came if anything is wrong.
fn finish(resources: &Resources, verdict: Verdict) -> Result<Prepared, Failure> {
    let succeeded = verdict.succeeded;
    let results: Vec<_> = verdict.findings.iter().map(|(_, finding)| finding).collect();
    let stdout = if verdict.returns_nothing {
        resources.write_nothing(&results)
    } else if succeeded {
        let misread = |misread: Misread| Failure::fault(misread.to_string());
        resources.write(&results).map_err(misread)?
    } else {
        resources.write_as_they_came(&results)
    };
    Ok(Prepared::new(stdout, verdict.findings, succeeded))
}
