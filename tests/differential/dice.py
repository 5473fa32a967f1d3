"""Random picks that follow from the seed alone, and the arguments made of them."""

import random

from . import edges

_NUMBERS = edges.INTEGERS * 2 + edges.NO_INTEGERS
_FLOATS = edges.FLOATS * 2 + edges.NO_FLOATS


def _keys_named(names):
    return [key for name in names for key in edges.KEYS if key.startswith(name + b":")]


_STRING_KEYS = _keys_named((b"a", b"b", b"n"))
_NUMBER_KEYS = _keys_named((b"n",))
_HASH_KEYS = _keys_named((b"h", b"h", b"h", b"c"))
_BIG_OFFSETS = [
    b"0", b"1", b"5", b"43", b"44", b"1000", b"20000", b"-1", b"33554432", b"33554433", b"2147483647", b"4294967296",
    b"4611686018427387904", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"", b"abc",
    b"1.5", b" 1"]


class Dice:
    def __init__(self, seed):
        self._roll = random.Random(seed).random
        self.data_command = None  # set by the stream: makes a command on keys
        self.names = ()  # of all commands on data

    def roll(self):
        return self._roll()

    def chance(self, probability):
        return self._roll() < probability

    def below(self, bound):
        return int(self._roll() * bound)

    def pick(self, choices):
        return choices[int(self._roll() * len(choices))]

    def case(self, word):
        """The word as it is, or in another case."""
        roll = self._roll()
        if roll < 0.7:
            return word
        if roll < 0.9:
            return word.lower()
        return bytes(c ^ 32 if chr(c).isalpha() and self.chance(0.5) else c for c in word)

    # ---- Keys and fields

    def key(self):
        roll = self._roll()
        if roll < 0.77:
            return self.pick(_STRING_KEYS)
        return self.pick(edges.KEYS) if roll < 0.8 else self.pick(edges.ALL_KEYS)

    def number_key(self):
        return self.pick(_NUMBER_KEYS) if self.chance(0.6) else self.key()

    def any_key(self):
        return self.key() if self.chance(0.6) else self.hash_key()

    def hash_key(self):
        roll = self._roll()
        if roll < 0.85:
            return self.pick(_HASH_KEYS)
        return self.pick(edges.KEYS) if roll < 0.95 else self.pick(edges.ODD_KEYS)

    def keys(self):
        """A few keys: of one session or of several, some of them twice."""
        count = 1 + self.below(4)
        if self.chance(0.03):
            count = 40
        return self._of_one_session(count) if self.chance(0.5) else [self.key() for _ in range(count)]

    def keys_mostly_of_one_session(self):
        count = 1 + self.below(4)
        return self._of_one_session(count) if self.chance(0.9) else [self.key() for _ in range(count)]

    def _of_one_session(self, count):
        tag = self.pick(edges.TAGS)
        return [self.pick(edges.NAMES[:3]) + b":{" + tag + b"}" for _ in range(count)]

    def two_keys(self):
        """Of one session or of two; of one habit, mostly."""
        pick = self.key if self.chance(0.7) else self.hash_key
        first = pick()
        if first in edges.KEYS and self.chance(0.6):
            names = (b"h", b"c") if pick == self.hash_key else (b"a", b"b", b"n", b"c")
            names = edges.NAMES if self.chance(0.1) else names
            return [first, self.pick(names) + first[1:]]
        return [first, pick()]

    def field(self):
        return self.pick(edges.FIELDS[:5]) if self.chance(0.7) else self.pick(edges.FIELDS)

    def number_field(self):
        return b"n" if self.chance(0.6) else self.field()

    def fields(self):
        return [self.field() for _ in range(1 + self.below(4))]

    # ---- Values and numbers

    def value(self):
        roll = self._roll()
        if roll < 0.4:
            return self.pick(edges.BYTES)
        if roll < 0.7:
            return self.number()
        return b"v%d" % self.below(1000) if roll < 0.998 else self.pick(edges.LONG)

    def number(self):
        roll = self._roll()
        if roll < 0.4:
            return b"%d" % (self.below(2000) - 1000)
        return self.pick(_NUMBERS) if roll < 0.7 else self.pick(_FLOATS)

    def integer(self):
        return b"%d" % (self.below(200) - 100) if self.chance(0.4) else self.pick(_NUMBERS)

    def float(self):
        roll = self._roll()
        if roll < 0.3:
            return b"%.*f" % (self.below(12), self._roll() * 200 - 100)
        return self.pick(_FLOATS) if roll < 0.9 else self.pick(_NUMBERS)

    def offset(self):
        return self.pick(edges.OFFSETS) if self.chance(0.75) else self.pick(_NUMBERS)

    def set_offset(self):
        return self.pick(_BIG_OFFSETS)

    # ---- Times

    def time_from_now(self, unit):
        return self._time(edges.FIRST_FROM_NOW, edges.FROM_NOW, unit)

    def time_at(self, unit):
        return self._time(edges.FIRST_POINT, edges.POINTS, unit)

    def _time(self, first, bounds, unit):
        roll = self._roll()
        if roll < 0.78:
            first = edges.FARTHEST if roll > 0.75 else first
            return b"%d" % ((first + self.below(edges.TIME_STEPS) * edges.TIME_STEP) * unit)
        return self.pick(bounds[unit]) if roll < 0.95 else self.pick(edges.NO_TIMES)
