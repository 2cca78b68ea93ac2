//! Routes that claim what one cluster serves once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use krm::finding::Finding;

use crate::exposure::{Exposure, Termination};
use crate::rule::Rule;

/// Routes that OpenShift would not serve beside each other: it takes the oldest and turns the others away. Routes of several
/// namespaces may share a host where the options or the build say so.
pub(crate) fn of_routes<'e>(exposures: &'e [Exposure<'e>], may_share_hosts: bool) -> Vec<Finding> {
    let mut claims = Claims::new(may_share_hosts, exposures.len());
    let collision = |exposure: &'e Exposure<'e>| {
        let message = claims.collision(exposure)?;
        let finding = Finding::new(Rule::RouteHostClash, message).on(exposure.route).at("spec.host");
        Some(exposure.origin.relocated(finding))
    };
    exposures.iter().filter_map(collision).collect()
}

/// A look-up of the first Route that claims something.
type First<'e, K> = HashMap<K, &'e Exposure<'e>>;

/// What the Routes so far claim.
struct Claims<'e> {
    may_share_hosts: bool,
    by_host: First<'e, &'e str>,
    by_path: First<'e, (&'e str, &'e str)>,
    /// By host, and by whether TLS ends at the pod.
    by_tls: First<'e, (&'e str, bool)>,
    /// By domain, by whether the host is a wildcard, and by whether TLS ends at the pod. A wildcard meets every host of its
    /// domain, and each of these every wildcard of it.
    by_domain: First<'e, (&'e str, bool, bool)>,
}

impl<'e> Claims<'e> {
    /// No claims yet, with room for those of so many Routes.
    fn new(may_share_hosts: bool, routes: usize) -> Self {
        Self {
            may_share_hosts,
            by_host: HashMap::with_capacity(routes),
            by_path: HashMap::with_capacity(routes),
            by_tls: HashMap::with_capacity(routes),
            by_domain: HashMap::new(),
        }
    }

    /// Takes in a Route. Why it would be turned away, if it would.
    fn collision(&mut self, exposure: &'e Exposure<'e>) -> Option<String> {
        let host = exposure.host.name.as_str();
        let path = exposure.path.text();
        let of_host = earlier(&mut self.by_host, host, exposure);
        let of_path = earlier(&mut self.by_path, (host, path), exposure);
        let of_other_tls = self.other_tls(exposure);
        if let Some(other) = of_host.filter(|other| !self.may_share_hosts && other.namespace != exposure.namespace) {
            let named = other.route.reference();
            return Some(format!(
                "`{host}` is claimed from another namespace by {named} too; give it to one of them, or set \
                 spec.namespaceOwnership of the function to `InterNamespaceAllowed`"
            ));
        }
        if let Some(other) = of_other_tls {
            return Some(format!(
                "`{host}` and `{}` of {} share an address, but only one of them is passthrough, and one hides the other; \
                 give them different hosts",
                other.host.name,
                other.route.reference()
            ));
        }
        let named = of_path?.route.reference();
        Some(format!("`{host}` with path `{path}` is claimed by {named} too; change one of them"))
    }

    /// Takes in where TLS of a Route ends. A Route that shares its address and has TLS that ends elsewhere.
    fn other_tls(&mut self, exposure: &'e Exposure<'e>) -> Option<&'e Exposure<'e>> {
        let is_passthrough = match exposure.termination {
            Termination::Plain => return None,
            Termination::Edge { .. } => false,
            Termination::Passthrough { .. } => true,
        };
        let host = exposure.host.name.as_str();
        let domain = host.split_once('.').map_or("", |(_, domain)| domain);
        let is_wildcard = exposure.host.wildcard_domain().is_some();
        earlier(&mut self.by_tls, (host, is_passthrough), exposure);
        earlier(&mut self.by_domain, (domain, is_wildcard, is_passthrough), exposure);
        let of_host = self.by_tls.get(&(host, !is_passthrough));
        of_host.or_else(|| self.by_domain.get(&(domain, !is_wildcard, !is_passthrough))).copied()
    }
}

/// The first Route that claims this, unless it is the one at hand.
fn earlier<'e, K: Eq + Hash>(
    first: &mut First<'e, K>,
    claim: K,
    exposure: &'e Exposure<'e>,
) -> Option<&'e Exposure<'e>> {
    match first.entry(claim) {
        Entry::Occupied(first) => Some(first.get()),
        Entry::Vacant(place) => {
            place.insert(exposure);
            None
        }
    }
}
