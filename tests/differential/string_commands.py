"""Makers of commands on strings. A maker takes the dice and returns the arguments of one command."""

from .edges import LONG, OFFSETS
from .options import getex_options, set_options


def _key_alone(name):
    return lambda d: [name, d.key()]


def _get(d):
    return [b"GET", d.key()]


def _set(d):
    return [b"SET", d.key(), d.value(), *set_options(d)]


def _set_plain(d):
    return [b"SET", d.key(), d.value()]


def _set_number(d):
    return [b"SET", d.number_key(), d.number()]


def _set_long(d):
    return [b"SET", d.key(), d.pick(LONG)]


def _getset(d):
    return [b"GETSET", d.key(), d.value()]


def _setnx(d):
    return [b"SETNX", d.key(), d.value()]


def _setex(d):
    return [b"SETEX", d.key(), d.time_from_now(1), d.value()]


def _psetex(d):
    return [b"PSETEX", d.key(), d.time_from_now(1000), d.value()]


def _getex(d):
    return [b"GETEX", d.key(), *getex_options(d)]


def _append(d):
    return [b"APPEND", d.key(), d.value()]


def _incrby(d):
    return [d.pick((b"INCRBY", b"DECRBY")), d.number_key(), d.integer()]


def _incr(d):
    return [d.pick((b"INCR", b"DECR")), d.number_key()]


def _incrbyfloat(d):
    return [b"INCRBYFLOAT", d.number_key(), d.float()]


def _mget(d):
    return [b"MGET", *d.keys()]


def _mset(d):
    return [b"MSET", *[part for key in d.keys() for part in (key, d.value())]]


def _msetnx(d):
    return [b"MSETNX", *[part for key in d.keys_mostly_of_one_session() for part in (key, d.value())]]


def _getrange(d):
    return [d.pick((b"GETRANGE", b"SUBSTR")), d.key(), d.offset(), d.offset()]


def _setrange(d):
    return [b"SETRANGE", d.key(), d.set_offset(), d.value()]


def _setrange_usual(d):
    return [b"SETRANGE", d.key(), d.pick(OFFSETS), d.value()]


# How often in comparison, and the maker.
STRING_COMMANDS = [
    (50, _get), (40, _set), (14, _set_plain), (20, _set_number), (1, _set_long), (8, _getset), (8, _setnx), (8, _setex),
    (8, _psetex), (20, _getex), (20, _append), (25, _incr), (30, _incrby), (10, _key_alone(b"GETDEL")),
    (15, _key_alone(b"STRLEN")), (25, _incrbyfloat), (20, _mget), (12, _mset), (12, _msetnx),
    (25, _getrange), (10, _setrange), (10, _setrange_usual),
]
