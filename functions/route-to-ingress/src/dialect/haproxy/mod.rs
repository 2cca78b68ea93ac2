//! haproxy-ingress: everything as annotations of an Ingress.
//!
//! Source: haproxy-ingress `docs/content/en/docs/configuration/keys.md`, v0.16 and v0.17;
//! `pkg/converters/ingress/annotations/backend.go`.

mod annotations;
mod keys;

use super::ingress::{IngressOptions, PathStyle, ingress, path_problem, tell_replaced};
use super::output::{ANY_CERTIFICATE, Dialect, NO_COOKIES, Output};
use super::sessions::Session;
use crate::certificates::{annotations as annotations_of, beside_ingress};
use crate::config::{CaHolder, Spec};
use crate::exposure::{Certificate, Exposure, Path, Termination, Trust};
use crate::route::InsecurePolicy;
use crate::rule::Rule;
use crate::settings::{Balance, Feature, Header, Setting};
use crate::target_keys::{Claim, Hand, ServicePorts};
use crate::values::Rewrite;
use annotations::Annotations;

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
            return output.impossible("spec.path", format!("{reason}; choose another path"));
        }
        if matches!(exposure.path, Path::Below(_)) {
            output.say(Rule::WiderMatch, "spec.path", "haproxy-ingress serves the path without its last slash too");
        }
        let mut annotations = Annotations::default();
        let certificate = of_clients(exposure, &mut annotations, output);
        of_backends(exposure, &mut annotations, output);
        of_settings(exposure, &mut annotations, output);
        self.of_session(exposure, &mut annotations, output);
        for key in annotations.twice() {
            let reason = format!("more than one of them becomes the key `{key}` of haproxy-ingress; keep one");
            output.impossible("metadata.annotations", reason);
        }
        let annotations = annotations.named(certificate.map(annotations_of).into_iter().flatten());
        let annotations: Vec<_> = annotations.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        tell_replaced(exposure, &annotations, output);
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

impl HaProxy<'_> {
    fn of_session(&self, exposure: &Exposure<'_>, annotations: &mut Annotations, output: &mut Output<'_>) {
        let Some(session) = Session::of(exposure, self.spec.sticky_sessions) else { return };
        annotations.set("affinity", "cookie");
        if let Some(name) = session.name {
            annotations.set("session-cookie-name", name);
        }
        if let Some(same_site) = session.same_site {
            annotations.set("session-cookie-same-site", (same_site == "none").to_string());
        }
        let refused =
            |setting: &&Setting| matches!(&setting.feature, Feature::CookieSameSite(same_site) if same_site != "none");
        for setting in exposure.settings.iter().filter(refused) {
            output.unsupported(setting, "haproxy-ingress knows only `None` for the SameSite attribute");
        }
    }
}

/// TLS towards clients, with the certificate that they see.
fn of_clients<'e>(
    exposure: &'e Exposure<'_>,
    annotations: &mut Annotations,
    output: &mut Output<'_>,
) -> Option<&'e Certificate> {
    let (insecure, certificate) = match &exposure.termination {
        Termination::Plain => {
            // Another Ingress may bring TLS for the host, which would have this one redirected.
            annotations.set("ssl-redirect", "false");
            return None;
        }
        Termination::Passthrough { redirect } => {
            annotations.set("ssl-passthrough", "true");
            if !exposure.settings.iter().any(|setting| matches!(setting.feature, Feature::Balance(_))) {
                annotations.set("balance-algorithm", algorithm(Balance::Source));
            }
            if !redirect {
                always_http(output);
            }
            return None;
        }
        Termination::Edge { insecure, certificate } => (insecure, certificate),
    };
    annotations.set("ssl-redirect", (*insecure != InsecurePolicy::Allow).to_string());
    if *insecure == InsecurePolicy::None {
        always_http(output);
    }
    // The controller adds a header of its own unless told not to.
    if !exposure.settings.iter().any(|setting| matches!(setting.feature, Feature::Hsts(_))) {
        annotations.set("hsts", "false");
    }
    if certificate.secret().is_none() {
        annotations.set("ssl-always-add-https", "true");
    }
    Some(certificate)
}

fn always_http(output: &mut Output<'_>) {
    let difference = "plain HTTP is redirected where OpenShift answers 503; haproxy-ingress always listens on it";
    output.say(Rule::PlainHttpRedirected, "spec.tls.insecureEdgeTerminationPolicy", difference);
}

/// The protocol that backends speak.
fn of_backends(exposure: &Exposure<'_>, annotations: &mut Annotations, output: &mut Output<'_>) {
    let Some(backend_tls) = &exposure.backend_tls else {
        let is_http = !matches!(exposure.termination, Termination::Passthrough { .. });
        if is_http && exposure.backends[0].port.speaks_h2c() {
            annotations.set("backend-protocol", "h2");
        }
        return;
    };
    annotations.set("secure-backends", "true");
    match &backend_tls.trust {
        Trust::Anybody => output.say(Rule::UnverifiedBackend, backend_tls.field, ANY_CERTIFICATE),
        Trust::Ca(ca) if ca.kind == CaHolder::Secret => annotations.set("secure-verify-ca-secret", ca.name.as_str()),
        Trust::Ca(_) => {
            let reason =
                "haproxy-ingress reads the CA from a Secret only; set spec.backendCA.kind of the function to `Secret`";
            output.impossible(backend_tls.field, reason);
        }
        Trust::Written(pem) => {
            let name = format!("{}-backend-ca", exposure.base_name());
            annotations.set("secure-verify-ca-secret", name.as_str());
            output.objects.push(exposure.authority("Secret", "stringData", &name, pem));
        }
    }
}

fn of_settings(exposure: &Exposure<'_>, annotations: &mut Annotations, output: &mut Output<'_>) {
    let rates = exposure.settings.iter().filter_map(|setting| rate(&setting.feature));
    let rates: Vec<_> = rates.collect();
    if let Some(least) = rates.iter().map(|(rate, _)| rate).min() {
        annotations.set("limit-rps", least.to_string());
    }
    for setting in &exposure.settings {
        match rate(&setting.feature) {
            Some((_, difference)) if rates.len() > 1 => {
                let difference = format!("{difference}, and of several limits only the smallest is kept");
                output.say(Rule::SimilarSetting, setting, difference);
            }
            Some((_, difference)) => output.say(Rule::SimilarSetting, setting, difference),
            None => of_setting(setting, annotations, output),
        }
    }
}

/// The connections in a second that a limit comes to, rounded up, and how that differs from it.
fn rate(feature: &Feature) -> Option<(u64, &'static str)> {
    match feature {
        Feature::ConnectionRate(rate) => {
            Some((rate.div_ceil(3), "counts per second where OpenShift counts per 3 seconds"))
        }
        Feature::RequestRate(rate) => {
            let difference = "counts connections per second where OpenShift counts requests per 10 seconds";
            Some((rate.div_ceil(10), difference))
        }
        _ => None,
    }
}

fn of_setting(setting: &Setting, annotations: &mut Annotations, output: &mut Output<'_>) {
    match &setting.feature {
        Feature::Timeout(time) => annotations.set("timeout-server", time.to_string()),
        Feature::TunnelTimeout(time) => annotations.set("timeout-tunnel", time.to_string()),
        Feature::Balance(balance) => annotations.set("balance-algorithm", algorithm(*balance)),
        Feature::NoCookies => output.needless(setting, NO_COOKIES),
        Feature::AllowList(sources) => annotations.set("allowlist-source-range", sources.join(",")),
        Feature::ConcurrentConnections(amount) => annotations.set("limit-connections", amount.to_string()),
        Feature::PodConnections(amount) => annotations.set("maxconn-server", amount.to_string()),
        Feature::Rewrite(rewrite) => of_rewrite(rewrite, setting, annotations, output),
        Feature::Hsts(hsts) => {
            annotations.set("hsts", "true");
            annotations.set("hsts-max-age", hsts.max_age.to_string());
            annotations.set("hsts-include-subdomains", hsts.include_subdomains.to_string());
            annotations.set("hsts-preload", hsts.preload.to_string());
        }
        Feature::ForwardedHeaders(_) => {
            output.unsupported(setting, "haproxy-ingress sets this for all hosts at once, in its ConfigMap");
        }
        Feature::RequestHeader(Header { name, value: Some(value) }) => {
            let fact = "is written as the key `headers`, which haproxy-ingress reads in every version";
            output.say(Rule::NeedlessSetting, setting, fact);
            annotations.add_line("headers", &format!("{name}: {value}"));
        }
        Feature::RequestHeader(_) | Feature::ResponseHeader(_) => {
            output.unsupported(setting, "haproxy-ingress before 0.17 can only set request headers");
        }
        Feature::HealthCheckInterval(time) => annotations.set("health-check-interval", time.to_string()),
        // These are written together with others.
        Feature::Cookie(_) | Feature::CookieSameSite(_) | Feature::ConnectionRate(_) | Feature::RequestRate(_) => {}
    }
}

fn algorithm(balance: Balance) -> &'static str {
    match balance {
        Balance::RoundRobin => "roundrobin",
        Balance::LeastConnections => "leastconn",
        Balance::Source => "source",
        Balance::Random => "random",
    }
}

/// Source: `buildBackendRewriteURL`, which takes no path for `/` and puts a slash behind the target of a path that has one.
fn of_rewrite(rewrite: &Rewrite, setting: &Setting, annotations: &mut Annotations, output: &mut Output<'_>) {
    annotations.set("rewrite-target", rewrite.target.as_str());
    let is_literal = !rewrite.path.is_empty() && !rewrite.path.ends_with('/');
    if !is_literal && !rewrite.joins_by_one_slash() {
        output.say(Rule::SimilarSetting, setting, Rewrite::ONE_SLASH);
    }
}
