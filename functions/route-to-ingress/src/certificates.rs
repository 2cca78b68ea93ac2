//! The certificate of a host that several Routes serve.
//!
//! The router of OpenShift and the controllers choose a certificate by the host, before they know the path. So a host has one.

use std::collections::HashMap;

use krm::finding::Finding;
use krm::resource_list::Item;

use crate::exposure::{Certificate, Exposure, Termination};
use crate::rule::Rule;

/// The certificate of a host, and the Route that brings or orders it.
struct OfHost<'r> {
    secret: String,
    namespace: Option<String>,
    route: &'r Item,
    is_own: bool,
}

/// Gives every Route of a host the same certificate: the one that a Route brings, else the one that the first orders. Tells of
/// Routes that take another one than they would alone.
pub(crate) fn share(exposures: &mut [Exposure<'_>]) -> Vec<Finding> {
    let hosts = certificates(exposures);
    let mut findings = Vec::new();
    for Exposure { route, host, namespace, termination, .. } in exposures {
        let Some(of_host) = hosts.get(&host.name).filter(|of_host| of_host.route.id() != route.id()) else { continue };
        let Termination::Edge { certificate, .. } = termination else { continue };
        let Certificate::Issued { secret, orders, .. } = certificate else { continue };
        if of_host.is_own {
            findings.push(taken(route, of_host));
        }
        if of_host.namespace != *namespace {
            // Controllers find the certificate by the host, but a Secret only in its namespace.
            *certificate = Certificate::Default;
        } else if of_host.is_own {
            *certificate = Certificate::Secret(of_host.secret.clone());
        } else {
            secret.clone_from(&of_host.secret);
            *orders = false;
        }
    }
    findings
}

/// The certificate of each host that has one.
fn certificates<'r>(exposures: &[Exposure<'r>]) -> HashMap<String, OfHost<'r>> {
    let mut hosts: HashMap<String, OfHost<'r>> = HashMap::new();
    for exposure in exposures {
        let Termination::Edge { certificate, .. } = &exposure.termination else { continue };
        let Some(secret) = certificate.secret() else { continue };
        let is_own = matches!(certificate, Certificate::Secret(_));
        let known = hosts.get(&exposure.host.name);
        if known.is_none_or(|known| is_own && !known.is_own) {
            let namespace = exposure.namespace.clone();
            let of_host = OfHost { secret: secret.to_owned(), namespace, route: exposure.route, is_own };
            hosts.insert(exposure.host.name.clone(), of_host);
        }
    }
    hosts
}

fn taken(route: &Item, of_host: &OfHost<'_>) -> Finding {
    let message = format!(
        "is served with the certificate in the Secret `{}`, which {} brings for the same host",
        of_host.secret,
        of_host.route.reference()
    );
    Finding::new(Rule::NeedlessSetting, message).on(route).at("spec.tls")
}
