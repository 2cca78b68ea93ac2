//! What a function does not mean to change leaves as it came: 184 hostile documents, through every way of being called.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use kustomize_tests::{Function, Need, Repository, Runtime, Scratch, hosts, root, tool};

const OVERLAY: &str = "overlay/development/hetzner-k3s-dev";

/// What no version of kustomize can read or write.
const REFUSED_BY_KUSTOMIZE: [&str; 23] = [
    "015-infnan",
    "023-dash-num",
    "039-plain-colon",
    "045-escapes",
    "049-surrogates-escaped",
    "052-del-c1",
    "061-long-key-1100",
    "078-lit-tabs",
    "102-dup-keys",
    "122-keys-true",
    "123-keys-null",
    "124-keys-tilde",
    "125-keys-num",
    "131-keys-date",
    "134-keys-bigint",
    "135-keys-hex",
    "137-key-empty-plain",
    "141-tag-bool",
    "153-tag-directive",
    "160-yaml-directive",
    "161-yaml-directive12",
    "169-json-doc",
    "170-json-surrogates",
];

/// What kustomize and kpt cannot take back from a `ResourceList`, not even from `cat`.
const REFUSED_FROM_LISTS: [&str; 1] = ["127-keys-special"];

/// What kustomize prints in another order each time: keys that are numbers in quotes.
const SHUFFLED_BY_KUSTOMIZE: [&str; 1] = ["126-keys-quoted-num"];

/// What kpt cannot read.
const REFUSED_BY_KPT: [&str; 11] = [
    "023-dash-num",
    "039-plain-colon",
    "045-escapes",
    "049-surrogates-escaped",
    "078-lit-tabs",
    "137-key-empty-plain",
    "153-tag-directive",
    "160-yaml-directive",
    "161-yaml-directive12",
    "169-json-doc",
    "170-json-surrogates",
];

/// What is no YAML at all, and mappings that name a key twice: readers differ in which one counts.
const REFUSED_BY_US: [&str; 3] = ["023-dash-num", "039-plain-colon", "102-dup-keys"];

const CONFIG: &str = "\
apiVersion: replatform.dev/v1alpha1
kind: RouteToIngress
metadata:
  name: route-to-ingress
";

/// A function that has nothing to do with these documents.
fn function() -> Function {
    Function::of_kind("RouteToIngress")
}

struct Document {
    name: String,
    text: String,
}

/// The documents of the shared library's own tests.
fn documents() -> Vec<Document> {
    let entries = fs::read_dir(root().join("functions/krm/tests/yaml-cases")).expect("the library has its test data");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let name = |path: &PathBuf| path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    let read = |path: &PathBuf| fs::read_to_string(path).expect("a document is text");
    let documents: Vec<_> = paths.iter().map(|path| Document { name: name(path), text: read(path) }).collect();
    assert_eq!(documents.len(), 184);
    documents
}

/// The examples with an application `documents`: one directory a document, each with a prefix of its own, because most
/// documents name the same object.
fn repository(documents: &[Document], is_accepted: impl Fn(&str) -> bool) -> Repository {
    let repository = Repository::examples();
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    let configs = format!("{kustomization}resources:\n- route-to-ingress.yaml\n");
    repository.write("transformers/kustomization.yaml", configs);
    let mut application = format!("{kustomization}transformers:\n- ../transformers\nresources:\n");
    for Document { name, text } in documents {
        let base = format!("base/documents/{name}");
        repository.write(format!("{base}/document.yaml"), text);
        let prefixed = format!("{kustomization}namePrefix: d{name}-\nresources:\n- document.yaml\n");
        repository.write(format!("{base}/kustomization.yaml"), prefixed);
        if is_accepted(name) {
            let _ = writeln!(application, "- ../../../../{base}");
        }
    }
    repository.write(format!("{OVERLAY}/documents/kustomization.yaml"), application);
    repository
}

#[test]
fn kustomize_prints_the_same_with_the_function_as_without() {
    let documents = documents();
    let application = format!("{OVERLAY}/documents");
    for host in hosts().iter().filter(|host| host.is_kustomize()) {
        let refused_from_lists: &[_] = if host.runtime() == Runtime::Plugin { &[] } else { &REFUSED_FROM_LISTS };
        let is_accepted =
            |name: &str| !REFUSED_BY_KUSTOMIZE.iter().chain(refused_from_lists).any(|refused| *refused == name);
        let repository = repository(&documents, is_accepted);
        let without = host.build_without_functions(&repository, &application);
        let with = host.build(&repository, &application);
        let (without, with) = (printed(without.expect_success()), printed(with.expect_success()));
        for (without, with) in without.iter().zip(&with) {
            assert_eq!(with, without, "{host}");
        }
        assert_eq!(with.len(), without.len(), "{host}");
        assert!(with.len() >= documents.iter().filter(|document| is_accepted(&document.name)).count(), "{host}");
    }
}

/// The documents of a build; of those that kustomize shuffles the lines in order.
fn printed(text: &str) -> Vec<String> {
    let in_order = |document: &str| {
        let mut lines: Vec<_> = document.lines().collect();
        if SHUFFLED_BY_KUSTOMIZE.iter().any(|name| document.contains(&format!("name: d{name}-"))) {
            lines.sort_unstable();
        }
        lines.join("\n")
    };
    text.split("\n---\n").map(in_order).collect()
}

#[test]
fn hosts_refuse_the_other_documents_without_the_function_too() {
    let documents = documents();
    let repository = repository(&documents, |_| false);
    for kustomize in ["kustomize-5.0.1", "kustomize-5.8.1"] {
        for name in REFUSED_BY_KUSTOMIZE {
            let base = repository.path(format!("base/documents/{name}"));
            let output = Command::new(tool(kustomize)).arg("build").arg(base).output().expect("kustomize starts");
            assert!(!output.status.success(), "{kustomize} accepts {name}");
        }
        for name in REFUSED_FROM_LISTS {
            let cat = CONFIG.to_owned() + "  annotations:\n    config.kubernetes.io/function: 'exec: {path: cat}'\n";
            repository.write("cat/cat.yaml", cat);
            let application = format!("resources:\n- ../base/documents/{name}\ntransformers:\n- cat.yaml\n");
            repository.write("cat/kustomization.yaml", application);
            let mut command = Command::new(tool(kustomize));
            command.args(["build", "--enable-alpha-plugins", "--enable-exec"]).arg(repository.path("cat"));
            assert!(!command.output().expect("kustomize starts").status.success(), "{kustomize} accepts {name}");
        }
    }
    let of_kpt = |document: &&Document| is_refused_by_kpt(document) && Need::Kpt.is_met();
    for document in documents.iter().filter(of_kpt) {
        let scratch = Scratch::new();
        scratch.write("package/document.yaml", &document.text);
        let mut command = Command::new(tool("kpt"));
        command.args(["fn", "eval", "package", "--exec", "cat"]).current_dir(scratch.path());
        assert!(!command.output().expect("kpt starts").status.success(), "kpt accepts {}", document.name);
    }
}

fn is_refused_by_kpt(document: &Document) -> bool {
    let name = document.name.as_str();
    REFUSED_BY_KPT.contains(&name) || REFUSED_FROM_LISTS.contains(&name)
}

/// Runs a program as kpt's function over the documents, each in a file of its own, and tells what is in the files then.
fn evaluated(documents: &[Document], program: &str) -> Vec<String> {
    let scratch = Scratch::new();
    scratch.write("config.yaml", CONFIG);
    for Document { name, text } in documents {
        scratch.write(format!("package/{name}.yaml"), text);
    }
    let mut command = Command::new(tool("kpt"));
    command.args(["fn", "eval", "package", "--fn-config", "config.yaml", "--exec", program]);
    let output = command.current_dir(scratch.path()).output().expect("kpt starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read =
        |Document { name, .. }: &Document| fs::read_to_string(scratch.path().join(format!("package/{name}.yaml")));
    documents.iter().map(|document| read(document).expect("kpt leaves every file")).collect()
}

/// kpt rewrites some files whatever its functions do, so the comparison is with a function that does nothing at all.
#[test]
fn kpt_leaves_the_same_bytes_with_the_function_as_with_cat() {
    if !Need::Kpt.is_met() {
        return;
    }
    let mut documents = documents();
    documents.retain(|document| !is_refused_by_kpt(document) && !REFUSED_BY_US.contains(&document.name.as_str()));
    let program = function().program();
    let with_function = evaluated(&documents, &program.to_string_lossy());
    let with_cat = evaluated(&documents, "cat");
    for ((document, ours), theirs) in documents.iter().zip(with_function).zip(with_cat) {
        assert_eq!(ours, theirs, "{}", document.name);
    }
}

fn call(command: &mut Command, stdin: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the function starts");
    // Small enough for the pipe: neither end waits for the other.
    child.stdin.take().expect("it is piped").write_all(stdin.as_bytes()).expect("the function reads its input");
    child.wait_with_output().expect("the function ends")
}

/// All or nothing: the same bytes, or a failure and no output.
fn passes(document: &Document, output: &Output, expected: &str) -> bool {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        assert_eq!(stdout, expected, "{}", document.name);
    } else {
        assert_eq!(stdout, "", "{}: {stderr}", document.name);
        assert_eq!(stderr.lines().count(), 1, "{}: {stderr}", document.name);
    }
    output.status.success()
}

#[test]
fn the_program_passes_every_document_on_unless_it_is_not_yaml() {
    let program = function().program();
    let scratch = Scratch::new();
    scratch.write("config.yaml", CONFIG);
    let config = scratch.path().join("config.yaml");
    let mut refused = Vec::new();
    for document in documents() {
        let text = document.text.as_str();
        scratch.write("manifest.yaml", text);
        let manifest = scratch.path().join("manifest.yaml");
        let plugin = call(Command::new(&program).arg(&config).env("KUSTOMIZE_PLUGIN_CONFIG_ROOT", "."), text);
        let stdin = call(Command::new(&program).arg("--config").arg(&config).arg("-"), text);
        let file = call(Command::new(&program).arg("--config").arg(&config).arg(&manifest), "");
        let passed = [plugin, stdin, file].map(|output| passes(&document, &output, text));
        assert!(passed == [true; 3] || passed == [false; 3], "{}: {passed:?}", document.name);
        if passed == [false; 3] {
            refused.push(document.name);
        }
    }
    assert_eq!(refused, REFUSED_BY_US);
}

/// The document as an item of a list whose lines are indented like this.
fn list(text: &str, dash: &str, indent: &str) -> String {
    let mut list = String::from("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n");
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let is_blank = line.trim_end_matches(['\r', '\n']).is_empty();
        list.push_str(if index == 0 {
            dash
        } else if is_blank {
            ""
        } else {
            indent
        });
        list.push_str(line);
    }
    if !list.ends_with('\n') {
        list.push('\n');
    }
    let config = CONFIG.lines().fold(String::new(), |config, line| config + "  " + line + "\n");
    list + "functionConfig:\n" + &config
}

#[test]
fn the_program_passes_every_list_on_that_it_can_read() {
    let program = function().program();
    let mut passed = 0;
    let mut refused = Vec::new();
    for document in documents() {
        for (dash, indent) in [("- ", "  "), ("  - ", "    "), ("-   ", "    ")] {
            let input = list(&document.text, dash, indent);
            if passes(&document, &call(&mut Command::new(&program), &input), &input) {
                passed += 1;
            } else {
                refused.push(document.name.clone());
            }
        }
    }
    refused.dedup();
    // What cannot be an item in this way: several documents, directives, byte order marks, tabs.
    insta::assert_snapshot!(refused.join("\n"));
    assert!(passed >= 3 * (184 - refused.len()), "{passed}");
}
