"""Starts the servers that are measured, and waits until they answer."""

import os
from contextlib import contextmanager
from dataclasses import dataclass

from .children import Child, cpu_seconds, program
from .fault import eventually
from .ports import free_port
from .resp import ask

SERVER_CORE = "0"


@dataclass(frozen=True)
class Peer:
    """What is measured: where its clients connect, and the processes whose CPU its requests cost."""
    name: str
    port: int
    children: tuple

    def cpu_seconds(self):
        return cpu_seconds(self.children)


@contextmanager
def _running(child, ready, within=120):
    """`child` while it runs, from when `ready` is true. Generous: some run under valgrind."""
    def is_ready():
        child.must_run()
        return ready()
    try:
        eventually(is_ready, within, f"{child.name} answers")
        yield child
    finally:
        child.stop()


def _answers_ping(port):
    return lambda: ask(port, "PING") == "+PONG"


@contextmanager
def limpet(bench, name="limpet", shards=1, cores=SERVER_CORE, wrapper=(), flags=()):
    """One limpetd without a cluster file. `wrapper` is a command that runs it, such as valgrind."""
    port = free_port()
    command = [*wrapper, bench.binary("limpetd"), "--listen", f"127.0.0.1:{port}", "--shards", str(shards), *flags]
    with _running(Child(name, command, bench.folder, cores), _answers_ping(port)) as child:
        yield Peer(name, port, (child,))


@contextmanager
def redis(bench, name="redis", cores=SERVER_CORE, wrapper=(), flags=()):
    port = free_port()
    command = [*wrapper, program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
               "--appendonly", "no", "--protected-mode", "no", "--dir", bench.folder, *flags]
    with _running(Child(name, command, bench.folder, cores), _answers_ping(port)) as child:
        yield Peer(name, port, (child,))


@contextmanager
def nutcracker(bench, store):
    """nutcracker in front of a redis-server; its requests cost the CPU of both."""
    port = free_port()
    config = os.path.join(bench.folder, f"nutcracker-{port}.yml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"bench:\n  listen: 127.0.0.1:{port}\n  redis: true\n  hash: fnv1a_64\n  distribution: ketama\n"
                   f"  preconnect: true\n  servers:\n   - 127.0.0.1:{store.port}:1\n")
    command = [program("nutcracker"), "-c", config, "-a", "127.0.0.1", "-s", str(free_port()), "-v", "4",
               "-o", config + ".log", "-p", config + ".pid"]
    with _running(Child("nutcracker", command, bench.folder, SERVER_CORE), _answers_ping(port)) as child:
        yield Peer("nutcracker", port, (child, *store.children))


@contextmanager
def limpet_pair(bench, weights=(1, 1), settings=('durability = "none"',)):
    """Two nodes, n1 and n2, of one shard each. A node of weight 0 holds no sessions. `settings`: of [cluster]."""
    names = ("n1", "n2")
    ports = {name: free_port() for name in names}
    config = _cluster_file(bench, ports, dict(zip(names, weights)), settings)

    def node(name):
        command = [bench.binary("limpetd"), "--config", config, "--node", name, "--shards", "1",
                   "--data-dir", os.path.join(bench.folder, f"{name}-{ports[name]}")]
        return _running(Child(f"limpet {name}", command, bench.folder, SERVER_CORE), _answers_ping(ports[name]))

    with node("n1") as first, node("n2") as second:
        for port in ports.values():  # a command for the whole cluster works as soon as the nodes have met
            eventually(lambda: ask(port, "DBSIZE").startswith(":"), 30, "the nodes reach each other")
        yield tuple(Peer(name, ports[name], (first, second)) for name in names)


def _cluster_file(bench, ports, weights, settings):
    lines = ["epoch = 1", "[cluster]", 'name = "bench"', *settings]
    for name, port in ports.items():
        lines += ["[[node]]", f'name = "{name}"', f'client = "127.0.0.1:{port}"', f'peer = "127.0.0.1:{free_port()}"',
                  f"weight = {weights[name]}"]
    path = os.path.join(bench.folder, f"cluster-{ports['n1']}.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path
