"""Differences, those of one kind together."""

import re

from .wire import elements, show, show_both

EXAMPLES_MAX = 3
_KNOWN_NAME = re.compile(rb"[A-Z]{2,20}")
CONTAINERS = frozenset(b"CLIENT COMMAND CONFIG MEMORY OBJECT".split())
_SHOWN_COMMANDS_MAX = 25


def kind_of(item, redis, limpet):
    """What differences of one kind have in common: the command, and what sort of reply came from each."""
    names = item.args[:2] if item.name in CONTAINERS else item.args[:1]
    known = [name.upper().decode() if _KNOWN_NAME.fullmatch(name.upper()) else "(an odd name)" for name in names]
    return " ".join(known), _sort_of(redis), _sort_of(limpet)


def _sort_of(reply):
    if reply[:1] in b"-+":
        return re.sub(r"\d+", "N", re.sub(r"'.*'", "'...'", show(reply[:-2])))
    if reply[:3] in (b"$-1", b"*-1", b"_\r\n"):
        return reply[:1].decode() + " nil"
    parts = elements(reply)
    if parts is None:
        return reply[:1].decode()
    return f"{reply[:1].decode()} of {' '.join(sorted({part[:1].decode() for part in parts})) or 'nothing'}"


class Example:
    """One difference: where it was, the commands before it, and both replies."""

    def __init__(self, index, item, redis, limpet, before):
        self.index = index
        self.item = item
        self.redis, self.limpet = redis, limpet
        self.before = before
        self.shortest = None  # items that show the difference on empty servers, the last of them the one in question


class Finding:
    def __init__(self, kind):
        self.kind = kind
        self.count = 0
        self.examples = []


class Findings:
    def __init__(self):
        self._by_kind = {}

    def __iter__(self):
        return iter(self._by_kind.values())

    @property
    def total(self):
        return sum(finding.count for finding in self)

    def add(self, index, item, redis, limpet, before):
        """`before` gives the commands that went before; it is asked only if they will be shown."""
        kind = kind_of(item, redis, limpet)
        finding = self._by_kind.setdefault(kind, Finding(kind))
        finding.count += 1
        if len(finding.examples) < EXAMPLES_MAX:
            finding.examples.append(Example(index, item, redis, limpet, before()))


def describe(finding, number, mode, seed):
    """A finding for people."""
    lines = [f"{number}. {finding.kind[0]}: {finding.count} times, {mode}, seed {seed}"]
    for example in finding.examples:
        lines.append(f"   command {example.index}:")
        if example.shortest is None:
            lines.append("     (not repeated on empty servers; the last commands on the same keys follow)")
        lines += [f"     {item}" for item in _shown(example)]
        redis, limpet = show_both(example.redis, example.limpet)
        lines += [f"       redis:  {redis}", f"       limpet: {limpet}"]
    return "\n".join(lines)


def _shown(example):
    if example.shortest is not None:
        return example.shortest[-_SHOWN_COMMANDS_MAX:]
    keys = example.item.keys()
    return [item for item in example.before if keys & item.keys()][-8:] + [example.item]
