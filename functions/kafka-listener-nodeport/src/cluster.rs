//! The Kafka clusters of a build, and their node pools.

use std::collections::HashMap;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings};
use krm::resource_list::{Item, ItemId, Referent, Resources, bookkeeping};
use serde_json::Value;

use crate::config::{ClusterSpec, Spec};
use crate::node_ids::NodeIds;
use crate::rule::Rule;
use crate::strimzi::Version;

/// The API group of Strimzi's kinds.
pub(crate) const GROUP: &str = "kafka.strimzi.io";
/// The annotation of a KafkaNodePool with the IDs of its next nodes.
pub(crate) const NEXT_NODE_IDS: &str = "strimzi.io/next-node-ids";
/// The annotation of a KafkaNodePool with the IDs of the nodes that go first when it shrinks.
pub(crate) const REMOVE_NODE_IDS: &str = "strimzi.io/remove-node-ids";
/// The annotation of a Kafka that has node pools, before Strimzi 0.48.
const NODE_POOLS: &str = "strimzi.io/node-pools";
/// The label of a KafkaNodePool with the name of its Kafka.
const CLUSTER_LABEL: &str = "strimzi.io/cluster";

/// More nodes than any cluster has; a number beyond is a mistake.
const MOST_REPLICAS: u64 = 1000;

/// A Kafka.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) id: ItemId,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    /// The current name, then those that kustomize remembers.
    pub(crate) names: Vec<String>,
    /// The current namespace, then those that kustomize remembers.
    pub(crate) namespaces: Vec<String>,
    /// Its pools, by name.
    pub(crate) pools: Vec<Pool>,
    /// Whether a pool of it cannot be read, which is an error already.
    pub(crate) has_broken_pool: bool,
    /// `spec.kafka.replicas`, of clusters without pools.
    pub(crate) replicas: Option<u32>,
    /// Whether ZooKeeper does the work of controllers.
    pub(crate) has_zookeeper: bool,
    /// The `apiVersion` without the group.
    pub(crate) api_version: String,
}

/// A KafkaNodePool.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub(crate) id: ItemId,
    pub(crate) name: String,
    pub(crate) is_broker: bool,
    pub(crate) is_controller: bool,
    pub(crate) replicas: u32,
    /// The IDs of its nodes that run already.
    pub(crate) running: Vec<u32>,
    /// What [`NEXT_NODE_IDS`] says.
    pub(crate) next: NodeIds,
    /// What [`REMOVE_NODE_IDS`] says.
    pub(crate) removed: NodeIds,
}

impl Cluster {
    /// All clusters of a build, in their order.
    pub(crate) fn all(resources: &Resources, strimzi: Option<Version>, findings: &mut Findings) -> Vec<Self> {
        let mut clusters: Vec<_> =
            resources.ids_of(GROUP, "Kafka").into_iter().map(|id| Self::new(resources.get(id))).collect();
        let places: HashMap<_, _> = clusters.iter().enumerate().map(|(place, cluster)| (cluster.id, place)).collect();
        let has_kafkas = !clusters.is_empty();
        for id in resources.ids_of(GROUP, "KafkaNodePool") {
            let item = resources.get(id);
            let label = item.value()["metadata"]["labels"][CLUSTER_LABEL].as_str().unwrap_or_default();
            let referent = resources.referent(id, GROUP, "Kafka", label);
            let place = if let Referent::Found(kafka) = referent { places.get(&kafka) } else { None };
            let Some(cluster) = place.map(|place| &mut clusters[*place]) else {
                // A build of pools alone belongs to a Kafka elsewhere.
                findings.extend(has_kafkas.then(|| orphan(label, &referent).on(item)));
                continue;
            };
            if cluster.name != label {
                findings.push(former_label(label, &cluster.name).on(item));
            }
            match Pool::new(item, findings) {
                Some(pool) => cluster.pools.push(pool),
                None => cluster.has_broken_pool = true,
            }
        }
        for cluster in &mut clusters {
            cluster.pools.sort_by(|one, other| one.name.cmp(&other.name));
            cluster.drop_ignored_pools(resources, strimzi, findings);
        }
        clusters
    }

    fn new(item: &Item) -> Self {
        let spec = &item.value()["spec"];
        let former = item.annotation(bookkeeping::PREVIOUS_NAMESPACES).unwrap_or_default();
        let mut namespaces: Vec<_> = item.namespace().map(str::to_owned).into_iter().collect();
        for namespace in former.split(',').filter(|namespace| !namespace.is_empty()) {
            // kustomize writes `default` where an object named none.
            if namespace != "default" && !namespaces.iter().any(|known| known == namespace) {
                namespaces.push(namespace.to_owned());
            }
        }
        let api_version = item.api_version();
        Self {
            id: item.id(),
            name: item.name().to_owned(),
            namespace: item.namespace().map(str::to_owned),
            names: item.names(),
            namespaces,
            pools: Vec::new(),
            has_broken_pool: false,
            replicas: replicas_of(&spec["kafka"]),
            has_zookeeper: spec["zookeeper"].is_object(),
            api_version: api_version.rsplit('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// Before 0.48 a Kafka without the annotation has no pools, whatever the KafkaNodePools say.
    fn drop_ignored_pools(&mut self, resources: &Resources, strimzi: Option<Version>, findings: &mut Findings) {
        let item = resources.get(self.id);
        let is_enabled = item.annotation(NODE_POOLS) == Some("enabled");
        let Some(strimzi) = strimzi.filter(|strimzi| !strimzi.always_has_pools()) else { return };
        if self.pools.is_empty() || is_enabled || self.api_version == "v1" {
            return;
        }
        let message = format!(
            "Strimzi {strimzi} does not look at KafkaNodePools without this annotation; set it to `enabled`, or take the \
             pools out"
        );
        findings.push(Finding::new(Rule::NodePoolsNotEnabled, message).on(item).at(FieldPath::annotation(NODE_POOLS)));
        self.pools.clear();
    }

    /// What the config says about this cluster.
    pub(crate) fn options<'s>(&self, spec: &'s Spec) -> Option<&'s ClusterSpec> {
        self.key(spec).map(|key| &spec.clusters[key])
    }

    /// The broker IDs that the config states.
    pub(crate) fn configured_broker_ids(&self, spec: &Spec) -> Option<NodeIds> {
        self.options(spec)?.broker_ids.as_ref()?.parse().ok()
    }

    /// How `clusters` of the config names this cluster.
    pub(crate) fn key<'s>(&self, spec: &'s Spec) -> Option<&'s str> {
        let qualified = self
            .namespaces
            .iter()
            .flat_map(|namespace| self.names.iter().map(move |name| format!("{namespace}/{name}")));
        let mut keys = qualified.chain(self.names.iter().cloned());
        keys.find_map(|key| spec.clusters.get_key_value(&key)).map(|(key, _)| key.as_str())
    }

    /// The key by which `clusters` of the config names it or could.
    pub(crate) fn proposed_key(&self, spec: &Spec) -> String {
        let qualified = || self.namespace.as_ref().map(|namespace| format!("{namespace}/{}", self.name));
        self.key(spec).map(str::to_owned).or_else(qualified).unwrap_or_else(|| self.name.clone())
    }
}

impl Pool {
    fn new(item: &Item, findings: &mut Findings) -> Option<Self> {
        let value = item.value();
        let mut refuse = |path: &'static str, message: &'static str| {
            findings.push(Finding::new(Rule::UnreadableKafkaField, message).on(item).at(path));
        };
        let Some(replicas) = replicas_of(&value["spec"]) else {
            refuse("spec.replicas", "must be a number up to 1000, or the broker IDs cannot be known");
            return None;
        };
        let Some(roles) = value["spec"]["roles"].as_array() else {
            refuse("spec.roles", "must list `broker`, `controller` or both, or the broker IDs cannot be known");
            return None;
        };
        let next = node_ids(item, NEXT_NODE_IDS, findings);
        let removed = node_ids(item, REMOVE_NODE_IDS, findings);
        let running = value["status"]["nodeIds"].as_array().into_iter().flatten();
        Some(Self {
            id: item.id(),
            name: item.name().to_owned(),
            is_broker: roles.iter().any(|role| role == "broker"),
            is_controller: roles.iter().any(|role| role == "controller"),
            replicas,
            running: running.filter_map(Value::as_u64).filter_map(|id| u32::try_from(id).ok()).collect(),
            next,
            removed,
        })
    }
}

/// The node IDs in an annotation of a pool.
fn node_ids(pool: &Item, annotation: &'static str, findings: &mut Findings) -> NodeIds {
    let text = pool.annotation(annotation).unwrap_or_default();
    text.parse().unwrap_or_else(|()| {
        let message = format!(
            "`{text}` is no list of IDs as `[0-2, 5]`, so Strimzi does not look at it; write it so, or take it out"
        );
        findings.push(Finding::new(Rule::MalformedNodeIds, message).on(pool).at(FieldPath::annotation(annotation)));
        NodeIds::default()
    })
}

/// A pool that names its Kafka as it was called before kustomize renamed it.
fn former_label(label: &str, name: &str) -> Finding {
    let message = format!(
        "names the Kafka by its former name, and kustomize does not rename labels: Strimzi will find no such Kafka; set it \
         to `{name}`, or list the field in a `nameReference` of the kustomization"
    );
    let finding =
        Finding::new(Rule::PoolWithoutKafka, message).at(FieldPath::from("metadata.labels").key(CLUSTER_LABEL));
    finding.current(label).proposed(name)
}

/// A pool that belongs to no Kafka of the build, so that none of them counts its nodes.
fn orphan(label: &str, referent: &Referent) -> Finding {
    let message = match referent {
        Referent::Ambiguous(_) => "several Kafkas of this build once had this name; set it to the present name of one",
        _ if label.is_empty() => {
            "must hold the name of the Kafka that the pool belongs to, or Strimzi does not look at it"
        }
        _ => {
            "no Kafka of this build has this name, so the nodes of the pool get no ports; correct it, or add the Kafka"
        }
    };
    Finding::new(Rule::PoolWithoutKafka, message).at(FieldPath::from("metadata.labels").key(CLUSTER_LABEL))
}

fn replicas_of(spec: &Value) -> Option<u32> {
    let replicas = spec["replicas"].as_u64().filter(|replicas| *replicas <= MOST_REPLICAS)?;
    u32::try_from(replicas).ok()
}

/// A cluster for tests with pools written as `name roles replicas [annotation]`, roles as `b`, `c` or `bc`.
#[cfg(test)]
pub(crate) fn example(name: &str, pools: &[&str]) -> Cluster {
    let kafka = format!("apiVersion: {GROUP}/v1\nkind: Kafka\nmetadata: {{name: {name}}}\n");
    let pools = pools.iter().map(|pool| {
        let mut words = pool.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default();
        let (pool, roles, replicas, next) = (word(), word(), word(), word());
        let roles = [('b', "broker"), ('c', "controller")].iter().filter(|(letter, _)| roles.contains(*letter));
        let roles = roles.map(|(_, role)| *role).collect::<Vec<_>>().join(", ");
        format!(
            "---\napiVersion: {GROUP}/v1\nkind: KafkaNodePool\nmetadata: {{name: {pool}, labels: {{strimzi.io/cluster: {name}}}, \
             annotations: {{{NEXT_NODE_IDS}: \"{next}\"}}}}\nspec: {{replicas: {replicas}, roles: [{roles}]}}\n"
        )
    });
    let text = std::iter::once(kafka).chain(pools).collect();
    let resources = Resources::from_streams(vec![(None, text)]).expect("the manifests are written for this test");
    Cluster::all(&resources, None, &mut Findings::default()).remove(0)
}
