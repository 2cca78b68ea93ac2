//! What holds whatever a build looks like.

use std::collections::BTreeSet;

use krm::trial::{objects_of, run_on};
use platform_leftover_check::PlatformLeftoverCheck;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Texts, of which some are of an old platform.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("gs://bucket/raw".to_owned()),
        Just("registry.redhat.io/ubi9/ubi:1".to_owned()),
        Just("https://web.apps.ocp.example.com".to_owned()),
        Just("oc get pods".to_owned()),
        Just("# oc get gs://x\n".to_owned()),
        Just("image-registry.openshift-image-registry.svc:5000/a/b".to_owned()),
        Just("$(VAR)".to_owned()),
        Just("europe-west1-b".to_owned()),
        Just("{{ .x".to_owned()),
        Just("'\"`$(oc".to_owned()),
        "[ -~äöü\n]{0,12}",
    ]
}

/// Keys, of which some mean something.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("annotations".to_owned()),
        Just("labels".to_owned()),
        Just("nodeSelector".to_owned()),
        Just("matchExpressions".to_owned()),
        Just("tolerations".to_owned()),
        Just("containers".to_owned()),
        Just("env".to_owned()),
        Just("command".to_owned()),
        Just("image".to_owned()),
        Just("key".to_owned()),
        Just("value".to_owned()),
        Just("name".to_owned()),
        Just("namespace".to_owned()),
        Just("serviceAccountName".to_owned()),
        Just("apiVersion".to_owned()),
        Just("kind".to_owned()),
        Just("values".to_owned()),
        Just("openshift.io/node-selector".to_owned()),
        Just("cloud.google.com/neg".to_owned()),
        Just("node-role.kubernetes.io/worker".to_owned()),
        "[a-z]{1,5}",
    ]
}

/// Any value.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec((key(), inner.clone()), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        Just(("v1", "ConfigMap")),
        Just(("v1", "Service")),
        Just(("v1", "Namespace")),
        Just(("v1", "ServiceAccount")),
        Just(("apps/v1", "Deployment")),
        Just(("batch/v1beta1", "CronJob")),
        Just(("apps.openshift.io/v1", "DeploymentConfig")),
        Just(("rbac.authorization.k8s.io/v1", "RoleBinding")),
        Just(("argoproj.io/v1alpha1", "Application")),
        Just(("kafka.strimzi.io/v1", "Kafka")),
        Just(("apiextensions.k8s.io/v1", "CustomResourceDefinition")),
        Just(("example.com/v1", "Any")),
    ];
    let metadata = || prop::collection::vec((key(), text()), 0..3);
    (kind, "[a-z]{1,3}", metadata(), metadata(), value(), value()).prop_map(
        |((api_version, kind), name, annotations, labels, spec, data)| {
            let map = |entries: Vec<(String, String)>| -> Map<String, Value> {
                entries.into_iter().map(|(key, text)| (key, text.into())).collect()
            };
            json!({"apiVersion": api_version, "kind": kind,
                "metadata": {"name": name, "namespace": "shop", "annotations": map(annotations), "labels": map(labels)},
                "spec": spec, "data": data})
        },
    )
}

/// What a build leads to, without the names of objects that share a finding.
fn told(objects: &[Value]) -> Vec<(String, String)> {
    let outcome = run_on::<PlatformLeftoverCheck>(objects, &json!({}));
    let findings = outcome.findings.iter();
    findings.map(|(_, finding)| (finding.rule().id.to_owned(), finding.severity().to_string())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changes_and_the_same_is_told_again(objects in prop::collection::vec(object(), 1..5)) {
        let outcome = run_on::<PlatformLeftoverCheck>(&objects, &json!({}));
        if outcome.succeeded {
            prop_assert_eq!(&objects_of(&outcome), &objects);
        }
        let again = run_on::<PlatformLeftoverCheck>(&objects, &json!({}));
        prop_assert_eq!(outcome.stderr, again.stderr);
    }

    #[test]
    fn the_order_of_objects_decides_nothing(objects in prop::collection::vec(object(), 2..5)) {
        let sorted = |mut told: Vec<(String, String)>| {
            told.sort();
            told
        };
        let reversed: Vec<_> = objects.iter().rev().cloned().collect();
        prop_assert_eq!(sorted(told(&objects)), sorted(told(&reversed)));
    }

    #[test]
    fn more_objects_never_hide_a_rule(objects in prop::collection::vec(object(), 2..5)) {
        // Only what the build makes may settle a finding about a missing object.
        let settled = ["missing-object", "missing-namespace", "old-domain"];
        let rules = |objects: &[Value]| -> BTreeSet<String> {
            let rules = told(objects).into_iter().map(|(rule, _)| rule);
            rules.filter(|rule| !settled.contains(&rule.as_str())).collect()
        };
        let all = rules(&objects);
        for one in &objects {
            let alone = rules(std::slice::from_ref(one));
            prop_assert!(alone.is_subset(&all), "{:?} {:?}", alone, all);
        }
    }

    #[test]
    fn a_leftover_in_a_custom_resource_is_told_once_wherever_it_is(path in prop::collection::vec("[b-h]{1,4}", 1..5), quote in prop_oneof![Just(""), Just("\""), Just("url=")]) {
        let spec = path.iter().rev().fold(json!(format!("{quote}gs://bucket/x")), |value, key| json!({ key: [value] }));
        let object = json!({"apiVersion": "example.com/v1", "kind": "Any", "metadata": {"name": "a"}, "spec": spec});
        prop_assert_eq!(told(&[object]), [("google-service".to_owned(), "warning".to_owned())]);
    }

    #[test]
    fn comments_of_scripts_are_never_told(lines in prop::collection::vec("( )*# (oc get|gs://x|registry[.]redhat[.]io/a)[ -~]{0,9}", 1..5)) {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"run.sh": lines.join("\n")}});
        prop_assert_eq!(told(&[map]), []);
    }
}

#[test]
fn objects_of_one_cause_are_told_as_one_finding() {
    let streams = |count: usize| -> Vec<Value> {
        let stream = |index| json!({"apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": {"name": format!("s{index}")}});
        (0..count).map(stream).collect()
    };
    for count in [1, 2, 50] {
        assert_eq!(told(&streams(count)).len(), 1, "{count}");
    }
}
