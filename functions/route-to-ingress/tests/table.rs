//! The table of the README, made of the golden cases `table-FEATURE-DIALECT`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

const DIALECTS: [&str; 3] = ["traefik", "haproxy", "gateway"];

/// Feature of a Route, its case, and a part of the field that findings about it name.
const ROWS: [(&str, &str, &str); 60] = [
    ("no `tls`", "plain", "spec.tls"),
    ("`edge`, insecure policy `None`", "edge-none", "insecureEdgeTerminationPolicy"),
    ("`edge`, insecure policy `Allow`", "edge-allow", "insecureEdgeTerminationPolicy"),
    ("`edge`, insecure policy `Redirect`", "edge-redirect", "insecureEdgeTerminationPolicy"),
    ("`reencrypt` with `destinationCACertificate`", "reencrypt-ca", "destinationCACertificate"),
    ("`reencrypt` by the service CA", "reencrypt-service-ca", "spec.tls.termination"),
    ("… with `spec.backendCA`", "reencrypt-configured-ca", "spec.tls.termination"),
    ("… with `spec.insecureBackends`", "reencrypt-anybody", "spec.tls.termination"),
    ("`reencrypt` without a namespace", "reencrypt-without-namespace", "metadata.namespace"),
    ("`passthrough`", "passthrough", "spec.tls"),
    ("`passthrough`, insecure policy `Redirect`", "passthrough-redirect", "spec.tls"),
    ("`tls.key`", "inline-key", "spec.tls.key"),
    ("`tls.externalCertificate`", "external-certificate", "spec.tls:"),
    ("`path`", "path", "spec.path"),
    ("`path: /`", "path-root", "spec.path"),
    ("`path` with a slash at its end", "path-with-slash", "spec.path"),
    ("`wildcardPolicy: Subdomain`", "wildcard", "spec.wildcardPolicy"),
    ("… with a `path`", "wildcard-with-path", "spec.path"),
    ("`alternateBackends` and weights", "weights", "spec.alternateBackends"),
    ("`httpHeaders`, request", "request-header", "httpHeaders"),
    ("`httpHeaders`, response", "response-header", "httpHeaders"),
    ("`httpHeaders` that HAProxy computes", "headers-computed", "httpHeaders"),
    ("`appProtocol: h2c` of the Service port", "h2c", "spec.port"),
    ("`appProtocol: kubernetes.io/h2c`", "h2c-standard", "spec.port"),
    ("another `appProtocol`, as `https` or `grpc`", "app-protocol", "spec.port"),
    ("plain HTTP at port 443, or at one named `https`", "looks-like-tls", "spec.port"),
    ("sticky sessions by `spec.stickySessions`", "sticky-sessions", "stickySessions"),
    ("`cookie_name`", "cookie", "cookie_name"),
    ("`cookie_name` with `balance: source`", "cookie-by-source", "balance"),
    ("`cookie-same-site`", "cookie-same-site", "cookie-same-site"),
    ("`disable_cookies`", "no-cookies", "disable_cookies"),
    ("`balance: roundrobin`", "balance-roundrobin", "balance"),
    ("`balance: leastconn`", "balance-leastconn", "balance"),
    ("`balance: source`", "balance-source", "balance"),
    ("`balance: random`", "balance-random", "balance"),
    ("`timeout` below 30 s", "timeout-shorter", "timeout"),
    ("`timeout` in milliseconds", "timeout-milliseconds", "timeout"),
    ("`timeout` of 30 s and more", "timeout-longer", "timeout"),
    ("`timeout-tunnel` below 1 h", "tunnel-timeout", "timeout-tunnel"),
    ("`ip_allowlist`, `ip_whitelist`", "allow-list", "ip_allowlist"),
    ("`rate-limit-connections.rate-http`", "request-rate", "rate-http"),
    ("`rate-limit-connections.rate-tcp`", "connection-rate", "rate-tcp"),
    ("`rate-http` with `rate-tcp`", "rates-together", "rate-http"),
    ("`rate-limit-connections.concurrent-tcp`", "concurrent-connections", "concurrent-tcp"),
    ("a limit of `0`", "limit-zero", "rate-http"),
    ("`pod-concurrent-connections`", "pod-connections", "pod-concurrent-connections"),
    ("`rewrite-target`, path `/foo`", "rewrite", "rewrite-target"),
    ("… no path", "rewrite-without-path", "rewrite-target"),
    ("… path `/`", "rewrite-of-root", "rewrite-target"),
    ("… path `/foo/`", "rewrite-with-slash", "rewrite-target"),
    ("`hsts_header`", "hsts", "hsts_header"),
    ("… quoted and with blanks", "hsts-quoted", "hsts_header"),
    ("… without `tls`", "hsts-without-tls", "hsts_header"),
    ("`set-forwarded-headers: replace`", "forwarded-headers-replace", "set-forwarded-headers"),
    ("`set-forwarded-headers`, other", "forwarded-headers-never", "set-forwarded-headers"),
    ("`health.check.interval`", "health-interval", "health.check.interval"),
    ("`host`, mapped or generated from `domain`", "host", "spec.host"),
    ("`host.generated` beside a host that is written by hand", "host-by-hand", "host.generated"),
    ("`subdomain`", "subdomain", "spec.host"),
    ("`port.targetPort` as the router reads it", "port", "spec.port"),
];

/// Differences that hold for every Route, so that a warning for each would say nothing.
const ALWAYS: [(&str, &str, &str); 11] = [
    ("edge-none", "traefik", "plain HTTP gets 404 where OpenShift answers 503"),
    ("edge-none", "gateway", "plain HTTP gets 404 where OpenShift answers 503"),
    ("edge-redirect", "traefik", "307 for other methods than GET, where OpenShift sends 302 for all"),
    ("passthrough-redirect", "traefik", "307 for other methods than GET, where OpenShift sends 302 for all"),
    ("passthrough", "traefik", "round robin, where OpenShift keeps an address with a pod unless told otherwise"),
    ("passthrough", "gateway", "round robin, where OpenShift keeps an address with a pod unless told otherwise"),
    (
        "concurrent-connections",
        "haproxy",
        "admits the connection that reaches the limit, OpenShift only those below it",
    ),
    ("health-interval", "traefik", "readiness probes take its place"),
    ("health-interval", "gateway", "readiness probes take its place"),
    ("sticky-sessions", "traefik", "off unless asked for, where OpenShift has them on"),
    ("sticky-sessions", "haproxy", "off unless asked for, where OpenShift has them on"),
];

/// What became of a feature, as the case tells.
fn cell(cases: &Path, slug: &str, dialect: &str, field: &str) -> String {
    let case = cases.join(format!("table-{slug}-{dialect}"));
    let read = |name: &str| std::fs::read_to_string(case.join(name)).ok();
    if let Some(error) = read("error.txt") {
        assert!(error.contains(field), "{slug}, {dialect}: the refusal is about something else: {error}");
        return "refused".to_owned();
    }
    assert!(case.join("expected.yaml").is_file(), "{} is missing", case.display());
    let findings = read("findings.txt").unwrap_or_default();
    let warning = findings.lines().find(|line| line.starts_with("warning: ") && line.contains(field));
    let warning = warning.map(|line| line.rsplit_once(" [").map_or(line, |(line, _)| line));
    let told = warning.and_then(|line| {
        line.split(&format!("{field}: "))
            .nth(1)
            .or_else(|| line.rsplit_once("]: ").map(|(_, told)| told))
            .or_else(|| line.rsplit(": ").next())
    });
    let always =
        ALWAYS.iter().find(|(feature, name, _)| (*feature, *name) == (slug, dialect)).map(|(_, _, told)| *told);
    told.or(always).map_or_else(|| "exact".to_owned(), |difference| format!("close: {difference}"))
}

#[test]
fn the_readme_tells_what_becomes_of_every_feature() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut table =
        "| Feature of a Route | Traefik | haproxy-ingress | Gateway API |\n| --- | --- | --- | --- |\n".to_owned();
    for (feature, slug, field) in ROWS {
        let cells = DIALECTS.map(|dialect| cell(&root.join("cases"), slug, dialect, field));
        let _ = writeln!(table, "| {feature} | {} |", cells.join(" | "));
    }
    krm::golden::check_section(&root.join("README.md"), "features", &table);
}

#[test]
fn every_case_of_the_table_stands_in_it() {
    let known: BTreeSet<_> =
        ROWS.iter().flat_map(|(_, slug, _)| DIALECTS.map(|dialect| format!("table-{slug}-{dialect}"))).collect();
    let cases = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")).expect("the cases are there");
    let there: BTreeSet<_> = cases
        .map(|case| case.expect("the cases can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("table-"))
        .collect();
    assert_eq!(known, there);
}
