//! No key of a compose project is dropped in silence: each changes an object or is reported.

use apps_generator::Apps;
use krm::host::Outcome;
use krm::table;
use krm::trial::run_on;
use serde_json::{Value, json};

const KEYS: &str = include_str!("../data/compose-keys.tsv");

/// Where the mapping of a scope is: a project around it, and the pointer to it.
fn around(scope: &str) -> Option<(Value, &'static str)> {
    let with = |service: &Value| {
        let other = json!({"image": "registry.example.com/other:1", "expose": ["81"]});
        let mut project = json!({"services": {"web": {"image": "nginx:1.29", "expose": ["80"]}, "other": other},
            "volumes": {"data": {"x-replatform": {"size": "1Gi"}}}, "secrets": {"token": {"external": true}},
            "configs": {"site": {"external": true}}, "networks": {"front": {}}});
        krm::trial::merge(&mut project["services"]["web"], service);
        project
    };
    Some(match scope {
        "project" => (with(&json!({})), ""),
        "service" => (with(&json!({})), "/services/web"),
        "deploy" => (with(&json!({"deploy": {}})), "/services/web/deploy"),
        "deploy.update_config" => {
            (with(&json!({"deploy": {"update_config": {}}})), "/services/web/deploy/update_config")
        }
        "deploy.resources" => (with(&json!({"deploy": {"resources": {}}})), "/services/web/deploy/resources"),
        "deploy.resources.limits" => {
            (with(&json!({"deploy": {"resources": {"limits": {}}}})), "/services/web/deploy/resources/limits")
        }
        "deploy.resources.reservations" => (
            with(&json!({"deploy": {"resources": {"reservations": {}}}})),
            "/services/web/deploy/resources/reservations",
        ),
        "deploy.restart_policy" => {
            let job = json!({"expose": null, "deploy": {"restart_policy": {"condition": "on-failure"}}});
            (with(&job), "/services/web/deploy/restart_policy")
        }
        "deploy.placement" => (with(&json!({"deploy": {"placement": {}}})), "/services/web/deploy/placement"),
        "healthcheck" => (with(&json!({"healthcheck": {"test": ["CMD", "true"]}})), "/services/web/healthcheck"),
        "port" => (with(&json!({"ports": [{"target": 8080}]})), "/services/web/ports/0"),
        "mount" => (
            with(&json!({"volumes": [{"type": "volume", "source": "data", "target": "/data"}]})),
            "/services/web/volumes/0",
        ),
        "volume" => (with(&json!({"volumes": ["data:/data"]})), "/volumes/data"),
        "network" => (with(&json!({"networks": ["front"]})), "/networks/front"),
        "service.network" => (with(&json!({"networks": {"front": {}}})), "/services/web/networks/front"),
        "secret" => (with(&json!({"secrets": ["token"]})), "/secrets/token"),
        "config" => (with(&json!({"configs": ["site"]})), "/configs/site"),
        "file" => (with(&json!({"secrets": [{"source": "token"}]})), "/services/web/secrets/0"),
        "hook" => (with(&json!({"post_start": [{"command": "x"}]})), "/services/web/post_start/0"),
        "dependency" => (
            with(&json!({"depends_on": {"other": {"condition": "service_started"}}})),
            "/services/web/depends_on/other",
        ),
        "env_file" => (with(&json!({"env_file": [{"path": "a.env"}]})), "/services/web/env_file/0"),
        _ => return None,
    })
}

/// A value of a key that means something and is not the default.
fn sample(scope: &str, key: &str) -> Value {
    match (scope, key) {
        ("project", "services") => json!({"web": {"image": "nginx:1.30"}}),
        ("project", "networks") => json!({"front": {"internal": true}}),
        ("project", "volumes") => json!({"more": {"x-replatform": {"size": "1Gi"}}}),
        ("project", "configs") => json!({"more": {"x": 1}}),
        ("project", "secrets") => json!({"more": {"x": 1}}),
        ("service", "annotations" | "labels" | "environment" | "sysctls") | ("deploy", "labels") => json!({"a.b": "c"}),
        ("service", "deploy") => json!({"replicas": 2}),
        ("service", "depends_on") => json!(["other"]),
        ("service", "expose") => json!(["82"]),
        ("service", "ports") => json!(["83:83"]),
        ("service", "extends") => json!({"service": "other"}),
        ("service", "extra_hosts") => json!(["a:192.0.2.1"]),
        ("service", "group_add") => json!([1000]),
        ("service", "healthcheck") => json!({"test": "true"}),
        ("service", "links") => json!(["other:more"]),
        ("service", "networks") => json!({"front": {"aliases": ["more"]}}),
        ("service", "network_mode") => json!("host"),
        ("service", "post_start" | "pre_stop") => json!([{"command": "x"}]),
        ("service", "profiles") => json!(["off"]),
        ("service", "platform") => json!("linux/arm64"),
        ("service", "pull_policy") => json!("always"),
        ("service", "restart") => json!("no"),
        ("service", "scale") | ("deploy", "replicas") | ("deploy.update_config", "parallelism") => json!(2),
        ("service", "secrets") => json!(["token"]),
        ("service", "configs") => json!(["site"]),
        ("service", "security_opt") => json!(["no-new-privileges"]),
        ("service", "user") => json!("1000"),
        ("service", "volumes") => json!(["data:/data"]),
        ("service", "tmpfs") => json!("/tmp"),
        ("service", "cap_add" | "cap_drop") => json!(["ALL"]),
        ("service", "container_name" | "hostname") => json!("more"),
        ("service", "stop_grace_period") | ("healthcheck", "interval" | "timeout") => json!("7s"),
        ("service" | "deploy.resources.limits" | "deploy.resources.reservations", "cpus") => json!("0.5"),
        ("service", "mem_limit" | "mem_reservation" | "shm_size")
        | ("deploy.resources.limits" | "deploy.resources.reservations", "memory") => json!("64m"),
        ("service", "read_only" | "privileged" | "stdin_open" | "tty")
        | ("mount", "read_only")
        | ("healthcheck", "disable") => json!(true),
        ("secret" | "config" | "volume", "external") | ("env_file", "required") => {
            json!(false)
        }
        ("deploy", "mode") => json!("global"),
        ("deploy", "endpoint_mode") => json!("dnsrr"),
        ("deploy", "update_config") => json!({"order": "start-first"}),
        ("deploy", "resources") => json!({"limits": {"cpus": "1"}}),
        ("deploy.resources", _) => json!({"cpus": "1"}),
        ("deploy", "restart_policy") => json!({"delay": "5s"}),
        ("deploy", "placement") => json!({"constraints": ["node.labels.a == b"]}),
        ("deploy.update_config", "order") => json!("start-first"),
        ("deploy.restart_policy", "condition") => json!("any"),
        ("deploy.restart_policy", "max_attempts") | ("healthcheck", "retries") => json!(9),
        ("deploy.placement", "constraints") => json!(["node.labels.a == b"]),
        ("healthcheck", "test") => json!("false"),
        ("port", "target") => json!(8081),
        ("port", "published") => json!(9090),
        ("port", "host_ip") => json!("127.0.0.1"),
        ("port", "protocol") => json!("udp"),
        ("mount", "type") => json!("tmpfs"),
        ("mount", "source") => json!("./x"),
        ("mount", "target") => json!("/more"),
        ("mount", "volume") => json!({"subpath": "x"}),
        ("mount", "tmpfs") => json!({"mode": 7}),
        ("mount", "bind") => json!({"propagation": "shared"}),
        ("service.network", "aliases") => json!(["more"]),
        ("hook", "command") => json!("y"),
        ("file", "mode") => json!("0400"),
        _ => json!("x"),
    }
}

fn run(project: &Value) -> Outcome {
    run_on::<Apps>(&[], &json!({"compose": {"shop": project}}))
}

/// Keys that need others to mean anything: what they do is reported where those are.
const DEPENDENT: [(&str, &str); 5] = [
    ("dependency", "required"),
    ("mount", "tmpfs"),
    ("secret", "external"),
    ("volume", "external"),
    ("config", "external"),
];

#[test]
fn each_key_changes_an_object_or_is_told() {
    let mut silent = Vec::new();
    let mut tried = 0;
    for [scope, key, ..] in table::rows::<6>(KEYS) {
        let Some((project, place)) = around(scope).filter(|_| !DEPENDENT.contains(&(scope, key))) else { continue };
        let before = run(&project);
        let mut changed = project.clone();
        let mapping = changed.pointer_mut(place).unwrap_or_else(|| panic!("{scope}"));
        krm::trial::merge(mapping, &json!({key: sample(scope, key)}));
        let after = run(&changed);
        tried += 1;
        if before.stdout.split("functionConfig").next() == after.stdout.split("functionConfig").next()
            && before.stderr == after.stderr
        {
            silent.push(format!("{scope} {key}"));
        }
    }
    assert!(silent.is_empty(), "dropped in silence: {silent:?}");
    assert!(tried > 180, "{tried} keys were tried");
}
