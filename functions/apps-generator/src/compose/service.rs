//! A service of a compose project, read.

use serde_json::Value;

use super::keys::EXTENSION;
use super::mounts::{self, Mount, Source};
use super::names::object_name;
use super::node::{Node, Pair};
use super::ports::{self, Port, Protocol, Published};
use super::words::words;
use crate::rule::Rule;

/// A service. What only one object needs is read where the object is made.
#[derive(Debug)]
pub(super) struct Service<'p> {
    /// The name in the project.
    pub(super) key: &'p str,
    /// The name of the app.
    pub(super) name: String,
    /// The mapping of the service, with what it takes over from others.
    pub(super) node: Node<'p>,
    pub(super) image: String,
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) command: Option<Vec<String>>,
    /// The variables that have a value and that `x-replatform` does not set.
    pub(super) environment: Vec<(String, String, Node<'p>)>,
    pub(super) ports: Vec<Port>,
    pub(super) mounts: Vec<(Mount, Node<'p>)>,
    /// The networks, with `default` if it names none.
    pub(super) networks: Vec<String>,
    /// Other names that services of the project call it.
    pub(super) aliases: Vec<String>,
    /// The names that it gives to other services: the service, then the name.
    pub(super) links: Vec<(String, String)>,
    pub(super) dependencies: Vec<Dependency<'p>>,
    pub(super) run: Run,
}

/// A service that another waits for.
#[derive(Debug)]
pub(super) struct Dependency<'p> {
    pub(super) service: String,
    pub(super) condition: Condition,
    /// Whether the other one may be left out.
    pub(super) optional: bool,
    pub(super) node: Node<'p>,
}

/// What a service waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Started,
    Healthy,
    Completed,
}

/// Whether a service runs on, or ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// Compose starts it again whenever it ends, or says nothing about that.
    Always,
    /// It may end, and is started again if it fails, so many times at most.
    ToTheEnd(Option<u32>),
}

impl<'p> Service<'p> {
    /// Reads the service at a node. Nothing but findings if it has no image.
    pub(super) fn read(key: &'p str, node: Node<'p>) -> Option<Self> {
        node.check_keys("service");
        if let Some(build) = node.get("build") {
            let message = "another tool builds the image; this build uses `image`";
            build.tell(Rule::ComposeKeyIgnored, message);
        }
        let image = node.get("image").and_then(|image| image.text());
        if node.get("image").is_none() {
            let message =
                "must be given, since a build of manifests builds no images; push the image and name it in `image`";
            node.at("image").tell(Rule::ComposeImageMissing, message);
        }
        check_networking(&node);
        node.get(EXTENSION)
            .filter(|extension| !extension.raw().is_object())
            .iter()
            .for_each(|extension| extension.malformed("a mapping with a part of an app"));
        // All of it is read, so that all that is wrong is reported at once.
        let service = Self {
            key,
            name: object_name(key),
            image: image.unwrap_or_default(),
            entrypoint: command(&node, "entrypoint"),
            command: command(&node, "command"),
            environment: environment(&node),
            ports: all_ports(&node),
            mounts: all_mounts(&node),
            networks: networks(&node),
            aliases: aliases(key, &node),
            links: links(&node),
            dependencies: dependencies(&node),
            run: run(&node),
            node,
        };
        Some(service).filter(|service| !service.image.is_empty())
    }

    /// What `x-replatform` of the service says, which is a part of an app.
    pub(super) fn extension(&self) -> Option<&'p Value> {
        self.node.raw().get(EXTENSION).filter(|extension| extension.is_object())
    }

    /// Whether it says that it is there for others: it has ports or a health check.
    pub(super) fn is_server(&self) -> bool {
        !self.ports.is_empty() || self.node.get("healthcheck").is_some()
    }
}

impl Run {
    /// How often a service that ends by itself is tried again; nothing where compose has no limit.
    pub(super) fn attempts(self) -> Option<u32> {
        match self {
            Self::ToTheEnd(attempts) => attempts,
            Self::Always => None,
        }
    }
}

/// The words of a command; an empty one resets that of the image.
pub(super) fn command(node: &Node<'_>, key: &str) -> Option<Vec<String>> {
    let node = node.get(key)?;
    if node.raw().is_array() { Some(node.texts()) } else { node.parsed("a command line with closed quotes", words) }
}

/// Tells about networks that Pods do not have.
fn check_networking(node: &Node<'_>) {
    let Some(mode) = node.get("network_mode") else { return };
    match mode.text().as_deref() {
        None | Some("bridge" | "default") => {}
        Some("host") => mode.tell(
            Rule::ComposeKeyRefused,
            "a Pod has a network of its own; list the ports in `ports`, and remove `network_mode`",
        ),
        Some(other) if other.starts_with("service:") || other.starts_with("container:") => mode.tell(
            Rule::ComposeKeyRefused,
            "containers share a network only within a Pod; make this service a sidecar of the other in its `x-replatform`, and remove it here",
        ),
        Some(_) => mode.tell(
            Rule::ComposeKeyRefused,
            "a Pod has the network of the cluster; write a NetworkPolicy if it must reach nothing, and remove `network_mode`",
        ),
    }
}

/// The variables with values. What `x-replatform` sets takes the place of what is here, which is not read then.
fn environment<'p>(node: &Node<'p>) -> Vec<(String, String, Node<'p>)> {
    let Some(variables) = node.get("environment") else { return Vec::new() };
    let replaced = replaced_variables(node);
    let value = |pair: Pair<'p>| {
        if !pair.has_value() {
            let message = format!(
                "`{}` has no value, and compose takes it from the machine of the user; write its value, or take it from a \
                 Secret in `x-replatform.env_refs` of the service",
                pair.name
            );
            pair.node.tell(Rule::ComposeVariable, message);
        }
        let value = pair.value()?;
        Some((pair.name, value, pair.node))
    };
    variables.pairs().into_iter().filter(|pair| !replaced.contains(&pair.name)).filter_map(value).collect()
}

/// The names of the variables that `x-replatform` of a service sets.
fn replaced_variables(node: &Node<'_>) -> Vec<String> {
    let extension = node.raw().get(EXTENSION).unwrap_or(&Value::Null);
    let names = |value: &Value| match value {
        Value::Object(entries) => entries.keys().cloned().collect(),
        Value::Array(items) => items.iter().filter_map(|item| item["name"].as_str()).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    ["environment", "env_refs"].iter().flat_map(|key| names(&extension[*key])).collect()
}

/// The ports of `ports` and `expose`, each port and protocol once.
fn all_ports(node: &Node<'_>) -> Vec<Port> {
    let published = node.get("ports").map(|ports| ports.items()).unwrap_or_default();
    let exposed = node.get("expose").map(|ports| ports.items()).unwrap_or_default();
    let mut ports: Vec<Port> = Vec::new();
    let found = published.iter().flat_map(port).chain(exposed.iter().flat_map(exposed_port));
    for port in found {
        let same = ports.iter_mut().find(|known| known.target == port.target && known.protocol == port.protocol);
        match same {
            // Published in two ways: the one that exposes more counts.
            Some(known) if matches!(port.published, Some(Published::Everywhere(_))) => known.published = port.published,
            Some(_) => {}
            None => ports.push(port),
        }
    }
    ports
}

fn exposed_port(node: &Node<'_>) -> Vec<Port> {
    let read = |text: &str| {
        let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = Protocol::parse(protocol)?;
        Some(ports::range(range)?.map(|target| Port { target, protocol, ..Port::default() }).collect())
    };
    node.parsed("a port, or a range of ports, as `8000` or `8000-8010/udp`", read).unwrap_or_default()
}

fn port(node: &Node<'_>) -> Vec<Port> {
    if !node.raw().is_object() {
        return node.parsed("ports as `8080:80` or `127.0.0.1:53:53/udp`", ports::short).unwrap_or_default();
    }
    node.check_keys("port");
    let Some(target) = node.required("target").and_then(|target| target.number()) else { return Vec::new() };
    let text = |key: &str| node.get(key).and_then(|value| value.text());
    let protocol = node.get("protocol").and_then(|value| value.parsed("`tcp`, `udp` or `sctp`", Protocol::parse));
    let published = Published::on(text("host_ip").as_deref(), text("published"));
    let (name, app_protocol) = (text("name"), text("app_protocol"));
    vec![Port { target, protocol: protocol.unwrap_or_default(), published: Some(published), name, app_protocol }]
}

/// The mounts of `volumes` and `tmpfs`, and the shared memory.
fn all_mounts<'p>(node: &Node<'p>) -> Vec<(Mount, Node<'p>)> {
    let items = |key: &str| node.get(key).map(|list| list.items()).unwrap_or_default();
    let mut mounts: Vec<_> = items("volumes").into_iter().filter_map(|item| Some((mount(&item)?, item))).collect();
    mounts.extend(items("tmpfs").into_iter().filter_map(|item| Some((memory_mount(&item)?, item))));
    if let Some(size) = node.get("shm_size") {
        mounts.push((Mount::new(Source::Memory(size.memory()), "/dev/shm"), size));
    }
    mounts
}

/// A mount of `tmpfs`, as `/run` or `/run:size=64m,mode=755`.
fn memory_mount(node: &Node<'_>) -> Option<Mount> {
    let text = node.text()?;
    let (target, options) = text.split_once(':').unwrap_or((&text, ""));
    let size = options.split(',').find_map(|option| option.strip_prefix("size="));
    if options.split(',').any(|option| !option.is_empty() && !option.starts_with("size=")) {
        node.tell(Rule::ComposeKeyLost, "an `emptyDir` has only a size; the other options are dropped, remove them");
    }
    let size = size.and_then(|size| super::units::memory(size).or_else(|| percent_told(node)));
    Some(Mount::new(Source::Memory(size), target))
}

fn percent_told(node: &Node<'_>) -> Option<String> {
    node.malformed("a path with a size in bytes, as `/run:size=64m`");
    None
}

fn mount(node: &Node<'_>) -> Option<Mount> {
    if !node.raw().is_object() {
        let mount =
            node.parsed("a mount as `data:/var/lib/data:ro`, with an absolute path of the container", mounts::short)?;
        if node.text()?.rsplit(':').next().is_some_and(|options| options.split(',').any(|option| option == "nocopy")) {
            node.tell(
                Rule::ComposeKeyIgnored,
                "`nocopy` is dropped: Kubernetes never copies the files of the image into a volume",
            );
        }
        return Some(mount);
    }
    node.check_keys("mount");
    for (key, scope) in [("bind", "mount.bind"), ("volume", "mount.volume"), ("tmpfs", "mount.tmpfs")] {
        node.get(key).iter().for_each(|options| options.check_keys(scope));
    }
    let text = |key: &str| node.get(key).and_then(|value| value.text());
    let source = match text("type")?.as_str() {
        "volume" => text("source").map_or(Source::Anonymous, Source::Named),
        "bind" => Source::Host(node.required("source")?.text()?),
        "tmpfs" => Source::Memory(node.get("tmpfs").and_then(|tmpfs| tmpfs.get("size")).and_then(|size| size.memory())),
        other => {
            let message = format!("`{other}` is no type of volume that Kubernetes has; use a volume of `volumes`");
            node.tell(Rule::ComposeKeyRefused, message);
            return None;
        }
    };
    let sub_path = node.get("volume").and_then(|volume| volume.get("subpath")?.text());
    let target = node.required("target")?.text()?;
    Some(Mount { source, target, read_only: node.get("read_only").is_some_and(|flag| flag.is_true()), sub_path })
}

fn networks(node: &Node<'_>) -> Vec<String> {
    let Some(networks) = node.get("networks") else { return vec!["default".to_owned()] };
    networks.names()
}

/// The names by which the networks of compose know a service besides its own.
fn aliases(key: &str, node: &Node<'_>) -> Vec<String> {
    let mut aliases: Vec<String> = node.get("container_name").and_then(|name| name.text()).into_iter().collect();
    let networks = node.get("networks").filter(|networks| networks.raw().is_object());
    for (_, network) in networks.iter().flat_map(Node::entries).filter(|(_, network)| !network.raw().is_null()) {
        network.check_keys("service.network");
        aliases.extend(network.get("aliases").iter().flat_map(Node::texts));
    }
    let mut known = vec![key.to_owned(), object_name(key)];
    aliases.retain(|alias| {
        let is_new = !known.contains(alias);
        known.push(alias.clone());
        is_new
    });
    aliases
}

fn links(node: &Node<'_>) -> Vec<(String, String)> {
    let links = node.get("links").map(|links| links.texts()).unwrap_or_default();
    links
        .iter()
        .filter_map(|link| link.split_once(':'))
        .map(|(one, other)| (one.to_owned(), other.to_owned()))
        .collect()
}

fn dependencies<'p>(node: &Node<'p>) -> Vec<Dependency<'p>> {
    let Some(others) = node.get("depends_on") else { return Vec::new() };
    let dependency = |pair: Pair<'p>| {
        let Pair { name: service, node, .. } = pair;
        let is_long = node.raw().is_object();
        if is_long {
            node.check_keys("dependency");
        }
        let condition = node.get("condition").filter(|_| is_long).and_then(|condition| {
            condition.parsed("`service_started`, `service_healthy` or `service_completed_successfully`", |text| {
                match text {
                    "service_started" => Some(Condition::Started),
                    "service_healthy" => Some(Condition::Healthy),
                    "service_completed_successfully" => Some(Condition::Completed),
                    _ => None,
                }
            })
        });
        let optional = is_long && node.get("required").is_some_and(|required| !required.is_true());
        Dependency { service, condition: condition.unwrap_or(Condition::Started), optional, node }
    };
    others.pairs().into_iter().map(dependency).collect()
}

/// What `restart` says, or `deploy.restart_policy`, which counts more.
fn run(node: &Node<'_>) -> Run {
    let deploy = node.get("deploy");
    if let Some(policy) = deploy.as_ref().and_then(|deploy| deploy.get("restart_policy")) {
        policy.check_keys("deploy.restart_policy");
        let attempts = policy.get("max_attempts").and_then(|attempts| attempts.number());
        let condition = policy.get("condition");
        return condition
            .and_then(|node| node.parsed("`none`, `on-failure` or `any`", |text| ending(text, attempts)))
            .unwrap_or(Run::Always);
    }
    let restart = node.get("restart");
    let read = |text: &str| match text.split_once(':') {
        Some(("on-failure", attempts)) => attempts.parse().ok().map(|attempts| Run::ToTheEnd(Some(attempts))),
        Some(_) => None,
        None => ending(text, None),
    };
    let expected = "`no`, `always`, `unless-stopped`, `on-failure` or `on-failure:N`";
    restart.and_then(|node| node.parsed(expected, read)).unwrap_or(Run::Always)
}

fn ending(condition: &str, attempts: Option<u32>) -> Option<Run> {
    match condition {
        "no" | "none" | "false" => Some(Run::ToTheEnd(Some(0))),
        "on-failure" => Some(Run::ToTheEnd(attempts)),
        "always" | "unless-stopped" | "any" => Some(Run::Always),
        _ => None,
    }
}
