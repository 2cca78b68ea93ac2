//! What is asked of cert-manager.

use serde_json::{Map, Value, json};

use crate::annotations::{CertificateAnnotation, Form};

/// The API group of cert-manager's own issuers.
pub(crate) const CERT_MANAGER: &str = "cert-manager.io";

/// What is asked of cert-manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) issuer: Issuer,
    /// Hosts of the certificate besides that of the Route.
    pub(crate) hosts: Vec<String>,
    /// Fields of the Certificate, and what annotations say about them.
    pub(crate) fields: Vec<(CertificateAnnotation, String)>,
}

/// An issuer of cert-manager, or of another group that cert-manager asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issuer {
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) name: String,
}

impl Issuer {
    /// An issuer of cert-manager's own kinds.
    pub(crate) fn own(kind: &str, name: &str) -> Self {
        Self { group: CERT_MANAGER.to_owned(), kind: kind.to_owned(), name: name.to_owned() }
    }

    /// The annotations by which cert-manager finds the issuer of an Ingress.
    fn annotations(&self) -> Vec<(&'static str, String)> {
        let name = self.name.clone();
        match (self.group.as_str(), self.kind.as_str()) {
            (CERT_MANAGER, "ClusterIssuer") => vec![("cert-manager.io/cluster-issuer", name)],
            (CERT_MANAGER, "Issuer") => vec![("cert-manager.io/issuer", name)],
            _ => vec![
                ("cert-manager.io/issuer", name),
                ("cert-manager.io/issuer-kind", self.kind.clone()),
                ("cert-manager.io/issuer-group", self.group.clone()),
            ],
        }
    }
}

impl Order {
    /// Whether annotations of an Ingress can say all of it.
    pub(crate) fn fits_an_ingress(&self) -> bool {
        self.fields.iter().all(|(row, _)| row.is_of_ingresses)
    }

    /// Annotations of an Ingress that say it.
    pub(crate) fn annotations(&self) -> Vec<(&'static str, String)> {
        let fields = self.fields.iter().map(|(row, text)| (row.name, text.clone()));
        self.issuer.annotations().into_iter().chain(fields).collect()
    }

    /// The `spec` of a Certificate that says it.
    pub(crate) fn spec(&self, host: &str, secret: &str) -> Value {
        let Issuer { group, kind, name } = &self.issuer;
        let mut spec = json!({
            "secretName": secret,
            "dnsNames": std::iter::once(host).chain(self.hosts.iter().map(String::as_str)).collect::<Vec<_>>(),
            "issuerRef": {"group": group, "kind": kind, "name": name},
        });
        for (row, text) in &self.fields {
            let mut field = &mut spec;
            for key in row.field.split('.') {
                if field.is_null() {
                    *field = Value::Object(Map::new());
                }
                field = &mut field[key];
            }
            *field = value_of(row.form, text).unwrap_or_default();
        }
        spec
    }
}

/// What the text of an annotation means; nothing if it is malformed.
pub(crate) fn value_of(form: Form, text: &str) -> Option<Value> {
    match form {
        Form::Text => Some(text.into()),
        Form::Number => text.parse::<u32>().ok().map(Value::from),
        Form::List => Some(items(text).collect::<Vec<_>>().into()),
        Form::Json => serde_json::from_str(text).ok(),
    }
}

/// The items of a list that is separated by commas.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}
