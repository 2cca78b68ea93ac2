"""Application sets: the pods of a golden case, and those around it that its policies are about.

The pods are those that `connections.txt` of the case is about; `functions/networkpolicy-default/tests/connections.rs` and
`kustomize-tests/src/network_policy.rs` say which. This is written apart from both, so that one mistake does not hide in all.
"""

import copy
import re
from typing import NamedTuple

METADATA_NAME = "kubernetes.io/metadata.name"
# An address outside the cluster, and that of a node.
OUTSIDE = ("198.51.100.7", "10.0.0.2")
STRANGER = "stranger"
# Pods that policies know by facts of K3s and of charts.
KNOWN_PODS = (
    ("kube-system", {"app.kubernetes.io/name": "traefik"}),
    ("kube-system", {"k8s-app": "kube-dns"}),
    ("observability", {"app.kubernetes.io/name": "prometheus"}),
    ("cnpg-system", {"app.kubernetes.io/name": "cloudnative-pg"}),
    ("strimzi", {"strimzi.io/kind": "cluster-operator"}),
    ("keda", {"app": "keda-operator"}),
)
LONGEST_LABEL = 63
UNNAMED_PORT = ("TCP", 9)  # one that neither pods nor policies name


class End(NamedTuple):
    """A pod, or an address outside, which has no namespace."""

    name: str
    namespace: str
    labels: dict
    ports: tuple  # (name, protocol, number)


def can_be(end):
    """Whether the API server takes the labels of a pod."""
    return all(len(value) <= LONGEST_LABEL for value in end.labels.values())


class Translation(NamedTuple):
    """A port of a Service, and the one of a pod that it leads to."""

    service: str
    protocol: str
    port: int
    pod: int  # its place among the ends
    target: int


class Set:
    """What one golden case is about."""

    def __init__(self, case, objects):
        self.case = case
        self.namespaces = {it["metadata"]["name"]: it["metadata"].get("labels") or {} for it in objects if it["kind"] == "Namespace"}
        self.policies = [it for it in objects if it["kind"] == "NetworkPolicy"]
        self.services = [it for it in objects if it["kind"] == "Service" and it.get("apiVersion") == "v1"]
        self.pods = [end for end in map(pod_of, objects) if end and can_be(end)]
        self.pods += [stand_in(namespace, labels) for namespace, labels in KNOWN_PODS]
        guarded = sorted({namespace_of(policy) for policy in self.policies})
        self.pods += [stand_in(namespace, {"app": STRANGER}) for namespace in (*guarded, STRANGER)]
        self._add_stand_ins()
        self.ends = self.pods + [End(address, "", {}, ()) for address in OUTSIDE]

    def _add_stand_ins(self):
        """A pod for every selector that selects none: those of other builds, and those that operators make."""
        known = list(self.pods)
        for policy in self.policies:
            wanted = [(namespace_of(policy), policy["spec"].get("podSelector"))]
            wanted += [peer_of(policy, peer) for peer in peers(policy) if "ipBlock" not in peer]
            for namespace, selector in wanted:
                if not any(end.namespace == namespace and matches(selector, end.labels) for end in known):
                    known.append(stand_in(namespace, required(selector)))
        self.pods = known

    def ports(self):
        """All that containers and policies name, and one more."""
        ports = {UNNAMED_PORT} | {(protocol, number) for end in self.pods for _, protocol, number in end.ports}
        for policy in self.policies:
            for rule in rules(policy):
                for port in rule.get("ports") or ():
                    if isinstance(port.get("port"), int):
                        ports.add((port.get("protocol") or "TCP", port["port"]))
        return sorted(ports)

    def translations(self):
        """The ports of all Services that lead to pods here; with several pods it is the first one."""
        for service in self.services:
            spec = service.get("spec") or {}
            selector = texts(spec.get("selector"))
            pods = [
                index for index, end in enumerate(self.pods)
                if end.namespace == namespace_of(service) and selector and selector.items() <= end.labels.items()]
            for port in (spec.get("ports") or ()) if pods and spec.get("type") != "ExternalName" else ():
                protocol = port.get("protocol") or "TCP"
                target = number_of(port.get("targetPort") or port.get("port"), protocol, self.pods[pods[0]])
                if (protocol, target) in self.ports():
                    name = f"Service {namespace_of(service)}/{service['metadata']['name']}"
                    yield Translation(name, protocol, port["port"], pods[0], target)

    def is_isolated(self, end, direction):
        """Whether a policy selects the end for `Ingress` or `Egress`."""
        return any(
            direction in types(policy) and end.namespace == namespace_of(policy)
            and matches(policy["spec"].get("podSelector"), end.labels)
            for policy in self.policies)


def pod_of(item):
    """The pod that an object makes, or none."""
    spec = item.get("spec") or {}
    if item["kind"] == "Pod":
        template = item
    else:
        templates = spec.get("template"), ((spec.get("jobTemplate") or {}).get("spec") or {}).get("template")
        template = next((it for it in templates if isinstance(it, dict) and isinstance(it.get("spec"), dict)), None)
    if template is None:
        return None
    ports = [port for container in template["spec"].get("containers") or () for port in container.get("ports") or ()]
    ports = tuple(
        (port.get("name"), port.get("protocol") or "TCP", port["containerPort"]) for port in ports
        if isinstance(port.get("containerPort"), int) and port["containerPort"] < 65536)
    namespace = namespace_of(item)
    return End(f"{namespace}/{item['metadata']['name']}", namespace, texts((template.get("metadata") or {}).get("labels")), ports)


def number_of(target, protocol, end):
    """The port of a pod that a `targetPort` means."""
    if isinstance(target, int):
        return target
    return next((number for name, declared, number in end.ports if (name, declared) == (target, protocol)), None)


def stand_in(namespace, labels):
    """A pod that the build does not show, named after its labels."""
    name = "-".join(re.sub("[^a-zA-Z0-9]", "-", labels[key]).lower() for key in sorted(labels))
    return End(f"{namespace}/{name or 'any'}", namespace, labels, ())


def namespace_of(item):
    return item["metadata"].get("namespace") or "default"


def texts(labels):
    """The labels that are well formed; some cases are about those that are not."""
    return {key: value for key, value in labels.items() if isinstance(value, str)} if isinstance(labels, dict) else {}


def types(policy):
    """`policyTypes`, or what the API server puts there."""
    spec = policy["spec"]
    return spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def rules(policy):
    return [*(policy["spec"].get("ingress") or ()), *(policy["spec"].get("egress") or ())]


def peers(policy):
    return [peer for rule in rules(policy) for key in ("from", "to") for peer in rule.get(key) or ()]


def peer_of(policy, peer):
    """The namespace and the selector of pods of a peer."""
    namespace = required(peer.get("namespaceSelector")).get(METADATA_NAME)
    return namespace or namespace_of(policy), peer.get("podSelector")


def expressions(selector):
    return (selector or {}).get("matchExpressions") or ()


def required(selector):
    """The labels that a selector asks for by a value."""
    asked = texts((selector or {}).get("matchLabels"))
    asked.update({it["key"]: it["values"][0] for it in expressions(selector) if it.get("values")})
    return asked


def matches(selector, labels):
    """Whether a label selector selects."""
    holds = {
        "In": lambda it: labels.get(it["key"]) in it["values"],
        "NotIn": lambda it: labels.get(it["key"]) not in it["values"],
        "Exists": lambda it: it["key"] in labels,
        "DoesNotExist": lambda it: it["key"] not in labels,
    }
    wanted = texts((selector or {}).get("matchLabels"))
    return wanted.items() <= labels.items() and all(holds[it["operator"]](it) for it in expressions(selector))


def moved(policy, prefix):
    """The same policy in namespaces with a prefix, so that many sets can be in one cluster."""
    policy = copy.deepcopy(policy)
    policy["metadata"]["namespace"] = prefix + namespace_of(policy)
    for peer in peers(policy):
        selector = peer.get("namespaceSelector")
        wanted = (selector or {}).get("matchLabels") or {}
        if METADATA_NAME in wanted:
            wanted[METADATA_NAME] = prefix + wanted[METADATA_NAME]
        for expression in expressions(selector):
            if expression["key"] == METADATA_NAME:
                expression["values"] = [prefix + value for value in expression["values"]]
    return policy


def read_connections(text, ports):
    """`connections.txt`: from each name to each name the open ones of the ports."""
    connections = {}
    for line in text.splitlines():
        names, _, told = line.partition(": ")
        is_all = told == "all ports"
        is_open = ports if is_all else {(it.split()[0], int(it.split()[1])) for it in told.split(", ")} & ports
        connections.setdefault(names, set()).update(is_open)
    return connections
