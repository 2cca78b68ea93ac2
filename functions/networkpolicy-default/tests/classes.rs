//! Who serves a class: each controller that a platform is known to have, by its class object, by annotations, by options.

use krm::host::Outcome;
use krm::trial::run_on;
use networkpolicy_default::NetworkPolicyDefault;
use platforms::{IngressController, Platform, ingress_controllers};
use serde_json::{Value, json};

/// A workload, and what leads to it by a class: an Ingress with annotations, or a route of a Gateway.
fn build(class: &str, is_gateway: bool, annotations: &Value) -> Vec<Value> {
    let labels = json!({"app": "web"});
    let metadata = json!({"name": "web", "namespace": "shop"});
    let container = json!({"name": "web", "image": "web:1", "ports": [{"containerPort": 8080}]});
    let mut objects = vec![
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
        }),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]},
        }),
    ];
    let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
    let path = json!({"path": "/", "pathType": "Prefix", "backend": backend});
    if is_gateway {
        objects.push(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata,
            "spec": {"gatewayClassName": class, "listeners": []},
        }));
        objects.push(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata,
            "spec": {"parentRefs": [{"name": "web"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
        }));
    } else {
        objects.push(json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": "web", "namespace": "shop", "annotations": annotations},
            "spec": {"ingressClassName": class, "rules": [{"http": {"paths": [path]}}]},
        }));
    }
    objects
}

fn run(objects: &[Value], spec: &Value) -> Outcome {
    run_on::<NetworkPolicyDefault>(objects, spec)
}

/// The namespaces and labels that the policy lets in, as it writes them.
fn let_in(outcome: &Outcome) -> Vec<(String, String)> {
    let build = krm::resource_list::Resources::from_list(outcome.stdout.clone()).expect("the outcome is a list");
    let policies = build.iter().filter(|item| item.name() == "web-allow-from-ingress-controller");
    let peers: Vec<Value> = policies
        .flat_map(|policy| policy.value()["spec"]["ingress"][0]["from"].as_array().cloned().unwrap_or_default())
        .collect();
    let text =
        |peer: &Value, pointer: &str| peer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let of = |peer: &Value| {
        let namespace = text(peer, "/namespaceSelector/matchLabels/kubernetes.io~1metadata.name");
        (namespace, text(peer, "/podSelector/matchExpressions/0/values/0"))
    };
    peers.iter().map(of).collect()
}

fn pods_of(controller: &IngressController) -> (String, String) {
    (controller.namespace.to_owned(), controller.app_name.to_owned())
}

#[test]
fn a_class_of_the_build_decides_by_its_controller_whatever_its_name() {
    for platform in Platform::ALL {
        for known in ingress_controllers(platform) {
            for (controller, class) in
                known.controllers().iter().flat_map(|one| ["edge", "haproxy"].map(|it| (one, it)))
            {
                for is_gateway in [false, true] {
                    let (kind, group, field) = match is_gateway {
                        true => ("GatewayClass", "gateway.networking.k8s.io", "controllerName"),
                        false => ("IngressClass", "networking.k8s.io", "controller"),
                    };
                    let mut objects = build(class, is_gateway, &json!({}));
                    objects.push(json!({
                        "apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": class},
                        "spec": {field: format!("{controller}/inner")},
                    }));
                    let outcome = run(&objects, &json!({"platform": platform}));
                    assert_eq!(let_in(&outcome), [pods_of(&known)], "{kind} {controller}: {}", outcome.stderr);
                    assert!(!outcome.stderr.contains("class-"), "{}", outcome.stderr);
                }
            }
        }
    }
}

#[test]
fn a_name_that_several_controllers_use_is_told_and_decided_by_annotations_or_options() {
    for platform in Platform::ALL {
        let of_name: Vec<_> = ingress_controllers(platform).filter(|one| one.class == Some("haproxy")).collect();
        let outcome = run(&build("haproxy", false, &json!({})), &json!({"platform": platform}));
        let all: Vec<_> = of_name.iter().map(pods_of).collect();
        assert_eq!(let_in(&outcome), all, "{}", outcome.stderr);
        assert_eq!(outcome.stderr.contains("class-ambiguous"), all.len() > 1, "{}", outcome.stderr);
        for known in &of_name {
            let key = if known.app_name == "haproxy-ingress" { "haproxy-ingress.github.io/x" } else { "haproxy.org/x" };
            let outcome = run(&build("haproxy", false, &json!({key: "1"})), &json!({"platform": platform}));
            assert_eq!(let_in(&outcome), [pods_of(known)], "{key}: {}", outcome.stderr);
        }
        let labels = json!({"app.kubernetes.io/name": "mine"});
        let options = json!({"platform": platform, "ingressControllers": {"haproxy": {"namespace": "edge", "podLabels": labels}}});
        let outcome = run(&build("haproxy", false, &json!({})), &options);
        assert_eq!(let_in(&outcome), [("edge".to_owned(), "mine".to_owned())], "{}", outcome.stderr);
    }
}

#[test]
fn namespaces_of_known_controllers_get_no_policies() {
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.json")).expect("it is there");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let excluded = &schema["properties"]["spec"]["properties"]["excludedNamespaces"]["default"];
    for known in Platform::ALL.into_iter().flat_map(ingress_controllers) {
        let is_left = known.namespace == "kube-system"
            || excluded.as_array().is_some_and(|it| it.contains(&json!(known.namespace)));
        assert!(is_left, "{known:?} is not among {excluded}");
    }
}
