//! Where an expression of a program begins, whatever its language: what a program works out is no literal.

use super::words::reads_like_words;

/// Words with which an expression begins.
const OPERATORS: &[&str] =
    &["await ", "new ", "not ", "lambda ", "yield ", "typeof ", "func(", "function ", "async ", "if "];

/// Objects that programs read values from.
const ROOTS: &[&str] = &[
    "self",
    "this",
    "cls",
    "process",
    "os",
    "sys",
    "System",
    "env",
    "ENV",
    "environ",
    "config",
    "cfg",
    "conf",
    "settings",
    "args",
    "opts",
    "options",
    "params",
    "request",
    "req",
    "props",
    "ctx",
    "context",
    "app",
    "data",
    "body",
    "state",
    "r",
    "var",
    "local",
    "module",
    "each",
    "random_password",
    "builder",
    "Environment",
    "configuration",
    "secrets",
    "inputs",
    "vars",
    "matrix",
    "github",
    "values",
    "Values",
    "user",
    "u",
    "c",
    "s",
    "p",
    "cred",
    "creds",
    "credentials",
    "parsed",
    "options",
];

/// Types that follow a colon in place of a value.
const TYPES: &[&str] =
    &["str", "string", "String", "bytes", "Optional[", "Option<", "&str", "SecretStr", "any", "SecureString"];

/// Whether a value of one line is an expression: a call, a subscript, an attribute, a variable of a shell, a command
/// substitution, a type annotation, or several values with operators between them.
pub(crate) fn is_expression(value: &str) -> bool {
    let value = value.trim().trim_end_matches([',', ';']).trim_end();
    OPERATORS.iter().any(|operator| value.starts_with(operator))
        || is_shell_variable(value)
        || is_type(value)
        || is_of_names(value)
        || is_operation(value)
        || is_prefixed_string(value)
}

/// `$1`, `$@`, `` `command` ``; other variables are placeholders.
fn is_shell_variable(value: &str) -> bool {
    match value.as_bytes() {
        [b'$', second] => second.is_ascii_digit() || b"@*#?!$-".contains(second),
        [b'`', .., b'`'] => true,
        [b'`', rest @ ..] => rest.contains(&b' '),
        _ => value.starts_with("$(") && value.contains(' '),
    }
}

/// `str`, `Optional[str] = None`, `string | undefined`.
fn is_type(value: &str) -> bool {
    TYPES.iter().any(|name| match value.strip_prefix(name) {
        Some(rest) if name.ends_with(['[', '<']) => rest.contains([']', '>']),
        Some(rest) => rest.is_empty() || rest.trim_start().starts_with(['=', '|', ')', '?']),
        None => false,
    })
}

/// Names with dots, ending in a call or a subscript, or beginning with an object that programs read from.
fn is_of_names(value: &str) -> bool {
    let value = value.trim_start_matches(['&', '*', '!', '@', '(']);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_.$".contains(letter);
    let end = value.find(|letter: char| !is_part(letter)).unwrap_or(value.len());
    let (names, rest) = value.split_at(end);
    if !names.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        return false;
    }
    let is_name = |name: &str| !name.is_empty() && reads_like_a_name(name);
    let are_names = names.split('.').all(is_name);
    let closes = |open: char, close: char| {
        rest.strip_prefix(open).is_some_and(|inner| {
            inner.trim_end().is_empty()
                || names.len() >= 4
                || inner.contains(close)
                || inner.ends_with([',', '"', '\''])
        })
    };
    let root = names.split('.').next().unwrap_or_default();
    let is_attribute =
        names.contains('.') && ROOTS.contains(&root) && are_names && !rest.starts_with(char::is_alphanumeric);
    is_attribute
        || (are_names && (closes('(', ')') || closes('[', ']')))
        || (rest.starts_with("?.") || rest.starts_with("::"))
}

/// Whether a word could name something in a program: `b64decode`, `x`.
fn reads_like_a_name(word: &str) -> bool {
    let letters: String = word.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    let is_numbered = word.len() - letters.len() <= 3 && letters.len() >= 5;
    reads_like_words(word) || word.len() <= 2 || (is_numbered && reads_like_words(&letters))
}

/// `a + b`, `x || "y"`, `"a" % b`: operators with blanks around them between names and strings.
fn is_operation(value: &str) -> bool {
    const BETWEEN: &[&str] =
        &[" + ", " || ", " ?? ", " or ", " % ", " if ", " ? ", " == ", " != ", " => ", " . ", " and "];
    let begins = value.starts_with(|first: char| first.is_ascii_alphabetic() || "\"'_$(".contains(first));
    begins && BETWEEN.iter().any(|operator| value.contains(operator))
}

/// `f"..."`, `b'...'` and unclosed strings of several parts.
fn is_prefixed_string(value: &str) -> bool {
    let prefix = value.trim_start_matches(|letter: char| "fFrRbBuU".contains(letter));
    let length = value.len() - prefix.len();
    (1..=2).contains(&length) && prefix.starts_with(['"', '\'']) && prefix.len() > 1 && prefix.contains('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_literals() {
        for expression in [
            "os.getenv('MAPBOX_API_KEY', '')",
            "base64.b64decode(obj.data[\"password\"]).decode()",
            "strings.TrimSpace(string(b))",
            "crypt(:password",
            "os.environ['POSTGRESQL_PASSWORD']",
            "fetch_token(",
            "require_env(\"KEYCLOAK_ADMIN_PASSWORD\")",
            "require_env(\"KEYCLOAK_SMTP_PASSWORD\"),",
            "read_file(token_path)",
            "generate_password_hash(u_new[\"password\"])",
            "f.read().strip()",
            "`oc serviceaccounts get-token grafana`",
            "$2",
            "self.password, \"a\": 1",
            "user_dict[\"password\"]",
            "Optional[str] = None",
            "str = None",
            "string;",
            "process.env.API_KEY || \"\"",
            "\"a\" + password",
            "os.Getenv(\"DB_PASSWORD\")",
            "f\"{user}:{password}\"",
            "await load()",
            "$(kubectl get secret x -o jsonpath='{.data.t}')",
            "System.getenv(\"X\")",
            "config.get(\"password\")",
            "this.password",
            "new String(chars)",
        ] {
            assert!(is_expression(expression), "{expression}");
        }
        for literal in [
            "Hk4-tWb9-Nk7q",
            "Hk4(tWb9)",
            "Hk4tWb9[0]",
            "$ecretPass99x",
            "my.Hk4tWb9",
            "a+b=c",
            "Nk7q||tWb9",
            "`Hk4tWb9",
            "b'Hk4",
        ] {
            assert!(!is_expression(literal), "{literal}");
        }
    }
}
