"""Resident bytes that one more session takes."""

import time

from ..fault import say
from ..resp import Connection, encode
from ..servers import limpet, redis
from ..table import Table, Target

RATIO = Target(0.60)


def run(bench):
    kinds = {
        "string: 13-byte key, 64-byte value, time-out": (_fill_strings, bench.sizes.strings),
        "hash: 13-byte key, 5 fields of 6 + 16 bytes, time-out": (_fill_hashes, bench.sizes.hashes),
    }
    table = Table("Memory of a session", "Bytes of resident memory: the growth of the process divided by the number of "
                  "sessions. One run, as it hardly varies.",
                  ("session", "how many", "limpet", "redis", "ratio", "target", ""))
    for kind, (put, count) in kinds.items():
        ours, theirs = (_bytes_each(bench, start, put, count) for start in (limpet, redis))
        ratio = ours / theirs if theirs > 0 else None
        table.add(kind, count, ours, theirs, ratio, *RATIO.cells(ratio))
    yield table


def _bytes_each(bench, start, put, count):
    with start(bench) as server:
        say(f"memory: {count:,} sessions into {server.name}")
        child = server.children[0]
        before = settled(child)
        with Connection(server.port) as connection:
            put(connection, count)
        return (settled(child) - before) / count


def settled(child, within=30):
    """Resident bytes once they have stood still for four seconds: what goes on in the background is done by then."""
    deadline = time.monotonic() + within
    seen = [child.resident_bytes()]
    while time.monotonic() < deadline and not (len(seen) > 8 and max(seen[-9:]) - min(seen[-9:]) < 64 * 1024):
        time.sleep(0.5)
        seen.append(child.resident_bytes())
    return seen[-1]


def _key(number):
    return b"k%012d" % number


def _seconds(number):
    """Time-outs between half a day and a day, so that no two thousand sessions end in one second."""
    return 43200 + number * 7919 % 43200


def _fill_strings(connection, count):
    value = b"x" * 64
    connection.pipe((encode("SET", _key(i), value, "EX", _seconds(i)) for i in range(count)), b"+OK\r\n")


def _fill_hashes(connection, count):
    fields = [word for i in range(5) for word in (b"field%d" % i, b"v" * 16)]
    connection.pipe((encode("HSET", _key(i), *fields) + encode("EXPIRE", _key(i), _seconds(i)) for i in range(count)),
                    b":5\r\n:1\r\n")
