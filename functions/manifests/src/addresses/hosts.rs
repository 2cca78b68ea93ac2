//! Names with dots, wherever they are in a text.

use std::borrow::Cow;
use std::ops::Range;

/// A name with a dot in a text, perhaps with a port behind it. It may be a version number or the name of a file: only
/// the reader knows which names it looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host<'t> {
    text: &'t str,
    /// Where the name is, in bytes, without a dot at its end. Its case is as written.
    pub name: Range<usize>,
    /// The port behind it.
    pub port: Option<Port>,
    /// Whether name and port are a whole entry, as in a list of servers: nothing of an address is around them.
    pub is_whole: bool,
}

/// A port in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Where its digits are, in bytes.
    pub range: Range<usize>,
    /// The number; never 0.
    pub number: u16,
}

impl<'t> Host<'t> {
    /// The name as written.
    pub fn name(&self) -> &'t str {
        &self.text[self.name.clone()]
    }

    /// Where name and port are, in bytes.
    pub fn range(&self) -> Range<usize> {
        self.name.start..self.port.as_ref().map_or(self.name.end, |port| port.range.end)
    }

    /// The name in lower case, its dots without what escapes them.
    pub fn lower_name(&self) -> String {
        self.plain_name().to_ascii_lowercase()
    }

    /// The name without what escapes its dots, which may be escaped in more than one way.
    fn plain_name(&self) -> Cow<'t, str> {
        match self.escape() {
            "" => Cow::Borrowed(self.name()),
            _ => Cow::Owned(self.name().replace('\\', "")),
        }
    }

    /// Another name in the spelling of this one: with its dots escaped as they are here.
    pub fn spelled(&self, name: &str) -> String {
        name.replace('.', &format!("{}.", self.escape()))
    }

    /// The backslashes before its dots, as in a regular expression.
    fn escape(&self) -> &'t str {
        let name = self.name();
        let rest = &name[name.find('\\').unwrap_or(name.len())..];
        &rest[..rest.len() - rest.trim_start_matches('\\').len()]
    }

    /// The name in lower case with its port, if it has one: `kafka.example.com:443`.
    pub fn lower_address(&self) -> String {
        let name = self.lower_name();
        self.port.as_ref().map(|port| format!("{name}:{}", port.number)).unwrap_or(name)
    }

    /// Whether it is the host of this name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.plain_name().eq_ignore_ascii_case(name)
    }

    /// Whether it is this domain or a host in it, in any case.
    pub fn is_in(&self, domain: &str) -> bool {
        let name = self.plain_name();
        let rest = name.len().checked_sub(domain.len());
        rest.and_then(|rest| name.split_at_checked(rest))
            .is_some_and(|(host, end)| end.eq_ignore_ascii_case(domain) && (host.is_empty() || host.ends_with('.')))
    }

    /// The host in a run of letters that names are made of.
    fn in_run(text: &'t str, run: Range<usize>) -> Option<Self> {
        let start = run.start + code(&text[..run.start], &text[run.clone()]);
        let name = start..start + text[start..run.end].trim_end_matches(['.', '\\']).len();
        if !text[name.clone()].contains('.') {
            return None;
        }
        let port = port_at(text, run.end);
        let mut host = Self { text, name, port, is_whole: false };
        host.is_whole = host.is_apart();
        Some(host)
    }

    /// Whether what is around it separates entries.
    fn is_apart(&self) -> bool {
        let bytes = self.text.as_bytes();
        let Range { start, end } = self.range();
        let before = start.checked_sub(1).map(|index| bytes[index]);
        before.is_none_or(|byte| byte.is_ascii_whitespace() || b"=,;\"'[({".contains(&byte))
            && bytes.get(end).is_none_or(|byte| byte.is_ascii_whitespace() || b",;\"'])}\\".contains(byte))
    }
}

/// The names with dots in a text, in their order.
pub fn hosts(text: &str) -> impl Iterator<Item = Host<'_>> {
    let mut position = 0;
    std::iter::from_fn(move || {
        loop {
            let run = next_run(text, position)?;
            position = run.end;
            if let Some(host) = Host::in_run(text, run) {
                position = position.max(host.range().end);
                return Some(host);
            }
        }
    })
}

/// The next run of letters that names are made of. `_` is one of them: DNS allows it, only host names do not. A dot may be
/// escaped, as in a regular expression.
fn next_run(text: &str, from: usize) -> Option<Range<usize>> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let bytes = text.as_bytes();
    let start = from + bytes[from..].iter().position(is_of_name)?;
    let mut end = start;
    while end < bytes.len() {
        let escape = bytes[end..].iter().take_while(|byte| **byte == b'\\').count();
        match bytes.get(end + escape) {
            Some(byte) if escape == 0 && is_of_name(byte) => end += 1,
            Some(b'.') if (1..=LONGEST_ESCAPE).contains(&escape) => end += escape + 1,
            _ => break,
        }
    }
    Some(start..end)
}

/// The most backslashes that escape a dot: one of a regular expression, each escaped once or twice by what is around it.
const LONGEST_ESCAPE: usize = 4;

/// How much of a run belongs to a code before the name: `2F` of `https%3A%2F%2Fweb.example.com`, `n` of `\nweb.example.com`.
fn code(before: &str, run: &str) -> usize {
    let are_hex = |from: usize, length: usize| {
        run.get(from..from + length).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    if before.ends_with('%') && are_hex(0, 2) {
        // A percent sign may be encoded itself, as in `%252F`.
        return if run.starts_with("25") && are_hex(2, 2) { 4 } else { 2 };
    }
    match run.bytes().next().map(|byte| byte.to_ascii_lowercase()) {
        _ if !before.ends_with('\\') => 0,
        Some(b'u') if are_hex(1, 4) => 5,
        Some(b'x') if are_hex(1, 2) => 3,
        Some(b'n' | b'r' | b't' | b'b' | b'f' | b'd' | b's' | b'w') => 1,
        _ => 0,
    }
}

/// The port that begins with a colon at a place of a text.
fn port_at(text: &str, colon: usize) -> Option<Port> {
    let digits = text[colon..].strip_prefix(':')?;
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let number = digits[..length].parse().ok().filter(|number| *number > 0)?;
    Some(Port { range: colon + 1..colon + 1 + length, number })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each host with its port; `!` marks whole entries.
    fn told(text: &str) -> Vec<String> {
        let tell = |host: Host<'_>| {
            let mark = if host.is_whole { "!" } else { "" };
            format!("{}{mark}", &text[host.range()])
        };
        hosts(text).map(tell).collect()
    }

    #[test]
    fn names_are_found_with_what_belongs_to_them() {
        let cases: [(&str, &[&str]); 29] = [
            ("", &[]),
            ("web", &[]),
            ("web.apps.x", &["web.apps.x!"]),
            ("Web.Apps.X:443", &["Web.Apps.X:443!"]),
            ("a.x:443,b.x:443", &["a.x:443!", "b.x:443!"]),
            ("servers=a.x:443\nacks=all", &["a.x:443!"]),
            ("{\"servers\":\"a.x:443\"}", &["a.x:443!"]),
            ("https://a.x:443/b.c", &["a.x:443", "b.c"]),
            ("my_web.apps.x", &["my_web.apps.x!"]),
            ("file_web.apps.x.crt", &["file_web.apps.x.crt!"]),
            ("It moved to web.apps.x.", &["web.apps.x"]),
            ("web.apps.x.:443", &["web.apps.x.:443!"]),
            ("NO_PROXY=.apps.x", &[".apps.x!"]),
            ("next=https%3A%2F%2Fweb.apps.x%2Fcallback", &["web.apps.x"]),
            ("web.apps.x-$(N)", &["web.apps.x-"]),
            ("a.x:0 b.x:70000 c.x:", &["a.x", "b.x", "c.x"]),
            ("user@a.x:1@b.x", &["a.x:1", "b.x"]),
            ("ä.x é.y:1", &[".x", ".y:1"]),
            ("...", &[]),
            ("1.2.3", &["1.2.3!"]),
            (r"^https://web\.apps\.x$", &[r"web\.apps\.x"]),
            (r"~^(.+)\.apps\.x$", &[r".apps\.x"]),
            (r#"{"re":"web\\.apps\\.x"}"#, &[r"web\\.apps\\.x!"]),
            (r"a\nweb.apps.x", &["web.apps.x"]),
            (r"\u002fweb.apps.x \x2fb.x", &["web.apps.x", "b.x"]),
            (r"\new.x", &["ew.x"]),
            ("r=https%253A%252F%252Fweb.apps.x", &["web.apps.x"]),
            (r"web.apps.x\", &["web.apps.x!"]),
            (r"\\\\\.x", &[".x"]),
        ];
        for (text, expected) in cases {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn names_are_written_in_the_spelling_of_others() {
        for (text, lower, spelled) in [
            ("Web.apps.x", "web.apps.x", "a.b.c"),
            (r"web\.Apps\.x", "web.apps.x", r"a\.b\.c"),
            (r"web\\.apps\\.x", "web.apps.x", r"a\\.b\\.c"),
            (r"x\.web\.apps", "x.web.apps", r"a\.b\.c"),
            (r".web\.apps", ".web.apps", r"a\.b\.c"),
            (r"web\.apps\\.x", "web.apps.x", r"a\.b\.c"),
        ] {
            let host = hosts(text).next().expect("it holds a host");
            assert_eq!((host.lower_name().as_str(), host.spelled("a.b.c").as_str()), (lower, spelled), "{text}");
            assert!(host.is(lower) && host.is_in(lower.split_once('.').expect("it has a dot").1), "{text}");
        }
    }

    #[test]
    fn names_are_compared_without_regard_to_case() {
        let text = "Web.Apps.X.:0443";
        let host = hosts(text).next().expect("it holds a host");
        assert_eq!((host.name(), host.lower_address().as_str()), ("Web.Apps.X", "web.apps.x:443"));
        assert!(host.is("web.apps.x") && !host.is("web.apps.x."));
        for (domain, expected) in
            [("apps.x", true), ("APPS.x", true), ("web.apps.x", true), ("pps.x", false), ("a.web.apps.x", false)]
        {
            assert_eq!(host.is_in(domain), expected, "{domain}");
        }
    }
}
