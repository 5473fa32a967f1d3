"""What may differ between redis-server 7 and limpet: the one list of it. Anything else is a difference.

A rule looks at a command with two replies whose bytes are not the same, and says whether they mean the same.
"""

import re

from .edges import TIME_STEP, WORDS
from .wire import elements, integer_of, pairs, text_of

CLOCK_TOLERANCE_MS = 5000


def order_of_fields(_, redis, limpet):
    """Fields of a hash, and keys, come in any order."""
    mine, theirs = elements(limpet), elements(redis)
    return None not in (mine, theirs) and redis[:1] == limpet[:1] and sorted(mine) == sorted(theirs)


def order_of_pairs(_, redis, limpet):
    """The same of fields with their values."""
    mine, theirs = elements(limpet), elements(redis)
    return (None not in (mine, theirs) and redis[:1] == limpet[:1] and
            len(mine) == len(theirs) and sorted(pairs(mine)) == sorted(pairs(theirs)))


def clocks(item, redis, limpet):
    """What counts from now differs by the time between the two executions. Points of time that were given do not."""
    mine, theirs = integer_of(limpet), integer_of(redis)
    if mine is None or theirs is None or min(mine, theirs) <= 0:
        return False
    in_ms = item.name.startswith(b"P")
    if item.name == b"PEXPIRETIME" and theirs % (TIME_STEP * 1000) == 0:
        return False
    return abs(mine - theirs) <= (CLOCK_TOLERANCE_MS if in_ms else CLOCK_TOLERANCE_MS // 1000)


def any_key(_, redis, limpet):
    """RANDOMKEY gives a key where there is one. That it exists is asked elsewhere."""
    return text_of(redis) is not None and text_of(limpet) is not None


def page_of_scan(item, redis, limpet):
    """Cursors are each server's own, and so is what one call returns; all pages together are compared elsewhere.

    A hash that both return as a whole must be the same.
    """
    both = [_page(reply) for reply in (redis, limpet)]
    if None in both:
        return False
    whole = item.name == b"HSCAN" and item.args[2:3] == [b"0"] and all(cursor == b"0" for cursor, _ in both)
    return not whole or sorted(pairs(both[0][1])) == sorted(pairs(both[1][1]))


def _page(reply):
    parts = elements(reply)
    if not parts or len(parts) != 2:
        return None
    cursor, found = text_of(parts[0]), elements(parts[1])
    return None if found is None or cursor is None or not cursor.isdigit() else (cursor, found)


def loose_cursors(item, _, limpet):
    """Redis takes whatever begins like a number for a cursor, also "", 00 and -1; limpet takes those it gives out."""
    cursor = item.args[1 if item.name == b"SCAN" else 2]
    return limpet == b"-ERR invalid cursor\r\n" and not re.fullmatch(rb"0|[1-9]\d{0,15}", cursor)


def id_of_connection(_, redis, limpet):
    """HELLO tells the number of the connection."""
    both = [elements(reply) for reply in (redis, limpet)]
    if None in both or redis[:1] != limpet[:1]:
        return False
    return _without_id(both[0]) == _without_id(both[1])


def _without_id(parts):
    return [(name, b"" if text_of(name) == b"id" else value) for name, value in pairs(parts)]


def control_bytes_in_errors(_, redis, limpet):
    """Control bytes in the text of an error become spaces in limpet; Redis does so with line ends alone."""
    return redis.startswith(b"-") and limpet.startswith(b"-") and _printable(redis) == limpet


def _printable(error):
    return bytes(32 if c < 32 or c == 127 else c for c in error[:-2]) + b"\r\n"


def cut_at_zero_byte(item, redis, limpet):
    """Redis shows an argument in an error up to its first zero byte, limpet as a whole."""
    if not any(b"\x00" in arg for arg in item.args) or not redis.startswith(b"-") or not limpet.startswith(b"-"):
        return False
    return _unquoted(redis) == _unquoted(limpet) or limpet.startswith(_printable(redis)[:-2])


def _unquoted(error):
    return re.sub(rb"'.*'", b"''", _printable(error))


_LESS_COMPACT = {b"int": (b"embstr", b"raw"), b"embstr": (b"raw",), b"listpack": (b"hashtable",)}


def encoding_after_changes(item, redis, limpet):
    """limpet names the encoding that a value would have if it were new; in Redis some changes leave a wider one."""
    return item.args[1].upper() == b"ENCODING" and text_of(redis) in _LESS_COMPACT.get(text_of(limpet), ())


def shared_numbers(item, redis, limpet):
    """Redis counts references to small numbers that it shares; limpet shares none."""
    return item.args[1].upper() == b"REFCOUNT" and integer_of(redis) == 2**31 - 1 and integer_of(limpet) == 1


def memory_taken(_, redis, limpet):
    """How much memory a value takes differs; that it takes some does not.

    Redis also counts a key whose time has passed, as long as it has not reclaimed it.
    """
    redis_bytes, bytes_here = integer_of(redis), integer_of(limpet)
    if redis_bytes is None or redis_bytes <= 0:
        return False
    return limpet in (b"$-1\r\n", b"_\r\n") if bytes_here is None else bytes_here > 0


def key_named_by_nothing(item, redis, limpet):
    """A pattern of stars alone is every key or field for limpet; Redis leaves out the one whose name is empty."""
    mine, theirs = _names_in(limpet), _names_in(redis)
    stars = any(re.fullmatch(rb"\*{2,}", arg) for arg in item.args[1:])
    return stars and None not in (mine, theirs) and sorted(mine) == sorted([*theirs, b"$0\r\n\r\n"])


def _names_in(reply):
    page = _page(reply)
    return elements(reply) if page is None else [name for name, _ in pairs(page[1])]


def facts_of_two_keys(item, redis, limpet):
    """COMMAND INFO of COPY and RENAME has one specification for both keys; flags do not go by options."""
    what = item.args[1].upper()
    if what == b"GETKEYSANDFLAGS":
        return item.args[2].upper() in (b"SET", b"COPY", b"RENAME", b"RENAMENX")
    return what == b"INFO" and bool({arg.upper() for arg in item.args[2:]} & {b"COPY", b"RENAME", b"RENAMENX"})


RULES = [
    (b"KEYS HSCAN", key_named_by_nothing),
    (b"COMMAND", facts_of_two_keys),
    (b"HKEYS HVALS KEYS", order_of_fields),
    (b"HGETALL", order_of_pairs),
    (b"TTL PTTL EXPIRETIME PEXPIRETIME", clocks),
    (b"RANDOMKEY", any_key),
    (b"SCAN HSCAN", page_of_scan),
    (b"SCAN HSCAN", loose_cursors),
    (b"HELLO", id_of_connection),
    (b"OBJECT", encoding_after_changes),
    (b"OBJECT", shared_numbers),
    (b"MEMORY", memory_taken),
]
RULES_OF_ALL = [control_bytes_in_errors, cut_at_zero_byte]


def sessions_apart(item, _, limpet):
    """MSETNX is refused if its keys are of several slots."""
    return item.name == b"MSETNX" and limpet.startswith(b"-CROSSSLOT ")


def zero_byte_ends_a_word(item, _, limpet):
    """Redis takes "NX\\0" for NX, since it compares words as C does; limpet says that it knows no such word."""
    return limpet.startswith((b"-ERR syntax error", b"-ERR Unsupported option")) and any(
        arg.split(b"\x00")[0].upper() in _WORDS for arg in item.args[2:] if b"\x00" in arg)


_WORDS = frozenset(WORDS) - {b""}

# These too are meant to be so, but the servers no longer hold the same afterwards.
PARTING_RULES = [sessions_apart, zero_byte_ends_a_word]

_BY_NAME = {}
for _names, _rule in RULES:
    for _name in _names.split():
        _BY_NAME.setdefault(_name, []).append(_rule)


def rule_for(item, redis, limpet):
    """The rule by which these two replies mean the same; None if there is none."""
    for rule in (*_BY_NAME.get(item.name, ()), *RULES_OF_ALL):
        if rule(item, redis, limpet):
            return rule
    return None


def parting_rule_for(item, redis, limpet):
    """The rule by which the two may go different ways here; None if there is none."""
    return next((rule for rule in PARTING_RULES if rule(item, redis, limpet)), None)
