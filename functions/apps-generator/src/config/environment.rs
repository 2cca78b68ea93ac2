//! What holds for all apps, and what differs between environments.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::ingress::Controller;

/// What holds for all apps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Defaults {
    /// The namespace of what names none. Without it objects have no namespace, and a kustomization sets it.
    pub namespace: Option<String>,
    /// The registries of images, by environment. They are used where an app does not name its image.
    pub registry: BTreeMap<String, String>,
    /// The ingress controllers, by environment; `traefik` if not given.
    pub ingress: BTreeMap<String, Controller>,
}

/// An environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Environment {
    /// The host of apps that name none.
    pub domain: Option<String>,
    /// Whether apps are encrypted.
    pub tls: bool,
    /// The ClusterIssuer of cert-manager that fills the Secrets with the certificates.
    pub cluster_issuer: Option<String>,
    /// The Secret with the certificate, for all apps. It must be in the namespace of each Ingress.
    pub tls_secret: Option<String>,
}

/// Where the HTTP add-on of KEDA is, and which of its APIs is used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Keda {
    /// Its namespace. The Ingress of an app with `keda-http` goes there, because an Ingress cannot name a Service of
    /// another namespace.
    pub namespace: String,
    /// The Service of the interceptor, which holds requests until a pod is there.
    pub interceptor_service: String,
    /// The port of that Service.
    #[schemars(range(min = 1, max = 65535))]
    pub interceptor_port: u16,
    /// The address of the scaler, which KEDA asks for the number of requests.
    pub scaler_address: String,
    /// The API of the HTTP add-on.
    pub http_api: KedaHttpApi,
}

impl Default for Keda {
    fn default() -> Self {
        Self {
            namespace: "keda".to_owned(),
            interceptor_service: "keda-add-ons-http-interceptor-proxy".to_owned(),
            interceptor_port: 8080,
            scaler_address: "keda-add-ons-http-external-scaler.keda:9090".to_owned(),
            http_api: KedaHttpApi::InterceptorRoute,
        }
    }
}

/// The API of the HTTP add-on of KEDA.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum KedaHttpApi {
    /// An InterceptorRoute and a ScaledObject: the add-on from 0.14 on.
    #[default]
    InterceptorRoute,
    /// An HTTPScaledObject, which is deprecated: the add-on before 0.14.
    HTTPScaledObject,
}
