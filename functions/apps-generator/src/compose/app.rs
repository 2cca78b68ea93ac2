//! A service as an app: what a person could have written below `spec.apps`.

use serde_json::{Map, Value, json};

use super::deploy;
use super::files::Files;
use super::labels::annotations;
use super::names::object_name;
use super::node::Node;
use super::order::Order;
use super::ports::{Port, Protocol, Published};
use super::security;
use super::service::{Service, command};
use super::volumes::Volumes;
use super::words::{quoted, verbatim};
use crate::rule::Rule;

/// The app of a service. `is_called` says that others of the project call it or wait for it.
pub(super) fn app(
    service: &Service<'_>,
    order: &Order,
    volumes: &mut Volumes<'_>,
    files: &mut Files<'_>,
    is_called: bool,
) -> Value {
    let node = &service.node;
    let mut app = json!({
        "image": service.image,
        "container": container(service),
        "environment": environment(service),
        "env_from": files.variables(service),
        "service": (!order.is_job(service)).then(|| reach(service, is_called)),
        "probes": {"readiness": readiness(service)},
        "resources": deploy::resources(node),
        "security": security::security(node),
        "hostname": hostname(node),
        // Compose gives containers no such variables, and programs read them: `GITEA_PORT`, `REDIS_PORT`.
        "service_links": false,
        "host_aliases": host_aliases(node),
        "node_selector": deploy::node_selector(node),
        "pod_annotations": annotations(node, "labels"),
        "termination_grace_period": node.get("stop_grace_period").and_then(|period| period.seconds()),
    });
    merge(&mut app["pod_annotations"], annotations(node, "annotations"));
    merge(&mut app, deploy::workload(service, order));
    let mut mounts = volumes.of(service, files);
    mounts.extend(files.mounts(service));
    let user = app["security"]["container_security_context"]["run_as_user"].as_u64().filter(|user| *user > 0);
    if let (Some(user), true) = (user, mounts.values().any(|volume| volume["type"] == "pvc")) {
        // A new claim belongs to root; compose gives it the owner of the directory of the image.
        let group = app["security"]["container_security_context"]["run_as_group"].as_u64().filter(|group| *group > 0);
        app["security"]["pod_security_context"]["fs_group"] = group.unwrap_or(user).into();
    }
    app["volumes"] = mounts.into();
    app["configmaps"] = files.take_made().into();
    tell_ports(service);
    pruned(app)
}

fn merge(value: &mut Value, more: Map<String, Value>) {
    if let Value::Object(entries) = value {
        entries.extend(more);
    }
}

/// A value without what says nothing: keys without a value, and empty mappings and lists.
fn pruned(value: Value) -> Value {
    let says_something = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        _ => true,
    };
    match value {
        Value::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (key, pruned(value)));
            entries.filter(|(_, value)| says_something(value)).collect()
        }
        Value::Array(items) => items.into_iter().map(pruned).collect(),
        other => other,
    }
}

fn is_true(node: &Node<'_>, key: &str) -> Option<bool> {
    node.get(key).map(|flag| flag.is_true()).filter(|flag| *flag)
}

/// The name of the host in the Pod, which is one label.
fn hostname(node: &Node<'_>) -> Option<String> {
    let place = node.get("hostname")?;
    let name = place.text()?;
    let label = object_name(name.split('.').next().unwrap_or_default());
    if label != name {
        let message = format!(
            "a Pod has a host name of one label, so it becomes `{label}`; give the program the full name in `environment`"
        );
        place.tell(Rule::ComposeKeyLost, message);
    }
    Some(label)
}

fn container(service: &Service<'_>) -> Value {
    let node = &service.node;
    let (command, args) = command_line(service);
    json!({
        "command": command,
        "args": args,
        "working_dir": node.text_of("working_dir"),
        "ports": ports(service),
        "stdin": is_true(node, "stdin_open"),
        "tty": is_true(node, "tty"),
        "image_pull_policy": pull_policy(node),
        "post_start": hooks(node, "post_start"),
        "pre_stop": hooks(node, "pre_stop"),
    })
}

/// `command` and `args` of the container.
fn command_line(service: &Service<'_>) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let verbatim = |words: &Vec<String>| words.iter().map(|word| verbatim(word)).collect();
    let command: Option<Vec<String>> = service.command.as_ref().map(verbatim);
    match &service.entrypoint {
        // An empty one resets that of the image, so that the command runs by itself.
        Some(entrypoint) if entrypoint.is_empty() => (command, None),
        Some(entrypoint) => (Some(verbatim(entrypoint)), command),
        None => {
            if service.command.as_ref().is_some_and(Vec::is_empty) {
                let message = "an empty command does not take the place of that of the image; write `entrypoint`";
                service.node.at("command").tell(Rule::ComposeKeyLost, message);
            }
            (None, command)
        }
    }
}

fn environment(service: &Service<'_>) -> Map<String, Value> {
    let variable = |(name, value, _): &(String, String, Node<'_>)| (name.clone(), verbatim(value).into());
    service.environment.iter().map(variable).collect()
}

fn pull_policy(node: &Node<'_>) -> Option<&'static str> {
    let policy = node.get("pull_policy")?;
    match policy.text()?.as_str() {
        "always" => Some("Always"),
        "never" => Some("Never"),
        "missing" | "if_not_present" => Some("IfNotPresent"),
        "build" => {
            policy.tell(Rule::ComposeKeyIgnored, "is dropped: another tool builds the image");
            None
        }
        _ => {
            policy.tell(
                Rule::ComposeKeyLost,
                "is dropped: `imagePullPolicy` knows no times; write `pull_policy: always`",
            );
            None
        }
    }
}

/// The ports of the container by their names.
fn ports(service: &Service<'_>) -> Map<String, Value> {
    let port = |port: &Port| {
        let protocol = Some(port.protocol.name()).filter(|_| port.protocol != Protocol::Tcp);
        let fields = json!({
            "container_port": port.target, "protocol": protocol, "app_protocol": port.app_protocol,
        });
        (port_name(port), fields)
    };
    service.ports.iter().map(port).collect()
}

/// The name that a port has, or one made of its number.
fn port_name(port: &Port) -> String {
    let made = || match port.protocol {
        Protocol::Tcp => format!("port-{}", port.target),
        protocol => format!("{}-{}", protocol.name().to_ascii_lowercase(), port.target),
    };
    let given = port.name.as_deref().map(object_name);
    given.filter(|name| manifests::names::is_port_name(name)).unwrap_or_else(made)
}

/// How other services reach it: a Service, and one for each other name.
fn reach(service: &Service<'_>, is_called: bool) -> Value {
    let aliases: Vec<_> = service.aliases.iter().map(|alias| object_name(alias)).collect();
    let is_reached = is_called || !aliases.is_empty();
    let endpoint = service.node.get("deploy").and_then(|deploy| deploy.get("endpoint_mode"));
    let by_dns = endpoint.and_then(|mode| mode.text()).is_some_and(|mode| mode == "dnsrr");
    let has_none = service.ports.is_empty();
    if has_none {
        let message = if is_reached {
            "no port of the service is known; its name leads to its Pods, whatever their ports are; write `expose` for a Service with ports"
        } else {
            "no port of the service is known, and no other service names it, so it has no Service; write `expose` for one"
        };
        service.node.tell(Rule::ComposeNoPorts, message);
    }
    let flag = |flag: bool| flag.then_some(true);
    json!({"enabled": flag(has_none && is_reached), "headless": flag(by_dns || has_none && is_reached), "aliases": aliases})
}

/// Tells about ports that were reached from outside.
fn tell_ports(service: &Service<'_>) {
    let extension = service.extension();
    let is_exposed =
        extension.is_some_and(|extension| !extension["ingress"].is_null() || !extension["service"]["type"].is_null());
    let published = |port: &&Port| matches!(port.published, Some(Published::Everywhere(_)));
    let open: Vec<_> = service.ports.iter().filter(published).map(published_port).collect();
    if !open.is_empty() && !is_exposed {
        let message = format!(
            "port {} is reached inside the cluster only; write `ingress`, or `service: {{type: LoadBalancer}}`, in `x-replatform` of \
             the service if it must be reached from outside",
            open.join(", ")
        );
        service.node.at("ports").tell(Rule::ComposePortPublished, message);
    }
    let loopback = service.ports.iter().filter(|port| port.published == Some(Published::Loopback));
    let loopback: Vec<_> = loopback.map(|port| port.target.to_string()).collect();
    if !loopback.is_empty() {
        let message = format!(
            "port {} was reached on the machine only, and is not exposed; use `kubectl port-forward`",
            loopback.join(", ")
        );
        service.node.at("ports").tell(Rule::ComposeKeyIgnored, message);
    }
}

fn published_port(port: &Port) -> String {
    match &port.published {
        Some(Published::Everywhere(Some(published))) if *published != port.target.to_string() => {
            format!("{} (published as {published})", port.target)
        }
        _ => port.target.to_string(),
    }
}

/// The readiness probe. Compose only marks what is unhealthy, and restarts nothing.
fn readiness(service: &Service<'_>) -> Option<Value> {
    let check = service.node.get("healthcheck")?;
    check.check_keys("healthcheck");
    if is_true(&check, "disable").is_some() {
        return None;
    }
    let test = check.get("test");
    if test.is_none() {
        check.tell(
            Rule::ComposeKeyLost,
            "without `test` compose uses the check of the image, which Kubernetes does not read; write `test`",
        );
    }
    let command = probe_command(&test?);
    let seconds = |key: &str| check.get(key).and_then(|value| value.seconds()).filter(|seconds| *seconds > 0);
    let (period, timeout) = (seconds("interval").unwrap_or(30), seconds("timeout").unwrap_or(30));
    let failures = check.get("retries").and_then(|retries| retries.number::<u32>()).filter(|retries| *retries > 0);
    let command: Vec<_> = command?.iter().map(|word| verbatim(word)).collect();
    Some(json!({
        "type": "exec",
        "command": command,
        "period": period,
        "timeout": timeout,
        "failure_threshold": failures.unwrap_or(3),
    }))
}

/// The command of a health check.
fn probe_command(test: &Node<'_>) -> Option<Vec<String>> {
    let shell = |script: String| Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), script]);
    if !test.raw().is_array() {
        return shell(test.text()?);
    }
    let words = test.texts();
    match words.first().map(String::as_str) {
        Some("NONE") | None => None,
        Some("CMD") if words.len() > 1 => Some(words[1..].to_vec()),
        Some("CMD-SHELL") if words.len() == 2 => shell(words[1].clone()),
        _ => {
            test.malformed("a string, or a list that begins with `CMD`, `CMD-SHELL` or `NONE`");
            None
        }
    }
}

/// The one command of hooks.
fn hooks(node: &Node<'_>, key: &str) -> Option<Vec<String>> {
    let hooks = node.get(key)?.items();
    let [hook] = &hooks[..] else {
        let scripts: Vec<_> = hooks.iter().filter_map(|hook| Some(script(hook, &hook_words(hook)?))).collect();
        return (!scripts.is_empty()).then(|| vec!["/bin/sh".to_owned(), "-c".to_owned(), scripts.join(" && ")]);
    };
    let words = hook_words(hook)?;
    let is_plain = hook.get("working_dir").is_none() && hook.get("environment").is_none();
    Some(if is_plain { words } else { vec!["/bin/sh".to_owned(), "-c".to_owned(), script(hook, &words)] })
}

fn hook_words(hook: &Node<'_>) -> Option<Vec<String>> {
    hook.check_keys("hook");
    hook.required("command")?;
    command(hook, "command")
}

/// A hook as a script of the shell.
fn script(hook: &Node<'_>, words: &[String]) -> String {
    let directory = hook.text_of("working_dir").map(|directory| format!("cd {} && ", quoted(&directory)));
    let variables = hook.get("environment").map(|variables| variables.pairs()).unwrap_or_default();
    let variables = variables.iter().filter_map(|pair| Some(format!("{}={} ", pair.name, quoted(&pair.value()?))));
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    format!("{}{}{}", directory.unwrap_or_default(), variables.collect::<String>(), words.join(" "))
}

/// Names of hosts with their addresses.
fn host_aliases(node: &Node<'_>) -> Map<String, Value> {
    let mut aliases = Map::new();
    for pair in node.get("extra_hosts").map(|hosts| hosts.pairs()).unwrap_or_default() {
        let Some(value) = pair.value().or_else(|| pair.node.text()) else { continue };
        let (name, address) = match value.split_once(':') {
            Some((name, address)) if name.len() < value.len() && pair.name.contains(':') => {
                (name.to_owned(), address.to_owned())
            }
            _ => (pair.name.clone(), value.clone()),
        };
        let address = address.trim_start_matches('[').trim_end_matches(']');
        if address.parse::<std::net::IpAddr>().is_ok() {
            aliases.insert(name, address.into());
        } else {
            let message = format!(
                "`{address}` is no address; a Pod knows only addresses of hosts, so write one, or the DNS name in `environment`"
            );
            pair.node.tell(Rule::ComposeKeyRefused, message);
        }
    }
    aliases
}
