//! Credentials in command lines.

use std::collections::HashMap;
use std::sync::LazyLock;

use krm::table;

use super::pair::Pair;

/// A place of a command line.
enum Place {
    /// The word behind a flag.
    Behind(&'static str),
    /// The rest of the word that begins with a flag.
    Glued(&'static str),
    /// The word behind so many others that are no flags.
    Nth(usize),
    Last,
}

/// A credential in the command line of a program.
struct Flag {
    /// The words behind the name of the program that the command line needs.
    subcommand: Vec<&'static str>,
    place: Place,
    /// What is before the credential in the word, if not nothing.
    mark: Option<&'static str>,
    text: &'static str,
}

impl Flag {
    fn read(subcommand: Vec<&'static str>, text: &'static str, part: &'static str) -> Self {
        let place = match (text.strip_prefix('+'), text.strip_suffix('*')) {
            (Some(count), _) => Place::Nth(count.parse().unwrap_or_else(|_| unreachable!("`{text}` is no place"))),
            (None, Some(flag)) => Place::Glued(flag),
            (None, None) if text == "last" => Place::Last,
            (None, None) => Place::Behind(text),
        };
        Self { subcommand, place, mark: (part != "all").then_some(part), text }
    }

    /// The credentials among the words behind the program.
    fn values<'w>(&self, words: &'w [String]) -> Vec<&'w str> {
        let rest = match self.subcommand.as_slice() {
            [] => words,
            [first, others @ ..] => {
                let Some(at) = words.iter().position(|word| word == first) else { return Vec::new() };
                let behind = &words[at + 1..];
                if !others.iter().zip(behind).all(|(other, word)| word == other) || behind.len() < others.len() {
                    return Vec::new();
                }
                &behind[others.len()..]
            }
        };
        self.at_place(rest).into_iter().filter_map(|word| self.part(word)).collect()
    }

    fn at_place<'w>(&self, words: &'w [String]) -> Vec<&'w str> {
        let plain = || words.iter().map(String::as_str).filter(|word| !word.starts_with('-'));
        match self.place {
            Place::Behind(flag) => {
                words.windows(2).filter(|pair| pair[0] == flag).map(|pair| pair[1].as_str()).collect()
            }
            Place::Glued(flag) => {
                let glued =
                    words.iter().filter(|word| !word.starts_with("--")).filter_map(|word| word.strip_prefix(flag));
                glued.filter(|value| !value.is_empty()).collect()
            }
            Place::Nth(count) => plain().nth(count - 1).into_iter().collect(),
            Place::Last => plain().next_back().filter(|_| plain().count() >= 2).into_iter().collect(),
        }
    }

    fn part<'w>(&self, word: &'w str) -> Option<&'w str> {
        match self.mark {
            None => Some(word),
            Some("/") => word.split_once('/').map(|(_, rest)| rest.split('@').next().unwrap_or(rest)),
            Some(mark) => word.split_once(mark).map(|(_, part)| part),
        }
    }
}

static FLAGS: LazyLock<HashMap<&str, Vec<Flag>>> = LazyLock::new(|| {
    let mut flags: HashMap<_, Vec<_>> = HashMap::new();
    for [program, place, part] in table::rows(include_str!("../../data/credential-flags.tsv")) {
        let mut words = program.split(' ');
        let name = words.next().unwrap_or_default();
        flags.entry(name).or_default().push(Flag::read(words.collect(), place, part));
    }
    flags
});

/// The credentials of a command, under the name `password`.
pub(super) fn credentials(words: &[String]) -> Vec<Pair> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let program = word.rsplit('/').next().unwrap_or(word);
        for flag in FLAGS.get(program).into_iter().flatten() {
            let pair = |value: &str| Pair::new(format!("{program} {}", flag.text), "password", value);
            found.extend(flag.values(&words[at + 1..]).into_iter().map(pair));
        }
    }
    found
}

/// The flags and assignments of a command: `--name=value`, `--name value`, `NAME=value`, and headers as `NAME: value`.
pub(super) fn named(words: &[String]) -> Vec<(usize, Pair)> {
    let mut found = Vec::new();
    let mut rest_at = 0;
    for (index, word) in words.iter().enumerate() {
        if index < rest_at {
            continue;
        }
        let name_end = word.find(|letter: char| !is_name_letter(letter)).unwrap_or(word.len());
        let name = word[..name_end].trim_start_matches('-');
        let is_flag = word.starts_with('-') && name.len() > 1;
        let rest = &word[name_end..];
        if let Some(value) = rest.strip_prefix('=').filter(|_| !name.is_empty()) {
            found.extend(assigned(name, value).into_iter().map(|pair| (index, pair)));
        } else if let Some(value) = rest.strip_prefix(": ").filter(|_| !is_flag && name.len() > 1) {
            found.push((index, Pair::new(name, name, value.trim())));
        } else if is_flag
            && rest.is_empty()
            && let Some(value) = words.get(index + 1).filter(|value| !value.starts_with('-'))
        {
            found.extend(assigned(name, value).into_iter().map(|pair| (index + 1, pair)));
            rest_at = index + 2;
        }
    }
    found
}

/// What a flag or a variable is given: `--set a=x,b=y` gives each of these.
fn assigned(name: &str, value: &str) -> Vec<Pair> {
    let is_list = matches!(name, "set" | "set-string" | "from-literal" | "env" | "build-arg" | "e" | "o" | "D");
    if !is_list {
        return vec![Pair::new(name, name, value)];
    }
    let parts = if name.starts_with("set") { value.split(',').collect() } else { vec![value] };
    let pairs = parts.into_iter().filter_map(|part| part.split_once('='));
    pairs.map(|(name, value)| Pair::new(name, name, value)).collect()
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_.-".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::super::shell;
    use super::*;

    fn values(text: &str) -> Vec<String> {
        let commands = shell::read(text).commands;
        commands.iter().flat_map(|words| credentials(words)).map(|pair| pair.value).collect()
    }

    #[test]
    fn credentials_are_cut_out_of_command_lines() {
        let cases: [(&str, &[&str]); 16] = [
            ("redis-cli -h x -a Hk4 ping", &["Hk4"]),
            ("mysqladmin -uroot -pHk4 ping", &["Hk4"]),
            ("mysql -p x", &[]),
            ("curl -fsS -u shop:Hk4 https://x", &["Hk4"]),
            ("curl -ushop:Hk4 https://x", &["Hk4"]),
            ("echo x | docker login -u a -p Hk4 r", &["Hk4"]),
            ("docker run -p 80:80 x", &[]),
            ("sshpass -pHk4 ssh x", &["Hk4"]),
            ("sshpass -p Hk4 ssh x", &["Hk4"]),
            ("mc alias set s3 http://x AK Hk4", &["Hk4"]),
            ("mc ls s3", &[]),
            ("openssl x -passin pass:Hk4", &["Hk4"]),
            ("openssl x -passin env:P", &[]),
            ("rabbitmqctl add_user u Hk4", &["Hk4"]),
            ("smbclient -U u%Hk4 //x", &["Hk4"]),
            ("/usr/bin/ldapsearch -x -w Hk4", &["Hk4"]),
        ];
        for (text, expected) in cases {
            assert_eq!(values(text), expected, "{text}");
        }
    }

    #[test]
    fn flags_and_assignments_are_named() {
        let found = |text: &str| -> Vec<(String, String)> {
            let commands = shell::read(text).commands;
            commands.iter().flat_map(|words| named(words)).map(|(_, pair)| (pair.key, pair.value)).collect()
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(found("A=x b --c=d --ee f -g"), [pair("A", "x"), pair("c", "d"), pair("ee", "f")]);
        assert_eq!(found("k create --from-literal=password=x"), [pair("password", "x")]);
        assert_eq!(found("helm --set a.b=x,c=y"), [pair("a.b", "x"), pair("c", "y")]);
        assert_eq!(found("curl -H 'X-API-Key: v'"), [pair("X-API-Key", "v")]);
        assert_eq!(found("[ \"$token\" != \"null\" ]"), []);
    }
}
