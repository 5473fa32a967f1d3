"""Do clients notice a snapshot? Load at half of what the server could do, with snapshots and without."""

import array
import bisect
import os
import threading
import time
from dataclasses import dataclass

from ..built import built
from ..bulk import put
from ..children import finish
from ..fault import Fault, say
from ..generator import GENERATOR_CORE
from ..rounds import Samples, quantile
from ..sizes import CONNECTIONS
from ..table import MISSED, OK, Table
from .copying import rewrite_for_a_load, snapshot_for_a_load
from .durable import limpet, redis

RATIO, MILLISECONDS = 2, 2
_GLANCE_SECONDS = 0.01


@dataclass(frozen=True)
class _Waited:
    p99: float       # milliseconds from when a request was due
    longest: float
    requests: int


def run(bench, folder):
    program = built("paced_load") / "paced_load"
    table = Table("Clients while a snapshot runs",
                  "Milliseconds from when a request was due, GET and SET in turn at a fixed rate of half of what the "
                  f"server can do, {CONNECTIONS} connections, durability interval; for redis-server `everysec`, while "
                  "it rewrites its log, which a process of its own on the same core does. The ratio is of the p99.",
                  ("server", "requests/s", "share in snapshots", "p99 without", "p99 with", "longest without",
                   "longest with", "ratio", "target", ""))
    samples, rates = Samples(), {}
    peers = ((limpet(bench, f"{folder}/limpet", "interval"), snapshot_for_a_load),
             (redis(bench, f"{folder}/redis", "everysec"), rewrite_for_a_load))
    # One at a time: the other one would still be writing.
    for peer, begin in peers:
        with peer:
            put(peer, range(bench.sizes.journal.paced_sessions))
            rates[peer.name] = _capacity(bench, program, peer) // 2
            for number in range(bench.rounds):
                say(f"journal: {peer.name} at {rates[peer.name]:,} requests/s, round {number + 1} of {bench.rounds}")
                _one_round(bench, program, peer, begin, rates[peer.name], samples)
    for peer, _ in peers:
        _add_row(table, samples, peer.name, rates[peer.name])
    yield table


def _capacity(bench, program, peer):
    """Requests a second, with one in flight on each connection."""
    spent = bench.sizes.journal.capacity_seconds
    return len(_load(bench, program, peer, 0, spent)) // 2 // spent


def _load(bench, program, peer, rate, spent):
    """What paced_load tells of each request: when it was due, how long it took."""
    path = os.path.join(bench.folder, "paced")
    finish([os.fspath(program), str(peer.port), str(bench.sizes.journal.paced_sessions), str(CONNECTIONS), str(rate),
            str(spent), path], GENERATOR_CORE)
    told = array.array("q")
    with open(path, "rb") as file:
        told.frombytes(file.read())
    os.remove(path)
    return told


def _one_round(bench, program, peer, begin, rate, samples):
    """A snapshot begins just before the load, so that each round has one; others begin as they do."""
    peer.until(lambda: not peer.is_copying(), "has copied its sessions")
    begin(peer, bench.sizes.journal)
    with _Watch(peer) as watch:
        told = _load(bench, program, peer, rate, bench.sizes.journal.paced_seconds)
    waited = {"with": [], "without": []}
    for due, took in zip(told[0::2], told[1::2]):
        waited["with" if watch.copied_at(due) else "without"].append(took)
    for case, times in waited.items():
        if not times:
            raise Fault(f"{peer.name} had no time {case} a snapshot in {bench.sizes.journal.paced_seconds} s of load")
        samples.add((peer.name,), case, _Waited(quantile(times, 0.99) / 1e6, max(times) / 1e6, len(times)))


class _Watch:
    """Looks all the time whether a server is copying its sessions."""

    def __init__(self, peer):
        self._peer = peer
        self._times, self._copying = [time.monotonic_ns()], [peer.is_copying()]
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
            copying = self._peer.is_copying()
            if copying != self._copying[-1]:
                self._times.append(time.monotonic_ns())
                self._copying.append(copying)

    def copied_at(self, moment):
        return self._copying[max(bisect.bisect_right(self._times, moment) - 1, 0)]


def _add_row(table, samples, name, rate):
    row = (name,)
    ratio = samples.ratio(row, "with", "without", "p99")
    requests = {case: sum(run.requests for run in samples.runs(row, case)) for case in ("with", "without")}
    p99 = samples.median(row, "with", "p99")
    verdict = OK if ratio.value <= RATIO or p99 <= MILLISECONDS else MISSED
    target = (f"≤ {RATIO}, or {MILLISECONDS} ms with", verdict) if name == "limpet" else ("", "")
    table.add(name, rate, f"{requests['with'] / sum(requests.values()):.0%}",
              *(samples.median(row, case, figure) for figure in ("p99", "longest") for case in ("without", "with")),
              ratio, *target)
