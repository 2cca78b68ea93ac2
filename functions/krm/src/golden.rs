//! Runs a function, or a Pipeline, over the golden cases beside it, and keeps its generated documents true.
//!
//! A case is a directory with `input.yaml` (manifests, or a `ResourceList` as a host sends it), `config.yaml` where the
//! defaults do not do, `arguments` where the command line has more, one a line, and what must come of it: either `expected.yaml` with the findings in `findings.txt`, or
//! `error.txt` with the findings of a failure. Every case runs twice: the second run must change nothing.
//!
//! `UPDATE_GOLDEN=1` writes what is missing or different; without it that fails the test.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;
use similar::TextDiff;

use crate::command_line::CommandLine;
use crate::docs;
use crate::finding::Finding;
use crate::function::Function;
use crate::host::{Call, Outcome, run_of};
use crate::program::{Program, Single};
use crate::rule::{Rule, rules_of};
use crate::yaml::Tree;

/// Runs every case of a function and panics with all that differ. Every rule of the function needs a case; the examples of
/// the rules go to the file `rule-examples.tsv` beside the directory.
///
/// # Panics
/// On a difference, a missing golden file, a directory without cases, or a rule without a case.
pub fn check_cases<F: Function>(directory: &str) {
    let examples = check_cases_of(&Single::<F>::new(), directory);
    examples
        .check(&Path::new(directory).with_file_name("rule-examples.tsv"), &rules_of::<F::Rule>().collect::<Vec<_>>());
}

/// Runs every case of a program and panics with all that differ. It gives the examples of rules that the cases hold.
///
/// # Panics
/// On a difference, a missing golden file, or a directory without cases.
pub fn check_cases_of(program: &dyn Program, directory: &str) -> Examples {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{directory}: {error}"))
        .map(|entry| entry.unwrap_or_else(|error| panic!("{directory}: {error}")).path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{directory} holds no cases");
    let mut examples = Examples::default();
    let problems: Vec<_> = cases.iter().filter_map(|case| check_case(program, case, &mut examples).err()).collect();
    assert!(problems.is_empty(), "{} of {} cases differ\n{}", problems.len(), cases.len(), problems.join("\n"));
    examples
}

/// The first case in which each rule speaks, and what it says there.
#[derive(Default)]
pub struct Examples(BTreeMap<&'static str, (String, String)>);

impl Examples {
    /// Notes what a case leads to.
    pub fn note(&mut self, case: &str, findings: &[(&'static str, Finding)]) {
        for (_, finding) in findings {
            self.0.entry(finding.rule().id).or_insert_with(|| (case.to_owned(), finding.to_string()));
        }
    }

    /// Checks the file that holds the examples of these rules, as [`Function::RULE_EXAMPLES`] wants it.
    ///
    /// # Panics
    /// On a difference, or if no case leads to a finding of a rule.
    pub fn check(&self, file: &Path, rules: &[&'static Rule]) {
        check_file(file, &self.table(rules));
        let missing: Vec<_> = rules.iter().filter(|rule| !self.0.contains_key(rule.id)).map(|rule| rule.id).collect();
        assert!(missing.is_empty(), "no case leads to a finding of {missing:?}");
    }

    fn table(&self, rules: &[&'static Rule]) -> String {
        let mut table = "# Written by the golden tests: a finding of each rule, and the case that leads to it.\n\
                         rule\tcase\tfinding\n"
            .to_owned();
        for rule in rules {
            if let Some((case, finding)) = self.0.get(rule.id) {
                table.push_str(&format!("{}\t{case}\t{}\n", rule.id, finding.replace('\t', " ")));
            }
        }
        table
    }
}

fn check_case(program: &dyn Program, case: &Path, examples: &mut Examples) -> Result<(), String> {
    let read = |name: &str| std::fs::read_to_string(case.join(name)).ok();
    let named = |problem: String| format!("case {}: {problem}", case.file_name().unwrap_or_default().display());
    let input = read("input.yaml").ok_or_else(|| named("input.yaml is missing".to_owned()))?;
    let outcome = call(program, case, &input);
    examples.note(&case.file_name().unwrap_or_default().to_string_lossy(), &outcome.findings);
    let files = if outcome.succeeded {
        [("expected.yaml", Some(&outcome.stdout)), ("findings.txt", Some(&outcome.stderr)), ("error.txt", None)]
    } else {
        [("expected.yaml", None), ("findings.txt", None), ("error.txt", Some(&outcome.stderr))]
    };
    let prefix = format!("{}: ", program.name());
    for (name, actual) in files {
        let actual =
            actual.map(|text| text.replace(&prefix, "")).filter(|text| name == "expected.yaml" || !text.is_empty());
        compare(&case.join(name), actual.as_deref()).map_err(named)?;
    }
    if !outcome.succeeded {
        let kept = outcome.stdout.is_empty() || items(&outcome.stdout) == items(&input);
        return if kept {
            Ok(())
        } else {
            Err(named("the failure leaves changed objects on standard output".to_owned()))
        };
    }
    let again = call(program, case, &outcome.stdout);
    if !again.succeeded || items(&again.stdout) != items(&outcome.stdout) {
        return Err(named(format!("a second run differs:\n{}{}", again.stdout, again.stderr)));
    }
    if !is_list(&input) && again.stdout != outcome.stdout {
        return Err(named(format!("a second run writes other bytes:\n{}", again.stdout)));
    }
    Ok(())
}

fn call(program: &dyn Program, case: &Path, input: &str) -> Outcome {
    let mut arguments = vec![OsString::from(program.name())];
    if !is_list(input) {
        let config = case.join("config.yaml");
        if config.is_file() {
            arguments.extend(["--config".into(), config.into()]);
        }
        arguments.extend(arguments_of(case));
        arguments.push("-".into());
    }
    run_of(&[program], Call { arguments, is_plugin: false, stdin: Some(input.as_bytes().to_vec()) })
}

/// The arguments in the file `arguments` of a case, one a line; `{case}` is the directory of the case.
pub(crate) fn arguments_of(case: &Path) -> Vec<OsString> {
    let text = std::fs::read_to_string(case.join("arguments")).unwrap_or_default();
    text.lines().map(|line| line.replace("{case}", &case.to_string_lossy()).into()).collect()
}

fn is_list(input: &str) -> bool {
    input.lines().any(|line| line == "kind: ResourceList")
}

/// The objects of a text; results of a run do not count.
fn items(text: &str) -> Vec<Value> {
    let Ok(tree) = Tree::parse(text.to_owned()) else { return Vec::new() };
    let values = tree.documents().iter().map(|document| tree.value(document.root));
    values.map(|mut value| if value["kind"] == "ResourceList" { value["items"].take() } else { value }).collect()
}

fn is_updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// Holds a file against what it should be; `None` means that it should not be there.
fn compare(path: &Path, actual: Option<&str>) -> Result<(), String> {
    let expected = std::fs::read_to_string(path).ok();
    if expected.as_deref() == actual {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().display();
    if is_updating() {
        let updated = match actual {
            Some(actual) => std::fs::write(path, actual),
            None => std::fs::remove_file(path),
        };
        return updated.map_err(|error| format!("{name}: {error}"));
    }
    Err(match (expected, actual) {
        (None, Some(actual)) => format!("{name} is missing; it would be\n{actual}"),
        (Some(_), None) => format!("{name} is there, but the run gave none"),
        (expected, actual) => {
            format!("{name} differs:\n{}", difference(&expected.unwrap_or_default(), actual.unwrap_or_default()))
        }
    })
}

/// The lines that differ, with those around them.
fn difference(expected: &str, actual: &str) -> String {
    TextDiff::from_lines(expected, actual).unified_diff().context_radius(2).to_string()
}

/// Checks the parts of a function's README that come from its code, and its `schema.json`.
///
/// The README holds `<!-- help -->`, `<!-- options -->` and `<!-- rules -->`, each closed by `<!-- end -->`.
///
/// # Panics
/// On a difference or a missing mark.
pub fn check_documents<F: Function>(directory: &str) {
    let directory = Path::new(directory);
    let schema = serde_json::to_string_pretty(&docs::schema::<F>()).unwrap_or_default() + "\n";
    let readme = directory.join("README.md");
    let text = std::fs::read_to_string(&readme).unwrap_or_else(|error| panic!("{}: {error}", readme.display()));
    let help = format!("```text\n{}```\n", CommandLine::of_function(&Single::<F>::new(), F::NAME).short_help());
    let text = with_section(&with_section(&text, "help", &help), "options", &docs::options_table(&Single::<F>::new()));
    let text = with_section(&text, "rules", &docs::rules_table(&Single::<F>::new()));
    for (path, actual) in [(directory.join("schema.json"), schema), (readme, text)] {
        compare(&path, Some(&actual))
            .unwrap_or_else(|problem| panic!("{}; UPDATE_GOLDEN=1 writes it: {problem}", F::NAME));
    }
}

/// Checks the example of a function's README: the parts of the golden case `example`, each as a block of code where
/// `text` has its name in braces, as `{input.yaml}`.
///
/// # Panics
/// On a difference, a missing mark or a missing file.
pub fn check_example(directory: &str, text: &str) {
    let directory = Path::new(directory);
    let files = [
        ("config.yaml", "yaml"),
        ("input.yaml", "yaml"),
        ("expected.yaml", "yaml"),
        ("findings.txt", "text"),
        ("error.txt", "text"),
    ];
    let section =
        files.into_iter().filter(|(name, _)| text.contains(name)).fold(text.to_owned(), |text, (name, language)| {
            let path = directory.join("cases/example").join(name);
            let content = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            text.replace(&format!("{{{name}}}"), &format!("```{language}\n{content}```"))
        });
    check_section(&directory.join("README.md"), "example", &section);
}

/// Checks a file that is generated.
///
/// # Panics
/// On a difference.
pub fn check_file(path: &Path, content: &str) {
    compare(path, Some(content)).unwrap_or_else(|problem| panic!("UPDATE_GOLDEN=1 writes it: {problem}"));
}

/// Checks a part of a document that is generated.
///
/// # Panics
/// On a difference or a missing mark.
pub fn check_section(document: &Path, mark: &str, section: &str) {
    let text = std::fs::read_to_string(document).unwrap_or_else(|error| panic!("{}: {error}", document.display()));
    check_file(document, &with_section(&text, mark, section));
}

/// `text` with what is between a mark and its end replaced.
///
/// # Panics
/// If the mark is missing.
pub fn with_section(text: &str, mark: &str, section: &str) -> String {
    let open = format!("<!-- {mark} -->\n");
    let start = text.find(&open).unwrap_or_else(|| panic!("the mark `{}` is missing", open.trim())) + open.len();
    let end = text[start..].find("<!-- end -->").unwrap_or_else(|| panic!("`{}` is not closed", open.trim())) + start;
    format!("{}\n{section}\n{}", &text[..start], &text[end..])
}
