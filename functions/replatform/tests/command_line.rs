//! Every subcommand and every function is in the help, in the completion and in the man pages.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use replatform::{COMMANDS, FUNCTIONS};

const PROGRAM: &str = env!("CARGO_BIN_EXE_replatform");

fn call(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().expect("the program starts")
}

fn answer(arguments: &[&str]) -> String {
    let output = call(arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The subcommands of the program itself.
fn commands() -> Vec<String> {
    let own = COMMANDS.iter().map(|command| command.command().get_name().to_owned());
    own.chain(["pipeline", "schema", "explain", "install", "completion", "man"].map(str::to_owned)).collect()
}

#[test]
fn the_help_names_every_command_and_function() {
    let help = answer(&["-h"]);
    let functions = FUNCTIONS.iter().map(|function| function.name().to_owned());
    for word in commands().into_iter().chain(functions) {
        assert!(help.lines().any(|line| line.split_whitespace().next() == Some(&word)), "{word}: {help}");
    }
    for command in commands() {
        let long = answer(&["help", &command]);
        assert_eq!(long, answer(&[&command, "--help"]), "{command}");
        assert!(
            long.contains("\nExamples:\n  ") && long.contains(&format!("replatform {command}")),
            "{command}: {long}"
        );
    }
    for command in COMMANDS {
        let name = command.command().get_name().to_owned();
        let long = answer(&["help", &name]);
        assert!(long.contains("\nExit codes:\n  0  ") && long.contains("\n  2  "), "{name}: {long}");
        assert!(
            command.examples().iter().all(|example| example.call.contains(&format!("replatform {name}"))),
            "{name}"
        );
    }
}

#[test]
fn the_help_of_a_function_is_its_own() {
    for function in FUNCTIONS {
        let name = function.name();
        let help = answer(&["help", name]);
        assert_eq!(help, answer(&[name, "--help"]));
        assert!(help.contains(&format!("Usage: replatform {name} ")), "{help}");
        assert!(help.contains("Options of the functionConfig:"), "{help}");
    }
}

#[test]
fn an_example_is_a_call_that_the_program_reads() {
    for command in COMMANDS {
        for example in command.examples() {
            let words = example.call.split(['|', '>']).next().unwrap_or_default().split_whitespace();
            let tail: Vec<_> = words
                .skip_while(|word| *word != "replatform")
                .skip(1)
                .map(|word| word.trim_matches(['\'', '"']))
                .collect();
            let name = command.command().get_name().to_owned();
            assert_eq!(tail.first().copied(), Some(name.as_str()), "{}", example.call);
            let read = command.command().try_get_matches_from(&tail);
            assert!(read.is_ok() || example.call.contains('\''), "{}: {:?}", example.call, read.err());
        }
    }
}

#[test]
fn a_mistake_ends_with_the_code_of_trouble_and_a_suggestion() {
    let wrong = call(&["build", "--alow", "x"]);
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(wrong.status.code() == Some(2) && said.contains("'--allow'"), "{said}");
    for (word, meant) in [("biuld", "build"), ("inti", "init"), ("route-to-ingres", "route-to-ingress")] {
        let wrong = call(&[word]);
        let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
        assert!(!wrong.status.success() && said.contains(&format!("did you mean `{meant}`?")), "{said}");
    }
}

#[test]
fn bash_completes_the_words_of_every_level() {
    let script = answer(&["completion", "bash"]);
    let ask = |words: &[&str]| {
        let quoted = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let last = words.len() - 1;
        let ask = format!(
            "{script}\nCOMP_WORDS=({quoted}) COMP_CWORD={last}\n_replatform replatform '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            words[last],
            words[last - 1]
        );
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-s"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut bash = bash.spawn().expect("bash starts");
        bash.stdin.take().expect("it is piped").write_all(ask.as_bytes()).expect("bash reads");
        let output = bash.wait_with_output().expect("bash ends");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ask(&["replatform", "bui"]), ["build"]);
    assert_eq!(ask(&["replatform", "build", "--unc"]), ["--unconfined"]);
    assert_eq!(ask(&["replatform", "route"]), ["route-to-ingress"]);
    assert_eq!(ask(&["replatform", "route-to-ingress", "explain", "route-host-cl"]), ["route-host-clash"]);
    assert_eq!(ask(&["replatform", "explain", "route-host-cl"]), ["route-host-clash"]);
}

#[test]
fn every_command_and_function_has_a_man_page() {
    let directory = format!("{}/pages", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_dir_all(&directory);
    let written: Vec<_> = answer(&["man", &directory]).lines().map(str::to_owned).collect();
    let functions = FUNCTIONS.iter().map(|function| function.name().to_owned());
    for word in commands().into_iter().chain(functions) {
        assert!(written.contains(&format!("{directory}/replatform-{word}.1")), "{word}: {written:?}");
    }
    for file in &written {
        let groff = Command::new("groff").args(["-k", "-man", "-Tutf8", file]).output();
        let Ok(groff) = groff else { return };
        let said = String::from_utf8_lossy(&groff.stderr);
        // A long word in a narrow column is no fault of the page.
        let faults: Vec<_> = said.lines().filter(|line| !line.contains("cannot adjust line")).collect();
        assert!(groff.status.success() && faults.is_empty(), "{file}: {faults:?}");
    }
}
