//! The host that a Route is served at.
//!
//! Source: openshift/library-go `pkg/route/hostassignment`, `pkg/route/validation`.

use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::bookkeeping::PREVIOUS_NAMESPACES;
use krm::resource_list::{Item, namespace_name};
use manifests::names::is_dns_subdomain;

use crate::config::Spec;
use crate::namespace;
use crate::reader::Reader;
use crate::route::WildcardPolicy;
use crate::rule::Rule;
use crate::settings::HOST_GENERATED;

const FIELD: &str = "spec.host";

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
pub(crate) fn host_of(reader: &mut Reader<'_>) -> Result<Host, Finding> {
    let route = reader.route;
    let given = route.host.as_deref().filter(|host| !host.is_empty());
    let is_wildcard = reader.route.wildcard_policy == Some(WildcardPolicy::Subdomain);
    let name = match given {
        Some(host) => new_host(reader, host)?,
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
    let name = name.to_ascii_lowercase();
    if is_dns_subdomain(name.strip_prefix("*.").unwrap_or(&name)) {
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
fn new_host(reader: &mut Reader<'_>, host: &str) -> Result<String, Finding> {
    let is_marked = reader.item.annotation(HOST_GENERATED) == Some("true");
    let is_generated = is_marked && has_generated_form(reader, host);
    if is_marked && !is_generated {
        let message = format!("is not believed, as OpenShift makes no host like `{host}`");
        reader.note(Rule::IgnoredSetting, FieldPath::annotation(HOST_GENERATED), message);
    }
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

/// Whether a host is what OpenShift makes: `NAME-NAMESPACE.DOMAIN`. People change the host and leave the annotation that it
/// was generated.
fn has_generated_form(reader: &Reader<'_>, host: &str) -> bool {
    let label = host.split_once('.').map_or(host, |(label, _)| label);
    let namespaces = reader.item.annotation(PREVIOUS_NAMESPACES).unwrap_or_default().split(',');
    let mut namespaces = namespaces.filter(|namespace| !namespace.is_empty()).chain(reader.namespace());
    let own = format!("{}-", label_of(reader.item));
    let rest = label.strip_prefix(&own);
    rest.is_some_and(|rest| reader.namespace().is_none() || namespaces.any(|namespace| namespace == rest))
}

/// The host of a Route that names none.
fn host_in_domain(reader: &Reader<'_>) -> Result<String, Finding> {
    let Some(domain) = &reader.spec.domain else {
        let example = format!("{}-{}.APPS-DOMAIN", label_of(reader.item), reader.namespace().unwrap_or("NAMESPACE"));
        let message = format!("is not given, and OpenShift would make it `{example}`; set spec.domain of the function");
        return Err(reader.finding(Rule::RouteWithoutHost, FIELD, message));
    };
    match reader.route.subdomain.as_deref().filter(|subdomain| !subdomain.is_empty()) {
        Some(subdomain) => Ok(format!("{subdomain}.{domain}")),
        None => generated(reader, domain),
    }
}

fn generated(reader: &Reader<'_>, domain: &str) -> Result<String, Finding> {
    let template = &reader.spec.host_template;
    if reader.namespace().is_none() && template.contains("{namespace}") {
        return Err(namespace::missing(reader.item, "the host of the Route holds it"));
    }
    let host = template.replace("{name}", &label_of(reader.item));
    Ok(host.replace("{namespace}", reader.namespace().unwrap_or_default()).replace("{domain}", domain))
}

/// The name of a Route as a part of a host.
fn label_of(item: &Item) -> String {
    item.name().replace('.', "-")
}

/// The host that OpenShift gives a Route without one.
pub(crate) fn generated_by_openshift(item: &Item, namespace: Option<&str>, domain: &str) -> String {
    format!("{}-{}.{domain}", label_of(item), namespace_name(namespace))
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
