"""Makers of commands on keys of any type, and on the whole keyspace."""

from .edges import MILLISECONDS, PATTERNS, SECONDS
from .hash_commands import scan_options
from .options import expire_options


def _key_alone(*names):
    return lambda d: [d.pick(names), d.any_key()]


def _delete(d):
    return [b"DEL", *[d.any_key() for _ in range(1 + d.below(3))]]


def _several(name):
    return lambda d: [name, *d.keys()]


def _expire(name, unit):
    return lambda d: [name, d.any_key(), d.time_from_now(unit), *expire_options(d)]


def _expireat(name, unit):
    return lambda d: [name, d.any_key(), d.time_at(unit), *expire_options(d)]


def _rename(name):
    return lambda d: [name, *d.two_keys()]


_DATABASES = (b"1", b"-1", b"16", b"abc", b"", b"00", b"99999999999")


def _copy(d):
    options = []
    while d.chance(0.5):
        if d.chance(0.6):
            options.append(d.case(b"REPLACE"))
        elif d.chance(0.9):
            options += [d.case(b"DB"), b"0" if d.chance(0.7) else d.pick(_DATABASES)]
        else:
            options.append(d.pick((b"DB", b"FOO", b"")))
    return [b"COPY", *d.two_keys(), *options]


def _keys(d):
    return [b"KEYS", d.pick(PATTERNS)]


def _scan(d):
    cursor = b"0" if d.chance(0.5) else d.pick(
        (b"", b"-1", b"abc", b" 0", b"0 ", b"00", b"1.5", b"18446744073709551616", b"1" * 40, b"0\x00"))
    return [b"SCAN", cursor, *scan_options(d, (b"TYPE", b"FOO", b"NOVALUES"))]


def _object(d):
    usual, odd = (b"ENCODING", b"ENCODING", b"REFCOUNT"), (b"FOO", b"", b"ENCODIN")
    sub = d.pick(usual if d.chance(0.95) else odd)
    return [b"OBJECT", d.case(sub), d.any_key()]


def _memory(d):
    options = [] if d.chance(0.6) else [d.case(b"SAMPLES"), d.integer()] if d.chance(0.8) else [b"FOO", b"1"]
    sub = b"USAGE" if d.chance(0.95) else d.pick((b"FOO", b"", b"USAG"))
    return [b"MEMORY", d.case(sub), d.any_key(), *options]


def _flush(d):
    options = ((), (), (b"SYNC",), (b"async",), (b"FOO",), (b"SYNC", b"ASYNC"), (b"",))
    return [d.pick((b"FLUSHALL", b"FLUSHDB")), *d.pick(options)]


KEY_COMMANDS = [
    (10, _several(b"DEL")), (30, _delete), (8, _several(b"UNLINK")), (20, _several(b"EXISTS")), (6, _several(b"TOUCH")),
    (10, _key_alone(b"TYPE")), (12, _key_alone(b"PERSIST")), (30, _key_alone(b"TTL", b"PTTL", b"EXPIRETIME",
    b"PEXPIRETIME")),
    (15, _expire(b"EXPIRE", SECONDS)), (15, _expire(b"PEXPIRE", MILLISECONDS)), (12, _expireat(b"EXPIREAT", SECONDS)),
    (12, _expireat(b"PEXPIREAT", MILLISECONDS)), (12, _rename(b"RENAME")), (12, _rename(b"RENAMENX")), (20, _copy),
    (3, _keys), (2, _scan), (2, lambda d: [b"RANDOMKEY"]), (12, _object), (6, _memory), (0.1, _flush),
]
