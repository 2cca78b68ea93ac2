//! Every row of every table is reached by an object that is made of it.

use krm::table::rows;
use krm::trial::run_on;
use manifests::fields::Pattern;
use platform_leftover_check::PlatformLeftoverCheck;
use serde_json::{Value, json};

/// The findings of a build as lines without what is about other matters.
fn told(objects: &[Value], spec: &Value) -> Vec<String> {
    let outcome = run_on::<PlatformLeftoverCheck>(objects, spec);
    outcome.findings.iter().map(|(_, finding)| format!("{finding} [{}]", finding.rule().id)).collect()
}

/// Checks that a build leads to a finding with this severity, rule and text, or with `-` to none of the text.
fn check(objects: &[Value], severity: &str, rule: &str, text: &str, row: &str) {
    let told = told(objects, &json!({}));
    if severity == "-" {
        return assert!(told.is_empty(), "{row}: {told:?}");
    }
    let start = format!("{}: ", severity.to_lowercase());
    let end = format!("[{rule}]");
    let is_it = |line: &&String| line.starts_with(&start) && line.ends_with(&end) && line.contains(text);
    assert_eq!(told.iter().filter(is_it).count(), 1, "{row}: {told:?}");
}

/// A name that a pattern with a `*` at one end means.
fn example(pattern: &str) -> String {
    pattern.replace("*.", "any.").replace('*', "any")
}

/// Whether the rows are in order, and none is there twice.
fn check_order<const N: usize>(table: &'static str) {
    let rows: Vec<_> = rows::<N>(table).collect();
    assert!(rows.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", rows.windows(2).find(|pair| pair[0] >= pair[1]));
}

fn object(api_version: &str, kind: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "web", "namespace": "shop"}})
}

/// The API version that an object of a kind has in these tests.
fn api_version_of(kind: &str) -> &'static str {
    match kind {
        "Namespace" | "Service" | "ServiceAccount" | "ConfigMap" | "*" => "v1",
        "Ingress" => "networking.k8s.io/v1",
        "CustomResourceDefinition" => "apiextensions.k8s.io/v1",
        "APIService" => "apiregistration.k8s.io/v1",
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => "admissionregistration.k8s.io/v1",
        other => panic!("nothing is known of {other}"),
    }
}

fn deployment(pod: &Value) -> Value {
    let mut deployment = object("apps/v1", "Deployment");
    deployment["spec"] = json!({"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": pod}});
    deployment
}

fn config_map(key: &str, text: &str) -> Value {
    let mut map = object("v1", "ConfigMap");
    map["data"] = json!({ key: text });
    map
}

#[test]
fn kinds_of_old_platforms_are_told() {
    const TABLE: &str = include_str!("../data/groups.tsv");
    check_order::<6>(TABLE);
    for [group, kind, _, rule, function, remedy] in rows::<6>(TABLE) {
        let kind = if kind == "*" { "Any" } else { kind };
        let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{}/v1", example(group)) };
        let object = object(&api_version, kind);
        check(std::slice::from_ref(&object), "Error", rule, remedy, &format!("{group} {kind}"));
        assert_eq!(rule == "function-not-run", function != "-", "{group} {kind}");
        if function != "-" {
            check(&[object], "Error", rule, function, &format!("{group} {kind}"));
        }
    }
}

#[test]
fn packages_are_told_by_their_name() {
    const TABLE: &str = include_str!("../data/packages.tsv");
    check_order::<2>(TABLE);
    for [package, upstream] in rows::<2>(TABLE) {
        let mut subscription = object("operators.coreos.com/v1alpha1", "Subscription");
        subscription["spec"]["name"] = package.into();
        check(&[subscription], "Error", "operator-lifecycle-kind", &format!("install {upstream} from"), package);
    }
}

#[test]
fn files_of_tools_are_not_judged() {
    const TABLE: &str = include_str!("../data/not-applied.tsv");
    check_order::<2>(TABLE);
    for [group, _] in rows::<2>(TABLE).filter(|[group, _]| *group != "replatform.dev") {
        let mut object = object(&format!("{}/v1", example(group)), "Any");
        object["metadata"]["namespace"] = "openshift-config".into();
        let told = told(&[object], &json!({"unknown": "Warn"}));
        assert!(told.is_empty(), "{group}: {told:?}");
    }
}

#[test]
fn keys_of_old_platforms_are_told() {
    const TABLE: &str = include_str!("../data/keys.tsv");
    check_order::<9>(TABLE);
    for [holder, kind, key, value, unless, _, severity, rule, message] in rows::<9>(TABLE) {
        let row = format!("{holder} {kind} {key} {value}");
        let key = example(key);
        let value = if value == "*" { "any" } else { value };
        let mut holding = object(api_version_of(kind), if kind == "*" { "ConfigMap" } else { kind });
        let metadata = if holder == "annotation" { "annotations" } else { "labels" };
        match holder {
            "selector" => {
                holding = object("networking.k8s.io/v1", "NetworkPolicy");
                holding["spec"]["podSelector"]["matchLabels"] = json!({ key: value });
            }
            _ => holding["metadata"][metadata] = json!({ key: value }),
        }
        if kind == "Service" {
            holding["spec"] = json!({"type": "LoadBalancer", "loadBalancerClass": "example.com/any"});
        }
        check(std::slice::from_ref(&holding), severity, rule, message, &row);
        if unless != "-" {
            holding["metadata"][metadata][unless] = "true".into();
            assert!(told(&[holding], &json!({})).is_empty(), "{row}");
        }
    }
}

#[test]
fn labels_of_nodes_are_told() {
    const TABLE: &str = include_str!("../data/node-labels.tsv");
    check_order::<5>(TABLE);
    for [key, value, _, severity, message] in rows::<5>(TABLE) {
        if value == "Exists" {
            let term = json!({"matchExpressions": [{"key": key, "operator": "Exists"}]});
            let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}});
            let pod = json!({"affinity": {"nodeAffinity": required}});
            check(&[deployment(&pod)], severity, "node-label", message, &format!("{key} {value}"));
            continue;
        }
        let value = match value {
            "*" => "any",
            "\"\"" => "",
            "GoogleZone" => "europe-west1-b",
            "GoogleRegion" => "europe-west1",
            "GoogleMachine" => "e2-standard-4",
            other => other,
        };
        let selector = json!({ example(key): value });
        check(
            &[deployment(&json!({"nodeSelector": selector}))],
            severity,
            "node-label",
            message,
            &format!("{key} {value}"),
        );
    }
}

#[test]
fn hosts_are_told() {
    const TABLE: &str = include_str!("../data/hosts.tsv");
    check_order::<5>(TABLE);
    for [host, _, severity, rule, message] in rows::<5>(TABLE) {
        let host = example(host);
        check(&[config_map("URL", &format!("https://{host}/x"))], severity, rule, message, &host);
        if host.ends_with(".svc") {
            check(&[config_map("URL", &format!("http://{host}.cluster.local:80"))], severity, rule, message, &host);
        }
    }
}

#[test]
fn names_of_google_cloud_are_told() {
    const TABLE: &str = include_str!("../data/schemes.tsv");
    check_order::<2>(TABLE);
    for [start, what] in rows::<2>(TABLE) {
        let text =
            if start.contains("://") { format!("{start}shop/raw") } else { format!("projects/shop/{start}/any") };
        check(&[config_map("RESOURCE", &text)], "Warning", "google-service", what, start);
    }
}

#[test]
fn parts_of_texts_are_told() {
    const TABLE: &str = include_str!("../data/texts.tsv");
    check_order::<4>(TABLE);
    for [text, _, rule, message] in rows::<4>(TABLE) {
        check(&[config_map("TEXT", &format!("any {text}.any"))], "Warning", rule, message, text);
    }
}

#[test]
fn commands_are_told() {
    const TABLE: &str = include_str!("../data/commands.tsv");
    check_order::<2>(TABLE);
    for [verb, kubectl] in rows::<2>(TABLE) {
        let instead = if kubectl == "same" { "use `kubectl`" } else { kubectl };
        check(&[config_map("run.sh", &format!("oc {verb} any"))], "Warning", "oc-command", instead, verb);
        let pod = json!({"containers": [{"name": "a", "command": ["oc", verb, "any"]}]});
        check(&[deployment(&pod)], "Warning", "oc-command", instead, verb);
    }
}

#[test]
fn variables_are_told() {
    const TABLE: &str = include_str!("../data/variables.tsv");
    check_order::<3>(TABLE);
    for [name, _, message] in rows::<3>(TABLE) {
        let pod = json!({"containers": [{"name": "a", "env": [{"name": example(name), "value": "any"}]}]});
        check(&[deployment(&pod)], "Warning", "platform-variable", message, name);
        check(&[config_map(&example(name), "any")], "Warning", "platform-variable", message, name);
    }
}

#[test]
fn resources_and_drivers_are_told() {
    const RESOURCES: &str = include_str!("../data/resources.tsv");
    check_order::<3>(RESOURCES);
    for [name, _, message] in rows::<3>(RESOURCES) {
        let resources = json!({"limits": {example(name): "1"}});
        let pod = json!({"containers": [{"name": "a", "resources": resources}]});
        check(&[deployment(&pod)], "Error", "node-resource", message, name);
    }
    const DRIVERS: &str = include_str!("../data/drivers.tsv");
    check_order::<3>(DRIVERS);
    for [driver, _, message] in rows::<3>(DRIVERS) {
        let source = if driver.contains('.') { json!({"csi": {"driver": driver}}) } else { json!({ driver: {} }) };
        let pod = json!({ "volumes": [source] });
        check(&[deployment(&pod)], "Error", "volume-driver", message, driver);
    }
}

#[test]
fn roles_and_subjects_are_told() {
    const ROLES: &str = include_str!("../data/roles.tsv");
    const SUBJECTS: &str = include_str!("../data/subjects.tsv");
    let binding = |role: &str, subject: &str| {
        let mut binding = object("rbac.authorization.k8s.io/v1", "RoleBinding");
        binding["roleRef"] = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role});
        binding["subjects"] = json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": subject}]);
        binding
    };
    check_order::<2>(ROLES);
    for [role, remedy] in rows::<2>(ROLES) {
        let rule = if role.contains(":scc:") { "security-context-constraint" } else { "missing-role" };
        check(&[binding(&example(role), "developers")], "Warning", rule, remedy, role);
    }
    check_order::<2>(SUBJECTS);
    for [name, message] in rows::<2>(SUBJECTS) {
        check(&[binding("view", &example(name))], "Warning", "missing-subject", message, name);
    }
}

#[test]
fn names_of_objects_are_told_or_known() {
    const TABLE: &str = include_str!("../data/names.tsv");
    let mut kinds: Vec<_> = rows::<4>(TABLE).map(|row| [row[0], row[1]]).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), rows::<4>(TABLE).count());
    for [kind, name, platform, remedy] in rows::<4>(TABLE) {
        let named = example(name);
        let mut naming = match kind {
            "PriorityClass" => deployment(&json!({"priorityClassName": named})),
            "RuntimeClass" => deployment(&json!({"runtimeClassName": named})),
            "ServiceAccount" => deployment(&json!({"serviceAccountName": named})),
            "IngressClass" => object("networking.k8s.io/v1", "Ingress"),
            "GatewayClass" => object("gateway.networking.k8s.io/v1", "Gateway"),
            _ => object("v1", "ConfigMap"),
        };
        match kind {
            "IngressClass" => naming["spec"]["ingressClassName"] = named.into(),
            "GatewayClass" => naming["spec"]["gatewayClassName"] = named.into(),
            "Namespace" => naming["metadata"]["namespace"] = named.into(),
            _ => {}
        }
        let rule = if kind == "Namespace" { "missing-namespace" } else { "missing-object" };
        let severity = if platform == "K3s" { "-" } else { "Error" };
        check(&[naming], severity, rule, remedy, &format!("{kind} {name}"));
    }
}

#[test]
fn images_are_told() {
    const TABLE: &str = include_str!("../data/images.tsv");
    check_order::<4>(TABLE);
    for [repository, _, rule, message] in rows::<4>(TABLE) {
        let pod = json!({"containers": [{"name": "a", "image": format!("{repository}/any:1")}]});
        check(&[deployment(&pod)], "Warning", rule, message, repository);
    }
}

#[test]
fn fields_are_told() {
    const TABLE: &str = include_str!("../data/fields.tsv");
    check_order::<9>(TABLE);
    for [group, kind, path, value, _, severity, rule, function, message] in rows::<9>(TABLE) {
        let value = match value {
            "true" => json!(true),
            "*" => json!({"clusterName": "any"}),
            text => json!(example(text)),
        };
        let mut object = Pattern::known(path).example(value);
        object["apiVersion"] = if group.is_empty() { "v1".into() } else { format!("{group}/v1").into() };
        object["kind"] = kind.into();
        object["metadata"] = json!({"name": "web", "namespace": "shop"});
        check(std::slice::from_ref(&object), severity, rule, message, &format!("{kind} {path}"));
        if function != "-" {
            check(&[object], severity, rule, function, &format!("{kind} {path}"));
        }
    }
}
