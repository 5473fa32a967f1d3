"""What limpet is for: an HTTP service that holds nothing, with its users' sessions in a store behind it."""

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..children import Child, finish, program
from ..fault import Fault, eventually
from ..generator import GENERATOR_CORE
from ..ports import free_port
from ..resp import info
from ..rounds import take_turns
from ..servers import SERVER_CORE, limpet_pair, redis
from ..table import Table

SCRIPTS = Path(__file__).parents[2] / "service"
CONCURRENCY = 32


@dataclass(frozen=True)
class _Service:
    """The service's process and the store's, which one request costs."""
    name: str
    port: int
    service: Child
    store: object

    def cpu_seconds(self):
        return self.service.cpu_seconds(), self.store.cpu_seconds()


@dataclass(frozen=True)
class _Run:
    rate: float
    p50: float
    p99: float
    service_cpu: float
    store_cpu: float


def run(bench):
    sizes = bench.sizes
    with redis(bench) as theirs, limpet_pair(bench) as (ours, _), \
            _service(bench, "redis", theirs) as on_redis, _service(bench, "limpet", ours) as on_limpet:
        peers = (on_limpet, on_redis)
        for peer in peers:
            _load(peer, 2 * sizes.http_sessions, sizes)  # makes the sessions, and warms up the service
        samples = take_turns("service", bench.rounds, [("load",)], peers,
                             lambda peer, _: _load(peer, sizes.http_requests, sizes))
        share = info(ours.port, "forwarded_commands") / info(ours.port, "total_commands_processed")
    yield _table(samples, share)


@contextmanager
def _service(bench, name, store):
    port = free_port()
    command = [program("node"), str(SCRIPTS / "session_service.js"), str(port), str(store.port)]
    service = Child(f"service on {name}", command, bench.folder, SERVER_CORE)

    def listens():
        service.must_run()
        return f"listens on {port}" in service.log()

    try:
        eventually(listens, 30, f"{service.name} listens")
        yield _Service(name, port, service, store)
    finally:
        service.stop()


def _load(peer, requests, sizes):
    before = peer.cpu_seconds()
    out = finish([program("node"), os.fspath(SCRIPTS / "http_load.js"), str(peer.port), str(requests),
                  str(sizes.http_sessions), str(CONCURRENCY)], GENERATOR_CORE)
    service, store = ((after - at_first) / requests * 1e6 for after, at_first in zip(peer.cpu_seconds(), before))
    seen = json.loads(out)
    if seen["wrong"]:
        raise Fault(f"{seen['wrong']} of {requests} answers of the service on {peer.name}: {seen['firstWrong']}")
    return _Run(seen["perSecond"], seen["p50"], seen["p99"], service, store)


def _table(samples, share):
    figures = {"requests a second": "rate", "p50, ms": "p50", "p99, ms": "p99",
               "CPU of the service per request, µs": "service_cpu", "CPU of the store per request, µs": "store_cpu"}
    table = Table("An HTTP service that keeps its sessions in a store",
                  f"Each request reads a session of 2 KB, changes it and writes it back; {CONCURRENCY} at a time. "
                  f"Node.js, once on redis-server, once on the first of two limpet nodes, which forwards {share:.0%} "
                  "of the commands to the second.", ("", "limpet, two nodes", "redis-server", "ratio"))
    for title, field in figures.items():
        table.add(title, *(samples.median(("load",), peer, field) for peer in ("limpet", "redis")),
                  samples.ratio(("load",), "limpet", "redis", field))
    return table
