"""Runs of one or both modes, told in lines."""

import time

from harness.resp import Error

from .comparison import Comparison, OutOfStep
from .findings import EXAMPLES_MAX, describe
from .servers import Lost, Pair
from .shrink import shorten
from .wire import show_command

PATIENCE = 120  # seconds for looking for short histories


def compare(mode, seed, count, tell=print, patience=PATIENCE):
    """One run of one mode. Returns how many commands were compared, and how many differences there were."""
    pair = Pair(mode)
    comparison = Comparison(pair, seed)
    lost = 0
    try:
        comparison.run(count)
    except (Lost, OutOfStep) as error:
        lost = 1
        where = comparison.where_lost(error) if isinstance(error, Lost) else ""
        tell(f"{mode}, seed {seed}: the run ended after {comparison.compared} commands: {error}; {where}")
    finally:
        pair.close()
    if comparison.findings.total:
        _shorten(comparison.findings, mode, patience)
    _tell_findings(comparison, mode, seed, tell)
    return comparison.compared, lost + comparison.findings.total + len(comparison.apart)


def _tell_findings(comparison, mode, seed, tell):
    findings = sorted(comparison.findings, key=lambda finding: -finding.count)
    for number, finding in enumerate(findings, 1):
        tell(describe(finding, number, mode, seed))
    for (index, difference), *others in _of_a_kind(comparison.apart):
        tell(f"{difference.command[0].decode()} at rest: {1 + len(others)} times, {mode}, seed {seed}\n"
             f"   after command {index}: {show_command(difference.command)}\n{_sets(difference)}")
    rate = comparison.compared / max(comparison.seconds, 0.001)
    missing = b" ".join(sorted(comparison.stream.left_out)).decode()
    tell(f"{mode}, seed {seed}: left out, as limpet does not have them: {missing or 'none'}")
    allowed = ", ".join(f"{name} {count}" for name, count in sorted(comparison.allowed.items()))
    tell(f"{mode}, seed {seed}: differed as rules.py allows: {allowed or 'none'}")
    differences = comparison.findings.total + len(comparison.apart)
    tell(f"{mode}, seed {seed}: {comparison.compared} commands compared, {comparison.skipped} of them on keys that "
         f"differed before, {differences} differences of {len(findings)} kinds ({rate:.0f} commands/s)")


def _of_a_kind(apart):
    """The differences of whole keyspaces, those of one command and one error together."""
    kinds = {}
    for index, difference in apart:
        errors = [reply if isinstance(reply, Error) else "" for reply in (difference.redis, difference.limpet)]
        kinds.setdefault((difference.command[0], *errors), []).append((index, difference))
    return kinds.values()


def _sets(difference):
    redis, limpet = difference.redis, difference.limpet
    if isinstance(redis, frozenset) and isinstance(limpet, frozenset):
        return f"       only redis:  {sorted(redis - limpet)[:5]}\n       only limpet: {sorted(limpet - redis)[:5]}"
    return f"       redis:  {_brief(redis)}\n       limpet: {_brief(limpet)}"


def _brief(reply):
    return f"{len(reply)} of them" if isinstance(reply, frozenset) else str(reply)[:300]


def _shorten(findings, mode, patience):
    """Looks for short histories on another pair of servers: first for one of each kind."""
    deadline = time.monotonic() + patience
    pair = Pair(mode)
    try:
        for number in range(EXAMPLES_MAX):
            for example in [example for finding in findings for example in finding.examples[number:number + 1]]:
                if time.monotonic() < deadline:
                    shorten(example, pair)
    finally:
        pair.close()
