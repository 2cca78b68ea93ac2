//! Who refers to a Secret, and where in its object.
//!
//! Sources: Kubernetes API types; the CRDs of Traefik, prometheus-operator, cert-manager, Strimzi, CloudNativePG,
//! External Secrets, KEDA, Flux, K3s and Gateway API.

use krm::resource_list::Item;
use serde_json::Value;

use super::paths::select;

/// A reference to a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Where the name stands, as a JSON Pointer.
    pub(crate) pointer: String,
    /// Where the key stands.
    pub(crate) key_pointer: Option<String>,
    /// The name of the Secret.
    pub(crate) name: String,
    /// The key in it that is used; without one, whatever it holds.
    pub(crate) key: Option<String>,
    /// Where the Secret is looked for.
    pub(crate) place: Place,
    /// Whether the object does without the Secret.
    pub(crate) is_optional: bool,
}

/// Where a Secret is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the namespace of the object that refers to it.
    Own,
    /// In a namespace that the reference names.
    Named(String),
    /// In a namespace that the build does not tell, as that of an operator.
    Unknown,
}

/// How a field names a Secret.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// The field is the name.
    Name,
    /// A mapping with the name in this field.
    In(&'static str),
    /// A mapping with name and key in these fields.
    Key(&'static str, &'static str),
    /// A mapping with the name in this field and a list of mappings with a `key` in `items`.
    Items(&'static str),
    /// The field is `namespace/name` or the name.
    Path,
}

use Form::{In, Items, Key, Name, Path};

/// Where Secrets stand in a pod, seen from its spec.
const POD: &[(&str, Form)] = &[
    ("containers[].env[].valueFrom.secretKeyRef", Key("name", "key")),
    ("initContainers[].env[].valueFrom.secretKeyRef", Key("name", "key")),
    ("ephemeralContainers[].env[].valueFrom.secretKeyRef", Key("name", "key")),
    ("containers[].envFrom[].secretRef", In("name")),
    ("initContainers[].envFrom[].secretRef", In("name")),
    ("ephemeralContainers[].envFrom[].secretRef", In("name")),
    ("volumes[].secret", Items("secretName")),
    ("volumes[].projected.sources[].secret", Items("name")),
    ("imagePullSecrets[]", In("name")),
    ("volumes[].csi.nodePublishSecretRef", In("name")),
    ("volumes[].azureFile.secretName", Name),
    ("volumes[].cephfs.secretRef", In("name")),
    ("volumes[].rbd.secretRef", In("name")),
    ("volumes[].iscsi.secretRef", In("name")),
    ("volumes[].flexVolume.secretRef", In("name")),
    ("volumes[].scaleIO.secretRef", In("name")),
    ("volumes[].storageos.secretRef", In("name")),
];

/// Where the spec of a pod stands: API group, kind, path.
const POD_SPECS: &[(&str, &str, &str)] = &[
    ("", "Pod", "spec"),
    ("", "PodTemplate", "template.spec"),
    ("", "ReplicationController", "spec.template.spec"),
    ("apps", "*", "spec.template.spec"),
    ("batch", "Job", "spec.template.spec"),
    ("batch", "CronJob", "spec.jobTemplate.spec.template.spec"),
    ("apps.openshift.io", "DeploymentConfig", "spec.template.spec"),
    ("argoproj.io", "Rollout", "spec.template.spec"),
    ("serving.knative.dev", "*", "spec.template.spec"),
    ("keda.sh", "ScaledJob", "spec.jobTargetRef.template.spec"),
];

/// API group, kind (`*` is each), path, form.
const FIELDS: &[(&str, &str, &str, Form)] = &[
    ("", "ServiceAccount", "imagePullSecrets[]", In("name")),
    ("", "ServiceAccount", "secrets[]", In("name")),
    ("", "PersistentVolume", "spec.csi.controllerPublishSecretRef", In("name")),
    ("", "PersistentVolume", "spec.csi.nodeStageSecretRef", In("name")),
    ("", "PersistentVolume", "spec.csi.nodePublishSecretRef", In("name")),
    ("", "PersistentVolume", "spec.csi.controllerExpandSecretRef", In("name")),
    ("", "PersistentVolume", "spec.csi.nodeExpandSecretRef", In("name")),
    ("networking.k8s.io", "Ingress", "spec.tls[].secretName", Name),
    ("networking.k8s.io", "Ingress", "metadata.annotations.nginx~ingress~kubernetes~io/auth-secret", Path),
    ("networking.k8s.io", "Ingress", "metadata.annotations.nginx~ingress~kubernetes~io/auth-tls-secret", Path),
    ("networking.k8s.io", "Ingress", "metadata.annotations.nginx~ingress~kubernetes~io/proxy-ssl-secret", Path),
    ("gateway.networking.k8s.io", "Gateway", "spec.listeners[].tls.certificateRefs[]", In("name")),
    ("traefik.io", "*", "spec.tls.secretName", Name),
    ("traefik.io", "Middleware", "spec.basicAuth.secret", Name),
    ("traefik.io", "Middleware", "spec.digestAuth.secret", Name),
    ("traefik.io", "Middleware", "spec.forwardAuth.tls.caSecret", Name),
    ("traefik.io", "Middleware", "spec.forwardAuth.tls.certSecret", Name),
    ("traefik.io", "Middleware", "spec.rateLimit.redis.secret", Name),
    ("traefik.io", "Middleware", "spec.rateLimit.redis.tls.caSecret", Name),
    ("traefik.io", "Middleware", "spec.rateLimit.redis.tls.certSecret", Name),
    ("traefik.io", "*", "spec.rootCAsSecrets[]", Name),
    ("traefik.io", "*", "spec.rootCAs[].secret", Name),
    ("traefik.io", "*", "spec.certificatesSecrets[]", Name),
    ("traefik.io", "TLSOption", "spec.clientAuth.secretNames[]", Name),
    ("traefik.io", "TLSStore", "spec.certificates[].secretName", Name),
    ("traefik.io", "TLSStore", "spec.defaultCertificate.secretName", Name),
    ("monitoring.coreos.com", "*", "spec.**.authorization.credentials", Key("name", "key")),
    ("monitoring.coreos.com", "*", "spec.**.basicAuth.username", Key("name", "key")),
    ("monitoring.coreos.com", "*", "spec.**.basicAuth.password", Key("name", "key")),
    ("monitoring.coreos.com", "*", "spec.**.bearerTokenSecret", Key("name", "key")),
    ("monitoring.coreos.com", "*", "spec.**.oauth2.clientId.secret", Key("name", "key")),
    ("monitoring.coreos.com", "*", "spec.**.oauth2.clientSecret", Key("name", "key")),
    ("monitoring.coreos.com", "*", "spec.**.tlsConfig.ca.secret", Key("name", "key")),
    ("monitoring.coreos.com", "*", "spec.**.tlsConfig.cert.secret", Key("name", "key")),
    ("monitoring.coreos.com", "*", "spec.**.tlsConfig.keySecret", Key("name", "key")),
    ("monitoring.coreos.com", "Prometheus", "spec.additionalScrapeConfigs", Key("name", "key")),
    ("monitoring.coreos.com", "Prometheus", "spec.thanos.objectStorageConfig", Key("name", "key")),
    ("monitoring.coreos.com", "Alertmanager", "spec.configSecret", Name),
    ("monitoring.coreos.com", "AlertmanagerConfig", "spec.receivers[].*.*.apiURL", Key("name", "key")),
    ("monitoring.coreos.com", "AlertmanagerConfig", "spec.receivers[].*.*.authPassword", Key("name", "key")),
    ("cert-manager.io", "Issuer", "spec.ca.secretName", Name),
    ("cert-manager.io", "Issuer", "spec.acme.externalAccountBinding.keySecretRef", Key("name", "key")),
    ("cert-manager.io", "Issuer", "spec.acme.solvers[].dns01.*.apiTokenSecretRef", Key("name", "key")),
    ("cert-manager.io", "Issuer", "spec.acme.solvers[].dns01.*.*SecretRef", Key("name", "key")),
    ("cert-manager.io", "Issuer", "spec.vault.auth.**.secretRef", Key("name", "key")),
    ("cert-manager.io", "Issuer", "spec.vault.auth.tokenSecretRef", Key("name", "key")),
    ("cert-manager.io", "ClusterIssuer", "spec.ca.secretName", Name),
    ("cert-manager.io", "ClusterIssuer", "spec.acme.externalAccountBinding.keySecretRef", Key("name", "key")),
    ("cert-manager.io", "ClusterIssuer", "spec.acme.solvers[].dns01.*.apiTokenSecretRef", Key("name", "key")),
    ("cert-manager.io", "Certificate", "spec.keystores.*.passwordSecretRef", Key("name", "key")),
    ("kafka.strimzi.io", "*", "spec.**.authentication.passwordSecret", Key("secretName", "password")),
    ("kafka.strimzi.io", "*", "spec.**.authentication.certificateAndKey", In("secretName")),
    ("kafka.strimzi.io", "*", "spec.**.authentication.clientSecret", Key("secretName", "key")),
    ("kafka.strimzi.io", "*", "spec.**.authentication.accessToken", Key("secretName", "key")),
    ("kafka.strimzi.io", "*", "spec.**.trustedCertificates[]", In("secretName")),
    ("kafka.strimzi.io", "*", "spec.**.brokerCertChainAndKey", In("secretName")),
    ("kafka.strimzi.io", "*", "spec.build.output.pushSecret", Name),
    ("kafka.strimzi.io", "*", "spec.**.pod.imagePullSecrets[]", In("name")),
    ("kafka.strimzi.io", "*", "spec.**.env[].valueFrom.secretKeyRef", Key("name", "key")),
    ("kafka.strimzi.io", "*", "spec.**.volumes[].secret", In("secretName")),
    ("kafka.strimzi.io", "KafkaUser", "spec.authentication.password.valueFrom.secretKeyRef", Key("name", "key")),
    ("postgresql.cnpg.io", "Cluster", "spec.bootstrap.*.secret", In("name")),
    ("postgresql.cnpg.io", "Cluster", "spec.superuserSecret", In("name")),
    ("postgresql.cnpg.io", "Cluster", "spec.managed.roles[].passwordSecret", In("name")),
    ("postgresql.cnpg.io", "Cluster", "spec.certificates.serverCASecret", Name),
    ("postgresql.cnpg.io", "Cluster", "spec.certificates.serverTLSSecret", Name),
    ("postgresql.cnpg.io", "Cluster", "spec.certificates.clientCASecret", Name),
    ("postgresql.cnpg.io", "Cluster", "spec.certificates.replicationTLSSecret", Name),
    ("postgresql.cnpg.io", "Cluster", "spec.backup.barmanObjectStore.*.*", Key("name", "key")),
    ("postgresql.cnpg.io", "Cluster", "spec.externalClusters[].password", Key("name", "key")),
    ("postgresql.cnpg.io", "Cluster", "spec.externalClusters[].sslKey", Key("name", "key")),
    ("postgresql.cnpg.io", "Cluster", "spec.externalClusters[].sslCert", Key("name", "key")),
    ("postgresql.cnpg.io", "Cluster", "spec.externalClusters[].sslRootCert", Key("name", "key")),
    ("postgresql.cnpg.io", "Cluster", "spec.imagePullSecrets[]", In("name")),
    ("postgresql.cnpg.io", "Cluster", "spec.bootstrap.initdb.*.secretRefs[]", Key("name", "key")),
    ("barmancloud.cnpg.io", "ObjectStore", "spec.configuration.*.*", Key("name", "key")),
    ("external-secrets.io", "SecretStore", "spec.provider.**.auth.**.*SecretRef", Key("name", "key")),
    ("external-secrets.io", "ClusterSecretStore", "spec.provider.**.auth.**.*SecretRef", Key("name", "key")),
    ("external-secrets.io", "ExternalSecret", "spec.target.template.templateFrom[].secret", In("name")),
    ("external-secrets.io", "PushSecret", "spec.selector.secret", In("name")),
    ("keda.sh", "TriggerAuthentication", "spec.secretTargetRef[]", Key("name", "key")),
    ("keda.sh", "ClusterTriggerAuthentication", "spec.secretTargetRef[]", Key("name", "key")),
    ("source.toolkit.fluxcd.io", "*", "spec.secretRef", In("name")),
    ("source.toolkit.fluxcd.io", "*", "spec.certSecretRef", In("name")),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", "spec.decryption.secretRef", In("name")),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", "spec.kubeConfig.secretRef", In("name")),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", "spec.postBuild.substituteFrom[]", In("name")),
    ("helm.toolkit.fluxcd.io", "HelmRelease", "spec.valuesFrom[]", Key("name", "valuesKey")),
    ("helm.toolkit.fluxcd.io", "HelmRelease", "spec.kubeConfig.secretRef", In("name")),
    ("notification.toolkit.fluxcd.io", "*", "spec.secretRef", In("name")),
    ("helm.cattle.io", "*", "spec.authSecret", In("name")),
    ("helm.cattle.io", "*", "spec.dockerRegistrySecret", In("name")),
    ("helm.cattle.io", "*", "spec.valuesSecrets[]", In("name")),
];

/// Kinds whose references lead to the namespace of an operator.
const CLUSTER_KINDS: &[&str] =
    &["ClusterIssuer", "ClusterTriggerAuthentication", "ClusterSecretStore", "PersistentVolume"];

/// Every reference to a Secret in an object.
pub(crate) fn references(item: &Item) -> Vec<Reference> {
    let object = item.value();
    let mut references = Vec::new();
    for (_, _, path) in POD_SPECS.iter().filter(|(group, kind, _)| {
        item.group() == *group && [*kind, "*"].contains(&item.kind()) || (item.group() == *group && *kind == "*")
    }) {
        for (prefix, spec) in select(object, path) {
            let fields = POD.iter().flat_map(|(field, form)| read(spec, field, *form));
            references.extend(fields.map(|reference| reference.below(&prefix)));
        }
    }
    for (_, _, path, form) in
        FIELDS.iter().filter(|(group, kind, ..)| item.group() == *group && (*kind == "*" || item.kind() == *kind))
    {
        references.extend(read(object, path, *form));
    }
    references.extend(storage_class_parameters(item));
    references.extend(kafka_placeholders(item));
    references.extend(argo_placeholders(item));
    if CLUSTER_KINDS.contains(&item.kind()) {
        for reference in references.iter_mut().filter(|reference| reference.place == Place::Own) {
            reference.place = Place::Unknown;
        }
    }
    references.dedup();
    references
}

impl Reference {
    fn below(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        if let Some(pointer) = &mut self.key_pointer {
            pointer.insert_str(0, prefix);
        }
        self
    }
}

fn read(object: &Value, pattern: &str, form: Form) -> Vec<Reference> {
    // `*SecretRef` stands for every field that ends so.
    let (pattern, ending) = match pattern.rsplit_once(".*") {
        Some((head, ending)) if !ending.is_empty() && !ending.starts_with(['.', '*']) => (format!("{head}.*"), ending),
        _ => (pattern.to_owned(), ""),
    };
    let found = select(object, &pattern).into_iter().filter(|(pointer, _)| pointer.ends_with(ending));
    found.flat_map(|(pointer, value)| form.read(&pointer, value)).collect()
}

impl Form {
    fn read(self, pointer: &str, value: &Value) -> Vec<Reference> {
        // References to a ConfigMap or a CA bundle look the same but for their kind.
        if value["kind"].as_str().is_some_and(|kind| kind != "Secret") {
            return Vec::new();
        }
        let (field, key_field) = match self {
            Self::Name | Self::Path => ("", None),
            Self::In(field) | Self::Items(field) => (field, None),
            Self::Key(field, key) => (field, Some(key)),
        };
        let name = if field.is_empty() { value } else { &value[field] };
        let Some(name) = name.as_str().filter(|name| !name.is_empty() && !name.contains(['$', '{', '<'])) else {
            return Vec::new();
        };
        let (namespace, name) = match (self, name.split_once('/')) {
            (Self::Path, Some((namespace, name))) => (Some(namespace), name),
            _ => (value["namespace"].as_str(), name),
        };
        let below = |field: &str| if field.is_empty() { pointer.to_owned() } else { format!("{pointer}/{field}") };
        let reference = Reference {
            pointer: below(field),
            key_pointer: None,
            name: name.to_owned(),
            key: None,
            place: namespace.map_or(Place::Own, |namespace| Place::Named(namespace.to_owned())),
            is_optional: value["optional"] == true,
        };
        let with_key = |key: &Value, key_pointer: String| {
            let key = key.as_str()?.to_owned();
            Some(Reference { key: Some(key), key_pointer: Some(key_pointer), ..reference.clone() })
        };
        match (self, key_field) {
            (_, Some(field)) => vec![with_key(&value[field], below(field)).unwrap_or(reference)],
            (Self::Items(_), _) if value["items"].is_array() => {
                let items = value["items"].as_array().into_iter().flatten().enumerate();
                items
                    .filter_map(|(index, item)| with_key(&item["key"], format!("{pointer}/items/{index}/key")))
                    .collect()
            }
            _ => vec![reference],
        }
    }
}

/// `csi.storage.k8s.io/*-secret-name` and `-namespace` of a StorageClass; both may be templates of the driver.
fn storage_class_parameters(item: &Item) -> Vec<Reference> {
    if !item.is("storage.k8s.io", "StorageClass") {
        return Vec::new();
    }
    let parameters = &item.value()["parameters"];
    let names = parameters.as_object().into_iter().flatten().filter(|(key, _)| key.ends_with("-secret-name"));
    names
        .filter_map(|(key, name)| {
            let name = name.as_str().filter(|name| !name.contains("${"))?;
            let namespace = parameters[key.replace("-secret-name", "-secret-namespace")].as_str();
            let place = namespace
                .filter(|namespace| !namespace.contains("${"))
                .map_or(Place::Unknown, |namespace| Place::Named(namespace.to_owned()));
            Some(Reference {
                pointer: format!("/parameters/{}", key.replace('/', "~1")),
                key_pointer: None,
                name: name.to_owned(),
                key: None,
                place,
                is_optional: false,
            })
        })
        .collect()
}

/// `${secrets:namespace/name:key}` in the configuration of Kafka Connect.
fn kafka_placeholders(item: &Item) -> Vec<Reference> {
    if item.group() != "kafka.strimzi.io" {
        return Vec::new();
    }
    let texts = select(item.value(), "spec.config.*")
        .into_iter()
        .filter_map(|(pointer, value)| Some((pointer, value.as_str()?)));
    let mut references = Vec::new();
    for (pointer, text) in texts {
        for start in ["${secrets:", "${strimzisecrets:"] {
            for (at, _) in text.match_indices(start) {
                let inner = text[at + start.len()..].split('}').next().unwrap_or_default();
                let Some(((namespace, name), key)) =
                    inner.split_once(':').and_then(|(place, key)| Some((place.split_once('/')?, key)))
                else {
                    continue;
                };
                references.push(Reference {
                    pointer: pointer.clone(),
                    key_pointer: None,
                    name: name.to_owned(),
                    key: Some(key.to_owned()),
                    place: Place::Named(namespace.to_owned()),
                    is_optional: false,
                });
            }
        }
    }
    references
}

/// `$secret:key` in the ConfigMaps of Argo CD; `$key` alone is one of `argocd-secret`.
fn argo_placeholders(item: &Item) -> Vec<Reference> {
    if !item.is("", "ConfigMap") || !["argocd-cm", "argocd-notifications-cm"].contains(&item.name()) {
        return Vec::new();
    }
    let texts =
        select(item.value(), "data.*").into_iter().filter_map(|(pointer, value)| Some((pointer, value.as_str()?)));
    let mut references = Vec::new();
    for (pointer, text) in texts {
        for (at, _) in text.match_indices('$') {
            let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
            let word: String = text[at + 1..].chars().take_while(|letter| is_letter(*letter)).collect();
            if let Some((name, key)) = word.split_once(':').filter(|(name, key)| !name.is_empty() && !key.is_empty()) {
                references.push(Reference {
                    pointer: pointer.clone(),
                    key_pointer: None,
                    name: name.to_owned(),
                    key: Some(key.to_owned()),
                    place: Place::Own,
                    is_optional: false,
                });
            }
        }
    }
    references
}
