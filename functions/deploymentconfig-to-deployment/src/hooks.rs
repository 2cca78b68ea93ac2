//! Hooks of DeploymentConfigs: refused, or written as Jobs that Argo CD runs.

use krm::field::FieldPath;
use krm::resource_list::{Item, Resources};
use serde_json::{Map, Value, json};

use crate::config::Hooks;
use crate::deployment_config::{DeploymentConfig, Params, Rollout};
use crate::kinds::DEPLOYMENT_CONFIG;
use crate::plan::Plan;
use crate::rule::Rule;

/// The time that a rollout with its hooks may take, in seconds. Source: openshift/library-go pkg/apps/appsutil/const.go.
const LONGEST_ROLLOUT: i64 = 21600;
/// How long a pod of a hook may take to end, in seconds. Source: openshift/oc, `createHookPodManifest`.
const GRACE_PERIOD: i64 = 10;
/// The annotations by which Argo CD runs a Job before or after a sync.
const HOOK: &str = "argocd.argoproj.io/hook";
const DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    Pre,
    Mid,
    Post,
}

/// A hook of a DeploymentConfig.
#[derive(Debug)]
struct Hook<'c> {
    time: Time,
    value: &'c Value,
    path: FieldPath,
}

/// Why a hook becomes no Job.
struct Refusal(&'static str);

/// Refuses every hook, or writes it as a Job.
pub(crate) fn handle_all(hooks: Hooks, resources: &Resources, plan: &mut Plan) {
    for item in resources.iter().filter(|item| DEPLOYMENT_CONFIG.is_of(item)) {
        let (config, _) = DeploymentConfig::read(item);
        let Some(params) = config.params() else { continue };
        for hook in hooks_of(&config, params) {
            match hooks {
                Hooks::Refuse => refuse(item, &hook, plan),
                Hooks::ArgoCD => match job(item, &config, &hook, plan) {
                    Ok(job) => {
                        let message = format!(
                            "this hook becomes Job `{}`, which Argo CD runs {} every sync, and not once for each rollout; make sure that `{}` can \
                             run more than once",
                            job["metadata"]["name"].as_str().unwrap_or_default(),
                            if hook.time == Time::Pre { "before" } else { "after" },
                            hook.command(),
                        );
                        plan.report(
                            Rule::HookOnEverySync,
                            item,
                            hook.path.clone(),
                            format!("{message}{}", hook.failure()),
                        );
                        plan.add_beside(item, job);
                    }
                    Err(Refusal(reason)) => {
                        let message = format!("{}, {reason}; find another way to run it", hook.describe());
                        plan.report(Rule::DeploymentHook, item, hook.path.clone(), message);
                    }
                },
            }
        }
    }
}

/// The hooks of the strategy that is in force. Only `Recreate` has one in the middle.
fn hooks_of<'c>(config: &DeploymentConfig, params: &'c Params) -> Vec<Hook<'c>> {
    let is_recreate = config.rollout() == Some(Rollout::Recreate);
    let parent = if is_recreate { "spec.strategy.recreateParams" } else { "spec.strategy.rollingParams" };
    let of = |time: Time, value: &'c Option<Value>| {
        let value = value.as_ref().filter(|value| !value.is_null())?;
        Some(Hook { time, value, path: FieldPath::from(parent).key(time.field()) })
    };
    let mid = of(Time::Mid, &params.mid).filter(|_| is_recreate);
    [of(Time::Pre, &params.pre), mid, of(Time::Post, &params.post)].into_iter().flatten().collect()
}

fn refuse(item: &Item, hook: &Hook<'_>, plan: &mut Plan) {
    let remedy = match hook.refusal() {
        None => "write a Job for it, or set `hooks: ArgoCD` to have one written",
        Some(_) => "find another way to run it",
    };
    let message = format!("{}, and a Deployment has no hooks; {remedy}", hook.describe());
    plan.report(Rule::DeploymentHook, item, hook.path.clone(), message);
}

impl Time {
    fn field(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Mid => "mid",
            Self::Post => "post",
        }
    }
}

impl Hook<'_> {
    fn command(&self) -> String {
        self.value["execNewPod"]["command"].to_string()
    }

    fn policy(&self) -> &str {
        self.value["failurePolicy"].as_str().unwrap_or_default()
    }

    /// What it does, in words.
    fn describe(&self) -> String {
        let when = match self.time {
            Time::Pre => "before a rollout",
            Time::Mid => "between the old pods and the new",
            Time::Post => "after a rollout",
        };
        if self.value["execNewPod"].is_object() {
            let container = self.value["execNewPod"]["containerName"].as_str();
            let image = container.map_or("the only container".to_owned(), |name| format!("container `{name}`"));
            let policy = self.policy();
            format!("this hook runs `{}` with the image of {image} {when} (failurePolicy `{policy}`)", self.command())
        } else {
            format!("this hook tags images {when}")
        }
    }

    /// What its failure does, where Argo CD does something else.
    fn failure(&self) -> &'static str {
        if self.policy() == "Ignore" { "; its failure fails the sync, which OpenShift ignored" } else { "" }
    }

    /// Why no Job can do what it does.
    fn refusal(&self) -> Option<Refusal> {
        if self.time == Time::Mid {
            Some(Refusal("and nothing on K3s runs between the old pods and the new"))
        } else if !self.value["execNewPod"].is_object() {
            Some(Refusal("and K3s has no image streams"))
        } else {
            None
        }
    }
}

/// The Job of a hook, with the pod that OpenShift would run.
///
/// Source: openshift/oc pkg/.../strategy/support/lifecycle.go, `createHookPodManifest`: a pod of the image and the settings of one
/// container, without its ServiceAccount, `envFrom` and tolerations.
fn job(item: &Item, config: &DeploymentConfig, hook: &Hook<'_>, plan: &Plan) -> Result<Value, Refusal> {
    if let Some(refusal) = hook.refusal() {
        return Err(refusal);
    }
    let template = &plan.value(item)["spec"]["template"]["spec"];
    let exec = &hook.value["execNewPod"];
    let container = container(template, exec)?;
    let mut metadata = json!({"name": format!("{}-{}", item.name(), hook.time.field())});
    if let Some(namespace) = item.namespace() {
        metadata["namespace"] = namespace.into();
    }
    let phase = if hook.time == Time::Pre { "PreSync" } else { "PostSync" };
    metadata["annotations"] = json!({ HOOK: phase, DELETE_POLICY: "BeforeHookCreation" });
    let strategy = config.spec.strategy.as_ref();
    let deadline = strategy.and_then(|strategy| strategy.active_deadline_seconds).unwrap_or(LONGEST_ROLLOUT);
    let retries = hook.policy() == "Retry";
    let mut pod = Map::new();
    let of_strategy = |labels: Option<&manifests::selectors::Labels>| {
        labels.filter(|labels| !labels.is_empty()).map(|labels| json!(labels))
    };
    let labels = of_strategy(strategy.and_then(|strategy| strategy.labels.as_ref()));
    let annotations = of_strategy(strategy.and_then(|strategy| strategy.annotations.as_ref()));
    if labels.is_some() || annotations.is_some() {
        pod.insert("metadata".to_owned(), without_nulls([("labels", labels), ("annotations", annotations)]));
    }
    pod.insert("spec".to_owned(), pod_spec(item.name(), template, (container, exec), retries));
    Ok(json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "activeDeadlineSeconds": deadline,
            "backoffLimit": if retries { i32::MAX } else { 0 },
            "template": pod,
        },
    }))
}

/// The container of the template that a hook names; the only one if it names none.
fn container<'t>(template: &'t Value, exec: &Value) -> Result<&'t Value, Refusal> {
    let containers = template["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    match (exec["containerName"].as_str().filter(|name| !name.is_empty()), containers) {
        (None, [only]) => Ok(only),
        (None, _) => Err(Refusal("and it does not say which container that is")),
        (Some(name), containers) => {
            let named = containers.iter().find(|container| container["name"] == name);
            named.ok_or(Refusal("and the template has no such container"))
        }
    }
}

fn pod_spec(name: &str, template: &Value, (container, exec): (&Value, &Value), retries: bool) -> Value {
    let names: Vec<_> = exec["volumes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let of_names = |list: &Value| -> Option<Value> {
        let items = list.as_array().into_iter().flatten();
        let items: Vec<_> = items.filter(|item| names.iter().any(|name| item["name"] == *name)).cloned().collect();
        (!items.is_empty()).then(|| items.into())
    };
    let copied = |from: &Value, key: &str| from.get(key).filter(|value| !value.is_null()).cloned();
    let lifecycle = without_nulls([
        ("name", Some("lifecycle".into())),
        ("image", copied(container, "image")),
        ("imagePullPolicy", copied(container, "imagePullPolicy")),
        ("command", copied(exec, "command")),
        ("workingDir", copied(container, "workingDir")),
        ("env", Some(environment(name, container, exec))),
        ("resources", copied(container, "resources")),
        ("volumeMounts", of_names(&container["volumeMounts"])),
        ("securityContext", copied(container, "securityContext")),
    ]);
    without_nulls([
        ("containers", Some(json!([lifecycle]))),
        ("securityContext", copied(template, "securityContext")),
        ("volumes", of_names(&template["volumes"])),
        ("nodeSelector", copied(template, "nodeSelector")),
        ("imagePullSecrets", copied(template, "imagePullSecrets")),
        ("restartPolicy", Some(if retries { "OnFailure" } else { "Never" }.into())),
        ("terminationGracePeriodSeconds", Some(GRACE_PERIOD.into())),
    ])
}

/// The variables of the container, those of the hook in their place, and the two that OpenShift adds.
fn environment(name: &str, container: &Value, exec: &Value) -> Value {
    let mut variables: Vec<Value> = Vec::new();
    let of_both = [&container["env"], &exec["env"]].into_iter().filter_map(Value::as_array).flatten();
    let added = [
        json!({"name": "OPENSHIFT_DEPLOYMENT_NAME", "value": name}),
        json!({"name": "OPENSHIFT_DEPLOYMENT_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}),
    ];
    for variable in of_both.chain(&added) {
        match variables.iter_mut().find(|known| known["name"] == variable["name"]) {
            Some(known) => *known = variable.clone(),
            None => variables.push(variable.clone()),
        }
    }
    variables.into()
}

/// A mapping of the entries that have a value.
fn without_nulls<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let entries = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(entries.collect())
}
