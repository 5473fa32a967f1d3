#!/usr/bin/env python3
"""Explicit-state check of the hand-over of a slot: one slot, nodes A B C, A owns it; no copies.

The net loses (a message need never be taken), repeats (it stays) and reorders, across crashes too; when an old disk is
put back its node has been down for long: what was on the way to and from it is gone. A term is (cessions, restarts).
A crash is unclean, a stop is clean; a node that is down starts when it likes, listens, and then serves.

Rules that are checked
  raise    an unclean start adds 1 to restarts, before it listens; a start after a clean stop does not. (A stop in the
           middle of a start counts as unclean, which no scenario shows to be needed.)
  listen   a start serves, receives and is granted nothing before it has heard of each other node that it reaches: what
           that one owns, has ceded, was promised, and the highest holder that it has heard of. Whoever says that it
           owns the slot must have given way first.
  give way by cessions ALONE: a start to whoever owns the slot at its own cessions or more; to a cession to, or a holder
           of, another at its own or more, or to itself at more (a life that its disk has forgotten). Who serves: to
           more cessions only. Two that served apart and meet at equal cessions: restarts, then the name.
  promise  a start that hears of a promise of its own with more changes than it has completes it; else the other
           forgets it.
  hear all a node gives nothing away before it has heard every node since its start, but those that the file marks down.
  claim    only if every node but one that is down answers, none owns or starts with the slot, and no grant can come
           through; all that answer note it; far above all heard of (the time).
  boot     a start takes a boot that was never used, whatever its disk says.
Checked in every state
  Without cuts: at most one node serves. With them: two that reach each other do not both go on serving.
  Whoever serves at the most cessions has every acknowledged write that is not declared lost; holders' terms only rise;
  pointers end. Nobody who serves gives way to a start of no more cessions.
  From every state, without more faults, somebody serves, or a claim is allowed (nobody can go on by himself).
Declared lost: what only the forgotten life of an old disk had; what a node served while it could not reach who holds
more cessions; what a claim begins without; 'wb': the last write of a node that crashes.

usage: nice -n 19 python3 handover_model.py SCENARIO [MUTATION]     one run
       nice -n 19 python3 handover_model.py check                   all scenarios, then all mutations
       python3 handover_model.py small                              those of both that take seconds
"""
from explore import Bad, command_line

A, B, C = 0, 1, 2
ALL, FULL, NAMES = (0, 1, 2), 7, "ABC"
# At most so many: w writes, crash, stop, old disks put back, cut (a node) and link (of two nodes), and healed again,
# claim, down (marked so in the file), att tries of a boot. path: who should own the slot by each view.
# sync: views are read by all at once. whose: disks that may be copied.
SCENARIOS = {
    "base": {"w": 2, "crash": 1, "att": 2, "path": (A, B)},
    "stop": {"w": 1, "crash": 1, "stop": 1, "path": (A, B)},
    "wb": {"w": 2, "crash": 2, "path": (A, B), "wb": True},
    "down": {"w": 1, "crash": 2, "down": 1, "path": (A, B)},
    "fork": {"crash": 2, "old": 1, "whose": (A,), "path": (A, B, C), "fork": True},
    "back": {"w": 1, "crash": 1, "path": (A, B, A), "sync": False},
    "old": {"w": 1, "crash": 2, "old": 1, "path": (A, B)},
    "oldback": {"w": 1, "crash": 1, "old": 1, "path": (A, B, A)},
    "oldon": {"crash": 2, "old": 1, "path": (A, B, C)},
    "stopold": {"crash": 1, "stop": 1, "old": 1, "path": (A, B)},
    "two": {"crash": 2, "old": 2, "path": (A, B)},
    "cut": {"w": 1, "crash": 1, "old": 1, "cut": 1, "path": (A, B)},
    "link": {"w": 1, "crash": 1, "old": 1, "link": 1, "path": (A, B)},
    "claim": {"w": 1, "crash": 2, "claim": 1, "path": (A, B)},
    "oldclaim": {"w": 1, "crash": 1, "old": 1, "claim": 1, "path": (A, B)},
    "cutclaim": {"w": 1, "crash": 1, "cut": 1, "claim": 1, "path": (A, B)},
    "linkclaim": {"w": 1, "crash": 1, "link": 1, "claim": 1, "path": (A, B)},
    "downold": {"w": 1, "crash": 1, "old": 1, "stop": 1, "down": 1, "path": (A, B)},
}
MUTATIONS = {
    "nosync": ("CEDED is not synced before GRANT", "base"),
    "noorder": ("PREPARED may be replaced by an older try", "base"),
    "raised": ("a start compares with its raised term", "fork"),
    "outrank": ("a claim does not ask whether an owner lives", "claim"),
    "cession": ("a restart counts as a cession", "old"),
    "nolisten": ("a start does not listen", "old"),
    "nowait": ("a start does not wait until a lower owner has given way", "old"),
    "drop": ("a start never completes a promise that has more than it has", "old"),
    "regrant": ("a cession is granted again though its receiver has owned by it", "oldback"),
    "rival": ("who answers a start may serve by a grant before that one has given way", "oldon"),
    "nonote": ("those who answer a claim do not note it", "claim"),
}
SMALL = (["base", "stop", "wb", "down"], ["nosync", "noorder", "raised", "outrank"])

# A node. On its disk: tok, data, prep, boot, clean, view.
#   tok: ('N',) | ('O', T) | ('C', to, T, mig, seq)   fr: None | (to, mig)   prep: None | (src, T, mig, data)
#   mig: (boot, attempt)   st: 'R' runs, 'L' listens, 'D' is down   raw: the term of before the raise
#   heard: by whom it has been greeted since its start   know: (cessions, who), the highest holder heard of
#   riv: those whose last word was that they own or start with it   clean: it stopped in good order
FIELDS = ("view", "tok", "fr", "data", "prep", "boot", "st", "raw", "heard", "know", "riv", "clean")
VIEW, TOK, FR, DATA, PREP, BOOT, ST, RAW, HEARD, KNOW, RIV, CLEAN = range(12)
PLACE = {name: number for number, name in enumerate(FIELDS)}
# A state: nodes, net, number of acknowledged writes, those declared lost, faults used, copies of disks, who is cut off
# (a node, or two that do not reach each other), tries of each node, the next boot, who is marked down (bits).
STATE = ("ns", "net", "acked", "lost", "use", "snaps", "cut", "att", "fresh", "downs")
NS, NET, ACKED, LOST, USE, SNAPS, CUT_OFF, ATT, FRESH, DOWNS = range(10)
SPOT = {name: number for number, name in enumerate(STATE)}
FAULTS = ("crash", "old", "cut", "claim", "link", "stop", "down")


def put(n, **what):
    n = list(n)
    for name, value in what.items():
        n[PLACE[name]] = value
    return tuple(n)


def moved(st, **what):
    st = list(st)
    for name, value in what.items():
        st[SPOT[name]] = value
    return tuple(st)


def setn(ns, i, n):
    return ns[:i] + (n,) + ns[i + 1:]


def up(numbers, k):
    return numbers[:k] + (numbers[k] + 1,) + numbers[k + 1:]


def term(n):
    return n[TOK][1] if n[TOK][0] == "O" else n[TOK][2] if n[TOK][0] == "C" else (0, 0)


def serving(n):
    return n[TOK][0] == "O" and n[ST] == "R"


def apart(cut, i, j):
    """Whether the two cannot reach each other: one is cut off from all, or just their link is down."""
    return cut == (min(i, j), max(i, j)) if isinstance(cut, tuple) else cut in (i, j)


def reach(st, i, j):
    return st[NS][j][ST] != "D" and not apart(st[CUT_OFF], i, j)


def said(m):
    """What a node says beside what it owns: pairs of cessions and who holds the slot by them."""
    pairs = [m[KNOW]]
    if m[TOK][0] == "C":
        pairs.append((m[TOK][2][0], m[TOK][1]))
    if m[PREP]:
        pairs.append((m[PREP][1][0], m[PREP][0]))
    return pairs


class Handover:
    def __init__(self, scenario, mutation=""):
        self.limits, self.mutation = SCENARIOS[scenario], mutation
        none = (0, ("N",), None, (), None, 0, "R", None, FULL, (1, A), 1 << A, False)
        owner = put(none, tok=("O", (1, 0)), riv=0)
        self.first = ((owner, none, none), frozenset(), 0, frozenset(), (0,) * len(FAULTS), (), None, (0, 0, 0), 1, 0)

    def allows(self, st, fault):
        return st[USE][FAULTS.index(fault)] < self.limits.get(fault, 0)

    def used(self, st, fault):
        return up(st[USE], FAULTS.index(fault))

    # ---- Who gives way to whom ----

    def own_term(self, n):
        """By which it compares: at a start that of before the raise."""
        return n[TOK][1] if n[ST] == "R" or self.mutation == "raised" else n[RAW]

    def gives_way_to_owner(self, ns, i, j):
        n, m = ns[i], ns[j]
        mine, his = self.own_term(n), self.own_term(m)
        begins, m_begins = n[ST] == "L", m[ST] == "L"
        if self.mutation == "refuse" and his[0] == mine[0]:
            return False
        if self.mutation == "raised":
            if (his, -j) <= (mine, -i):
                return False
            if serving(n) and m_begins and his[0] <= mine[0]:
                raise Bad(f"{NAMES[i]} SERVES AND GIVES WAY TO A START OF {NAMES[j]} AT NO MORE CESSIONS")
            return True
        if begins and not m_begins:
            return his[0] >= mine[0]
        if m_begins and not begins:
            return his[0] > mine[0]
        return (his, -j) > (mine, -i)

    def gives_way(self, ns, i, j):
        """Whether i, who owns the slot, gives way when it hears j."""
        if ns[j][TOK][0] == "O" and self.gives_way_to_owner(ns, i, j):
            return True
        begins, mine = ns[i][ST] == "L", self.own_term(ns[i])[0]
        return any(c > mine or begins and c == mine and who != i for c, who in said(ns[j]))

    # ---- What may be ----

    def check(self, st):
        ns, cuts = st[NS], "cut" in self.limits or "link" in self.limits
        own = [i for i in ALL if serving(ns[i])]
        for i in own:
            for j in own:
                meet = not cuts or reach(st, i, j)
                if i < j and meet and not (cuts and (self.gives_way(ns, i, j) or self.gives_way(ns, j, i))):
                    raise Bad(f"TWO SERVE: {NAMES[i]} {NAMES[j]}")
        for i in ALL:
            check_pointers(ns, i)
        if own:
            return True
        may_claim = "old" in self.limits or "claim" in self.limits
        return may_claim and any(self.claimable(st, y) != -1 for y in ALL)

    def forget(self, st):
        """Without messages that nobody can take any more: fewer states, the same behaviour."""
        ns = st[NS]

        def useful(m):
            tok = ns[m[2]][TOK]
            return m[0] != "GRANT" or tok[0] not in "OC" or term(ns[m[2]])[0] < m[3][0] or "old" in self.limits
        return moved(st, net=frozenset(m for m in st[NET] if useful(m)))

    # ---- Steps ----

    def steps(self, st):
        if self.limits.get("sync", True) and st[NS][0][VIEW] < len(self.limits["path"]) - 1:
            yield "all read the next view", True, moved(st, ns=tuple(put(n, view=n[VIEW] + 1) for n in st[NS]))
        for i in ALL:
            for kind in (self.owner_steps, self.grant_steps, self.end_steps, self.disk_steps, self.cut_steps,
                         self.start_steps, self.hear_steps, self.claim_steps):
                yield from kind(st, i)
        for message in st[NET]:
            if not apart(st[CUT_OFF], message[1], message[2]) and st[NS][message[2]][ST] == "R":
                yield from self.message_steps(st, message)

    def owner_steps(self, st, i):
        ns, n, N = st[NS], st[NS][i], NAMES[i]
        if not self.limits.get("sync", True) and n[VIEW] < len(self.limits["path"]) - 1:
            yield f"{N} reads the next view", True, moved(st, ns=setn(ns, i, put(n, view=n[VIEW] + 1)))
        if not serving(n):
            return
        if n[FR] is not None:
            yield f"{N} thaws", False, moved(st, ns=setn(ns, i, put(n, fr=None)))
            return
        rightful = all(term(m) <= n[TOK][1] for m in ns)
        missing = set(range(st[ACKED])) - set(n[DATA]) - st[LOST]
        if missing and rightful:
            raise Bad(f"LOST ACKNOWLEDGED WRITE {missing} at {N} {n[TOK]}")
        if st[ACKED] < self.limits.get("w", 0):
            write = st[ACKED]
            lost = st[LOST] if rightful else st[LOST] | {write}
            wrote = setn(ns, i, put(n, data=n[DATA] + (write,)))
            yield f"{N} writes w{write}", True, moved(st, ns=wrote, acked=write + 1, lost=lost)
        to = self.limits["path"][n[VIEW]]
        heard_all = n[HEARD] | 1 << i | st[DOWNS] == FULL or self.mutation == "blind" or "fork" in self.limits
        if to != i and st[ATT][i] < self.limits.get("att", 1) and heard_all and not apart(st[CUT_OFF], i, to):
            mig = (0 if self.mutation == "noboot" else n[BOOT], st[ATT][i])
            yield f"{N} freezes, FIN {mig} -> {NAMES[to]}", False, moved(
                st, ns=setn(ns, i, put(n, fr=(to, mig))), net=st[NET] | {("FIN", i, to, n[TOK][1], mig, n[DATA])},
                att=up(st[ATT], i))

    def grant_steps(self, st, i):
        n = st[NS][i]
        if n[TOK][0] != "C" or n[ST] != "R":
            return
        _, to, t, mig, seq = n[TOK]
        grant = ("GRANT", i, to, t, mig, seq)
        # It has offered it back, so it has owned it.
        owned = n[PREP] and n[PREP][0] == to and n[PREP][1] >= t and self.mutation != "regrant"
        if grant not in st[NET] and n[KNOW][0] <= t[0] and not apart(st[CUT_OFF], i, to) and not owned:
            yield f"{NAMES[i]} grants again", False, moved(st, net=st[NET] | {grant})

    def end_steps(self, st, i):
        """It crashes, or stops in good order; who is down may be marked so."""
        ns, n, N = st[NS], st[NS][i], NAMES[i]
        att = st[ATT][:i] + (0,) + st[ATT][i + 1:]
        if n[ST] != "D" and self.allows(st, "crash"):
            tok = n[TOK]
            if self.mutation == "nosync" and tok[0] == "C":
                tok = ("O", (tok[2][0] - 1, tok[2][1]))
            down = put(n, tok=tok, fr=None, st="D", raw=None, heard=0, know=(0, A), riv=0)
            use = self.used(st, "crash")
            yield f"{N} crashes", True, moved(st, ns=setn(ns, i, down), use=use, att=att)
            if self.limits.get("wb") and tok[0] == "O" and n[DATA]:
                yield f"{N} crashes and loses w{n[DATA][-1]}", True, moved(
                    st, ns=setn(ns, i, put(down, data=n[DATA][:-1])), lost=st[LOST] | {n[DATA][-1]}, use=use, att=att)
        if n[ST] != "D" and self.allows(st, "stop"):
            ended = put(n, fr=None, st="D", raw=None, heard=0, know=(0, A), riv=0, clean=n[ST] == "R")
            yield f"{N} stops", True, moved(st, ns=setn(ns, i, ended), use=self.used(st, "stop"), att=att)
        if n[ST] == "D" and self.allows(st, "down") and not st[DOWNS] >> i & 1:
            yield f"{N} is marked down", True, moved(st, downs=st[DOWNS] | 1 << i, use=self.used(st, "down"))

    def disk_steps(self, st, i):
        """A copy of its disk is made, and put back while the node is down."""
        ns, n, N, snaps = st[NS], st[NS][i], NAMES[i], st[SNAPS]
        disk = (n[TOK], n[DATA], n[PREP], n[BOOT], n[CLEAN])
        room = len(snaps) + st[USE][FAULTS.index("old")] < self.limits.get("old", 0)
        if room and i in self.limits.get("whose", ALL) and all(snap[0] != i for snap in snaps):
            yield f"{N}'s disk is copied", True, moved(st, snaps=tuple(sorted(snaps + ((i,) + disk,))))
        for snap in snaps:
            if snap[0] != i or n[ST] != "D" or snap[1:] == disk:
                continue
            tok, data, prep, boot, clean = snap[1:]
            after = setn(ns, i, put(n, tok=tok, data=data, prep=prep, boot=boot, clean=clean))
            lost = st[LOST] | (set(range(st[ACKED])) - kept_elsewhere(after, i, data, prep))
            yield f"{N}'s old disk is put back", True, moved(
                st, ns=after, net=frozenset(m for m in st[NET] if i not in m[1:3]), lost=lost,
                use=self.used(st, "old"), snaps=tuple(s for s in snaps if s is not snap))

    def cut_steps(self, st, i):
        ns, N, cut = st[NS], NAMES[i], st[CUT_OFF]
        if cut is None and self.allows(st, "cut"):
            yield f"{N} is cut off", True, moved(st, cut=i, use=self.used(st, "cut"))
        for j in range(i):
            if cut is None and self.allows(st, "link"):
                yield f"{NAMES[j]} and {N} do not reach each other", True, moved(
                    st, cut=(j, i), use=self.used(st, "link"))
        if cut == i:
            healed = tuple(put(m, heard=0 if j == i else m[HEARD] & ~(1 << i)) for j, m in enumerate(ns))
            yield f"{N} is reached again", False, moved(st, ns=healed, cut=None)
        if isinstance(cut, tuple) and cut[0] == i:
            a, b = cut
            healed = setn(ns, a, put(ns[a], heard=ns[a][HEARD] & ~(1 << b)))
            healed = setn(healed, b, put(ns[b], heard=ns[b][HEARD] & ~(1 << a)))
            yield f"{NAMES[a]} and {NAMES[b]} reach each other again", False, moved(st, ns=healed, cut=None)

    def start_steps(self, st, i):
        ns, n, N = st[NS], st[NS][i], NAMES[i]
        if n[ST] == "D":
            boot = n[BOOT] + 1 if self.mutation == "oldboot" else st[FRESH]
            begun = put(n, boot=boot, st="L", raw=None, heard=0, clean=False)
            if n[TOK][0] == "O":
                c, r = n[TOK][1]
                raised = (c, r) if n[CLEAN] else (c + 1, 0) if self.mutation == "cession" else (c, r + 1)
                begun = put(begun, raw=(c, r), tok=("O", raised))
            if self.mutation == "nolisten":
                begun = put(begun, st="R", raw=None)
            fresh = st[FRESH] if self.mutation == "oldboot" else st[FRESH] + 1
            yield f"{N} starts at boot {boot}", False, moved(st, ns=setn(ns, i, begun), fresh=fresh)
        if n[ST] != "L":
            return
        owner = n[TOK][0] == "O"
        for j in ALL:  # all have answered, and none of them owns it, too
            answered = n[HEARD] >> j & 1 and not (n[RIV] >> j & 1 and owner)
            if j != i and reach(st, i, j) and not answered:
                return
        lost = st[LOST]
        if owner:
            missing = set(range(st[ACKED])) - set(n[DATA]) - lost
            if missing and all(term(m) <= n[TOK][1] for m in ns):
                for j in ALL:
                    if j != i and not n[HEARD] >> j & 1 and ns[j][PREP]:
                        missing -= set(ns[j][PREP][3])
                if missing:
                    raise Bad(f"LOST ACKNOWLEDGED WRITE {missing} at the start of {N}")
                lost = lost | (set(range(st[ACKED])) - set(n[DATA]))
        label = f"{N} has listened" + (", serves" if owner else "")
        yield label, False, moved(st, ns=setn(ns, i, put(n, st="R", raw=None)), lost=lost)

    def hear_steps(self, st, i):
        if st[NS][i][ST] == "D":
            return
        for j in ALL:
            if j != i and reach(st, i, j):
                label, ns, net = self.hears(st, i, j)
                if ns != st[NS]:
                    yield label, False, moved(st, ns=ns, net=net)

    def hears(self, st, i, j):
        ns, net = st[NS], st[NET]
        n, m = ns[i], ns[j]
        owner, listens, his = n[TOK][0] == "O", n[ST] == "L", m[TOK][0] == "O"
        known = [n[KNOW]] + said(m) + ([(m[TOK][1][0], j)] if serving(m) else [])
        riv = n[RIV] | 1 << j if his else n[RIV] & ~(1 << j)
        after = put(n, know=max(known), heard=n[HEARD] | 1 << j, riv=riv)
        label = f"{NAMES[i]} hears {NAMES[j]}"
        if owner and self.gives_way(ns, i, j):
            after = put(after, tok=("N",), fr=None, raw=None)
            label += ", gives way"
        elif listens and owner and m[PREP] and m[PREP][0] == i and m[PREP][1][0] >= n[RAW][0]:
            _, promised, mig, data = m[PREP]
            if m[ST] == "L":
                return "", ns, net
            if len(data) > len(n[DATA]) and self.mutation != "drop":
                t = (promised[0] + 1, 0)
                after = put(after, tok=("C", j, t, mig, len(data)), raw=None)
                net = net | {("GRANT", i, j, t, mig, len(data))}
                label += ", which has more: completes its promise"
            else:
                ns = setn(ns, j, put(m, prep=None))
                label += ", which forgets its promise"
        elif listens and his and self.mutation == "nowait":
            after = put(after, riv=n[RIV])
        if listens and after[TOK][0] == "O" and self.mutation != "rival":  # whom it asks knows that it is there
            ns = setn(ns, j, put(ns[j], riv=ns[j][RIV] | 1 << i))
        if listens:  # who has answered a start takes no try of an earlier boot any more
            net = frozenset(x for x in net if x[:3] != ("FIN", i, j))
        return label, setn(ns, i, after), net

    # ---- Claims ----

    def claimable(self, st, y):
        """y may claim: who is down, or None if all answer; -1: it may not."""
        ns = st[NS]
        if ns[y][ST] != "R" or ns[y][TOK][0] == "O":
            return -1
        dead = [j for j in ALL if j != y and not reach(st, y, j)]
        if len(dead) > 1 or any(ns[j][ST] != "D" for j in dead):  # who is only cut off is not confirmed to be down
            return -1
        others = [j for j in ALL if j != y and j not in dead]
        if any(ns[j][ST] != "R" or ns[j][TOK][0] == "O" and self.mutation != "outrank" for j in others):
            return -1
        if any(j not in dead and self.grant_comes_through(ns, j, dead) for j in ALL):
            return -1
        return dead[0] if dead else None

    def grant_comes_through(self, ns, j, dead):
        """Whether what j has ceded will be somebody's by itself."""
        n = ns[j]
        if n[TOK][0] != "C" or n[TOK][1] in dead:
            return False
        if n[PREP] and n[PREP][0] == n[TOK][1] and n[PREP][1] >= n[TOK][2]:
            return False
        return self.takes(ns[n[TOK][1]], n[TOK][1], ("GRANT", j) + n[TOK][1:])

    def takes(self, m, dst, grant):
        """Whether dst takes this grant."""
        _, src, _, t, mig, length = grant
        prep, tok = m[PREP], m[TOK]
        if not prep or tok[0] == "O" or tok[0] == "C" and tok[2] >= t:
            return False
        if m[KNOW][0] > t[0] or m[KNOW][0] == t[0] and m[KNOW][1] != dst:
            return False
        same = prep[0] == src and prep[1][0] == t[0] - 1 and prep[2] == mig
        return same and (self.mutation == "noseq" or len(prep[3]) == length)

    def claim_steps(self, st, i):
        ns, n = st[NS], st[NS][i]
        if not self.allows(st, "claim"):
            return
        gone = self.claimable(st, i)
        if gone == -1:
            return
        most = max([n[KNOW][0], term(n)[0]] + [max(ns[j][KNOW][0], term(ns[j])[0]) for j in ALL if j != gone])
        t = (most + 1 if self.mutation == "lowclaim" else max(most + 1, 10), 0)
        noted = tuple(m if j == gone or self.mutation == "nonote" and j != i else put(m, know=(t[0], i))
                      for j, m in enumerate(ns))
        data = what_is_left(n, gone)
        yield f"{NAMES[i]} claims the slot" + (f" of {NAMES[gone]}" if gone is not None else ""), True, moved(
            st, use=self.used(st, "claim"), lost=st[LOST] | (set(range(st[ACKED])) - set(data)),
            ns=setn(noted, i, put(noted[i], tok=("O", t), fr=None, data=data, prep=None)))

    # ---- Messages ----

    def message_steps(self, st, message):
        ns, net = st[NS], st[NET]
        kind, src, dst, t, mig, what = message
        n, D = ns[dst], NAMES[dst]
        tok, prep, know = n[TOK], n[PREP], n[KNOW]
        if kind == "FIN" and tok[0] != "O" and not (tok[0] == "C" and tok[2] > t) and know[0] <= t[0]:
            if prep is None or self.mutation == "noorder" or (t, mig) > prep[1:3]:
                yield f"{D} PREPARED {mig} of {NAMES[src]}", False, moved(
                    st, ns=setn(ns, dst, put(n, prep=(src, t, mig, what))),
                    net=net | {("PREP", dst, src, t, mig, len(what))})
            elif (src, t, mig) == prep[:3]:
                again = ("PREP", dst, src, t, mig, len(prep[3]))
                if again not in net:
                    yield f"{D} says PREPARED {mig} again", False, moved(st, net=net | {again})
        elif kind == "PREP" and tok == ("O", t) and n[FR] == (src, mig):  # the commit point
            if what == len(n[DATA]) or self.mutation == "noseq":
                after = (t[0] + 1, 0)
                yield f"{D} CEDED -> {NAMES[src]} {after}", False, moved(
                    st, ns=setn(ns, dst, put(n, tok=("C", src, after, mig, len(n[DATA])), fr=None)),
                    net=net | {("GRANT", dst, src, after, mig, len(n[DATA]))})
        elif kind == "GRANT" and self.takes(n, dst, message):
            riv = n[RIV] & ~(1 << src)
            waits = self.mutation != "rival" and any(riv >> j & 1 and reach(st, dst, j) for j in ALL)
            owner = put(n, tok=("O", t), fr=None, data=prep[3], prep=None, know=max(know, (t[0], dst)),
                        heard=n[HEARD] | 1 << src, riv=riv)
            if waits:
                owner = put(owner, st="L", raw=t)
            label = f"{D} OWN {t}" + (", waits until others have given way" if waits else "")
            yield label, False, moved(st, ns=setn(ns, dst, owner))


def kept_elsewhere(ns, i, data, prep):
    """The writes that are somewhere once this old disk is back."""
    have = set(data)
    for j in ALL:
        if (j != i or prep) and ns[j][PREP]:
            have |= set(ns[j][PREP][3])
        if j != i and ns[j][TOK][0] == "O":
            have |= set(ns[j][DATA])
    return have


def what_is_left(n, gone):
    """With what a claim begins."""
    prep, tok = n[PREP], n[TOK]
    if prep and prep[1] >= term(n):
        return prep[3]
    if tok[0] == "C" and tok[1] == gone:
        return n[DATA]
    if prep and prep[0] == gone:
        return prep[3]
    return n[DATA] if gone is None else ()


def check_pointers(ns, i):
    """Whoever follows the cessions comes to an end."""
    hops = 0
    while ns[i][TOK][0] == "C":
        j = ns[i][TOK][1]
        if ns[j][TOK][0] != "C" or ns[j][TOK][2] <= ns[i][TOK][2]:
            return
        i, hops = j, hops + 1
        if hops > 3:
            raise Bad("POINTER LOOP")


if __name__ == "__main__":
    command_line(Handover, SCENARIOS, MUTATIONS, SMALL)
