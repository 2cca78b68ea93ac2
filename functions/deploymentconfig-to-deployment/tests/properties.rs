//! What holds whatever the DeploymentConfigs are.

use deploymentconfig_to_deployment::DeploymentConfigToDeployment;
use krm::host::{Call, Outcome, run};
use krm::trial::{objects_of, run_on};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What the function does with a text of manifests.
fn outcome_of(text: &str) -> Outcome {
    let arguments = ["deploymentconfig-to-deployment", "-"].map(Into::into).to_vec();
    run::<DeploymentConfigToDeployment>(Call { arguments, is_plugin: false, stdin: Some(text.as_bytes().to_vec()) })
}

/// Fields of a container, written in ways that people write them.
fn lines() -> impl Strategy<Value = Vec<&'static str>> {
    let all = vec![
        "env: [{name: MODE, value: 'on'}]   # odd   spaces",
        "args: [\"a\",   'b', c]",
        "resources:\n            limits: {cpu: 100m}",
        "# a comment of its own",
        "command:\n        - sh\n        - |\n          echo \"x\"  \n          deploy",
        "workingDir: \"/srv\"",
        "ports:\n          -   containerPort: 8080",
    ];
    proptest::sample::subsequence(all, 0..=7)
}

/// Fields beside the template, one line each.
fn fields() -> impl Strategy<Value = Vec<&'static str>> {
    let all = vec![
        "replicas: 3",
        "selector: {app: web}",
        "strategy: {type: Recreate}",
        "triggers: []",
        "minReadySeconds: 5",
        "test: false",
        "paused: true",
    ];
    proptest::sample::subsequence(all, 0..=7)
}

proptest! {
    #[test]
    fn the_template_keeps_its_bytes(lines in lines(), before in fields(), after in fields()) {
        let after: Vec<_> = after.into_iter().filter(|field| !before.contains(field)).collect();
        let template = format!(
            "  template:\n    metadata:\n      labels: {{app:   web}}  # the shop\n    spec:\n      containers:\n      - name: web\n        \
             image: registry.example.com/web:1\n{}",
            lines.iter().map(|line| format!("        {line}\n")).collect::<String>()
        );
        let listed = |fields: &[&str]| fields.iter().map(|field| format!("  {field}\n")).collect::<String>();
        let text = format!(
            "apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata:\n  name: web\nspec:\n{}{template}{}",
            listed(&before),
            listed(&after)
        );
        let outcome = outcome_of(&text);
        prop_assert!(outcome.succeeded, "{}{text}", outcome.stderr);
        prop_assert!(outcome.stdout.contains(&template), "{text}\n{}", outcome.stdout);
        let again = outcome_of(&outcome.stdout);
        prop_assert_eq!(again.stdout, outcome.stdout);
    }
}

/// A reference of each form to a workload.
fn reference(form: usize, kind: &str, name: &str) -> Value {
    let api_version = if kind == "DeploymentConfig" { "apps.openshift.io/v1" } else { "apps/v1" };
    let target = json!({"apiVersion": api_version, "kind": kind, "name": name});
    let (api_version, kind, field) = [
        ("autoscaling/v2", "HorizontalPodAutoscaler", "scaleTargetRef"),
        ("keda.sh/v1alpha1", "ScaledObject", "scaleTargetRef"),
        ("autoscaling.k8s.io/v1", "VerticalPodAutoscaler", "targetRef"),
        ("argoproj.io/v1alpha1", "Rollout", "workloadRef"),
        ("servicebinding.io/v1", "ServiceBinding", "workload"),
    ][form];
    let name = format!("{name}-{form}");
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": { field: target }})
}

fn workload(kind: &str, name: &str) -> Value {
    let is_config = kind == "DeploymentConfig";
    let api_version = if is_config { "apps.openshift.io/v1" } else { "apps/v1" };
    let selector = if is_config { json!({"app": name}) } else { json!({"matchLabels": {"app": name}}) };
    let template = json!({"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "a", "image": "registry.example.com/a:1"}]}});
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": {"replicas": 1, "selector": selector, "template": template}})
}

/// Every field of the objects, flattened: `kind` fields that name a DeploymentConfig.
fn names_config(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("DeploymentConfig"),
        Value::Array(items) => items.iter().any(names_config),
        Value::Object(map) => map.values().any(names_config),
        _ => false,
    }
}

proptest! {
    #[test]
    fn references_follow_and_nothing_else_moves(
        kinds in proptest::collection::vec(prop_oneof!["DeploymentConfig", "StatefulSet"], 1..5),
        references in proptest::collection::vec((0_usize..5, 0_usize..5), 0..8),
    ) {
        let name = |index: usize| format!("w{index}");
        let mut objects: Vec<Value> = kinds.iter().enumerate().map(|(index, kind)| workload(kind, &name(index))).collect();
        for (form, target) in references {
            let target = target % kinds.len();
            objects.push(reference(form, &kinds[target], &name(target)));
        }
        let outcome = run_on::<DeploymentConfigToDeployment>(&objects, &Value::Null);
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        for (before, after) in objects.iter().zip(objects_of(&outcome)) {
            if names_config(before) {
                prop_assert!(!names_config(&after), "{after}");
                let expected: Value = serde_json::from_str(
                    &before.to_string().replace("apps.openshift.io/v1", "apps/v1").replace("DeploymentConfig", "Deployment"),
                ).expect("it is JSON");
                if before["kind"] != "DeploymentConfig" {
                    prop_assert_eq!(&after, &expected);
                }
                prop_assert_eq!(&after["spec"]["template"], &expected["spec"]["template"]);
            } else {
                prop_assert_eq!(&after, before);
            }
        }
    }

    #[test]
    fn what_still_names_a_deployment_config_is_told(
        path in proptest::collection::vec("[a-d]", 1..4),
        text in prop_oneof![
            Just("DeploymentConfig"),
            Just("a DeploymentConfig of the shop"),
            Just("apps.openshift.io/v1"),
            Just("oc rollout latest dc/web"),
            Just("deploymentconfigs.apps.openshift.io"),
        ],
        in_list in any::<bool>(),
    ) {
        let mut value = json!(text);
        for key in path.iter().rev() {
            value = if in_list { json!({ key: [value] }) } else { json!({ key: value }) };
        }
        let object = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": value});
        let outcome = run_on::<DeploymentConfigToDeployment>(std::slice::from_ref(&object), &Value::Null);
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        prop_assert_eq!(&objects_of(&outcome)[0], &object);
        let told = outcome.findings.iter().filter(|(_, finding)| finding.field_path().is_some_and(|path| path.starts_with("spec")));
        prop_assert_eq!(told.count(), 1, "{}", outcome.stderr);
    }
}

/// A DeploymentConfig with labels, and with a selector of the first of them.
fn labelled(name: &str, labels: &[(&str, &str)], selected: usize) -> Value {
    let map = |entries: &[(&str, &str)]| entries.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    let (labels, selector): (serde_json::Map<_, _>, serde_json::Map<_, _>) = (map(labels), map(&labels[..selected]));
    let mut object = workload("DeploymentConfig", name);
    object["spec"]["selector"] = selector.into();
    object["spec"]["template"]["metadata"]["labels"] = labels.into();
    object
}

/// Whether the labels of the pods of a workload fit a selector.
fn selects(selector: &Value, workload: &Value) -> bool {
    let labels = &workload["spec"]["template"]["metadata"]["labels"];
    selector.as_object().into_iter().flatten().all(|(key, value)| labels[key] == *value)
}

proptest! {
    /// OpenShift tells the pods of DeploymentConfigs apart by a label with their names.
    #[test]
    fn no_deployment_selects_pods_of_another(
        all in proptest::collection::vec((0_usize..2, 0_usize..2, prop::option::of(0_usize..5), 0_usize..4), 1..5),
    ) {
        let names = ["w0", "w1", "w2", "w3", "w4"];
        let objects: Vec<Value> = all.iter().enumerate().map(|(index, (app, tier, own, selected))| {
            let mut labels = vec![("app", ["a", "b"][*app]), ("tier", ["c", "d"][*tier])];
            labels.extend(own.map(|own| ("deploymentconfig", names[own])));
            labelled(names[index], &labels, (*selected).min(labels.len()))
        }).collect();
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "w0"}, "spec": {"selector": {"deploymentconfig": "w0"}}});
        let outcome = run_on::<DeploymentConfigToDeployment>(&[&objects[..], std::slice::from_ref(&service)].concat(), &Value::Null);
        prop_assert!(outcome.succeeded, "{}", outcome.stderr);
        let after = objects_of(&outcome);
        for (index, deployment) in after[..objects.len()].iter().enumerate() {
            let selector = &deployment["spec"]["selector"]["matchLabels"];
            for (other, pods) in after[..objects.len()].iter().enumerate() {
                prop_assert_eq!(selects(selector, pods), index == other, "{} {}", deployment, pods);
            }
            prop_assert_eq!(selects(&service["spec"]["selector"], deployment), index == 0);
        }
    }
}
