"""What idle connections cost: memory, and the CPU of the requests of others."""

import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from ..children import Child
from ..fault import eventually, say
from ..generator import GENERATOR_CORE, fill, load
from ..resp import info
from ..rounds import Samples
from ..servers import limpet, redis
from ..table import Table, Target, cells
from .memory import settled

BYTES = Target(2048)
ROWS = [("GET", 1), ("GET", 16)]
SPARE_FILES = 1000
CLIENTS = Path(__file__).parents[1] / "idle_clients.py"


def run(bench):
    count = _affordable(bench.sizes.idle_connections)
    memory = Table(f"{count:,} idle connections: memory",
                   "Bytes of resident memory of the server per connection, not counting the kernel's memory for a "
                   "socket. Each has sent one PING.", ("server", "bytes each", "target", ""))
    cpu = Table(f"{count:,} idle connections: CPU", "Microseconds of the server's CPU per request of 50 busy "
                "connections, without and with the idle ones.", ("server", "command", "P", "without", "with", "ratio"))
    for start, flag, target in ((limpet, "--max-clients", BYTES), (redis, "--maxclients", None)):
        with start(bench, flags=(flag, str(count + SPARE_FILES // 2))) as server:
            fill(server, bench.sizes.keys)
            each, samples = _measure(bench, server, count)
        memory.add(server.name, each, *cells(target, each))
        for row in ROWS:
            cpu.add(server.name, *row, samples.median(row, "without", "cpu"), samples.median(row, "with", "cpu"),
                    samples.ratio(row, "with", "without", "cpu"))
    yield memory
    yield cpu


def _affordable(wanted):
    """As many connections as the limit of open files allows, which is raised as far as it may be."""
    need = wanted + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < need:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (need, need))
        except (ValueError, OSError):
            say(f"idle: no more than {hard:,} open files are allowed here, so fewer connections are opened")
            need = hard
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    elif soft != resource.RLIM_INFINITY and soft < need:
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))
    return need - SPARE_FILES


def _measure(bench, server, count):
    """Bytes for each connection, and the loads with and without them, which take turns."""
    sizes, samples = bench.sizes, Samples()
    before = settled(server.children[0])
    with _idle(bench, server, count):
        each = (settled(server.children[0]) - before) / count
    for number in range(bench.rounds):
        say(f"idle: {server.name}, round {number + 1} of {bench.rounds}")
        for case in ("without", "with") if number % 2 == 0 else ("with", "without"):
            with _idle(bench, server, count if case == "with" else 0):
                for row in ROWS:
                    samples.add(row, case, load(server, *row, sizes.requests[row[1]], sizes.keys))
    return each, samples


@contextmanager
def _idle(bench, server, count):
    """So many connections, held by a process of their own. They are gone from the server when this ends."""
    others = info(server.port, "connected_clients")
    command = [sys.executable, "-B", str(CLIENTS), str(server.port), str(count)]
    clients = Child("idle clients", command, bench.folder, GENERATOR_CORE, stdin=subprocess.PIPE)

    def are_open():
        clients.must_run()
        return info(server.port, "connected_clients") >= others + count

    try:
        eventually(are_open, 60, f"{count} connections to {server.name} are open")
        yield
    finally:
        clients.stop()
    eventually(lambda: info(server.port, "connected_clients") <= others + 1, 60, f"{server.name} has let them go")
