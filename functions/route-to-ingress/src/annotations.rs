//! What annotations mean on a Route, or on an Ingress that OpenShift makes Routes of.

use std::sync::LazyLock;

use krm::table;

/// What becomes of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A setting of the router, or something that looks like one.
    Router,
    /// It says whether OpenShift chose the host.
    Host,
    /// The class of an Ingress, which the options decide.
    Class,
    /// It says what Route OpenShift makes of an Ingress.
    Ingress,
    /// It is about the certificate; its own table says what.
    Certificate,
    /// It means nothing outside of OpenShift.
    Nothing,
    /// It is not OpenShift's, and goes along as it is.
    Foreign,
}

impl Meaning {
    /// What an annotation means.
    pub(crate) fn of(annotation: &str) -> Self {
        static ROWS: LazyLock<Vec<(&str, Meaning)>> = LazyLock::new(|| {
            let rows = table::rows(include_str!("../data/annotations.tsv"));
            rows.map(|[name, meaning]| (name, Meaning::named(meaning))).collect()
        });
        if certificate(annotation).is_some() {
            return Self::Certificate;
        }
        let fits = |name: &str| match name.strip_suffix('*') {
            Some(start) => annotation.starts_with(start),
            None => annotation == name,
        };
        ROWS.iter().find(|(name, _)| fits(name)).map_or(Self::Foreign, |(_, meaning)| *meaning)
    }

    fn named(text: &str) -> Self {
        match text {
            "router" => Self::Router,
            "host" => Self::Host,
            "class" => Self::Class,
            "ingress" => Self::Ingress,
            "nothing" => Self::Nothing,
            other => unreachable!("`{other}` is no meaning"),
        }
    }
}

/// Whether an annotation goes no further than this function.
pub(crate) fn stays_behind(annotation: &str) -> bool {
    Meaning::of(annotation) != Meaning::Foreign
}

/// An annotation about a certificate: a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CertificateAnnotation {
    /// The annotation.
    pub(crate) name: &'static str,
    /// What it says.
    pub(crate) topic: Topic,
    /// Where it is in `spec` of a Certificate, in dots; empty where it is no field of its own.
    pub(crate) field: &'static str,
    /// How its text is read.
    pub(crate) form: Form,
    /// Whether cert-manager reads it on an Ingress too.
    pub(crate) is_of_ingresses: bool,
}

/// What an annotation says about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Issuer,
    ClusterIssuer,
    IssuerKind,
    IssuerGroup,
    /// Further hosts.
    Hosts,
    /// The Secret that it is written into.
    Secret,
    /// The Secret that holds it already.
    Given,
    /// The Secret with the CA certificate of the backends.
    BackendCa,
    /// It is asked for.
    Acme,
    /// A field of the Certificate.
    Field,
    /// What a controller noted for itself.
    State,
}

/// How the text of an annotation is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Number,
    List,
    Json,
}

/// The annotations about certificates.
pub(crate) fn certificate_annotations() -> &'static [CertificateAnnotation] {
    static ROWS: LazyLock<Vec<CertificateAnnotation>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../data/certificate-annotations.tsv"));
        rows.map(|[name, topic, field, form, on_ingress]| CertificateAnnotation {
            name,
            topic: topic_of(topic),
            field,
            form: form_of(form),
            is_of_ingresses: on_ingress == "yes",
        })
        .collect()
    });
    &ROWS
}

/// What an annotation says about the certificate, if it says something.
pub(crate) fn certificate(annotation: &str) -> Option<CertificateAnnotation> {
    certificate_annotations().iter().find(|row| row.name == annotation).copied()
}

fn topic_of(text: &str) -> Topic {
    match text {
        "issuer" => Topic::Issuer,
        "cluster-issuer" => Topic::ClusterIssuer,
        "issuer-kind" => Topic::IssuerKind,
        "issuer-group" => Topic::IssuerGroup,
        "hosts" => Topic::Hosts,
        "secret" => Topic::Secret,
        "given" => Topic::Given,
        "backend-ca" => Topic::BackendCa,
        "acme" => Topic::Acme,
        "field" => Topic::Field,
        "state" => Topic::State,
        other => unreachable!("`{other}` is no topic"),
    }
}

fn form_of(text: &str) -> Form {
    match text {
        "text" => Form::Text,
        "number" => Form::Number,
        "list" => Form::List,
        "json" => Form::Json,
        other => unreachable!("`{other}` is no form"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_meaning() {
        for row in certificate_annotations() {
            assert_eq!(row.field.is_empty(), row.topic != Topic::Field, "{row:?}");
            assert_eq!(Meaning::of(row.name), Meaning::Certificate);
        }
        for (annotation, expected) in [
            ("router.openshift.io/pool-size", Meaning::Nothing),
            ("router.openshift.io/cookie_name", Meaning::Router),
            ("haproxy.router.openshift.io/unknown", Meaning::Router),
            ("openshift.io/host.generated", Meaning::Host),
            ("kubernetes.io/ingress.class", Meaning::Class),
            ("app.openshift.io/connects-to", Meaning::Nothing),
            ("cert-manager.io/unknown", Meaning::Foreign),
            ("example.com/owner", Meaning::Foreign),
        ] {
            assert_eq!(Meaning::of(annotation), expected, "{annotation}");
        }
    }
}
