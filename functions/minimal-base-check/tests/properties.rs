//! What holds whatever a build looks like.

use std::collections::BTreeSet;

use krm::finding::Findings;
use krm::resource_list::Resources;
use krm::rule::Severity;
use krm::trial::{objects_of, run_on};
use minimal_base_check::{MinimalBaseCheck, Spec, compare};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn resources() -> impl Strategy<Value = Value> {
    let amounts = prop_oneof![Just(json!({})), Just(json!({"cpu": "1"})), Just(json!({"cpu": "1", "memory": "1Gi"}))];
    prop_oneof![
        Just(Value::Null),
        (amounts.clone(), amounts).prop_map(|(limits, requests)| json!({"limits": limits, "requests": requests})),
    ]
}

fn container() -> impl Strategy<Value = Value> {
    ("[a-c]", resources()).prop_map(|(name, resources)| json!({"name": name, "image": "web:1", "resources": resources}))
}

/// Containers, each of another name.
fn containers() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(container(), 1..4).prop_map(|mut containers| {
        let mut seen = BTreeSet::new();
        containers.retain(|container| seen.insert(container["name"].to_string()));
        containers
    })
}

fn spec() -> impl Strategy<Value = Value> {
    let replicas = prop_oneof![Just(Value::Null), (0..4u64).prop_map(Value::from)];
    let selector = prop_oneof![Just(json!({})), Just(json!({"kubernetes.io/os": "linux"})), Just(json!({"pool": "a"}))];
    let claims = prop::collection::vec(prop_oneof![Just(Value::Null), Just(json!("1Gi"))], 0..3);
    (replicas, selector, containers(), claims).prop_map(|(replicas, selector, containers, claims)| {
        let claims = claims.into_iter().enumerate().map(|(index, size)| {
            json!({"metadata": {"name": format!("c{index}")}, "spec": {"resources": {"requests": {"storage": size}}}})
        });
        json!({
            "replicas": replicas,
            "template": {"spec": {"nodeSelector": selector, "containers": containers}},
            "volumeClaimTemplates": claims.collect::<Vec<_>>(),
        })
    })
}

/// Objects, each of another name.
fn objects() -> impl Strategy<Value = Vec<Value>> {
    let kind = prop_oneof![
        Just(("apps/v1", "Deployment")),
        Just(("apps/v1", "StatefulSet")),
        Just(("apps.openshift.io/v1", "DeploymentConfig")),
        Just(("example.com/v1", "Engine")),
        Just(("v1", "Service")),
    ];
    prop::collection::vec((kind, spec()), 1..5).prop_map(|objects| {
        let object = |(index, ((api, kind), spec)): (usize, ((&str, &str), Value))| {
            json!({"apiVersion": api, "kind": kind, "metadata": {"name": format!("app-{index}-x")}, "spec": spec})
        };
        objects.into_iter().enumerate().map(object).collect()
    })
}

fn told(objects: &[Value], spec: &Value) -> Vec<String> {
    let mut told: Vec<_> =
        run_on::<MinimalBaseCheck>(objects, spec).findings.iter().map(|(_, finding)| finding.to_string()).collect();
    told.sort();
    told
}

fn read(objects: &[Value]) -> Resources {
    let texts: Vec<_> = objects.iter().map(Value::to_string).collect();
    Resources::from_streams(vec![(None, texts.join("\n---\n"))]).expect("JSON is YAML")
}

/// The fields that an overlay inherits, by the kind of object.
fn inherited(base: &[Value], overlay: &[Value]) -> BTreeSet<String> {
    let mut findings = Findings::default();
    compare(&Spec::default(), &read(base), &read(overlay), &mut findings).expect("the options are in order");
    let found = findings.iter().filter(|finding| finding.severity() == Severity::Warning);
    found
        .map(|finding| format!("{:?} {:?}", finding.object().map(|object| &object.kind), finding.field_path()))
        .collect()
}

/// The objects as an overlay renames them.
fn renamed(objects: &[Value], prefix: &str, suffix: &str) -> Vec<Value> {
    let mut objects = objects.to_vec();
    for object in &mut objects {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        object["metadata"] = json!({"name": format!("{prefix}{name}{suffix}"), "namespace": "prod"});
    }
    objects
}

/// Takes out what a base must not state, as the findings name it.
fn without(objects: &[Value]) -> Vec<Value> {
    let mut objects = objects.to_vec();
    for object in &mut objects {
        let spec = &mut object["spec"];
        spec["replicas"] = Value::Null;
        spec["template"]["spec"]["nodeSelector"] = json!({});
        for container in spec["template"]["spec"]["containers"].as_array_mut().into_iter().flatten() {
            container["resources"] = Value::Null;
        }
        for claim in spec["volumeClaimTemplates"].as_array_mut().into_iter().flatten() {
            claim["spec"] = Map::new().into();
        }
    }
    objects
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changes_whatever_the_layer(objects in objects()) {
        for layer in ["Base", "Overlay"] {
            let outcome = run_on::<MinimalBaseCheck>(&objects, &json!({"layer": layer}));
            if outcome.succeeded {
                prop_assert_eq!(&objects_of(&outcome), &objects);
            }
            prop_assert_eq!(outcome.stderr, run_on::<MinimalBaseCheck>(&objects, &json!({"layer": layer})).stderr);
        }
    }

    #[test]
    fn an_object_is_told_the_same_alone_and_among_others(objects in objects()) {
        for layer in ["Base", "Overlay"] {
            let spec = json!({"layer": layer});
            let mut alone: Vec<_> = objects.iter().flat_map(|object| told(std::slice::from_ref(object), &spec)).collect();
            alone.sort();
            prop_assert_eq!(told(&objects, &spec), alone);
        }
    }

    #[test]
    fn a_base_without_what_differs_passes_and_nothing_of_it_is_inherited(objects in objects()) {
        let base = without(&objects);
        prop_assert_eq!(told(&base, &json!({"layer": "Base"})), Vec::<String>::new());
        prop_assert_eq!(inherited(&base, &objects), BTreeSet::new());
    }

    #[test]
    fn what_a_base_states_is_what_an_overlay_without_patches_inherits(objects in objects()) {
        let stated: BTreeSet<_> = run_on::<MinimalBaseCheck>(&objects, &json!({"layer": "Base"}))
            .findings
            .iter()
            .map(|(_, finding)| format!("{:?} {:?}", finding.object().map(|object| &object.kind), finding.field_path()))
            .collect();
        prop_assert_eq!(inherited(&objects, &objects), stated);
    }

    #[test]
    fn names_and_namespaces_of_an_overlay_decide_nothing(
        (base, overlay) in (objects(), objects()), prefix in "([a-z]{1,3}-)?", suffix in "(-[a-z]{1,3})?"
    ) {
        // Of the same names and kinds, so that every object has a counterpart.
        let overlay: Vec<_> = base.iter().zip(overlay.iter().cycle()).map(|(base, overlay)| {
            let mut object = base.clone();
            object["spec"] = overlay["spec"].clone();
            object
        }).collect();
        prop_assert_eq!(inherited(&base, &renamed(&overlay, &prefix, &suffix)), inherited(&base, &overlay));
    }

    #[test]
    fn an_exception_for_everything_leaves_infos_only(objects in objects()) {
        let exceptions = json!([{"object": "*", "reason": "tried"}]);
        for layer in ["Base", "Overlay"] {
            let outcome = run_on::<MinimalBaseCheck>(&objects, &json!({"layer": layer, "exceptions": exceptions}));
            prop_assert!(outcome.findings.iter().all(|(_, finding)| finding.severity() == Severity::Info), "{}", outcome.stderr);
        }
    }
}
