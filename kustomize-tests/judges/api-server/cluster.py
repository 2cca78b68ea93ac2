"""The control plane of a cluster on loopback: etcd and the API server of Kubernetes, for as long as a judge runs."""

import ctypes
import http.client
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = Path(os.environ.get("REPLATFORM_TOOLS") or HERE.parents[2] / "target" / "tools" / "bin").resolve()
READY_WITHIN = 180  # seconds; about 10 on a machine with nothing else to do
PR_SET_PDEATHSIG = 1
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def end_with_parent():
    """Run in a new process: it ends when the judge ends, however that comes about."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def exit_on_termination():
    """Lets a judge that is told to end clean up first."""
    signal.signal(signal.SIGTERM, lambda *_: exit(143))


def free_ports(count):
    """Ports of loopback that nothing listens on."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def manifests(texts):
    """The objects of each text of YAML documents, as kubectl reads them; lists are taken apart."""
    read = subprocess.run(
        [TOOLS / "manifests-to-json"], input="\0".join(texts).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if read.returncode:
        raise SystemExit(f"manifests-to-json: {read.stderr.decode().strip()}")
    return [list(objects(json.loads(line))) for line in read.stdout.splitlines()]


def objects(documents):
    """The documents, and in the place of a list what is in it."""
    for document in documents:
        is_list = isinstance(document, dict) and document.get("kind") in ("ResourceList", "List")
        yield from (document.get("items") or []) if is_list else [document]


class Process:
    """A program that runs until it is stopped, with its output in a file."""

    def __init__(self, name, arguments, directory, **options):
        self.name = name
        self.log = directory / f"{name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_parent, **options)

    def check(self):
        """Raises with the end of its output if the program has ended."""
        if self.process.poll() is not None:
            raise SystemExit(f"{self.name} has ended:\n" + self.last_words())

    def last_words(self):
        """The end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def stop(self):
        """Ends the program."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Cluster:
    """A running control plane. Use it as a context: it starts and ends there."""

    def __enter__(self):
        self._files = tempfile.TemporaryDirectory(prefix="judge-api-server.")
        self.directory = Path(self._files.name)
        self.token = secrets.token_hex(16)
        self._processes = []
        self._connection = None
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.stop()
        self._files.cleanup()

    def _start(self):
        clients, peers, self.port = free_ports(3)
        etcd, peer = f"http://127.0.0.1:{clients}", f"http://127.0.0.1:{peers}"
        self.run("etcd", [
            "etcd", f"--data-dir={self.directory}/etcd", "--unsafe-no-fsync", f"--initial-cluster=default={peer}",
            f"--listen-client-urls={etcd}", f"--advertise-client-urls={etcd}",
            f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"])
        key, tokens = self.directory / "signing.key", self.directory / "tokens.csv"
        key.write_bytes(subprocess.run([TOOLS / "make-signing-key"], stdout=subprocess.PIPE, check=True).stdout)
        tokens.write_text(f"{self.token},judge,judge,system:masters\n")
        self.run("kube-apiserver", [
            str(TOOLS / "kube-apiserver"), f"--etcd-servers={etcd}", "--bind-address=127.0.0.1", f"--secure-port={self.port}",
            f"--cert-dir={self.directory}/certificates", f"--token-auth-file={tokens}", "--authorization-mode=RBAC",
            f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.43.0.0/16,fd00:43::/112",
            "--disable-admission-plugins=ServiceAccount", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
            "--allow-privileged=true"])  # as K3s has it; the policies of namespaces decide
        self.wait("the API server", self._is_ready)

    def run(self, name, arguments, **options):
        """Starts a program that belongs to the cluster."""
        process = Process(name, arguments, self.directory, **options)
        self._processes.append(process)
        return process

    def wait(self, what, condition):
        """Waits until the condition holds, and no longer than is reasonable."""
        end = time.monotonic() + READY_WITHIN
        while not condition():
            for process in self._processes:
                process.check()
            if time.monotonic() > end:
                raise SystemExit(f"{what} was not ready within {READY_WITHIN} s:\n" + self._processes[-1].last_words())
            time.sleep(0.1)

    @property
    def certificate(self):
        """The API server's own, with which it vouches for itself."""
        return self.directory / "certificates" / "apiserver.crt"

    def _is_ready(self):
        try:
            return self.certificate.is_file() and self.request("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            self._connection = None
            return False

    def request(self, method, path, body=None, content="application/json", accept="application/json"):
        """The status, the answer (JSON, else text) and the warnings."""
        if self._connection is None:
            context = ssl.create_default_context(cafile=self.certificate)
            self._connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content, "Accept": accept}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        warnings = answer.headers.get_all("Warning") or []
        return answer.status, json.loads(text) if is_json else text.decode(errors="replace"), warnings

    def must(self, method, path, body=None, **options):
        """The answer to a request that has to succeed."""
        status, answer, _ = self.request(method, path, body, **options)
        if status not in (200, 201):
            raise SystemExit(f"{method} {path}: {status} {answer.get('message') if isinstance(answer, dict) else answer}")
        return answer

    def define(self, definitions):
        """Brings in definitions of custom resources, and waits until all are served."""
        for definition in definitions:
            self.must("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        self.wait("the custom resources", self._all_established)

    def _all_established(self):
        items = self.must("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
        conditions = ({it["type"]: it["status"] for it in item["status"].get("conditions") or ()} for item in items)
        return all(it.get("Established") == "True" for it in conditions)

    def kinds(self):
        """What the API server serves: (apiVersion, kind) to the path below its group and whether it lives in namespaces."""
        kinds = {}
        for root in ("/api", "/apis"):
            for group in self.must("GET", root, accept=DISCOVERY)["items"]:
                name = group["metadata"].get("name", "")
                for version in group["versions"]:
                    api = f"{name}/{version['version']}" if name else version["version"]
                    for resource in version.get("resources", []):
                        place = f"{root}/{api}", resource["resource"], resource["scope"] == "Namespaced"
                        kinds[api, resource["responseKind"]["kind"]] = place
        return kinds

    def make_namespace(self, name, labels=None):
        """Makes a namespace, if there is none of the name."""
        metadata = {"name": name, "labels": labels or {}}
        status, answer, _ = self.request("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        if status not in (201, 409):
            raise SystemExit(f"namespace {name}: {answer['message']}")
