//! haproxy-ingress: everything as annotations of an Ingress.
//!
//! Source: haproxy-ingress `docs/content/en/docs/configuration/keys.md`, v0.16.

mod keys;

use super::ingress::{IngressOptions, PathStyle, ingress, path_problem};
use super::output::{ANY_CERTIFICATE, Dialect, NO_COOKIES, Output};
use crate::certificates::{annotations as annotations_of, beside_ingress};
use crate::config::{CaHolder, Spec};
use crate::exposure::{Certificate, Exposure, Termination, Trust};
use crate::route::InsecurePolicy;
use crate::rule::Rule;
use crate::settings::{Balance, Feature, Header, Setting};
use crate::target_keys::{Claim, Hand, ServicePorts};

const PREFIX: &str = "haproxy-ingress.github.io/";

/// The haproxy-ingress controller.
pub(super) struct HaProxy<'s> {
    pub(super) spec: &'s Spec,
}

impl Dialect for HaProxy<'_> {
    fn write(&self, exposure: &Exposure<'_>, output: &mut Output<'_>) {
        if exposure.backends.len() > 1 {
            let reason = "haproxy-ingress cannot weigh Services; keep one backend, or use Traefik or a Gateway";
            return output.impossible("spec.alternateBackends", reason);
        }
        if let Some(reason) = path_problem(&exposure.path) {
            return output.impossible("spec.path", &format!("{reason}; choose another path"));
        }
        let mut keys = Keys::default();
        let certificate = self.tls(exposure, &mut keys, output);
        for setting in &exposure.settings {
            setting_keys(setting, &mut keys, output);
        }
        if exposure.settings.iter().all(|setting| setting.feature != Feature::NoCookies) {
            self.cookie(exposure, &mut keys);
        }
        if matches!(exposure.backends[0].port.app_protocol.as_deref(), Some("h2c" | "kubernetes.io/h2c")) {
            keys.add("backend-protocol", "h2");
        }
        let names: Vec<_> = keys.0.iter().map(|(key, value)| (format!("{PREFIX}{key}"), value.clone())).collect();
        let mut annotations: Vec<_> = names.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        annotations.extend(certificate.map(annotations_of).into_iter().flatten());
        let options = IngressOptions {
            name: &exposure.name,
            class: &self.spec.ingress_class_name,
            annotations: &annotations,
            certificate,
            style: PathStyle::Prefix,
        };
        output.objects.insert(0, ingress(exposure, options));
        output.objects.extend(certificate.and_then(|certificate| beside_ingress(exposure, certificate)));
    }

    fn concerns(&self, group: &str, kind: &str) -> bool {
        (group, kind) == ("networking.k8s.io", "Ingress")
    }

    fn claims<'b>(&self, hand: &Hand<'b>, ports: &ServicePorts<'_>) -> Vec<Claim<'b>> {
        keys::claims(&self.spec.ingress_class_name, hand, ports)
    }
}

/// Configuration keys in the order they were added.
#[derive(Default)]
struct Keys(Vec<(&'static str, String)>);

impl Keys {
    fn add(&mut self, key: &'static str, value: impl Into<String>) {
        self.0.push((key, value.into()));
    }
}

impl HaProxy<'_> {
    fn tls<'e>(&self, exposure: &'e Exposure<'_>, keys: &mut Keys, output: &mut Output<'_>) -> Option<&'e Certificate> {
        let certificate = match &exposure.termination {
            Termination::Plain => None,
            Termination::Passthrough { redirect } => {
                keys.add("ssl-passthrough", "true");
                if !redirect {
                    always_http(output);
                }
                None
            }
            Termination::Edge { insecure, certificate } => {
                match insecure {
                    InsecurePolicy::Allow => keys.add("ssl-redirect", "false"),
                    InsecurePolicy::Redirect => keys.add("ssl-redirect", "true"),
                    InsecurePolicy::None => {
                        keys.add("ssl-redirect", "true");
                        always_http(output);
                    }
                }
                // The controller adds a header of its own unless told not to.
                if !exposure.settings.iter().any(|setting| matches!(setting.feature, Feature::Hsts(_))) {
                    keys.add("hsts", "false");
                }
                if certificate.secret().is_none() {
                    keys.add("ssl-always-add-https", "true");
                }
                Some(certificate)
            }
        };
        if let Some(backend_tls) = &exposure.backend_tls {
            keys.add("secure-backends", "true");
            match &backend_tls.trust {
                Trust::Anybody => {
                    output.say(Rule::UnverifiedBackend, backend_tls.field, ANY_CERTIFICATE);
                }
                Trust::Ca(ca) if ca.kind == CaHolder::Secret => keys.add("secure-verify-ca-secret", ca.name.clone()),
                Trust::Ca(_) => {
                    let reason = "haproxy-ingress reads the CA from a Secret only; set spec.backendCA.kind of the function to `Secret`";
                    output.impossible(backend_tls.field, reason);
                }
                Trust::Written(pem) => {
                    let name = format!("{}-backend-ca", exposure.base_name());
                    keys.add("secure-verify-ca-secret", name.clone());
                    output.objects.push(exposure.authority("Secret", "stringData", &name, pem));
                }
            }
        }
        certificate
    }

    fn cookie(&self, exposure: &Exposure<'_>, keys: &mut Keys) {
        let asks = |setting: &Setting| matches!(setting.feature, Feature::Cookie(_) | Feature::CookieSameSite(_));
        if self.spec.sticky_sessions || exposure.settings.iter().any(asks) {
            keys.add("affinity", "cookie");
        }
    }
}

fn always_http(output: &mut Output<'_>) {
    let difference = "plain HTTP is redirected where OpenShift answers 503; haproxy-ingress always listens on it";
    output.say(Rule::PlainHttpRedirected, "spec.tls.insecureEdgeTerminationPolicy", difference);
}

fn setting_keys(setting: &Setting, keys: &mut Keys, output: &mut Output<'_>) {
    match &setting.feature {
        Feature::Timeout(seconds) => keys.add("timeout-server", format!("{seconds}s")),
        Feature::TunnelTimeout(seconds) => keys.add("timeout-tunnel", format!("{seconds}s")),
        Feature::Balance(balance) => keys.add(
            "balance-algorithm",
            match balance {
                Balance::RoundRobin => "roundrobin",
                Balance::LeastConnections => "leastconn",
                Balance::Source => "source",
                Balance::Random => "random",
            },
        ),
        Feature::Cookie(name) => keys.add("session-cookie-name", name.clone()),
        Feature::CookieSameSite(same_site) => {
            keys.add("session-cookie-same-site", (same_site == "none").to_string());
            if same_site != "none" {
                let reason = "haproxy-ingress knows only `None` for the SameSite attribute";
                output.unsupported(setting, reason);
            }
        }
        Feature::NoCookies => output.needless(setting, NO_COOKIES),
        Feature::AllowList(sources) => keys.add("allowlist-source-range", sources.join(",")),
        Feature::ConcurrentConnections(amount) => keys.add("limit-connections", amount.to_string()),
        Feature::ConnectionRate(rate) => {
            keys.add("limit-rps", rate.div_ceil(3).to_string());
            output.say(Rule::SimilarSetting, setting, "counts per second where OpenShift counts per 3 seconds");
        }
        Feature::RequestRate(rate) => {
            keys.add("limit-rps", rate.div_ceil(10).to_string());
            let difference = "counts connections per second where OpenShift counts requests per 10 seconds";
            output.say(Rule::SimilarSetting, setting, difference);
        }
        Feature::PodConnections(amount) => keys.add("maxconn-server", amount.to_string()),
        Feature::Rewrite(target) => keys.add("rewrite-target", target.clone()),
        Feature::Hsts(hsts) => {
            keys.add("hsts", "true");
            keys.add("hsts-max-age", hsts.max_age.to_string());
            keys.add("hsts-include-subdomains", hsts.include_subdomains.to_string());
            keys.add("hsts-preload", hsts.preload.to_string());
        }
        Feature::ForwardedHeaders(_) => {
            output.unsupported(setting, "haproxy-ingress sets this for all hosts at once, in its ConfigMap");
        }
        Feature::RequestHeader(Header { name, value: Some(value) }) => {
            let fact = "is written as the key `headers`, which haproxy-ingress reads in every version";
            output.say(Rule::NeedlessSetting, setting, fact);
            match keys.0.iter_mut().find(|(key, _)| *key == "headers") {
                Some((_, headers)) => headers.push_str(&format!("\n{name}: {value}")),
                None => keys.add("headers", format!("{name}: {value}")),
            }
        }
        Feature::RequestHeader(_) | Feature::ResponseHeader(_) => {
            output.unsupported(setting, "haproxy-ingress before 0.17 can only set request headers");
        }
        Feature::HealthCheckInterval(seconds) => keys.add("health-check-interval", format!("{seconds}s")),
    }
}
