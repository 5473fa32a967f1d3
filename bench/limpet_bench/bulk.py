"""Sessions by the million: a 13-byte key, a 64-byte value that tells whose it is, a time-out.

`paced_load.cpp` knows the same keys and values.
"""

import itertools

from .resp import Connection, encode

LIVE_BYTES = 13 + 64 + 8  # of a session: key, value, time-out

_BATCH = 1000
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy"  # nothing that redis-server's dump could compress


def key(number):
    return b"k%012d" % number


def value(number):
    return b"v%012d" % number + _LETTERS


def seconds(number):
    """Time-outs between half a day and a day, so that no two thousand sessions end in one second."""
    return 43200 + number * 7919 % 43200


# One SET with its numbers left out. Filling in a thousand of them at once takes a tenth of the time of encode().
_SET = encode("SET", key(0), value(0), "EX", "#####").replace(b"0" * 12, b"%012d").replace(b"#####", b"%d")


def put(peer, numbers, after_batch=lambda: False):
    """SETs the sessions of those numbers, in order, until there are no more or `after_batch` returns true."""
    with Connection(peer.port) as connection:
        connection.pipe_batches(requests_of(numbers, after_batch), b"+OK\r\n")


def requests_of(numbers, after_batch=lambda: False):
    """The SETs of those numbers, in batches: bytes, and how many."""
    numbers = iter(numbers)
    while batch := list(itertools.islice(numbers, _BATCH)):
        blanks = [number for each in batch for number in (each, each, seconds(each))]
        yield _SET * len(batch) % tuple(blanks), len(batch)
        if after_batch():
            return
