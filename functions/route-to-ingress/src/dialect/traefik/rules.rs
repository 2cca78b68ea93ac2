//! Rules of IngressRoutes, and the regular expressions in them.

use serde_json::{Value, json};

use crate::exposure::{Exposure, Path};

/// The path rewrite of the OpenShift router, its path taken literally.
pub(super) fn rewrite(path: &Path, target: &str) -> Value {
    let path = if *path == Path::All { "/" } else { path.text() };
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
        Path::At(path) => format!("{host} && (Path(`{path}`) || PathPrefix(`{path}/`))"),
        Path::Below(path) => format!("{host} && PathPrefix(`{path}`)"),
    }
}

/// The rank of the rule among those of the host. Traefik ranks rules by the length of their text, OpenShift takes the
/// longest path, and exact hosts before wildcards.
pub(super) fn priority(exposure: &Exposure<'_>) -> Option<usize> {
    let length = exposure.path.text().len();
    match (exposure.host.wildcard_domain(), &exposure.path) {
        (Some(_), _) => Some(1 + length),
        (None, Path::All) => None,
        (None, _) => Some(1000 + length),
    }
}

pub(super) fn sni_matcher(exposure: &Exposure<'_>) -> String {
    match exposure.host.wildcard_domain() {
        Some(domain) => format!("HostSNIRegexp(`^[a-zA-Z0-9-]+\\.{}$`)", regex_literal(domain)),
        None => format!("HostSNI(`{}`)", exposure.host.name),
    }
}
