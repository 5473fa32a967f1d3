"""Walks all states of a model, breadth first, and says what is wrong with the first that is.

A model has
  first                 its first state
  check(state)          raises Bad if the state must not be; True if it is good to end in
  steps(state)          yields (label, whether it is a fault, next state)
  forget(state)         the same state without what cannot matter any more
From every state a good one must be within reach without more faults."""
from array import array

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


def all_as_expected(holding, caught):
    """Whether all of (label, model) hold, and all of (label, what it leaves out, model) do not. Tells of each."""
    fine = True
    for label, model in holding:
        found = explore(model)
        fine &= not found.what
        print(f"{label}: {found.states:8} states; {found.what or 'all hold'}", flush=True)
        show(found)
    for label, what, model in caught:
        found = explore(model)
        fine &= bool(found.what) and not found.what.startswith("stopped")
        print(f"{label}: {found.states:8} states; {found.what or 'NOT CAUGHT'} ({what})", flush=True)
    return fine


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
