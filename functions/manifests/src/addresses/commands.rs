//! Command lines and scripts: words, options and their values.

use super::keys::Role;

/// What a command line says about hosts, besides URLs and `host:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// `NAME=value`, `--name=value`, `--name value`, `-h value`, `-Dname=value`.
    Pair(&'t str, &'t str),
    /// A host and, as the next word, its port: `nc -z db 5432`.
    Address(&'t str, &'t str),
    /// What a program looks up: `nslookup db`.
    Name(&'t str),
}

/// Programs that take a host and a port as two words.
const CONNECTING: [&str; 4] = ["nc", "ncat", "netcat", "telnet"];
/// Directives of Redis that take a host and a port as two words.
const TAKING_TWO: [&str; 2] = ["replicaof", "slaveof"];
/// Programs that take the name of a host.
const LOOKING_UP: [&str; 5] = ["dig", "getent", "host", "nslookup", "ping"];
/// The device by which bash connects.
const DEVICE: &str = "/dev/tcp/";

/// The words of each command of a script, and of the scripts in its words.
pub fn commands_in_script(text: &str) -> Vec<Vec<&str>> {
    commands(text).iter().flat_map(|words| commands_in_words(words)).collect()
}

/// A command line whose words are apart already, and the words of each command of the scripts in its words.
pub fn commands_in_words<'t>(words: &[&'t str]) -> Vec<Vec<&'t str>> {
    let inner = words.iter().filter_map(|word| inner_script(word)).flatten();
    let inner: Vec<_> = inner.flat_map(|words| commands_in_words(&words)).collect();
    [vec![words.to_vec()], inner].concat()
}

/// The parts of a script, command by command.
pub(super) fn parts_of_script(text: &str) -> Vec<Vec<Part<'_>>> {
    commands(text).iter().flat_map(|words| parts_of_words(words)).collect()
}

/// The parts of a command line whose words are apart already, and those of the scripts in its words.
pub(super) fn parts_of_words<'t>(words: &[&'t str]) -> Vec<Vec<Part<'t>>> {
    let (mut parts, mut inner) = (Vec::new(), Vec::new());
    let mut program = "";
    for (index, word) in words.iter().copied().enumerate() {
        let next = words.get(index + 1).copied().unwrap_or_default();
        let behind = words.get(index + 2).copied().unwrap_or_default();
        if let Some(commands) = inner_script(word) {
            inner.extend(commands.iter().flat_map(|words| parts_of_words(words)));
        } else if let Some((host, port)) = word.split_once(DEVICE).and_then(|(_, address)| address.split_once('/')) {
            parts.push(Part::Address(host, port));
        } else if let Some((name, value)) = assignment(word) {
            parts.push(Part::Pair(name, unquoted(value)));
        } else if word.starts_with('-') {
            parts.extend(option(word, next, behind));
        } else if CONNECTING.contains(&program) && is_number(next) {
            parts.push(Part::Address(word, next));
        } else if is_number(behind) && !is_number(next) && TAKING_TWO.contains(&word) {
            parts.push(Part::Address(next, behind));
        } else if let ["sentinel", "monitor", _, host, port, ..] = &words[index..] {
            parts.push(Part::Address(host, port));
        } else if LOOKING_UP.contains(&program) {
            parts.push(Part::Name(word));
        }
        let name = word.rsplit('/').next().unwrap_or_default();
        if CONNECTING.contains(&name) || LOOKING_UP.contains(&name) {
            program = name;
        }
    }
    inner.insert(0, parts);
    inner
}

/// The commands in a word that is a script: `sh -c "nc db 5432"`.
fn inner_script(word: &str) -> Option<Vec<Vec<&str>>> {
    let commands = word.contains(char::is_whitespace).then(|| commands(word))?;
    let is_word = matches!(commands.as_slice(), [words] if words.as_slice() == [word]);
    (!is_word).then_some(commands)
}

/// An option that takes the next word as its value, which may be followed by a port.
fn option<'t>(word: &'t str, next: &'t str, behind: &'t str) -> Option<Part<'t>> {
    let name = word.trim_start_matches('-');
    if name.is_empty() || next.is_empty() || next.starts_with('-') {
        return None;
    }
    let takes_two = Role::of_key(name) == Role::Host && is_number(behind);
    Some(if takes_two { Part::Address(next, behind) } else { Part::Pair(name, next) })
}

/// `NAME=value`, as a variable, an option, or a property of Java.
pub(super) fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let name = name.strip_prefix("-D").unwrap_or(name).trim_start_matches('-');
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (!name.is_empty() && name.bytes().all(is_name)).then_some((name, value))
}

fn is_number(word: &str) -> bool {
    word.parse::<u16>().is_ok_and(|number| number > 0)
}

/// A text without the quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// The words of each command of a script, without the quotes around them.
fn commands(text: &str) -> Vec<Vec<&str>> {
    let (mut commands, mut words) = (Vec::new(), Vec::new());
    let (mut start, mut quote) = (None, None);
    for (at, letter) in text.char_indices().chain([(text.len(), '\n')]) {
        let ends_command = matches!(letter, '\n' | ';' | '|' | '&' | '`');
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) if at < text.len() => {}
            _ if ends_command || letter.is_whitespace() || matches!(letter, '(' | ')') => {
                words.extend(start.take().map(|start| unquoted(&text[start..at])));
                if ends_command {
                    commands.push(std::mem::take(&mut words));
                }
                continue;
            }
            _ if letter == '"' || letter == '\'' => quote = Some(letter),
            _ => {}
        }
        start.get_or_insert(at);
    }
    commands.retain(|words| !words.is_empty());
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_apart_are_a_command_line_too() {
        let words = ["sh", "-c", "nc pg 1", "--peer", "q"];
        let expected = [Part::Pair("c", "nc pg 1"), Part::Pair("peer", "q"), Part::Address("pg", "1")];
        assert_eq!(parts_of_words(&words).concat(), expected);
    }

    #[test]
    fn scripts_in_words_are_commands_too() {
        let script = "a -x | b\nsh -c 'c d; e'";
        let expected: [&[&str]; 5] = [&["a", "-x"], &["b"], &["sh", "-c", "c d; e"], &["c", "d"], &["e"]];
        assert_eq!(commands_in_script(script), expected);
        assert_eq!(commands_in_words(&["a", "b c"]), [vec!["a", "b c"], vec!["b", "c"]]);
    }

    #[test]
    fn command_lines_name_hosts() {
        for (text, expected) in [
            ("pg_dump -h pg -U shop shop > /backup", vec![Part::Pair("h", "pg"), Part::Pair("U", "shop")]),
            ("until nc -z pg 5432; do sleep 1; done", vec![Part::Pair("z", "pg"), Part::Address("pg", "5432")]),
            ("DB_HOST=pg exec app", vec![Part::Pair("DB_HOST", "pg")]),
            ("app --host=\"pg\" -Dx.host=q", vec![Part::Pair("host", "pg"), Part::Pair("x.host", "q")]),
            ("redis-server --replicaof r 6379", vec![Part::Address("r", "6379")]),
            ("until nslookup db; do :; done", vec![Part::Name("db")]),
            ("</dev/tcp/pg/5432", vec![Part::Address("pg", "5432")]),
            ("psql \"host=pg port=1\"", vec![Part::Pair("host", "pg"), Part::Pair("port", "1")]),
            ("it's a quote", vec![]),
        ] {
            assert_eq!(parts_of_script(text).concat(), expected, "{text}");
        }
    }
}
