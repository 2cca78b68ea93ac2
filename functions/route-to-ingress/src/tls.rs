//! TLS of a Route: where it ends, whose certificate clients see, and how backends are trusted.

use krm::field::FieldPath;
use krm::finding::Finding;

use crate::annotations::{Form, Topic};
use crate::certificates::secret_names;
use crate::config::{BackendCa, CaHolder, InlineKeys};
use crate::exposure::{BackendTls, Certificate, Termination, Trust};
use crate::order::{self, Issuer, Order};
use crate::reader::Reader;
use crate::route::{InsecurePolicy, Tls};
use crate::rule::Rule;
use crate::secrets::Role;
use crate::values::is_true;

/// By this an Ingress names the CA of the backends for the Route that OpenShift makes of it.
const CA_OF_INGRESS: &str = "route.openshift.io/destination-ca-certificate-secret";

/// TLS on both sides of the controller.
pub(crate) struct Encryption {
    /// Towards clients.
    pub(crate) termination: Termination,
    /// Towards backends, if there is any.
    pub(crate) backend_tls: Option<BackendTls>,
}

/// Works out the TLS of a Route.
///
/// # Errors
/// A finding for what OpenShift refuses too, for private keys in Git, and for backends whose CA is not known.
pub(crate) fn encryption(reader: &mut Reader<'_, '_>) -> Result<Encryption, Finding> {
    let order = order(reader)?;
    let Some(tls) = &reader.route.tls else {
        return Ok(Encryption { termination: without_tls(reader, order), backend_tls: None });
    };
    if tls.ca_certificate.is_some() && tls.certificate.is_none() {
        let message = "has no effect without a certificate, on OpenShift either, and is left out";
        reader.note(Rule::IgnoredSetting, "spec.tls.caCertificate", message);
    }
    // The API lower-cases what people capitalise, and takes nothing for `edge`.
    let backend_tls = match tls.termination.to_lowercase().as_str() {
        "passthrough" => return passthrough(reader, tls),
        "reencrypt" => Some(backend_tls(reader, tls)?),
        "edge" => None,
        "" if tls.destination_ca_certificate.is_none() => None,
        other => {
            let message = format!("`{other}` must be `edge`, `reencrypt` or `passthrough`");
            return Err(reader.finding(Rule::RefusedByOpenShift, "spec.tls.termination", message));
        }
    };
    if backend_tls.is_none() && tls.destination_ca_certificate.is_some() {
        return Err(reader.finding(Rule::RefusedByOpenShift, "spec.tls.destinationCACertificate", NO_BACKEND_TLS));
    }
    let insecure = tls.insecure_edge_termination_policy;
    let certificate = certificate(reader, tls, order)?;
    Ok(Encryption { termination: Termination::Edge { insecure, certificate }, backend_tls })
}

/// A Route without `tls`. The controller of cert-manager for Routes, and openshift-acme, give it a certificate all the same
/// where it asks for one, and redirect plain HTTP then.
///
/// Source: `populateRoute` in cert-manager/openshift-routes `internal/controller/sync.go`.
fn without_tls(reader: &mut Reader<'_, '_>, order: Option<Order>) -> Termination {
    let asks = |topic| reader.certificate_annotation(topic);
    let asking = asks(Topic::Issuer).or_else(|| asks(Topic::ClusterIssuer)).or_else(|| asks(Topic::Acme));
    match (asking, order) {
        (Some((annotation, _)), Some(order)) if reader.origin.is_route() => {
            let message =
                "makes cert-manager serve the Route by TLS and redirect plain HTTP, though it has no spec.tls";
            reader.note(Rule::NeedlessSetting, FieldPath::annotation(annotation), message);
            let certificate = issued(reader, order);
            Termination::Edge { insecure: InsecurePolicy::Redirect, certificate }
        }
        _ => Termination::Plain,
    }
}

const NO_BACKEND_TLS: &str = "cannot be used with `edge`, where backends speak no TLS; OpenShift refuses the Route too";

fn passthrough(reader: &Reader<'_, '_>, tls: &Tls) -> Result<Encryption, Finding> {
    let insecure = tls.insecure_edge_termination_policy;
    let has_path = reader.route.path.as_deref().is_some_and(|path| !path.is_empty());
    let has_certificate = tls.certificate.is_some() || tls.key.is_some() || tls.external_certificate.is_some();
    let refusals = [
        (
            insecure == InsecurePolicy::Allow,
            "spec.tls.insecureEdgeTerminationPolicy",
            "`Allow` cannot be used with passthrough",
        ),
        (has_path, "spec.path", "cannot be used with passthrough, where the path is encrypted"),
        (has_certificate, "spec.tls", "brings a certificate, which passthrough never serves"),
        (
            reader.route.http_headers.is_some(),
            "spec.httpHeaders",
            "cannot be used with passthrough, where headers are encrypted",
        ),
    ];
    match refusals.into_iter().find(|(applies, ..)| *applies) {
        Some((_, field, reason)) => {
            let message = format!("{reason}; OpenShift refuses the Route too");
            Err(reader.finding(Rule::RefusedByOpenShift, field, message))
        }
        None => {
            let termination = Termination::Passthrough { redirect: insecure == InsecurePolicy::Redirect };
            Ok(Encryption { termination, backend_tls: None })
        }
    }
}

/// The certificate that clients see. Whether it is ordered here or by another Route of the host is decided later.
fn certificate(reader: &mut Reader<'_, '_>, tls: &Tls, order: Option<Order>) -> Result<Certificate, Finding> {
    let external = tls.external_certificate.as_ref().map(|external| external.name.clone());
    match (external, order.clone()) {
        // cert-manager fills the Secret that an Ingress names.
        (Some(secret), Some(order)) if !reader.origin.is_route() && reader.names_issuer() => {
            return Ok(Certificate::Issued { secret, is_fixed: true, order: Some(order.into()) });
        }
        (Some(secret), _) => return Ok(Certificate::Secret(secret)),
        (None, _) => {}
    }
    if let Some((_, secret)) = reader.certificate_annotation(Topic::Given) {
        return Ok(Certificate::Secret(secret.to_owned()));
    }
    let holds_key = tls.certificate.as_deref().is_some_and(|text| text.contains("PRIVATE KEY"));
    if tls.key.is_some() || holds_key {
        return instead_of_key(reader).map(Certificate::Secret);
    }
    if tls.certificate.is_some() {
        let message = "comes without its key; OpenShift refuses the Route too";
        return Err(reader.finding(Rule::RefusedByOpenShift, "spec.tls.certificate", message));
    }
    if let Some((annotation, _)) = reader.certificate_annotation(Topic::Acme).filter(|(_, value)| is_true(value)) {
        let field = FieldPath::annotation(annotation);
        match &order {
            Some(Order { issuer: Issuer { kind, name, .. }, .. }) => {
                reader.note(Rule::NeedlessSetting, field, format!("is answered by the {kind} `{name}`"));
            }
            None => {
                let message = "asks for a certificate without an issuer; set spec.clusterIssuer of the function";
                reader.note(Rule::AcmeWithoutIssuer, field, message);
            }
        }
    }
    if let Some(order) = order {
        return Ok(issued(reader, order));
    }
    let message =
        "names no certificate, so the controller serves its own; set spec.clusterIssuer of the function to order one";
    reader.note(Rule::DefaultCertificate, "spec.tls", message);
    Ok(Certificate::Default)
}

/// A certificate that is ordered, in the Secret that the Route names or one that is chosen later.
fn issued(reader: &Reader<'_, '_>, order: Order) -> Certificate {
    let named = reader.certificate_annotation(Topic::Secret);
    let [usual, _] = secret_names(reader.name);
    let secret = named.map_or(usual, |(_, secret)| secret.to_owned());
    Certificate::Issued { secret, is_fixed: named.is_some(), order: Some(order.into()) }
}

/// The Secret that takes the place of a private key written into the Route: one that the build makes, else the first name
/// that is free.
fn instead_of_key(reader: &mut Reader<'_, '_>) -> Result<String, Finding> {
    const FIELD: &str = "spec.tls.key";
    let namespace = reader.item.namespace();
    let names = secret_names(reader.name);
    let secrets = reader.build.secrets();
    let made = names.iter().find(|name| secrets.is_made(namespace, name));
    let free = names.iter().find(|name| secrets.owner(namespace, name).is_none_or(|owner| owner.role == Role::Uses));
    let secret = made.or(free).unwrap_or(&names[1]).clone();
    match reader.spec.inline_keys {
        InlineKeys::Reference if made.is_some() => Ok(secret),
        InlineKeys::Reference => {
            let message = format!(
                "is left out, and no Secret `{secret}` takes its place; add a SealedSecret of that name and type kubernetes.io/tls"
            );
            reader.note(Rule::MissingTlsSecret, FIELD, message);
            Ok(secret)
        }
        InlineKeys::Refuse => {
            let message = format!(
                "is a private key in Git; replace it, seal the new one with its certificate (certificate first, then caCertificate) \
             as a Secret `{secret}` of type kubernetes.io/tls, and name that in spec.tls.externalCertificate, \
             or set spec.inlineKeys of the function to `Reference`"
            );
            Err(reader.finding(Rule::PrivateKeyInRoute, FIELD, message))
        }
    }
}

/// What is asked of cert-manager: by annotations of the Route, else by the configured issuer. Nothing where there is none.
///
/// # Errors
/// A finding for an annotation that cannot be read.
fn order(reader: &Reader<'_, '_>) -> Result<Option<Order>, Finding> {
    let Some(issuer) = issuer(reader) else { return Ok(None) };
    let hosts = reader.certificate_annotation(Topic::Hosts).map(|(_, hosts)| hosts).unwrap_or_default();
    let hosts = order::items(hosts).filter(|host| reader.route.host.as_deref() != Some(*host));
    let mut fields = Vec::new();
    for (row, text) in reader.certificate_annotations(Topic::Field) {
        if order::value_of(row.form, text).is_none() {
            let wanted = if row.form == Form::Number { "a number" } else { "JSON" };
            let message = format!("must be {wanted}; cert-manager issues nothing otherwise");
            return Err(reader.finding(Rule::MalformedOrder, FieldPath::annotation(row.name), message));
        }
        fields.push((*row, text.to_owned()));
    }
    Ok(Some(Order { issuer, hosts: hosts.map(str::to_owned).collect(), fields }))
}

/// The issuer that the Route names, else the configured one.
fn issuer(reader: &Reader<'_, '_>) -> Option<Issuer> {
    let value = |topic| reader.certificate_annotation(topic).map(|(_, value)| value);
    if let Some(name) = value(Topic::Issuer) {
        let own = Issuer::own(value(Topic::IssuerKind).unwrap_or("Issuer"), name);
        return Some(match value(Topic::IssuerGroup) {
            Some(group) => Issuer { group: group.to_owned(), ..own },
            None => own,
        });
    }
    let configured = |kind: &str, name: &Option<String>| name.as_ref().map(|name| Issuer::own(kind, name));
    value(Topic::ClusterIssuer)
        .map(|name| Issuer::own("ClusterIssuer", name))
        .or_else(|| configured("Issuer", &reader.spec.issuer))
        .or_else(|| configured("ClusterIssuer", &reader.spec.cluster_issuer))
}

fn backend_tls(reader: &Reader<'_, '_>, tls: &Tls) -> Result<BackendTls, Finding> {
    if let Some(ca) = tls.destination_ca_certificate.as_deref().filter(|ca| !ca.trim().is_empty()) {
        let field = "spec.tls.destinationCACertificate";
        if !ca.contains("-----BEGIN CERTIFICATE-----") || !ca.contains("-----END CERTIFICATE-----") {
            let message = "holds no PEM certificate; OpenShift would not use it either";
            return Err(reader.finding(Rule::RefusedByOpenShift, field, message));
        }
        return Ok(BackendTls { trust: Trust::Written(ca.to_owned()), field });
    }
    let field = "spec.tls.termination";
    let annotated = reader.certificate_annotation(Topic::BackendCa);
    let annotated = annotated.map(|(_, secret)| BackendCa { kind: CaHolder::Secret, name: secret.to_owned() });
    match annotated.or_else(|| reader.spec.backend_ca.clone()) {
        Some(ca) => Ok(BackendTls { trust: Trust::Ca(ca), field }),
        None if reader.spec.insecure_backends => Ok(BackendTls { trust: Trust::Anybody, field }),
        None if reader.annotation(CA_OF_INGRESS).is_some() => {
            let message = "names a Secret whose `tls.crt` is the CA of the backends, and K3s's controllers read `ca.crt`; name the CA by \
                           spec.backendCA of the function";
            Err(reader.finding(Rule::UnknownBackendCa, FieldPath::annotation(CA_OF_INGRESS), message))
        }
        None => {
            let message = "`reencrypt` without destinationCACertificate relies on the service CA of OpenShift, which K3s does not \
                           have; name the CA of the backends by spec.backendCA of the function, or trust any certificate by \
                           spec.insecureBackends";
            Err(reader.finding(Rule::UnknownBackendCa, field, message))
        }
    }
}
