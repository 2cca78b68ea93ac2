//! What holds of budgets that the function adds, whatever the build.

use std::collections::BTreeMap;

use cluster_standards::ClusterStandards;
use krm::trial::{objects_of, run_on};
use proptest::prelude::*;
use serde_json::{Value, json};

const MANAGED_BY: &str = "replatform.dev/managed-by";

/// A workload: its kind, replicas, labels of its pods, and whether its selector asks for all of them.
fn workload(index: usize) -> impl Strategy<Value = Vec<Value>> {
    let kind = prop_oneof![Just("Deployment"), Just("StatefulSet"), Just("DaemonSet")];
    let number = prop_oneof![Just(Value::Null), (0_u64..5).prop_map(Value::from)];
    let scaling = proptest::option::of((0_u64..4, 4_u64..6));
    (kind, number, "[ab]", "[xy]", any::<bool>(), scaling).prop_map(
        move |(kind, replicas, app, tier, is_narrow, scaling)| {
            let name = format!("w{index}");
            let labels = json!({"app": app, "tier": tier});
            let selector = if is_narrow { labels.clone() } else { json!({"app": app}) };
            let mut spec = json!({
                "selector": {"matchLabels": selector},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
            });
            if kind != "DaemonSet" && !replicas.is_null() {
                spec["replicas"] = replicas;
            }
            let metadata = json!({"name": name, "namespace": "shop"});
            let object = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec});
            let scaler = scaling.filter(|_| kind != "DaemonSet").map(|(least, most)| {
                json!({
                    "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": metadata,
                    "spec": {
                        "scaleTargetRef": {"kind": kind, "name": name}, "minReplicaCount": least, "maxReplicaCount": most,
                        "triggers": [{"type": "kafka", "metadata": {}}],
                    },
                })
            });
            std::iter::once(object).chain(scaler).collect()
        },
    )
}

/// A budget that a person wrote.
fn budget() -> impl Strategy<Value = Value> {
    ("[ab]", "w[0-4]|other").prop_map(|(app, name)| {
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": app}}},
        })
    })
}

fn build() -> impl Strategy<Value = Vec<Value>> {
    let workloads = (1_usize..5).prop_flat_map(|count| (0..count).map(workload).collect::<Vec<_>>());
    (workloads, proptest::option::of(budget()))
        .prop_map(|(workloads, budget)| workloads.into_iter().flatten().chain(budget).collect())
}

fn is_selected(pod: &Value, budget: &Value) -> bool {
    let labels: BTreeMap<_, _> =
        pod["spec"]["template"]["metadata"]["labels"].as_object().into_iter().flatten().collect();
    let wanted = budget["spec"]["selector"]["matchLabels"].as_object();
    wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| labels.get(key) == Some(&value)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_added_budget_never_blocks_and_is_the_only_one(objects in build()) {
        let complete = json!({"complete": ["PodDisruptionBudgets"]});
        let outcome = run_on::<ClusterStandards>(&objects, &complete);
        prop_assume!(outcome.succeeded);
        let built = objects_of(&outcome);
        let budgets: Vec<_> = built.iter().filter(|object| object["kind"] == "PodDisruptionBudget").collect();
        let added: Vec<_> = budgets.iter().filter(|budget| !budget["metadata"]["labels"][MANAGED_BY].is_null()).collect();
        let pods = || built.iter().filter(|object| object["spec"]["template"].is_object());
        for budget in &added {
            prop_assert_eq!(&budget["spec"]["maxUnavailable"], 1);
            let selected: Vec<_> = pods().filter(|pod| is_selected(pod, budget)).collect();
            prop_assert_eq!(selected.len(), 1, "{}", budget);
            prop_assert!(selected[0]["kind"] != "DaemonSet", "{}", budget);
        }
        for pod in pods() {
            let own = budgets.iter().filter(|budget| is_selected(pod, budget)).count();
            let has_added = added.iter().any(|budget| is_selected(pod, budget));
            prop_assert!(own <= 1 || !has_added, "{} has {} budgets", pod["metadata"]["name"], own);
        }
        // The function itself finds nothing wrong with what it added, and adds nothing more.
        let again = run_on::<ClusterStandards>(&built, &complete);
        prop_assert!(again.succeeded, "{}", again.stderr);
        prop_assert_eq!(objects_of(&again), built.clone());
        for budget in &added {
            let name = format!("PodDisruptionBudget shop/{}:", budget["metadata"]["name"].as_str().unwrap_or_default());
            prop_assert!(!again.stderr.contains(&name), "{}", again.stderr);
        }
    }
}
