//! Names with dots, wherever they are in a text.

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

    /// The name in lower case.
    pub fn lower_name(&self) -> String {
        self.name().to_ascii_lowercase()
    }

    /// The name in lower case with its port, if it has one: `kafka.example.com:443`.
    pub fn lower_address(&self) -> String {
        let name = self.lower_name();
        self.port.as_ref().map(|port| format!("{name}:{}", port.number)).unwrap_or(name)
    }

    /// Whether it is the host of this name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// Whether it is this domain or a host in it, in any case.
    pub fn is_in(&self, domain: &str) -> bool {
        let rest = self.name.len().checked_sub(domain.len());
        rest.and_then(|rest| self.name().split_at_checked(rest))
            .is_some_and(|(host, end)| end.eq_ignore_ascii_case(domain) && (host.is_empty() || host.ends_with('.')))
    }

    /// The host in a run of letters that names are made of.
    fn in_run(text: &'t str, run: Range<usize>) -> Option<Self> {
        let start = run.start + percent_code(&text[..run.start], &text[run.clone()]);
        let name = start..start + text[start..run.end].trim_end_matches('.').len();
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

/// The next run of letters that names are made of. `_` is one of them: DNS allows it, only host names do not.
fn next_run(text: &str, from: usize) -> Option<Range<usize>> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let bytes = &text.as_bytes()[from..];
    let start = bytes.iter().position(is_of_name)?;
    let length = bytes[start..].iter().take_while(|byte| is_of_name(byte)).count();
    Some(from + start..from + start + length)
}

/// How much of a run belongs to a percent code: `2F` of `https%3A%2F%2Fweb.example.com`.
fn percent_code(before: &str, run: &str) -> usize {
    let is_code = before.ends_with('%') && run.bytes().take_while(u8::is_ascii_hexdigit).count() >= 2;
    if is_code { 2 } else { 0 }
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
        let cases: [(&str, &[&str]); 20] = [
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
        ];
        for (text, expected) in cases {
            assert_eq!(told(text), expected, "{text}");
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
