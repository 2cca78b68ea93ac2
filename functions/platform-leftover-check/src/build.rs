//! What the objects of a build make.

use std::collections::{HashMap, HashSet};

use krm::resource_list::{Item, Resources};
use manifests::pods::PodTemplate;
use serde_json::Value;

/// A namespace and a name in it.
type Name = (String, String);

/// The annotations by which OpenShift issues a certificate to a Service.
///
/// Source: openshift/service-ca-operator pkg/controller/api.
const SERVING_CERTIFICATE: [&str; 2] =
    ["service.beta.openshift.io/serving-cert-secret-name", "service.alpha.openshift.io/serving-cert-secret-name"];
/// The annotation and the label by which OpenShift writes a CA bundle into a ConfigMap.
const BUNDLE_ANNOTATION: &str = "service.beta.openshift.io/inject-cabundle";
const BUNDLE_LABEL: &str = "config.openshift.io/inject-trusted-cabundle";

/// What the objects of a build make, by the names that references may use.
#[derive(Debug, Default)]
pub(crate) struct Build {
    /// The names of objects without regard to their namespace, by kind.
    names: HashMap<String, HashSet<String>>,
    namespaces: HashSet<String>,
    service_accounts: HashSet<Name>,
    secrets: HashSet<Name>,
    config_maps: HashSet<Name>,
    streams: HashSet<Name>,
    /// The Services to which OpenShift issues certificates, by the Secrets of these.
    serving: HashMap<Name, String>,
    bundles: HashSet<Name>,
    /// The ConfigMaps that pods mount, if OpenShift writes into one.
    mounted: HashSet<Name>,
    /// The ServiceAccounts that name pull secrets.
    pulling: HashSet<Name>,
    /// The hosts that it serves, and every domain that one of them is in.
    domains: HashSet<String>,
}

impl Build {
    /// What a build makes.
    pub(crate) fn of(resources: &Resources) -> Self {
        let mut build = Self::default();
        for item in resources.iter() {
            build.add(item);
        }
        // What else pods mount is nothing to tell.
        if !build.bundles.is_empty() {
            resources.iter().for_each(|item| resources.look(item, |item| build.add_mounted(item)));
        }
        build
    }

    fn add(&mut self, item: &Item) {
        let name = |name: &str| (item.namespace_name().to_owned(), name.to_owned());
        let names = || item.names().into_iter().map(|own| name(&own));
        match (item.group(), item.kind()) {
            ("", "Namespace") => self.namespaces.extend(item.names()),
            ("", "ServiceAccount") => {
                self.service_accounts.extend(names());
                if has_entries(&item.value()["imagePullSecrets"]) {
                    self.pulling.extend(names());
                }
            }
            ("", "Secret") | ("bitnami.com", "SealedSecret") => self.secrets.extend(names()),
            ("", "ConfigMap") => {
                self.config_maps.extend(names());
                if is_injected(item) {
                    self.bundles.extend(names());
                }
            }
            ("", "Service") => {
                let secrets = SERVING_CERTIFICATE.iter().filter_map(|key| item.annotation(key));
                self.serving.extend(secrets.map(|secret| (name(secret), item.name().to_owned())));
            }
            ("cert-manager.io", "Certificate") => self.secrets.extend(text(item, "/spec/secretName").map(name)),
            ("external-secrets.io", "ExternalSecret") => {
                self.secrets.extend(names());
                self.secrets.extend(text(item, "/spec/target/name").map(name));
            }
            ("image.openshift.io" | "", "ImageStream") => self.streams.extend(names()),
            ("argoproj.io", "Application") => self.namespaces.extend(created_namespace(item)),
            ("networking.k8s.io", "Ingress") | ("gateway.networking.k8s.io", _) => self.serve(hosts(item)),
            ("traefik.io", "IngressRoute" | "IngressRouteTCP") => self.serve(hosts_in_matches(item)),
            ("node.k8s.io", "RuntimeClass")
            | ("storage.k8s.io", "StorageClass")
            | ("scheduling.k8s.io", "PriorityClass")
            | ("networking.k8s.io", "IngressClass")
            | ("rbac.authorization.k8s.io", "ClusterRole")
            | ("user.openshift.io", "Group") => {
                self.names.entry(item.kind().to_owned()).or_default().extend(item.names());
            }
            _ => {}
        }
        if item.is("gateway.networking.k8s.io", "GatewayClass") {
            self.names.entry(item.kind().to_owned()).or_default().extend(item.names());
        }
    }

    /// Adds the ConfigMaps that the pods of an object mount.
    fn add_mounted(&mut self, item: &Item) {
        if let Some(template) = PodTemplate::of(item) {
            self.mounted.extend(config_maps(&template).map(|name| beside(item, name)));
        }
    }

    /// Whether it makes an object of a kind that is in no namespace.
    pub(crate) fn makes(&self, kind: &str, name: &str) -> bool {
        self.names.get(kind).is_some_and(|names| names.contains(name))
    }

    /// Whether it makes a namespace.
    pub(crate) fn makes_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name)
    }

    /// Whether it makes a ServiceAccount where an object is.
    pub(crate) fn makes_service_account(&self, item: &Item, name: &str) -> bool {
        self.service_accounts.contains(&beside(item, name))
    }

    /// Whether it makes a Secret where an object is.
    pub(crate) fn makes_secret(&self, item: &Item, name: &str) -> bool {
        self.secrets.contains(&beside(item, name))
    }

    /// Whether it makes a ConfigMap where an object is.
    pub(crate) fn makes_config_map(&self, item: &Item, name: &str) -> bool {
        self.config_maps.contains(&beside(item, name))
    }

    /// Whether it has an image stream where an object is.
    pub(crate) fn has_stream(&self, item: &Item, name: &str) -> bool {
        self.streams.contains(&beside(item, name))
    }

    /// The Service whose certificate OpenShift keeps in a Secret where an object is, unless something makes that
    /// Secret.
    pub(crate) fn serving_certificate(&self, item: &Item, secret: &str) -> Option<&str> {
        let service = self.serving.get(&beside(item, secret))?;
        (!self.makes_secret(item, secret)).then_some(service)
    }

    /// Whether OpenShift writes a CA bundle into a ConfigMap where an object is.
    pub(crate) fn is_bundle(&self, item: &Item, config_map: &str) -> bool {
        self.bundles.contains(&beside(item, config_map))
    }

    /// Whether pods mount a ConfigMap.
    pub(crate) fn mounts(&self, config_map: &Item) -> bool {
        config_map.names().iter().any(|name| self.mounted.contains(&beside(config_map, name)))
    }

    /// Whether the pods of an object have a login for a registry, by themselves or by their ServiceAccount.
    pub(crate) fn has_pull_secrets(&self, item: &Item) -> bool {
        PodTemplate::of(item).is_some_and(|template| {
            let account = template.spec["serviceAccountName"].as_str().unwrap_or("default");
            has_entries(&template.spec["imagePullSecrets"]) || self.pulling.contains(&beside(item, account))
        })
    }

    /// Whether it serves a host in a domain.
    pub(crate) fn serves_domain(&self, domain: &str) -> bool {
        self.domains.contains(domain)
    }

    fn serve(&mut self, hosts: Vec<String>) {
        for host in hosts {
            let mut domain = Some(host.as_str());
            while let Some(name) = domain.filter(|name| !self.domains.contains(*name)) {
                self.domains.insert(name.to_owned());
                domain = name.split_once('.').map(|(_, parent)| parent);
            }
        }
    }
}

/// Whether OpenShift writes a CA bundle into a ConfigMap.
pub(crate) fn is_injected(item: &Item) -> bool {
    let label = item.field(&["metadata", "labels", BUNDLE_LABEL]);
    item.annotation(BUNDLE_ANNOTATION) == Some("true") || *label == "true" || *label == true
}

fn has_entries(list: &Value) -> bool {
    list.as_array().is_some_and(|list| !list.is_empty())
}

/// The ConfigMaps that pods mount.
fn config_maps<'v>(template: &PodTemplate<'v>) -> impl Iterator<Item = &'v str> + use<'v> {
    template.volumes().flat_map(|(_, volume)| {
        let projected = volume["projected"]["sources"].as_array().into_iter().flatten();
        projected.chain([volume]).filter_map(|source| source["configMap"]["name"].as_str())
    })
}

fn beside(item: &Item, name: &str) -> Name {
    (item.namespace_name().to_owned(), name.to_owned())
}

fn text<'i>(item: &'i Item, pointer: &str) -> Option<&'i str> {
    item.value().pointer(pointer)?.as_str()
}

/// The namespace that Argo CD makes for an Application.
fn created_namespace(item: &Item) -> Option<String> {
    let mut options = item.value().pointer("/spec/syncPolicy/syncOptions")?.as_array()?.iter();
    let namespace = text(item, "/spec/destination/namespace")?;
    options.any(|option| option == "CreateNamespace=true").then(|| namespace.to_owned())
}

/// The hosts of an Ingress, or of a route or listener of the Gateway API.
fn hosts(item: &Item) -> Vec<String> {
    let spec = &item.value()["spec"];
    let listed = |value: &Value, field: &str| {
        let entries = value.as_array().into_iter().flatten().cloned().collect::<Vec<_>>();
        entries
            .into_iter()
            .filter_map(move |entry| entry[field].as_str().map(str::to_ascii_lowercase))
            .collect::<Vec<_>>()
    };
    let names =
        spec["hostnames"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_ascii_lowercase);
    [listed(&spec["rules"], "host"), listed(&spec["listeners"], "hostname"), names.collect()].concat()
}

/// The hosts in the rules of an IngressRoute.
fn hosts_in_matches(item: &Item) -> Vec<String> {
    let routes = item.value()["spec"]["routes"].as_array().into_iter().flatten();
    let matches = routes.filter_map(|route| route["match"].as_str());
    matches.flat_map(manifests::addresses::hosts).map(|host| host.lower_name()).collect()
}
