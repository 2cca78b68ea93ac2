//! What annotations and header actions ask of the router.
//!
//! Source: openshift/router `images/router/haproxy/conf/haproxy-config.template` and `pkg/router/template/util`.

use std::net::IpAddr;

use ipnet::IpNet;
use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;

use crate::annotations::Meaning;
use crate::reader::Reader;
use crate::route::{HeaderAction, HeaderChangeKind, HttpHeaders};
use crate::rule::Rule;

/// A wish of a Route, and the field that states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The field of the Route.
    pub(crate) field: FieldPath,
    /// What it asks for.
    pub(crate) feature: Feature,
}

impl From<&Setting> for FieldPath {
    fn from(setting: &Setting) -> Self {
        setting.field.clone()
    }
}

/// What a Route can ask of the router beyond host, path, TLS and backends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Feature {
    /// Seconds without a byte from the backend.
    Timeout(u64),
    /// Seconds without a byte in a WebSocket or TLS tunnel.
    TunnelTimeout(u64),
    /// How requests are spread over pods.
    Balance(Balance),
    /// The cookie that keeps a client with its pod.
    Cookie(String),
    /// The `SameSite` attribute of that cookie.
    CookieSameSite(String),
    /// Clients do not stay with a pod.
    NoCookies,
    /// The sources that are admitted, as addresses and CIDRs.
    AllowList(Vec<String>),
    /// Open connections that one source may have.
    ConcurrentConnections(u64),
    /// New connections in 3 seconds that one source may open.
    ConnectionRate(u64),
    /// Requests in 10 seconds that one source may send.
    RequestRate(u64),
    /// Connections that one pod gets at a time.
    PodConnections(u64),
    /// What takes the place of the path.
    Rewrite(String),
    /// The `Strict-Transport-Security` header.
    Hsts(Hsts),
    /// What becomes of forwarding headers that clients send.
    ForwardedHeaders(String),
    /// A change of a request header.
    RequestHeader(Header),
    /// A change of a response header.
    ResponseHeader(Header),
    /// Seconds between health checks.
    HealthCheckInterval(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Balance {
    RoundRobin,
    LeastConnections,
    Source,
    Random,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hsts {
    /// Seconds.
    pub(crate) max_age: u64,
    pub(crate) include_subdomains: bool,
    pub(crate) preload: bool,
}

/// A header that is set, or deleted where `value` is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
}

/// Seconds that the OpenShift router waits for a backend unless told otherwise; Traefik waits without end.
pub(crate) const DEFAULT_TIMEOUT: u64 = 30;
/// Seconds that the OpenShift router keeps a silent tunnel unless told otherwise; Traefik keeps it without end.
pub(crate) const DEFAULT_TUNNEL_TIMEOUT: u64 = 3600;

const ROUTER: &str = "haproxy.router.openshift.io/";

/// Everything that the annotations and headers of a Route ask for. What OpenShift itself ignores is noted.
///
/// # Errors
/// Findings for settings whose conversion would change who gets in.
pub(crate) fn of(reader: &mut Reader<'_>) -> Result<Vec<Setting>, Vec<Finding>> {
    let (mut settings, mut problems) = of_annotations(reader);
    for header in of_headers(reader) {
        match header {
            Ok(setting) => settings.push(setting),
            Err(problem) => problems.push(problem),
        }
    }
    if settings.iter().any(|setting| setting.feature == Feature::NoCookies) {
        let is_cookie = |setting: &Setting| matches!(setting.feature, Feature::Cookie(_) | Feature::CookieSameSite(_));
        for moot in settings.extract_if(.., |setting| is_cookie(setting)) {
            let message = "has no effect beside disable_cookies, on OpenShift either, and is left out";
            reader.note(Rule::IgnoredSetting, moot.field, message);
        }
    }
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

fn of_annotations(reader: &mut Reader<'_>) -> (Vec<Setting>, Vec<Finding>) {
    let item = reader.item;
    let mut settings = Vec::new();
    let mut problems = Vec::new();
    for (key, value) in item.user_annotations() {
        let value = value.as_str().unwrap_or_default();
        let field = FieldPath::annotation(key);
        match Meaning::of(key) {
            Meaning::Router => {}
            Meaning::Nothing => {
                reader.note(Rule::IgnoredSetting, field, "means nothing outside of OpenShift and is left out");
                continue;
            }
            _ => continue,
        }
        match feature(item, key, value) {
            Annotation::Asks(feature) => settings.push(Setting { field, feature }),
            Annotation::Ignored => {
                let message = "has no effect on OpenShift either and is left out";
                reader.notes.push(reader.finding(Rule::IgnoredSetting, field, message).current(value));
            }
            Annotation::Switch => {}
            Annotation::Opens(reason) => {
                problems.push(reader.finding(Rule::OpenAllowList, field, reason).current(value));
            }
        }
    }
    (settings, problems)
}

fn of_headers(reader: &Reader<'_>) -> Vec<Result<Setting, Finding>> {
    let Some(HttpHeaders { actions }) = &reader.route.http_headers else { return Vec::new() };
    let mut settings = of_actions(reader, "request", &actions.request, Feature::RequestHeader);
    settings.extend(of_actions(reader, "response", &actions.response, Feature::ResponseHeader));
    settings
}

fn of_actions(
    reader: &Reader<'_>,
    direction: &str,
    actions: &[HeaderAction],
    feature: fn(Header) -> Feature,
) -> Vec<Result<Setting, Finding>> {
    let path = FieldPath::from("spec.httpHeaders.actions").key(direction);
    let setting = |(index, action)| {
        let field = path.clone().index(index);
        match header(action) {
            Ok(header) => Ok(Setting { field, feature: feature(header) }),
            Err((rule, reason)) => Err(reader.finding(rule, field, reason)),
        }
    };
    actions.iter().enumerate().map(setting).collect()
}

enum Annotation {
    Asks(Feature),
    /// OpenShift reads it but does nothing, because of its value or its name.
    Ignored,
    /// It only switches others on, which tell of themselves.
    Switch,
    /// OpenShift lets everybody in because of how it is written; a converted one would not.
    Opens(String),
}

fn feature(item: &Item, key: &str, value: &str) -> Annotation {
    let limits_connections = item.annotation(&format!("{ROUTER}rate-limit-connections")).is_some_and(is_true);
    let asks = |feature: Option<Feature>| feature.map_or(Annotation::Ignored, Annotation::Asks);
    let limit = |make: fn(u64) -> Feature| asks(value.parse().ok().filter(|_| limits_connections).map(make));
    if key == "router.openshift.io/cookie_name" {
        return asks(is_cookie_name(value).then(|| Feature::Cookie(value.to_owned())));
    }
    if key == "router.openshift.io/cookie-same-site" {
        let known = ["Lax", "Strict", "None"].contains(&value);
        return asks(known.then(|| Feature::CookieSameSite(value.to_lowercase())));
    }
    if key == "router.openshift.io/haproxy.health.check.interval" {
        return asks(seconds(value).map(Feature::HealthCheckInterval));
    }
    match key.strip_prefix(ROUTER).unwrap_or_default() {
        "timeout" => asks(seconds(value).map(Feature::Timeout)),
        "timeout-tunnel" => asks(seconds(value).map(Feature::TunnelTimeout)),
        "balance" => asks(match value {
            "roundrobin" => Some(Feature::Balance(Balance::RoundRobin)),
            "leastconn" => Some(Feature::Balance(Balance::LeastConnections)),
            "source" => Some(Feature::Balance(Balance::Source)),
            "random" => Some(Feature::Balance(Balance::Random)),
            _ => None,
        }),
        "disable_cookies" => asks(is_true(value).then_some(Feature::NoCookies)),
        // The newer name wins.
        "ip_whitelist" if item.annotation(&format!("{ROUTER}ip_allowlist")).is_some() => Annotation::Ignored,
        "ip_allowlist" | "ip_whitelist" => allow_list(value),
        "rate-limit-connections" => {
            match item.user_annotations().any(|(other, _)| other.starts_with(&format!("{key}."))) {
                true if limits_connections => Annotation::Switch,
                _ => Annotation::Ignored,
            }
        }
        "rate-limit-connections.concurrent-tcp" => limit(Feature::ConcurrentConnections),
        "rate-limit-connections.rate-tcp" => limit(Feature::ConnectionRate),
        "rate-limit-connections.rate-http" => limit(Feature::RequestRate),
        "pod-concurrent-connections" => asks(value.parse().ok().map(Feature::PodConnections)),
        "rewrite-target" => asks(value.starts_with('/').then(|| Feature::Rewrite(value.to_owned()))),
        "hsts_header" => asks(hsts(value).map(Feature::Hsts)),
        "set-forwarded-headers" => {
            let known = ["append", "replace", "if-none", "never"].contains(&value);
            asks(known.then(|| Feature::ForwardedHeaders(value.to_owned())))
        }
        // Works only with a setting of the IngressController, which is not part of a Route.
        _ => Annotation::Ignored,
    }
}

/// Go's `strconv.ParseBool`.
pub(crate) fn is_true(value: &str) -> bool {
    ["1", "t", "T", "true", "TRUE", "True"].contains(&value)
}

fn is_cookie_name(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// A time of HAProxy in whole seconds, rounded up. Without a unit it is milliseconds.
fn seconds(value: &str) -> Option<u64> {
    let digits = value.find(|character: char| !character.is_ascii_digit()).unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    let number: u64 = number.parse().ok().filter(|_| !number.starts_with('0'))?;
    let milliseconds = match unit {
        "us" => number.div_ceil(1000),
        "" | "ms" => number,
        "s" => number.checked_mul(1000)?,
        "m" => number.checked_mul(60_000)?,
        "h" => number.checked_mul(3_600_000)?,
        "d" => number.checked_mul(86_400_000)?,
        _ => return None,
    };
    Some(milliseconds.min(2_147_483_647).div_ceil(1000))
}

fn allow_list(value: &str) -> Annotation {
    let opens = |why: &str| {
        Annotation::Opens(format!(
            "{why}, so OpenShift ignores the list and admits everybody; correct the list if it is meant, or take it out"
        ))
    };
    if value.trim() != value {
        return opens("starts or ends with a blank");
    }
    let (valid, invalid): (Vec<_>, Vec<_>) = value.split_whitespace().partition(|source| is_source(source));
    match (valid.is_empty(), invalid.first()) {
        (true, _) => opens("holds no address or CIDR"),
        (false, Some(item)) => {
            Annotation::Opens(format!("holds `{item}`, which is no address or CIDR; correct it or take it out"))
        }
        (false, None) => Annotation::Asks(Feature::AllowList(valid.into_iter().map(str::to_owned).collect())),
    }
}

/// Whether a text is an address or a CIDR. The router refuses leading zeros, which `ipnet` reads.
fn is_source(text: &str) -> bool {
    let address = text.split_once('/').map_or(text, |(address, _)| address);
    address.parse::<IpAddr>().is_ok() && (address == text || text.parse::<IpNet>().is_ok())
}

/// The header in the one form that the router lets through.
fn hsts(value: &str) -> Option<Hsts> {
    let mut hsts = Hsts { max_age: 0, include_subdomains: false, preload: false };
    let mut has_age = false;
    for part in value.split(';').map(|part| part.trim().to_lowercase()) {
        match part.as_str() {
            "includesubdomains" => hsts.include_subdomains = true,
            "preload" => hsts.preload = true,
            _ => {
                hsts.max_age = part.strip_prefix("max-age=")?.parse().ok().filter(|_| !has_age)?;
                has_age = true;
            }
        }
    }
    has_age.then_some(hsts)
}

/// A header action whose value is plain text. Values that HAProxy computes have no counterpart.
fn header(action: &HeaderAction) -> Result<Header, (Rule, String)> {
    let value = match (action.action.kind, &action.action.set) {
        (HeaderChangeKind::Delete, _) => None,
        (HeaderChangeKind::Set, None) => {
            return Err((Rule::RefusedByOpenShift, "sets no value; give one".to_owned()));
        }
        (HeaderChangeKind::Set, Some(set)) => {
            let plain = set.value.replace("%%", "\u{0}");
            if plain.contains('%') {
                let message = "computes its value by HAProxy, which no other controller can; set plain text, or let the application do it";
                return Err((Rule::ComputedHeader, format!("`{}` {message}", action.name)));
            }
            Some(plain.replace('\u{0}', "%"))
        }
    };
    Ok(Header { name: action.name.clone(), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_haproxy_reads_them() {
        let cases = [
            ("30s", Some(30)),
            ("5000", Some(5)),
            ("1", Some(1)),
            ("2m", Some(120)),
            ("1h", Some(3600)),
            ("1500ms", Some(2)),
            ("900us", Some(1)),
            ("1d", Some(86400)),
            ("30d", Some(2_147_484)),
            ("0s", None),
            ("030s", None),
            ("s", None),
            ("", None),
            ("1.5s", None),
            ("5 s", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
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
    fn hsts_is_read_only_in_the_form_that_the_router_serves() {
        let header = |max_age, include_subdomains, preload| Some(Hsts { max_age, include_subdomains, preload });
        let cases = [
            ("max-age=31536000", header(31_536_000, false, false)),
            ("max-age=1;includeSubDomains;preload", header(1, true, true)),
            ("includeSubDomains; MAX-AGE=0", header(0, true, false)),
            ("max-age=1;", None),
            ("includeSubDomains", None),
            ("max-age=x", None),
        ];
        for (text, expected) in cases {
            assert_eq!(hsts(text), expected, "{text}");
        }
    }
}
