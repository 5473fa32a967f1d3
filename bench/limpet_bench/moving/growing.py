"""From three nodes to four, with nothing else to do: sessions a second, and memory meanwhile."""

import threading
from dataclasses import dataclass

from ..fault import say
from ..rounds import Samples
from ..table import Table, Target
from .clusters import Limpet, Redis

RATE = Target(5.0, at_least=True)
MEMORY = Target(1.2)
_GLANCE_SECONDS = 0.05


@dataclass(frozen=True)
class _Grown:
    seconds: float
    sessions: int   # that moved
    rate: float     # sessions a second
    cpu: float      # microseconds of all servers for each of them
    source: float   # the most memory of one that gives, over what it had before
    target: float   # the most memory of the one that receives, over what it has at the end


def run(bench):
    count = bench.sizes.moving_sessions
    samples = Samples()
    for number in range(bench.rounds):
        for make in (lambda: Limpet(bench, shards=1), lambda: Redis(bench)):
            cluster = make()
            say(f"moving: {cluster.name}, {count:,} sessions, round {number + 1} of {bench.rounds}")
            with cluster:
                cluster.fill(count)
                samples.add((), cluster.name, _grow(cluster))
    table = Table(f"From three nodes to four: {count:,} sessions of 64 bytes, no load",
                  "limpet: the file is edited and SIGHUP sent; redis-server: `redis-cli --cluster rebalance "
                  "--cluster-pipeline 100`. Both write a journal that is synced once a second. CPU is that of all "
                  "servers, without redis-cli. The ratio is of the sessions a second.",
                  ("server", "sessions moved", "seconds", "sessions/s", "CPU µs each", "ratio", "target", ""))
    for name in ("limpet", "redis"):
        ratio = samples.ratio((), "limpet", "redis", "rate") if name == "limpet" else None
        table.add(name, *(samples.median((), name, field) for field in ("sessions", "seconds", "rate", "cpu")),
                  ratio or "", *(RATE.cells(ratio) if ratio else ("", "")))
    yield table
    table = Table("Memory while they move", "The most resident memory of a node that gives, over what it had before, "
                  "and of the node that receives, over what it has once it has settled.",
                  ("server", "gives", "target", "", "receives", "target", ""))
    for name in ("limpet", "redis"):
        row = [name]
        for field in ("source", "target"):
            value = samples.median((), name, field)
            row += [value, *(MEMORY.cells(value) if name == "limpet" else ("", ""))]
        table.add(*row)
    yield table


def _grow(cluster):
    before = cluster.resident_bytes()
    cpu = cluster.cpu_seconds()
    with _Peak(cluster) as peak:
        seconds = cluster.grow()
    moved = cluster.sessions_of("n4")
    cpu = cluster.cpu_seconds() - cpu
    after = cluster.resident_bytes()["n4"]
    source = max(peak.most[node] / before[node] for node in ("n1", "n2", "n3"))
    return _Grown(seconds, moved, moved / seconds, cpu * 1e6 / moved, source, max(peak.most["n4"], after) / after)


class _Peak:
    """The most memory that each node has had."""

    def __init__(self, cluster):
        self._cluster = cluster
        self.most = dict(cluster.resident_bytes())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _look(self):
        while not self._ended.wait(_GLANCE_SECONDS):
            for node, resident in self._cluster.resident_bytes().items():
                self.most[node] = max(self.most.get(node, 0), resident)
