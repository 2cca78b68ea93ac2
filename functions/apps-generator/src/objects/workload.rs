//! Workloads and their pods.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::containers::{containers, init_containers};
use super::volumes::{claim_templates, volumes};
use crate::app::{NamedApp, Replicas};
use crate::config::{AllowedSource, AntiAffinity, App, Job, Kind, Strategy, StrategyType};
use crate::fields::{Fields, api};
use crate::target::Target;

/// The workload of an app.
pub(super) fn workload(app: &NamedApp, target: &Target<'_>) -> Value {
    let (api_version, spec) = match app.app.kind {
        Kind::Deployment => ("apps/v1", deployment(app, target)),
        Kind::StatefulSet => ("apps/v1", stateful_set(app, target)),
        Kind::DaemonSet => ("apps/v1", daemon_set(app, target)),
        Kind::Job => ("batch/v1", job(app, target)),
        Kind::CronJob => ("batch/v1", cron_job(app, target)),
    };
    Fields::new()
        .with("apiVersion", api_version)
        .with("kind", api(&app.app.kind))
        .with("metadata", app.metadata(target, &app.name).map("annotations", &annotations(app)))
        .with("spec", spec)
        .into()
}

/// The annotations of the workload: what is given, and who may reach it.
fn annotations(app: &NamedApp) -> BTreeMap<String, String> {
    let security = &app.app.security;
    let mut annotations = app.app.annotations.clone();
    if let Some(visibility) = security.visibility.as_ref().and_then(|it| api(it).as_str().map(str::to_owned)) {
        annotations.insert("replatform.dev/visibility".to_owned(), visibility);
    }
    let policy = security.network_policy.iter().flat_map(|policy| &policy.allow_from);
    let sources: Vec<&AllowedSource> = security.allowed_sources.iter().chain(policy).collect();
    if !sources.is_empty() {
        let text = krm::yaml::emit::Block { literals: true }.lines(&api(&sources), 0);
        annotations.insert("replatform.dev/allow-from".to_owned(), text.trim_end().to_owned());
    }
    annotations
}

fn replicas(app: &NamedApp) -> Option<u32> {
    match app.replicas() {
        Replicas::Fixed(count) => Some(count),
        // Who applies the object would set it back each time.
        Replicas::Scaled { .. } => None,
    }
}

fn with_selector(app: &NamedApp) -> Fields {
    Fields::new().with("selector", json!({"matchLabels": app.selector()}))
}

fn deployment(app: &NamedApp, target: &Target<'_>) -> Fields {
    let update = update(app.app.strategy.as_ref(), app.has_claim_of_one_node());
    with_selector(app)
        .maybe("replicas", replicas(app))
        .fields("strategy", update)
        .with("template", template(app, target, "Always"))
}

fn stateful_set(app: &NamedApp, target: &Target<'_>) -> Fields {
    with_selector(app)
        .maybe("replicas", replicas(app))
        .with("serviceName", app.name.as_str())
        .with("template", template(app, target, "Always"))
        .list("volumeClaimTemplates", claim_templates(app))
}

fn daemon_set(app: &NamedApp, target: &Target<'_>) -> Fields {
    with_selector(app)
        .fields("updateStrategy", update(app.app.strategy.as_ref(), false))
        .with("template", template(app, target, "Always"))
}

/// How pods are replaced. Two pods of two nodes never share a claim of one node, so the old one goes first.
fn update(strategy: Option<&Strategy>, is_of_one_node: bool) -> Fields {
    let none = Strategy::default();
    let given = strategy.unwrap_or(&none);
    let kind = given.kind.or(is_of_one_node.then_some(StrategyType::Recreate));
    let rolling = Fields::new().typed("maxSurge", &given.max_surge).typed("maxUnavailable", &given.max_unavailable);
    Fields::new().typed("type", &kind).fields("rollingUpdate", rolling)
}

fn job(app: &NamedApp, target: &Target<'_>) -> Fields {
    let none = Job::default();
    let job = app.app.job.as_ref().unwrap_or(&none);
    let restart = if job.restart_on_failure { "OnFailure" } else { "Never" };
    Fields::new()
        .maybe("backoffLimit", job.backoff_limit)
        .maybe("completions", job.completions)
        .maybe("parallelism", job.parallelism)
        .maybe("activeDeadlineSeconds", job.active_deadline)
        .maybe("ttlSecondsAfterFinished", job.ttl_after_finished)
        .with("template", template(app, target, restart))
}

fn cron_job(app: &NamedApp, target: &Target<'_>) -> Fields {
    let schedule = app.app.schedule.as_ref();
    Fields::new()
        .maybe("schedule", schedule.map(|schedule| schedule.cron.as_str()))
        .maybe("timeZone", schedule.and_then(|schedule| schedule.timezone.as_deref()))
        .maybe("concurrencyPolicy", schedule.map(|schedule| api(&schedule.concurrency)))
        .flag("suspend", schedule.is_some_and(|schedule| schedule.suspend))
        .maybe("startingDeadlineSeconds", schedule.and_then(|schedule| schedule.starting_deadline))
        .with("jobTemplate", json!({"spec": Value::from(job(app, target))}))
}

fn template(app: &NamedApp, target: &Target<'_>, restart: &str) -> Fields {
    let labels = app.app.pod_labels.iter().fold(Fields::new(), |labels, (key, value)| labels.with(key, value.as_str()));
    let Value::Object(selector) = app.selector() else { unreachable!("a selector is a mapping") };
    let labels = selector.into_iter().fold(labels, |labels, (key, value)| labels.with(&key, value));
    let mut annotations = app.app.pod_annotations.clone();
    if let Some(digest) = super::configmaps::digest(&app.app.configmaps) {
        annotations.insert("replatform.dev/config-digest".to_owned(), digest);
    }
    let metadata = Fields::new().map("annotations", &annotations).with("labels", labels);
    Fields::new().with("metadata", metadata).with("spec", pod(app, target, restart))
}

fn pod(app: &NamedApp, target: &Target<'_>, restart: &str) -> Fields {
    let config = &app.app;
    let security = &config.security;
    let secrets: Vec<_> = config.image_pull_secrets.iter().map(|name| json!({"name": name})).collect();
    let is_mounted = security.automount_service_account_token;
    Fields::new()
        .maybe("serviceAccountName", app.service_account())
        .with("automountServiceAccountToken", is_mounted.unwrap_or(false))
        .maybe("enableServiceLinks", config.service_links)
        .typed("securityContext", &security.pod_security_context)
        .list("imagePullSecrets", secrets)
        .maybe("priorityClassName", config.priority_class.as_deref())
        .maybe("hostname", config.hostname.as_deref())
        .flag("hostNetwork", config.host_network)
        // Otherwise such pods do not find Services.
        .maybe("dnsPolicy", config.host_network.then_some("ClusterFirstWithHostNet"))
        .list("hostAliases", host_aliases(&config.host_aliases))
        .map("nodeSelector", &config.node_selector)
        .list("tolerations", tolerations(config))
        .fields("affinity", affinity(app))
        .maybe("terminationGracePeriodSeconds", config.termination_grace_period)
        .maybe("restartPolicy", (restart != "Always").then_some(restart))
        .list("initContainers", init_containers(app))
        .with("containers", containers(app, target))
        .list("volumes", volumes(app))
}

/// Names by address, as the API has them.
fn host_aliases(aliases: &BTreeMap<String, String>) -> Vec<Value> {
    let mut by_address: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, address) in aliases {
        by_address.entry(address).or_default().push(name);
    }
    by_address.into_iter().map(|(address, names)| json!({"ip": address, "hostnames": names})).collect()
}

fn tolerations(config: &App) -> Vec<Value> {
    let toleration = |toleration: &crate::config::Toleration| {
        let Value::Object(mut written) = api(toleration) else { unreachable!("a toleration is a mapping") };
        if toleration.value.is_none() {
            written.insert("operator".to_owned(), "Exists".into());
        }
        Value::Object(written)
    };
    config.tolerations.iter().map(toleration).collect()
}

fn affinity(app: &NamedApp) -> Fields {
    let Some(AntiAffinity { preferred, required }) = &app.app.anti_affinity else { return Fields::new() };
    let term = |key: &str| json!({"labelSelector": {"matchLabels": app.selector()}, "topologyKey": key});
    let preferred: Vec<_> = preferred
        .iter()
        .map(|it| json!({"podAffinityTerm": term(&it.topology_key), "weight": it.weight.unwrap_or(100)}))
        .collect();
    let required: Vec<_> = required.iter().map(|it| term(&it.topology_key)).collect();
    let terms = Fields::new()
        .list("preferredDuringSchedulingIgnoredDuringExecution", preferred)
        .list("requiredDuringSchedulingIgnoredDuringExecution", required);
    Fields::new().fields("podAntiAffinity", terms)
}
