//! The containers of pods.

use serde_json::{Map, Value, json};

use super::env::{env, env_from};
use super::probes::probes;
use super::volumes::{mounts_of_app, written_mount};
use crate::app::NamedApp;
use crate::config::{Container, ExtraContainer, Resources};
use crate::fields::Fields;
use crate::target::Target;

/// The containers of an app: its own, then its sidecars.
pub(super) fn containers(app: &NamedApp, target: &Target<'_>) -> Vec<Value> {
    let sidecars = app.app.sidecars.iter().map(|(name, sidecar)| extra(name, sidecar));
    std::iter::once(own(app, target)).chain(sidecars).collect()
}

/// The containers that run before those of an app.
pub(super) fn init_containers(app: &NamedApp) -> Vec<Value> {
    app.app.init_containers.iter().map(|(name, container)| extra(name, container)).collect()
}

/// The image of an app: the one that is given, or that of its name in the registry of the environment.
pub(crate) fn image(app: &NamedApp, target: &Target<'_>) -> Option<String> {
    let derived = || target.registry().map(|registry| format!("{}/{}", registry.trim_end_matches('/'), app.name));
    app.app.image.clone().or_else(derived)
}

fn own(app: &NamedApp, target: &Target<'_>) -> Value {
    let config = &app.app;
    Fields::new()
        .with("name", app.name.as_str())
        .maybe("image", image(app, target))
        .and(runs(&config.container))
        .list("env", env(&config.environment, &config.env_refs))
        .list("envFrom", env_from(&config.env_from))
        .and(probes(&config.probes, &config.container.ports))
        .fields("resources", resources(config.resources.as_ref()))
        .typed("securityContext", &config.security.container_security_context)
        .list("volumeMounts", mounts_of_app(config))
        .into()
}

fn extra(name: &str, extra: &ExtraContainer) -> Value {
    let mounts: Vec<_> = extra.mounts.iter().map(|(volume, mount)| written_mount(volume, mount)).collect();
    Fields::new()
        .with("name", name)
        .with("image", extra.image.as_str())
        .and(runs(&extra.container))
        .maybe("restartPolicy", extra.keeps_running.then_some("Always"))
        .list("env", env(&extra.environment, &extra.env_refs))
        .list("envFrom", env_from(&extra.env_from))
        .and(probes(&extra.probes, &extra.container.ports))
        .fields("resources", resources(extra.resources.as_ref()))
        .typed("securityContext", &extra.container_security_context)
        .list("volumeMounts", mounts)
        .into()
}

/// What a container runs.
fn runs(container: &Container) -> Fields {
    let ports: Vec<_> = container
        .ports
        .iter()
        .map(|(name, port)| json!({"name": name, "containerPort": port.container_port, "protocol": port.protocol}))
        .collect();
    let hook = |command: &Option<Vec<String>>| command.as_ref().map(|command| json!({"exec": {"command": command}}));
    let lifecycle =
        Fields::new().maybe("postStart", hook(&container.post_start)).maybe("preStop", hook(&container.pre_stop));
    Fields::new()
        .typed("imagePullPolicy", &container.image_pull_policy)
        .typed("command", &container.command)
        .typed("args", &container.args)
        .maybe("workingDir", container.working_dir.as_deref())
        .flag("stdin", container.stdin)
        .flag("tty", container.tty)
        .list("ports", ports)
        .fields("lifecycle", lifecycle)
}

fn resources(resources: Option<&Resources>) -> Fields {
    let Some(resources) = resources else { return Fields::new() };
    let gpu = resources.gpu.as_ref().map(|gpu| (gpu.kind.as_str(), gpu.count.to_string()));
    let amounts = |cpu: &Option<String>, memory: &Option<String>, storage: &Option<String>| {
        let given = [("cpu", cpu), ("memory", memory), ("ephemeral-storage", storage)];
        let given = given.into_iter().filter_map(|(name, amount)| Some((name, amount.clone()?)));
        given.chain(gpu.clone()).map(|(name, amount)| (name.to_owned(), amount.into())).collect::<Map<String, Value>>()
    };
    let requests = amounts(&resources.cpu, &resources.memory, &resources.ephemeral_storage);
    let limits = amounts(&resources.cpu_limit, &resources.memory_limit, &resources.ephemeral_storage_limit);
    let given = |amounts: Map<String, Value>| (!amounts.is_empty()).then_some(amounts);
    Fields::new().maybe("limits", given(limits)).maybe("requests", given(requests))
}
