"""Peers that take turns, and what remains of many rounds: medians, and ratios of runs that stood side by side."""

import math
import statistics
from dataclasses import dataclass

from .fault import say


@dataclass(frozen=True)
class Spread:
    """The median of the rounds' figures, with the least and the greatest."""
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, figures):
        return cls(statistics.median(figures), min(figures), max(figures))


def quantile(figures, part):
    """The least of them that so many of 1 do not exceed."""
    return sorted(figures)[max(math.ceil(len(figures) * part), 1) - 1]


class Samples:
    def __init__(self):
        self._runs = {}

    def add(self, row, peer, run):
        self._runs.setdefault((row, peer), []).append(run)

    def runs(self, row, peer):
        return self._runs[row, peer]

    def _figures(self, row, peer, field):
        return [getattr(run, field) for run in self._runs[row, peer]]

    def median(self, row, peer, field):
        return statistics.median(self._figures(row, peer, field))

    def ratio(self, row, peer, base, field):
        """Of each round by itself, so that what slows both sides of a round does not count; None without any."""
        pairs = zip(self._figures(row, peer, field), self._figures(row, base, field))
        ratios = [figure / other for figure, other in pairs if other > 0]
        return Spread.of(ratios) if ratios else None


def take_turns(part, rounds, rows, peers, measure):
    """Calls measure(peer, *row) for every row and every peer, in each round; every second round in reverse order."""
    samples = Samples()
    for number in range(rounds):
        for row in rows:
            say(f"{part}: round {number + 1} of {rounds}, {' '.join(str(word) for word in row)}")
            for peer in peers if number % 2 == 0 else list(reversed(peers)):
                samples.add(row, peer.name, measure(peer, *row))
    return samples
