//! The Route as OpenShift defines it.
//!
//! Source: openshift/api `route/v1/types.go`; defaults of openshift/library-go `pkg/route/defaulting`.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use krm::field::FieldPath;
use krm::finding::Finding;
use krm::resource_list::Item;
use serde::Deserialize;
use serde_json::Value;

use crate::rule::Rule;

/// The `spec` of a Route.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RouteSpec {
    #[serde(default)]
    pub(crate) host: Option<String>,
    #[serde(default)]
    pub(crate) subdomain: Option<String>,
    #[serde(default)]
    pub(crate) path: Option<String>,
    pub(crate) to: TargetReference,
    #[serde(default)]
    pub(crate) alternate_backends: Vec<TargetReference>,
    #[serde(default)]
    pub(crate) port: Option<RoutePort>,
    #[serde(default)]
    pub(crate) tls: Option<Tls>,
    #[serde(default)]
    pub(crate) wildcard_policy: Option<WildcardPolicy>,
    #[serde(default)]
    pub(crate) http_headers: Option<HttpHeaders>,
}

/// A Service that gets a share of the requests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetReference {
    #[serde(default)]
    pub(crate) kind: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) weight: Option<u16>,
}

impl TargetReference {
    /// The share relative to the other backends; the API writes 100 where none is given.
    pub(crate) fn weight(&self) -> u16 {
        self.weight.unwrap_or(100)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RoutePort {
    pub(crate) target_port: IntOrString,
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

/// Reads the `spec` of a Route.
///
/// # Errors
/// Findings for placeholders that something later is to fill, unknown fields and values that OpenShift refuses.
pub(crate) fn read(item: &Item) -> Result<RouteSpec, Vec<Finding>> {
    let value = item.value();
    let fields = [("spec", &value["spec"]), ("metadata.name", &value["metadata"]["name"])];
    let placeholders = fields.into_iter().flat_map(|(path, value)| placeholders(value, path.into()));
    let problems: Vec<_> = placeholders
        .map(|(path, text)| {
            let message = "holds a placeholder, which must be filled in before this function runs";
            Finding::new(Rule::RoutePlaceholder, message).on(item).at(path).current(text)
        })
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    RouteSpec::deserialize(&value["spec"]).map_err(|error| {
        let message = format!("cannot be read as a Route: {error}; correct it or take it out");
        vec![Finding::new(Rule::UnreadableRoute, message).on(item).at("spec")]
    })
}

/// Whether something later is to fill in a part of a text.
pub(crate) fn holds_placeholder(text: &str) -> bool {
    const MARKS: [&str; 4] = ["${", "{{", "ENC[", "$("];
    MARKS.iter().any(|mark| text.contains(mark))
}

/// The strings in `value` that hold placeholders of Templates, Helm or SOPS, with their paths.
fn placeholders(value: &Value, path: FieldPath) -> Vec<(FieldPath, &str)> {
    match value {
        Value::String(text) if holds_placeholder(text) => vec![(path, text)],
        Value::Object(object) => {
            object.iter().flat_map(|(key, value)| placeholders(value, path.clone().key(key))).collect()
        }
        Value::Array(array) => {
            array.iter().enumerate().flat_map(|(index, value)| placeholders(value, path.clone().index(index))).collect()
        }
        _ => Vec::new(),
    }
}
