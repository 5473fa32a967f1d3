"""What durability costs each SET: CPU under `interval`, throughput under `always`."""

from contextlib import ExitStack

from ..generator import fill, load
from ..rounds import take_turns
from ..table import Table, Target
from .durable import limpet, redis

BESIDE_NONE = Target(1.2)
BESIDE_REDIS = Target(0.8)
ALWAYS = Target(1.0, at_least=True)
PIPELINE = 16


def interval(bench, folder):
    sizes, row = bench.sizes, ("SET", PIPELINE)
    peers = (limpet(bench, f"{folder}/interval", "interval", "interval"),
             limpet(bench, f"{folder}/none", "none", "none"), redis(bench, f"{folder}/redis", "everysec"))
    with _all(peers, sizes.keys):
        samples = take_turns("journal: interval", bench.rounds, [row], peers, lambda peer, command, pipeline: load(
            peer, command, pipeline, sizes.requests[pipeline], sizes.keys))
    table = Table("Durability interval: CPU per SET",
                  f"User and system time of one server, in microseconds, P = {PIPELINE}. Snapshots, and the processes "
                  "that redis-server forks to rewrite its log, are in it.",
                  ("limpet, interval", "beside", "", "ratio", "target", ""))
    for name, words, target in (("none", "limpet, none", BESIDE_NONE), ("redis", "redis, everysec", BESIDE_REDIS)):
        ratio = samples.ratio(row, "interval", name, "cpu")
        table.add(samples.median(row, "interval", "cpu"), words, samples.median(row, name, "cpu"), ratio,
                  *target.cells(ratio))
    yield table


def always(bench, folder):
    sizes = bench.sizes
    rows = [("SET", pipeline) for pipeline in sizes.journal.always_requests]
    peers = (limpet(bench, f"{folder}/limpet", "always"), redis(bench, f"{folder}/redis", "always"))
    with _all(peers, sizes.keys):
        samples = take_turns("journal: always", bench.rounds, rows, peers, lambda peer, command, pipeline: load(
            peer, command, pipeline, sizes.journal.always_requests[pipeline], sizes.keys))
    table = Table("Durability always: throughput of SET", "Thousand requests a second of 50 connections, beside "
                  "redis-server with `appendfsync always`; p99 in milliseconds.",
                  ("P", "limpet", "redis", "ratio", "target", "", "limpet p99", "redis p99"))
    for row in rows:
        ratio = samples.ratio(row, "limpet", "redis", "krps")
        table.add(row[1], *(samples.median(row, peer.name, "krps") for peer in peers), ratio, *ALWAYS.cells(ratio),
                  *(samples.median(row, peer.name, "p99") for peer in peers))
    yield table


def _all(peers, keys):
    """Runs them all, filled."""
    with ExitStack() as stack:
        for peer in peers:
            stack.enter_context(peer)
            fill(peer, keys)
        return stack.pop_all()
