"""What copies cost: a SET with a follower, beside one without and beside redis-server with a replica."""

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from ..children import cpu_seconds
from ..fault import Fault, eventually
from ..generator import Run, fill, load
from ..resp import ask, info
from ..rounds import take_turns
from ..servers import limpet_pair, redis
from ..table import Table, Target, cells

ROWS = [("SET", 1), ("SET", 16)]
AGAINST_ALONE = {16: Target(1.8)}
OWNER_AGAINST_ALONE = {16: Target(1.4)}
AGAINST_REDIS = {16: Target(0.6)}
AGAINST_NONE = {1: Target(0.8, at_least=True)}


@dataclass(frozen=True)
class OwnersRun(Run):
    owner: float  # microseconds of the owner's, or the primary's, CPU for each request


def run(bench):
    with ExitStack() as stack:
        # n1 holds all slots, and n2 what copies there are of them.
        peers = tuple(stack.enter_context(_followed(bench, name, settings)) for name, settings in (
            ("alone", []), ("acks none", ["followers = 1", 'acks = "none"']),
            ("acks one", ["followers = 1", 'acks = "one"'])))
        peers += (stack.enter_context(_redis_pair(bench)),)
        for peer in peers:
            fill(peer, bench.sizes.keys)
        samples = take_turns("copies", bench.rounds, ROWS, peers, lambda peer, command, pipeline: _measured(
            bench.sizes, peer, command, pipeline))
        for peer in peers[1:3]:
            _is_whole(peer, bench.sizes.keys)
    yield _cpu(samples)
    yield _speed(samples)


def _measured(sizes, peer, command, pipeline):
    before = cpu_seconds(peer.children[:1])
    requests = sizes.requests[pipeline]
    measured = load(peer, command, pipeline, requests, sizes.keys)
    owner = (cpu_seconds(peer.children[:1]) - before) / requests * 1e6
    return OwnersRun(measured.krps, measured.cpu, measured.p50, measured.p99, owner)


@contextmanager
def _followed(bench, name, settings):
    with limpet_pair(bench, weights=(100, 0.001), settings=['durability = "interval"', *settings]) as (owner, _):
        if settings:
            eventually(lambda: _in_sync(owner), 30, "the copies are in sync")
        yield replace(owner, name=name)


def _in_sync(peer):
    return info(peer.port, "limpet_copies_in_sync") == info(peer.port, "limpet_copies_wanted") > 0


@contextmanager
def _redis_pair(bench):
    everysec = ("--appendonly", "yes", "--appendfsync", "everysec", "--dir")
    with redis(bench, "primary", flags=(*everysec, _folder(bench, "primary"))) as primary:
        of = ("--replicaof", "127.0.0.1", str(primary.port))
        with redis(bench, "replica", flags=(*everysec, _folder(bench, "replica"), *of)) as replica:
            eventually(lambda: "master_link_status:up" in ask(replica.port, "INFO", "replication"), 30,
                       "the replica follows")
            yield replace(primary, name="redis", children=(*primary.children, *replica.children))


def _folder(bench, name):
    path = os.path.join(bench.folder, name)
    os.makedirs(path, exist_ok=True)
    return path


def _is_whole(peer, keys):
    eventually(lambda: _in_sync(peer), 30, "the copies are in sync")
    if outs := info(peer.port, "limpet_copies_parted"):
        raise Fault(f"{outs} copies of {peer.name} have parted")
    if (found := ask(peer.port, "DBSIZE")) != f":{keys}":
        raise Fault(f"{peer.name} has {found} keys")


def _cpu(samples):
    table = Table("Copies: CPU per SET", "Microseconds of owner and follower together, which share one core, and of "
                  "the owner alone. *alone*: without a follower; redis: a primary and its replica, both `everysec`, "
                  "without WAIT.",
                  ("command", "P", "alone", "acks one", "one / alone", "target", "", "its owner / alone", "target", "",
                   "redis", "one / redis", "target", ""))
    for row in ROWS:
        both = samples.ratio(row, "acks one", "alone", "cpu")
        owner = samples.ratio(row, "acks one", "alone", "owner")
        against = samples.ratio(row, "acks one", "redis", "cpu")
        table.add(*row, samples.median(row, "alone", "cpu"), samples.median(row, "acks one", "cpu"), both,
                  *cells(AGAINST_ALONE.get(row[1]), both), owner, *cells(OWNER_AGAINST_ALONE.get(row[1]), owner),
                  samples.median(row, "redis", "cpu"), against, *cells(AGAINST_REDIS.get(row[1]), against))
    return table


def _speed(samples):
    table = Table("Copies: throughput and latency", "Thousand requests a second, and milliseconds.",
                  ("command", "P", "alone k/s", "acks none k/s", "acks one k/s", "redis k/s", "one / none", "target",
                   "", "alone p99", "acks none p99", "acks one p99", "redis p99"))
    for row in ROWS:
        slower = samples.ratio(row, "acks one", "acks none", "krps")
        names = ("alone", "acks none", "acks one", "redis")
        table.add(*row, *(samples.median(row, name, "krps") for name in names), slower,
                  *cells(AGAINST_NONE.get(row[1]), slower), *(samples.median(row, name, "p99") for name in names))
    return table
