//! What a Route asks for, with host, ports and certificates worked out, in no controller's language.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use krm::finding::Finding;
use krm::resource_list::{Item, Resources};
use serde_json::{Map, Value};

use crate::config::{BackendCa, CaHolder, InlineKeys, Spec};
use crate::hosts::{self, Host};
use crate::ports::{self, ServicePort, Workloads};
use crate::route::{InsecurePolicy, RouteSpec, TargetReference, Tls};
use crate::settings::{self, Setting, TLS_ACME, is_true};

/// A Route, understood.
#[derive(Debug)]
pub(crate) struct Exposure<'r> {
    pub(crate) route: &'r Item,
    pub(crate) namespace: Option<String>,
    pub(crate) host: Host,
    pub(crate) path: Path,
    pub(crate) termination: Termination,
    /// The Services that get requests; at least one.
    pub(crate) backends: Vec<Backend>,
    /// How backends are reached by TLS, if they are.
    pub(crate) backend_tls: Option<BackendTls>,
    pub(crate) settings: Vec<Setting>,
}

/// The paths that a Route serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
    /// Every path.
    All,
    /// `/foo` itself and what is below it, but not `/foobar`.
    At(String),
    /// Only what is below: `/foo/`, with its slash.
    Below(String),
}

impl Path {
    fn of(path: Option<&str>) -> Self {
        match path.unwrap_or_default() {
            "" | "/" => Self::All,
            path if path.ends_with('/') => Self::Below(path.to_owned()),
            path => Self::At(path.to_owned()),
        }
    }

    /// The path as the Route writes it.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::All => "/",
            Self::At(path) | Self::Below(path) => path,
        }
    }
}

/// Where TLS from clients ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Termination {
    /// There is none.
    Plain,
    /// At the controller.
    Edge { insecure: InsecurePolicy, certificate: Certificate },
    /// At the pod.
    Passthrough { redirect: bool },
}

/// The certificate that clients see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// cert-manager issues it into this Secret. Of several Routes for a host only one orders it.
    Issued { secret: String, issuer: Issuer, orders: bool },
    /// It is in this Secret.
    Secret(String),
    /// The controller's own, as OpenShift serves its wildcard certificate.
    Default,
}

impl Certificate {
    /// The Secret with the certificate, if there is one.
    pub(crate) fn secret(&self) -> Option<&str> {
        match self {
            Self::Issued { secret, .. } | Self::Secret(secret) => Some(secret),
            Self::Default => None,
        }
    }
}

/// An issuer of cert-manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issuer {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

impl Issuer {
    /// The annotation by which cert-manager finds the issuer of an Ingress.
    pub(crate) fn annotation(&self) -> &'static str {
        if self.kind == "ClusterIssuer" { "cert-manager.io/cluster-issuer" } else { "cert-manager.io/issuer" }
    }
}

/// A Service that gets requests.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) service: String,
    pub(crate) port: ServicePort,
    /// Its share relative to the others; positive.
    pub(crate) weight: u16,
}

/// How backends are trusted.
#[derive(Debug)]
pub(crate) struct BackendTls {
    pub(crate) trust: Trust,
    /// The field of the Route that states it.
    pub(crate) field: &'static str,
}

/// Whom to believe that it is the backend.
#[derive(Debug)]
pub(crate) enum Trust {
    /// The CA certificate written into the Route, in PEM.
    Written(String),
    /// The CA certificate under `ca.crt` of this object.
    Ca(BackendCa),
    /// Anybody.
    Anybody,
}

impl Exposure<'_> {
    /// The name that objects made for this Route start with. Traefik joins names by dashes and folds everything else,
    /// so neither dots nor double dashes may be in it.
    pub(crate) fn base_name(&self) -> String {
        fold(self.route.name())
    }

    /// Metadata for an object made for this Route: its labels, and what people annotated it with.
    pub(crate) fn metadata(&self, name: &str, annotations: &[(&str, String)]) -> ObjectMeta {
        let labels = self.route.value()["metadata"]["labels"].as_object();
        let kept = self.route.user_annotations().filter(|(key, _)| !settings::stays_behind(key));
        let kept = kept.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        let annotations: std::collections::BTreeMap<_, _> =
            kept.chain(annotations.iter().map(|(key, value)| ((*key).to_owned(), value.clone()))).collect();
        let labels: std::collections::BTreeMap<_, _> = labels
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect();
        ObjectMeta {
            name: Some(name.to_owned()),
            namespace: self.namespace.clone(),
            labels: (!labels.is_empty()).then_some(labels),
            annotations: (!annotations.is_empty()).then_some(annotations),
            ..ObjectMeta::default()
        }
    }

    /// A custom resource made for this Route.
    pub(crate) fn object(&self, api_version: &str, kind: &str, name: &str, spec: Value) -> Value {
        let metadata = serde_json::to_value(self.metadata(name, &[])).unwrap_or_default();
        Value::Object(Map::from_iter([
            ("apiVersion".to_owned(), api_version.into()),
            ("kind".to_owned(), kind.into()),
            ("metadata".to_owned(), metadata),
            ("spec".to_owned(), spec),
        ]))
    }

    /// A ConfigMap or Secret with the CA certificate of the backends, under `ca.crt` of its field.
    pub(crate) fn authority(&self, kind: &str, field: &str, name: &str, pem: &str) -> Value {
        let mut object = self.object("v1", kind, name, Value::Null);
        if let Value::Object(object) = &mut object {
            object.shift_remove("spec");
            object.insert(field.to_owned(), serde_json::json!({"ca.crt": pem}));
        }
        object
    }

    /// A finding about a field of the Route.
    pub(crate) fn about(&self, finding: Finding, field: &str) -> Finding {
        finding.on(self.route.reference()).at(field)
    }
}

/// Text as Traefik folds it in ids: letters, digits and single dashes.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            folded.push(character);
        } else if !folded.ends_with('-') {
            folded.push('-');
        }
    }
    folded
}

/// Understands a Route. What is worth knowing goes to `notes`.
///
/// # Errors
/// Findings for everything that cannot be told from the Route, the build and the options.
pub(crate) fn understand<'r>(
    resources: &'r Resources,
    workloads: &Workloads<'r>,
    route: &'r Item,
    route_spec: &RouteSpec,
    spec: &Spec,
    notes: &mut Vec<Finding>,
) -> Result<Exposure<'r>, Vec<Finding>> {
    let mut problems = Vec::new();
    let namespace = route.namespace().map(str::to_owned).or_else(|| spec.namespace.clone());
    let host = hosts::host_of(route, route_spec, namespace.as_deref(), spec);
    let settings = settings::of(route, route_spec, notes).map_err(|found| problems.extend(found));
    let backends = backends(workloads, route, route_spec, spec, notes).map_err(|found| problems.extend(found));
    let tls = termination(resources, route, route_spec, spec, notes).map_err(|found| problems.extend(found));
    match (host, settings, backends, tls) {
        (Ok(host), Ok(settings), Ok(backends), Ok((termination, backend_tls))) if problems.is_empty() => {
            let path = Path::of(route_spec.path.as_deref());
            Ok(Exposure { route, namespace, host, path, termination, backends, backend_tls, settings })
        }
        (host, ..) => {
            problems.extend(host.err());
            Err(problems)
        }
    }
}

fn backends(
    workloads: &Workloads<'_>,
    route: &Item,
    route_spec: &RouteSpec,
    spec: &Spec,
    notes: &mut Vec<Finding>,
) -> Result<Vec<Backend>, Vec<Finding>> {
    let field = |index: usize| match index.checked_sub(1) {
        None => "spec.to".to_owned(),
        Some(alternate) => format!("spec.alternateBackends[{alternate}]"),
    };
    let references: Vec<&TargetReference> =
        std::iter::once(&route_spec.to).chain(&route_spec.alternate_backends).collect();
    let mut backends = Vec::new();
    let mut problems = Vec::new();
    for (index, reference) in references.iter().enumerate() {
        if !matches!(reference.kind.as_str(), "" | "Service") {
            let message = format!("`{}` must be `Service`, the only kind that OpenShift knows here", reference.kind);
            problems.push(Finding::error(message).on(route.reference()).at(field(index) + ".kind"));
            continue;
        }
        if reference.weight() == 0 {
            let message = "gets no requests, as on OpenShift, and is left out";
            notes.push(Finding::info(message).on(route.reference()).at(field(index) + ".weight").current(0));
            continue;
        }
        match ports::resolve(workloads, route, route_spec, &reference.name, spec, notes) {
            Ok(target) => {
                backends.push(Backend { service: target.service, port: target.port, weight: reference.weight() });
            }
            Err(problem) => problems.push(problem),
        }
    }
    if backends.is_empty() && problems.is_empty() {
        let message = "leaves no backend with a weight, so OpenShift answers 503 to everything; give one a weight, or take the Route out";
        problems.push(Finding::error(message).on(route.reference()).at("spec.to.weight"));
    }
    if problems.is_empty() { Ok(backends) } else { Err(problems) }
}

type Tlss = (Termination, Option<BackendTls>);

fn termination(
    resources: &Resources,
    route: &Item,
    route_spec: &RouteSpec,
    spec: &Spec,
    notes: &mut Vec<Finding>,
) -> Result<Tlss, Vec<Finding>> {
    let Some(tls) = &route_spec.tls else { return Ok((Termination::Plain, None)) };
    let refuse = |field: &str, message: String| vec![Finding::error(message).on(route.reference()).at(field)];
    if tls.ca_certificate.is_some() && tls.certificate.is_none() {
        let message = "has no effect without a certificate, on OpenShift either, and is left out";
        notes.push(Finding::info(message).on(route.reference()).at("spec.tls.caCertificate"));
    }
    // The API lower-cases what people capitalise, and takes nothing for `edge`.
    let insecure = tls.insecure_edge_termination_policy;
    match tls.termination.to_lowercase().as_str() {
        "edge" => {
            Ok((Termination::Edge { insecure, certificate: certificate(resources, route, tls, spec, notes)? }, None))
        }
        "" if tls.destination_ca_certificate.is_none() => {
            Ok((Termination::Edge { insecure, certificate: certificate(resources, route, tls, spec, notes)? }, None))
        }
        "reencrypt" => {
            let backend_tls = backend_tls(route, tls, spec)?;
            Ok((
                Termination::Edge { insecure, certificate: certificate(resources, route, tls, spec, notes)? },
                Some(backend_tls),
            ))
        }
        "passthrough" if insecure == InsecurePolicy::Allow => Err(refuse(
            "spec.tls.insecureEdgeTerminationPolicy",
            "`Allow` cannot stand beside passthrough; OpenShift refuses the Route too".to_owned(),
        )),
        "passthrough" if route_spec.path.as_deref().is_some_and(|path| !path.is_empty()) => Err(refuse(
            "spec.path",
            "cannot stand beside passthrough, where nobody can read the path; OpenShift refuses the Route too"
                .to_owned(),
        )),
        "passthrough" if tls.certificate.is_some() || tls.key.is_some() || tls.external_certificate.is_some() => {
            Err(refuse(
                "spec.tls",
                "brings a certificate, which passthrough never serves; OpenShift refuses the Route too".to_owned(),
            ))
        }
        "passthrough" if route_spec.http_headers.is_some() => Err(refuse(
            "spec.httpHeaders",
            "cannot stand beside passthrough, where nobody can change headers; OpenShift refuses the Route too"
                .to_owned(),
        )),
        "passthrough" => Ok((Termination::Passthrough { redirect: insecure == InsecurePolicy::Redirect }, None)),
        other => Err(refuse("spec.tls.termination", format!("`{other}` must be `edge`, `reencrypt` or `passthrough`"))),
    }
}

/// The certificate that clients see. Whether it is ordered here or by another Route of the host is decided later.
fn certificate(
    resources: &Resources,
    route: &Item,
    tls: &Tls,
    spec: &Spec,
    notes: &mut Vec<Finding>,
) -> Result<Certificate, Vec<Finding>> {
    let refuse = |field: &str, message: String| vec![Finding::error(message).on(route.reference()).at(field)];
    let own_secret = format!("{}-tls", fold(route.name()));
    if let Some(external) = &tls.external_certificate {
        return Ok(Certificate::Secret(external.name.clone()));
    }
    if let Some(secret) = route.annotation("cert-utils-operator.redhat-cop.io/certs-from-secret") {
        return Ok(Certificate::Secret(secret.to_owned()));
    }
    let has_key = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains("PRIVATE KEY"));
    if tls.key.is_some() || has_key(&tls.certificate) {
        let is_there = ["SealedSecret", "Secret", "ExternalSecret", "Certificate"].iter().any(|kind| {
            resources.iter().any(|item| {
                item.kind() == *kind && item.is_in_namespace(route.namespace()) && item.names().contains(&own_secret)
            })
        });
        return match (spec.inline_keys, is_there) {
            (InlineKeys::Reference, true) => Ok(Certificate::Secret(own_secret)),
            (InlineKeys::Reference, false) => Err(refuse(
                "spec.tls.key",
                format!(
                    "is left out, and no Secret `{own_secret}` takes its place; add a SealedSecret of that name and type kubernetes.io/tls"
                ),
            )),
            (InlineKeys::Refuse, _) => Err(refuse(
                "spec.tls.key",
                format!(
                    "is a private key in Git; replace it, seal the new one with its certificate (certificate first, then caCertificate) \
                     as a Secret `{own_secret}` of type kubernetes.io/tls, and name that in spec.tls.externalCertificate, \
                     or set spec.inlineKeys of the function to `Reference`"
                ),
            )),
        };
    }
    if tls.certificate.is_some() {
        return Err(refuse(
            "spec.tls.certificate",
            "comes without its key; OpenShift refuses the Route too".to_owned(),
        ));
    }
    let issuer = issuer(route, spec);
    if route.annotation(TLS_ACME).is_some_and(is_true) {
        let field = format!("metadata.annotations[{TLS_ACME}]");
        let finding = match &issuer {
            Some(issuer) => Finding::info(format!("is answered by the {} `{}`", issuer.kind, issuer.name)),
            None => {
                Finding::warning("asks for a certificate, and nobody answers; set spec.clusterIssuer of the function")
            }
        };
        notes.push(finding.on(route.reference()).at(field));
    }
    if let Some(issuer) = issuer {
        return Ok(Certificate::Issued { secret: own_secret, issuer, orders: true });
    }
    let message =
        "names no certificate, so the controller serves its own; set spec.clusterIssuer of the function to order one";
    notes.push(Finding::info(message).on(route.reference()).at("spec.tls"));
    Ok(Certificate::Default)
}

/// The issuer that the Route names for cert-manager's OpenShift controller, else the configured one.
fn issuer(route: &Item, spec: &Spec) -> Option<Issuer> {
    if let Some(name) = route.annotation("cert-manager.io/issuer-name") {
        let is_cluster = route.annotation("cert-manager.io/issuer-kind") == Some("ClusterIssuer");
        return Some(Issuer { kind: if is_cluster { "ClusterIssuer" } else { "Issuer" }, name: name.to_owned() });
    }
    let of = |kind, name: &Option<String>| name.clone().map(|name| Issuer { kind, name });
    of("Issuer", &spec.issuer).or_else(|| of("ClusterIssuer", &spec.cluster_issuer))
}

fn backend_tls(route: &Item, tls: &Tls, spec: &Spec) -> Result<BackendTls, Vec<Finding>> {
    if let Some(ca) = tls.destination_ca_certificate.as_deref().filter(|ca| !ca.trim().is_empty()) {
        let field = "spec.tls.destinationCACertificate";
        if !ca.contains("-----BEGIN CERTIFICATE-----") || !ca.contains("-----END CERTIFICATE-----") {
            let message = "holds no PEM certificate; OpenShift would not use it either";
            return Err(vec![Finding::error(message).on(route.reference()).at(field)]);
        }
        return Ok(BackendTls { trust: Trust::Written(ca.to_owned()), field });
    }
    let field = "spec.tls.termination";
    if let Some(secret) = route.annotation("cert-utils-operator.redhat-cop.io/destinationCA-from-secret") {
        let ca = BackendCa { kind: CaHolder::Secret, name: secret.to_owned() };
        return Ok(BackendTls { trust: Trust::Ca(ca), field });
    }
    match (&spec.backend_ca, spec.insecure_backends) {
        (Some(ca), _) => Ok(BackendTls { trust: Trust::Ca(ca.clone()), field }),
        (None, true) => Ok(BackendTls { trust: Trust::Anybody, field }),
        (None, false) => {
            let message = "`reencrypt` without destinationCACertificate relies on the service CA of OpenShift, which K3s has not; \
                           name the CA of the backends by spec.backendCA of the function, or trust anybody by spec.insecureBackends";
            Err(vec![Finding::error(message).on(route.reference()).at(field)])
        }
    }
}
