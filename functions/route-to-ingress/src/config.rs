//! The options.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use krm::config::ConfigError;
use krm::field::FieldPath;
use manifests::names::is_host_name;
use platforms::{IngressController, Platform, ingress_controllers};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `spec` of the functionConfig.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// The platform that the build goes to. It decides where the ingress controller runs.
    pub platform: Platform,
    /// What Routes become.
    pub target: Target,
    /// `spec.ingressClassName` of every Ingress. A class that the platform knows tells the controller too.
    pub ingress_class_name: String,
    /// The controller behind the class, where its name does not say.
    pub controller: Option<Controller>,
    /// The domain of Routes without a host, as the apps domain of OpenShift.
    pub domain: Option<String>,
    /// The host of Routes without one, of `{name}`, `{namespace}` and `{domain}`. The default is OpenShift's own.
    pub host_template: String,
    /// Old domains and the new ones that take their place in the hosts of Routes.
    pub domains: BTreeMap<String, String>,
    /// The cert-manager ClusterIssuer of certificates for Routes that bring none.
    pub cluster_issuer: Option<String>,
    /// The cert-manager Issuer in the namespace of the Route, instead of `clusterIssuer`.
    pub issuer: Option<String>,
    /// The namespace of Routes that name none, as in bases that leave it to the Argo CD Application. It serves host names
    /// and references to Middlewares; what the Routes become names no namespace either, so that whatever gives the others
    /// theirs gives it to them too.
    pub namespace: Option<String>,
    /// Where Routes go that a router shard of OpenShift served. The first entry that means a Route counts; a Route that none
    /// means goes by the options above.
    pub shards: Vec<Shard>,
    /// Whether Routes of several namespaces may share a host, as the IngressController says on OpenShift. An
    /// IngressController in the build that allows it counts too.
    pub namespace_ownership: NamespaceOwnership,
    /// What happens to placeholders in Routes, as `${DOMAIN}`.
    pub placeholders: Placeholders,
    /// The entry points of Traefik.
    pub entry_points: EntryPoints,
    /// The Gateway that HTTPRoutes and TLSRoutes attach to, for `target: Gateway`.
    pub gateway: GatewayReference,
    /// The CA that signs the certificates of backends which relied on the service CA of OpenShift.
    #[serde(rename = "backendCA")]
    pub backend_ca: Option<BackendCa>,
    /// The host name that certificates of backends hold, of `{service}` and `{namespace}`. The default is the one that
    /// the service CA of OpenShift writes.
    pub backend_server_name: String,
    /// Whether TLS backends whose CA is not known may be trusted blindly.
    pub insecure_backends: bool,
    /// What happens to private keys written into Routes.
    pub inline_keys: InlineKeys,
    /// Whether a number as `targetPort` is taken for the port of a Service that is not in the build.
    pub assume_service_port: bool,
    /// What happens to a feature of a Route that the target cannot express.
    pub unsupported: Unsupported,
    /// The cert-manager ClusterIssuer of serving certificates that OpenShift's service CA wrote into Secrets.
    pub serving_cert_issuer: Option<String>,
    /// The pods of the ingress controller, for network policies that let the router of OpenShift in, where they differ from
    /// those of the platform.
    pub controller_pods: ControllerPods,
    /// Whether clients stay with a pod by a cookie, as they do on OpenShift unless a Route says otherwise.
    pub sticky_sessions: bool,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            platform: Platform::default(),
            target: Target::default(),
            ingress_class_name: "traefik".to_owned(),
            controller: None,
            domain: None,
            host_template: "{name}-{namespace}.{domain}".to_owned(),
            domains: BTreeMap::new(),
            cluster_issuer: None,
            issuer: None,
            namespace: None,
            shards: Vec::new(),
            namespace_ownership: NamespaceOwnership::default(),
            placeholders: Placeholders::default(),
            entry_points: EntryPoints::default(),
            gateway: GatewayReference::default(),
            backend_ca: None,
            backend_server_name: "{service}.{namespace}.svc".to_owned(),
            insecure_backends: false,
            inline_keys: InlineKeys::default(),
            assume_service_port: false,
            unsupported: Unsupported::default(),
            serving_cert_issuer: None,
            controller_pods: ControllerPods::default(),
            sticky_sessions: false,
        }
    }
}

/// What Routes become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Target {
    /// An Ingress where it can express the Route, else the controller's own resources.
    #[default]
    Auto,
    /// An Ingress, or a refusal.
    Ingress,
    /// An IngressRoute or IngressRouteTCP of Traefik.
    IngressRoute,
    /// An HTTPRoute or TLSRoute of the Gateway API.
    Gateway,
}

/// The controller behind an Ingress class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Controller {
    /// Traefik v3, which K3s brings.
    Traefik,
    /// haproxy-ingress, not the Kubernetes Ingress Controller of HAProxy Technologies, which reads other annotations.
    HAProxyIngress,
}

impl Controller {
    const ALL: [Self; 2] = [Self::Traefik, Self::HAProxyIngress];

    /// The label `app.kubernetes.io/name` of its pods, by which the table of platforms knows it.
    pub(crate) fn app_name(self) -> &'static str {
        match self {
            Self::Traefik => "traefik",
            Self::HAProxyIngress => "haproxy-ingress",
        }
    }
}

/// What happens to private keys written into Routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum InlineKeys {
    /// The build stops and says how to seal the key.
    #[default]
    Refuse,
    /// The Secret `NAME-tls` is referred to and the key dropped; the build stops until that Secret, sealed, is there.
    Reference,
}

/// What happens to a feature of a Route that the target cannot express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Unsupported {
    /// The build stops.
    #[default]
    Refuse,
    /// The feature is left out with a warning.
    Warn,
}

/// Whether Routes of several namespaces may share a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum NamespaceOwnership {
    /// They may not; the build stops.
    #[default]
    Strict,
    /// They may, with a path each.
    InterNamespaceAllowed,
}

/// What happens to placeholders in Routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Placeholders {
    /// The build stops.
    #[default]
    Refuse,
    /// One that something after the build fills in, as Flux does, is kept where the field takes it whole: in hosts, paths,
    /// names of Services and Secrets, values of headers, and annotations about certificates.
    Keep,
}

/// Routes that a router shard of OpenShift served, and where they go. What is not given is as for all Routes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Shard {
    /// The labels of the Routes. All Routes if not given.
    pub route_selector: Selector,
    /// The labels of their namespaces. All namespaces if not given.
    pub namespace_selector: Selector,
    /// What happens to the Routes.
    pub routes: ShardRoutes,
    /// `spec.domain` for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// `spec.ingressClassName` for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_class_name: Option<String>,
    /// `spec.controller` for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<Controller>,
    /// `spec.entryPoints` for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_points: Option<EntryPoints>,
    /// `spec.gateway` for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayReference>,
    /// `spec.clusterIssuer` for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_issuer: Option<String>,
}

/// What happens to the Routes of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum ShardRoutes {
    /// They are converted.
    #[default]
    Convert,
    /// They are taken out of the build.
    LeaveOut,
}

/// A label selector.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// Labels with these values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// What else is required of labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Requirement>,
}

/// What is required of a label.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Requirement {
    /// The name of the label.
    pub key: String,
    /// How its value is held against `values`.
    pub operator: Operator,
    /// The values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// How the value of a label is held against others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Operator {
    /// It is one of them.
    In,
    /// It is none of them, or there is no label.
    NotIn,
    /// There is a label.
    Exists,
    /// There is no label.
    DoesNotExist,
}

impl Operator {
    fn name(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
        }
    }
}

impl From<&Selector> for LabelSelector {
    fn from(selector: &Selector) -> Self {
        let requirement = |Requirement { key, operator, values }: &Requirement| LabelSelectorRequirement {
            key: key.clone(),
            operator: operator.name().to_owned(),
            values: Some(values.clone()),
        };
        Self {
            match_labels: Some(selector.match_labels.clone()),
            match_expressions: Some(selector.match_expressions.iter().map(requirement).collect()),
        }
    }
}

/// The entry points of Traefik.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EntryPoints {
    /// The one for plain HTTP.
    pub http: String,
    /// The one for HTTPS. Its TLS must be on by default, as in the charts of Traefik and K3s.
    pub https: String,
}

impl Default for EntryPoints {
    fn default() -> Self {
        Self { http: "web".to_owned(), https: "websecure".to_owned() }
    }
}

/// The Gateway that routes attach to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayReference {
    /// The name of the Gateway.
    pub name: String,
    /// The namespace of the Gateway; empty for that of the Route.
    pub namespace: String,
    /// Its listener for plain HTTP.
    pub http_listener: String,
    /// Its listener that terminates TLS.
    pub https_listener: String,
    /// Its listener that passes TLS through.
    pub passthrough_listener: String,
}

impl Default for GatewayReference {
    fn default() -> Self {
        Self {
            name: "traefik-gateway".to_owned(),
            namespace: "kube-system".to_owned(),
            http_listener: "web".to_owned(),
            https_listener: "websecure".to_owned(),
            passthrough_listener: "passthrough".to_owned(),
        }
    }
}

/// The pods of the ingress controller, where they differ from those of the platform.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerPods {
    /// Their namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Their label `app.kubernetes.io/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_name: Option<String>,
}

/// Where a CA certificate is, in the namespace of each Route that needs it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackendCa {
    /// What holds the certificate, under the key `ca.crt`.
    pub kind: CaHolder,
    /// The name of that Secret or ConfigMap.
    pub name: String,
}

/// What holds a CA certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CaHolder {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    ConfigMap,
}

impl Spec {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// Options that make no sense, alone or together.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let known = ["{name}", "{namespace}", "{domain}"];
        let rest = known.iter().fold(self.host_template.clone(), |rest, placeholder| rest.replace(placeholder, ""));
        if rest.contains(['{', '}']) || !self.host_template.contains("{name}") {
            let message = format!(
                "`{}` must hold {{name}} and may hold {{namespace}} and {{domain}}, nothing else in braces",
                self.host_template
            );
            return Err(ConfigError::new("spec.hostTemplate", message));
        }
        if self.cluster_issuer.is_some() && self.issuer.is_some() {
            return Err(ConfigError::new("spec.issuer", "cannot be used with spec.clusterIssuer; choose one of them"));
        }
        if self.target == Target::IngressRoute && self.controller()? != Controller::Traefik {
            let message = "`IngressRoute` must have Traefik as its controller; set spec.controller to `Traefik`";
            return Err(ConfigError::new("spec.target", message));
        }
        if self.target == Target::Gateway && self.sticky_sessions {
            let message =
                "`true` cannot be used with target `Gateway`, whose routes have no sticky sessions; choose one of them";
            return Err(ConfigError::new("spec.stickySessions", message));
        }
        for (index, shard) in self.shards.iter().enumerate() {
            let path = FieldPath::from("spec.shards").index(index).key("controller");
            let spec = self.with(shard);
            let controller = spec.controller().map_err(|_| {
                let message =
                    format!("must be given for the class `{}`: `Traefik` or `HAProxyIngress`", spec.ingress_class_name);
                ConfigError::new(path.clone(), message)
            })?;
            if self.target == Target::IngressRoute && controller != Controller::Traefik {
                return Err(ConfigError::new(path, "must be `Traefik` where spec.target is `IngressRoute`"));
            }
        }
        self.validate_domains()
    }

    /// Checks that every domain is a DNS name. A new one can be a placeholder where these are kept.
    fn validate_names(&self) -> Result<(), ConfigError> {
        let of_shards = self.shards.iter().enumerate().filter_map(|(index, shard)| {
            Some((FieldPath::from("spec.shards").index(index).key("domain"), shard.domain.as_ref()?))
        });
        let of_domains = self.domains.iter().flat_map(|(old, new)| [old, new]);
        let domains = self.domain.iter().map(|domain| (FieldPath::from("spec.domain"), domain));
        let domains = domains.chain(of_shards).chain(of_domains.map(|name| (FieldPath::from("spec.domains"), name)));
        for (option, domain) in domains {
            let is_filled_in_later = self.placeholders == Placeholders::Keep && domain.contains("${");
            if !is_filled_in_later && (!is_host_name(domain) || domain.ends_with('.')) {
                let message = format!("`{domain}` must be a DNS name, as `apps.example.com`");
                return Err(ConfigError::new(option, message));
            }
        }
        Ok(())
    }

    /// The options for the Routes of a shard.
    pub(crate) fn with(&self, shard: &Shard) -> Self {
        let mut spec = self.clone();
        let Shard { domain, ingress_class_name, controller, entry_points, gateway, cluster_issuer, .. } = shard.clone();
        spec.domain = domain.or(spec.domain);
        // A class of its own has a controller of its own.
        spec.controller = if ingress_class_name.is_some() { controller } else { controller.or(spec.controller) };
        spec.ingress_class_name = ingress_class_name.unwrap_or(spec.ingress_class_name);
        spec.entry_points = entry_points.unwrap_or(spec.entry_points);
        spec.gateway = gateway.unwrap_or(spec.gateway);
        if cluster_issuer.is_some() {
            spec.issuer = None;
            spec.cluster_issuer = cluster_issuer;
        }
        spec
    }

    /// Checks that domains are DNS names and that none has two new ones. DNS knows no case (RFC 4343).
    fn validate_domains(&self) -> Result<(), ConfigError> {
        self.validate_names()?;
        let refused = |message| Err(ConfigError::new("spec.domains", message));
        let old_domains: Vec<_> = self.domains.keys().collect();
        for (index, old) in old_domains.iter().enumerate() {
            if let Some(twin) = old_domains[index + 1..].iter().find(|other| other.eq_ignore_ascii_case(old)) {
                return refused(format!("`{old}` and `{twin}` are one domain; keep one of them"));
            }
        }
        let goes_on = |new: &str| {
            self.domains.iter().any(|(old, next)| old.eq_ignore_ascii_case(new) && !next.eq_ignore_ascii_case(new))
        };
        if let Some(new) = self.domains.values().find(|new| goes_on(new)) {
            return refused(format!(
                "`{new}` must not be an old domain as well as a new one; map each old one directly"
            ));
        }
        Ok(())
    }

    /// The host name that the certificate of a backend holds, if the namespace is known or not in it.
    pub(crate) fn server_name(&self, service: &str, namespace: Option<&str>) -> Option<String> {
        let name = self.backend_server_name.replace("{service}", service);
        match namespace {
            Some(namespace) => Some(name.replace("{namespace}", namespace)),
            None => (!name.contains("{namespace}")).then_some(name),
        }
    }

    /// The pods that let requests in: those of the controller that the objects are written for.
    fn platform_controller(&self) -> IngressController {
        let controller = self.controller().unwrap_or(Controller::Traefik);
        self.platform.ingress_controller(controller.app_name()).unwrap_or_else(|| self.platform.traefik())
    }

    /// The controllers whose class has the name of the one that the options name, on the platform.
    pub(crate) fn known_controllers(&self) -> impl Iterator<Item = IngressController> {
        ingress_controllers(self.platform).filter(|known| known.class == Some(self.ingress_class_name.as_str()))
    }

    /// Namespace and label `app.kubernetes.io/name` of the pods that let requests in.
    pub(crate) fn controller_pods(&self) -> (&str, &str) {
        let pods = self.platform_controller();
        let ControllerPods { namespace, app_name } = &self.controller_pods;
        (namespace.as_deref().unwrap_or(pods.namespace), app_name.as_deref().unwrap_or(pods.app_name))
    }

    /// The ports on which these pods listen, that for plain HTTP first.
    pub(crate) fn controller_ports(&self) -> Vec<u16> {
        self.platform_controller().ports
    }

    /// The configured controller, or the one that is known by its class on the platform.
    ///
    /// # Errors
    /// A class whose controller is not known, or is none that objects can be written for.
    pub(crate) fn controller(&self) -> Result<Controller, ConfigError> {
        let known: Vec<_> = self.known_controllers().map(|known| known.app_name).collect();
        let by_class = || Controller::ALL.into_iter().find(|controller| known.contains(&controller.app_name()));
        self.controller.or_else(by_class).ok_or_else(|| {
            let (class, platform) = (&self.ingress_class_name, self.platform.name());
            let message = match known.first() {
                None => format!("must be given for the class `{class}`: `Traefik` or `HAProxyIngress`"),
                Some(other) => format!(
                    "must be given: on {platform} `{other}` serves the class `{class}`, and nothing can be written for that; \
                     if another one serves it, write `Traefik` or `HAProxyIngress`, else choose another `spec.ingressClassName`"
                ),
            };
            ConfigError::new("spec.controller", message)
        })
    }
}
