"""A cluster of real limpetd processes on loopback, each with a folder of its own for its log and data."""

import json
import os
import re
import shutil
import tempfile
import urllib.error
import urllib.request

from .ports import free_address
from .process import Process, binary, run
from .resp import Client, Error
from .waiting import SLOWNESS, eventually, seconds

SHARDS = 2


class Node:
    """One limpetd: its addresses in the cluster file, and its process while it runs."""

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name
        self.client = free_address()
        self.peer = free_address()
        self.admin = free_address()
        self.folder = os.path.join(cluster.folder, name)
        self.config = None  # a cluster file of its own; None: the cluster's
        self.process = None
        os.makedirs(self.folder, exist_ok=True)

    def command(self, *flags):
        flags = [*self.cluster.flags, *flags]
        if SLOWNESS > 1 and "--forward-timeout" not in flags:
            flags += ["--forward-timeout", f"{int(seconds(2000))}ms"]
        return [binary("limpetd"), "--config", self.config or self.cluster.config, "--node", self.name,
                "--shards", str(SHARDS), "--data-dir", os.path.join(self.folder, "data"), *flags]

    def start(self, *flags, env=None, stderr=None):
        log = os.path.join(self.folder, "log")
        self.process = Process(self.command(*flags), log, env, self.folder, stderr)
        return self

    def await_ready(self, within=20):
        def ready():
            if not self.process.running():
                raise RuntimeError(f"{self.name} ended at its start:\n{self.process.log()[-3000:]}")
            return self.get("/readyz")[0] == 200
        eventually(ready, within, f"{self.name} is ready")
        return self

    def connect(self, timeout=10.0):
        return Client(self.client, timeout)

    def get(self, path, within=5):
        """GET from the admin address: (status, headers, body as text)."""
        try:
            with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=seconds(within)) as reply:
                return reply.status, reply.headers, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def status(self):
        code, _, body = self.get("/status")
        assert code == 200, (code, body)
        return json.loads(body)

    def keys_held(self):
        """How many keys this node holds in its own memory."""
        return self.status()["here"]["keys"]


class Cluster:
    """n1, n2, ... from one cluster file. `server` goes to the [server] table, `flags` to every node's command line.

    `copies`: followers and the like, for [cluster]; such a cluster keeps journals.
    """

    def __init__(self, nodes=3, secret=None, password=None, server=None, flags=(), copies=None):
        self.folder = tempfile.mkdtemp(prefix="limpet-e2e-")
        self.config = os.path.join(self.folder, "cluster.toml")
        self.flags = list(flags)
        self.password = password
        self.server = server or {}
        self.copies = copies
        self.files = {}
        self.last_logs = None  # of a closed cluster, whose folder is gone
        if password is not None and secret is None:
            secret = "between nodes"  # a password alone is refused
        for what, value in (("secret_file", secret), ("password_file", password)):
            if value is not None:
                self.files[what] = self.write_file(what, value + "\n")
        self.nodes = {f"n{i}": Node(self, f"n{i}") for i in range(1, nodes + 1)}
        self.write()

    def __getitem__(self, name):
        return self.nodes[name]

    def __iter__(self):
        return iter(self.nodes.values())

    def write_file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def text(self, epoch=1, names=None, peers=None, weights=None, files=None, states=None):
        """A cluster file. `peers`, `weights` and `states` by node name."""
        files = self.files if files is None else files
        durability = "none" if self.copies is None else "interval"
        lines = [f"epoch = {epoch}", "", "[cluster]", 'name = "e2e"', f'durability = "{durability}"']
        lines += [f"{key} = {json.dumps(value)}" for key, value in {**files, **(self.copies or {})}.items()]
        for node in (self.nodes[name] for name in names or self.nodes):
            peer = (peers or {}).get(node.name, node.peer)
            lines += ["", "[[node]]", f'name = "{node.name}"', f'client = "{node.client}"', f'peer = "{peer}"',
                      f'admin = "{node.admin}"']
            if weights:
                lines.append(f"weight = {weights[node.name]}")
            if node.name in (states or {}):
                lines.append(f'state = "{states[node.name]}"')
        if self.server:
            lines += ["", "[server]"] + [f"{key} = {json.dumps(value)}" for key, value in self.server.items()]
        return "\n".join(lines) + "\n"

    def write(self, path=None, **kwargs):
        with open(path or self.config, "w", encoding="utf-8") as file:
            file.write(self.text(**kwargs))

    def give_own_file(self, name, **kwargs):
        """Lets a node read a cluster file of its own; what differs is told as to text()."""
        node = self.nodes[name]
        node.config = os.path.join(node.folder, "cluster.toml")
        self.write(node.config, **kwargs)

    def start(self, *names):
        started = [self.nodes[name].start() for name in names or self.nodes]
        for node in started:
            node.await_ready()
        self.await_links()
        self.await_first_holders()
        return self

    def await_first_holders(self, within=20):
        """Once all nodes of a new cluster run, each takes its slots."""
        running = [node for node in self if node.process and node.process.running()]
        if any(node["link"] and node["link"]["state"] != "up" for node in running[0].status()["nodes"]):
            return  # not all of them run
        eventually(lambda: all(node.status()["here"]["slots_held_by_nobody"] == 0 for node in running), within,
                   "every slot is held")

    def await_links(self, within=20):
        """Waits until all links between the nodes that run are up, those of every shard."""
        running = {node.name for node in self if node.process and node.process.running()}

        def all_up(node):
            links = {n["name"]: n["link"]["state"] for n in node.status()["nodes"] if n["link"]}
            return all(state == "up" for name, state in links.items() if name in running)
        for name in running:
            eventually(lambda: all_up(self.nodes[name]), within, f"{name} is linked with all others")

    def key_of(self, name, prefix="key"):
        """A key whose session lives on the node of that name."""
        for i in range(10000):
            key = f"{prefix}:{i}"
            if self.owner_of(key) == name:
                return key
        raise AssertionError(f"no key belongs to {name}")

    def keys_of(self, name, count, prefix="key"):
        return [self.key_of(name, f"{prefix}{i}") for i in range(count)]

    def owner_of(self, key):
        """The node that owns a key, as `limpet where` tells."""
        server = next(node for node in self if node.process and node.process.running() and not node.process.stopped)
        told = run(binary("limpet"), "-s", server.client, "where", key, env=self.client_env())
        owner = re.search(r"owner\W+(\S+)", told.stdout)
        assert told.returncode == 0 and owner, (told.returncode, told.stdout, told.stderr)
        return owner.group(1).strip(",.")

    def client_env(self):
        return {"LIMPET_PASSWORD": self.password} if self.password else {}

    def logs(self, characters=4000):
        """The ends of all nodes' logs, and in front of each what a sanitizer had to say, wherever that stands."""
        if self.last_logs is not None:
            return self.last_logs
        parts = []
        for node in self:
            if node.process:
                parts.append(f"---- log of {node.name} ----\n{node.process.sanitizer_report()}"
                             f"{node.process.log()[-characters:]}")
        return "\n".join(parts)

    def close(self):
        """Ends every node. All that still run must end cleanly, and no sanitizer may have complained."""
        complaints = []
        for node in self:
            if node.process and node.process.running() and node.process.stopped:
                node.process.thaw()
        for node in self:
            if not node.process:
                continue
            try:
                if node.process.running() and node.process.terminate(15) != 0:
                    complaints.append(f"{node.name} ended with {node.process.popen.returncode}")
            except AssertionError as error:
                complaints.append(str(error))
            complaints += filter(None, [node.process.sanitizer_report()])
        if complaints:
            raise AssertionError("\n".join(complaints) + "\n" + self.logs())
        self.last_logs = self.logs()
        shutil.rmtree(self.folder, ignore_errors=True)


def is_error(reply, code):
    return isinstance(reply, Error) and reply.code == code
