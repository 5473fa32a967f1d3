"""One shard against redis-server: what a request costs, how many get through, how long they take."""

from ..generator import all_were_found, fill, load
from ..rounds import take_turns
from ..servers import limpet, redis
from ..table import Table, Target

CPU = {1: Target(0.95), 16: Target(0.65), 64: Target(0.40)}
THROUGHPUT = Target(1.0, at_least=True)


def run(bench):
    sizes = bench.sizes
    rows = [(command, pipeline) for command in ("GET", "SET") for pipeline in CPU]
    with limpet(bench) as ours, redis(bench) as theirs:
        for peer in (ours, theirs):
            fill(peer, sizes.keys)
        samples = take_turns("single", bench.rounds, rows, (ours, theirs), lambda peer, command, pipeline: load(
            peer, command, pipeline, sizes.requests[pipeline], sizes.keys))
        all_were_found(ours, theirs)
    yield _compared(samples, rows, "cpu", "CPU per request",
                    "User and system time of the server, in microseconds.", CPU)
    yield _compared(samples, rows, "krps", "throughput",
                    "Thousand requests a second. The generator, not the server, is the ceiling.",
                    dict.fromkeys(CPU, THROUGHPUT))
    yield _latency(samples, rows)


def _compared(samples, rows, figure, title, note, targets):
    table = Table(f"One shard against redis-server: {title}", note,
                  ("command", "P", "limpet", "redis", "ratio", "target", ""))
    for row in rows:
        ratio = samples.ratio(row, "limpet", "redis", figure)
        table.add(*row, samples.median(row, "limpet", figure), samples.median(row, "redis", figure), ratio,
                  *targets[row[1]].cells(ratio))
    return table


def _latency(samples, rows):
    table = Table("One shard against redis-server: latency",
                  "Milliseconds as measured by redis-benchmark, with all 50 connections always waiting.",
                  ("command", "P", "limpet p50", "redis p50", "limpet p99", "redis p99"))
    for row in rows:
        table.add(*row, *(samples.median(row, peer, figure) for figure in ("p50", "p99")
                          for peer in ("limpet", "redis")))
    return table
