//! What must hold for any amounts.

use cluster_standards::ClusterStandards;
use krm::trial::{objects_of, run_on};
use proptest::prelude::*;
use serde_json::{Value, json};

fn objects(bounds: [u32; 4], request: Option<u32>, limit: Option<u32>) -> Vec<Value> {
    let mut bounds = bounds;
    bounds.sort_unstable();
    let [min, default_request, default, max] = bounds.map(|millis| json!({"cpu": format!("{millis}m")}));
    let amount = |millis: Option<u32>| millis.map_or(json!({}), |millis| json!({"cpu": format!("{millis}m")}));
    vec![
        json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "limits", "namespace": "shop"}, "spec": {"limits": [
            {"type": "Container", "min": min, "defaultRequest": default_request, "default": default, "max": max}]}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": {"spec": {
            "containers": [{"name": "web", "resources": {"requests": amount(request), "limits": amount(limit)}}]}}}}),
    ]
}

fn amounts() -> impl Strategy<Value = Option<u32>> {
    prop::option::of(1_u32..2000)
}

proptest! {
    /// What the API server fills in is within what it demands.
    #[test]
    fn containers_that_state_nothing_are_within_every_limit_range(bounds in prop::array::uniform4(1_u32..2000)) {
        let outcome = run_on::<ClusterStandards>(&objects(bounds, None, None), &json!({}));
        prop_assert!(outcome.succeeded && outcome.findings.is_empty(), "{:?}", outcome.findings);
    }

    /// Writing down what the API server fills in changes nothing of what it then takes or refuses.
    #[test]
    fn completed_resources_are_taken_and_refused_as_before(bounds in prop::array::uniform4(1_u32..2000), request in amounts(), limit in amounts()) {
        let objects = objects(bounds, request, limit);
        let plain = run_on::<ClusterStandards>(&objects, &json!({}));
        let completing = json!({"complete": ["Resources"]});
        let completed = run_on::<ClusterStandards>(&objects, &completing);
        prop_assert_eq!(plain.succeeded, completed.succeeded);
        if completed.succeeded {
            let written = objects_of(&completed);
            let plainly = run_on::<ClusterStandards>(&written, &json!({}));
            prop_assert!(plainly.succeeded, "{:?}", plainly.findings);
            let again = objects_of(&run_on::<ClusterStandards>(&written, &completing));
            prop_assert_eq!(&again, &written);
            let resources = &written[1]["spec"]["template"]["spec"]["containers"][0]["resources"];
            // A limit that is stated is the request already.
            prop_assert!(resources["limits"]["cpu"].is_string());
            prop_assert!(limit.is_some() || resources["requests"]["cpu"].is_string());
        }
    }
}
