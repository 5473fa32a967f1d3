"""One run: commands of a seed to both servers, replies compared, differences kept."""

import random
import time
from collections import Counter, deque

from .edges import ALL_KEYS
from .findings import Findings
from .keyspace import Keyspace
from .rules import parting_rule_for, rule_for
from .stream import Item, Stream
from .wire import count_whole, show, split

HISTORY = 3000
CHECK_EVERY = 20_000


class OutOfStep(Exception):
    """A server gave more or fewer replies than it got commands."""


class Comparison:
    """After a difference the keys concerned are left out of the comparison, and then deleted on both sides."""

    def __init__(self, pair, seed):
        self._pair = pair
        self.commands = pair.limpet_commands()
        self.stream = Stream(seed, self.commands)
        self.findings = Findings()
        self.allowed = Counter()  # by rule
        self.apart = []  # what the checks of the whole keyspace found
        self.compared = self.skipped = 0
        self.seconds = 0.0
        self._index = 0
        self._asked = []
        self._history = deque(maxlen=HISTORY)
        self._doubtful = set()  # keys that may no longer be the same on both sides
        self._connection_doubtful = False
        self._keyspace = Keyspace(pair, self.commands, random.Random(seed))

    def run(self, count):
        started = time.monotonic()
        try:
            self._run(count)
            self._check_bounds()
        finally:
            self._keyspace.close()
            self.seconds = time.monotonic() - started

    def _run(self, count):
        left, next_check = count, CHECK_EVERY
        items = self.stream.batch(left)
        while items:
            left -= len(items)
            self._asked = items
            self._pair.send(b"".join(item.payload for item in items))
            following = self.stream.batch(left) if left else []
            self._compare(items, self._pair.receive())
            self._make_same()
            if self._index >= next_check or not following:
                next_check += CHECK_EVERY
                self._check_keys()
            items = following

    def where_lost(self, lost):
        """The commands around the one that a server which is gone did not answer any more."""
        at = count_whole(lost.answered)
        items = self._asked[max(0, at - 5):at + 2]
        return f"it answered {at} of the last {len(self._asked)} commands; around there: " + "; ".join(map(str, items))

    # ---- Replies

    def _compare(self, items, answers):
        redis, limpet = map(split, answers)
        if not len(redis) == len(limpet) == len(items):
            raise OutOfStep(self._where_out_of_step(items, redis, limpet))
        self.compared += len(items)
        for at, item in enumerate(items):
            if redis[at] != limpet[at] or self._doubtful:
                self._look_at(at, items, redis[at], limpet[at])
        self._index += len(items)
        self._history.extend(items)

    def _look_at(self, at, items, redis, limpet):
        item = items[at]
        if self._is_doubtful(item, redis == limpet == b"+OK\r\n"):
            self.skipped += 1
        elif redis == limpet:
            pass
        elif rule := rule_for(item, redis, limpet):
            self.allowed[rule.__name__] += 1
        else:
            parting = parting_rule_for(item, redis, limpet)
            if parting:
                self.allowed[parting.__name__] += 1
            else:
                self.findings.add(self._index + at, item, redis, limpet, lambda: [*self._history, *items[:at]])
            self._doubt(item)

    def _is_doubtful(self, item, both_ok):
        """Whether the reply tells nothing, since the two may not hold the same. Doubt spreads from key to key."""
        if not self._doubtful:
            return False
        if item.of_all_keys():
            if both_ok and item.name.startswith(b"FLUSH"):
                self._doubtful.clear()
            return True
        keys = item.keys()
        if keys.isdisjoint(self._doubtful):
            return False
        self._doubtful |= keys
        return True

    def _doubt(self, item):
        self._doubtful |= item.keys()
        self._connection_doubtful |= item.of_connection()

    def _make_same(self):
        """Takes what may differ out of both servers."""
        if self._doubtful:
            self._pair.ask([[b"DEL", *sorted(self._doubtful)]])
            self._doubtful.clear()
        if self._connection_doubtful:
            self._pair.ask([[b"RESET"]])
            self._connection_doubtful = False

    def _where_out_of_step(self, items, redis, limpet):
        first = next((i for i, (a, b) in enumerate(zip(redis, limpet)) if a[:1] != b[:1]), min(len(redis), len(limpet)))
        last = [str(item) for item in items[max(0, first - 5):first + 1]]
        parted = [show(reply) for reply in redis[first:first + 1] + limpet[first:first + 1]]
        return (f"{len(items)} commands, {len(redis)} replies of redis, {len(limpet)} of limpet; "
                f"the replies part after {'; '.join(last)}: {parted}")

    # ---- Checks between

    def _check_keys(self):
        """All keys as they are now, and the keyspace as a whole."""
        items = [Item([name, key]) for key in ALL_KEYS for name in (b"TYPE", b"GET", b"HGETALL", b"PEXPIRETIME")]
        self._ask(items)
        self.apart += [(self._index, difference) for difference in self._keyspace.differences()]

    def _check_bounds(self):
        """A value that is as large as one may be."""
        end, key = b"33554431", b"a:{u1}"
        self._ask([Item(list(args)) for args in (
            (b"DEL", key), (b"SETRANGE", key, end, b"x"), (b"STRLEN", key), (b"APPEND", key, b"x"),
            (b"SETRANGE", key, end, b"xy"), (b"GETRANGE", key, b"-2", b"-1"), (b"APPEND", key, b""), (b"DEL", key))
            if args[0] in self.commands])

    def _ask(self, items):
        self._asked = items
        self._pair.send(b"".join(item.payload for item in items))
        self._compare(items, self._pair.receive())
        self._make_same()
