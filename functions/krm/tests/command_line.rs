//! Completion scripts in the real shells, and man pages as groff shows them.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, Stdio};

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::host::{Call, run};
use krm::resource_list::Resources;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of the example.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Spec {
    /// The greatest number of things: `.5` or "more" - but not `-1`.
    limit: u32,
}

krm::rules! {
    /// What it reports.
    enum Rule {
        /// Something looks odd.
        Odd("odd-look", Warning, Acceptable, "Look at it."),
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
    const RULE_EXAMPLES: &'static str = "";

    fn run(spec: &Spec, _: &mut Resources, _: &mut Findings) -> Result<(), ConfigError> {
        assert_eq!(spec.limit, 0);
        Ok(())
    }
}

fn answer(arguments: &[&str]) -> String {
    let arguments = std::iter::once("example").chain(arguments.iter().copied()).map(OsString::from).collect();
    let outcome = run::<Example>(Call { arguments, is_plugin: false, stdin: None });
    assert!(outcome.succeeded, "{}", outcome.stderr);
    outcome.stdout
}

/// What a program prints for this input; `None` if there is no such program.
fn output(program: &str, arguments: &[&str], input: &str) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("the program reads its input");
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{program}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn bash_completes_subcommands_rules_and_options() {
    let script = answer(&["completion", "bash"]);
    let ask = |words: &str| {
        let count = words.split(' ').count() - 1;
        let ask = format!(
            "{script}\nCOMP_WORDS=({}) COMP_CWORD={count}; _example example \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            words.split(' ').map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
        );
        output("bash", &["--norc", "-s"], &ask).expect("there is bash")
    };
    assert_eq!(ask("example exp"), "explain\n");
    assert_eq!(ask("example --d"), "--diff\n");
    assert_eq!(ask("example explain malf"), "malformed-field\n");
    assert_eq!(ask("example explain odd"), "odd-look\n");
    assert_eq!(ask("example completion "), "-h\n--help\nbash\nzsh\nfish\n");
}

#[test]
fn other_shells_load_their_scripts() {
    let fish = answer(&["completion", "fish"]);
    if let Some(said) = output("fish", &["--no-config"], &format!("{fish}\ncomplete --do-complete 'example exp'\n")) {
        assert!(said.starts_with("explain"), "{said}");
    }
    let zsh = answer(&["completion", "zsh"]);
    let load = format!("autoload -U compinit && compinit -u -D\n{zsh}\nprint -r -- ${{_comps[example]}}\n");
    if let Some(said) = output("zsh", &["-f"], &load) {
        assert_eq!(said, "_example\n");
    }
    assert!(zsh.contains("malformed-field") && fish.contains("explain"));
}

#[test]
fn a_man_page_says_what_the_help_says() {
    let page = answer(&["man"]);
    insta::assert_snapshot!(page);
    if let Some(shown) = output("groff", &["-man", "-Tutf8", "-ww", "-P-cbou"], &page) {
        for text in
            ["EXIT STATUS", "OPTIONS OF THE FUNCTIONCONFIG", "example-explain(1)", "`.5` or \"more\" - but not `-1`."]
        {
            assert!(shown.contains(text), "{text}: {shown}");
        }
    }
    let directory = format!("{}/man", env!("CARGO_TARGET_TMPDIR"));
    let files = answer(&["man", &directory]);
    let names: Vec<_> = files.lines().filter_map(|file| file.rsplit('/').next()).collect();
    let expected = [
        "example.1",
        "example-schema.1",
        "example-explain.1",
        "example-install.1",
        "example-completion.1",
        "example-man.1",
    ];
    assert_eq!(names, expected);
    assert_eq!(std::fs::read_to_string(format!("{directory}/example.1")).ok(), Some(page));
}
