//! Values of annotations as the router of OpenShift reads them.
//!
//! Source: openshift/router `images/router/haproxy/conf/haproxy-config.template` (the patterns at its start),
//! `pkg/router/template/template_helper.go`, `pkg/router/template/util/rewritetarget`.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// A time in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(u64);

impl Time {
    /// How long the router waits for a backend unless told otherwise; Traefik waits without end.
    pub(crate) const OF_BACKENDS: Self = Self(30_000);
    /// How long the router keeps a silent tunnel unless told otherwise; Traefik keeps it without end.
    pub(crate) const OF_TUNNELS: Self = Self(3_600_000);
    /// The longest that HAProxy knows.
    const LONGEST: u64 = 2_147_483_647;

    /// A time of HAProxy, rounded up. Without a unit it is milliseconds.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let digits = value.find(|character: char| !character.is_ascii_digit()).unwrap_or(value.len());
        let (number, unit) = value.split_at(digits);
        let is_number = !number.is_empty() && !number.starts_with('0');
        // More digits than fit are more than the longest time.
        let number: u64 = number.parse().unwrap_or(u64::MAX);
        let milliseconds = match unit {
            "us" => number.div_ceil(1000),
            "" | "ms" => number,
            "s" => number.saturating_mul(1000),
            "m" => number.saturating_mul(60_000),
            "h" => number.saturating_mul(3_600_000),
            "d" => number.saturating_mul(86_400_000),
            _ => return None,
        };
        is_number.then(|| Self(milliseconds.min(Self::LONGEST)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(milliseconds) = self;
        match milliseconds % 1000 {
            0 => write!(formatter, "{}s", milliseconds / 1000),
            _ => write!(formatter, "{milliseconds}ms"),
        }
    }
}

/// A whole number, as Go's `strconv.Atoi` reads it.
pub(crate) fn integer(value: &str) -> Option<i64> {
    value.parse().ok()
}

/// Go's `strconv.ParseBool`.
pub(crate) fn is_true(value: &str) -> bool {
    ["1", "t", "T", "true", "TRUE", "True"].contains(&value)
}

/// The `Strict-Transport-Security` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hsts {
    /// Seconds.
    pub(crate) max_age: u64,
    pub(crate) include_subdomains: bool,
    pub(crate) preload: bool,
}

impl Hsts {
    /// The header in the forms that the router serves: blanks around `;` and `=` and quotes around the number are fine, but
    /// nothing before, behind or twice.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        if value.trim() != value {
            return None;
        }
        let mut hsts = Self { max_age: 0, include_subdomains: false, preload: false };
        let mut has_age = false;
        for part in value.split(';').map(|part| part.trim().to_ascii_lowercase()) {
            match part.as_str() {
                "includesubdomains" => hsts.include_subdomains = true,
                "preload" => hsts.preload = true,
                _ => {
                    hsts.max_age = max_age(&part).filter(|_| !has_age)?;
                    has_age = true;
                }
            }
        }
        has_age.then_some(hsts)
    }
}

/// The number in `max-age = "1"`. More digits than fit are as good as for ever.
fn max_age(part: &str) -> Option<u64> {
    let number = part.strip_prefix("max-age")?.trim_start().strip_prefix('=')?.trim_start();
    let number = number.strip_prefix('"').map_or(Some(number), |quoted| quoted.strip_suffix('"'))?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number.parse().unwrap_or(u64::from(u32::MAX)))
}

impl fmt::Display for Hsts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "max-age={}", self.max_age)?;
        if self.include_subdomains {
            formatter.write_str("; includeSubDomains")?;
        }
        if self.preload {
            formatter.write_str("; preload")?;
        }
        Ok(())
    }
}

/// How the path of a request changes: what follows `path` in it is put behind `target`, without its first slash where
/// `target` is `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rewrite {
    /// The path as the Route writes it; empty where it has none, which is not the same as `/` here.
    pub(crate) path: String,
    pub(crate) target: String,
}

impl Rewrite {
    /// What a target does that always joins by one slash.
    pub(crate) const ONE_SLASH: &str = "puts one slash between the target and what follows the path, where OpenShift writes both as they are, as in `/appx`";

    /// The rewrite of a Route, or why nothing but HAProxy can tell what it does.
    pub(crate) fn parse(path: &str, target: &str) -> Result<Self, &'static str> {
        if target.contains(['#', '\'', '"', '\\', '%']) {
            return Err(
                "holds a quote, `#`, `%` or a backslash, which HAProxy takes for more than text; write a plain path",
            );
        }
        if path.contains(['+', '*', '?', '(', ')', '[', ']', '{', '}', '|', '^', '$', '\\']) {
            return Err(
                "is applied to a path that HAProxy takes for a regular expression here; choose a path of plain text",
            );
        }
        Ok(Self { path: path.to_owned(), target: target.to_owned() })
    }

    /// Whether target and rest always meet in just one slash: `/app/x`, but neither `/appx` nor `/app//x`.
    pub(crate) fn joins_by_one_slash(&self) -> bool {
        self.target == "/" || self.path.ends_with('/') == self.target.ends_with('/')
    }
}

/// The sources in an allow list.
///
/// # Errors
/// Why OpenShift admits everybody in spite of it.
pub(crate) fn allow_list(value: &str) -> Result<Vec<String>, String> {
    let opens = |why: &str| {
        format!(
            "{why}, so OpenShift ignores the list and admits everybody; correct the list if it is meant, or take it out"
        )
    };
    if value.trim() != value {
        return Err(opens("starts or ends with a blank"));
    }
    if value.contains('\n') {
        return Err(opens("holds a line break"));
    }
    let (valid, invalid): (Vec<_>, Vec<_>) = value.split_whitespace().partition(|source| is_source(source));
    match (valid.is_empty(), invalid.first()) {
        (true, _) => Err(opens("holds no address or CIDR")),
        (false, Some(item)) => Err(format!("holds `{item}`, which is no address or CIDR; correct it or take it out")),
        (false, None) => Ok(valid.into_iter().map(str::to_owned).collect()),
    }
}

/// Whether a text is an address or a CIDR. The router refuses leading zeros, which `ipnet` reads.
fn is_source(text: &str) -> bool {
    let address = text.split_once('/').map_or(text, |(address, _)| address);
    address.parse::<IpAddr>().is_ok() && (address == text || text.parse::<IpNet>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_haproxy_reads_them() {
        let cases = [
            ("30s", Some("30s")),
            ("5000", Some("5s")),
            ("1", Some("1ms")),
            ("2m", Some("120s")),
            ("1h", Some("3600s")),
            ("1500ms", Some("1500ms")),
            ("900us", Some("1ms")),
            ("1d", Some("86400s")),
            ("30d", Some("2147483647ms")),
            ("99999999999999999999d", Some("2147483647ms")),
            ("0s", None),
            ("030s", None),
            ("s", None),
            ("", None),
            ("1.5s", None),
            ("5 s", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Time::parse(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn sources_are_addresses_and_networks() {
        for (text, expected) in [
            ("10.0.0.1", true),
            ("10.0.0.1/8", true),
            ("::1", true),
            ("fd00::/128", true),
            ("010.0.0.0/8", false),
            ("10.0.0.0/33", false),
            ("10.0.0.0/+8", false),
            ("10.0.0.0/", false),
            ("fd00::/129", false),
            ("10.0.0.1-10.0.0.9", false),
            ("", false),
        ] {
            assert_eq!(is_source(text), expected, "{text}");
        }
    }

    #[test]
    fn hsts_is_read_only_in_the_forms_that_the_router_serves() {
        let header = |text: &str| Some(text.to_owned());
        let cases = [
            ("max-age=31536000", header("max-age=31536000")),
            ("max-age=1;includeSubDomains;preload", header("max-age=1; includeSubDomains; preload")),
            ("includeSubDomains; MAX-AGE=0", header("max-age=0; includeSubDomains")),
            ("max-age=\"31536000\"; includeSubDomains", header("max-age=31536000; includeSubDomains")),
            ("max-age = 1 ; preload", header("max-age=1; preload")),
            ("preload;\tmax-age =\"1\"", header("max-age=1; preload")),
            ("max-age=99999999999999999999", header("max-age=4294967295")),
            ("max-age=1;", None),
            (";max-age=1", None),
            ("max-age=1 ", None),
            (" max-age=1", None),
            ("max-age=\"1", None),
            ("max-age=1\"", None),
            ("max-age=\"\"", None),
            ("max-age=", None),
            ("max-age=+1", None),
            ("max-age=1; max-age=1", None),
            ("includeSubDomains", None),
            ("max-age=x", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Hsts::parse(text).map(|hsts| hsts.to_string()), expected, "{text}");
        }
    }

    #[test]
    fn a_rewrite_joins_by_one_slash_if_just_one_side_has_it() {
        for (path, target, expected) in [
            ("", "/", true),
            ("/", "/", true),
            ("/foo", "/", true),
            ("/foo/", "/", true),
            ("", "/app", true),
            ("/", "/app", false),
            ("/foo", "/app", true),
            ("/foo/", "/app", false),
            ("", "/app/", false),
            ("/", "/app/", true),
            ("/foo", "/app/", false),
            ("/foo/", "/app/", true),
        ] {
            let rewrite = Rewrite::parse(path, target).expect("both are plain text");
            assert_eq!(rewrite.joins_by_one_slash(), expected, "{path} {target}");
        }
        assert!(Rewrite::parse("", "/app#").is_err());
        assert!(Rewrite::parse("/a+b", "/app").is_err());
    }
}
