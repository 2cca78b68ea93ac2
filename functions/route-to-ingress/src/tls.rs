//! TLS of a Route: where it ends, whose certificate clients see, and how backends are trusted.

use krm::resource_list::Referent;

use krm::field::FieldPath;
use krm::finding::Finding;

use crate::config::{BackendCa, CaHolder, InlineKeys};
use crate::exposure::{BackendTls, Certificate, Issuer, Termination, Trust, fold};
use crate::reader::Reader;
use crate::route::{InsecurePolicy, Tls};
use crate::rule::Rule;
use crate::settings::{CA_FROM_SECRET, CERTIFICATE_FROM_SECRET, TLS_ACME};
use crate::values::is_true;

/// What gives a Secret its content.
const SECRET_SOURCES: [(&str, &str); 5] = [
    ("", "Secret"),
    ("bitnami.com", "SealedSecret"),
    ("cert-manager.io", "Certificate"),
    ("external-secrets.io", "ExternalSecret"),
    ("kubernetes-client.io", "ExternalSecret"),
];

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
pub(crate) fn encryption(reader: &mut Reader<'_>) -> Result<Encryption, Finding> {
    let Some(tls) = &reader.route.tls else {
        return Ok(Encryption { termination: Termination::Plain, backend_tls: None });
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
    let insecure = tls.insecure_edge_termination_policy;
    let certificate = certificate(reader, tls)?;
    Ok(Encryption { termination: Termination::Edge { insecure, certificate }, backend_tls })
}

fn passthrough(reader: &Reader<'_>, tls: &Tls) -> Result<Encryption, Finding> {
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
fn certificate(reader: &mut Reader<'_>, tls: &Tls) -> Result<Certificate, Finding> {
    let external = tls.external_certificate.as_ref().map(|external| external.name.as_str());
    if let Some(secret) = external.or_else(|| reader.item.annotation(CERTIFICATE_FROM_SECRET)) {
        return Ok(Certificate::Secret(secret.to_owned()));
    }
    let secret = format!("{}-tls", fold(reader.item.name()));
    let holds_key = tls.certificate.as_deref().is_some_and(|text| text.contains("PRIVATE KEY"));
    if tls.key.is_some() || holds_key {
        return instead_of_key(reader, secret).map(Certificate::Secret);
    }
    if tls.certificate.is_some() {
        let message = "comes without its key; OpenShift refuses the Route too";
        return Err(reader.finding(Rule::RefusedByOpenShift, "spec.tls.certificate", message));
    }
    let issuer = issuer(reader);
    if reader.item.annotation(TLS_ACME).is_some_and(is_true) {
        let field = FieldPath::annotation(TLS_ACME);
        match &issuer {
            Some(Issuer { kind, name }) => {
                reader.note(Rule::NeedlessSetting, field, format!("is answered by the {kind} `{name}`"));
            }
            None => {
                let message = "asks for a certificate without an issuer; set spec.clusterIssuer of the function";
                reader.note(Rule::AcmeWithoutIssuer, field, message);
            }
        }
    }
    if let Some(issuer) = issuer {
        return Ok(Certificate::Issued { secret, issuer, orders: true });
    }
    let message =
        "names no certificate, so the controller serves its own; set spec.clusterIssuer of the function to order one";
    reader.note(Rule::DefaultCertificate, "spec.tls", message);
    Ok(Certificate::Default)
}

/// The Secret that takes the place of a private key written into the Route.
fn instead_of_key(reader: &mut Reader<'_>, secret: String) -> Result<String, Finding> {
    const FIELD: &str = "spec.tls.key";
    let is_there = |(group, kind): &(&str, &str)| {
        reader.resources.referent(reader.item.id(), group, kind, &secret) != Referent::Missing
    };
    match reader.spec.inline_keys {
        InlineKeys::Reference if SECRET_SOURCES.iter().any(is_there) => Ok(secret),
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

/// The issuer that the Route names for cert-manager's OpenShift controller, else the configured one.
fn issuer(reader: &Reader<'_>) -> Option<Issuer> {
    if let Some(name) = reader.item.annotation("cert-manager.io/issuer-name") {
        let is_cluster = reader.item.annotation("cert-manager.io/issuer-kind") == Some("ClusterIssuer");
        return Some(Issuer { kind: if is_cluster { "ClusterIssuer" } else { "Issuer" }, name: name.to_owned() });
    }
    let of = |kind, name: &Option<String>| name.clone().map(|name| Issuer { kind, name });
    of("Issuer", &reader.spec.issuer).or_else(|| of("ClusterIssuer", &reader.spec.cluster_issuer))
}

fn backend_tls(reader: &Reader<'_>, tls: &Tls) -> Result<BackendTls, Finding> {
    if let Some(ca) = tls.destination_ca_certificate.as_deref().filter(|ca| !ca.trim().is_empty()) {
        let field = "spec.tls.destinationCACertificate";
        if !ca.contains("-----BEGIN CERTIFICATE-----") || !ca.contains("-----END CERTIFICATE-----") {
            let message = "holds no PEM certificate; OpenShift would not use it either";
            return Err(reader.finding(Rule::RefusedByOpenShift, field, message));
        }
        return Ok(BackendTls { trust: Trust::Written(ca.to_owned()), field });
    }
    let field = "spec.tls.termination";
    let annotated = reader.item.annotation(CA_FROM_SECRET);
    let annotated = annotated.map(|secret| BackendCa { kind: CaHolder::Secret, name: secret.to_owned() });
    match annotated.or_else(|| reader.spec.backend_ca.clone()) {
        Some(ca) => Ok(BackendTls { trust: Trust::Ca(ca), field }),
        None if reader.spec.insecure_backends => Ok(BackendTls { trust: Trust::Anybody, field }),
        None => {
            let message = "`reencrypt` without destinationCACertificate relies on the service CA of OpenShift, which K3s does not \
                           have; name the CA of the backends by spec.backendCA of the function, or trust any certificate by \
                           spec.insecureBackends";
            Err(reader.finding(Rule::UnknownBackendCa, field, message))
        }
    }
}
