"""Pods as network namespaces of a node, which routes between them, and connections that are tried from one to another."""

import ctypes
import errno
import os
import resource
import select
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
NODE_ADDRESS = "10.99.0.1"  # the gateway of every host
BACKLOG = 4096  # connections are never accepted, so that all have to fit
ANSWER_WITHIN = 1.0  # seconds for a connection
DELIVERED_WITHIN = 0.3  # seconds for a datagram
AT_ONCE = 2000  # connections


def call(arguments, text=""):
    """Runs a program that has to succeed."""
    result = subprocess.run(arguments, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {result.stdout.decode().strip()}")


def ip(lines, *options):
    """Runs several commands of `ip` at once."""
    call(["ip", *options, "-batch", "-"], "\n".join(lines))


def setting(name, value):
    """Sets a kernel parameter of the present network namespace."""
    with open(f"/proc/sys/net/ipv4/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


class Host:
    """A network namespace with an address, which stands for a pod or for a machine elsewhere."""

    def __init__(self, name, address):
        self.address = address
        self.name = name
        self.link = f"v-{name}"
        self._namespace = os.open(f"/run/netns/{name}", os.O_RDONLY)

    def fileno(self):
        """Of the namespace."""
        return self._namespace


class Network:
    """The node's own network namespace, which this process is in, and the hosts around it."""

    def __init__(self):
        _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._own = os.open("/proc/self/ns/net", os.O_RDONLY)
        ip([f"address add {NODE_ADDRESS}/32 dev lo"])
        setting("ip_forward", 1)
        setting("icmp_ratelimit", 0)  # every refused connection is to be told so at once
        self._listeners = {}

    def make_hosts(self, addresses):
        """A host for each address, with a link of its own: what goes from one to another crosses the node's rules."""
        names = {address: address.replace(".", "-") for address in addresses}
        ip(f"netns add {name}" for name in names.values())
        hosts = [Host(name, address) for address, name in names.items()]
        ip(f"link add {host.link} type veth peer name eth0 netns {host.name}" for host in hosts)
        for host in hosts:
            ip([
                "link set lo up", "link set eth0 up", f"address add {host.address}/32 dev eth0",
                f"route add {NODE_ADDRESS} dev eth0", f"route add default via {NODE_ADDRESS}"], "-netns", host.name)
        ip(f"link set {host.link} up" for host in hosts)
        ip(f"route add {host.address}/32 dev {host.link}" for host in hosts)
        return hosts

    def enter(self, host):
        """From now on sockets and programs are in the host."""
        if self._libc.setns(host.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def leave(self):
        """Back to the node."""
        if self._libc.setns(self._own, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def translate(self, rules):
        """Lets the node lead addresses elsewhere: from an address, protocol and port to an address and port."""
        lines = [
            f"-A PREROUTING -d {address} -p {protocol.lower()} --dport {port} -j DNAT --to-destination {target}:{number}"
            for address, protocol, port, target, number in rules]
        call(["iptables-restore"], "\n".join(["*nat", *lines, "COMMIT", ""]))

    def listen(self, host, ports):
        """Lets a host answer on ports, each a protocol and a number."""
        self.enter(host)
        for protocol, number in ports:
            kind = socket.SOCK_STREAM if protocol == "TCP" else socket.SOCK_DGRAM
            listener = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
            listener.bind(("0.0.0.0", number))
            if protocol == "TCP":
                listener.listen(BACKLOG)
            self._listeners[host.address, protocol, number] = listener
        self.leave()

    def silence(self):
        """Ends all listeners."""
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()

    def open(self, attempts):
        """Those of the attempts that get through; each is a host, the address of another, a protocol and a number."""
        streams = [attempt for attempt in attempts if attempt[2] == "TCP"]
        result = set()
        for start in range(0, len(streams), AT_ONCE):
            result |= self._connected(streams[start:start + AT_ONCE])
        return result | self._delivered([attempt for attempt in attempts if attempt[2] == "UDP"])

    def _connected(self, attempts):
        """The TCP connections that are established; those that are refused or not answered are not."""
        waiting, connected = {}, set()
        poll = select.poll()
        for attempt in attempts:
            host, address, _, number = attempt
            self.enter(host)
            client = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            if client.connect_ex((address, number)) not in (0, errno.EINPROGRESS):
                client.close()
                continue
            waiting[client.fileno()] = client, attempt
            poll.register(client, select.POLLOUT)
        self.leave()
        end = time.monotonic() + ANSWER_WITHIN
        while waiting and time.monotonic() < end:
            for descriptor, _ in poll.poll(50):
                client, attempt = waiting.pop(descriptor)
                poll.unregister(descriptor)
                if client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    connected.add(attempt)
                client.close()
        for client, _ in waiting.values():
            client.close()
        return connected

    def _delivered(self, attempts):
        """The datagrams that arrive. Each says which attempt it is."""
        list(self._received())
        for index, (host, address, _, number) in enumerate(attempts):
            self.enter(host)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                try:
                    client.sendto(str(index).encode(), (address, number))
                except OSError:  # refused before it is sent
                    pass
        self.leave()
        time.sleep(DELIVERED_WITHIN)
        return {attempts[index] for index in self._received()}

    def _received(self):
        for (_, protocol, _), listener in self._listeners.items():
            while protocol == "UDP":
                try:
                    yield int(listener.recv(64))
                except BlockingIOError:
                    break
