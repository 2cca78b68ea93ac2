//! What kind of text a text is.

use std::collections::HashMap;
use std::sync::LazyLock;

use krm::table;

/// The kinds of texts, by how their names and values are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Configuration, JSON, YAML, XML, prose: what follows a name is its value.
    Data,
    /// A program: only a quoted text or a number is a value.
    Code,
    /// A shell text: words, with quotes and variables.
    Shell,
}

impl Dialect {
    /// The dialect of a text under a name, by the end of the name, by the first line, or by what most lines are.
    pub(crate) fn of(name: &str, text: &str) -> Self {
        if !text.trim_end().contains('\n') {
            return by_name(name).filter(|dialect| *dialect != Self::Data).unwrap_or_else(|| of_line(text));
        }
        by_name(name).or_else(|| by_first_line(text)).unwrap_or_else(|| by_lines(text))
    }
}

/// A text of one line is a program where it begins like one.
fn of_line(text: &str) -> Dialect {
    if !text.contains(' ') {
        return Dialect::Data;
    }
    if CODE.iter().any(|word| text.starts_with(word)) { Dialect::Code } else { Dialect::Data }
}

fn by_name(name: &str) -> Option<Dialect> {
    static ENDINGS: LazyLock<HashMap<&str, Dialect>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../../data/file-endings.tsv"));
        rows.map(|[ending, dialect]| (ending, named(dialect))).collect()
    });
    let (_, ending) = name.rsplit_once('.')?;
    ENDINGS.get(ending.to_ascii_lowercase().as_str()).copied()
}

fn named(dialect: &str) -> Dialect {
    match dialect {
        "code" => Dialect::Code,
        "shell" => Dialect::Shell,
        "data" => Dialect::Data,
        other => unreachable!("`{other}` is no dialect"),
    }
}

fn by_first_line(text: &str) -> Option<Dialect> {
    let line = text.trim_start().lines().next()?;
    let interpreter = line.strip_prefix("#!");
    if line.starts_with("<?php") {
        return Some(Dialect::Code);
    }
    if line.starts_with("<?xml") || line.starts_with("---") {
        return Some(Dialect::Data);
    }
    interpreter.map(|program| {
        let last =
            program.split([' ', '/']).rfind(|part| !part.is_empty() && !part.starts_with('-')).unwrap_or_default();
        if last.ends_with("sh") { Dialect::Shell } else { Dialect::Code }
    })
}

/// Beginnings of lines that only programs have.
const CODE: &[&str] = &[
    "import ",
    "from ",
    "def ",
    "class ",
    "func ",
    "package ",
    "const ",
    "let ",
    "var ",
    "function ",
    "return ",
    "return;",
    "public ",
    "private ",
    "protected ",
    "static ",
    "async ",
    "await ",
    "export default",
    "module.exports",
    "require(",
    "require_once",
    "with open(",
    "elif ",
    "print(",
    "@",
    "if __name__",
    "} else",
    "for (",
    "while (",
    "if (",
    "switch (",
    "try:",
    "except",
    "try {",
    "throw ",
    "new ",
    "using ",
    "namespace ",
    "fn ",
    "pub ",
    "use ",
    "impl ",
    "lambda ",
    "raise ",
    "self.",
    "this.",
    "console.",
    "fmt.",
    "log.",
];

/// Beginnings of lines that only shell texts have.
const SHELL: &[&str] = &[
    "set -",
    "if [",
    "if !",
    "then",
    "fi",
    "done",
    "do",
    "esac",
    "echo ",
    "export ",
    "exit",
    "cd ",
    "while ",
    "until ",
    "for ",
    "sleep ",
    "exec ",
    "local ",
    "readonly ",
    "mkdir ",
    "rm ",
    "cp ",
    "chmod ",
    "chown ",
    "kubectl ",
    "curl ",
    "test ",
    "[ ",
    "[[ ",
    "source ",
    ". ",
    "printf ",
    "apt-get ",
    "apk ",
    "trap ",
    "mysql ",
    "psql ",
    "redis-cli ",
    "docker ",
    "helm ",
    "git ",
    "wget ",
    "oc ",
    "eval ",
    "unset ",
    "cat ",
    "sed ",
    "}",
];

fn by_lines(text: &str) -> Dialect {
    let count = |beginnings: &[&str]| {
        let lines = text.lines().map(str::trim_start);
        lines.filter(|line| beginnings.iter().any(|beginning| line.starts_with(beginning))).count()
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    let (code, shell) = (count(CODE), count(SHELL));
    // A single such line may be a setting: `if (x)` of nginx, `for` of a text.
    let least = 1 + lines / 8;
    match code.cmp(&shell) {
        std::cmp::Ordering::Greater if code >= least => Dialect::Code,
        std::cmp::Ordering::Less if shell >= least => Dialect::Shell,
        _ => Dialect::Data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_say_what_they_are() {
        let cases = [
            ("run.sh", "a b\nc", Dialect::Shell),
            ("x.py", "password = x\n", Dialect::Code),
            ("x", "#!/usr/bin/env bash\na\n", Dialect::Shell),
            ("x", "#!/usr/bin/env python3\na\n", Dialect::Code),
            ("x", "import os\npassword = x\n", Dialect::Code),
            ("x", "set -eu\npassword=x\n", Dialect::Shell),
            ("config.yaml", "a: b\nimport x: y\n", Dialect::Data),
            ("x", "a = b\nc = d\n", Dialect::Data),
            ("x", "password", Dialect::Data),
            ("CS", "Server=a;Password=b", Dialect::Data),
            ("x", "const a = 'b';", Dialect::Code),
        ];
        for (name, text, expected) in cases {
            assert_eq!(Dialect::of(name, text), expected, "{name}: {text}");
        }
    }
}
