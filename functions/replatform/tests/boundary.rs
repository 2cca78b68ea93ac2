//! What comes in may be hostile: no input crashes a program, takes memory out of proportion, hides an object or forges a
//! line. Every case runs the real program under a limit of 30 times its input and 50 MB.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Case {
    /// The name of the file below `tests/boundary`.
    input: &'static str,
    call: Called,
    succeeds: bool,
    /// What standard error says.
    says: &'static str,
}

enum Called {
    /// `sealed-secret-check FILE`.
    Check,
    /// `storageclass-rewrite --config CONFIG FILE`.
    Rewrite(&'static str),
    /// `storageclass-rewrite`, with a ResourceList on standard input.
    RewriteList,
}

const LOCAL_PATH: Called = Called::Rewrite("config-local-path");

const PLAIN_VALUE: &str = "stringData.password: a plain value (19 characters";

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Limits count what is expanded.
    Case { input: "alias-chain", call: Called::Check, succeeds: false, says: "line 8, column 107: the aliases up to here nest values deeper than 256" },
    Case { input: "alias-chain-in-text", call: Called::Check, succeeds: false, says: "ConfigMap a/x: data[values.yaml]: a literal under a credential's name" },
    Case { input: "alias-chain-in-text", call: LOCAL_PATH, succeeds: true, says: "ConfigMap a/x: data[values.yaml]: mentions the class `premium-rwo`" },
    Case { input: "many-aliases-in-text", call: Called::Check, succeeds: false, says: "ConfigMap a/x: data[values.yaml]: a literal under a credential's name" },
    Case { input: "many-aliases-in-text", call: LOCAL_PATH, succeeds: true, says: "ConfigMap a/x: data[values.yaml]: mentions the class `premium-rwo`" },
    // A line is what go-yaml takes for one.
    Case { input: "lone-returns", call: Called::Check, succeeds: false, says: PLAIN_VALUE },
    Case { input: "line-separator-in-comment", call: Called::Check, succeeds: false, says: PLAIN_VALUE },
    Case { input: "next-line-in-comment", call: Called::Check, succeeds: false, says: PLAIN_VALUE },
    Case { input: "return-in-comment", call: Called::RewriteList, succeeds: true, says: "StorageClass premium-rwo: removed" },
    // An object is read in one way.
    Case { input: "key-twice", call: Called::Check, succeeds: false, says: "line 6, column 1: the key `stringData` is here twice" },
    Case { input: "class-twice", call: LOCAL_PATH, succeeds: false, says: "line 8, column 3: the key `storageClassName` is here twice" },
    Case { input: "items-twice", call: Called::RewriteList, succeeds: false, says: "line 7, column 1: the key `items` is here twice" },
    Case { input: "generated-name", call: Called::Check, succeeds: false, says: "Secret w-: stringData.password: a plain value" },
    Case { input: "name-by-merge-key", call: Called::Check, succeeds: false, says: "Secret w: stringData.password: a plain value" },
    Case { input: "kind-by-merge-key", call: Called::Check, succeeds: false, says: "Secret w: stringData.password: a plain value" },
    Case { input: "items-by-alias", call: Called::Check, succeeds: false, says: "Secret w: stringData.password: a plain value" },
    Case { input: "secret-list", call: Called::Check, succeeds: false, says: "Secret w: stringData.password: a plain value" },
    Case { input: "claim-with-generated-name", call: LOCAL_PATH, succeeds: true, says: "PersistentVolumeClaim w-: spec.storageClassName: changed" },
    Case { input: "claim-named-by-merge-key", call: LOCAL_PATH, succeeds: true, says: "PersistentVolumeClaim w: spec.storageClassName: changed" },
    Case { input: "no-objects", call: Called::Check, succeeds: true, says: "line 7 begins something without a kind or a name" },
    // One line a finding, and one document a config.
    Case { input: "name-with-newline", call: LOCAL_PATH, succeeds: true, says: r"PersistentVolumeClaim p\u{1b}[31m\nfake: error: x: spec.storageClassName: changed" },
    Case { input: "claim-named-by-merge-key", call: Called::Rewrite("config-two-documents"), succeeds: false, says: "holds a second document in line 5" },
    Case { input: "claim-named-by-merge-key", call: Called::Rewrite("config-behind-empty-document"), succeeds: true, says: "spec.to: `local-path` is a former spelling" },
];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/boundary").join(name).with_extension("yaml")
}

/// Runs the program with `arguments` and a limit on its memory, which the shell sets.
fn run(input: &Path, arguments: &[&str], is_list: bool) -> Output {
    let length = std::fs::metadata(input).expect("the input is there").len();
    // The program itself is counted too: all functions, without optimization.
    let kibibytes = (30 * length + 80_000_000) / 1024;
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {kibibytes} && exec \"$@\""), "sh", env!("CARGO_BIN_EXE_replatform")]);
    command.args(arguments);
    if is_list {
        command.stdin(File::open(input).expect("the input can be read"));
    } else {
        command.arg(input);
    }
    command.output().expect("the shell runs")
}

fn run_case(case: &Case) -> Output {
    let input = file(case.input);
    match case.call {
        Called::Check => run(&input, &["sealed-secret-check"], false),
        Called::Rewrite(config) => {
            let config = file(config).display().to_string();
            run(&input, &["storageclass-rewrite", "--config", &config], false)
        }
        Called::RewriteList => run(&input, &["storageclass-rewrite"], true),
    }
}

#[test]
fn every_hostile_input_ends_in_an_exit_code_and_a_line_that_says_why() {
    for case in CASES {
        let Output { status, stderr, .. } = run_case(case);
        let stderr = String::from_utf8(stderr).expect("standard error is UTF-8");
        assert_eq!(status.code(), Some(i32::from(!case.succeeds)), "{}: {stderr}", case.input);
        assert!(stderr.contains(case.says), "{}: {stderr}", case.input);
        assert!(
            stderr
                .lines()
                .all(|line| line.starts_with("sealed-secret-check: ") || line.starts_with("storageclass-rewrite: ")),
            "{}: {stderr}",
            case.input
        );
        assert!(!stderr.contains("hunter2"), "{}: {stderr}", case.input);
    }
}

/// Nothing but values of one digit: 2 bytes for what takes a hundred in memory.
#[test]
fn a_text_of_too_many_values_is_refused() {
    for (count, succeeds) in [(100_000, true), (1_500_000, false)] {
        let input = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dense-{count}.yaml"));
        let text = format!("apiVersion: v1\nkind: Foo\nmetadata: {{name: a}}\nspec: [{}0]\n", "0,".repeat(count));
        std::fs::write(&input, text).expect("the input can be written");
        let output = run(&input, &["sealed-secret-check"], false);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), succeeds, "{count}: {stderr}");
        assert_eq!(stderr.contains("values, too many for its length"), !succeeds, "{count}: {stderr}");
    }
}

#[test]
fn values_of_texts_with_credentials_are_no_results() {
    let output = run(&file("password-in-texts"), &["kafka-listener-nodeport"], true);
    let stdout = String::from_utf8(output.stdout).expect("the output is UTF-8");
    let (objects, results) = stdout.split_once("\nresults:").expect("there are results");
    assert!(objects.contains("hunter2") && !results.contains("hunter2"), "{results}");
}

#[test]
fn output_that_cannot_be_written_is_told() {
    for arguments in [["--help", ""], ["storageclass-rewrite", "schema"]] {
        let full = File::options().write(true).open("/dev/full").expect("the device is there");
        let mut command = Command::new(env!("CARGO_BIN_EXE_replatform"));
        let output = command.args(arguments.iter().filter(|word| !word.is_empty())).stdout(full).output();
        let output = output.expect("the program runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("error: standard output cannot be written: No space left on device"), "{stderr}");
    }
}
