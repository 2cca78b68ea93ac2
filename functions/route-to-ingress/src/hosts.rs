//! The host that a Route is served at.
//!
//! Source: openshift/library-go `pkg/route/hostassignment`, `pkg/route/validation`.

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::{Item, namespace_name};
use krm::rule::Severity;
use manifests::names::is_dns_name;

use crate::config::Spec;
use crate::namespace;
use crate::placeholders::{filled_in, holds_placeholder, in_lower_case};
use crate::reader::Reader;
use crate::route::WildcardPolicy;
use crate::rule::Rule;

const FIELD: &str = "spec.host";
/// Tells whether OpenShift chose the host of the Route.
const HOST_GENERATED: &str = "openshift.io/host.generated";

/// A host, or all hosts one label below a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// The name in lower case; `*.domain` for a wildcard.
    pub(crate) name: String,
}

impl Host {
    /// The domain of a wildcard.
    pub(crate) fn wildcard_domain(&self) -> Option<&str> {
        self.name.strip_prefix("*.")
    }
}

/// Works out the host of a Route.
///
/// # Errors
/// A finding for a Route without a host where no domain is configured, or with one that is no host name.
pub(crate) fn host_of(reader: &mut Reader<'_, '_>) -> Result<Host, Finding> {
    let is_wildcard = reader.route.wildcard_policy == Some(WildcardPolicy::Subdomain);
    let name = match reader.route.host.as_deref() {
        Some(host) => {
            if reader.route.subdomain.is_some() {
                let message = "has no effect beside spec.host, on OpenShift either, and is left out";
                reader.note(Rule::IgnoredSetting, "spec.subdomain", message);
            }
            new_host(reader, host)?
        }
        None if is_wildcard => {
            let message = "must be given where spec.wildcardPolicy is `Subdomain`; OpenShift refuses the Route too";
            return Err(reader.finding(Rule::RefusedByOpenShift, FIELD, message));
        }
        None => host_in_domain(reader)?,
    };
    let name = match name.split_once('.') {
        Some((_, domain)) if is_wildcard => format!("*.{domain}"),
        _ => name,
    };
    let name = in_lower_case(&name);
    if is_dns_name(&filled_in(name.strip_prefix("*.").unwrap_or(&name))) {
        tell_kept(reader, &name);
        return Ok(Host { name });
    }
    let message = format!(
        "`{name}` must be a DNS name: labels of at most 63 letters, digits and dashes, 253 characters in all; \
         choose another host, or another spec.hostTemplate"
    );
    Err(reader.finding(Rule::InvalidRouteHost, FIELD, message))
}

/// The host that takes the place of the one in a Route. A generated host belongs to the old cluster: it is generated again
/// where a domain is known.
fn new_host(reader: &mut Reader<'_, '_>, host: &str) -> Result<String, Finding> {
    let is_generated = is_generated(reader, host);
    match (&reader.spec.domain, mapped(host, reader.spec)) {
        (Some(domain), _) if is_generated => generated(reader, domain),
        (_, Some(mapped)) => Ok(mapped),
        (_, None) if !is_generated => Ok(host.to_owned()),
        (_, None) => {
            let message = format!(
                "`{host}` was generated for the old cluster; set spec.domain, or map its domain by spec.domains"
            );
            Err(reader.finding(Rule::RouteWithoutHost, FIELD, message).current(host))
        }
    }
}

/// Whether OpenShift made the host up. People change such a host and leave the annotation that says so.
fn is_generated(reader: &mut Reader<'_, '_>, host: &str) -> bool {
    if reader.annotation(HOST_GENERATED) != Some("true") {
        return false;
    }
    let first = host.split('.').next().unwrap_or_default();
    let start = format!("{}-", label(reader.item));
    let has_form = match reader.namespace() {
        Some(namespace) => first.strip_prefix(&start) == Some(namespace),
        None => first.starts_with(&start),
    };
    if !has_form {
        let message = format!(
            "is left out, and `{host}` is taken for chosen by hand: a host that OpenShift generates starts with `{start}{}.`",
            reader.namespace().unwrap_or("NAMESPACE")
        );
        reader.note(Rule::IgnoredSetting, FieldPath::annotation(HOST_GENERATED), message);
    }
    has_form
}

/// Tells that a host stays as it is, where the options say where others go. It is a warning where it is one of the hosts
/// below the apps domain of an OpenShift cluster.
fn tell_kept(reader: &mut Reader<'_, '_>, host: &str) {
    let news = reader.spec.domain.iter().chain(reader.spec.domains.values());
    if news.clone().any(|domain| strip_domain(host, domain).is_some()) || holds_placeholder(host) {
        return;
    }
    if let Some(domain) = apps_domain(host) {
        let message = format!(
            "`{host}` stays, though it is below `{domain}`, which looks like the apps domain of an OpenShift cluster; map \
             that domain by spec.domains of the function, or accept this if its DNS records move"
        );
        reader.note(Rule::KeptHost, FIELD, message);
    } else if let Some(domain) = news.clone().next() {
        let message = format!("`{host}` stays; it is not below `{domain}`, so its DNS record must be moved by itself");
        reader.notes.push(reader.finding(Rule::KeptHost, FIELD, message).with_severity(Severity::Info));
    }
}

/// The domain that a host is in, if it looks like the apps domain of an OpenShift cluster.
fn apps_domain(host: &str) -> Option<&str> {
    let (_, domain) = host.split_once('.')?;
    let mut domains = std::iter::successors(Some(domain), |domain| Some(domain.split_once('.')?.1));
    domains.find(|domain| {
        let first = domain.split('.').next().unwrap_or_default();
        first.eq_ignore_ascii_case("apps") || first.eq_ignore_ascii_case("apps-crc")
    })
}

/// The host of a Route that names none.
fn host_in_domain(reader: &Reader<'_, '_>) -> Result<String, Finding> {
    let Some(domain) = &reader.spec.domain else {
        let example = format!("{}-{}.APPS-DOMAIN", label(reader.item), reader.namespace().unwrap_or("NAMESPACE"));
        let message = format!("is not given, and OpenShift would make it `{example}`; set spec.domain of the function");
        return Err(reader.finding(Rule::RouteWithoutHost, FIELD, message));
    };
    match reader.route.subdomain.as_deref() {
        Some(subdomain) => Ok(format!("{subdomain}.{domain}")),
        None => generated(reader, domain),
    }
}

fn generated(reader: &Reader<'_, '_>, domain: &str) -> Result<String, Finding> {
    let template = &reader.spec.host_template;
    if reader.namespace().is_none() && template.contains("{namespace}") {
        return Err(namespace::missing(reader.item, "the host of the Route holds it"));
    }
    let host = template.replace("{name}", &label(reader.item));
    Ok(host.replace("{namespace}", reader.namespace().unwrap_or_default()).replace("{domain}", domain))
}

/// The name of a Route as a part of a host.
fn label(item: &Item) -> String {
    item.name().replace('.', "-")
}

/// The host that OpenShift gives a Route without one.
pub(crate) fn generated_by_openshift(item: &Item, namespace: Option<&str>, domain: &str) -> String {
    format!("{}-{}.{domain}", label(item), namespace_name(namespace))
}

/// The host in its new domain, if its domain is mapped.
fn mapped(host: &str, spec: &Spec) -> Option<String> {
    let old = old_domain(host, spec)?;
    Some(format!("{}{}", strip_domain(host, old)?, spec.domains[old]))
}

/// The old domain that a host is in; the longest, if there are several.
pub(crate) fn old_domain<'s>(host: &str, spec: &'s Spec) -> Option<&'s str> {
    let around = spec.domains.keys().filter(|old| strip_domain(host, old).is_some());
    around.max_by_key(|old| old.len()).map(String::as_str)
}

/// What precedes a domain in a host of it: `web.`, or nothing. DNS knows no case (RFC 4343).
fn strip_domain<'h>(host: &'h str, domain: &str) -> Option<&'h str> {
    let (rest, end) = host.split_at_checked(host.len().checked_sub(domain.len())?)?;
    (end.eq_ignore_ascii_case(domain) && (rest.is_empty() || rest.ends_with('.'))).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_moves_with_the_longest_domain_around_it_whatever_its_case() {
        let domains = [("apps.example.com", "new.org"), ("Eu.Apps.example.com", "eu.org")];
        let domains = domains.map(|(old, new)| (old.to_owned(), new.to_owned()));
        let spec = Spec { domains: domains.into(), ..Spec::default() };
        for (host, expected) in [
            ("web.apps.example.com", Some("web.new.org")),
            ("Web.APPS.example.com", Some("Web.new.org")),
            ("web.eu.apps.example.com", Some("web.eu.org")),
            ("apps.example.com", Some("new.org")),
            ("webapps.example.com", None),
            ("apps.example.com.org", None),
            ("é.com", None),
            ("", None),
        ] {
            assert_eq!(mapped(host, &spec).as_deref(), expected, "{host}");
        }
    }
}
