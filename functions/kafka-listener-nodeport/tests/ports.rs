//! Ports never move: whatever the clusters, pools and listeners of a build and whatever comes to them.

use std::collections::{BTreeMap, BTreeSet};

use kafka_listener_nodeport::KafkaListenerNodePort;
use krm::host::{Call, Outcome, run};
use krm::resource_list::Resources;
use proptest::prelude::*;

/// A pool with `b`, `c` or `bc` as roles.
#[derive(Debug, Clone)]
struct Pool {
    name: String,
    roles: &'static str,
    replicas: u32,
}

#[derive(Debug, Clone)]
struct Cluster {
    name: String,
    namespace: &'static str,
    pools: Vec<Pool>,
    /// `spec.kafka.replicas`, where there are no pools.
    replicas: u32,
    listeners: usize,
}

#[derive(Debug, Clone)]
struct Build {
    clusters: Vec<Cluster>,
    headroom: u32,
    pins: bool,
}

/// The bootstrap of a listener, or one of its brokers.
type Key = (String, String, Option<u64>);

const STRIDE: u32 = 80;
const BASE: u32 = 30000;

impl Cluster {
    fn manifests(&self) -> Vec<String> {
        let listeners: String = (0..self.listeners)
            .map(|index| format!("    - {{name: l{index}, port: {}, type: route, tls: true}}\n", 9094 + index))
            .collect();
        let replicas = if self.pools.is_empty() { format!("    replicas: {}\n", self.replicas) } else { String::new() };
        let kafka = format!(
            "apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka\nmetadata: {{name: {}, namespace: {}}}\nspec:\n  kafka:\n{replicas}    \
             listeners:\n{listeners}",
            self.name, self.namespace
        );
        let pools = self.pools.iter().map(|pool| {
            let roles = [('b', "broker"), ('c', "controller")].iter().filter(|(role, _)| pool.roles.contains(*role));
            let roles = roles.map(|(_, role)| *role).collect::<Vec<_>>().join(", ");
            format!(
                "apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaNodePool\nmetadata: {{name: {}, namespace: {}, labels: \
                 {{strimzi.io/cluster: {}}}}}\nspec: {{replicas: {}, roles: [{roles}]}}\n",
                pool.name, self.namespace, self.name, pool.replicas
            )
        });
        std::iter::once(kafka).chain(pools).collect()
    }
}

impl Build {
    fn manifests(&self) -> Vec<String> {
        self.clusters.iter().flat_map(Cluster::manifests).collect()
    }

    /// Of several pools with brokers in a cluster, the config would have to pin each.
    fn keep_pins_certain(&mut self) {
        for cluster in self.clusters.iter_mut().filter(|_| self.pins) {
            for pool in cluster.pools.iter_mut().filter(|pool| pool.roles != "c").skip(1) {
                pool.roles = "c";
            }
        }
    }

    /// Every listener has a slot by the position of its cluster, which the tests keep: new clusters come last.
    fn config(&self) -> String {
        let mut config = format!(
            "apiVersion: replatform.dev/v1alpha1\nkind: KafkaListenerNodePort\nmetadata: {{name: k3s}}\nspec:\n  basePort: {BASE}\n  \
             stride: {STRIDE}\n  headroom: {}\n  pinNodeIDs: {}\n  clusters:\n",
            self.headroom, self.pins
        );
        for (index, cluster) in self.clusters.iter().enumerate() {
            config += &format!("    {}/{}:\n      listeners:\n", cluster.namespace, cluster.name);
            for listener in 0..cluster.listeners {
                config += &format!("        l{listener}: {{slot: {}}}\n", index * 3 + listener);
            }
        }
        config
    }
}

/// A `ResourceList` of manifests and a config, as kustomize sends it.
fn list(manifests: &[String], config: &str) -> String {
    let indented = |text: &str| text.trim_end().replace('\n', "\n  ");
    let items: String = manifests.iter().map(|manifest| format!("- {}\n", indented(manifest))).collect();
    let config = indented(config);
    format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}functionConfig:\n  {config}\n")
}

fn call(manifests: &[String], config: &str) -> Outcome {
    let stdin = Some(list(manifests, config).into_bytes());
    run::<KafkaListenerNodePort>(Call { arguments: vec!["kafka-listener-nodeport".into()], is_plugin: false, stdin })
}

/// All node ports of an output. A broker of a listener has one entry, or the test fails.
fn ports(outcome: &Outcome) -> BTreeMap<Key, u64> {
    assert!(outcome.succeeded, "{}", outcome.stderr);
    let resources = Resources::from_list(outcome.stdout.clone()).expect("the output is a ResourceList");
    let mut ports = BTreeMap::new();
    for kafka in resources.iter().filter(|item| item.kind() == "Kafka") {
        let listeners = kafka.value()["spec"]["kafka"]["listeners"].as_array().expect("listeners are a list");
        for listener in listeners {
            assert_eq!(listener["type"], "nodeport");
            let configuration = &listener["configuration"];
            let brokers = configuration["brokers"].as_array().into_iter().flatten();
            let brokers = brokers.map(|entry| (entry["broker"].as_u64(), &entry["nodePort"]));
            for (id, port) in std::iter::once((None, &configuration["bootstrap"]["nodePort"])).chain(brokers) {
                let cluster = format!("{}/{}", kafka.namespace().unwrap_or_default(), kafka.name());
                let key = (cluster, listener["name"].as_str().unwrap_or_default().to_owned(), id);
                let port = port.as_u64().expect("every entry has a port");
                assert_eq!(ports.insert(key, port), None, "a broker has two entries");
            }
        }
    }
    ports
}

fn pool_names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[a-z]{1,3}", 0..4).prop_map(|names| names.into_iter().collect())
}

fn clusters() -> impl Strategy<Value = Vec<Cluster>> {
    let cluster = (prop::sample::select(vec!["a", "b"]), pool_names(), 1..6u32, 1..4usize).prop_flat_map(
        |(namespace, names, replicas, listeners)| {
            let roles = prop::sample::select(vec!["b", "c", "bc"]);
            let pools = prop::collection::vec((roles, 0..6u32), names.len());
            pools.prop_map(move |pools| {
                let pools = names.iter().zip(pools);
                let pools = pools.map(|(name, (roles, replicas))| Pool { name: name.clone(), roles, replicas });
                Cluster { name: String::new(), namespace, pools: pools.collect(), replicas, listeners }
            })
        },
    );
    prop::collection::vec(cluster, 1..5).prop_map(|mut clusters| {
        for (index, cluster) in clusters.iter_mut().enumerate() {
            cluster.name = format!("k{index}");
        }
        clusters
    })
}

fn builds() -> impl Strategy<Value = Build> {
    (clusters(), 0..4u32, any::<bool>()).prop_map(|(clusters, headroom, pins)| {
        let mut build = Build { clusters, headroom, pins };
        build.keep_pins_certain();
        build
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ports_are_unique_in_range_and_the_same_in_any_order(build in builds(), seed in any::<u64>()) {
        let manifests = build.manifests();
        let found = ports(&call(&manifests, &build.config()));
        let distinct: BTreeSet<_> = found.values().collect();
        prop_assert_eq!(distinct.len(), found.len(), "a port is given twice");
        prop_assert!(found.values().all(|port| (30000..=32767).contains(port)));
        let mut shuffled = manifests;
        let mut state = seed | 1;
        for index in (1..shuffled.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            shuffled.swap(index, usize::try_from(state % (index as u64 + 1)).unwrap_or_default());
        }
        prop_assert_eq!(ports(&call(&shuffled, &build.config())), found);
    }

    #[test]
    fn nothing_that_comes_moves_a_port(build in builds(), others in clusters(), pick in any::<prop::sample::Index>(), more in 1..4u32) {
        let before = ports(&call(&build.manifests(), &build.config()));
        let mut grown = build.clone();
        let cluster = pick.get(&build.clusters).name.clone();
        for cluster in grown.clusters.iter_mut().filter(|other| other.name == cluster) {
            cluster.replicas += more;
            if let Some(pool) = cluster.pools.iter_mut().find(|pool| pool.roles != "c") {
                pool.replicas += more;
            }
        }
        for (index, mut cluster) in others.into_iter().enumerate() {
            cluster.name = format!("new{index}");
            grown.clusters.push(cluster);
        }
        grown.keep_pins_certain();
        let after = ports(&call(&grown.manifests(), &grown.config()));
        for (key, port) in before {
            if let Some(moved) = after.get(&key).filter(|now| **now != port) {
                prop_assert!(false, "{key:?} moved from {port} to {moved}");
            }
        }
    }

    #[test]
    fn no_port_leaves_its_slot_without_a_word(
        replicas in 1..30u32, first in 0..60u32, stride in 2..60u32, slot in 0..3u32, headroom in 0..4u32,
    ) {
        let pools = vec![Pool { name: "dual".to_owned(), roles: "bc", replicas }];
        let cluster = Cluster { name: "k0".to_owned(), namespace: "a", pools, replicas: 0, listeners: 1 };
        let config = format!(
            "apiVersion: replatform.dev/v1alpha1\nkind: KafkaListenerNodePort\nmetadata: {{name: k3s}}\nspec: {{basePort: {BASE}, stride: \
             {stride}, headroom: {headroom}, clusters: {{k0: {{slot: {slot}, nodeIDs: {{dual: {first}-{}}}}}}}}}\n",
            first + 40
        );
        let outcome = call(&cluster.manifests(), &config);
        let base = u64::from(BASE + slot * stride);
        let fits = ports(&outcome).values().all(|port| (base..base + u64::from(stride)).contains(port));
        prop_assert_eq!(outcome.stderr.contains("[ports-outside-slot]"), !fits, "{}", outcome.stderr);
    }

    #[test]
    fn proposed_node_ids_fit_the_slot(replicas in prop::collection::vec(0..9u32, 2..5), stride in 5..60u32, headroom in 0..3u32) {
        let pools = replicas.iter().enumerate();
        let pools = pools.map(|(index, replicas)| Pool { name: format!("p{index}"), roles: "bc", replicas: *replicas });
        let cluster = Cluster { name: "k0".to_owned(), namespace: "a", pools: pools.collect(), replicas: 0, listeners: 1 };
        let config = |options: &str| {
            format!(
                "apiVersion: replatform.dev/v1alpha1\nkind: KafkaListenerNodePort\nmetadata: {{name: k3s}}\nspec: {{basePort: {BASE}, \
                 pinNodeIDs: true, headroom: {headroom}, {options}}}\n"
            )
        };
        let refused = call(&cluster.manifests(), &config(&format!("stride: {stride}")));
        let (_, message) = refused.stderr.split_once("say which are whose: `").expect("several pools are refused");
        let (proposed, _) = message.split_once('`').expect("the proposal is quoted");
        let proposed = proposed.trim_start_matches('{').strip_suffix('}').filter(|_| proposed.starts_with('{')).unwrap_or(proposed);
        let is_wider = proposed.starts_with("stride");
        let options = if is_wider { proposed.to_owned() } else { format!("stride: {stride}, {proposed}") };
        let outcome = call(&cluster.manifests(), &config(&options));
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        for rule in ["ports-outside-slot", "shared-node-ids", "uncertain-broker-ids", "unpinned-node-pools"] {
            prop_assert!(!outcome.stderr.contains(rule), "{}\n{}", options, outcome.stderr);
        }
    }

    #[test]
    fn a_cluster_without_a_place_is_refused_and_moves_nothing(mut clusters in clusters()) {
        for cluster in &mut clusters {
            cluster.listeners = 1;
        }
        let build = Build { clusters, headroom: 0, pins: false };
        let config = "apiVersion: replatform.dev/v1alpha1\nkind: KafkaListenerNodePort\nmetadata: {name: k3s}\nspec: {}\n";
        let outcome = call(&build.manifests(), config);
        prop_assert_eq!(outcome.succeeded, build.clusters.len() == 1);
        if outcome.succeeded {
            let bootstrap = (format!("{}/k0", build.clusters[0].namespace), "l0".to_owned(), None);
            prop_assert_eq!(ports(&outcome).get(&bootstrap).copied(), Some(32094));
        } else {
prop_assert!(outcome.stdout.starts_with(&list(&build.manifests(), config)));
        }
    }
}

#[test]
fn by_rank_a_new_broker_moves_none() {
    let manifests = |replicas: u32| {
        let pools = vec![
            Pool { name: "controller".to_owned(), roles: "c", replicas: 3 },
            Pool { name: "kafka".to_owned(), roles: "b", replicas },
        ];
        Cluster { name: "k0".to_owned(), namespace: "a", pools, replicas: 0, listeners: 1 }.manifests()
    };
    let config = |ids: &str| {
        format!(
            "apiVersion: replatform.dev/v1alpha1\nkind: KafkaListenerNodePort\nmetadata: {{name: k3s}}\nspec:\n  brokerPorts: ByRank\n  \
             clusters: {{k0: {{brokerIDs: \"{ids}\"}}}}\n"
        )
    };
    let before = ports(&call(&manifests(2), &config("2000, 1000")));
    let after = ports(&call(&manifests(4), &config("2000, 1000, 500, 1001")));
    let of_brokers: Vec<_> = after.iter().filter_map(|((.., id), port)| Some((id.as_ref()?, *port))).collect();
    assert_eq!(of_brokers, [(&500, 32097), (&1000, 32096), (&1001, 32098), (&2000, 32095)]);
    assert!(before.iter().all(|(key, port)| after.get(key) == Some(port)));
}

#[test]
fn the_sample_gets_the_ports_of_its_document() {
    let pools = vec![
        Pool { name: "broker".to_owned(), roles: "b", replicas: 3 },
        Pool { name: "controller".to_owned(), roles: "c", replicas: 3 },
    ];
    let cluster = Cluster { name: "orders".to_owned(), namespace: "kafka", pools, replicas: 0, listeners: 1 };
    let config = "apiVersion: replatform.dev/v1alpha1\nkind: KafkaListenerNodePort\nmetadata: {name: k3s}\n";
    let found: Vec<_> =
        ports(&call(&cluster.manifests(), config)).into_iter().map(|((.., id), port)| (id, port)).collect();
    assert_eq!(found, [(None, 32094), (Some(0), 32095), (Some(1), 32096), (Some(2), 32097)]);
}
