//! Who makes a Secret at run time, and with which keys.
//!
//! Sources: External Secrets `apis/externalsecrets/v1`; cert-manager `Certificate` and ingress-shim; Strimzi
//! `KafkaResources`; CloudNativePG `pkg/specs`; the Secrets-Store CSI driver; the Vault Secrets Operator.

use std::collections::BTreeSet;

use krm::resource_list::Item;
use serde_json::Value;

use super::paths::select;
use crate::sealed;

/// A Secret that exists once the build is applied.
#[derive(Debug, Clone)]
pub(crate) struct Provided {
    /// Its name now, then the names kustomize remembers.
    pub(crate) names: Vec<String>,
    pub(crate) keys: Keys,
    /// How the provider takes to another one of the same name.
    pub(crate) claim: Claim,
}

/// The keys of a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keys {
    /// These and no others.
    Closed(BTreeSet<String>),
    /// Nobody knows before run time.
    Open,
}

/// How a provider takes to another one of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It owns the Secret: two of them fight, or one gives up.
    Owns,
    /// It takes what is there.
    Shares,
}

fn closed(keys: &[&str]) -> Keys {
    Keys::Closed(keys.iter().map(|key| (*key).to_owned()).collect())
}

const CERTIFICATE: &[&str] = &[
    "tls.crt",
    "tls.key",
    "ca.crt",
    "keystore.jks",
    "truststore.jks",
    "keystore.p12",
    "truststore.p12",
    "tls-combined.pem",
    "key.der",
];

/// What CloudNativePG puts into the Secret of an application user.
const POSTGRES: &[&str] = &[
    "username",
    "user",
    "password",
    "dbname",
    "host",
    "port",
    "pgpass",
    "uri",
    "jdbc-uri",
    "fqdn-uri",
    "fqdn-jdbc-uri",
];

/// The Secrets of a Strimzi cluster behind its name.
const KAFKA: &[(&str, &[&str])] = &[
    ("cluster-ca-cert", &["ca.crt", "ca.p12", "ca.password"]),
    ("cluster-ca", &["ca.key"]),
    ("clients-ca-cert", &["ca.crt", "ca.p12", "ca.password"]),
    ("clients-ca", &["ca.key"]),
];

/// The Secrets that an object gives.
pub(crate) fn provided(item: &Item) -> Vec<Provided> {
    let object = item.value();
    let spec = &object["spec"];
    let owned = |names: Vec<String>, keys| vec![Provided { names, keys, claim: Claim::Owns }];
    let named = |name: &Value, keys| match name.as_str() {
        Some(name) => owned(vec![name.to_owned()], keys),
        None => Vec::new(),
    };
    match (item.group(), item.kind()) {
        (sealed::GROUP, sealed::KIND) => {
            let is_whole = spec["data"].is_string();
            let keys = if is_whole { Keys::Open } else { Keys::Closed(sealed::keys_of(object)) };
            owned(item.names(), keys)
        }
        ("", "Secret") => vec![secret(item)],
        ("external-secrets.io", "ExternalSecret") => external_secret(item, spec),
        ("external-secrets.io", "ClusterExternalSecret") => {
            let inner = &spec["externalSecretSpec"];
            let name = [&inner["target"]["name"], &spec["externalSecretName"]].into_iter().find_map(Value::as_str);
            owned(name.map_or_else(|| item.names(), |name| vec![name.to_owned()]), Keys::Open)
        }
        ("cert-manager.io", "Certificate") => named(&spec["secretName"], closed(CERTIFICATE)),
        ("cert-manager.io", "Issuer" | "ClusterIssuer") => {
            named(&spec["acme"]["privateKeySecretRef"]["name"], closed(&["tls.key"]))
        }
        ("networking.k8s.io", "Ingress") if is_shimmed(item) => {
            let names = select(object, "spec.tls[].secretName");
            names.into_iter().flat_map(|(_, name)| shared(name, closed(CERTIFICATE))).collect()
        }
        ("gateway.networking.k8s.io", "Gateway") if is_shimmed(item) => {
            let names = select(object, "spec.listeners[].tls.certificateRefs[].name");
            names.into_iter().flat_map(|(_, name)| shared(name, closed(CERTIFICATE))).collect()
        }
        ("kafka.strimzi.io", "Kafka") => kafka(item),
        ("kafka.strimzi.io", "KafkaUser") => vec![kafka_user(item)],
        ("postgresql.cnpg.io", "Cluster") => postgres(item),
        ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => {
            let objects = spec["secretObjects"].as_array().into_iter().flatten();
            objects
                .flat_map(|object| {
                    let keys =
                        select(object, "data[].key").into_iter().filter_map(|(_, key)| key.as_str().map(str::to_owned));
                    named(&object["secretName"], Keys::Closed(keys.collect()))
                })
                .collect()
        }
        ("secrets.hashicorp.com", _) if spec["destination"]["create"] == true => {
            named(&spec["destination"]["name"], Keys::Open)
        }
        ("onepassword.com", "OnePasswordItem") | ("k8s.bitwarden.com", _) => owned(item.names(), Keys::Open),
        ("secrets.infisical.com", "InfisicalSecret") => {
            named(&spec["managedSecretReference"]["secretName"], Keys::Open)
        }
        ("secrets.doppler.com", "DopplerSecret") => named(&spec["managedSecret"]["name"], Keys::Open),
        ("isindir.github.com", "SopsSecret") => {
            select(spec, "secretTemplates[].name").into_iter().flat_map(|(_, name)| named(name, Keys::Open)).collect()
        }
        ("rabbitmq.com", "RabbitmqCluster") => derived(item, &["default-user"]),
        ("elasticsearch.k8s.elastic.co", "Elasticsearch") => {
            derived(item, &["es-elastic-user", "es-http-certs-public", "es-http-ca-internal"])
        }
        _ => named(&spec["writeConnectionSecretToRef"]["name"], Keys::Open),
    }
}

fn shared(name: &Value, keys: Keys) -> Option<Provided> {
    let names = vec![name.as_str()?.to_owned()];
    Some(Provided { names, keys, claim: Claim::Shares })
}

/// Secrets whose names begin with that of the object.
fn derived(item: &Item, endings: &[&str]) -> Vec<Provided> {
    let names = |ending: &&str| item.names().iter().map(|name| format!("{name}-{ending}")).collect();
    endings.iter().map(|ending| Provided { names: names(ending), keys: Keys::Open, claim: Claim::Shares }).collect()
}

fn secret(item: &Item) -> Provided {
    let object = item.value();
    let annotations = &object["metadata"]["annotations"];
    // sealed-secrets may take over a Secret that says so.
    let is_given = |name: &str| annotations[format!("sealedsecrets.bitnami.com/{name}")] == "true";
    let claim = if is_given("managed") || is_given("patch") { Claim::Shares } else { Claim::Owns };
    let keys = ["data", "stringData"].into_iter().flat_map(|field| object[field].as_object().into_iter().flatten());
    let keys: BTreeSet<_> = keys.map(|(key, _)| key.clone()).collect();
    // What is empty in git is filled in by somebody.
    let keys = if keys.is_empty() { Keys::Open } else { Keys::Closed(keys) };
    Provided { names: item.names(), keys, claim }
}

fn external_secret(item: &Item, spec: &Value) -> Vec<Provided> {
    let target = &spec["target"];
    let claim = match target["creationPolicy"].as_str() {
        Some("Merge" | "None") => return Vec::new(),
        Some("CreateOrMerge") => Claim::Shares,
        _ => Claim::Owns,
    };
    if !target["manifest"].is_null() {
        return Vec::new();
    }
    let names = target["name"].as_str().map_or_else(|| item.names(), |name| vec![name.to_owned()]);
    let template = &target["template"];
    let replaces = template["mergePolicy"] != "Merge" && template["data"].is_object();
    let is_open = (!spec["dataFrom"].is_null() && !replaces) || !template["templateFrom"].is_null();
    let sealed = select(spec, "data[].secretKey").into_iter().filter_map(|(_, key)| key.as_str().map(str::to_owned));
    let templated = template["data"].as_object().into_iter().flatten().map(|(key, _)| key.clone());
    let keys = sealed.filter(|_| !replaces).chain(templated).collect();
    vec![Provided { names, keys: if is_open { Keys::Open } else { Keys::Closed(keys) }, claim }]
}

/// Whether cert-manager makes the certificates that an Ingress or Gateway names.
fn is_shimmed(item: &Item) -> bool {
    let annotations = ["cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme"];
    annotations.iter().any(|annotation| item.annotation(annotation).is_some())
}

fn kafka(item: &Item) -> Vec<Provided> {
    let authorities = KAFKA.iter().map(|(ending, keys)| {
        let names = item.names().iter().map(|name| format!("{name}-{ending}")).collect();
        Provided { names, keys: closed(keys), claim: Claim::Shares }
    });
    let others = derived(
        item,
        &[
            "kafka-jmx",
            "cluster-operator-certs",
            "entity-topic-operator-certs",
            "entity-user-operator-certs",
            "kafka-exporter-certs",
            "cruise-control-certs",
        ],
    );
    authorities.chain(others).collect()
}

fn kafka_user(item: &Item) -> Provided {
    let keys = match item.value()["spec"]["authentication"]["type"].as_str() {
        Some("scram-sha-512") => closed(&["password", "sasl.jaas.config"]),
        Some("tls") => closed(&["ca.crt", "user.crt", "user.key", "user.p12", "user.password"]),
        _ => Keys::Open,
    };
    Provided { names: item.names(), keys, claim: Claim::Owns }
}

fn postgres(item: &Item) -> Vec<Provided> {
    let spec = &item.value()["spec"];
    let names = |ending: &str| item.names().iter().map(|name| format!("{name}-{ending}")).collect();
    let mut provided = derived(item, &["ca", "server", "replication"]);
    if spec["bootstrap"]["initdb"]["secret"].is_null() {
        provided.push(Provided { names: names("app"), keys: closed(POSTGRES), claim: Claim::Shares });
    }
    if spec["enableSuperuserAccess"] == true && spec["superuserSecret"].is_null() {
        provided.push(Provided { names: names("superuser"), keys: closed(POSTGRES), claim: Claim::Shares });
    }
    provided
}
