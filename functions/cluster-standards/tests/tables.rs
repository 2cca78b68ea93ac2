//! The arithmetic of the API server, restated row by row: what it refuses the function refuses, and nothing else.

use cluster_standards::ClusterStandards;
use krm::finding::Finding;
use krm::rule::Severity;
use krm::trial::run_on;
use serde_json::{Value, json};

/// What the function refuses of a Deployment with a pod like this, beside other objects: the ids of the rules.
fn refused(pod: &Value, others: &[Value]) -> Vec<&'static str> {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod}}});
    let objects: Vec<_> = others.iter().cloned().chain([deployment]).collect();
    let findings = run_on::<ClusterStandards>(&objects, &json!({})).findings;
    let errors = findings.iter().filter(|(_, finding): &&(_, Finding)| finding.severity() == Severity::Error);
    let mut rules: Vec<_> = errors.map(|(_, finding)| finding.rule().id).collect();
    rules.dedup();
    rules
}

fn container(requests: &Value, limits: &Value) -> Value {
    json!({"name": "web", "image": "ghcr.io/example/web:1.4", "resources": {"requests": requests, "limits": limits}})
}

fn limit_range(item: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "limits", "namespace": "shop"}, "spec": {"limits": [item]}})
}

fn quota(hard: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota", "namespace": "shop"}, "spec": {"hard": hard}})
}

const NONE: [&str; 0] = [];
const OUTSIDE: [&str; 1] = ["outside-limit-range"];
const ABOVE_DEFAULT: [&str; 1] = ["request-above-default-limit"];
const OVER: [&str; 1] = ["object-over-quota"];
const UNSTATED: [&str; 1] = ["unstated-resource"];

/// Source: kubernetes plugin/pkg/admission/limitranger/admission_test.go, `TestLimitRangerPod` and `TestMergePodResourceRequirements`.
#[test]
fn containers_are_within_a_limit_range_as_the_limit_ranger_counts() {
    let (min, max) = (json!({"min": {"cpu": "50m"}}), json!({"max": {"cpu": "100m"}}));
    let ratio = json!({"maxLimitRequestRatio": {"cpu": "1.5"}});
    let both = json!({"min": {"cpu": "25m"}, "max": {"cpu": "100m"}, "default": {"cpu": "75m"}, "defaultRequest": {"cpu": "50m"}});
    let rows: [(&Value, Value, Value, &[&str]); 22] = [
        (&min, json!({}), json!({}), &NONE), // The minimum is the request of those that state none.
        (&min, json!({"cpu": "50m"}), json!({}), &NONE),
        (&min, json!({"cpu": "49m"}), json!({}), &OUTSIDE),
        (&min, json!({"cpu": "0"}), json!({}), &OUTSIDE),
        (&min, json!({}), json!({"cpu": "49m"}), &OUTSIDE),
        (&min, json!({}), json!({"cpu": "50m"}), &NONE),
        (&min, json!({"memory": "1Gi"}), json!({}), &NONE),
        (&max, json!({}), json!({}), &NONE), // The maximum is the limit, and that the request.
        (&max, json!({"cpu": "100m"}), json!({}), &NONE),
        (&max, json!({"cpu": "101m"}), json!({}), &ABOVE_DEFAULT),
        (&max, json!({}), json!({"cpu": "100m"}), &NONE),
        (&max, json!({}), json!({"cpu": "101m"}), &OUTSIDE),
        (&max, json!({"cpu": "50m"}), json!({"cpu": "0.1"}), &NONE),
        (&ratio, json!({"cpu": "100m"}), json!({"cpu": "150m"}), &NONE),
        (&ratio, json!({"cpu": "100m"}), json!({"cpu": "151m"}), &OUTSIDE),
        (&ratio, json!({}), json!({"cpu": "151m"}), &NONE), // The limit is the request.
        (&ratio, json!({"cpu": "100m"}), json!({}), &OUTSIDE),
        (&ratio, json!({}), json!({}), &OUTSIDE),
        (&both, json!({"cpu": "75m"}), json!({}), &NONE),
        (&both, json!({"cpu": "76m"}), json!({}), &ABOVE_DEFAULT),
        (&both, json!({}), json!({"cpu": "40m"}), &NONE), // Not the default request of 50m.
        (&both, json!({"cpu": "20m"}), json!({"cpu": "100m"}), &OUTSIDE),
    ];
    for (range, requests, limits, expected) in rows {
        let mut item = range.clone();
        item["type"] = "Container".into();
        let pod = json!({"containers": [container(&requests, &limits)]});
        assert_eq!(refused(&pod, &[limit_range(&item)]), expected, "{range}: {requests} {limits}");
        // Containers that start before the others are held alike.
        let pod = json!({"initContainers": [container(&requests, &limits)], "containers": []});
        assert_eq!(refused(&pod, &[limit_range(&item)]), expected, "init container, {range}: {requests} {limits}");
    }
}

/// Source: kubernetes plugin/pkg/admission/limitranger/admission_test.go, `TestLimitRangerPod`, and
/// component-helpers resource/helpers_test.go, `TestPodRequestsAndLimits`.
#[test]
fn pods_are_counted_as_the_limit_ranger_counts_them() {
    let one = |limit: &str| container(&json!({}), &json!({"cpu": limit}));
    let sidecar = |limit: &str| {
        let mut sidecar = one(limit);
        sidecar["restartPolicy"] = "Always".into();
        sidecar
    };
    let rows = [
        (json!({"containers": [one("1"), one("2")]}), "3"),
        (json!({"containers": [one("1")], "initContainers": [one("2"), one("3")]}), "3"),
        (json!({"containers": [one("4")], "initContainers": [one("2"), one("3")]}), "4"),
        (json!({"containers": [one("1")], "initContainers": [sidecar("2")]}), "3"),
        (json!({"containers": [one("1")], "initContainers": [sidecar("2"), one("3")]}), "5"),
        (json!({"containers": [one("1")], "initContainers": [one("3"), sidecar("2")]}), "3"),
        (json!({"containers": [one("1")], "initContainers": [sidecar("2"), one("5"), sidecar("1")]}), "7"),
        (json!({"containers": [one("1")], "initContainers": [sidecar("2"), sidecar("3"), one("1")]}), "6"),
        (json!({"containers": [one("1")], "resources": {"limits": {"cpu": "6"}}}), "6"),
        (json!({"containers": [one("1"), one("1")], "resources": {"requests": {"cpu": "2"}}}), "2"),
    ];
    for (pod, sum) in rows {
        let item = |max: &str| json!({"type": "Pod", "max": {"cpu": max}});
        assert_eq!(refused(&pod, &[limit_range(&item(sum))]), NONE, "{pod}: {sum}");
        let less = format!("{}999m", sum.parse::<u32>().expect("a number") - 1);
        let less = limit_range(&item(&less));
        assert_eq!(refused(&pod, &[less]), OUTSIDE, "{pod}: less than {sum}");
    }
}

/// Source: kubernetes pkg/quota/v1/evaluator/core/pods_test.go, `TestPodConstraintsFunc` and `TestPodEvaluatorUsage`.
#[test]
fn pods_are_charged_as_the_quota_counts_them() {
    let asks = |requests: Value, limits: Value| json!({"containers": [container(&requests, &limits)]});
    let rows: [(Value, Value, &[&str]); 20] = [
        (json!({"cpu": "1"}), asks(json!({"cpu": "1"}), json!({})), &NONE),
        (json!({"cpu": "1"}), asks(json!({"cpu": "1001m"}), json!({})), &OVER),
        (json!({"requests.cpu": "1"}), asks(json!({}), json!({"cpu": "1"})), &NONE),
        (json!({"requests.cpu": "1"}), asks(json!({}), json!({"cpu": "2"})), &OVER),
        (json!({"limits.cpu": "1"}), asks(json!({"cpu": "1"}), json!({})), &UNSTATED),
        (json!({"limits.cpu": "1"}), asks(json!({"cpu": "2"}), json!({"cpu": "1"})), &NONE),
        (json!({"memory": "1Gi"}), asks(json!({"cpu": "1"}), json!({})), &UNSTATED),
        (json!({"memory": "1Gi"}), asks(json!({"memory": "1073741824"}), json!({})), &NONE),
        (json!({"requests.ephemeral-storage": "1Gi"}), asks(json!({}), json!({})), &NONE),
        (json!({"requests.ephemeral-storage": "1Gi"}), asks(json!({"ephemeral-storage": "2Gi"}), json!({})), &OVER),
        (json!({"ephemeral-storage": "1Gi"}), asks(json!({"ephemeral-storage": "2Gi"}), json!({})), &OVER),
        (json!({"requests.nvidia.com/gpu": "1"}), asks(json!({}), json!({"nvidia.com/gpu": "2"})), &OVER),
        (json!({"requests.nvidia.com/gpu": "2"}), asks(json!({}), json!({"nvidia.com/gpu": "2"})), &NONE),
        (json!({"requests.nvidia.com/gpu": "0"}), asks(json!({}), json!({})), &NONE),
        (json!({"requests.hugepages-2Mi": "2Mi"}), asks(json!({}), json!({"hugepages-2Mi": "4Mi"})), &OVER),
        (json!({"pods": "0"}), asks(json!({}), json!({})), &OVER),
        (json!({"count/pods": "0"}), asks(json!({}), json!({})), &OVER),
        (json!({"requests.storage": "0", "services": "0"}), asks(json!({}), json!({})), &NONE),
        // Overhead counts for requests, and for limits that there are.
        (
            json!({"requests.cpu": "1"}),
            {
                let mut pod = asks(json!({"cpu": "900m"}), json!({}));
                pod["overhead"] = json!({"cpu": "200m"});
                pod
            },
            &OVER,
        ),
        (
            json!({"limits.cpu": "1"}),
            {
                let mut pod = asks(json!({}), json!({"cpu": "900m"}));
                pod["overhead"] = json!({"cpu": "100m"});
                pod
            },
            &NONE,
        ),
    ];
    for (hard, pod, expected) in rows {
        assert_eq!(refused(&pod, &[quota(&hard)]), expected, "{hard}: {pod}");
    }
}

/// A pod that meets the level `restricted`.
fn restricted() -> Value {
    json!({
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "web", "image": "ghcr.io/example/web:1.4",
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
    })
}

/// Changes of a pod, as merge patches of it and of its container, and the highest level that allows them.
/// Source: k8s.io/pod-security-admission policy/check_*_test.go and test/fixtures_*.go.
#[test]
fn pods_meet_the_levels_that_the_checks_allow() {
    let privileged = "privileged";
    let rows: Vec<(Value, Value, &str)> = vec![
        (json!({}), json!({}), "restricted"),
        (json!({"hostNetwork": true}), json!({}), privileged),
        (json!({"hostNetwork": false, "hostPID": false, "hostIPC": false}), json!({}), "restricted"),
        (json!({"hostPID": true}), json!({}), privileged),
        (json!({"hostIPC": true}), json!({}), privileged),
        (json!({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}), json!({}), privileged),
        (json!({"volumes": [{"name": "a", "nfs": {"server": "nfs.example.com", "path": "/"}}]}), json!({}), "baseline"),
        (
            json!({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "csi": {"driver": "x"}}]}),
            json!({}),
            "restricted",
        ),
        (json!({}), json!({"securityContext": {"privileged": true}}), privileged),
        (json!({}), json!({"securityContext": {"allowPrivilegeEscalation": true}}), "baseline"),
        (json!({}), json!({"securityContext": {"allowPrivilegeEscalation": null}}), "baseline"),
        (json!({}), json!({"securityContext": {"capabilities": {"drop": null}}}), "baseline"),
        (json!({}), json!({"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}), "baseline"),
        (json!({}), json!({"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}}), "restricted"),
        (json!({}), json!({"securityContext": {"capabilities": {"add": ["CHOWN"]}}}), "baseline"),
        (json!({}), json!({"securityContext": {"capabilities": {"add": ["NET_RAW"]}}}), privileged),
        (json!({}), json!({"securityContext": {"capabilities": {"add": ["ALL"]}}}), privileged),
        (json!({"securityContext": {"runAsNonRoot": null}}), json!({}), "baseline"),
        (
            json!({"securityContext": {"runAsNonRoot": false}}),
            json!({"securityContext": {"runAsNonRoot": true}}),
            "baseline",
        ),
        (
            json!({"securityContext": {"runAsNonRoot": null}}),
            json!({"securityContext": {"runAsNonRoot": true}}),
            "restricted",
        ),
        (json!({}), json!({"securityContext": {"runAsNonRoot": false}}), "baseline"),
        (json!({"securityContext": {"runAsUser": 0}}), json!({}), "baseline"),
        (json!({"securityContext": {"runAsUser": 1000}}), json!({}), "restricted"),
        (json!({}), json!({"securityContext": {"runAsUser": 0}}), "baseline"),
        (json!({"securityContext": {"seccompProfile": null}}), json!({}), "baseline"),
        (json!({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}), json!({}), privileged),
        (
            json!({"securityContext": {"seccompProfile": null}}),
            json!({"securityContext": {"seccompProfile": {"type": "Localhost"}}}),
            "restricted",
        ),
        (json!({}), json!({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}), privileged),
        (json!({}), json!({"securityContext": {"procMount": "Default"}}), "restricted"),
        (json!({}), json!({"securityContext": {"procMount": "Unmasked"}}), privileged),
        (
            json!({"securityContext": {"seLinuxOptions": {"type": "container_kvm_t", "level": "s0"}}}),
            json!({}),
            "restricted",
        ),
        (json!({"securityContext": {"seLinuxOptions": {"type": "spc_t"}}}), json!({}), privileged),
        (json!({}), json!({"securityContext": {"seLinuxOptions": {"role": "sysadm_r"}}}), privileged),
        (
            json!({"securityContext": {"sysctls": [{"name": "net.ipv4.ping_group_range", "value": "0 1"}]}}),
            json!({}),
            "restricted",
        ),
        (json!({"securityContext": {"sysctls": [{"name": "kernel.shmmax", "value": "1"}]}}), json!({}), privileged),
        (
            json!({"securityContext": {"appArmorProfile": {"type": "Localhost", "localhostProfile": "x"}}}),
            json!({}),
            "restricted",
        ),
        (json!({}), json!({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}), privileged),
        (json!({"securityContext": {"windowsOptions": {"hostProcess": true}}}), json!({}), privileged),
        (json!({}), json!({"ports": [{"containerPort": 80, "hostPort": 0}]}), "restricted"),
        (json!({}), json!({"ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}]}), privileged),
        (json!({}), json!({"livenessProbe": {"httpGet": {"port": 80, "host": ""}}}), "restricted"),
        (json!({}), json!({"startupProbe": {"tcpSocket": {"port": 80, "host": "127.0.0.1"}}}), privileged),
        (
            json!({"os": {"name": "windows"}, "securityContext": {"seccompProfile": null}}),
            json!({"securityContext": null}),
            "restricted",
        ),
    ];
    for (of_pod, of_container, highest) in rows {
        let mut pod = restricted();
        krm::trial::merge(&mut pod, &of_pod);
        krm::trial::merge(&mut pod["containers"][0], &of_container);
        let levels = [privileged, "baseline", "restricted"];
        for (strictness, level) in levels.into_iter().enumerate() {
            let labels = json!({"pod-security.kubernetes.io/enforce": level});
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}});
            let is_allowed = levels.iter().position(|known| *known == highest) >= Some(strictness);
            let expected: &[&str] = if is_allowed { &NONE } else { &["below-pod-security"] };
            assert_eq!(refused(&pod, &[namespace]), expected, "{level}: {of_pod} {of_container}");
        }
    }
}
