"""Walks all states of a model, breadth first, and says what is wrong with the first that is.

A model has
  first                 its first state
  check(state)          raises Bad if the state must not be; True if it is good to end in
  steps(state)          yields (label, whether it is a fault, next state)
  forget(state)         the same state without what cannot matter any more
From every state a good one must be within reach without more faults."""
import sys
from array import array
from itertools import product

MOST = 2_500_000  # states


class Bad(Exception):
    pass


class Found:
    def __init__(self, states, what="", path=()):
        self.states, self.what, self.path = states, what, path


def explore(model, most=MOST):
    seen, todo, before, good = {model.first: 0}, [model.first], [None], []
    heads, edges = array("q", [0]), array("q")  # steps that are no faults
    at = 0
    while at < len(todo):
        state, todo[at] = todo[at], None
        try:
            good.append(model.check(state))
            steps = list(model.steps(state))
        except Bad as bad:
            return Found(len(seen), str(bad), way_to(before, at))
        for label, fault, following in steps:
            following = model.forget(following)
            number = seen.get(following)
            if number is None:
                number = seen[following] = len(seen)
                todo.append(following)
                before.append((label, at))
            if not fault:
                edges.append(number)
        heads.append(len(edges))
        at += 1
        if len(seen) > most:
            return Found(len(seen), "stopped: too many states")
    stuck = first_stuck(good, heads, edges)
    if stuck is not None:
        return Found(len(seen), "STUCK: nobody serves, nobody can, no claim is allowed", way_to(before, stuck))
    return Found(len(seen))


def show(found):
    for step in found.path:
        print("   ", step)


def command_line(model, scenarios, mutations, small, *choices):
    """One run, or `check` (all of them), or `small`: the scenarios and mutations that take seconds. A run is
    model(scenario, a choice of each, mutation). mutations: by name, what it leaves out, and the run that shows it."""
    args = sys.argv[1:]
    if args == ["small"]:
        sys.exit(not as_expected(model, *small, mutations, choices))
    if not args or args == ["check"]:
        sys.exit(not as_expected(model, scenarios, mutations, mutations, choices))
    chosen = [next((one for one in choice if one in args), choice[0]) for choice in choices]
    found = explore(model(args[0], *chosen, next((name for name in args[1:] if name in mutations), "")))
    print(*args, ":", found.states, "states;", found.what or "all hold")
    show(found)


def as_expected(model, scenarios, names, mutations, choices):
    """Whether all of the scenarios hold, and what the mutations named leave out is noticed. Tells of each."""
    fine = True
    for run in product(scenarios, *choices):
        found = explore(model(*run))
        fine &= not found.what
        print(f"{label(run)}: {found.states:8} states; {found.what or 'all hold'}", flush=True)
        show(found)
    for name in names:
        what, *run = mutations[name]
        found = explore(model(*run, name))
        fine &= bool(found.what) and not found.what.startswith("stopped")
        print(f"{label((name, *run))}: {found.states:8} states; {found.what or 'NOT CAUGHT'} ({what})", flush=True)
    return fine


def label(words):
    return " ".join(f"{word:11}" for word in words)


def way_to(before, number):
    path = []
    while before[number]:
        path.append(before[number][0])
        number = before[number][1]
    return path[::-1]


def first_stuck(good, heads, edges):
    """The first state from which no good one can be reached without more faults."""
    back = [[] for _ in good]
    for number, is_good in enumerate(good):
        if not is_good:
            for edge in edges[heads[number]:heads[number + 1]]:
                back[edge].append(number)
    work = [number for number, is_good in enumerate(good) if is_good]
    for number in work:
        for earlier in back[number]:
            if not good[earlier]:
                good[earlier] = True
                work.append(earlier)
    return next((number for number, is_good in enumerate(good) if not is_good), None)
