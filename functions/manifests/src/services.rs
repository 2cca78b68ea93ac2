//! Services, the pods behind them, and the ports on both sides.

use std::fmt;

use k8s_openapi::api::core::v1 as api;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use krm::field::FieldPath;
use krm::finding::{Finding, Subject};
use krm::resource_list::{Item, ItemId, Resources};
use krm::rule::CommonRule;
use serde_json::Value;

use crate::pods::{self, PodTemplate, Role};
use crate::selectors::{LabelIndex, LabelSet, Selector, labels_of, read_field};

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Protocol {
    /// TCP, which a port that names no protocol uses.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// The protocol of a name, as `TCP`.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// The name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How manifests refer to a port, in fields of type `IntOrString`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortReference {
    /// By number, which may be written as text.
    Number(u16),
    /// By name.
    Name(String),
}

impl PortReference {
    /// The reference in a field, unless it can be none.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::of_text(text)),
            other => other.as_u64().and_then(|number| u16::try_from(number).ok()).map(Self::Number),
        }
    }

    /// The reference that a text is.
    pub fn of_text(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Number)
    }
}

/// The reference in a typed field; nothing if the number is that of no port.
impl TryFrom<&IntOrString> for PortReference {
    type Error = std::num::TryFromIntError;

    fn try_from(value: &IntOrString) -> Result<Self, Self::Error> {
        match value {
            IntOrString::Int(number) => u16::try_from(*number).map(Self::Number),
            IntOrString::String(text) => Ok(Self::of_text(text)),
        }
    }
}

impl From<&PortReference> for IntOrString {
    fn from(reference: &PortReference) -> Self {
        match reference {
            PortReference::Number(number) => Self::Int(i32::from(*number)),
            PortReference::Name(name) => Self::String(name.clone()),
        }
    }
}

impl fmt::Display for PortReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Name(name) => name.fmt(formatter),
        }
    }
}

/// A name and the pods behind it.
#[derive(Debug, Clone)]
pub struct Service {
    /// The object; the Services of an operator have none in the build.
    pub item: Option<ItemId>,
    /// How findings name it.
    pub reference: Subject,
    /// Its own labels.
    pub labels: LabelSet,
    /// The pods behind it; nothing if its endpoints are written by other means, or its selector is malformed.
    pub selector: Option<Selector>,
    /// Its ports, in their order.
    pub ports: Vec<ServicePort>,
    /// How clients reach the pods.
    pub access: Access,
}

/// How clients reach the pods of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// By an address of the cluster, which translates ports.
    ClusterIp,
    /// By the addresses of the pods; ports are not translated.
    Headless,
    /// From outside the cluster too.
    Exposed,
    /// It is another name of this host.
    External(String),
}

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// Its place in `spec.ports`.
    pub index: usize,
    /// The name of the port. A Service with one port need not name it.
    pub name: Option<String>,
    /// The number that clients of the Service connect to.
    pub number: u16,
    /// The protocol; TCP where the Service does not say.
    pub protocol: Protocol,
    /// The port of the pods.
    pub target: PortReference,
    /// Its port on the nodes, if the manifest fixes one.
    pub node_port: Option<u16>,
    /// What is spoken there, as `kubernetes.io/h2c`.
    pub app_protocol: Option<String>,
}

impl Service {
    /// The Service that an object is, and what is malformed in it. A port without a number is left out.
    pub fn read(item: &Item) -> (Self, Vec<Finding>) {
        let (service, mut findings) = item.read::<api::Service>();
        let mut spec = service.spec.unwrap_or_default();
        let is_misread = |finding: &Finding| finding.field_path().is_some_and(|path| path.starts_with("spec.selector"));
        let selector = spec.selector.take().filter(|labels| !labels.is_empty() && !findings.iter().any(is_misread));
        let ports = spec.ports.take().unwrap_or_default();
        let ports = indices_of_ports(item, ports.len(), !findings.is_empty()).into_iter().zip(ports);
        let mut ports: Vec<_> =
            ports.filter_map(|(index, port)| ServicePort::read(item, index, port, &mut findings)).collect();
        ports.shrink_to_fit();
        let service = Self {
            item: Some(item.id()),
            reference: item.into(),
            labels: service.metadata.labels.unwrap_or_default().into(),
            selector: selector.map(Selector::of_build),
            ports,
            access: Access::of(spec),
        };
        (service, findings)
    }

    /// The name of the Service.
    pub fn name(&self) -> &str {
        &self.reference.name
    }

    /// Where it is.
    pub fn namespace(&self) -> Option<&str> {
        self.reference.namespace.as_deref()
    }

    /// The port that is meant.
    pub fn port(&self, reference: &PortReference) -> Option<&ServicePort> {
        self.ports.iter().find(|port| match reference {
            PortReference::Number(number) => port.number == *number,
            PortReference::Name(name) => port.name.as_ref() == Some(name),
        })
    }

    /// Its TCP ports, in their order.
    pub fn tcp_ports(&self) -> impl Iterator<Item = &ServicePort> {
        self.ports.iter().filter(|port| port.protocol == Protocol::Tcp)
    }

    /// The host that it is another name of.
    pub fn external_name(&self) -> Option<&str> {
        match &self.access {
            Access::External(host) => Some(host),
            Access::ClusterIp | Access::Headless | Access::Exposed => None,
        }
    }
}

/// The places of the ports that were read in the list that is written. What is no mapping was left out as malformed, so that the
/// ports behind it have moved up.
fn indices_of_ports(item: &Item, read: usize, is_malformed: bool) -> Vec<usize> {
    if !is_malformed {
        return (0..read).collect();
    }
    let written = item.value()["spec"]["ports"].as_array().into_iter().flatten().enumerate();
    written.filter(|(_, port)| port.is_object()).map(|(index, _)| index).collect()
}

impl Access {
    fn of(spec: api::ServiceSpec) -> Self {
        match (spec.type_.as_deref(), spec.cluster_ip.as_deref()) {
            (Some("ExternalName"), _) => Self::External(spec.external_name.unwrap_or_default()),
            (Some("LoadBalancer" | "NodePort"), _) => Self::Exposed,
            (_, Some("None")) => Self::Headless,
            _ => Self::ClusterIp,
        }
    }
}

impl ServicePort {
    /// A TCP port that leads to the same port of the pods.
    pub fn tcp(index: usize, number: u16) -> Self {
        Self {
            index,
            name: None,
            number,
            protocol: Protocol::Tcp,
            target: PortReference::Number(number),
            node_port: None,
            app_protocol: None,
        }
    }

    /// The field path of the port in its Service.
    pub fn path(&self) -> FieldPath {
        FieldPath::from("spec.ports").index(self.index)
    }

    /// The port of a container that the target port names, among those that the containers of a pod declare.
    ///
    /// Source: kubernetes pkg/api/v1/pod/util.go, `FindPort`.
    pub fn declared_in<'p>(&self, declared: &'p [ContainerPort]) -> Option<&'p ContainerPort> {
        let PortReference::Name(name) = &self.target else { return None };
        declared.iter().find(|port| port.name.as_ref() == Some(name) && port.protocol == self.protocol)
    }

    /// The number of the port that requests reach in a pod; nothing if the target port is a name that none of its
    /// containers declares.
    pub fn target_in(&self, declared: &[ContainerPort]) -> Option<u16> {
        match self.target {
            PortReference::Number(number) => Some(number),
            PortReference::Name(_) => self.declared_in(declared).map(|port| port.number),
        }
    }

    fn read(item: &Item, index: usize, port: api::ServicePort, findings: &mut Vec<Finding>) -> Option<Self> {
        let path = || FieldPath::from("spec.ports").index(index);
        let mut reader = PortReader { item, path, findings };
        let number = reader.number("port", port.port)?;
        let target = port.target_port.as_ref().map(PortReference::try_from).transpose();
        let target = target.unwrap_or_else(|_| {
            reader.refuse("targetPort", NO_PORT);
            None
        });
        Some(Self {
            index,
            name: port.name,
            number,
            protocol: reader.protocol(port.protocol.as_deref()),
            target: target.unwrap_or(PortReference::Number(number)),
            node_port: port.node_port.and_then(|number| reader.number("nodePort", number)),
            app_protocol: port.app_protocol,
        })
    }
}

/// A port that a container declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerPort {
    /// The name of the port, by which Services and probes can refer to it.
    pub name: Option<String>,
    /// The number that the container listens on.
    pub number: u16,
    /// The protocol; TCP where the container does not say.
    pub protocol: Protocol,
    /// What the container is for: the work, or as a sidecar something before and beside it.
    pub role: Role,
    /// Whether it is open on the node too.
    pub has_host_port: bool,
}

impl ContainerPort {
    /// A TCP port of a main container.
    pub fn tcp(name: Option<&str>, number: u16) -> Self {
        let name = name.map(str::to_owned);
        Self { name, number, protocol: Protocol::Tcp, role: Role::Main, has_host_port: false }
    }

    /// The ports that the containers of a pod declare, main containers before sidecars, and what is malformed in them.
    /// Containers that end before the pod is up do not count.
    pub fn all(item: &Item, template: &PodTemplate<'_>) -> (Vec<Self>, Vec<Finding>) {
        let (mut ports, mut findings) = (Vec::new(), Vec::new());
        let mut containers: Vec<_> = template.containers().filter(|container| container.keeps_running()).collect();
        containers.sort_by_key(|container| container.role != Role::Main);
        for container in containers {
            let declared = container.value["ports"].as_array().into_iter().flatten().enumerate();
            for (index, value) in declared {
                let path = || container.path().key("ports").index(index);
                ports.extend(
                    Self::read(item, path, value, &mut findings).map(|port| Self { role: container.role, ..port }),
                );
            }
        }
        ports.shrink_to_fit();
        (ports, findings)
    }

    fn read(item: &Item, path: impl Fn() -> FieldPath, value: &Value, findings: &mut Vec<Finding>) -> Option<Self> {
        let (port, malformed): (api::ContainerPort, _) = read_field(item, &path, value);
        let is_misread = !malformed.is_empty();
        findings.extend(malformed);
        let mut reader = PortReader { item, path, findings };
        // A number that could not be read was reported already.
        if is_misread && port.container_port == 0 {
            return None;
        }
        Some(Self {
            name: port.name,
            number: reader.number("containerPort", port.container_port)?,
            protocol: reader.protocol(port.protocol.as_deref()),
            role: Role::Main,
            has_host_port: port.host_port.is_some_and(|number| number > 0),
        })
    }
}

const NO_PORT: &str = "is no port; give a number from 1 to 65535";

/// Reads the fields of a port that have the right type, but may have no meaning.
struct PortReader<'r, P> {
    item: &'r Item,
    path: P,
    findings: &'r mut Vec<Finding>,
}

impl<P: Fn() -> FieldPath> PortReader<'_, P> {
    fn number(&mut self, key: &str, number: i32) -> Option<u16> {
        let number = u16::try_from(number).ok().filter(|number| *number > 0);
        if number.is_none() {
            self.refuse(key, NO_PORT);
        }
        number
    }

    fn protocol(&mut self, name: Option<&str>) -> Protocol {
        let Some(name) = name else { return Protocol::default() };
        Protocol::of(name).unwrap_or_else(|| {
            self.refuse("protocol", "is taken for `TCP`; the API server knows `TCP`, `UDP` and `SCTP` only");
            Protocol::default()
        })
    }

    /// Adds a finding about a field, unless there is one already.
    fn refuse(&mut self, key: &str, message: &'static str) {
        let path = (self.path)().key(key);
        if !self.findings.iter().any(|finding| finding.field_path() == Some(path.as_str())) {
            self.findings.push(Finding::new(CommonRule::MalformedField, message).on(self.item).at(path));
        }
    }
}

/// Pods of a build that are alike.
#[derive(Debug)]
pub struct Pod<'r> {
    /// The object that makes them.
    pub item: &'r Item,
    /// What their containers listen on.
    pub ports: Vec<ContainerPort>,
}

/// The pods of a build, by their labels.
#[derive(Debug)]
pub struct Pods<'r> {
    index: LabelIndex<Pod<'r>>,
    findings: Vec<Finding>,
}

impl<'r> Pods<'r> {
    /// Looks through a build.
    pub fn of(resources: &'r Resources) -> Self {
        let mut pods = Self { index: LabelIndex::default(), findings: Vec::new() };
        // A PodTemplate makes no pods until something else copies it.
        for item in resources.iter().filter(|item| !item.is("", "PodTemplate")) {
            let read = |template: PodTemplate<'_>| {
                (labels_of(&template.metadata["labels"]), ContainerPort::all(item, &template))
            };
            let seen = pods::kind(item.group(), item.kind())
                .and_then(|kind| resources.look(item, |item| PodTemplate::at(kind, item.value()).map(read)));
            if let Some((labels, (ports, findings))) = seen {
                pods.findings.extend(findings);
                pods.index.insert(item.namespace(), labels, Pod { item, ports });
            }
        }
        pods
    }

    /// What is malformed in them.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The pods behind a Service, in the order of the build.
    pub fn behind<'s>(&'s self, service: &'s Service) -> impl Iterator<Item = &'s Pod<'r>> {
        let selector = service.selector.as_ref();
        selector.into_iter().flat_map(|selector| self.index.select(service.namespace(), selector))
    }

    /// The numbers of the ports that a port of a Service leads to: its target port as it is, or what the pods behind the
    /// Service call so. Each once, in order of the pods.
    pub fn ports_behind(&self, service: &Service, port: &ServicePort) -> Vec<u16> {
        if let PortReference::Number(number) = port.target {
            return vec![number];
        }
        let mut numbers: Vec<_> = self.behind(service).filter_map(|pod| port.target_in(&pod.ports)).collect();
        let mut seen = std::collections::HashSet::new();
        numbers.retain(|number| seen.insert(*number));
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(text: &str) -> Resources {
        Resources::from_streams(vec![(None, text.to_owned())]).expect("the text is YAML")
    }

    fn service(spec: &str) -> (Service, Vec<String>) {
        let text = format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n");
        let resources = resources(&text);
        let (service, findings) = Service::read(resources.iter().next().expect("the object is there"));
        (service, findings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_service_is_read_with_its_ports() {
        let (service, findings) = service(
            "{selector: {app: web}, ports: [{port: 80, targetPort: http, name: a, appProtocol: kubernetes.io/h2c}, \
             {port: 53, protocol: UDP, nodePort: 30053, targetPort: '5353'}]}",
        );
        assert_eq!(findings, Vec::<String>::new());
        let [http, dns] = service.ports.as_slice() else { panic!("{service:?}") };
        assert_eq!(
            (http.target.to_string(), http.app_protocol.as_deref()),
            ("http".to_owned(), Some("kubernetes.io/h2c"))
        );
        assert_eq!((dns.target.clone(), dns.node_port), (PortReference::Number(5353), Some(30053)));
        assert_eq!(service.tcp_ports().collect::<Vec<_>>(), [http]);
        assert_eq!(service.port(&PortReference::of_text("a")), Some(http));
        assert_eq!(service.port(&PortReference::Number(53)), Some(dns));
        assert_eq!((service.access, service.selector.map(|it| it.is_everything())), (Access::ClusterIp, Some(false)));
    }

    #[test]
    fn access_follows_type_and_address() {
        for (spec, expected) in [
            ("{}", Access::ClusterIp),
            ("{clusterIP: None}", Access::Headless),
            ("{clusterIP: 10.43.0.7}", Access::ClusterIp),
            ("{type: NodePort}", Access::Exposed),
            ("{type: LoadBalancer}", Access::Exposed),
            ("{type: ExternalName, externalName: db.example.com}", Access::External("db.example.com".to_owned())),
        ] {
            let (service, _) = service(spec);
            assert_eq!(service.external_name().is_some(), matches!(expected, Access::External(_)), "{spec}");
            assert_eq!(service.access, expected, "{spec}");
        }
    }

    #[test]
    fn what_is_malformed_in_a_service_is_told_once_and_the_rest_is_read() {
        let good = "{name: good, port: 8080}";
        for (spec, expected) in [
            (format!("{{ports: [{{port: '80'}}, {good}]}}"), "spec.ports[0].port: cannot be read"),
            (format!("{{ports: [{{name: bad}}, {good}]}}"), "spec.ports[0].port: is no port"),
            (format!("{{ports: [{{port: 70000}}, {good}]}}"), "spec.ports[0].port: is no port"),
            (format!("{{ports: [http, {good}]}}"), "spec.ports[0]: cannot be read"),
            (format!("{{ports: [{good}, {{port: 81, protocol: tcp}}]}}"), "spec.ports[1].protocol: is taken for `TCP`"),
            (format!("{{ports: [{good}, {{port: 81, targetPort: 70000}}]}}"), "spec.ports[1].targetPort: is no port"),
            (format!("{{ports: [{good}], selector: [app]}}"), "spec.selector: cannot be read"),
            (format!("{{ports: [{good}], selector: {{app: web, tier: 1}}}}"), "spec.selector.tier: cannot be read"),
        ] {
            let (service, findings) = service(&spec);
            let expected = format!("warning: Service web: {expected}");
            assert!(matches!(findings.as_slice(), [one] if one.starts_with(&expected)), "{spec}: {findings:?}");
            let good = service.port(&PortReference::of_text("good"));
            assert_eq!(
                good.map(|port| (port.number, port.index)),
                Some((8080, usize::from(!spec.contains("[{name: good"))))
            );
            assert!(service.selector.is_none(), "{spec}");
        }
        let (service, findings) = service("{ports: {port: 80}}");
        assert_eq!((service.ports.len(), findings.len()), (0, 1), "{findings:?}");
    }

    const BUILD: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
      - {name: setup, ports: [{name: http, containerPort: 1}]}
      - {name: proxy, restartPolicy: Always, ports: [{name: admin, containerPort: 9901}]}
      containers:
      - {name: web, ports: [{name: http, containerPort: 53, protocol: UDP}, {name: http, containerPort: 8080}]}
      - {name: bad, ports: [{name: bad, containerPort: '81'}]}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web2, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, ports: [{name: http, containerPort: 8081}]}]}
---
apiVersion: v1
kind: PodTemplate
metadata: {name: mould, namespace: shop}
template:
  metadata: {labels: {app: web}}
  spec: {containers: [{name: web, ports: [{name: http, containerPort: 8082}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: elsewhere, namespace: other, labels: {app: web}}
spec: {containers: [{name: web, ports: [{name: http, containerPort: 8083}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}, {port: 81, targetPort: admin}, {port: 82, targetPort: none}, {port: 83}]
";

    #[test]
    fn ports_lead_to_the_pods_that_run_behind_a_service() {
        let resources = resources(BUILD);
        let pods = Pods::of(&resources);
        let findings: Vec<_> = pods.findings().iter().map(ToString::to_string).collect();
        let expected =
            "warning: Deployment shop/web: spec.template.spec.containers[1].ports[0].containerPort: cannot be read";
        assert!(matches!(findings.as_slice(), [one] if one.starts_with(expected)), "{findings:?}");
        let (service, _) = Service::read(resources.of::<api::Service>().next().expect("the Service is there"));
        let names: Vec<_> = pods.behind(&service).map(|pod| pod.item.name()).collect();
        assert_eq!(names, ["web", "web2"]);
        let ports: Vec<_> = service.ports.iter().map(|port| pods.ports_behind(&service, port)).collect();
        assert_eq!(ports, [vec![8080, 8081], vec![9901], vec![], vec![83]]);
    }
}
