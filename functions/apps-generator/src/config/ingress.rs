//! How an app is reached from outside of the cluster.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::int_or_string::IntOrString;
use super::requirements::required_once_merged;

/// How an app is reached from outside of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ingress {
    /// Whether it is reached from outside; `true` if not given.
    pub enabled: Option<bool>,
    /// The controller; that of the environment if not given.
    pub controller: Option<Controller>,
    /// The name of the Ingress class; that of the controller if not given.
    pub class: Option<String>,
    /// The path; `/` if not given.
    pub path: Option<String>,
    /// How the path is compared.
    pub path_type: PathType,
    /// Whether the path is taken off before the app gets the request.
    pub strip_prefix: bool,
    /// The path that takes the place of `path`, as `/` or `/api`.
    pub rewrite_target: Option<String>,
    /// The hosts; the domain of the environment if empty.
    pub hosts: Vec<String>,
    /// The name or the number of the port of the Service; the first port of the app if not given.
    pub port: Option<IntOrString>,
    /// Whether and how it is encrypted.
    pub tls: Option<Tls>,
    /// How long the controller waits.
    pub timeouts: Option<Timeouts>,
    /// How many requests of a client pass.
    pub rate_limit: Option<RateLimit>,
    /// Which other origins may call it from a browser.
    pub cors: Option<Cors>,
    /// The greatest body of a request, in bytes.
    #[schemars(range(min = 1))]
    pub max_body_bytes: Option<u64>,
    /// Further annotations of the Ingress.
    pub annotations: BTreeMap<String, String>,
}

/// A controller for Ingresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Controller {
    /// Traefik, which comes with K3s.
    Traefik,
    /// haproxy-ingress by jcmoraisjr, whose annotations begin with `haproxy-ingress.github.io/`.
    HaproxyIngress,
    /// The HAProxy Kubernetes Ingress Controller by HAProxy Technologies, whose annotations begin with `haproxy.org/`.
    HaproxyTechnologies,
}

/// How a path is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PathType {
    /// By its parts, from the beginning.
    #[default]
    Prefix,
    /// As a whole.
    Exact,
    /// As the controller likes.
    ImplementationSpecific,
}

/// Whether and how it is encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Whether it is; as in the environment if not given.
    pub enabled: Option<bool>,
    /// The Secret with the certificate, in the namespace of the Ingress.
    pub secret: Option<String>,
    /// The ClusterIssuer of cert-manager that fills the Secret.
    pub cluster_issuer: Option<String>,
    /// The hosts; those of the Ingress if empty.
    pub hosts: Vec<String>,
}

/// How long the controller waits, as `10s`, `180s` or `1m`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// For a connection to the app.
    pub connect: Option<String>,
    /// For the app to answer.
    pub server: Option<String>,
    /// For a free connection to the app.
    pub queue: Option<String>,
    /// For the client. No controller has it for one app alone.
    pub client: Option<String>,
}

/// How many requests of a client pass.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = required_once_merged)]
pub struct RateLimit {
    /// How many requests a second pass in the long run.
    #[schemars(range(min = 1))]
    pub requests_per_second: u32,
    /// How many requests pass at once.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub burst: Option<u32>,
}

/// Which other origins may call it from a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Whether any may; `true` if not given.
    pub enabled: Option<bool>,
    /// The origins, as `https://example.com`.
    pub allow_origins: Vec<String>,
    /// The methods, as `GET`.
    pub allow_methods: Vec<String>,
    /// The headers.
    pub allow_headers: Vec<String>,
    /// Whether cookies are sent.
    pub allow_credentials: Option<bool>,
    /// The seconds for which a browser keeps the answer.
    pub max_age: Option<u32>,
}
