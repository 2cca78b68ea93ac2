//! What annotations and header actions ask of the router.
//!
//! Source: openshift/router `images/router/haproxy/conf/haproxy-config.template` and `pkg/router/template/util`.

use krm::field::FieldPath;
use krm::finding::Finding;

use crate::annotations::Meaning;
use crate::reader::Reader;
use crate::route::{HeaderAction, HeaderChangeKind, HttpHeaders, InsecurePolicy};
use crate::rule::Rule;
use crate::values::{Hsts, Rewrite, Time, allow_list, integer, is_true};

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
    /// The time without a byte from the backend.
    Timeout(Time),
    /// The time without a byte in a WebSocket or TLS tunnel.
    TunnelTimeout(Time),
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
    Rewrite(Rewrite),
    /// The `Strict-Transport-Security` header.
    Hsts(Hsts),
    /// What becomes of forwarding headers that clients send.
    ForwardedHeaders(String),
    /// A change of a request header.
    RequestHeader(Header),
    /// A change of a response header.
    ResponseHeader(Header),
    /// The time between health checks.
    HealthCheckInterval(Time),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Balance {
    RoundRobin,
    LeastConnections,
    Source,
    Random,
}

/// A header that is set, or deleted where `value` is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
}

const ROUTER: &str = "haproxy.router.openshift.io/";

/// Everything that the annotations and headers of a Route ask for. What OpenShift itself ignores is noted.
///
/// # Errors
/// Findings for settings whose conversion would change who gets in.
pub(crate) fn of(reader: &mut Reader<'_, '_>) -> Result<Vec<Setting>, Vec<Finding>> {
    let (mut settings, mut problems) = of_annotations(reader);
    for header in of_headers(reader) {
        match header {
            Ok(setting) => settings.push(setting),
            Err(problem) => problems.push(problem),
        }
    }
    leave_out_moot(reader, &mut settings);
    if settings.iter().any(|setting| setting.feature == Feature::NoCookies) {
        let is_cookie = |setting: &Setting| matches!(setting.feature, Feature::Cookie(_) | Feature::CookieSameSite(_));
        for moot in settings.extract_if(.., |setting| is_cookie(setting)) {
            let message = "has no effect beside disable_cookies, on OpenShift either, and is left out";
            reader.note(Rule::IgnoredSetting, moot.field, message);
        }
    }
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// Where TLS of a Route ends, as far as settings depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Nowhere,
    AtController { allows_http: bool },
    AtPod,
}

impl Ends {
    fn of(reader: &Reader<'_, '_>) -> Self {
        match &reader.route.tls {
            None => Self::Nowhere,
            Some(tls) if tls.termination.eq_ignore_ascii_case("passthrough") => Self::AtPod,
            Some(tls) => {
                Self::AtController { allows_http: tls.insecure_edge_termination_policy == InsecurePolicy::Allow }
            }
        }
    }
}

/// Leaves out what has no effect where TLS of the Route ends as it does.
fn leave_out_moot(reader: &mut Reader<'_, '_>, settings: &mut Vec<Setting>) {
    let ends = Ends::of(reader);
    if ends == Ends::AtPod {
        read_as_tunnel(settings);
    }
    let has_tunnel_timeout = settings.iter().any(|setting| matches!(setting.feature, Feature::TunnelTimeout(_)));
    for setting in std::mem::take(settings) {
        match why_moot(&setting.feature, ends, has_tunnel_timeout) {
            Some((rule, why)) => {
                reader.note(rule, setting.field, format!("has no effect {why}, on OpenShift either, and is left out"));
            }
            None => settings.push(setting),
        }
    }
}

/// The `timeout` of a tunnel is that of the tunnel, unless it has one.
fn read_as_tunnel(settings: &mut [Setting]) {
    if settings.iter().any(|setting| matches!(setting.feature, Feature::TunnelTimeout(_))) {
        return;
    }
    for setting in settings {
        if let Feature::Timeout(time) = setting.feature {
            setting.feature = Feature::TunnelTimeout(time);
        }
    }
}

fn why_moot(feature: &Feature, ends: Ends, has_tunnel_timeout: bool) -> Option<(Rule, &'static str)> {
    match (feature, ends) {
        (
            Feature::Cookie(_)
            | Feature::CookieSameSite(_)
            | Feature::RequestRate(_)
            | Feature::Rewrite(_)
            | Feature::Hsts(_)
            | Feature::ForwardedHeaders(_),
            Ends::AtPod,
        ) => Some((Rule::PassthroughSetting, "on passthrough")),
        (Feature::Timeout(_), Ends::AtPod) if has_tunnel_timeout => {
            Some((Rule::IgnoredSetting, "beside timeout-tunnel on passthrough"))
        }
        (Feature::Hsts(_) | Feature::CookieSameSite(_), Ends::Nowhere) => Some((Rule::IgnoredSetting, "without `tls`")),
        (Feature::CookieSameSite(_), Ends::AtController { allows_http: true }) => {
            Some((Rule::IgnoredSetting, "beside the insecure policy `Allow`"))
        }
        _ => None,
    }
}

fn of_annotations(reader: &mut Reader<'_, '_>) -> (Vec<Setting>, Vec<Finding>) {
    let item = reader.item;
    let mut settings = Vec::new();
    let mut problems = Vec::new();
    for (key, value) in item.user_annotations() {
        let value = value.unwrap_or_default();
        let field = FieldPath::annotation(key);
        match Meaning::of(key) {
            Meaning::Router => {}
            Meaning::Nothing => {
                reader.note(Rule::IgnoredSetting, field, "means nothing outside of OpenShift and is left out");
                continue;
            }
            Meaning::Class if reader.origin.is_route() => {
                let message = "is left out, as the options tell the class: `spec.ingressClassName`";
                reader.note(Rule::IgnoredSetting, field, message);
                continue;
            }
            _ => continue,
        }
        match feature(reader, key, value) {
            Annotation::Asks(feature) => settings.push(Setting { field, feature }),
            Annotation::Ignored => {
                let message = "has no effect on OpenShift either and is left out";
                reader.notes.push(reader.finding(Rule::IgnoredSetting, field, message).current(value));
            }
            Annotation::Switch => {}
            Annotation::Refused(rule, reason) => problems.push(reader.finding(rule, field, reason).current(value)),
        }
    }
    (settings, problems)
}

fn of_headers(reader: &mut Reader<'_, '_>) -> Vec<Result<Setting, Finding>> {
    let Some(HttpHeaders { actions }) = &reader.route.http_headers else { return Vec::new() };
    let mut settings = of_actions(reader, "request", &actions.request, Feature::RequestHeader);
    settings.extend(of_actions(reader, "response", &actions.response, Feature::ResponseHeader));
    settings
}

fn of_actions(
    reader: &mut Reader<'_, '_>,
    direction: &str,
    actions: &[HeaderAction],
    feature: fn(Header) -> Feature,
) -> Vec<Result<Setting, Finding>> {
    let path = FieldPath::from("spec.httpHeaders.actions").key(direction);
    let mut settings = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        let field = path.clone().index(index);
        match header(action) {
            _ if actions[index + 1..].iter().any(|later| later.name.eq_ignore_ascii_case(&action.name)) => {
                let message = "has no effect beside a later action on the same header, and is left out";
                reader.note(Rule::IgnoredSetting, field, message);
            }
            Ok(header) => settings.push(Ok(Setting { field, feature: feature(header) })),
            Err((rule, reason)) => settings.push(Err(reader.finding(rule, field, reason))),
        }
    }
    settings
}

enum Annotation {
    Asks(Feature),
    /// OpenShift reads it but does nothing, because of its value or its name.
    Ignored,
    /// It only switches others on, which tell of themselves.
    Switch,
    /// It cannot be converted, or a converted one would do something else.
    Refused(Rule, String),
}

fn feature(reader: &Reader<'_, '_>, key: &str, value: &str) -> Annotation {
    let item = reader.item;
    let limits_connections = item.annotation(&format!("{ROUTER}rate-limit-connections")).is_some_and(is_true);
    let asks = |feature: Option<Feature>| feature.map_or(Annotation::Ignored, Annotation::Asks);
    let limit = |make| if limits_connections { limit(value, make) } else { Annotation::Ignored };
    if key == "router.openshift.io/cookie_name" {
        return asks(is_cookie_name(value).then(|| Feature::Cookie(value.to_owned())));
    }
    if key == "router.openshift.io/cookie-same-site" {
        let known = ["Lax", "Strict", "None"].contains(&value);
        return asks(known.then(|| Feature::CookieSameSite(value.to_lowercase())));
    }
    if key == "router.openshift.io/haproxy.health.check.interval" {
        return asks(Time::parse(value).map(Feature::HealthCheckInterval));
    }
    match key.strip_prefix(ROUTER).unwrap_or_default() {
        "timeout" => asks(Time::parse(value).map(Feature::Timeout)),
        "timeout-tunnel" => asks(Time::parse(value).map(Feature::TunnelTimeout)),
        "balance" => asks(match value {
            "roundrobin" => Some(Feature::Balance(Balance::RoundRobin)),
            "leastconn" => Some(Feature::Balance(Balance::LeastConnections)),
            "source" => Some(Feature::Balance(Balance::Source)),
            "random" => Some(Feature::Balance(Balance::Random)),
            _ => None,
        }),
        "disable_cookies" => asks(is_true(value).then_some(Feature::NoCookies)),
        // The newer name wins.
        "ip_whitelist" if item.annotation(&format!("{ROUTER}ip_allowlist")).is_some_and(|list| !list.is_empty()) => {
            Annotation::Ignored
        }
        "ip_allowlist" | "ip_whitelist" => match allow_list(value) {
            Ok(sources) => Annotation::Asks(Feature::AllowList(sources)),
            Err(reason) => Annotation::Refused(Rule::OpenAllowList, reason),
        },
        "rate-limit-connections" => {
            match item.user_annotations().iter().any(|(other, _)| other.starts_with(&format!("{key}."))) {
                true if limits_connections => Annotation::Switch,
                _ => Annotation::Ignored,
            }
        }
        "rate-limit-connections.concurrent-tcp" => limit(Feature::ConcurrentConnections),
        "rate-limit-connections.rate-tcp" => limit(Feature::ConnectionRate),
        "rate-limit-connections.rate-http" => limit(Feature::RequestRate),
        // HAProxy takes 0 for no limit here.
        "pod-concurrent-connections" => asks(positive(value).map(Feature::PodConnections)),
        "rewrite-target" if value.starts_with('/') => rewrite(reader, value),
        "hsts_header" => asks(Hsts::parse(value).map(Feature::Hsts)),
        "set-forwarded-headers" => {
            let known = ["append", "replace", "if-none", "never"].contains(&value);
            asks(known.then(|| Feature::ForwardedHeaders(value.to_owned())))
        }
        // Works only with a setting of the IngressController, which is not part of a Route.
        _ => Annotation::Ignored,
    }
}

fn positive(value: &str) -> Option<u64> {
    integer(value).and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0)
}

/// A limit of sources. The router turns away the source that reaches it, so with 0 everybody; targets take 0 for no limit.
fn limit(value: &str, make: fn(u64) -> Feature) -> Annotation {
    match (positive(value), integer(value)) {
        (Some(amount), _) => Annotation::Asks(make(amount)),
        (None, Some(_)) => {
            let message = "makes OpenShift turn everybody away; write the limit that is meant, or take it out";
            Annotation::Refused(Rule::RouteServesNothing, format!("`{value}` {message}"))
        }
        (None, None) => Annotation::Ignored,
    }
}

fn rewrite(reader: &Reader<'_, '_>, target: &str) -> Annotation {
    match Rewrite::parse(reader.route.path.as_deref().unwrap_or_default(), target) {
        Ok(rewrite) => Annotation::Asks(Feature::Rewrite(rewrite)),
        Err(reason) => Annotation::Refused(Rule::UnsupportedSetting, reason.to_owned()),
    }
}

fn is_cookie_name(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
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
