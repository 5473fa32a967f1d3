"""Makers of commands on hashes."""

from .edges import BIG_HASH, PATTERNS


def _key_alone(name):
    return lambda d: [name, d.hash_key()]


def _key_and_field(name):
    return lambda d: [name, d.hash_key(), d.field()]


def _fields(name):
    return lambda d: [name, d.hash_key(), *d.fields()]


def _hset(name):
    return lambda d: [name, d.hash_key(), *[part for field in d.fields() for part in (field, d.value())]]


def _hset_number(d):
    return [b"HSET", d.hash_key(), d.number_field(), d.number()]


def _hsetnx(d):
    return [b"HSETNX", d.hash_key(), d.field(), d.value()]


def _hincrby(d):
    return [b"HINCRBY", d.hash_key(), d.number_field(), d.integer()]


def _hincrbyfloat(d):
    return [b"HINCRBYFLOAT", d.hash_key(), d.number_field(), d.float()]


_CURSORS = (b"17", b"", b"-1", b"abc", b" 0", b"00", b"1.5", b"18446744073709551616")


def _hscan(d):
    cursor = b"0" if d.chance(0.8) else d.pick(_CURSORS)
    return [b"HSCAN", d.hash_key(), cursor, *scan_options(d, (b"NOVALUES", b"TYPE", b"FOO"))]


def scan_options(d, others):
    options = []
    while d.chance(0.45):
        word = d.pick((b"MATCH", b"COUNT")) if d.chance(0.95) else d.pick(others)
        options.append(d.case(word))
        if d.chance(0.97):
            options.append(d.integer() if word == b"COUNT" else d.pick(PATTERNS))
    return options


def _big_hash(d):
    start, count = d.below(600), 1 + d.below(200)
    return [b"HSET", BIG_HASH, *[part for i in range(start, start + count) for part in (b"f%d" % i, b"v%d" % i)]]


def _big_hash_less(d):
    start, count = d.below(600), 1 + d.below(200)
    return [b"HDEL", BIG_HASH, *[b"f%d" % i for i in range(start, start + count)]]


def _big_hash_read(d):
    name = d.pick((b"HLEN", b"HGETALL", b"HKEYS", b"HVALS", b"HGET", b"HMGET", b"HSTRLEN"))
    fields = {b"HGET": 1, b"HSTRLEN": 1, b"HMGET": 5}.get(name, 0)
    return [name, BIG_HASH, *[b"f%d" % d.below(800) for _ in range(fields)]]


HASH_COMMANDS = [
    (30, _hset(b"HSET")), (20, _hset_number), (8, _hset(b"HMSET")), (10, _hsetnx), (30, _key_and_field(b"HGET")),
    (15, _fields(b"HMGET")), (20, _key_alone(b"HGETALL")), (8, _key_alone(b"HKEYS")), (8, _key_alone(b"HVALS")),
    (10, _key_alone(b"HLEN")), (10, _key_and_field(b"HEXISTS")), (10, _key_and_field(b"HSTRLEN")), (15,
    _fields(b"HDEL")),
    (25, _hincrby), (25, _hincrbyfloat), (15, _hscan), (0.4, _big_hash), (0.4, _big_hash_less), (0.8, _big_hash_read),
]
