"""Looks for the shortest history that shows a difference, by repeating parts of the long one on empty servers."""

import time

from .findings import CONTAINERS, kind_of
from .rules import parting_rule_for, rule_for
from .servers import Lost
from .stream import Item
from .wire import encode, split

SECONDS_EACH = 8


def shorten(example, pair):
    """Fills in example.shortest, with the replies that belong to it, if the difference can be repeated."""
    _Search(example, pair).run()


class _Search:
    def __init__(self, example, pair):
        self.example = example
        self.kind = kind_of(example.item, example.redis, example.limpet)
        self.pair = pair
        self.deadline = time.monotonic() + SECONDS_EACH

    def run(self):
        items = next(filter(self.shows, map(self.sound, self.histories())), None)
        if items is None:
            return
        items = self.without_commands(items)
        items = self.without_arguments(items)
        if self.shows(items):  # leaves the replies of this history in the example
            self.example.shortest = items

    def histories(self):
        """Longer and longer ones, each ending with the command in question."""
        last, before = self.example.item, self.example.before
        keys = last.keys()
        same = [item for item in before if keys & item.keys() or item.of_connection()]
        yield [last]
        yield [*same[-6:], last]
        yield [*same[-60:], last]
        yield [*before[-300:], last]
        yield [*before, last]

    def ask(self, items):
        """Each item with both replies, from empty servers; nothing if they fail."""
        try:
            self.pair.empty()
            self.pair.send(b"".join(item.payload for item in items))
            replies = [split(data) for data in self.pair.receive()]
        except (Lost, ValueError):
            return []
        return list(zip(items, *replies)) if len(replies[0]) == len(replies[1]) == len(items) else []

    def sound(self, items):
        """The same without earlier commands that differ by themselves."""
        return [item for item, redis, limpet in self.ask(items)[:-1] if not _differs(item, redis, limpet)] + items[-1:]

    def shows(self, items):
        """Whether these commands, on empty servers, end in a difference of the same kind."""
        asked = self.ask(items)
        if not asked:
            return False
        *before, (last, redis, limpet) = asked
        if not _differs(last, redis, limpet) or parting_rule_for(last, redis, limpet):
            return False
        if kind_of(last, redis, limpet) != self.kind or any(_explains(last, *earlier) for earlier in before):
            return False
        self.example.redis, self.example.limpet = redis, limpet
        return True

    def without_commands(self, items):
        """Leaves out ever smaller runs of commands, as long as the rest still shows it."""
        size = len(items) // 2
        while size and time.monotonic() < self.deadline:
            start = 0
            while start < len(items) - 1:
                fewer = items[:start] + items[min(start + size, len(items) - 1):]
                if len(fewer) < len(items) and self.shows(fewer):
                    items = fewer
                else:
                    start += size
            size //= 2
        return items

    def without_arguments(self, items):
        """The same with arguments, one or two at a time."""
        for at in range(len(items)):
            count = _WORDS_KEPT.get(items[at].name, 1)
            while count < len(items[at].args) and time.monotonic() < self.deadline:
                fewer = next(filter(self.shows, _with_less(items, at, count)), None)
                if fewer:
                    items = fewer
                else:
                    count += 1
        return items


_WORDS_KEPT = {**dict.fromkeys(CONTAINERS, 2), b"COMMAND": 3}  # more than these would make it another command


def _differs(item, redis, limpet):
    return redis != limpet and not rule_for(item, redis, limpet)


def _explains(last, item, redis, limpet):
    """Whether an earlier command differed, and so may be why the last one does."""
    return _differs(item, redis, limpet) and (last.of_all_keys() or not item.keys().isdisjoint(last.keys()))


def _with_less(items, at, first):
    args = items[at].args
    if items[at].payload != encode(args):
        return
    for count in (2, 1):
        if first + count <= len(args):
            yield [*items[:at], Item(args[:first] + args[first + count:]), *items[at + 1:]]
