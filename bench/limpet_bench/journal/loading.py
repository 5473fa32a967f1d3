"""Starts on what a crash or a stop has left: how fast all sessions are there, and how soon one of them is."""

import random
import statistics
from dataclasses import dataclass

from ..bulk import key, put, value
from ..fault import Fault, say
from ..resp import ask
from ..rounds import take_turns
from ..table import Table, Target
from .copying import begin_snapshot
from .durable import bytes_on_disk, limpet, redis

SNAPSHOT, TAIL = "a snapshot", "a snapshot and a tenth in the journal, after kill -9"
RATE = {SNAPSHOT: Target(3.0, at_least=True), TAIL: Target(2.0, at_least=True)}
FIRST = Target(1.0)


@dataclass(frozen=True)
class _Start:
    first: float  # seconds until a GET of one session was answered
    all: float    # until all were there
    rate: float   # thousand sessions a second


def run(bench, folder):
    chance, sizes = random.Random(7), bench.sizes.journal
    starts = []
    yield _beside_redis(bench, folder, chance, starts)
    table = Table("How soon a session is there", "Seconds from the start of a limpetd that had been killed until a "
                  "GET of a random session is answered with its value. One shard; the slowest attempt counts.",
                  ("sessions", "tries", "all are there after", "first GET, median", "slowest", "target", ""))
    for count, tried in ((sizes.sessions, starts), (sizes.many_sessions, _many(bench, folder, chance))):
        firsts = [start.first for start in tried]
        table.add(count, len(tried), statistics.median(start.all for start in tried), statistics.median(firsts),
                  max(firsts), *FIRST.cells(max(firsts)))
    yield table


def _beside_redis(bench, folder, chance, starts):
    """Adds limpet's starts to `starts`, too."""
    count = bench.sizes.journal.sessions
    ours, theirs = limpet(bench, f"{folder}/limpet", "interval"), redis(bench, f"{folder}/redis")
    _fill_and_save(theirs, count)
    _fill_and_snapshot(ours, count)
    table = Table(f"Loading {count:,} sessions: beside redis-server",
                  "Thousand sessions a second on one core, from the start of the process until all are there. MB are "
                  f"what limpet reads; redis-server reads an RDB file of {_megabytes(theirs):,.0f} MB each time.",
                  ("limpet reads", "MB", "limpet", "redis", "ratio", "target", ""))
    for what in (SNAPSHOT, TAIL):
        if what == TAIL:
            with ours:  # and killed behind the last answer
                put(ours, range(count // 10))
        read = _megabytes(ours)
        samples = take_turns("journal: loading", bench.rounds, [(what,)], (ours, theirs),
                             lambda peer, _: _start(peer, count, chance))
        starts += samples.runs((what,), "limpet")
        ratio = samples.ratio((what,), "limpet", "redis", "rate")
        table.add(what, read, *(samples.median((what,), peer.name, "rate") for peer in (ours, theirs)), ratio,
                  *RATE[what].cells(ratio))
    return table


def _megabytes(peer):
    return bytes_on_disk(peer.folder) / 1e6


def _fill_and_save(redis_server, count):
    say(f"journal: {count:,} sessions into redis-server, and SAVE")
    with redis_server:
        put(redis_server, range(count))
        if (reply := ask(redis_server.port, "SAVE", within=300)) != "+OK":
            raise Fault(f"redis-server does not save: {reply}")


def _fill_and_snapshot(node, count):
    """What is written from the moment a snapshot begins stays in the journal, so nothing is then."""
    say(f"journal: {count:,} sessions into limpet, and a snapshot")
    with node:
        put(node, range(count))
        begin_snapshot(node, count)
        node.until(lambda: not node.is_copying(), "ends its snapshot")
        node.stop()


def _start(peer, count, chance):
    """Starts it, asks for a session, waits for all, and kills it."""
    wanted = chance.randrange(count)
    peer.start()
    try:
        peer.until(lambda: _answers(peer, wanted), f"answers GET {key(wanted)}")
        first = peer.age()
        everything = peer.has_loaded()
        if (size := ask(peer.port, "DBSIZE")) != f":{count}":
            raise Fault(f"{peer.name} has loaded {size} sessions of {count}")
    finally:
        peer.kill()
    return _Start(first, everything, count / everything / 1000)


def _answers(peer, wanted):
    """Whether the session is there. Not to be there yet is an error that says so, and never an empty answer."""
    reply = ask(peer.port, "GET", key(wanted), within=300)
    if reply == value(wanted).decode():
        return True
    if reply.startswith("-LOADING"):
        return False
    raise Fault(f"{peer.name} answers GET {key(wanted)} with {reply!r}")


def _many(bench, folder, chance):
    count, node = bench.sizes.journal.many_sessions, limpet(bench, f"{folder}/many", "interval")
    say(f"journal: {count:,} sessions into limpet")
    with node:
        put(node, range(count))
    starts = []
    for number in range(bench.sizes.journal.tries):
        say(f"journal: {count:,} sessions, start {number + 1} of {bench.sizes.journal.tries}")
        starts.append(_start(node, count, chance))
    return starts
