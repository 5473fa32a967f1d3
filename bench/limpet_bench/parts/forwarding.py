"""What one hop costs: through the node that does not hold the session, and through nutcracker."""

from contextlib import ExitStack
from dataclasses import replace

from ..children import finish
from ..fault import Fault
from ..generator import all_were_found, fill, load
from ..resp import info
from ..rounds import take_turns
from ..servers import limpet_pair, nutcracker, redis
from ..table import Table, Target, cells

AGAINST_LOCAL = {1: Target(1.3), 16: Target(2.5)}
AGAINST_NUTCRACKER = {1: Target(0.8), 16: Target(0.55), 64: Target(0.4)}


def run(bench):
    sizes = bench.sizes
    rows = [(command, pipeline) for command in ("GET", "SET") for pipeline in AGAINST_NUTCRACKER]
    with ExitStack() as stack:
        # All sessions live on n2, so the same keys are local to n2 and one hop away from n1.
        entry, owner = stack.enter_context(limpet_pair(bench, weights=(0, 1)))
        store = stack.enter_context(redis(bench))
        proxy = stack.enter_context(nutcracker(bench, store))
        _is_owner(bench, owner)
        for peer in (owner, store):
            fill(peer, sizes.keys)
        forwarded = info(entry.port, "forwarded_commands")
        peers = (replace(owner, name="local"), replace(entry, name="forwarded"), proxy)
        samples = take_turns("forwarding", bench.rounds, rows, peers, lambda peer, command, pipeline: load(
            peer, command, pipeline, sizes.requests[pipeline], sizes.keys))
        _all_were_forwarded(info(entry.port, "forwarded_commands") - forwarded,
                            bench.rounds * sum(sizes.requests[pipeline] for _, pipeline in rows))
        all_were_found(owner, store)
    yield _cpu(samples, rows)
    yield _speed(samples, rows)


def _is_owner(bench, owner):
    for number in (0, 1, 2):
        answer = finish([bench.binary("limpet"), "-s", f"127.0.0.1:{owner.port}", "where", f"key:{number:012d}"])
        if f"owner: {owner.name} " not in answer:
            raise Fault(f"a key is not where it should be: {answer}")


def _all_were_forwarded(count, expected):
    if count < expected:
        raise Fault(f"only {count} of {expected} requests were forwarded")


def _cpu(samples, rows):
    table = Table("Forwarding: CPU per request", "Microseconds of all servers together, which share one core: two "
                  "nodes of limpet, or nutcracker and redis-server.",
                  ("command", "P", "local", "forwarded", "forwarded / local", "target", "",
                   "nutcracker + redis", "forwarded / that", "target", ""))
    for row in rows:
        hop = samples.ratio(row, "forwarded", "local", "cpu")
        against = samples.ratio(row, "forwarded", "nutcracker", "cpu")
        table.add(*row, samples.median(row, "local", "cpu"), samples.median(row, "forwarded", "cpu"), hop,
                  *cells(AGAINST_LOCAL.get(row[1]), hop), samples.median(row, "nutcracker", "cpu"), against,
                  *AGAINST_NUTCRACKER[row[1]].cells(against))
    return table


def _speed(samples, rows):
    table = Table("Forwarding: throughput and latency", "Thousand requests a second, and milliseconds.",
                  ("command", "P", "local k/s", "forwarded k/s", "nutcracker + redis k/s", "local p50", "forwarded p50",
                   "nutcracker + redis p50", "local p99", "forwarded p99", "nutcracker + redis p99"))
    for row in rows:
        table.add(*row, *(samples.median(row, peer, figure) for figure in ("krps", "p50", "p99")
                          for peer in ("local", "forwarded", "nutcracker")))
    return table
