//! The Route as OpenShift defines it.
//!
//! Source: openshift/api `route/v1/types.go`; defaults of openshift/library-go `pkg/route/defaulting`.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use krm::typed;
use manifests::services::PortReference;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::Placeholders;
use crate::placeholders::{self, holds_placeholder};
use crate::rule::Rule;

/// The `spec` of a Route.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct RouteSpec {
    pub(crate) host: Option<String>,
    pub(crate) subdomain: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) to: TargetReference,
    pub(crate) alternate_backends: Vec<TargetReference>,
    pub(crate) port: Option<RoutePort>,
    pub(crate) tls: Option<Tls>,
    pub(crate) wildcard_policy: Option<WildcardPolicy>,
    pub(crate) http_headers: Option<HttpHeaders>,
}

/// A Service that gets a share of the requests.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetReference {
    #[serde(default)]
    pub(crate) kind: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) weight: Option<u16>,
}

impl RouteSpec {
    /// The Services that get requests, with the field of each.
    pub(crate) fn references(&self) -> impl Iterator<Item = (FieldPath, &TargetReference)> {
        let alternates = self.alternate_backends.iter().enumerate();
        let alternates =
            alternates.map(|(index, reference)| (FieldPath::from("spec.alternateBackends").index(index), reference));
        std::iter::once((FieldPath::from("spec.to"), &self.to)).chain(alternates)
    }
}

impl TargetReference {
    /// The share relative to the other backends; the API writes 100 where none is given.
    pub(crate) fn weight(&self) -> u16 {
        self.weight.unwrap_or(100)
    }
}

/// The port of the Services that get requests.
#[derive(Debug, Deserialize)]
#[serde(try_from = "PortOfEndpoints")]
pub(crate) enum RoutePort {
    /// The port of the endpoints: its name is that of the port of the Service, its number that of the pods.
    OfEndpoints(PortReference),
    /// The port of the Service, as Ingresses name it.
    OfService(PortReference),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PortOfEndpoints {
    target_port: IntOrString,
}

impl TryFrom<PortOfEndpoints> for RoutePort {
    type Error = &'static str;

    fn try_from(port: PortOfEndpoints) -> Result<Self, Self::Error> {
        match PortReference::try_from(&port.target_port) {
            Ok(PortReference::Number(0)) | Err(_) => {
                Err("`targetPort` is no port; give a name, or a number from 1 to 65535")
            }
            Ok(port) => Ok(Self::OfEndpoints(port)),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Tls {
    #[serde(default)]
    pub(crate) termination: String,
    #[serde(default)]
    pub(crate) insecure_edge_termination_policy: InsecurePolicy,
    #[serde(default)]
    pub(crate) certificate: Option<String>,
    #[serde(default)]
    pub(crate) key: Option<String>,
    #[serde(default, rename = "caCertificate")]
    pub(crate) ca_certificate: Option<String>,
    #[serde(default, rename = "destinationCACertificate")]
    pub(crate) destination_ca_certificate: Option<String>,
    #[serde(default)]
    pub(crate) external_certificate: Option<LocalReference>,
}

/// What happens to plain HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(crate) enum InsecurePolicy {
    /// It is not served.
    #[default]
    #[serde(alias = "")]
    None,
    /// It is served like HTTPS.
    Allow,
    /// It is redirected to HTTPS.
    Redirect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum WildcardPolicy {
    #[serde(alias = "")]
    None,
    Subdomain,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocalReference {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpHeaders {
    #[serde(default)]
    pub(crate) actions: HeaderActions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderActions {
    #[serde(default)]
    pub(crate) request: Vec<HeaderAction>,
    #[serde(default)]
    pub(crate) response: Vec<HeaderAction>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderAction {
    pub(crate) name: String,
    pub(crate) action: HeaderChange,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderChange {
    #[serde(rename = "type")]
    pub(crate) kind: HeaderChangeKind,
    #[serde(default)]
    pub(crate) set: Option<HeaderValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum HeaderChangeKind {
    Set,
    Delete,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderValue {
    pub(crate) value: String,
}

/// Whether the object is a Route, of the API group or of the legacy core API.
pub(crate) fn is_route(item: &Item) -> bool {
    item.kind() == "Route" && (item.group() == "route.openshift.io" || item.api_version() == "v1")
}

/// Reads the `spec` of a Route. A field that is null or an empty text is absent, as for the API.
///
/// # Errors
/// Findings for placeholders that something later is to fill, unknown fields and values that OpenShift refuses.
pub(crate) fn read(item: &Item, policy: Placeholders) -> Result<RouteSpec, Vec<Finding>> {
    let mut problems = placeholders::unfilled(item, policy);
    problems.extend(no_texts(item));
    if !problems.is_empty() {
        return Err(problems);
    }
    let spec = &item.value()["spec"];
    let spec = if holds_absent(spec) { Cow::Owned(without_absent(spec)) } else { Cow::Borrowed(spec) };
    let (route, malformed) = typed::read::<RouteSpec>(&spec);
    let unreadable = malformed.into_iter().map(|problem| {
        let message = format!("cannot be read: {}; correct it or take it out", problem.reason);
        Finding::new(Rule::UnreadableRoute, message).on(item).at(FieldPath::from("spec").join(&problem.pointer))
    });
    let mut problems: Vec<_> = unreadable.collect();
    if problems.is_empty() {
        let refusal = |(field, reason)| {
            Finding::new(Rule::RefusedByOpenShift, format!("{reason}; OpenShift refuses the Route too"))
                .on(item)
                .at(field)
        };
        problems.extend(refusals(&route).into_iter().map(refusal));
    }
    if problems.is_empty() { Ok(route) } else { Err(problems) }
}

/// Labels and annotations that are no texts.
fn no_texts(item: &Item) -> impl Iterator<Item = Finding> {
    let metadata = &item.value()["metadata"];
    let entries = ["labels", "annotations"].into_iter().flat_map(|field| {
        let entries = metadata[field].as_object().into_iter().flatten();
        entries.map(move |(key, value)| (FieldPath::from("metadata").key(field).key(key), value))
    });
    let others = entries.filter(|(_, value)| !value.is_string() && !value.is_null());
    others.map(move |(field, _)| {
        let message = "is no text; put it in quotes, as the API takes nothing else here";
        Finding::new(Rule::RefusedByOpenShift, message).on(item).at(field)
    })
}

/// Whether a field is null, an empty text, or a reference without a name.
fn is_absent(key: &str, value: &Value) -> bool {
    let is_empty_reference = || key == "externalCertificate" && value.as_object().is_some_and(Map::is_empty);
    value.is_null() || *value == "" || is_empty_reference()
}

/// Whether a field of the value is absent.
fn holds_absent(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(key, value)| is_absent(key, value) || holds_absent(value)),
        Value::Array(items) => items.iter().any(holds_absent),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The value without fields that are absent.
fn without_absent(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let entries = object.iter().map(|(key, value)| (key.clone(), without_absent(value)));
            Value::Object(entries.filter(|(key, value)| !is_absent(key, value)).collect())
        }
        Value::Array(items) => items.iter().map(without_absent).collect(),
        other => other.clone(),
    }
}

/// What the types allow and OpenShift refuses.
///
/// Source: openshift/library-go `pkg/route/validation/validation.go`.
fn refusals(route: &RouteSpec) -> Vec<(FieldPath, String)> {
    const HEAVIEST: u16 = 256;
    const MOST_ALTERNATES: usize = 3;
    let mut refusals = Vec::new();
    if let Some(path) = route.path.as_deref() {
        if !path.starts_with('/') && !holds_placeholder(path) {
            refusals.push((FieldPath::from("spec.path"), format!("`{path}` must start with `/`")));
        }
        if path.contains(['#', ' ']) {
            refusals.push((FieldPath::from("spec.path"), format!("`{path}` must hold no `#` and no blank")));
        }
    }
    for (field, reference) in route.references() {
        if reference.weight() > HEAVIEST {
            refusals.push((field.key("weight"), format!("`{}` must be at most {HEAVIEST}", reference.weight())));
        }
    }
    if route.alternate_backends.len() > MOST_ALTERNATES {
        let reason = format!("must name at most {MOST_ALTERNATES} Services");
        refusals.push((FieldPath::from("spec.alternateBackends"), reason));
    }
    refusals
}
