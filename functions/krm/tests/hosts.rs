//! The ways of being called, tried with small functions: one that changes nothing unless told so, one that checks.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use clap::{Arg, ArgMatches};
use krm::config::ConfigError;
use krm::finding::{Finding, Findings};
use krm::function::{Function, Role};
use krm::host::{Call, Outcome, run};
use krm::resource_list::{Referent, Resources};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    /// What to do with every ConfigMap.
    action: Action,
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Action {
    #[default]
    Nothing,
    Label,
    Replace,
    Remove,
    Add,
    Warn,
    Fail,
    Panic,
    Refer,
}

krm::rules! {
    /// What the functions report.
    enum Rule {
        /// A ConfigMap looks odd.
        Odd("odd", Warning, Acceptable, "Look at it."),
        /// A ConfigMap is wrong.
        Wrong("wrong", Error, Binding, "Make it right."),
        /// A fact about a ConfigMap.
        Fact("fact", Info, Binding, "Nothing is to be done."),
    }
}

struct Example;

impl Function for Example {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = "example";
    const KIND: &'static str = "Example";
    const VERSION: &'static str = "1.2.3";
    const ABOUT: &'static str = "Shows how the library behaves.";
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = EXAMPLES;

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        act(spec, resources, findings);
        Ok(())
    }
}

const EXAMPLES: &str = "rule\tcase\tfinding\nodd\tone\twarning: ConfigMap a: looks odd; look at it [odd]\n";

struct Check;

fn word() -> Arg {
    Arg::new("word").long("word").value_name("WORD").help("A word that only a person can give")
}

impl Function for Check {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = "check";
    const KIND: &'static str = "Check";
    const VERSION: &'static str = "1.2.3";
    const ABOUT: &'static str = "Shows how a checking function behaves.";
    const ROLE: Role = Role::Validator;
    const RULE_EXAMPLES: &'static str = EXAMPLES;

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        act(spec, resources, findings);
        Ok(())
    }

    fn arguments() -> Vec<Arg> {
        vec![word()]
    }

    fn run_on_files(
        spec: &Spec,
        arguments: &ArgMatches,
        resources: &mut Resources,
        findings: &mut Findings,
    ) -> Result<(), ConfigError> {
        match arguments.get_one::<String>("word").map(String::as_str) {
            Some("wrong") => Err(ConfigError::new("--word", "`wrong` must be right")),
            Some(word) => {
                findings.push(Finding::new(Rule::Odd, format!("was told `{word}`")));
                Self::run(spec, resources, findings)
            }
            None => Self::run(spec, resources, findings),
        }
    }
}

fn act(spec: &Spec, resources: &mut Resources, findings: &mut Findings) {
    for id in resources.ids_of("", "ConfigMap") {
        let reference = resources.get(id).reference();
        let companion = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": reference.name}});
        match spec.action {
            Action::Nothing => {}
            Action::Label => resources.edit(id)["metadata"]["labels"] = json!({"seen": "yes"}),
            Action::Replace => resources.replace(id, companion),
            Action::Remove => resources.remove(id),
            Action::Add => resources.add_beside(id, companion),
            Action::Warn => {
                findings.push(Finding::new(Rule::Odd, "looks odd; look at it").on(reference).at("data.a").current("x"));
            }
            Action::Fail => {
                resources.edit(id)["data"] = json!({});
                findings.push(Finding::new(Rule::Fact, "a fact").on(reference.clone()));
                findings.push(Finding::new(Rule::Wrong, "is wrong; make it right").on(reference));
            }
            Action::Panic => panic!("over\nboard"),
            Action::Refer => {
                let found = match resources.referent(id, "", "Service", "web") {
                    Referent::Found(service) => resources.get(service).name().to_owned(),
                    other => format!("{other:?}"),
                };
                findings.push(Finding::new(Rule::Fact, format!("refers to {found}")).on(reference));
            }
        }
    }
}

fn list(items: &str, action: &str) -> String {
    let config = format!(
        "functionConfig:\n  apiVersion: replatform.dev/v1alpha1\n  kind: Example\n  metadata:\n    name: x\n  spec:\n    action: {action}\n"
    );
    format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}{config}")
}

const CONFIG_MAP: &str = "- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a # a name\n  data: {a: 0644}\n";

fn call<F: Function>(arguments: &[&str], stdin: &str) -> Outcome {
    let arguments = std::iter::once("program").chain(arguments.iter().copied()).map(OsString::from).collect();
    run::<F>(Call { arguments, is_plugin: false, stdin: Some(stdin.as_bytes().to_vec()) })
}

#[test]
fn a_change_touches_only_its_field_and_is_told() {
    let outcome = call::<Example>(&[], &list(CONFIG_MAP, "label"));
    assert!(outcome.succeeded);
    insta::assert_snapshot!(outcome.stdout, @r#"
    apiVersion: config.kubernetes.io/v1
    kind: ResourceList
    items:
    - apiVersion: v1
      kind: ConfigMap
      metadata:
        name: a # a name
        labels:
          seen: "yes"
      data: {a: 0644}
    functionConfig:
      apiVersion: replatform.dev/v1alpha1
      kind: Example
      metadata:
        name: x
      spec:
        action: label
    results:
    - message: added
      severity: info
      resourceRef:
        apiVersion: v1
        kind: ConfigMap
        name: a
      field:
        path: metadata.labels
        proposedValue:
          seen: "yes"
      tags:
        rule: added
    "#);
    assert_eq!(outcome.stderr, "example: info: ConfigMap a: metadata.labels: added\n");
}

#[test]
fn a_replacement_keeps_its_place_and_a_companion_only_what_renames_it() {
    let annotated = CONFIG_MAP.replace(
        "    name: a # a name\n",
        "    name: p-a\n    annotations:\n      internal.config.kubernetes.io/previousKinds: ConfigMap,ConfigMap\n      internal.config.kubernetes.io/previousNames: a,a\n      internal.config.kubernetes.io/prefixes: p-\n      internal.config.kubernetes.io/needsHashSuffix: enabled\n      config.kubernetes.io/index: '0'\n      internal.config.kubernetes.io/id: '1'\n      config.k8s.io/id: '1'\n      mine: '1'\n",
    );
    let replaced = call::<Example>(&[], &list(&annotated, "replace")).stdout;
    insta::assert_snapshot!(replaced.split("functionConfig").next().unwrap_or_default(), @r#"
    apiVersion: config.kubernetes.io/v1
    kind: ResourceList
    items:
    - apiVersion: v1
      kind: Pod
      metadata:
        name: p-a
        annotations:
          internal.config.kubernetes.io/previousKinds: Pod,Pod
          internal.config.kubernetes.io/previousNames: a,a
          internal.config.kubernetes.io/prefixes: p-
          config.kubernetes.io/index: "0"
    "#);
    let beside = call::<Example>(&[], &list(&annotated, "add")).stdout;
    assert!(beside.contains(&annotated), "the object itself stays as it came");
    assert!(beside.contains("- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p-a\n    annotations:\n      internal.config.kubernetes.io/prefixes: p-\nfunctionConfig"));
}

#[test]
fn an_error_leaves_every_object_as_it_came() {
    let input = list(CONFIG_MAP, "fail");
    let outcome = call::<Example>(&[], &input);
    assert!(!outcome.succeeded);
    assert!(outcome.stdout.starts_with(&input));
    assert_eq!(
        outcome.stderr,
        "example: error: ConfigMap a: is wrong; make it right [wrong]\nexample: info: ConfigMap a: a fact\n"
    );
    assert!(outcome.stdout.contains("results:\n- message: is wrong; make it right\n  severity: error\n"));
}

#[test]
fn warnings_fail_only_strict_builds_and_reports_can_be_shortened() {
    let input = list(CONFIG_MAP, "warn");
    assert!(call::<Example>(&[], &input).succeeded);
    let strict = call::<Example>(&[], &format!("{input}    strict: true\n"));
    assert!(!strict.succeeded);
    assert_eq!(strict.stderr, "example: error: ConfigMap a: data.a: looks odd; look at it [odd]\n");
    let quiet = call::<Example>(&[], &format!("{input}    report: Error\n"));
    assert_eq!((quiet.stderr.as_str(), quiet.stdout), ("", format!("{input}    report: Error\n")));
}

#[test]
fn nothing_leaves_when_the_input_is_no_list_or_the_function_breaks() {
    let cases = [
        (
            "",
            "error: standard input must hold a ResourceList of config.kubernetes.io, it is empty; give plain manifests as files, or `-` for standard input",
        ),
        (
            "kind: Pod\n",
            "error: standard input must hold a ResourceList of config.kubernetes.io, it holds something else; give plain manifests as files, or `-` for standard input",
        ),
        ("a: [\n", "error: the input is not YAML: line 1, column 4: unclosed bracket '['"),
        (&list(CONFIG_MAP, "panic"), "error: internal error, nothing was written [internal-error]"),
        (&list(CONFIG_MAP, "lable"), "error: functionConfig: spec.action: `lable` must be one of `nothing`, `label`"),
        (
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: {}\n",
            "error: `items` of the ResourceList must be a list",
        ),
        (
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nresults: &r []\nitems: *r\n",
            "error: `results` of the ResourceList holds a YAML anchor that is used elsewhere",
        ),
    ];
    for (input, expected) in cases {
        let outcome = call::<Example>(&[], input);
        assert!(!outcome.succeeded, "{input}");
        assert_eq!(outcome.stdout, "", "{input}");
        assert!(outcome.stderr.starts_with(&format!("example: {expected}")), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }
    let outcome =
        run::<Example>(Call { arguments: vec!["example".into()], is_plugin: false, stdin: Some(vec![b'a', 0xff]) });
    assert_eq!(outcome.stderr, "example: error: standard input is not UTF-8 text, from byte 1 on [invalid-input]\n");
    let utf_16 = Some(vec![0xff, 0xfe, b'a', 0]);
    let outcome = run::<Example>(Call { arguments: vec!["example".into()], is_plugin: false, stdin: utf_16 });
    assert!(outcome.stderr.contains("from byte 0 on; it looks like UTF-16: save it as UTF-8"), "{}", outcome.stderr);
}

/// However an object is written that Go programs read as `ConfigMap apps/a`, it is that object here.
#[test]
fn an_object_is_the_same_however_it_is_written() {
    let spellings = [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: apps}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  <<: {name: a, namespace: other}\n  namespace: apps\n",
        "<<: {kind: ConfigMap, apiVersion: v1}\nmetadata: {name: a, namespace: apps}\n",
        "<<: [{kind: ConfigMap}, {kind: Other, apiVersion: v1}]\nmetadata: {name: a, namespace: apps}\n",
        "apiVersion: &v v1\nkind: &k ConfigMap\nmetadata: &m {name: a, namespace: apps}\nagain: [*v, *k, *m]\n",
        "spare: &m {name: a, namespace: apps}\nkind: ConfigMap\napiVersion: v1\nmetadata: *m\n",
        "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: apps}}\n",
        "kind: List\nx: &x\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: apps}}\nitems: *x\n",
        "kind: List\n<<: {items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: apps}}]}\n",
        "kind: List\nitems: [&x {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: apps}}]\n",
        "kind: ConfigMapList\napiVersion: v1\nitems:\n- metadata: {name: a, namespace: apps}\n",
        "kind: ConfigMapList\napiVersion: v1\nitems:\n- {kind: ConfigMap, apiVersion: v1, metadata: {name: a, namespace: apps}}\n",
        "apiVersion: v1\rkind: ConfigMap # c\rmetadata:\r  name: a\r  namespace: apps\r",
        "apiVersion: v1 # c\u{85}kind: ConfigMap\u{85}metadata:\u{2028}  name: a\u{2029}  namespace: apps\n",
    ];
    let config = temporary("warn.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  action: warn\n");
    for spelling in spellings {
        let outcome = call::<Example>(&["--config", &config, "-"], spelling);
        let expected = "example: warning: ConfigMap apps/a: data.a: looks odd; look at it [odd]\n";
        assert_eq!((outcome.stderr.as_str(), outcome.stdout.as_str()), (expected, spelling), "{spelling}");
        // Whether it can be changed there or not, it is not passed over.
        for action in ["label", "replace", "remove"] {
            let config = temporary(action, &format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  action: {action}\n"));
            let outcome = call::<Example>(&["--config", &config, "-"], spelling);
            assert!(outcome.succeeded != (outcome.stdout == spelling), "{action}: {spelling}{}", outcome.stderr);
            assert!(!outcome.stderr.contains("internal error"), "{action}: {spelling}{}", outcome.stderr);
        }
    }
}

#[test]
fn an_object_whose_name_is_generated_is_seen_but_not_meant_by_references() {
    let generated = CONFIG_MAP.replace("name: a # a name", "generateName: a-");
    let outcome = call::<Example>(&[], &list(&generated, "warn"));
    assert!(outcome.stderr.starts_with("example: warning: ConfigMap a-: data.a:"), "{}", outcome.stderr);
    let service = "- apiVersion: v1\n  kind: Service\n  metadata: {generateName: web}\n";
    let outcome = call::<Example>(&[], &list(&format!("{CONFIG_MAP}{service}"), "refer"));
    assert!(outcome.stderr.contains("refers to Missing"), "{}", outcome.stderr);
}

#[test]
fn an_item_of_a_typed_list_is_changed_without_a_type_of_its_own() {
    let typed = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata:\n    name: a\n";
    let config = temporary("typed.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  action: label\n");
    let outcome = call::<Example>(&["--config", &config, "-"], typed);
    assert_eq!(outcome.stdout, format!("{typed}    labels:\n      seen: \"yes\"\n"));
}

#[test]
fn a_config_is_exactly_one_document() {
    let config = "apiVersion: v1\nkind: ConfigMap\ndata: {action: fail}\n";
    let manifest = CONFIG_MAP.replace("- api", "  api").replace("\n  ", "\n").replacen("  ", "", 1);
    for (text, expected) in [
        (config.to_owned(), "ConfigMap a: is wrong"),
        (format!("---\n# c\n---\n{config}---\n"), "ConfigMap a: is wrong"),
        (format!("{config}---\n{config}"), "config.yaml holds a second document in line 5; give one config only"),
        (String::new(), "config.yaml is empty; give apiVersion, kind and spec"),
        ("# c\n---\n".to_owned(), "config.yaml is empty; give apiVersion, kind and spec"),
        ("text\n".to_owned(), "functionConfig: must be a mapping with apiVersion"),
    ] {
        let file = temporary("config.yaml", &text);
        let outcome = call::<Example>(&["--config", &file, "-"], &manifest);
        assert!(!outcome.succeeded && outcome.stderr.contains(expected), "{text}: {}", outcome.stderr);
    }
}

#[test]
fn the_config_of_a_plugin_is_a_regular_file() {
    let arguments = ["/plugins/Example", env!("CARGO_TARGET_TMPDIR")].map(OsString::from).to_vec();
    let outcome = run::<Example>(Call { arguments, is_plugin: true, stdin: Some(Vec::new()) });
    assert!(!outcome.succeeded && outcome.stderr.contains("is no regular file [invalid-config]"), "{}", outcome.stderr);
}

#[test]
fn what_is_no_object_is_told_to_people_and_passes() {
    let config = temporary("look.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {action: nothing}\n");
    let manifests = "kind: A\nmetadata: {name: a}\n---\ntext\n---\n---\n- a\n---\nkind: B\n---\nmetadata: {name: c}\n";
    let outcome = call::<Example>(&["--config", &config, "-"], manifests);
    let lines: Vec<_> =
        outcome.stderr.lines().map(|line| line.split_once("line ").map_or("", |(_, line)| line)).collect();
    let starts: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert_eq!((starts, outcome.stdout.as_str()), (vec!["4", "7", "9", "11"], manifests), "{}", outcome.stderr);
    assert!(outcome.succeeded && outcome.stderr.contains("[no-object]"), "{}", outcome.stderr);
    let arguments = ["/plugins/Example", &config].map(OsString::from).to_vec();
    let plugin = Call { arguments, is_plugin: true, stdin: Some(manifests.as_bytes().to_vec()) };
    assert_eq!(run::<Example>(plugin).stderr, "");
}

#[test]
fn a_finding_is_one_line_whatever_the_names_in_it() {
    let odd = CONFIG_MAP.replace("name: a # a name", r#"name: "p\e[31m\nfake: error: x\L""#);
    let outcome = call::<Example>(&[], &list(&odd, "warn"));
    let expected =
        "example: warning: ConfigMap p\\u{1b}[31m\\nfake: error: x\\u{2028}: data.a: looks odd; look at it [odd]\n";
    assert_eq!(outcome.stderr, expected);
}

#[test]
fn a_build_is_never_emptied() {
    let outcome = call::<Example>(&[], &list(CONFIG_MAP, "remove"));
    assert!(!outcome.succeeded);
    assert!(outcome.stdout.contains("name: a # a name"));
    assert!(outcome.stderr.contains("nothing is left of this build"));
    let local =
        "- kind: Tool\n  metadata: {name: t, annotations: {config.kubernetes.io/local-config: \"true\"}}\n- text\n";
    let outcome = call::<Example>(&[], &list(&format!("{CONFIG_MAP}{local}"), "remove"));
    assert!(outcome.stderr.contains("nothing is left of this build"), "{}", outcome.stderr);
    let two = list(&format!("{CONFIG_MAP}- kind: Kept\n  metadata:\n    name: k\n"), "remove");
    let outcome = call::<Example>(&[], &two);
    assert!(outcome.succeeded);
    assert!(
        outcome.stdout.contains("items:\n- kind: Kept\n  metadata:\n    name: k\nfunctionConfig"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn validators_return_nothing_only_when_told_so() {
    let check = |wiring: &str, action: &str| {
        let input = list(CONFIG_MAP, action).replace("kind: Example", "kind: Check");
        call::<Check>(&[], &format!("{input}    wiredAs: {wiring}\n"))
    };
    assert!(check("Transformers", "warn").stdout.contains("name: a # a name"));
    let silent = check("Validators", "warn");
    assert!(silent.succeeded);
    assert!(silent.stdout.starts_with(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nresults:\n- message: looks odd"
    ));
    assert!(!check("Validators", "fail").succeeded);
    let transformer = call::<Example>(&[], &format!("{}    wiredAs: Validators\n", list(CONFIG_MAP, "nothing")));
    assert!(transformer.stderr.contains("spec.wiredAs: is no option of this function"));
}

#[test]
fn objects_of_tools_pass_unseen() {
    let local = CONFIG_MAP.replace(
        "    name: a # a name\n",
        "    name: a\n    annotations:\n      config.kubernetes.io/local-config: \"true\"\n",
    );
    let nameless = "- metadata:\n    annotations:\n      config.kubernetes.io/path: kustomization.yaml\n  resources: []\n- null\n- text\n";
    let input = list(&(local + nameless), "fail");
    assert_eq!(
        call::<Example>(&[], &input),
        Outcome { stdout: input, stderr: String::new(), findings: Vec::new(), succeeded: true }
    );
    // kustomize sends the functionConfig itself as the only item of an empty build.
    let lone = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: x\n  data:\n    action: fail\nfunctionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: x\n  data:\n    action: fail\n";
    assert_eq!(
        call::<Example>(&[], lone),
        Outcome { stdout: lone.to_owned(), stderr: String::new(), findings: Vec::new(), succeeded: true }
    );
}

#[test]
fn objects_in_lists_are_objects_too() {
    let wrapped = "- apiVersion: v1\n  kind: List\n  items:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata:\n      name: a\n  - apiVersion: v1\n    kind: Other\n    metadata:\n      name: b\n";
    let outcome = call::<Example>(&[], &list(wrapped, "label"));
    assert!(
        outcome.stdout.contains("      name: a\n      labels:\n        seen: \"yes\"\n  - apiVersion"),
        "{}",
        outcome.stdout
    );
    let outcome = call::<Example>(&[], &list(wrapped, "remove"));
    assert!(outcome.stdout.contains("  items:\n  - apiVersion: v1\n    kind: Other\n"), "{}", outcome.stdout);
}

#[test]
fn references_find_renamed_objects() {
    let item = |kind: &str, name: &str, previous: &str, prefix: &str| {
        let mut item = format!("- apiVersion: v1\n  kind: {kind}\n  metadata:\n    name: {name}\n    annotations:\n");
        let _ = write!(
            item,
            "      internal.config.kubernetes.io/previousNames: {previous}\n      internal.config.kubernetes.io/prefixes: {prefix}\n"
        );
        item
    };
    let two = item("Service", "a-web", "web", "a-") + &item("Service", "b-web", "web", "b-");
    let refer = |items: &str| call::<Example>(&[], &list(items, "refer")).stderr;
    assert!(refer(&(item("ConfigMap", "b-c", "c", "b-") + &two)).contains("refers to b-web"));
    assert!(refer(&(item("ConfigMap", "c", "c", "z-") + &two)).contains("refers to Ambiguous"));
    assert!(refer(CONFIG_MAP).contains("refers to Missing"));
}

#[test]
fn help_version_and_schema_need_no_input() {
    let help = call::<Example>(&["--help"], "");
    assert!(help.succeeded);
    insta::assert_snapshot!(help.stdout);
    assert_eq!(call::<Example>(&["--version"], "").stdout, "example 1.2.3\n");
    let schema = call::<Check>(&["schema"], "").stdout;
    insta::assert_snapshot!(schema);
    let short = call::<Example>(&["-h"], "");
    insta::assert_snapshot!(short.stdout);
    let terminal = run::<Example>(Call { arguments: vec!["example".into()], is_plugin: false, stdin: None });
    assert_eq!(terminal, short);
    let wrong = call::<Example>(&["--confg"], "");
    assert!(!wrong.succeeded && wrong.stdout.is_empty() && wrong.stderr.contains("--confg"));
}

#[test]
fn help_is_a_word_and_a_mistake_gets_a_suggestion() {
    assert_eq!(call::<Example>(&["help"], "").stdout, call::<Example>(&["--help"], "").stdout);
    assert!(call::<Example>(&["help", "explain"], "").stdout.contains("Usage: example explain [RULE]"));
    for (word, said) in [
        ("--difff", "a similar argument exists: '--diff'"),
        ("expalin", "did you mean `explain`?"),
        ("halp", "did you mean `help`?"),
    ] {
        let outcome = call::<Example>(&[word], "");
        assert!(!outcome.succeeded && outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    let file = temporary("suggested.yaml", "");
    let outcome = call::<Example>(&[&file.replace("suggested", "sugested")], "");
    assert!(outcome.stderr.contains(&format!("did you mean `{file}`?")), "{}", outcome.stderr);
    let outcome = call::<Example>(&["nothing-like-it.yaml"], "");
    assert!(outcome.stderr.contains("cannot be read: No such file") && !outcome.stderr.contains("mean"));
}

/// A directory with these files.
fn tree(name: &str, files: &[(&str, &str)]) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    for (file, text) in files {
        let path = directory.join(file);
        std::fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("it can be made");
        std::fs::write(path, text).expect("the directory for temporary files can be written");
    }
    directory.display().to_string()
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

/// A tree of everything that a directory can hold.
fn mixed_tree(name: &str) -> String {
    let (a, b, c) = (config_map("a"), config_map("b"), config_map("c"));
    let files = [
        ("b/z.yml", b.as_str()),
        ("a.yaml", &a),
        ("b/c.JSON", &c),
        ("b/kustomization.yaml", "resources: [z.yml]\n"),
        ("README.md", "text"),
        (".hidden/d.yaml", "["),
        ("chart/Chart.yaml", "name: chart\n"),
        ("chart/templates/e.yaml", "{{ if }}"),
    ];
    tree(name, &files)
}

#[test]
fn a_directory_is_all_manifests_below_it_and_what_is_skipped_is_said() {
    let directory = mixed_tree("directory");
    let config = temporary("nothing.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {action: nothing}\n");
    let outcome = call::<Example>(&["--config", &config, &directory], "");
    let expected = [config_map("a"), config_map("c"), config_map("b")].join("---\n");
    assert_eq!(outcome.stdout, expected);
    let skipped = format!(
        "example: info: of {directory}, these are skipped: {directory}/.hidden (hidden), {directory}/README.md, \
         {directory}/b/kustomization.yaml, {directory}/chart (a Helm chart); name a file to work on it\n"
    );
    assert_eq!(outcome.stderr, skipped);
    let twice = call::<Example>(&["--config", &config, &directory, &format!("{directory}/b")], "");
    assert_eq!(twice.stdout, expected);
    let none = tree("no-manifest", &[("a.txt", "")]);
    let outcome = call::<Example>(&["--config", &config, &none], "");
    assert!(outcome.stderr.contains("holds no manifest: no file that ends in .yaml"), "{}", outcome.stderr);
}

#[test]
fn a_pattern_is_what_a_shell_would_make_of_it() {
    let directory = mixed_tree("pattern");
    let config = temporary("nothing-else.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {action: nothing}\n");
    let outcome = |pattern: &str| call::<Example>(&["--config", &config, &format!("{directory}/{pattern}")], "");
    let (a, b, c) = (config_map("a"), config_map("b"), config_map("c"));
    for (pattern, expected) in [
        ("*.yaml", a),
        ("*/?.yml", b.clone()),
        ("[ab]/*", format!("{c}---\n{b}")),
        ("**/[cz].*", format!("{c}---\n{b}")),
    ] {
        assert_eq!(outcome(pattern).stdout, expected, "{pattern}");
    }
    assert!(outcome("*.toml").stderr.contains("/*.toml holds no manifest"), "{}", outcome("*.toml").stderr);
    assert!(outcome("[z-a").stderr.contains("is no pattern for files"), "{}", outcome("[z-a").stderr);
}

#[test]
fn a_diff_is_what_git_takes() {
    let (a, b) = (config_map("a"), format!("# stays\n{}", config_map("b").trim_end()));
    let directory = tree("diff", &[("a.yaml", "kind: A\nmetadata:\n  name: a\n"), ("b/b.yaml", &b), ("b/c.yaml", &a)]);
    let config = temporary("diff.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {action: label}\n");
    let outcome = call::<Example>(&["--config", &config, "--diff", &directory], "");
    assert!(outcome.succeeded && outcome.stdout.contains("+  labels:\n+    seen: \"yes\"\n"), "{outcome:?}");
    assert!(!outcome.stdout.contains("a.yaml"), "{}", outcome.stdout);
    // Relative names, as from the top of a repository.
    let diff =
        outcome.stdout.replace(&format!("--- {directory}"), "--- a").replace(&format!("+++ {directory}"), "+++ b");
    let patch = temporary("diff.patch", &diff);
    let git = Command::new("git")
        .args(["apply", &patch])
        .current_dir(&directory)
        .env("GIT_CEILING_DIRECTORIES", &directory)
        .output();
    let git = git.expect("git starts");
    assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
    let after = call::<Example>(&["--config", &config, "--diff", &directory], "");
    assert_eq!((after.stdout.as_str(), after.succeeded), ("", true));
    let failing = temporary("diff-fail.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {action: fail}\n");
    let outcome = call::<Example>(&["--config", &failing, "--diff", &directory], "");
    assert_eq!((outcome.stdout.as_str(), outcome.succeeded), ("", false));
    let removed = call::<Example>(
        &[
            "--config",
            &temporary("diff-add.yaml", "kind: ConfigMap\napiVersion: v1\ndata: {action: replace}\n"),
            "--diff",
            "-",
        ],
        &a,
    );
    assert!(removed.stdout.starts_with("--- a/standard-input\n+++ b/standard-input\n"), "{}", removed.stdout);
}

fn temporary(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the directory for temporary files can be written");
    path.display().to_string()
}

#[test]
fn files_and_plugins_give_bare_documents() {
    let config =
        temporary("label.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  action: label\n");
    let first =
        temporary("first.yaml", "# head\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n---\nkind: Other");
    let second = temporary(
        "second.yaml",
        "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"b\"}}\n",
    );
    let expected = "# head\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    seen: \"yes\"\n---\nkind: Other\n---\n{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"b\", \"labels\": {\"seen\": \"yes\"}}}\n";
    let outcome = call::<Example>(&["--config", &config, &first, &second], "");
    assert_eq!(outcome.stdout, expected);
    assert!(outcome.stderr.contains(&format!("ConfigMap a: metadata.labels: added ({first})")), "{}", outcome.stderr);
    let documents = std::fs::read_to_string(&first).expect("the file was just written");
    for program in ["/plugins/Example", "/usr/bin/example"] {
        let arguments = [program, &config, "more", "words"].map(OsString::from).to_vec();
        let plugin =
            Call { arguments, is_plugin: program.ends_with("example"), stdin: Some(documents.clone().into_bytes()) };
        assert_eq!(run::<Example>(plugin).stdout, expected.split("\n---\n{").next().unwrap_or_default());
    }
    let missing = call::<Example>(&["--config", "nowhere.yaml", "-"], "");
    assert!(missing.stderr.starts_with("example: error: the config nowhere.yaml cannot be read"), "{}", missing.stderr);
}

#[test]
fn files_without_any_object_are_refused_and_other_empty_input_is_not() {
    let empty = temporary("empty.yaml", "");
    for (arguments, stdin) in [(["-"], ""), (["-"], "---\n# nothing\n---\n"), ([empty.as_str()], "")] {
        let outcome = call::<Example>(&arguments, stdin);
        assert!(!outcome.succeeded && outcome.stdout.is_empty(), "{arguments:?} {stdin:?}");
        assert!(outcome.stderr.starts_with("example: error: the manifests hold no object"), "{}", outcome.stderr);
    }
    let config = temporary("nothing.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n");
    let arguments = ["/plugins/Example", &config].map(OsString::from).to_vec();
    let plugin = Call { arguments, is_plugin: true, stdin: Some(Vec::new()) };
    assert!(run::<Example>(plugin).succeeded);
}

#[test]
fn arguments_of_a_function_reach_it_with_files_only() {
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    let told = call::<Check>(&["--word", "yes", "-"], manifest);
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), (manifest, "check: warning: was told `yes` [odd]\n"));
    // Without files the manifests come from standard input; a ResourceList is what a host sends, not a person.
    assert_eq!(call::<Check>(&["--word", "yes"], manifest), told);
    assert_eq!(call::<Check>(&["-"], manifest).stderr, "");
    let wrong = call::<Check>(&["--word", "wrong", "-"], manifest);
    assert_eq!(
        (wrong.stdout.as_str(), wrong.stderr.as_str()),
        ("", "check: error: --word: `wrong` must be right [invalid-config]\n")
    );
    assert!(call::<Check>(&["--help"], "").stdout.contains("--word <WORD>"));
    assert!(!call::<Example>(&["--word", "yes", "-"], manifest).succeeded);
}

#[test]
fn no_document_changes_that_no_function_means_to_change() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/yaml-cases");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).expect("the test data is there") {
        let path = entry.expect("the test data can be listed").path();
        let Ok(document) = std::fs::read_to_string(&path) else { continue };
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        count += 1;
        let indented = |indent: &str| {
            let mut item = String::from("- ");
            for (index, line) in document.split_inclusive('\n').enumerate() {
                item.push_str(if index == 0 || line.trim().is_empty() { "" } else { indent });
                item.push_str(line);
            }
            if item.ends_with('\n') { item } else { item + "\n" }
        };
        let layouts = [
            list(&indented("  "), "nothing"),
            list(&indented("    ").replacen("- ", "-   ", 1), "nothing"),
            list(&indented("    ").replacen("- ", "  - ", 1), "nothing"),
            list(&format!("{CONFIG_MAP}{}", indented("  ")), "nothing"),
        ];
        for input in layouts {
            let outcome = call::<Example>(&[], &input);
            if outcome.succeeded {
                assert_eq!(outcome.stdout, input, "{}", path.display());
            } else {
                assert_eq!(outcome.stdout, "", "{}", path.display());
            }
        }
        let outcome = call::<Example>(&["-"], &document);
        if outcome.succeeded {
            assert_eq!(outcome.stdout, document, "{}", path.display());
        } else {
            let known = ["023-dash-num.yaml", "039-plain-colon.yaml", "102-dup-keys.yaml"];
            assert!(known.iter().any(|known| path.ends_with(known)), "{}: {}", path.display(), outcome.stderr);
        }
    }
    assert_eq!(count, 184);
}

/// A list with one ConfigMap that carries this annotation.
fn accepting(annotation: &str) -> String {
    format!(
        "- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\n    annotations:\n      replatform.dev/accept: {annotation}\n"
    )
}

#[test]
fn an_object_accepts_findings_about_itself() {
    let accepted = call::<Example>(&[], &list(&accepting("'odd: it is meant so'"), "warn"));
    assert_eq!(
        accepted.stderr,
        "example: info: ConfigMap a: data.a: looks odd; look at it; accepted: it is meant so [odd]\n"
    );
    let other = format!("{}{CONFIG_MAP}", accepting("'odd: it is meant so'")).replace("name: a #", "name: b #");
    let outcome = call::<Example>(&[], &list(&other, "warn"));
    assert!(outcome.stderr.contains("warning: ConfigMap b: data.a: looks odd"), "{}", outcome.stderr);
}

#[test]
fn an_acceptance_that_cannot_count_is_told() {
    for (annotation, action, expected) in [
        (
            "odd",
            "warn",
            "error: ConfigMap a: metadata.annotations[replatform.dev/accept]: `odd` needs a reason; write `odd: reason` [acceptance-without-reason]",
        ),
        ("'odd: '", "warn", "[acceptance-without-reason]"),
        ("'wrong: it is not'", "fail", "`wrong` cannot be accepted. Make it right. [binding-rule]"),
        ("'od: it is not'", "nothing", "`od` is no rule; did you mean `odd`? [unknown-rule]"),
        (
            "'odd: it is not'",
            "nothing",
            "warning: ConfigMap a: metadata.annotations[replatform.dev/accept]: accepts `odd`, but there is no such finding; take it out [unneeded-acceptance]",
        ),
    ] {
        let outcome = call::<Example>(&[], &list(&accepting(annotation), action));
        assert!(outcome.stderr.contains(expected), "{annotation}: {}", outcome.stderr);
    }
    // Another function may have the rule.
    let outcome = call::<Example>(&[], &list(&accepting("'some-rule-of-others: reason'"), "nothing"));
    assert_eq!(outcome.stderr, "");
}

#[test]
fn a_config_accepts_findings_by_object() {
    let with = |accept: &str| list(CONFIG_MAP, &format!("warn\n    accept: {accept}"));
    let outcome = call::<Example>(&[], &with("[{rule: odd, object: ConfigMap *, reason: it is meant so}]"));
    assert!(outcome.stderr.starts_with("example: info: ") && outcome.stderr.contains("accepted: it is meant so [odd]"));
    for (accept, expected) in [
        (
            "[{rule: odd, object: ConfigMap b, reason: r}]",
            "warning: spec.accept[0]: accepts `odd`, but there is no such finding",
        ),
        (
            "[{rule: odd, object: ConfigMap b, reason: ' '}]",
            "spec.accept[0].reason: must say why this is right here [invalid-config]",
        ),
        ("[{rule: oddd, object: '*', reason: r}]", "spec.accept[0].rule: `oddd` is no rule; did you mean `odd`?"),
        ("[{rule: wrong, object: '*', reason: r}]", "spec.accept[0].rule: `wrong` cannot be accepted"),
        ("[{rule: odd, object: a, reason: r}]", "spec.accept[0].object: `a` must be `Kind namespace/name`"),
        ("[{rule: odd, object: '*'}]", "spec.accept[0].reason: must be given"),
    ] {
        let outcome = call::<Example>(&[], &with(accept));
        assert!(outcome.stderr.contains(expected), "{accept}: {}", outcome.stderr);
    }
}

#[test]
fn with_acceptances_a_build_can_be_strict() {
    let strict = |accept: &str| list(CONFIG_MAP, &format!("warn\n    strict: true\n    accept: {accept}"));
    assert!(!call::<Example>(&[], &strict("[]")).succeeded);
    assert!(call::<Example>(&[], &strict("[{rule: odd, object: '*', reason: it is meant so}]")).succeeded);
    // A second run needs the acceptance no more, and passes all the same.
    let again = strict("[{rule: odd, object: '*', reason: it is meant so}]").replace("action: warn", "action: nothing");
    let again = call::<Example>(&[], &again);
    assert!(again.succeeded && again.stderr.contains("[unneeded-acceptance]"), "{}", again.stderr);
}

#[test]
fn what_is_accepted_of_an_object_goes_over_to_the_one_in_its_place() {
    let both = accepting("\"odd: it is meant so\\nsome-rule-of-others: it is right\"");
    let outcome = call::<Example>(&[], &list(&both, "replace"));
    assert!(
        outcome.stdout.contains("replatform.dev/accept: \"some-rule-of-others: it is right\""),
        "{}",
        outcome.stdout
    );
    let own = call::<Example>(&[], &list(&accepting("'odd: it is meant so'"), "replace"));
    assert!(!own.stdout.contains("    replatform.dev/accept:"), "{}", own.stdout);
}

#[test]
fn rules_are_explained() {
    let explained = call::<Example>(&["explain", "odd"], "");
    insta::assert_snapshot!(explained.stdout);
    let list = call::<Example>(&["explain"], "").stdout;
    assert!(list.starts_with("odd (warning, can be accepted)\n      A ConfigMap looks odd.\nwrong (error)"), "{list}");
    let unknown = call::<Example>(&["explain", "od"], "");
    assert_eq!(unknown.stderr, "example: error: `od` is no rule; did you mean `odd`? [invalid-input]\n");
}

#[test]
fn a_finding_for_programs_names_all_that_the_line_does() {
    let outcome = call::<Example>(&[], &list(CONFIG_MAP, "warn"));
    let (name, finding) = &outcome.findings[0];
    let expected = json!({
        "function": "example", "rule": "odd", "severity": "warning", "object": {"apiVersion": "v1", "kind": "ConfigMap", "name": "a"},
        "field": "data.a", "message": "looks odd; look at it", "currentValue": "x", "remedy": "Look at it.",
    });
    assert_eq!(serde_json::to_value(finding.report(name)).ok(), Some(expected));
}
