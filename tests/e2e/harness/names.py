"""A name server of the test's own, and nodes that ask it: in a network of the test's own (harness/hosts.py).

Each node sees a /etc/resolv.conf that names the server, and a /etc/hosts with nothing but its own name.
"""

import os
import socket
import struct
import threading

from .hosts import HERE, NoHosts, _ip
from .process import Process, run

DOMAIN = "test"


class NameServer:
    """Answers for what it was told; everything else does not exist. Addresses come as they were given."""

    def __init__(self):
        self.names = {}  # by name: addresses, or None: no answer at all
        self.delay = {}  # by name: seconds
        self.asked = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((HERE, 53))
        except OSError as error:
            raise NoHosts(f"no port 53: {error}") from None
        threading.Thread(target=self._serve, daemon=True).start()

    def set(self, name, *addresses, delay=0.0):
        self.delay[f"{name}.{DOMAIN}"] = delay
        self.names[f"{name}.{DOMAIN}"] = list(addresses)

    def silence(self, *names):
        for name in names:
            self.names[f"{name}.{DOMAIN}"] = None

    def close(self):
        self._socket.close()

    def _serve(self):
        while True:
            try:
                query, client = self._socket.recvfrom(512)
            except OSError:
                return
            name, kind, question = self._read(query)
            self.asked.append(name)
            addresses = self.names.get(name, [])
            if addresses is None:
                continue
            reply = self._reply(query, question, addresses if kind == 1 else [], name in self.names)
            threading.Timer(self.delay.get(name, 0.0), self._send, (reply, client)).start()

    def _send(self, reply, client):
        try:
            self._socket.sendto(reply, client)
        except OSError:
            pass  # the test is over

    @staticmethod
    def _read(query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        return ".".join(labels).lower(), kind, query[12:at + 5]

    @staticmethod
    def _reply(query, question, addresses, known):
        header = query[:2] + struct.pack(">HHHHH", 0x8580 | (0 if known else 3), 1, len(addresses), 0, 0)
        answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
                           for address in addresses)
        return header + question + answers


def add_address(address):
    """Gives this host one more."""
    _ip("address", "add", f"{address}/24", "dev", "switch")


def live_by_name(node, address):
    """Gives a node a name under which the others know it, and an address that is its own. Clients find it as ever."""
    node.address = address
    node.peer = f"{node.name}.{DOMAIN}:{node.peer.rsplit(':', 1)[1]}"


def start_by_name(node, *flags, options="timeout:5 attempts:2"):
    """Starts it with the files of a host that asks the server."""
    hosts, resolver = os.path.join(node.folder, "hosts"), os.path.join(node.folder, "resolv.conf")
    with open(hosts, "w", encoding="ascii") as file:
        file.write(f"127.0.0.1 localhost\n{node.address} {node.name}.{DOMAIN}\n")
    with open(resolver, "w", encoding="ascii") as file:
        file.write(f"nameserver {HERE}\noptions {options}\n")
    script = 'mount --bind "$0" /etc/resolv.conf && mount --bind "$1" /etc/hosts && shift && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", script, resolver, hosts, *node.command(*flags)]
    node.process = Process(command, os.path.join(node.folder, "log"), cwd=node.folder)
    return node


def check_mounts():
    """Whether a process here may have files of its own."""
    done = run("unshare", "-m", "sh", "-c", "mount --bind /dev/null /etc/resolv.conf")
    if done.returncode != 0:
        raise NoHosts(f"no files of its own: {done.stderr.strip()}")
