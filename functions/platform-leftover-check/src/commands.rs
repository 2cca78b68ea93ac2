//! Commands of `oc`, which images for Kubernetes do not hold.

use std::collections::HashMap;
use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::table;
use manifests::addresses::{commands_in_script, commands_in_words};

use crate::report::{Fact, Report};
use crate::rule::Rule;

/// What a text with such a command holds.
pub(crate) const BEGINNINGS: [&str; 2] = ["oc ", "oc\t"];

static COMMANDS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    table::rows(include_str!("../data/commands.tsv")).map(|[verb, kubectl]| (verb, kubectl)).collect()
});

/// Reports the commands in a script.
pub(crate) fn check_script(report: &mut Report<'_>, path: &FieldPath, script: &str) {
    tell(report, path, &commands_in_script(script));
}

/// Reports the commands in the words of a command line.
pub(crate) fn check_words(report: &mut Report<'_>, path: &FieldPath, words: &[&str]) {
    tell(report, path, &commands_in_words(words));
}

fn tell(report: &mut Report<'_>, path: &FieldPath, commands: &[Vec<&str>]) {
    if !report.context.spec.is_from("OpenShift") {
        return;
    }
    let mut verbs: Vec<_> = commands.iter().flat_map(|words| verbs(words)).collect();
    verbs.sort_unstable();
    verbs.dedup();
    let (plain, others): (Vec<&str>, Vec<&str>) =
        verbs.into_iter().partition(|verb| COMMANDS.get(verb) == Some(&"same"));
    if !plain.is_empty() {
        let shown = plain.iter().map(|verb| format!("`oc {verb}`")).collect::<Vec<_>>().join(", ");
        let message =
            format!("runs {shown}, and images for Kubernetes hold no `oc`; use `kubectl`, which has the same commands");
        report.tell(path.clone(), Fact::new(Rule::OcCommand, "", message));
    }
    for (verb, instead) in others.into_iter().filter_map(|verb| Some((verb, COMMANDS.get(verb)?))) {
        let message = format!("runs `oc {verb}`, and images for Kubernetes hold no `oc`; {instead}");
        report.tell(path.clone(), Fact::new(Rule::OcCommand, verb, message));
    }
}

/// The commands of `oc` in a command: the words behind its name that are commands, with options before them or not.
fn verbs<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let is_oc = |word: &&str| *word == "oc" || word.ends_with("/oc");
    let calls = words.iter().enumerate().filter(|(_, word)| is_oc(word));
    calls.filter_map(|(at, _)| verb(&words[at + 1..])).collect()
}

/// The command among the words behind `oc`: the first, but for options and their values.
fn verb<'w>(words: &[&'w str]) -> Option<&'w str> {
    let mut is_value = false;
    for word in words {
        if COMMANDS.contains_key(word) {
            return Some(word);
        }
        if !word.starts_with('-') && !is_value {
            return None;
        }
        is_value = word.starts_with('-') && !word.contains('=');
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_behind_options() {
        for (words, expected) in [
            (&["oc", "get", "pods"][..], vec!["get"]),
            (&["oc", "-n", "shop", "rollout", "latest"], vec!["rollout"]),
            (&["oc", "--namespace=shop", "patch"], vec!["patch"]),
            (&["X=$", "/usr/bin/oc", "whoami"], vec!["whoami"]),
            (&["oc", "shop", "get"], vec![]),
            (&["kubectl", "get"], vec![]),
            (&["doc", "get"], vec![]),
            (&["oc"], vec![]),
        ] {
            assert_eq!(verbs(words), expected, "{words:?}");
        }
    }
}
