//! The words of shell texts: quotes, expansions, substitutions and here-documents.

/// What a shell text says.
#[derive(Debug, Default)]
pub(crate) struct Script<'t> {
    /// The commands with their words, those in substitutions too.
    pub(crate) commands: Vec<Vec<String>>,
    /// The here-documents, which are texts of their own.
    pub(crate) documents: Vec<&'t str>,
    /// Whether a quote or a substitution has no end, so that the words are not to be trusted.
    pub(crate) is_unclosed: bool,
}

/// Reads a shell text. Quotes are gone from the words; a variable is written `${name}`, a substitution `$()`.
pub(crate) fn read(text: &str) -> Script<'_> {
    let mut lexer = Lexer { text, at: 0, depth: 0, waiting: Vec::new(), script: Script::default() };
    lexer.commands(None);
    lexer.script
}

/// How deep substitutions in substitutions are read.
const DEPTH: usize = 16;

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// The ends of here-documents that begin on the next line.
    waiting: Vec<&'t str>,
    script: Script<'t>,
}

/// A command that is being read.
#[derive(Default)]
struct Open {
    words: Vec<String>,
    word: Option<String>,
}

impl Open {
    fn push(&mut self, letter: char) {
        self.word.get_or_insert_default().push(letter);
    }

    fn push_str(&mut self, text: &str) {
        self.word.get_or_insert_default().push_str(text);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }
}

impl<'t> Lexer<'t> {
    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Reads commands up to the sign that ends them, or to the end of the text.
    fn commands(&mut self, end: Option<char>) {
        let mut open = Open::default();
        let mut parentheses = 0usize;
        while let Some(letter) = self.next() {
            if Some(letter) == end && parentheses == 0 {
                self.end_command(&mut open);
                return;
            }
            match letter {
                '(' => parentheses += 1,
                ')' => parentheses = parentheses.saturating_sub(1),
                _ => {}
            }
            self.letter(letter, &mut open);
        }
        self.script.is_unclosed |= end.is_some();
        self.end_command(&mut open);
    }

    fn letter(&mut self, letter: char, open: &mut Open) {
        match letter {
            '\n' => {
                self.end_command(open);
                self.documents();
            }
            ';' | '&' | '|' | '(' | ')' => self.end_command(open),
            '<' | '>' => self.redirection(letter, open),
            '#' if open.word.is_none() => self.comment(),
            letter if letter.is_whitespace() => open.end_word(),
            _ => self.part(letter, open),
        }
    }

    /// A part of a word.
    fn part(&mut self, letter: char, open: &mut Open) {
        match letter {
            '\\' => match self.next() {
                Some('\n') | None => {}
                Some(escaped) => open.push(escaped),
            },
            '\'' => self.single_quoted(open),
            '"' => self.double_quoted(open),
            '$' => self.expansion(open),
            '`' => self.substitution('`', open),
            letter => open.push(letter),
        }
    }

    fn end_command(&mut self, open: &mut Open) {
        open.end_word();
        let words = std::mem::take(&mut open.words);
        if !words.is_empty() {
            self.script.commands.push(words);
        }
    }

    fn comment(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    fn single_quoted(&mut self, open: &mut Open) {
        let rest = &self.text[self.at..];
        let end = rest.find('\'');
        self.script.is_unclosed |= end.is_none();
        open.push_str(&rest[..end.unwrap_or(rest.len())]);
        self.at += end.map_or(rest.len(), |end| end + 1);
    }

    fn double_quoted(&mut self, open: &mut Open) {
        open.push_str("");
        while let Some(letter) = self.next() {
            match letter {
                '"' => return,
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(escaped) => open.push(escaped),
                },
                '$' => self.expansion(open),
                '`' => self.substitution('`', open),
                letter => open.push(letter),
            }
        }
        self.script.is_unclosed = true;
    }

    fn expansion(&mut self, open: &mut Open) {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        match self.peek() {
            Some('(') => {
                self.at += 1;
                self.substitution(')', open);
            }
            Some('{') => self.braces(open),
            Some('\'') => {
                self.at += 1;
                self.single_quoted(open);
            }
            Some(first) if is_name(first) => {
                let rest = &self.text[self.at..];
                let length =
                    if first.is_ascii_digit() { 1 } else { rest.find(|letter| !is_name(letter)).unwrap_or(rest.len()) };
                open.push_str(&format!("${{{}}}", &rest[..length]));
                self.at += length;
            }
            Some(special) if "@*#?!-$".contains(special) => {
                self.at += 1;
                open.push_str("${0}");
            }
            _ => open.push('$'),
        }
    }

    /// `${name:-default}` as it is.
    fn braces(&mut self, open: &mut Open) {
        let rest = &self.text[self.at..];
        let mut depth = 0usize;
        let end = rest.char_indices().find(|(_, letter)| {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let length = end.map_or(rest.len(), |(end, _)| end + 1);
        self.script.is_unclosed |= end.is_none();
        open.push('$');
        open.push_str(&rest[..length]);
        self.at += length;
    }

    fn substitution(&mut self, end: char, open: &mut Open) {
        open.push_str("$()");
        if self.depth == DEPTH {
            self.script.is_unclosed = true;
            self.at = self.text.len();
            return;
        }
        self.depth += 1;
        self.commands(Some(end));
        self.depth -= 1;
    }

    /// `>`, `<`, `<<END` and `<<<`.
    fn redirection(&mut self, letter: char, open: &mut Open) {
        open.end_word();
        let rest = &self.text[self.at..];
        let Some(behind) = rest.strip_prefix('<').filter(|_| letter == '<') else { return };
        if let Some(here_string) = behind.strip_prefix('<') {
            self.at = self.text.len() - here_string.len();
            return;
        }
        let behind = behind.strip_prefix('-').unwrap_or(behind).trim_start_matches([' ', '\t']);
        let behind = behind.trim_start_matches(['"', '\'', '\\']);
        let length =
            behind.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(behind.len());
        self.at = self.text.len() - behind.len() + length;
        self.at += self.text[self.at..].len() - self.text[self.at..].trim_start_matches(['"', '\'']).len();
        if length > 0 {
            self.waiting.push(&behind[..length]);
        }
    }

    /// The here-documents that begin at this line.
    fn documents(&mut self) {
        for end in std::mem::take(&mut self.waiting) {
            let start = self.at;
            let body = &self.text[start..];
            let mut length = 0;
            let closing = body.split_inclusive('\n').find(|line| {
                let is_end = line.trim() == end;
                length += if is_end { 0 } else { line.len() };
                is_end
            });
            self.script.documents.push(&body[..length]);
            self.at = start + length + closing.map_or(0, str::len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        read(text).commands
    }

    #[test]
    fn words_are_without_quotes_and_variables_in_braces() {
        let cases: [(&str, &[&[&str]]); 9] = [
            ("A=x; run --b \"c d\" 'e $f'", &[&["A=x"], &["run", "--b", "c d", "e $f"]]),
            ("A=\"$(cat \"$F\")\" x", &[&["cat", "${F}"], &["A=$()", "x"]]),
            ("A=`oc get`", &[&["oc", "get"], &["A=$()"]]),
            ("P=$2 Q=$@", &[&["P=${2}", "Q=${0}"]]),
            ("[ \"$a\" != \"null\" ] && b", &[&["[", "${a}", "!=", "null", "]"], &["b"]]),
            ("a \\\n b # c d\ne", &[&["a", "b"], &["e"]]),
            ("A=${X:-y z} b", &[&["A=${X:-y z}", "b"]]),
            ("a <<EOF >b\nx: y\nEOF\nc", &[&["a", "b"], &["c"]]),
            ("a \"b\\\"c\" $'d'", &[&["a", "b\"c", "d"]]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(read("a <<-'END'\n\tx: y\n\tEND\nb").documents, ["\tx: y\n"]);
        assert!(read("it's").is_unclosed);
        assert!(read("a $(b").is_unclosed);
        assert!(!read("a 'b' \"c\" $(d)").is_unclosed);
    }
}
