"""The commands of a seed, in batches. What they are follows from the seed, and never from what a server says."""

from bisect import bisect
from itertools import accumulate

from .dice import Dice
from .edges import ALL_KEYS, WORDS
from .hash_commands import HASH_COMMANDS
from .key_commands import KEY_COMMANDS
from .other_commands import OTHER_COMMANDS, together
from .string_commands import STRING_COMMANDS
from .wire import encode, encode_inline, show, show_command

# Every command on data that the stream may make. The server under test may lack some: those are left out.
DATA_COMMANDS = frozenset(b"""
    APPEND DECR DECRBY GET GETDEL GETEX GETRANGE GETSET INCR INCRBY INCRBYFLOAT MGET MSET MSETNX PSETEX SET SETEX SETNX
    SETRANGE STRLEN SUBSTR
    HDEL HEXISTS HGET HGETALL HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HSCAN HSET HSETNX HSTRLEN HVALS
    COPY DEL EXISTS EXPIRE EXPIREAT EXPIRETIME KEYS MEMORY OBJECT PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PTTL RANDOMKEY
    RENAME RENAMENX SCAN TOUCH TTL TYPE UNLINK
    FLUSHALL FLUSHDB""".split())
# A word in the wrong place could make one of these let a key run out while the run lasts.
_TIMED = frozenset(b"SET GETEX SETEX PSETEX EXPIRE PEXPIRE EXPIREAT PEXPIREAT".split())
_SPOILED = DATA_COMMANDS | {b"PING", b"ECHO", b"SELECT"}
_OF_MANY_KEYS = frozenset(b"DEL UNLINK EXISTS TOUCH MGET MSET MSETNX RENAME RENAMENX COPY".split())
_OF_ALL_KEYS = frozenset(b"KEYS SCAN RANDOMKEY FLUSHALL FLUSHDB".split())
_ALL_KEYS = frozenset(ALL_KEYS)

_BATCH_SIZES = (1, 1, 2, 3, 5, 10, 30, 100, 200, 300, 500)
_BATCH_BYTES_MAX = 1 << 20


class Item:
    """One command, or a few that are answered by one reply. `args` is what people are shown."""

    __slots__ = ("args", "payload")

    def __init__(self, args, payload=None):
        self.args = args
        self.payload = payload or encode(args)

    @property
    def name(self):
        return self.args[0].upper()

    def __str__(self):
        text = show_command(self.args)
        return text if self.payload == encode(self.args) else f"{text}     (sent as {show(self.payload)})"

    def keys(self):
        """The keys that it is about, and perhaps a few more."""
        name = self.name
        if name not in DATA_COMMANDS:
            return _ALL_KEYS.intersection(self.args[1:])
        if name in _OF_MANY_KEYS:
            return set(self.args[1:])
        at = 2 if name in (b"OBJECT", b"MEMORY") else 1
        return _ALL_KEYS.intersection(self.args[1:]).union(self.args[at:at + 1])

    def of_connection(self):
        """Whether it changes what later replies look like."""
        return self.name in (b"HELLO", b"RESET", b"CLIENT", b"AUTH")

    def of_all_keys(self):
        return self.name in _OF_ALL_KEYS


class _Table:
    """Picks makers by weight."""

    def __init__(self, rows):
        self._makers = [maker for _, maker in rows]
        self._bounds = list(accumulate(weight for weight, _ in rows))

    def make(self, dice):
        return self._makers[bisect(self._bounds, dice.roll() * self._bounds[-1])](dice)


class Stream:
    def __init__(self, seed, commands):
        """`commands`: names in capitals that the server under test has."""
        self.left_out = set()
        self._missing = DATA_COMMANDS - commands
        data = STRING_COMMANDS + HASH_COMMANDS + KEY_COMMANDS
        self._data, self._all = _Table(data), _Table(data + OTHER_COMMANDS)
        self._sizes, self._dice = Dice(f"sizes {seed}"), Dice(seed)
        self._dice.data_command = lambda: self._data.make(self._dice)
        self._dice.names = sorted(DATA_COMMANDS - {b"OBJECT", b"MEMORY"})

    def batch(self, most):
        """The next commands, at most so many."""
        size = min(most, self._sizes.pick(_BATCH_SIZES))
        items, sent = [], 0
        while len(items) < size and sent < _BATCH_BYTES_MAX:
            item = self._next()
            if not self._leave_out(item):
                items.append(item)
                sent += len(item.payload)
        return items

    def _next(self):
        dice = self._dice
        if dice.chance(0.003):
            return Item(*together(dice))
        args = self._all.make(dice)
        roll = dice.roll()
        if roll > 0.93:
            args[0] = dice.case(args[0])
        elif roll < 0.045 and args[0] in _SPOILED:
            args = self._spoiled(args, roll)
        elif roll < 0.055 and sum(map(len, args)) < 5000:
            return Item(args, encode_inline(args))
        return Item(args)

    def _spoiled(self, args, roll):
        """The command with an argument too few, too many or in another's place."""
        if roll < 0.015:
            return args[:1 + self._dice.below(len(args))]
        if roll < 0.03:
            return args + [self._dice.pick(WORDS)]
        if args[0] not in _TIMED and len(args) > 1:
            args[1 + self._dice.below(len(args) - 1)] = self._dice.value()
        return args

    def _leave_out(self, item):
        """Whether the server under test lacks the command, or one that it is about."""
        if not self._missing:
            return False
        named = item.args[2:4] if item.name == b"COMMAND" else []
        missing = self._missing.intersection([item.name, *[arg.upper() for arg in named]])
        self.left_out |= missing
        return bool(missing)
