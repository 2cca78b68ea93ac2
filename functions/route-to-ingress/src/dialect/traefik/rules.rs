//! Rules of IngressRoutes, and the regular expressions in them.

use serde_json::{Value, json};

use crate::exposure::{Exposure, Path};
use crate::values::Rewrite;

/// The path rewrite of the OpenShift router.
pub(super) fn rewrite(Rewrite { path, target }: &Rewrite) -> Value {
    let literal = regex_literal(path);
    let (regex, replacement) = if target == "/" {
        (format!("^{literal}/?(.*)$"), "/$1".to_owned())
    } else {
        (format!("^{literal}(.*)$"), format!("{}$1", target.replace('$', "$$")))
    };
    json!({"replacePathRegex": {"regex": regex, "replacement": replacement}})
}

/// Text as a regular expression of Go that matches just this text.
fn regex_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal
}

/// The rule of an IngressRoute.
pub(super) fn matcher(exposure: &Exposure<'_>) -> String {
    let host = match exposure.host.wildcard_domain() {
        Some(domain) => format!("HostRegexp(`^[a-zA-Z0-9-]+\\.{}$`)", regex_literal(domain)),
        None => format!("Host(`{}`)", exposure.host.name),
    };
    match &exposure.path {
        Path::All => host,
        Path::At(path) => {
            format!("{host} && (Path({}) || PathPrefix({}))", quoted(path), quoted(&format!("{path}/")))
        }
        Path::Below(path) => format!("{host} && PathPrefix({})", quoted(path)),
    }
}

/// Text in a rule: between backticks, or between quotes where it holds a backtick.
fn quoted(text: &str) -> String {
    if text.contains('`') {
        format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
    } else {
        format!("`{text}`")
    }
}

/// The rank of the rule among those of the host. Traefik ranks rules by the length of their text, OpenShift takes the
/// longest path, and exact hosts before wildcards.
///
/// A rule without a rank keeps the length of its text, so that the rules by which cert-manager answers challenges go first.
pub(super) fn priority(exposure: &Exposure<'_>) -> Option<usize> {
    match (exposure.host.wildcard_domain(), &exposure.path) {
        (Some(domain), path) => Some(below_hosts(domain, LOWEST + depth(path))),
        (None, Path::All) => None,
        (None, path) => Some(1000 + path.text().len()),
    }
}

/// The rank of a wildcard without a path. A rule for everything often has 1.
const LOWEST: usize = 2;

/// A rank of a wildcard that is below that of every host of its domain: ``Host(`a.DOMAIN`)`` is the shortest rule for one.
fn below_hosts(domain: &str, rank: usize) -> usize {
    rank.min(domain.len() + "Host(`a.`)".len() - 1)
}

/// How deep a path is. Of two that match one request, the longer one is deeper.
fn depth(path: &Path) -> usize {
    match path {
        Path::All => 0,
        Path::At(path) => 2 * path.matches('/').count(),
        Path::Below(path) => 2 * path.matches('/').count() - 1,
    }
}

/// The rank of a rule for TLS that ends at the pod: as that of a wildcard without a path.
pub(super) fn sni_priority(exposure: &Exposure<'_>) -> Option<usize> {
    exposure.host.wildcard_domain().map(|_| LOWEST)
}

pub(super) fn sni_matcher(exposure: &Exposure<'_>) -> String {
    match exposure.host.wildcard_domain() {
        Some(domain) => format!("HostSNIRegexp(`^[a-zA-Z0-9-]+\\.{}$`)", regex_literal(domain)),
        None => format!("HostSNI(`{}`)", exposure.host.name),
    }
}
