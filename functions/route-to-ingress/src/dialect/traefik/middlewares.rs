//! Middlewares: what happens between an entry point and the backends.

use serde_json::{Map, Value, json};

use super::object::object;
use super::rules::rewrite;
use crate::dialect::output::{NO_COOKIES, NO_TIMEOUT, Output, PROBES, REPLACES};
use crate::exposure::Exposure;
use crate::rule::Rule;
use crate::settings::{Balance, Feature, Header, Setting};
use crate::values::Time;

/// The Middlewares of a Route, in the order in which they work.
pub(super) fn middlewares(exposure: &Exposure<'_>, output: &mut Output<'_>) -> Vec<Value> {
    let mut middlewares = Vec::new();
    let mut headers = Map::new();
    for (_, setting) in ordered(&exposure.settings) {
        let mut add = |suffix: &str, spec: Value| middlewares.push(middleware(exposure, suffix, spec));
        match &setting.feature {
            Feature::AllowList(sources) => {
                add("allow", json!({"ipAllowList": {"sourceRange": sources}}));
                output.say(Rule::HiddenClientAddress, setting, HIDDEN_SOURCE);
            }
            Feature::RequestRate(rate) => {
                add("rate", json!({"rateLimit": {"average": rate, "period": "10s", "burst": rate}}));
                output.say(Rule::HiddenClientAddress, setting, HIDDEN_SOURCE);
            }
            Feature::ConcurrentConnections(amount) => {
                add(
                    "inflight",
                    json!({"inFlightReq": {"amount": amount, "sourceCriterion": {"ipStrategy": {"depth": 0}}}}),
                );
                output.say(Rule::SimilarSetting, setting, "limits requests in flight instead of open connections");
                output.say(Rule::HiddenClientAddress, setting, HIDDEN_SOURCE);
            }
            Feature::Rewrite(target) => add("rewrite", rewrite(target)),
            Feature::Hsts(hsts) => {
                if hsts.max_age == 0 {
                    let value = hsts.to_string();
                    set_header(&mut headers, "customResponseHeaders", "Strict-Transport-Security", &value);
                } else {
                    headers.insert("stsSeconds".to_owned(), hsts.max_age.into());
                    headers.insert("stsIncludeSubdomains".to_owned(), hsts.include_subdomains.into());
                    headers.insert("stsPreload".to_owned(), hsts.preload.into());
                }
            }
            Feature::RequestHeader(Header { name, value }) => {
                set_header(&mut headers, "customRequestHeaders", name, value.as_deref().unwrap_or_default());
            }
            Feature::ResponseHeader(Header { name, value }) => {
                set_header(&mut headers, "customResponseHeaders", name, value.as_deref().unwrap_or_default());
            }
            Feature::TunnelTimeout(time) if *time < Time::OF_TUNNELS => {
                output.unsupported(setting, "Traefik never cuts a silent tunnel");
            }
            Feature::ConnectionRate(_) => {
                output.unsupported(setting, "Traefik counts requests, not new connections");
            }
            Feature::PodConnections(_) => {
                output.unsupported(setting, "Traefik cannot limit the connections of a pod");
            }
            Feature::ForwardedHeaders(mode) if mode != "replace" => {
                let reason = "Traefik replaces these headers; what clients may send is a setting of its entry points";
                output.unsupported(setting, reason);
            }
            Feature::Timeout(time) if *time >= Time::OF_BACKENDS => {
                output.needless(setting, NO_TIMEOUT);
            }
            Feature::TunnelTimeout(_) => output.needless(setting, NO_TIMEOUT),
            Feature::HealthCheckInterval(_) => output.needless(setting, PROBES),
            Feature::ForwardedHeaders(_) => output.needless(setting, REPLACES),
            Feature::NoCookies => output.needless(setting, NO_COOKIES),
            // These are settings of the backends.
            Feature::Timeout(_) | Feature::Balance(_) | Feature::Cookie(_) | Feature::CookieSameSite(_) => {}
        }
    }
    if !headers.is_empty() {
        middlewares.push(middleware(exposure, "headers", json!({"headers": headers})));
    }
    middlewares
}

pub(super) fn tcp_middlewares(exposure: &Exposure<'_>, output: &mut Output<'_>) -> Vec<Value> {
    let base = exposure.base_name();
    let mut middlewares = Vec::new();
    for (_, setting) in ordered(&exposure.settings) {
        let mut add = |suffix: &str, spec: Value| {
            middlewares.push(object(exposure, "MiddlewareTCP", &format!("{base}-{suffix}"), spec));
        };
        match &setting.feature {
            Feature::AllowList(sources) => {
                add("allow", json!({"ipAllowList": {"sourceRange": sources}}));
                output.say(Rule::HiddenClientAddress, setting, HIDDEN_PEER);
            }
            Feature::ConcurrentConnections(amount) => {
                add("inflight", json!({"inFlightConn": {"amount": amount}}));
                output.say(Rule::HiddenClientAddress, setting, HIDDEN_PEER);
            }
            Feature::TunnelTimeout(time) if *time < Time::OF_TUNNELS => {
                output.unsupported(setting, "Traefik never cuts a silent tunnel");
            }
            Feature::TunnelTimeout(_) => output.needless(setting, NO_TIMEOUT),
            Feature::HealthCheckInterval(_) => output.needless(setting, PROBES),
            Feature::NoCookies => output.needless(setting, NO_COOKIES),
            Feature::Balance(Balance::RoundRobin) => {
                output.needless(setting, "Traefik serves TCP round robin");
            }
            Feature::Balance(_) => {
                output.unsupported(setting, "Traefik serves TCP round robin only");
            }
            Feature::ConnectionRate(_) | Feature::PodConnections(_) => {
                output.unsupported(setting, "Traefik cannot limit this for TCP");
            }
            // These are not read of a Route whose TLS ends at the pod.
            Feature::Timeout(_)
            | Feature::Cookie(_)
            | Feature::CookieSameSite(_)
            | Feature::RequestRate(_)
            | Feature::Rewrite(_)
            | Feature::Hsts(_)
            | Feature::ForwardedHeaders(_)
            | Feature::RequestHeader(_)
            | Feature::ResponseHeader(_) => {}
        }
    }
    middlewares
}

const HIDDEN_SOURCE: &str = "acts on the address that Traefik sees, and answers by a status where OpenShift cuts the connection; \
     behind a load balancer or ServiceLB that is the client's only with externalTrafficPolicy Local or the PROXY protocol";

const HIDDEN_PEER: &str = "acts on the address that Traefik sees, so behind a load balancer or ServiceLB all clients may count as one; that is \
     the client's only with externalTrafficPolicy Local or the PROXY protocol";

/// Middlewares work in this order: first who may come in, then what is changed.
fn ordered(settings: &[Setting]) -> Vec<(u8, &Setting)> {
    let mut ordered: Vec<_> = settings
        .iter()
        .map(|setting| match setting.feature {
            Feature::AllowList(_) => (0, setting),
            Feature::RequestRate(_) => (1, setting),
            Feature::ConcurrentConnections(_) => (2, setting),
            Feature::Rewrite(_) => (3, setting),
            _ => (4, setting),
        })
        .collect();
    ordered.sort_by_key(|(rank, _)| *rank);
    ordered
}

pub(super) fn redirect(exposure: &Exposure<'_>) -> Value {
    middleware(exposure, "https", json!({"redirectScheme": {"scheme": "https", "permanent": false}}))
}

fn middleware(exposure: &Exposure<'_>, suffix: &str, spec: Value) -> Value {
    object(exposure, "Middleware", &format!("{}-{suffix}", exposure.base_name()), spec)
}

fn set_header(headers: &mut Map<String, Value>, direction: &str, name: &str, value: &str) {
    let changes = headers.entry(direction).or_insert_with(|| Value::Object(Map::new()));
    changes[name] = value.into();
}
