//! The host that a Route is served at.
//!
//! Source: openshift/library-go `pkg/route/hostassignment`, `pkg/route/validation`.

use krm::finding::Finding;
use krm::resource_list::Item;

use crate::config::Spec;
use crate::route::{RouteSpec, WildcardPolicy};

const GENERATED: &str = "openshift.io/host.generated";

/// A host, or all hosts one label below a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// The name; `*.domain` for a wildcard.
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
pub(crate) fn host_of(item: &Item, route: &RouteSpec, namespace: Option<&str>, spec: &Spec) -> Result<Host, Finding> {
    let given = route.host.as_deref().filter(|host| !host.is_empty());
    let is_generated = item.annotation(GENERATED) == Some("true");
    let is_wildcard = route.wildcard_policy == Some(WildcardPolicy::Subdomain);
    let name = match given {
        Some(host) if !is_generated => mapped(host, spec).unwrap_or_else(|| host.to_owned()),
        // A generated host belongs to the old cluster: it is generated anew where a domain is known.
        Some(host) => match (&spec.domain, mapped(host, spec)) {
            (Some(domain), _) => generated(item, namespace, domain, spec)?,
            (None, Some(mapped)) => mapped,
            (None, None) => {
                let message = format!(
                    "`{host}` was generated for the old cluster; set spec.domain, or map its domain by spec.domains"
                );
                return Err(Finding::error(message).on(item.reference()).at("spec.host").current(host));
            }
        },
        None if is_wildcard => {
            let message = "must be given where spec.wildcardPolicy is `Subdomain`; OpenShift refuses the Route too";
            return Err(Finding::error(message).on(item.reference()).at("spec.host"));
        }
        None => {
            let example = example_host(item, namespace);
            let domain = spec.domain.as_deref().ok_or_else(|| {
                let message =
                    format!("is not given, and OpenShift would make it `{example}`; set spec.domain of the function");
                Finding::error(message).on(item.reference()).at("spec.host")
            })?;
            match route.subdomain.as_deref().filter(|subdomain| !subdomain.is_empty()) {
                Some(subdomain) => format!("{subdomain}.{domain}"),
                None => generated(item, namespace, domain, spec)?,
            }
        }
    };
    let name =
        if is_wildcard { name.split_once('.').map_or(name.clone(), |(_, domain)| format!("*.{domain}")) } else { name };
    let name = name.to_lowercase();
    if is_host_name(name.strip_prefix("*.").unwrap_or(&name)) {
        return Ok(Host { name });
    }
    let message = format!(
        "`{name}` must be a DNS name: labels of at most 63 letters, digits and dashes, 253 characters in all; \
         choose another host, or another spec.hostTemplate"
    );
    Err(Finding::error(message).on(item.reference()).at("spec.host"))
}

/// The host in its new domain, if its domain is mapped.
pub(crate) fn mapped(host: &str, spec: &Spec) -> Option<String> {
    let is_below = |old: &str| host == old || host.strip_suffix(old).is_some_and(|rest| rest.ends_with('.'));
    let (old, new) = spec.domains.iter().filter(|(old, _)| is_below(old)).max_by_key(|(old, _)| old.len())?;
    Some(format!("{}{new}", &host[..host.len() - old.len()]))
}

fn generated(item: &Item, namespace: Option<&str>, domain: &str, spec: &Spec) -> Result<String, Finding> {
    if namespace.is_none() && spec.host_template.contains("{namespace}") {
        let message = "is not given, but the host of the Route holds it; set spec.namespace of the function";
        return Err(Finding::error(message).on(item.reference()).at("metadata.namespace"));
    }
    let host = spec.host_template.replace("{name}", &item.name().replace('.', "-"));
    Ok(host.replace("{namespace}", namespace.unwrap_or_default()).replace("{domain}", domain))
}

fn example_host(item: &Item, namespace: Option<&str>) -> String {
    format!("{}-{}.APPS-DOMAIN", item.name().replace('.', "-"), namespace.unwrap_or("NAMESPACE"))
}

fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}
