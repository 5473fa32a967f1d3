"""Clusters of four that grow from three: limpet's and Redis Cluster's, both with a log that is synced once a second."""

import binascii
import json
import os
import re
import signal
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from ..bulk import put, requests_of
from ..children import Child, finish, program
from ..fault import Fault, eventually
from ..ports import free_port
from ..resp import Connection, ask

NODES = ("n1", "n2", "n3", "n4")
SLOTS = 16384


class Cluster:
    """`with` starts all four nodes, of which three hold everything. `cores`: where they run."""

    def __init__(self, bench, name, cores=None, folder=None):
        self.name, self._bench, self._cores, self._folder = name, bench, cores, folder or bench.folder
        self.ports = {node: free_port() for node in NODES}
        self.children = {}

    @property
    def port(self):
        return self.ports["n1"]

    def __exit__(self, *_):
        for child in self.children.values():
            child.kill()

    def start(self, node, command):
        folder = os.path.join(self._folder, f"{self.name}-{node}-{self.ports[node]}")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.children[node] = Child(f"{self.name} {node} {self.ports[node]}", [*command, folder], self._bench.folder,
                                    self._cores)

    def cpu_seconds(self):
        return sum(child.cpu_seconds() for child in self.children.values())

    def resident_bytes(self):
        return {node: child.resident_bytes() for node, child in self.children.items()}


class Limpet(Cluster):
    def __init__(self, bench, shards, cores=None, folder=None):
        super().__init__(bench, "limpet", cores, folder)
        self._shards = shards
        self._peers = {node: free_port() for node in NODES}
        self._admins = {node: free_port() for node in NODES}
        self._file = os.path.join(bench.folder, f"moving-{self.port}.toml")
        self._epoch = 0

    def __enter__(self):
        self._write(NODES[:3])
        for node in NODES[:3]:
            self._start(node)
        for node in NODES[:3]:
            self._await(node, lambda here: here["slots"] > 0 and here["slots_held_by_nobody"] == 0, "has its slots")
        return self

    def fill(self, count):
        put(self, range(count))

    def grow(self):
        """To four: the file is edited, the fourth node started, and the others told."""
        self._write(NODES)
        self._start("n4")
        eventually(lambda: ask(self.ports["n4"], "PING") == "+PONG", 30, "n4 answers")
        return self._move(NODES, NODES[:3])

    def shrink(self):
        self._write(NODES[:3])
        return self._move(NODES[:3], NODES)

    def _move(self, owners, told):
        """Seconds until all slots are where they are to be."""
        began = time.monotonic()
        for node in told:
            self.children[node].process.send_signal(signal.SIGHUP)
        eventually(lambda: self._settled(owners), 600, "all slots have moved")
        return time.monotonic() - began

    def sessions_of(self, node):
        return self._here(node)["sessions"]

    def freezes(self):
        """How long each slot that has moved was frozen, in milliseconds."""
        found = []
        for child in self.children.values():
            found += (int(ms) for ms in re.findall(r"was handed over to .* (\d+) of them frozen", child.log()))
        return found

    def _settled(self, owners):
        heres = {node: self._here(node) for node in self.children}
        busy = sum(here[key] for here in heres.values()
                   for key in ("slots_to_give", "slots_given_now", "slots_received_now"))
        return busy == 0 and all((here["slots"] > 0) == (node in owners) for node, here in heres.items())

    def _here(self, node):
        with urllib.request.urlopen(f"http://127.0.0.1:{self._admins[node]}/status", timeout=30) as page:
            return json.load(page)["here"]

    def _await(self, node, condition, what):
        eventually(lambda: condition(self._here(node)), 60, f"{node} {what}")

    def _start(self, node):
        self.start(node, [self._bench.binary("limpetd"), "--config", self._file, "--node", node, "--shards",
                          str(self._shards), "--durability", "interval", "--log-level", "debug", "--data-dir"])

    def _write(self, nodes):
        self._epoch += 1
        lines = [f"epoch = {self._epoch}", "[cluster]", 'name = "bench"', 'durability = "interval"']
        for node in nodes:
            lines += ["[[node]]", f'name = "{node}"', f'client = "127.0.0.1:{self.ports[node]}"',
                      f'peer = "127.0.0.1:{self._peers[node]}"', f'admin = "127.0.0.1:{self._admins[node]}"']
        with open(self._file, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


class Redis(Cluster):
    """Redis Cluster; its clients have to know where each key is."""

    def __init__(self, bench, cores=None):
        super().__init__(bench, "redis", cores)

    def __enter__(self):
        for node in NODES:
            self.start(node, [program("redis-server"), "--port", str(self.ports[node]), "--bind", "127.0.0.1",
                              "--save", "", "--protected-mode", "no", "--cluster-enabled", "yes", "--appendonly", "yes",
                              "--appendfsync", "everysec", "--cluster-port", str(free_port()), "--dir"])
        for node in NODES:
            eventually(lambda: ask(self.ports[node], "PING") == "+PONG", 30, f"{node} answers")
        self._cli("create", *(f"127.0.0.1:{self.ports[node]}" for node in NODES[:3]), "--cluster-yes")
        self._cli("add-node", f"127.0.0.1:{self.ports['n4']}", f"127.0.0.1:{self.port}")
        eventually(lambda: all(self._is_whole(port) for port in self.ports.values()), 60, "the nodes know each other")
        return self

    @staticmethod
    def _is_whole(port):
        told = ask(port, "CLUSTER", "INFO")
        return "cluster_state:ok" in told and "cluster_known_nodes:4" in told

    def fill(self, count):
        owners = self._owners()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda node: self._fill_one(node, count, owners), NODES[:3]))
        if (size := sum(self.sessions_of(node) for node in NODES)) != count:
            raise Fault(f"redis-server holds {size} sessions of {count}")

    def _fill_one(self, node, count, owners):
        numbers = (number for number in range(count) if owners[_slot(number)] == self.ports[node])
        with Connection(self.ports[node]) as connection:
            connection.pipe_batches(requests_of(numbers), b"+OK\r\n")

    def _owners(self):
        """By slot: the port of the node that holds it."""
        owners = [None] * SLOTS
        for line in ask(self.port, "CLUSTER", "NODES").splitlines():
            words = line.split()
            port = int(words[1].split("@")[0].rsplit(":", 1)[1])
            for part in words[8:]:
                first, _, last = part.partition("-")
                for slot in range(int(first), int(last or first) + 1):
                    owners[slot] = port
        return owners

    def grow(self):
        """Seconds of a rebalance onto the fourth node."""
        began = time.monotonic()
        self._cli("rebalance", f"127.0.0.1:{self.port}", "--cluster-use-empty-masters", "--cluster-pipeline", "100")
        return time.monotonic() - began

    def sessions_of(self, node):
        return int(ask(self.ports[node], "DBSIZE")[1:])

    def _cli(self, *words):
        return finish([program("redis-cli"), "--cluster", *words], within=1800)


def _slot(number):
    return binascii.crc_hqx(b"k%012d" % number, 0) % SLOTS
