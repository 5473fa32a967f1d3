"""A node is added and taken away again while clients work: what do they notice?"""

import array
import os
import statistics
import threading
import time
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from ..built import built
from ..children import finish
from ..fault import say
from ..generator import GENERATOR_CORE
from ..rounds import Spread, quantile
from ..servers import SERVER_CORE
from ..sizes import CONNECTIONS
from ..table import Table, Target
from .clusters import Limpet
from .plot import Span, plot

SHARE = Target(0.7, at_least=True)
FREEZE = Target(10)
_BIN_SECONDS = 0.25


@dataclass(frozen=True)
class _Bin:
    at: float       # seconds since the load began
    answers: float  # a second
    p99: float      # milliseconds


@dataclass(frozen=True)
class _Run:
    rate: int
    began: float
    told: array.array  # of each request
    seconds: list      # the same in bins of a second
    spans: dict        # what was done: from when, until when
    freezes: list      # ms


def run(bench):
    sizes = bench.sizes
    say(f"moving: {sizes.moving_loaded_sessions:,} sessions under load")
    on_disk = _measure(bench, None)
    rate, began, told, spans = on_disk.rate, on_disk.began, on_disk.told, on_disk.spans
    calm = _calm(on_disk, sizes)
    before = statistics.mean(each.answers for each in calm)
    table = Table(f"A node comes to three and goes again under load: {sizes.moving_loaded_sessions:,} sessions",
                  f"GET and SET in turn at half of what the cluster can do ({rate:,} requests/s over {CONNECTIONS} "
                  "connections to one node, all nodes on one core), durability interval. Every answer is compared with "
                  "what it has to be: an error or a lost session ends the part. Throughput is of whole seconds, over "
                  "that before.",
                  ("what", "seconds", "least throughput", "target", "", "p99 before, ms", "p99 meanwhile", "longest"))
    p99_before = max(each.p99 for each in calm)
    for what, (first, last) in spans.items():
        within = [each for each in on_disk.seconds if first - began - 1 < each.at <= last - began]
        least = min(each.answers for each in within) / before
        longest = max(took for due, took in zip(told[0::2], told[1::2]) if first <= due / 1e9 <= last) / 1e6
        table.add(what, last - first, least, *SHARE.cells(least), p99_before, max(each.p99 for each in within), longest)
    yield table
    in_memory = []
    for number in range(bench.rounds):
        say(f"moving: the same in memory, round {number + 1} of {bench.rounds}")
        with TemporaryDirectory(prefix="limpet-bench-", dir="/dev/shm") as folder:
            in_memory.append(_measure(bench, folder))
    yield _freezes({"on the disk": [on_disk], "in memory": in_memory}, sizes)
    path = os.path.join(os.getcwd(), "moving.svg")
    fine = _bins(told, began, _BIN_SECONDS)
    plot(path, [(each.at, each.answers, each.p99) for each in fine],
         [Span(what, first - began, last - began) for what, (first, last) in spans.items()])
    say(f"moving: the plot is {path}")


def _measure(bench, folder):
    sizes = bench.sizes
    program = os.fspath(built("paced_load") / "paced_load")
    with Limpet(bench, shards=1, cores=SERVER_CORE, folder=folder) as cluster:
        cluster.fill(sizes.moving_loaded_sessions)
        capacity = len(_load(bench, program, cluster, 0, 3)) // 2 // 3
        spans = {}
        mover = threading.Thread(target=_move, args=(cluster, spans, sizes.moving_pause))
        began = time.monotonic()
        mover.start()
        told = _load(bench, program, cluster, capacity // 2, sizes.moving_seconds)
        mover.join()
        return _Run(capacity // 2, began, told, _bins(told, began, 1.0), spans, cluster.freezes())


def _calm(run, sizes):
    """The seconds before anything moves."""
    return [each for each in run.seconds if each.at < sizes.moving_pause - 1]


def _freezes(runs, sizes):
    """Of each kind of data what the rounds have given."""
    table = Table("How long the slots were frozen meanwhile",
                  "Milliseconds from when commands for the slot begin to wait until its new holder has said that it "
                  "serves it; each slot that moved. In memory a sync takes no time: what is left is limpet's. That is "
                  "measured in each round, and the medians of the rounds are shown; on the disk it is measured once. "
                  "Clients' p99 is of the worst second before anything moves: the machine's own part.",
                  ("data", "slots", "median", "p99", "p99.9", "longest", "target of p99.9", "", "clients' p99 before"))
    for data, measured in runs.items():
        rounds = [run.freezes for run in measured]
        calm = Spread.of([max(each.p99 for each in _calm(run, sizes)) for run in measured])
        half, p99, p999 = ([quantile(each, part) for each in rounds] for part in (0.5, 0.99, 0.999))
        tail = Spread.of(p999)
        table.add(data, min(len(each) for each in rounds), statistics.median(half), statistics.median(p99), tail,
                  max(max(each) for each in rounds), *(FREEZE.cells(tail) if data == "in memory" else ("", "")), calm)
    return table


def _move(cluster, spans, pause):
    # This thread looks again and again whether the slots have moved: not in the way of the servers.
    os.sched_setaffinity(0, {int(GENERATOR_CORE)})
    time.sleep(pause)
    for what, move in (("adding", cluster.grow), ("taking away", cluster.shrink)):
        first = time.monotonic()
        move()
        spans[what] = (first, time.monotonic())
        time.sleep(pause)


def _load(bench, program, cluster, rate, spent):
    """What paced_load tells of each request: when it was due, how long it took, in nanoseconds."""
    path = os.path.join(bench.folder, "paced")
    finish([program, str(cluster.port), str(bench.sizes.moving_loaded_sessions), str(CONNECTIONS), str(rate),
            str(spent), path], GENERATOR_CORE)
    told = array.array("q")
    with open(path, "rb") as file:
        told.frombytes(file.read())
    os.remove(path)
    return told


def _bins(told, began, width):
    """By when they were answered."""
    bins = {}
    for due, took in zip(told[0::2], told[1::2]):
        bins.setdefault(int(((due + took) / 1e9 - began) / width), []).append(took)
    last = max(bins)
    return [_Bin(number * width, len(times) / width, quantile(times, 0.99) / 1e6)
            for number, times in sorted(bins.items()) if 0 < number < last]
