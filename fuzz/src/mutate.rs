//! Makes another input of an input, by changes that a text of YAML can take.

use fastrand::Rng;
use serde_json::Value;

use crate::case::{Case, Way, program_named};
use crate::lines::Lines;

/// A change of a text; blocks are taken from the second text.
type Mutation = fn(&mut Lines, &Lines, &mut Rng);

/// Those that occur more than once are made more often.
const MUTATIONS: &[Mutation] = &[
    delete,
    duplicate,
    duplicate,
    swap,
    take_over,
    take_over,
    rename_key,
    harden,
    harden,
    harden,
    copy_value,
    copy_value,
    requote,
    anchor_and_alias,
    anchor_and_alias,
    merge_key,
    merge_key,
    indent,
    comment,
    separate,
    end_lines_otherwise,
    end_one_line_otherwise,
    flip,
    truncate,
    embed,
    into_list_kind,
];

/// Values that are read in more than one way, or that are more than code counts on.
const HARD_VALUES: &[&str] = &[
    "~",
    "null",
    "\"\"",
    "''",
    "{}",
    "[]",
    "[[]]",
    "{a: {b: c}}",
    "[a, 'b', \"c\", ~]",
    "0",
    "-0",
    "-1",
    "007",
    "0o17",
    "0x1F",
    "1_000",
    "1e999",
    ".inf",
    "-.inf",
    ".nan",
    "2147483648",
    "9223372036854775808",
    "1.0",
    "1.",
    "y",
    "no",
    "on",
    "True",
    "2024-02-30",
    "12:30:45",
    "!!str 1",
    "!!binary aGk=",
    "!custom x",
    "! x",
    "*a",
    "&a x",
    "&a",
    "<<",
    "=",
    "@x",
    "`x`",
    "%x",
    "- x",
    "? x",
    ": x",
    "a: b",
    "'a: b'",
    "a #b",
    "\"a\\nb\"",
    "\"\\u2028\\x85\\0\"",
    "\"\\e[31mfake: error: x\"",
    "|2-",
    ">+",
    "|",
    "\u{feff}x",
    "ü€😀",
    "a\u{85}b",
    "a\u{2028}b",
    "a\tb",
    "${VAR}",
    "$(cat /etc/passwd)",
    "../../x",
    "a/b",
    "a.b",
    "A_B",
    "-a",
    "a-",
    "*",
    "**",
    "10Gi",
    "-5Gi",
    "1e3",
    "250m",
    "10.0.0.0/8",
    "10.0.0.0/+8",
    "::1",
    "[::1]:80",
    "http://[",
    "https://user:pass@host:99999/p?q#f",
    "db:5432",
    "x.svc.cluster.local",
    "jdbc:postgresql://db,db2:1/x",
    "amqp://",
    "65536",
    "http",
    "premium-rwo",
    "local-path",
    "K3s",
    "Secret",
    "v1",
    "Error",
    "Validators",
];

const KEYS: &[&str] = &[
    "metadata",
    "name",
    "namespace",
    "generateName",
    "labels",
    "annotations",
    "spec",
    "data",
    "stringData",
    "items",
    "kind",
    "apiVersion",
    "<<",
    "? a",
    "\"kind\"",
    "'name'",
    "~",
    "1",
    "status",
    "template",
    "port",
    "host",
    "to",
    "tls",
    "config.kubernetes.io/path",
    "replatform.dev/accept",
    "strict",
    "report",
    "wiredAs",
    "functions",
    "accept",
    "platform",
];

const LINE_ENDS: &[&str] = &["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\n\n", ""];

const HARD_LETTERS: &str = " :-#&*!|>'\"%@`{}[],?\t\r\n0aZ~<.\\\0\u{7f}\u{85}\u{2028}";

/// The largest input that is made.
const MOST_BYTES: usize = 64 * 1024;

/// Another case, by one to six changes; `donor` gives blocks.
pub fn mutate(case: &Case, donor: &Case, random: &mut Rng) -> Case {
    let mut case = case.clone();
    let donor = Lines::of(&donor.manifests);
    for _ in 0..random.usize(1..=6) {
        match random.u8(..16) {
            0..12 => change(&mut case.manifests, &donor, random),
            12 => change(&mut case.config, &donor, random),
            13 => set_option(&mut case, random),
            14 if case.way != Way::List => case.way = pick(&Way::ALL, random),
            _ if case.way == Way::Files => case = case.as_list(),
            _ => change(&mut case.manifests, &donor, random),
        }
    }
    case
}

fn change(text: &mut String, donor: &Lines, random: &mut Rng) {
    let mut lines = Lines::of(text);
    if lines.0.is_empty() {
        lines.0.push("a: b\n".to_owned());
    }
    pick(MUTATIONS, random)(&mut lines, donor, random);
    let changed = lines.text();
    if changed.len() <= MOST_BYTES {
        *text = changed;
    }
}

/// Adds an option that the function knows, with any value.
fn set_option(case: &mut Case, random: &mut Rng) {
    let schema = program_named(case.program).map(|program| program.spec_schema()).unwrap_or_default();
    let options: Vec<&String> =
        schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|all| all.keys()).collect();
    if options.is_empty() {
        return;
    }
    let option = format!("  {}: {}\n", pick(&options, random), pick(HARD_VALUES, random));
    let spec = case.config.find("spec:\n").map(|at| at + "spec:\n".len());
    match spec {
        Some(at) => case.config.insert_str(at, &option),
        None => case.config.push_str(&format!("spec:\n{option}")),
    }
}

fn pick<T: Copy>(table: &[T], random: &mut Rng) -> T {
    table[random.usize(..table.len())]
}

fn any_line(lines: &Lines, random: &mut Rng) -> usize {
    random.usize(..lines.0.len())
}

/// A line with a value, if a few tries find one.
fn any_value(lines: &Lines, random: &mut Rng) -> Option<usize> {
    (0..8).map(|_| any_line(lines, random)).find(|at| lines.value(*at).is_some())
}

fn delete(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let block = lines.block(any_line(lines, random));
    lines.0.drain(block);
}

fn duplicate(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let block = lines.block(any_line(lines, random));
    let copy = lines.0[block.clone()].to_vec();
    lines.insert(if random.bool() { block.end } else { any_line(lines, random) }, copy);
}

fn swap(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let block = lines.block(any_line(lines, random));
    let taken: Vec<String> = lines.0.drain(block).collect();
    lines.insert(random.usize(..=lines.0.len()), taken);
}

fn take_over(lines: &mut Lines, donor: &Lines, random: &mut Rng) {
    if !donor.0.is_empty() {
        let block = donor.block(any_line(donor, random));
        lines.insert(random.usize(..=lines.0.len()), donor.0[block].to_vec());
    }
}

fn rename_key(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let at = any_line(lines, random);
    if let Some(colon) = lines.0[at].find(':') {
        let start = lines.depth(at).min(colon);
        lines.0[at].replace_range(start..colon, pick(KEYS, random));
    }
}

fn set_value(lines: &mut Lines, at: usize, value: &str) {
    if let Some(range) = lines.value(at) {
        lines.0[at].replace_range(range, value);
    }
}

fn harden(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    if let Some(at) = any_value(lines, random) {
        set_value(lines, at, pick(HARD_VALUES, random));
    }
}

fn copy_value(lines: &mut Lines, donor: &Lines, random: &mut Rng) {
    let from = if random.bool() || donor.0.is_empty() { &*lines } else { donor };
    let value = any_value(from, random).and_then(|at| from.value_text(at)).map(str::to_owned);
    if let (Some(at), Some(value)) = (any_value(lines, random), value) {
        set_value(lines, at, &value);
    }
}

fn requote(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    if let Some((at, value)) = any_value(lines, random).and_then(|at| Some((at, lines.value_text(at)?.to_owned()))) {
        let bare = value.trim_matches(['\'', '"']);
        let quoted = match random.u8(..4) {
            0 => format!("'{bare}'"),
            1 => format!("\"{bare}\""),
            2 => format!("|\n{}{bare}", " ".repeat(lines.depth(at) + 4)),
            _ => bare.to_owned(),
        };
        set_value(lines, at, &quoted);
    }
}

/// An anchor at a value or at a block, and its alias in the place of another value.
fn anchor_and_alias(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let name = pick(&["a", "b", "c"], random);
    put_anchor(lines, name, random);
    if let Some(at) = any_value(lines, random) {
        set_value(lines, at, &format!("*{name}"));
    }
}

fn put_anchor(lines: &mut Lines, name: &str, random: &mut Rng) {
    let at = any_line(lines, random);
    let after = match lines.value(at) {
        Some(value) => value.start,
        None => lines.0[at].trim_end().len(),
    };
    lines.0[at].insert_str(after, &format!(" &{name} "));
}

fn merge_key(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    put_anchor(lines, "a", random);
    let at = any_line(lines, random);
    let merged = pick(&["*a", "[*a, *a]", "{kind: Secret}", "~", "{metadata: {name: x}}", "*b"], random);
    lines.insert(at, vec![format!("<<: {merged}\n")]);
}

fn indent(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let block = lines.block(any_line(lines, random));
    let deeper = random.bool();
    for line in &mut lines.0[block] {
        *line = if deeper { format!("  {line}") } else { line.strip_prefix("  ").unwrap_or(line).to_owned() };
    }
}

fn comment(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let at = any_line(lines, random);
    let comment =
        pick(&[" # note", "# note: x", " #", "\t# x", " # note\u{85}kind: Secret", " # a\u{2028}b: c"], random);
    let end = lines.0[at].trim_end().len();
    lines.0[at].insert_str(end, comment);
}

fn separate(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let at = any_line(lines, random);
    let separator =
        pick(&["---\n", "...\n", "--- # x\n", "--- {}\n", "\u{feff}", "%YAML 1.2\n---\n", "\n", "---"], random);
    lines.0.insert(at, separator.to_owned());
}

fn end_lines_otherwise(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let end = pick(&["\n", "\r\n", "\r"], random);
    for line in &mut lines.0 {
        *line = format!("{}{end}", line.trim_end_matches(['\r', '\n']));
    }
}

fn end_one_line_otherwise(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let at = any_line(lines, random);
    lines.0[at] = format!("{}{}", lines.0[at].trim_end_matches(['\r', '\n']), pick(LINE_ENDS, random));
}

/// Another character in the place of one.
fn flip(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let at = any_line(lines, random);
    let mut letters: Vec<char> = lines.0[at].chars().collect();
    let place = random.usize(..letters.len().max(1));
    if let Some(letter) = letters.get_mut(place) {
        *letter = pick(&HARD_LETTERS.chars().collect::<Vec<_>>(), random);
    }
    lines.0[at] = letters.into_iter().collect();
}

fn truncate(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let at = any_line(lines, random);
    let line: Vec<char> = lines.0[at].chars().collect();
    let kept = random.usize(..=line.len());
    lines.0.truncate(at);
    lines.0.push(line[..kept].iter().collect());
}

/// The text in a field of a ConfigMap, of a chart or of cluster settings, which functions read as YAML again.
fn embed(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let head = pick(
        &[
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: x}\ndata:\n  values.yaml: |\n",
            "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: c, namespace: x}\nspec:\n  valuesContent: |\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cluster-monitoring-config, namespace: openshift-monitoring}\ndata:\n  config.yaml: |\n",
        ],
        random,
    );
    let mut embedded = vec![head.to_owned()];
    embedded.extend(lines.0.iter().map(|line| format!("    {line}")));
    embedded.push("\n---\n".to_owned());
    if random.bool() {
        embedded.append(&mut lines.0);
    }
    lines.0 = embedded;
}

/// The text as the only item of a list of the API.
fn into_list_kind(lines: &mut Lines, _: &Lines, random: &mut Rng) {
    let kind = pick(&["List", "SecretList", "ConfigMapList", "RouteList"], random);
    let depth = "  ";
    let mut first = true;
    for line in &mut lines.0 {
        *line = format!("{}{line}", if std::mem::take(&mut first) { "- " } else { depth });
    }
    lines.0.insert(0, format!("apiVersion: v1\nkind: {kind}\nitems:\n"));
}
