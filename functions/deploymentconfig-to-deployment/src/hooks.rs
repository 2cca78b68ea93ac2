//! Hooks of DeploymentConfigs: refused, or written as Jobs that Argo CD runs.

use krm::field::FieldPath;
use krm::resource_list::{Item, Resources, may_hold_secret};
use serde_json::Value;

use crate::config::Hooks;
use crate::deployment_config::{DeploymentConfig, Params, Rollout};
use crate::hook_job::{HookJob, Phase};
use crate::kinds::DEPLOYMENT_CONFIG;
use crate::plan::Plan;
use crate::rule::Rule;

/// The most characters in the name of a Job. Source: kubernetes pkg/apis/batch/validation, `ValidateJob`.
const LONGEST_NAME: usize = 63;

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

/// Why a hook becomes no Job, as the end of a sentence.
struct Refusal(&'static str);

/// Refuses every hook, or writes it as a Job.
pub(crate) fn handle_all(hooks: Hooks, resources: &Resources, plan: &mut Plan) {
    for item in resources.iter().filter(|item| DEPLOYMENT_CONFIG.is_of(item)) {
        let (config, _) = DeploymentConfig::read(item);
        let Some(params) = config.params() else { continue };
        for hook in hooks_of(&config, params) {
            match hooks {
                Hooks::Refuse => refuse(item, &hook, plan),
                Hooks::ArgoCD => write(item, &config, &hook, plan),
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
    let remedy = match hook.phase() {
        Ok(_) => "write a Job for it, or set `hooks: ArgoCD` to have one written",
        Err(_) => "find another way to run it",
    };
    let message = format!("{}, and a Deployment has no hooks; {remedy}", hook.describe());
    plan.report(Rule::DeploymentHook, item, hook.path.clone(), message);
}

fn write(item: &Item, config: &DeploymentConfig, hook: &Hook<'_>, plan: &mut Plan) {
    match job(item, config, hook, plan) {
        Ok(job) => {
            let message = format!(
                "this hook becomes Job `{}`, which Argo CD runs {} every sync, and not once for each rollout; make sure that `{}` can run \
                 more than once{}",
                job["metadata"]["name"].as_str().unwrap_or_default(),
                if hook.time == Time::Pre { "before" } else { "after" },
                hook.command(),
                hook.failure(),
            );
            plan.report(Rule::HookOnEverySync, item, hook.path.clone(), message);
            plan.add_beside(item, job);
        }
        Err(Refusal(reason)) => {
            let message = format!("{}, {reason}; find another way to run it", hook.describe());
            plan.report(Rule::DeploymentHook, item, hook.path.clone(), message);
        }
    }
}

/// The Job of a hook, with the images that were resolved.
fn job(item: &Item, config: &DeploymentConfig, hook: &Hook<'_>, plan: &Plan) -> Result<Value, Refusal> {
    let phase = hook.phase()?;
    let pods = &plan.value(item)["spec"]["template"]["spec"];
    let exec = &hook.value["execNewPod"];
    let container = container(pods, exec)?;
    let strategy = config.spec.strategy.as_ref();
    let job = HookJob { item, phase, strategy, pods, container, exec, retries: hook.policy() == "Retry" };
    // The name becomes a label of the pods.
    if job.name().len() > LONGEST_NAME {
        return Err(Refusal("and the name of a Job for it would be longer than 63 characters"));
    }
    Ok(job.write())
}

/// The container of the template that a hook names; the only one if it names none.
fn container<'t>(pods: &'t Value, exec: &Value) -> Result<&'t Value, Refusal> {
    let containers = pods["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    match (exec["containerName"].as_str().filter(|name| !name.is_empty()), containers) {
        (None, [only]) => Ok(only),
        (None, _) => Err(Refusal("and it does not say which container that is")),
        (Some(name), containers) => {
            let named = containers.iter().find(|container| container["name"] == name);
            named.ok_or(Refusal("and the template has no such container"))
        }
    }
}

impl Time {
    fn field(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Mid => "mid",
            Self::Post => "post",
        }
    }

    /// When it is, in words.
    fn describe(self) -> &'static str {
        match self {
            Self::Pre => "before a rollout",
            Self::Mid => "between the old pods and the new",
            Self::Post => "after a rollout",
        }
    }
}

impl Hook<'_> {
    /// The command, without arguments that may hold a credential.
    fn command(&self) -> String {
        let command = &self.value["execNewPod"]["command"];
        if may_hold_secret(command) { format!("[{},...]", command[0]) } else { command.to_string() }
    }

    fn policy(&self) -> &str {
        self.value["failurePolicy"].as_str().unwrap_or_default()
    }

    /// What it does, in words.
    fn describe(&self) -> String {
        let when = self.time.describe();
        if !self.value["execNewPod"].is_object() {
            return format!("this hook tags images {when}");
        }
        let container = self.value["execNewPod"]["containerName"].as_str();
        let image = container.map_or("the only container".to_owned(), |name| format!("container `{name}`"));
        let (command, policy) = (self.command(), self.policy());
        format!("this hook runs `{command}` with the image of {image} {when} (failurePolicy `{policy}`)")
    }

    /// What its failure does, where Argo CD does something else.
    fn failure(&self) -> &'static str {
        if self.policy() == "Ignore" { "; its failure fails the sync, which OpenShift ignored" } else { "" }
    }

    /// When Argo CD runs a Job that does what it does.
    fn phase(&self) -> Result<Phase, Refusal> {
        match self.time {
            Time::Mid => Err(Refusal("and nothing on K3s runs between the old pods and the new")),
            _ if !self.value["execNewPod"].is_object() => Err(Refusal("and K3s has no image streams")),
            Time::Pre => Ok(Phase::PreSync),
            Time::Post => Ok(Phase::PostSync),
        }
    }
}
