//! The time that a build takes grows with the number of its objects.

use std::time::{Duration, Instant};

use image_registry_rewrite::ImageRegistryRewrite;
use krm::trial::run_on;
use serde_json::{Value, json};

/// The time for so many objects, half of which have something to change.
fn time(count: usize) -> Duration {
    let object = |index: usize| {
        let registry = if index.is_multiple_of(2) { "quay.io/example" } else { "registry.example.com" };
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": format!("web-{index}")}, "spec": {
            "template": {"spec": {"containers": [{"name": "web", "image": format!("{registry}/web-{index}:1"),
                "env": [{"name": "PORT", "value": "8080"}], "args": ["--port=8080"]}]}}}})
    };
    let objects: Vec<Value> = (0..count).map(object).collect();
    let spec = json!({"registries": {"quay.io/example": "ghcr.io/shop"}, "pullSecrets": {"ghcr.io": "pull"}});
    let start = Instant::now();
    let outcome = run_on::<ImageRegistryRewrite>(&objects, &spec);
    assert!(outcome.succeeded && outcome.stdout.contains("ghcr.io/shop/web-0:1"));
    start.elapsed()
}

#[test]
fn twenty_thousand_objects_take_ten_times_as_long_as_two_thousand() {
    let small = time(2_000);
    let large = time(20_000);
    assert!(large < small * 30, "2,000 objects take {small:?}, and 20,000 take {large:?}");
}
