//! Objects with odd values in every field: the function neither stops nor writes what a second run changes.

use deploymentconfig_to_deployment::DeploymentConfigToDeployment;
use krm::trial::{list_of, run_on};
use krm::yaml::Tree;
use proptest::prelude::*;
use serde_json::{Value, json};

const OBJECTS: &str = r#"
- apiVersion: apps.openshift.io/v1
  kind: DeploymentConfig
  metadata: {name: web, namespace: shop, annotations: {image.openshift.io/triggers: '[]', a: b}}
  spec:
    replicas: 1
    selector: {app: web}
    paused: false
    minReadySeconds: 1
    strategy:
      type: Recreate
      labels: {a: b}
      recreateParams:
        timeoutSeconds: 60
        pre: {failurePolicy: Abort, execNewPod: {containerName: web, command: [x], env: [{name: A, value: b}], volumes: [v]}}
    triggers:
    - {type: ConfigChange}
    - {type: ImageChange, imageChangeParams: {automatic: true, containerNames: [web], from: {kind: ImageStreamTag, name: web:latest}}}
    template:
      metadata: {labels: {app: web}, annotations: {alpha.image.policy.openshift.io/resolve-names: '*'}}
      spec:
        containers: [{name: web, image: web, env: [{name: A, value: c}], volumeMounts: [{name: v, mountPath: /v}]}]
        volumes: [{name: v, image: {reference: a}}]
- apiVersion: image.openshift.io/v1
  kind: ImageStream
  metadata: {name: web, namespace: shop}
  spec:
    lookupPolicy: {local: true}
    tags: [{name: latest, from: {kind: DockerImage, name: quay.io/example/web:1}, importPolicy: {scheduled: true}}]
- apiVersion: build.openshift.io/v1
  kind: BuildConfig
  metadata: {name: web, namespace: shop}
  spec:
    output: {to: {kind: ImageStreamTag, name: web:latest}}
    source: {git: {uri: https://git.example.com/web.git}, images: [{from: {kind: ImageStreamTag, name: a:b}}]}
    strategy: {dockerStrategy: {from: {kind: ImageStreamTag, name: base:1}}}
- apiVersion: template.openshift.io/v1
  kind: Template
  metadata: {name: web}
  parameters: [{name: A, required: true}]
  objects: [{apiVersion: example.com/v1, kind: A}]
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: api, annotations: {image.openshift.io/triggers: '[{"from":{"kind":"ImageStreamTag","name":"a:b"},"fieldPath":"x"}]'}}
  spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: 'image-registry.openshift-image-registry.svc:5000/a/b'}]}}}
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: shop}
  spec: {selector: {deploymentconfig: web}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: web}
  spec: {podSelector: {matchExpressions: [{key: deploymentconfig, operator: In, values: [web]}]}}
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: web, ownerReferences: [{apiVersion: apps.openshift.io/v1, kind: DeploymentConfig, name: web}]}
  spec: {scaleTargetRef: {apiVersion: apps.openshift.io/v1, kind: DeploymentConfig, name: web}}
- apiVersion: argoproj.io/v1alpha1
  kind: AppProject
  metadata: {name: web}
  spec: {namespaceResourceWhitelist: [{group: apps.openshift.io, kind: DeploymentConfig}]}
- apiVersion: argoproj.io/v1alpha1
  kind: Application
  metadata: {name: web}
  spec: {ignoreDifferences: [{group: apps.openshift.io, kind: DeploymentConfig, jsonPointers: [/spec/triggers]}]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: web}
  rules: [{apiGroups: ['', apps.openshift.io], resources: [deploymentconfigs, pods], verbs: [get]}]
- apiVersion: authorization.openshift.io/v1
  kind: Role
  metadata: {name: old}
  rules: [{apiGroups: [''], attributeRestrictions: null, resources: [pods], verbs: [get]}]
- apiVersion: authorization.openshift.io/v1
  kind: RoleBinding
  metadata: {name: old, namespace: shop}
  roleRef: {name: edit}
  subjects: [{kind: User, name: a}]
  userNames: [a]
- apiVersion: project.openshift.io/v1
  kind: ProjectRequest
  metadata: {name: shop}
  displayName: The shop
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: tools}
  data: {a: oc rollout latest dc/web}
"#;

fn objects() -> Vec<Value> {
    let tree = Tree::parse(OBJECTS.to_owned()).expect("the objects are YAML");
    tree.value(tree.documents()[0].root).as_array().cloned().unwrap_or_default()
}

/// The JSON pointers of all values below one, but for type and name.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    if !["", "/apiVersion", "/kind", "/metadata", "/metadata/name"].contains(&at) {
        found.push(at.to_owned());
    }
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| pointers(value, &below(key), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| pointers(value, &below(&index.to_string()), found));
        }
        _ => {}
    }
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(1.5)),
        Just(json!("")),
        Just(json!("DeploymentConfig")),
        Just(json!("a/b:c@d")),
        Just(json!([])),
        Just(json!(["x", 1, null])),
        Just(json!({})),
        Just(json!({"kind": "DeploymentConfig", "operator": "In", "key": "deployment", "values": ["web-1"]})),
        Just(json!([[{}]])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn odd_values_never_stop_the_function(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), odd_value()), 1..4),
        argo in any::<bool>(),
        registry in any::<bool>(),
    ) {
        let mut objects = objects();
        for (object, field, value) in changes {
            let object = object.get_mut(&mut objects);
            let mut found = Vec::new();
            pointers(object, "", &mut found);
            let pointer = field.get(&found);
            if let Some(place) = object.pointer_mut(pointer) {
                *place = value;
            }
        }
        let mut spec = json!({});
        if argo {
            spec["hooks"] = "ArgoCD".into();
        }
        if registry {
            spec["internalRegistry"] = "registry.example.com".into();
        }
        for object in &objects {
            check(std::slice::from_ref(object), &spec)?;
        }
        check(&objects, &spec)?;
    }
}

/// Runs the function twice.
fn check(objects: &[Value], spec: &Value) -> Result<(), TestCaseError> {
    let outcome = run_on::<DeploymentConfigToDeployment>(objects, spec);
    let is_fault = outcome.findings.iter().any(|(_, finding)| finding.rule().id == "internal-error");
    prop_assert!(!is_fault, "{}", outcome.stderr);
    if outcome.succeeded {
        let after = list_of(&outcome)["items"].as_array().cloned().unwrap_or_default();
        let again = run_on::<DeploymentConfigToDeployment>(&after, spec);
        prop_assert!(again.succeeded, "{}", again.stderr);
        prop_assert_eq!(&list_of(&again)["items"], &list_of(&outcome)["items"]);
    }
    Ok(())
}
