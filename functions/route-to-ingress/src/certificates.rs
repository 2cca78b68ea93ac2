//! Certificates that cert-manager issues for Routes: what is asked of it, and which Secret holds the certificate of a host.
//!
//! A host has one certificate. Where a Route brings its own, or the build has a Certificate for the host, all Routes of the
//! host use that; else the first Route orders one for all of them.

use std::collections::HashMap;

use krm::finding::Finding;
use krm::resource_list::Item;
use serde_json::{Value, json};

use crate::build::Build;
use crate::exposure::{Certificate, Exposure, Termination, fold};
use crate::order::Order;
use crate::rule::Rule;
use crate::secrets::Role;

/// Annotations by which cert-manager orders the certificate of an Ingress, where this Route is the one to order it.
pub(crate) fn annotations(certificate: &Certificate) -> Vec<(&'static str, String)> {
    let Some(order) = certificate.order().filter(|order| order.fits_an_ingress()) else { return Vec::new() };
    order.annotations()
}

/// The Certificate beside an Ingress, where annotations cannot say what is asked for.
pub(crate) fn beside_ingress(exposure: &Exposure<'_>, certificate: &Certificate) -> Option<Value> {
    let fits = certificate.order().is_some_and(Order::fits_an_ingress);
    if fits { None } else { object(exposure, certificate) }
}

/// The Certificate of a Route, where this Route is the one to order it; cert-manager reads nothing but Ingresses and
/// Gateways by itself.
pub(crate) fn object(exposure: &Exposure<'_>, certificate: &Certificate) -> Option<Value> {
    let secret = certificate.secret()?;
    let spec = certificate.order()?.spec(&exposure.host.name, secret);
    Some(exposure.object("cert-manager.io/v1", "Certificate", secret, spec))
}

/// What lets a Gateway read a Secret of another namespace.
pub(crate) fn grant(exposure: &Exposure<'_>, secret: &str, gateway_namespace: &str) -> Option<Value> {
    if gateway_namespace.is_empty() || exposure.namespace.as_deref() == Some(gateway_namespace) {
        return None;
    }
    let spec = json!({
        "from": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": gateway_namespace}],
        "to": [{"group": "", "kind": "Secret", "name": secret}],
    });
    // Several Routes may use the Secret.
    let name = format!("{}-certificate", exposure.base_name());
    Some(exposure.object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", &name, spec))
}

/// The first names for the Secret of a Route: that of the convention, and one for where OpenShift's service CA uses it.
pub(crate) fn secret_names(name: &str) -> [String; 2] {
    let base = fold(name);
    [format!("{base}-tls"), format!("{base}-route-tls")]
}

/// Decides which Secret holds the certificate of each host, and which Route orders it.
pub(crate) fn settle<'r>(exposures: &mut [Exposure<'r>], build: &Build<'r>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut hosts = Hosts { build, holders: HashMap::new(), taken: HashMap::new() };
    for exposure in exposures.iter() {
        if let Some(Certificate::Secret(secret)) = exposure.certificate() {
            findings.extend(hosts.note(exposure, secret));
        }
    }
    for exposure in exposures {
        let Some(Certificate::Issued { .. }) = exposure.certificate() else { continue };
        match hosts.holder(exposure) {
            Ok(Some(holder)) => findings.extend(share(exposure, &holder)),
            Ok(None) => findings.extend(hosts.other_name(exposure)),
            Err(problem) => findings.push(problem),
        }
    }
    findings
}

/// The certificate of a host.
#[derive(Debug, Clone)]
struct Holder<'r> {
    namespace: Option<&'r str>,
    secret: String,
    /// What brings or orders it.
    object: &'r Item,
    /// What is asked of cert-manager, if it is.
    order: Option<Order>,
}

impl<'r> Holder<'r> {
    fn of(exposure: &Exposure<'r>, secret: &str) -> Self {
        Self {
            namespace: exposure.route.namespace(),
            secret: secret.to_owned(),
            object: exposure.route,
            order: exposure.certificate().and_then(Certificate::order).cloned(),
        }
    }
}

/// The certificates of hosts, and the names of Secrets that Routes take.
struct Hosts<'b, 'r> {
    build: &'b Build<'r>,
    holders: HashMap<String, Holder<'r>>,
    /// By namespace and name, the Route that names the Secret first.
    taken: HashMap<(Option<&'r str>, String), &'r Item>,
}

impl<'r> Hosts<'_, 'r> {
    /// Notes the certificate that a Route brings. The warning that the host has another.
    fn note(&mut self, exposure: &Exposure<'r>, secret: &str) -> Option<Finding> {
        self.take(exposure, secret);
        let holder = Holder::of(exposure, secret);
        let first = self.holders.entry(exposure.host.name.clone()).or_insert(holder);
        let is_other = first.namespace == exposure.route.namespace() && first.secret != *secret;
        is_other.then(|| other_certificate(exposure, first))
    }

    fn take(&mut self, exposure: &Exposure<'r>, secret: &str) {
        let key = (exposure.route.namespace(), secret.to_owned());
        self.taken.entry(key).or_insert(exposure.route);
    }

    /// Who holds the certificate of the host already; nothing if the Route is the one to order it, which is noted then.
    ///
    /// # Errors
    /// A finding where every name for its Secret is taken.
    fn holder(&mut self, exposure: &mut Exposure<'r>) -> Result<Option<Holder<'r>>, Finding> {
        let host = exposure.host.name.clone();
        if let Some(holder) = self.holders.get(&host) {
            return Ok(Some(holder.clone()));
        }
        let namespace = exposure.route.namespace();
        if let Some((secret, id)) = self.build.secrets().certificate(namespace, &host) {
            let object = self.build.resources.get(id);
            let holder = Holder { namespace, secret: secret.to_owned(), object, order: None };
            self.holders.insert(host, holder.clone());
            return Ok(Some(holder));
        }
        let secret = self.free_name(exposure)?;
        self.take(exposure, &secret);
        exposure.use_secret(secret.clone());
        self.holders.insert(host, Holder::of(exposure, &secret));
        Ok(None)
    }

    /// What has to do with a Secret besides the Route, and how.
    fn owner(&self, exposure: &Exposure<'_>, name: &str) -> Option<(&'r Item, Role)> {
        let namespace = exposure.route.namespace();
        if let Some(route) = self.taken.get(&(namespace, name.to_owned())) {
            return Some((route, Role::Makes));
        }
        let owner = self.build.secrets().owner(namespace, name).filter(|owner| owner.id != exposure.route.id())?;
        Some((self.build.resources.get(owner.id), owner.role))
    }

    /// A name for the Secret of a Route that nothing else in the build has to do with. One that people chose may be read
    /// elsewhere.
    fn free_name(&self, exposure: &Exposure<'_>) -> Result<String, Finding> {
        let Some(Certificate::Issued { secret, is_fixed, .. }) = exposure.certificate() else {
            unreachable!("only an issued certificate needs a name")
        };
        let candidates = if *is_fixed { vec![secret.clone()] } else { secret_names(&exposure.name).to_vec() };
        let mut owners = Vec::new();
        for name in candidates {
            match self.owner(exposure, &name) {
                None => return Ok(name),
                Some((_, Role::Uses)) if *is_fixed => return Ok(name),
                Some((owner, _)) => owners.push(format!("`{name}` belongs to {}", owner.reference())),
            }
        }
        let message = format!(
            "needs a Secret for the certificate that is ordered, but {}; name that Secret in spec.tls.externalCertificate if \
             it holds the certificate of the host, or rename one of them",
            owners.join(" and ")
        );
        Err(exposure.finding(Rule::TlsSecretTaken, message))
    }

    /// The info that the usual name was taken.
    fn other_name(&self, exposure: &Exposure<'_>) -> Option<Finding> {
        let Some(Certificate::Issued { secret, is_fixed: false, .. }) = exposure.certificate() else { return None };
        let [usual, _] = secret_names(&exposure.name);
        if usual == *secret {
            return None;
        }
        let owner = self.owner(exposure, &usual)?.0.reference();
        let message = format!("gets its certificate in the Secret `{secret}`, since `{usual}` belongs to {owner}");
        Some(exposure.finding(Rule::OtherTlsSecret, message))
    }
}

/// Uses the certificate that the host has. In another namespace Traefik finds it by the host alone.
fn share(exposure: &mut Exposure<'_>, holder: &Holder<'_>) -> Option<Finding> {
    let certificate = exposure.certificate()?.clone();
    let is_here = holder.namespace == exposure.route.namespace();
    let shared = match (is_here, holder.order.is_some()) {
        (true, true) => Certificate::Issued { secret: holder.secret.clone(), is_fixed: true, order: None },
        (true, false) => Certificate::Secret(holder.secret.clone()),
        (false, _) => Certificate::Default,
    };
    exposure.set_certificate(shared);
    if is_here && certificate.order() == holder.order.as_ref() {
        return None;
    }
    let message = format!(
        "orders no certificate, since a host has one: `{}` has that of {}, in the Secret `{}`",
        exposure.host.name,
        holder.object.reference(),
        holder.secret
    );
    Some(exposure.finding(Rule::SharedCertificate, message))
}

fn other_certificate(exposure: &Exposure<'_>, first: &Holder<'_>) -> Finding {
    let message = format!(
        "names another certificate for `{}` than {}, which names the Secret `{}`; a host has one certificate, and it is not \
         known which of them clients get, so name one of them in both",
        exposure.host.name,
        first.object.reference(),
        first.secret
    );
    exposure.finding(Rule::SeveralCertificates, message)
}

impl Exposure<'_> {
    /// A finding about the TLS of the Route.
    fn finding(&self, rule: Rule, message: String) -> Finding {
        self.origin.relocated(Finding::new(rule, message).on(self.route).at("spec.tls"))
    }

    /// The certificate that clients see, if TLS ends at the controller.
    fn certificate(&self) -> Option<&Certificate> {
        match &self.termination {
            Termination::Edge { certificate, .. } => Some(certificate),
            Termination::Plain | Termination::Passthrough { .. } => None,
        }
    }

    fn set_certificate(&mut self, new: Certificate) {
        if let Termination::Edge { certificate, .. } = &mut self.termination {
            *certificate = new;
        }
    }

    fn use_secret(&mut self, name: String) {
        if let Termination::Edge { certificate: Certificate::Issued { secret, .. }, .. } = &mut self.termination {
            *secret = name;
        }
    }
}
