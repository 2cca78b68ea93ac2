//! The workload of a service: its kind, how many Pods it has, what they need, and on which nodes they run.

use serde_json::{Map, Value, json};

use super::labels::annotations;
use super::node::Node;
use super::order::Order;
use super::service::{Run, Service};
use super::units;
use crate::rule::Rule;

/// How Argo CD runs a Job: at each sync, as compose does at each start.
const HOOK: [(&str, &str); 2] =
    [("argocd.argoproj.io/hook", "Sync"), ("argocd.argoproj.io/hook-delete-policy", "BeforeHookCreation")];
/// The order in which Argo CD applies objects.
const WAVE: &str = "argocd.argoproj.io/sync-wave";

/// The parts of an app that are about its workload.
pub(super) fn workload(service: &Service<'_>, order: &Order) -> Map<String, Value> {
    let deploy = service.node.get("deploy");
    let mut parts = Map::new();
    let mut notes = Map::new();
    if let Some(deploy) = &deploy {
        deploy.check_keys("deploy");
        notes = annotations(deploy, "labels");
        parts.extend(strategy(deploy));
    }
    if let Some(wave) = order.wave(service) {
        notes.insert(WAVE.to_owned(), wave.to_string().into());
    }
    let mode = mode(deploy.as_ref());
    let replicas = replicas(service, deploy.as_ref());
    if mode == Mode::Job || (mode == Mode::Replicated && order.is_job(service)) {
        notes.extend(HOOK.map(|(key, value)| (key.to_owned(), value.into())));
        parts.shift_remove("strategy");
        parts.insert("kind".to_owned(), "Job".into());
        parts.insert("job".to_owned(), job(service, replicas));
    } else {
        tell_restart(service);
        if mode == Mode::Global {
            parts.shift_remove("strategy");
            parts.insert("kind".to_owned(), "DaemonSet".into());
        } else if let Some(replicas) = replicas {
            parts.insert("replicas".to_owned(), replicas.into());
        }
    }
    parts.insert("annotations".to_owned(), notes.into());
    parts
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Replicated,
    Global,
    Job,
}

fn mode(deploy: Option<&Node<'_>>) -> Mode {
    let mode = deploy.and_then(|deploy| deploy.get("mode"));
    let mode = mode.and_then(|mode| {
        mode.parsed("`replicated`, `global` or `replicated-job`; a Job on each node is a DaemonSet that does nothing afterwards", |text| match text {
            "replicated" => Some(Mode::Replicated),
            "global" => Some(Mode::Global),
            "replicated-job" => Some(Mode::Job),
            _ => None,
        })
    });
    mode.unwrap_or(Mode::Replicated)
}

/// How many Pods it has; `deploy.replicas` counts more than `scale`.
pub(super) fn replicas(service: &Service<'_>, deploy: Option<&Node<'_>>) -> Option<u32> {
    let stated = deploy.and_then(|deploy| deploy.get("replicas")).or_else(|| service.node.get("scale"));
    stated.and_then(|replicas| replicas.number())
}

fn job(service: &Service<'_>, replicas: Option<u32>) -> Value {
    let attempts = service.run.attempts();
    let limit = match (service.run, attempts) {
        (Run::ToTheEnd(_), None) => {
            "; compose tries again without end, and the Job 6 times, so write `on-failure:N` for another number"
        }
        _ => "",
    };
    let message = format!("the service ends by itself, so it becomes a Job, which Argo CD runs at each sync{limit}");
    service.node.tell(Rule::ComposeJob, message);
    let many = replicas.filter(|replicas| *replicas != 1);
    json!({"backoff_limit": attempts, "restart_on_failure": true, "completions": many, "parallelism": many})
}

/// Tells that a service runs on, which compose would not start again.
fn tell_restart(service: &Service<'_>) {
    if service.run != Run::Always {
        let message = "the service has ports or a health check, so it becomes a Deployment, which starts it again whenever it ends";
        service.node.tell(Rule::ComposeJob, message);
    }
}

fn strategy(deploy: &Node<'_>) -> Option<(String, Value)> {
    let update = deploy.get("update_config")?;
    update.check_keys("deploy.update_config");
    let many = match update.get("parallelism").and_then(|number| number.number::<u32>()) {
        Some(0) => json!("100%"),
        number => json!(number.unwrap_or(1)),
    };
    let starts_first = update.text_of("order").is_some_and(|order| order == "start-first");
    let (surge, missing) = if starts_first { (many, json!(0)) } else { (json!(0), many) };
    Some(("strategy".to_owned(), json!({"type": "RollingUpdate", "max_surge": surge, "max_unavailable": missing})))
}

/// What the container needs and may use.
pub(super) fn resources(node: &Node<'_>) -> Value {
    let resources = node.get("deploy").and_then(|deploy| deploy.get("resources"));
    let part = |key: &str, scope: &str| {
        let part = resources.as_ref().and_then(|resources| resources.get(key));
        part.iter().for_each(|part| part.check_keys(scope));
        part
    };
    resources.iter().for_each(|resources| resources.check_keys("deploy.resources"));
    let limits = part("limits", "deploy.resources.limits");
    let reservations = part("reservations", "deploy.resources.reservations");
    let cpus = |part: &Option<Node<'_>>| part.as_ref()?.get("cpus")?.parsed("a number of CPUs as `0.5`", units::cpus);
    let memory = |part: &Option<Node<'_>>| part.as_ref()?.get("memory")?.memory();
    let own = |key: &str| node.get(key).and_then(|value| value.memory());
    let own_cpus = || node.get("cpus").and_then(|value| value.parsed("a number of CPUs as `0.5`", units::cpus));
    json!({
        "cpu": cpus(&reservations),
        "memory": memory(&reservations).or_else(|| own("mem_reservation")),
        "cpu_limit": cpus(&limits).or_else(own_cpus),
        "memory_limit": memory(&limits).or_else(|| own("mem_limit")),
    })
}

/// The labels of the nodes on which the Pods run.
pub(super) fn node_selector(node: &Node<'_>) -> Map<String, Value> {
    let mut labels = node.get("platform").map(|platform| platform_labels(&platform)).unwrap_or_default();
    let placement = node.get("deploy").and_then(|deploy| deploy.get("placement"));
    placement.iter().for_each(|placement| placement.check_keys("deploy.placement"));
    let constraints = placement.and_then(|placement| placement.get("constraints"));
    for constraint in constraints.iter().flat_map(Node::items) {
        let Some(text) = constraint.text() else { continue };
        match label_of(&text) {
            Some((key, value)) => drop(labels.insert(key, value.into())),
            None => {
                let message =
                    format!("`{text}` is about nodes of Swarm; write `node_selector` in `x-replatform` of the service");
                constraint.tell(Rule::ComposeKeyRefused, message);
            }
        }
    }
    labels
}

/// The label of nodes that a constraint asks for.
fn label_of(constraint: &str) -> Option<(String, String)> {
    let (subject, value) = constraint.split_once("==")?;
    let (subject, value) = (subject.trim(), value.trim().to_owned());
    match subject {
        "node.platform.os" => Some(("kubernetes.io/os".to_owned(), value)),
        "node.platform.arch" => Some(("kubernetes.io/arch".to_owned(), architecture(&value).to_owned())),
        "node.hostname" => Some(("kubernetes.io/hostname".to_owned(), value)),
        _ => subject.strip_prefix("node.labels.").map(|label| (label.to_owned(), value)),
    }
}

/// The labels of `linux/arm64` and the like.
fn platform_labels(platform: &Node<'_>) -> Map<String, Value> {
    let Some(text) = platform.text() else { return Map::new() };
    let mut parts = text.split('/');
    let (system, machine) = (parts.next().unwrap_or_default(), parts.next());
    let mut labels = Map::from_iter([("kubernetes.io/os".to_owned(), system.into())]);
    labels.extend(machine.map(|machine| ("kubernetes.io/arch".to_owned(), architecture(machine).into())));
    labels
}

/// The name that Go has for an architecture, which nodes have as a label.
fn architecture(name: &str) -> &str {
    match name {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
