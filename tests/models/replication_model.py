#!/usr/bin/env python3
"""Explicit-state check of copies (docs/replication.md): one slot, nodes A B C, A owns it, B and C are its heirs.

The net loses (a message need never be taken), repeats (it stays) and reorders. Nodes crash, with or without the last
write of their log; an owner that is cut off, slow or stopped knows nothing of what the others decide. The arbiter is one
register for each node, changed by compare-and-swap. A swap that takes an heir out may come late, after a crash, too.
Leases are exact: an owner counts on one for as long as its giver keeps it, which is what the margin between lease and
grace is for; nothing else about clocks is assumed. A write is acknowledged without a look at the lease, so what is shown
of writes does not rest on clocks at all. A term is (cessions, restarts): an unclean start adds to the second part alone;
takers and new records set the first above all there are.

Old disks. One of which a peer knows a later boot, or whose title file is not where it says that it is (a copy of files:
another inode), is known as old: its titles, copies and promises are void, and it is sealed against whoever is fenced. Of
a volume that went back as a whole (a snapshot of a disk) nothing tells. It is up to those that it talks to: an owner
of whose heirs one has more than it, or knows that it has ceded the slot, is short; an heir that has less than it has
confirmed is void. They have to be reached for that ('back': whoever starts reaches all).

Checked in every state: at most one node serves; whoever serves has every acknowledged write.
Lost on purpose: a write that an owner without heirs acknowledged alone, and then lost with its disk's tail; what no copy
has after the owner and all its heirs have lost their tails; what only a forgotten life had.

usage: nice -n 19 python3 replication_model.py SCENARIO [all] [MUTATION]   one run; all: acks = all, else majority
       nice -n 19 python3 replication_model.py check                       all scenarios, then all mutations
       python3 replication_model.py small                                  those of both that take seconds
"""
import sys
from typing import NamedTuple

from explore import Bad, explore

A, B, C = 0, 1, 2
ALL, NAMES = (0, 1, 2), "ABC"
PART = 1000  # a term is cessions * PART + restarts: compared as the pair is
ROUND = 10  # terms apart of two that set it above all there are
# At most so many: w writes, crash, tail (of them with a lost tail), fence, out (an heir goes out), into (comes in), hand
# (hand-overs), rejoin (a fenced node under a new record), old (disks put back that are known as old), back (volumes that
# went back), cand (take-overs). heirs: at first. last: a fenced node may go on where nobody takes over.
# whose: disks that may be copied.
SCENARIOS = {
    "failover": {"w": 2, "crash": 1, "fence": 1, "cand": 2},
    "tail": {"w": 2, "crash": 1, "tail": 1, "fence": 1, "out": 1, "cand": 1},
    "config": {"w": 2, "fence": 1, "out": 1, "into": 1, "cand": 1},
    "grow": {"w": 2, "crash": 1, "fence": 1, "into": 1, "cand": 2, "heirs": 0b010},
    "growtail": {"w": 2, "crash": 1, "tail": 1, "fence": 1, "into": 1, "cand": 2, "heirs": 0b010},
    "handover": {"w": 1, "fence": 1, "out": 1, "hand": 1, "cand": 2},
    "handcrash": {"w": 1, "crash": 1, "fence": 1, "hand": 1, "cand": 2},
    "restart": {"w": 2, "crash": 1, "tail": 1, "fence": 1, "cand": 2},
    "rejoin": {"w": 1, "fence": 2, "into": 2, "rejoin": 1, "cand": 2},
    "last": {"w": 1, "crash": 1, "tail": 1, "fence": 1, "cand": 2, "last": 1},
    "alone": {"w": 1, "fence": 1, "out": 1, "cand": 2, "last": 1},
    "late": {"w": 2, "crash": 1, "fence": 1, "out": 1, "cand": 2},
    "first": {"w": 1, "fence": 1, "into": 1, "cand": 2, "heirs": 0b100},
    "blackout": {"w": 1, "crash": 3, "tail": 3, "cand": 2},
    "oldowner": {"w": 2, "crash": 1, "fence": 1, "cand": 2, "old": 1, "whose": (A,)},
    "oldheir": {"w": 2, "crash": 1, "fence": 1, "cand": 2, "old": 1, "whose": (B,)},
    "oldout": {"w": 1, "fence": 1, "out": 1, "into": 1, "cand": 1, "old": 1, "whose": (B,)},
    "oldhand": {"w": 1, "fence": 1, "hand": 1, "cand": 1, "old": 1, "whose": (A, B)},
    "backowner": {"w": 2, "crash": 1, "fence": 1, "cand": 2, "back": 1, "whose": (A,)},
    "backgrow": {"w": 2, "fence": 1, "into": 1, "cand": 1, "back": 1, "whose": (A,), "heirs": 0b010},
    "backout": {"w": 1, "fence": 1, "out": 1, "into": 1, "cand": 1, "back": 1, "whose": (A,)},
    "backheir": {"w": 2, "fence": 1, "cand": 2, "back": 1, "whose": (B,)},
    "backhand": {"w": 1, "fence": 1, "hand": 1, "cand": 1, "back": 1, "whose": (A, B)},
    "again": {"w": 1, "fence": 2, "out": 1, "into": 1, "rejoin": 1, "cand": 2},
    "return": {"w": 1, "fence": 1, "into": 1, "hand": 1, "rejoin": 1, "cand": 1},
}
# What each leaves out, and the scenario and the acks that have to show it.
MUTATIONS = {
    "noseal": ("a taker asks no other heir", "failover", "majority"),
    "ownlog": ("a taker goes on with its own copy, not with the longest of the sealed", "failover", "majority"),
    "nolease": ("an heir fences and seals while its lease is running", "failover", "all"),
    "forget": ("an heir forgets its lease in a crash and does not wait after the start", "failover", "all"),
    "nodone": ("a taker serves without the arbiter's word that nobody else has taken the slot", "failover", "all"),
    "lateout": ("an owner starts without a swap of its own, so that one of the boot before may come late", "late",
                "majority"),
    "nopend": ("an owner starts without the arbiter though a swap of its own was under way", "late", "majority"),
    "lastshort": ("a fenced owner that lost its tail serves again without asking its heirs", "last", "majority"),
    "keeptitle": ("a fenced node makes its record new before it has given up the titles of what was taken", "again",
                  "all"),
    "shortwhole": ("a copy is whole again by a stream of before its loss", "blackout", "majority"),
    "staleok": ("a sealed heir goes on taking the old owner's stream", "failover", "majority"),
    "nocas": ("an owner takes an heir out without the arbiter", "config", "all"),
    "nocover": ("an heir is taken out though only it has some acknowledged write", "config", "majority"),
    "pendold": ("while an heir is being taken out, the old quorum is enough", "config", "majority"),
    "novoid": ("an heir comes in again with the mark it had before it was out", "config", "all"),
    "nojoint": ("a new heir counts before the old ones know of it", "grow", "majority"),
    "oldgone": ("an owner forgets in a crash that a change of its heirs was under way", "grow", "majority"),
    "nolife": ("a taker is told of no new record of the node that it takes from", "alone", "all"),
    "allvoid": ("a new record takes those for void that have not said so", "again", "all"),
    "keepmark": ("an heir that lost the tail of its copy keeps its mark", "tail", "majority"),
    "nosync": ("a taker's title is written before what it took from others is on the disk", "restart", "majority"),
    "noask": ("an owner that lost its tail serves again without asking its heirs", "restart", "majority"),
    "restartup": ("a restart outranks every seal and cession, and a seal is by term alone", "failover", "all"),
    "oldwhole": ("what an old disk holds counts as whole", "oldowner", "majority"),
    "oldseal": ("an old disk has forgotten its seals and does not ask who is fenced", "oldheir", "majority"),
    "backmore": ("an owner serves though an heir has more than it", "backowner", "majority"),
    "backmark": ("an owner serves by its own mark though an heir has a later one", "backgrow", "all"),
    "backless": ("an heir that has less than it has confirmed counts as whole", "backheir", "majority"),
    "backdeaf": ("who starts does not ask who owns the slot by now", "backhand", "all"),
    "backseal": ("who starts does not ask whom others have sealed", "backheir", "majority"),
    "nonote": ("a slot is granted before its heirs know that it is ceded", "handover", "all"),
    "onenote": ("one heir's note is enough though all have to confirm", "handover", "all"),
    "anynote": ("a cession of which there is a note is completed without the arbiter's word", "handover", "all"),
    "noteblind": ("a taker does not look at the notes of the sealed", "handover", "majority"),
}
SMALL = (["failover", "grow", "first"], ["noseal", "ownlog", "nolease", "nodone", "nojoint"])

WHOLE, SHORT, VOID = 0, 1, 2


class Seen(NamedTuple):
    """Of the stream that a copy goes by. old: at the owner, heirs before a change that not all have confirmed."""
    t: int
    cfg: int
    owner: int
    heirs: int
    old: int


class Own(NamedTuple):
    """What an owner that runs has in memory. pend: an heir that is being taken out; frozen, ceding: (to, try)."""
    t: int
    cfg: int
    heirs: int
    old: int = -1
    out: int = 0
    pend: int = -1
    frozen: tuple = None
    ceding: tuple = None


class Node(NamedTuple):
    """title: ('N',) | ('O', t) owns | ('P', t, x, life, grant) has taken over from x, not told to the arbiter
    | ('C', to, t, try) ceded. void: how much its copy counts for. sealed: refuses streams of lower terms. note: (t, to,
    t', try), its owner at t cedes. prep: (owner, t, try, log). synced: so much of the log is on the disk whatever
    happens. cand: (x, t', life). bar: by node, the lives of it that are refused (below this)."""
    title: tuple
    log: tuple
    seen: Seen
    void: int
    sealed: int
    note: tuple = None
    prep: tuple = None
    synced: int = 0
    own: Own = None
    cand: tuple = None
    bar: tuple = (0, 0, 0)


class Record(NamedTuple):
    """A node's at the arbiter. fenced: odd, and even again in a new record, the next life. taken: by whom."""
    fenced: int = 0
    out: int = 0
    taken: int = -1
    boot: int = 0

    @property
    def life(self):
        return self.fenced // 2

    @property
    def is_fenced(self):
        return self.fenced & 1


class State(NamedTuple):
    """lease: (giver, owner). tc: above all cessions there are. forgot: nodes that forgot a lease; copies of disks."""
    ns: tuple
    net: frozenset
    rec: tuple
    lease: frozenset
    acked: frozenset
    lost: frozenset
    use: tuple
    tc: int
    forgot: frozenset


USES = ("w", "crash", "tail", "fence", "out", "into", "hand", "rejoin", "old", "back")


def bits(mask):
    return [i for i in ALL if mask >> i & 1]


def count(mask):
    return mask.bit_count()


def place(values, i, value):
    return values[:i] + (value,) + values[i + 1:]


def barred(bar, x, life):
    """Refuses x in this life."""
    return place(bar, x, max(bar[x], life + 1))


def ceded(t):
    return (t // PART + 1) * PART


def owns_or_takes(n):
    return n.title[0] in "OP"


def without(lease, *pairs):
    return lease - set(pairs)


class Replication:
    def __init__(self, scenario, acks="majority", mutation=""):
        self.limits, self.all, self.mutation = SCENARIOS[scenario], acks == "all", mutation
        heirs = self.limits.get("heirs", 0b110)
        owner = Node(("O", PART), (), Seen(PART, 0, A, heirs, -1), WHOLE, PART, own=Own(PART, 0, heirs))
        heir = owner._replace(title=("N",), own=None)
        none = Node(("N",), (), Seen(0, 0, A, 0, -1), VOID, 0)
        others = tuple(heir if heirs >> j & 1 else none for j in (B, C))
        self.first = State((owner, *others), frozenset(), (Record(),) * 3, frozenset((j, A) for j in bits(heirs)),
                           frozenset(), frozenset(), (0,) * len(USES), ROUND, frozenset())

    def allows(self, st, what):
        return st.use[USES.index(what)] < self.limits.get(what, 0)

    def used(self, st, *what):
        use = st.use
        for name in what:
            use = place(use, USES.index(name), use[USES.index(name)] + 1)
        return use

    def may_stand(self, st):
        """Whether another may still set its term above all there are."""
        return st.tc <= ROUND * self.limits["cand"]

    # ---- Who counts ----

    def quorum(self, h):
        """Confirmations, leases and notes that are needed of h heirs (two followers are configured)."""
        return h if self.all else min(1, h)

    def seals(self, h):
        """So that every set that may have confirmed is met."""
        return 0 if h == 0 else h - self.quorum(h) + 1

    def sets_of(self, own):
        """The sets of heirs of each of which there must be a quorum."""
        sets = [own.heirs & ~own.out]
        if own.old >= 0 and self.mutation != "nojoint":
            sets.append(own.old & ~own.out)
        if own.pend >= 0 and self.mutation != "pendold":
            sets += [s & ~(1 << own.pend) for s in sets]
        return sets

    def satisfied(self, own, mask):
        return all(count(s & mask) >= self.quorum(count(s)) for s in self.sets_of(own))

    def serves(self, st, i):
        n = st.ns[i]
        if n.own is None or n.own.frozen or n.own.ceding or n.title[0] != "O":
            return False
        return self.satisfied(n.own, sum(1 << j for j in ALL if (j, i) in st.lease))

    def raised(self, t, tc):
        """An unclean start: restarts and one more."""
        return tc * PART if self.mutation == "restartup" else t + 1

    # ---- What may be ----

    def check(self, st):
        who = [i for i in ALL if self.serves(st, i)]
        if len(who) > 1:
            raise Bad("TWO SERVE: " + " ".join(NAMES[i] for i in who))
        for i in who:
            missing = st.acked - st.lost - set(st.ns[i].log)
            if missing:
                raise Bad(f"{NAMES[i]} SERVES WITHOUT ACKNOWLEDGED " + " ".join(f"w{w[1]}" for w in sorted(missing)))
        return True

    def forget(self, st):
        """Without messages that nobody can take any more: fewer states, the same behaviour."""
        net = frozenset(m for m in st.net if self.is_useful(m, st.ns[m[2]]))
        return st if len(net) == len(st.net) else st._replace(net=net)

    def is_useful(self, m, dst):
        if m[0] == "R":
            sealed = self.mutation != "staleok" and m[3] < dst.sealed
            known = m[3:5] == dst.seen[:2] and len(m[6]) <= len(dst.log) and not self.limits.get("tail")
            return not (sealed or m[3:5] < dst.seen[:2] or known)
        if m[0] == "K":
            return dst.own is not None and dst.own.t == m[3]
        if m[0] == "SEAL":
            return m[4] > dst.sealed
        if m[0] == "SEALED":
            return dst.cand is not None and dst.cand[1] == m[3]
        return True

    # ---- Steps ----

    def steps(self, st):
        for i in ALL:
            for kind in (self.owner_steps, self.start_steps, self.cession_steps, self.heir_steps,
                         self.candidate_steps, self.taker_steps, self.out_steps, self.crash_steps, self.disk_steps,
                         self.record_steps):
                for label, after in kind(st, i):
                    yield label, False, after
        for message in st.net:
            after = getattr(self, "take_" + message[0].lower())(st, message, message[1], message[2])
            if after:
                yield after[0], False, after[1]

    def with_node(self, st, i, n, **more):
        return st._replace(ns=place(st.ns, i, n), **more)

    def stream(self, i, own, log, life):
        """What an owner sends: all of its log, to all who are or are to be heirs."""
        heirs = own.heirs | max(own.old, 0)
        return {("R", i, j, own.t, own.cfg, own.heirs, log, life) for j in bits(heirs & ~(1 << i))}

    def heard(self, st, i):
        """By node: the highest cfg and length that it has confirmed to this owner."""
        heard = [(0, 0)] * 3
        for m in st.net:
            if m[0] == "K" and m[2] == i and m[3] == st.ns[i].own.t:
                heard[m[1]] = (max(heard[m[1]][0], m[4]), max(heard[m[1]][1], m[5]))
        return heard

    # ---- An owner ----

    def owner_steps(self, st, i):
        n = st.ns[i]
        if n.own is None:
            return
        heard = self.heard(st, i)
        for kind in (self.write_steps, self.lease_steps, self.out_of_owner, self.into_owner, self.hand_steps):
            yield from kind(st, i, n, n.own, heard)
        if st.rec[i].is_fenced and (self.limits.get("rejoin") or self.limits.get("last")):
            yield f"{NAMES[i]} hears that it is fenced", self.with_node(st, i, n._replace(own=None))

    def write_steps(self, st, i, n, own, heard):
        if self.allows(st, "w") and self.serves(st, i):
            wid = (own.t, st.use[USES.index("w")])
            log = n.log + (wid,)
            yield f"{NAMES[i]} writes w{wid[1]}", self.with_node(
                st, i, n._replace(log=log), net=st.net | self.stream(i, own, log, st.rec[i].life),
                use=self.used(st, "w"))
        if own.ceding:
            return
        for at, wid in enumerate(n.log):
            if wid in st.acked:
                continue
            if self.satisfied(own, sum(1 << j for j in ALL if heard[j][1] > at)):
                yield f"{NAMES[i]} acknowledges w{wid[1]}", st._replace(acked=st.acked | {wid})
            break

    def lease_steps(self, st, i, _, own, __):
        for j in bits(own.heirs | max(own.old, 0)):
            m = st.ns[j]
            refused = m.sealed > own.t or st.rec[i].life < m.bar[i] and self.mutation != "restartup"
            follows = m.seen.owner == i and m.seen.t == own.t and m.void != VOID and not owns_or_takes(m)
            if (j, i) not in st.lease and follows and not refused:
                yield f"{NAMES[j]} leases to {NAMES[i]}", st._replace(lease=st.lease | {(j, i)})

    def covered(self, st, n, rest, heard):
        """Whether the other heirs have all that was acknowledged."""
        for at, wid in enumerate(n.log):
            if wid in st.acked and self.mutation != "nocover":
                have = sum(1 << k for k in ALL if heard[k][1] > at)
                if count(rest & have) < self.quorum(count(rest)):
                    return False
        return True

    def out_of_owner(self, st, i, n, own, heard):
        live, N = own.heirs & ~own.out, NAMES[i]
        if own.pend < 0 and not own.ceding and self.allows(st, "out"):
            for j in bits(live):
                if not self.covered(st, n, live & ~(1 << j), heard):
                    continue
                use = self.used(st, "out")
                if self.mutation == "nocas":
                    yield f"{N} drops {NAMES[j]}", self.with_node(
                        st, i, n._replace(own=own._replace(out=own.out | 1 << j)), use=use)
                else:
                    yield f"{N} asks {NAMES[j]} out", self.with_node(
                        st, i, n._replace(own=own._replace(pend=j)),
                        net=st.net | {("CAS", i, i, j, st.rec[i].boot)}, use=use)
        if own.pend >= 0 and st.rec[i].out >> own.pend & 1:
            yield f"{N} hears that {NAMES[own.pend]} is out", self.with_node(
                st, i, n._replace(own=own._replace(out=own.out | 1 << own.pend, pend=-1)))

    def into_owner(self, st, i, n, own, heard):
        live, N = own.heirs & ~own.out, NAMES[i]
        idle = own.pend < 0 and own.old < 0 and not own.frozen and not own.ceding
        if idle and not st.rec[i].is_fenced and self.allows(st, "into"):
            for j in ALL:
                m = st.ns[j]
                if j == i or live >> j & 1 or owns_or_takes(m):
                    continue
                if m.seen.owner == i and m.void != VOID and self.mutation != "novoid":
                    continue
                new = Own(own.t, own.cfg + 1, live | 1 << j, live, own.out & ~(1 << j))
                rec = place(st.rec, i, st.rec[i]._replace(out=st.rec[i].out & ~(1 << j)))
                yield f"{N} takes {NAMES[j]} in", self.with_node(
                    st, i, n._replace(own=new, seen=Seen(own.t, new.cfg, i, new.heirs, live)),
                    net=st.net | self.stream(i, new, n.log, st.rec[i].life), rec=rec, use=self.used(st, "into"))
        if own.old >= 0 and all(heard[j][0] >= own.cfg for j in bits(live)):
            yield f"{N}: all know cfg {own.cfg}", self.with_node(
                st, i, n._replace(own=own._replace(old=-1), seen=n.seen._replace(old=-1)))

    def hand_steps(self, st, i, n, own, _):
        N = NAMES[i]
        if own.ceding:
            yield from self.grant_steps(st, i, own)
        elif own.frozen:
            yield f"{N} gives up the hand-over", self.with_node(st, i, n._replace(own=own._replace(frozen=None)))
        elif self.allows(st, "hand") and n.title[0] == "O":
            for y in ALL:
                if y == i:
                    continue
                move = (y, st.use[USES.index("hand")])
                yield f"{N} freezes for {NAMES[y]}", self.with_node(
                    st, i, n._replace(own=own._replace(frozen=move)),
                    net=st.net | {("FIN", i, y, own.t, move[1], n.log)}, use=self.used(st, "hand"))

    def grant_steps(self, st, i, own):
        y, mig = own.ceding
        noted = sum(1 << j for j in ALL if ("NOTED", j, i, own.t, mig) in st.net)
        enough = self.mutation == "nonote" or self.satisfied(own, noted) or self.mutation == "onenote" and noted
        grant = ("GRANT", i, y, own.t, mig)
        if enough and grant not in st.net:
            yield f"{NAMES[i]} grants to {NAMES[y]}", st._replace(net=st.net | {grant})

    # ---- A start ----

    def own_again(self, n, i, t, cfg, heirs, rec, forget_old=False):
        """What it owns with, and sees, after a start at term t."""
        old = -1 if n.seen.old < 0 or forget_old else n.seen.old & ~rec.out
        own = Own(t, cfg, heirs & ~rec.out, old)
        return own, Seen(t, cfg, i, own.heirs, old)

    def start_steps(self, st, i):
        n, rec = st.ns[i], st.rec[i]
        if n.own is not None or n.cand is not None or n.title[0] != "O":
            return
        # Where it is not fenced, a start with the arbiter is the same.
        if rec.is_fenced or self.mutation == "nopend":
            yield from self.without_arbiter(st, i)
        if rec.is_fenced:
            yield from self.fenced_steps(st, i)
        elif self.may_stand(st):
            yield from self.whole_or_short(st, i)

    def without_arbiter(self, st, i):
        """The arbiter is not reached; no swap of its own was under way, and its disk has who is out."""
        n, rec = st.ns[i], st.rec[i]
        under_way = any(m[:3] == ("CAS", i, i) for m in st.net)
        if n.void or not self.may_stand(st) or under_way and self.mutation != "nopend":
            return
        t = self.raised(n.title[1], st.tc)
        own, seen = self.own_again(n, i, t, n.seen.cfg + 1, n.seen.heirs, rec)
        yield f"{NAMES[i]} starts without the arbiter at {t}", self.with_node(
            st, i, n._replace(title=("O", t), own=own, seen=seen, sealed=t),
            net=st.net | self.stream(i, own, n.log, rec.life), tc=st.tc + ROUND)

    def asking(self, st, i, t):
        return st.net | {("SEAL", i, j, i, t, -1) for j in ALL if j != i}

    def fenced_steps(self, st, i):
        n, N, high = st.ns[i], NAMES[i], st.tc * PART
        if st.rec[i].taken >= 0:
            yield f"{N} is fenced, gives up its title", self.with_node(st, i, n._replace(title=("N",), void=VOID))
            return
        if not self.may_stand(st) or not self.limits.get("last"):
            return
        if (not n.void or self.mutation == "lastshort") and n.sealed < n.title[1] + 1:
            yield f"{N} is fenced, raises its title to {high}", self.with_node(
                st, i, n._replace(title=("O", high), sealed=high, void=WHOLE), tc=st.tc + ROUND)
        elif n.void:
            yield f"{N} is fenced and short, asks its heirs", self.with_node(
                st, i, n._replace(cand=(i, high, 0), sealed=high), net=self.asking(st, i, high), tc=st.tc + ROUND)

    def whole_or_short(self, st, i):
        n, rec, N, t = st.ns[i], st.rec[i], NAMES[i], self.raised(st.ns[i].title[1], st.tc)
        # Whatever swap of the boot before is under way comes too late.
        swapped = st.rec if self.mutation == "lateout" else place(st.rec, i, rec._replace(boot=rec.boot + 1))
        if self.mutation == "noask" or not n.void:
            own, seen = self.own_again(n, i, t, n.seen.cfg + 1, n.seen.heirs, rec, self.mutation == "oldgone")
            yield f"{N} starts, is whole, serves at {t}", self.with_node(
                st, i, n._replace(title=("O", t), own=own, void=WHOLE, seen=seen, sealed=t),
                net=st.net | self.stream(i, own, n.log, rec.life), rec=swapped, tc=st.tc + ROUND)
        else:
            yield f"{N} starts, asks its heirs", self.with_node(
                st, i, n._replace(title=("O", t), cand=(i, t, 0), sealed=t), net=self.asking(st, i, t), rec=swapped,
                tc=st.tc + ROUND)

    def cession_steps(self, st, i):
        """It has ceded the slot, and starts before that is granted."""
        n, rec, N = st.ns[i], st.rec[i], NAMES[i]
        if n.own is not None or n.cand is not None or n.title[0] != "C" or n.seen.owner != i:
            return
        _, to, _, mig = n.title
        grant = ("GRANT", i, to, n.seen.t, mig)
        if rec.is_fenced and rec.taken < 0:
            yield f"arbiter: {N} may end its cession", st._replace(
                net=st.net | {grant}, rec=place(st.rec, i, rec._replace(taken=i)))
        if grant not in st.net:
            own = Own(n.seen.t, n.seen.cfg, n.seen.heirs, n.seen.old, rec.out, -1, (to, mig), (to, mig))
            yield f"{N} starts, goes on ceding", self.with_node(
                st, i, n._replace(own=own),
                net=st.net | {("NOTE", i, j, n.seen.t, to, mig) for j in bits(n.seen.heirs)})

    # ---- An heir that hears nothing of its owner ----

    def let_go(self, st, i, x):
        """Without its lease: it has waited until that was over."""
        if self.mutation == "nolease" or self.mutation == "forget" and i in st.forgot:
            return st.lease
        return without(st.lease, (i, x))

    def heir_steps(self, st, i):
        n, N = st.ns[i], NAMES[i]
        x = n.seen.owner
        if x == i or n.void or owns_or_takes(n):
            return
        rec = st.rec[x]
        if rec.out >> i & 1:
            return
        if not rec.is_fenced and self.allows(st, "fence"):
            yield f"{N} fences {NAMES[x]}", st._replace(
                rec=place(st.rec, x, rec._replace(fenced=rec.fenced | 1)), lease=self.let_go(st, i, x),
                use=self.used(st, "fence"))
        if rec.is_fenced and n.cand is None and rec.taken < 0 and self.may_stand(st):
            t = st.tc * PART
            yield f"{N} wants to take over from {NAMES[x]}", self.with_node(
                st, i, n._replace(cand=(x, t, rec.fenced), sealed=t, bar=barred(n.bar, x, rec.life)),
                net=st.net | {("SEAL", i, j, x, t, rec.life) for j in ALL if j not in (i, x)},
                lease=self.let_go(st, i, x), tc=st.tc + ROUND)

    # ---- A candidate, or an owner that starts again ----

    def candidate_steps(self, st, i):
        n = st.ns[i]
        if n.cand is None or n.sealed != n.cand[1]:
            return
        x, t, life = n.cand
        state = {m[1]: m[4:8] for m in st.net if m[0] == "SEALED" and m[2] == i and m[3] == t}
        state[i] = (n.seen, n.void, n.log, n.note)
        of_x = {j: s for j, s in state.items() if s[0].owner == x}
        best = max(s[0][:2] for s in of_x.values())
        heirs = next(s[0].heirs for s in of_x.values() if s[0][:2] == best) & ~st.rec[x].out
        pool, enough = self.found(st, i, x, of_x, heirs)
        if pool is None:
            return
        log = n.log if self.mutation == "ownlog" else max(pool, key=lambda g: (g[-1][0] if g else 0, len(g)))
        lost = st.lost if enough else st.lost | (st.acked - set(log))  # all hosts lost their tails
        if i == x:
            yield from self.serve_again(st._replace(lost=lost), i, t, best, heirs, log)
        elif st.rec[x].fenced == life or self.mutation == "nolife":
            notes = [s[3] for s in of_x.values() if s[3] and s[3][0] == best[0]]
            yield from self.take_over(st, i, n.cand, notes, log, lost)

    def found(self, st, i, x, of_x, heirs):
        """The logs of those that have answered, if they are all that is needed; and whether nobody can have more."""
        def whole(among):
            return {j for j, s in of_x.items() if among >> j & 1 and s[1] == WHOLE}
        n, good = st.ns[i], whole(heirs)
        need = 1 if self.mutation == "noseal" and i != x else self.seals(count(heirs))
        # The owner and all its heirs, short or not: nobody has more.
        every = i == x and all(j in of_x and of_x[j][1] != VOID for j in bits(heirs))
        behind = st.use[USES.index("back")]
        if i == x and n.seen.old >= 0 and len(good) < need and not behind:
            # A change was under way: what is acknowledged is in both sets.
            older = n.seen.old & ~st.rec[x].out
            if len(whole(older)) >= self.seals(count(older)):
                good, need = whole(older), self.seals(count(older))
        if not (len(good) >= need or every) or i != x and i not in good:
            return None, False
        pool = [of_x[j][2] for j in (bits(heirs) if every else sorted(good))]
        return pool + ([n.log] if i == x else []), len(good) >= need

    def serve_again(self, st, i, t, best, heirs, log):
        n, rec, N = st.ns[i], st.rec[i], NAMES[i]
        again = n._replace(title=("O", t), log=log, void=WHOLE, synced=len(log), cand=None)
        if rec.is_fenced:
            if self.limits.get("last") and rec.taken < 0:
                yield f"{N} has asked, raises its title to {t}", self.with_node(st, i, again)
            return
        own, seen = self.own_again(n, i, t, best[1] + 1, heirs, rec, self.mutation == "oldgone")
        yield f"{N} serves again at {t}", self.with_node(
            st, i, again._replace(seen=seen, own=own), net=st.net | self.stream(i, own, log, rec.life))

    def take_over(self, st, i, cand, notes, log, lost):
        n, N = st.ns[i], NAMES[i]
        x, t, life = cand
        if notes and self.mutation == "anynote":
            t0, to, _, mig = notes[0]
            yield f"{N} finds the note, grants for {NAMES[x]}", self.with_node(
                st, i, n._replace(cand=None), net=st.net | {("GRANT", x, to, t0, mig)})
        elif notes and self.mutation != "noteblind":
            # The cession may have been granted or not: whoever is the taker has it granted.
            yield f"{N} finds the note, is to grant for {NAMES[x]}", self.with_node(
                st, i, n._replace(title=("P", t, x, life, notes[0]), cand=None))
        else:
            yield f"{N} is to take over from {NAMES[x]} at {t}", self.with_node(
                st, i, n._replace(title=("P", t, x, life, None), log=log, seen=Seen(t, 0, i, 0, -1), void=WHOLE,
                                  synced=0 if self.mutation == "nosync" else len(log), cand=None, note=None),
                lost=lost)

    def taker_steps(self, st, i):
        n, N = st.ns[i], NAMES[i]
        if n.title[0] != "P":
            return
        _, t, x, life, grant = n.title
        rec = st.rec[x]
        gone = rec.taken not in (-1, i) or life != rec.fenced and self.mutation != "nolife"
        if gone and self.mutation != "nodone":
            yield f"{N} hears that another has it", self.with_node(st, i, n._replace(title=("N",), void=VOID))
            return
        told = place(st.rec, x, rec._replace(taken=i if rec.taken < 0 else rec.taken))
        if grant:
            t0, to, _, mig = grant
            after = self.with_node(st, i, n._replace(title=("N",), void=VOID), rec=told,
                                   net=st.net | {("GRANT", x, to, t0, mig)})
        else:
            after = self.with_node(st, i, n._replace(title=("O", t), own=Own(t, 0, 0)), rec=told)
        yield f"arbiter: {N} has taken over from {NAMES[x]}", after

    # ---- An heir that is out; a fenced node under a new record ----

    def out_steps(self, st, i):
        n, N = st.ns[i], NAMES[i]
        x = n.seen.owner
        if x == i:
            return
        rec = st.rec[x]
        if n.void != VOID and n.title[0] != "P" and rec.out >> i & 1:
            yield f"{N} hears that it is out", self.with_node(st, i, n._replace(void=VOID))
        idle = n.title[0] == "N" and n.cand is None
        if n.void == VOID and rec.is_fenced and n.bar[x] <= rec.life and idle and self.limits.get("rejoin"):
            yield f"{N} promises to stay void for {NAMES[x]}", self.with_node(
                st, i, n._replace(bar=barred(n.bar, x, rec.life)))

    def record_steps(self, st, i):
        """Once nobody takes anything from its old life any more."""
        n, rec, N = st.ns[i], st.rec[i], NAMES[i]
        if not rec.is_fenced or n.own is not None:
            return
        unsure = sum(1 << j for j in ALL if j != i and st.ns[j].title[0] != "O" and
                     (st.ns[j].void != VOID or st.ns[j].bar[i] <= rec.life))
        anew = place(st.rec, i, Record((rec.life + 1) * 2, 0 if self.mutation == "allvoid" else unsure, -1,
                                       rec.boot + 1))
        title = n.title
        raised = title[0] == "O" and n.sealed >= title[1] >= ROUND * PART
        if self.limits.get("last") and raised and n.cand is None and not n.void and rec.taken < 0:
            yield f"arbiter: {N} has a new record, serves at {title[1]}", self.with_node(
                st, i, n._replace(own=Own(title[1], 0, 0), seen=Seen(title[1], 0, i, 0, -1)), rec=anew)
        gave_up = title[0] in "NC" or self.mutation == "keeptitle" and title[0] == "O"
        if self.allows(st, "rejoin") and rec.taken >= 0 and gave_up:
            yield f"arbiter: {N} has a new record", st._replace(rec=anew, use=self.used(st, "rejoin"))

    # ---- Crashes and old disks ----

    def crash_steps(self, st, i):
        n, N = st.ns[i], NAMES[i]
        if not self.allows(st, "crash"):
            return
        lease = frozenset(p for p in st.lease if p[1] != i)
        dead = n._replace(own=None, cand=None)
        yield f"{N} crashes", self.with_node(
            st, i, dead, lease=lease, use=self.used(st, "crash"),
            forgot=st.forgot | {i} if self.mutation == "forget" else st.forgot)
        if not self.allows(st, "tail") or len(n.log) <= n.synced:
            return
        alone = n.own is not None and any(count(s) == 0 for s in self.sets_of(n.own))
        kept = self.mutation == "keepmark" and n.title[0] == "N"
        yield f"{N} crashes and loses w{n.log[-1][1]}", self.with_node(
            st, i, dead._replace(log=n.log[:-1], void=n.void if kept else max(n.void, SHORT)), lease=lease,
            lost=st.lost | {n.log[-1]} if alone else st.lost, use=self.used(st, "crash", "tail"))

    def disk_steps(self, st, i):
        n, N = st.ns[i], NAMES[i]
        copies = [f for f in st.forgot if not isinstance(f, int)]
        known = self.allows(st, "old")
        if not known and not self.allows(st, "back") or i not in self.limits["whose"]:
            return
        if not copies:
            yield f"{N}'s disk is copied", st._replace(forgot=st.forgot | {(i, n)})
        elif copies[0][0] == i:
            was = copies[0][1]._replace(own=None, cand=None)
            back = self.known_as_old(st, i, was) if known else self.not_known_as_old(st, i, was)
            if was == n._replace(own=None, cand=None) or back == n._replace(own=None, cand=None):
                return
            others = [st.ns[j].log for j in ALL if j != i]
            stays = ("CAS",) if known else ("CAS", "SEALED", "NOTED")  # what others have heard already
            yield f"{N}'s old disk is put back", self.with_node(
                st, i, back, net=frozenset(m for m in st.net if i not in m[1:3] or m[0] in stays),
                lease=frozenset(p for p in st.lease if p[1] != i),
                lost=st.lost | {w for w in st.acked if w in n.log and not any(w in log for log in others)},
                use=self.used(st, "old" if known else "back"), forgot=st.forgot - {copies[0]})

    def known_as_old(self, st, i, was):
        """What it goes by: nothing that it has counts, and it may have forgotten seals, so it asks who is fenced."""
        if self.mutation != "oldwhole":
            was = was._replace(void=VOID, title=("N",) if owns_or_takes(was) else was.title, prep=None)
        if self.mutation != "oldseal":
            for x in ALL:
                if st.rec[x].is_fenced and x != i:
                    was = was._replace(bar=barred(was.bar, x, st.rec[x].life))
        return was

    # Of a volume that went back: what it goes by once it has heard all others.

    def not_known_as_old(self, st, i, was):
        others = [st.ns[j] for j in ALL if j != i]
        if self.mutation != "backseal":
            was = was._replace(sealed=max(was.sealed, *(m.sealed for m in others)),
                               bar=tuple(max(bars) for bars in zip(was.bar, *(m.bar for m in others))))
        if self.has_gone_on(st, i, was) and self.mutation != "backdeaf":
            return was._replace(title=("N",), void=VOID, prep=None)
        if was.title[0] == "O" and any(self.has_more(m, i, was) for m in others):
            return was._replace(void=max(was.void, SHORT))
        if was.title[0] == "N" and self.has_confirmed_more(st, i, was):
            return was._replace(void=VOID)
        return was

    def has_gone_on(self, st, i, was):
        """Whether the slot is another's by now, or its own by a title that it has forgotten."""
        mine = was.title[1] if owns_or_takes(was) else was.title[2] if was.title[0] == "C" else was.seen.t
        for j in ALL:
            title, seen = st.ns[j].title, st.ns[j].seen
            said = title[1] if title[0] in "OP" else title[2] if title[0] == "C" else 0
            follows_me = seen.owner == i and seen.t > 0 and was.title[0] != "O"
            if j != i and (max(said, seen.t) // PART > mine // PART or follows_me):
                return True
        return False

    def has_more(self, m, i, was):
        if m.seen.owner != i or m.void == VOID:
            return False
        more = (m.log[-1][0] if m.log else 0, len(m.log)) > (was.log[-1][0] if was.log else 0, len(was.log))
        return more and self.mutation != "backmore" or m.seen[:2] > was.seen[:2] and self.mutation != "backmark"

    def has_confirmed_more(self, st, i, was):
        """Whether an owner that runs has heard of something that is not on its disk."""
        for m in st.net:
            if self.mutation == "backless" or m[1] != i or st.ns[m[2]].own is None:
                continue
            if m[0] == "K" and m[3] == st.ns[m[2]].own.t and m[3:] > (*was.seen[:2], len(was.log)):
                return True
            if m[0] == "NOTED" and m[3] == st.ns[m[2]].own.t and (was.note is None or was.note[0] < m[3]):
                return True
        return False

    # ---- Messages ----

    def take_r(self, st, m, src, dst):
        """An owner's stream."""
        n = st.ns[dst]
        _, _, _, t, cfg, heirs, log, life = m
        if life < n.bar[src] and self.mutation not in ("staleok", "restartup"):
            return None
        if t < n.sealed and self.mutation != "staleok" or (t, cfg) < n.seen[:2]:
            return None
        if owns_or_takes(n) and n.title[1] >= t:
            return None
        own = st.ns[src].own
        fresh = own is not None and own[:2] == (t, cfg) and log == st.ns[src].log  # asked for since its loss
        may_heal = fresh or self.mutation == "shortwhole"
        if (t, cfg) == n.seen[:2]:
            if n.void == VOID or n.void == SHORT and not may_heal or n.void == WHOLE and len(log) <= len(n.log):
                return None
        elif n.void == SHORT and heirs >> dst & 1 and not may_heal:
            return None
        kept = log[:n.synced] == n.log[:n.synced]
        taken = n._replace(
            log=log, synced=min(n.synced, len(log)) if kept else 0, seen=Seen(t, cfg, src, heirs, -1),
            void=WHOLE if heirs >> dst & 1 else VOID, title=("N",), own=None, cand=n.cand if t <= n.sealed else None,
            note=n.note if n.note and n.note[0] >= t else None, prep=n.prep if n.prep and n.prep[1] >= t else None,
            sealed=max(n.sealed, t))
        return (f"{NAMES[dst]} takes {[w for _, w in log]} of {NAMES[src]} at {t}.{cfg}",
                self.with_node(st, dst, taken, net=st.net | {("K", dst, src, t, cfg, len(log))}))

    def take_k(self, st, m, src, dst):
        """A confirmation: it is looked at where it lies."""

    def take_sealed(self, st, m, src, dst):
        """An answer to a candidate: the same."""

    def take_noted(self, st, m, src, dst):
        """An answer to one that cedes: the same."""

    def take_seal(self, st, m, src, dst):
        n = st.ns[dst]
        _, _, _, x, t, life = m
        rec = st.rec[x]
        may_ask = src != x or rec.life >= n.bar[x] or rec.is_fenced
        if t <= n.sealed or n.seen.owner != x or owns_or_takes(n) or not may_ask:
            return None
        answer = ("SEALED", dst, src, t, n.seen, n.void, n.log, n.note)
        return f"{NAMES[dst]} is sealed at {t} for {NAMES[src]}", self.with_node(
            st, dst, n._replace(sealed=t, cand=None, bar=barred(n.bar, x, life)), net=st.net | {answer},
            lease=self.let_go(st, dst, x))

    def take_fin(self, st, m, src, dst):
        n = st.ns[dst]
        _, _, _, t, mig, log = m
        later = n.prep is None or n.prep[1:3] < (t, mig)
        if owns_or_takes(n) or n.sealed > t or n.seen.t > t or not later:
            return None
        return f"{NAMES[dst]} is prepared", self.with_node(
            st, dst, n._replace(prep=(src, t, mig, log)), net=st.net | {("PREP", dst, src, t, mig, len(log))})

    def take_prep(self, st, m, src, dst):
        n = st.ns[dst]
        _, _, _, t, mig, length = m
        own = n.own
        ready = own and own.t == t and own.frozen == (src, mig) and not own.ceding
        if not ready or len(n.log) != length or n.title[0] != "O":
            return None
        heirs = own.heirs | max(own.old, 0)
        return f"{NAMES[dst]} cedes to {NAMES[src]}", self.with_node(
            st, dst, n._replace(title=("C", src, ceded(t), mig), own=own._replace(ceding=(src, mig))),
            net=st.net | {("NOTE", dst, j, t, src, mig) for j in bits(heirs)})

    def take_note(self, st, m, src, dst):
        n = st.ns[dst]
        _, _, _, t, to, mig = m
        noted = ("NOTED", dst, src, t, mig)
        follows = n.seen.owner == src and n.seen.t == t and n.void != VOID
        if noted in st.net or not follows or n.sealed > t or st.rec[src].life < n.bar[src]:
            return None
        return f"{NAMES[dst]} notes that {NAMES[src]} cedes", self.with_node(
            st, dst, n._replace(note=(t, to, ceded(t), mig)), net=st.net | {noted})

    def take_cas(self, st, m, src, _):
        _, _, _, j, boot = m
        rec = st.rec[src]
        if rec.is_fenced or rec.boot != boot or rec.out >> j & 1:
            return None
        return f"arbiter: {NAMES[j]} is out for {NAMES[src]}", st._replace(
            net=st.net - {m}, rec=place(st.rec, src, rec._replace(out=rec.out | 1 << j)))

    def take_grant(self, st, m, src, dst):
        n = st.ns[dst]
        _, _, _, t, mig = m
        if not n.prep or n.prep[:3] != (src, t, mig) or owns_or_takes(n):
            return None
        t1 = ceded(t) if n.sealed <= ceded(t) else st.tc * PART
        log = n.prep[3]
        owner = n._replace(title=("O", t1), log=log, seen=Seen(t1, 0, dst, 0, -1), void=WHOLE, sealed=t1,
                           synced=len(log), note=None, prep=None, own=Own(t1, 0, 0), cand=None)
        return f"{NAMES[dst]} owns at {t1}", self.with_node(
            st, dst, owner, tc=st.tc if t1 == ceded(t) else st.tc + ROUND)


def show(found):
    for step in found.path:
        print("   ", step)


def check(scenarios, mutations):
    failed = False
    for scenario in scenarios:
        for acks in ("majority", "all"):
            found = explore(Replication(scenario, acks))
            failed |= bool(found.what)
            print(f"{scenario:10} {acks:8}: {found.states:8} states; {found.what or 'all hold'}", flush=True)
            show(found)
    for mutation in mutations:
        what, scenario, acks = MUTATIONS[mutation]
        found = explore(Replication(scenario, acks, mutation))
        failed |= not found.what or found.what.startswith("stopped")
        print(f"{mutation:10} {acks:8} {scenario:8}: {found.states:8} states; {found.what or 'NOT CAUGHT'} ({what})",
              flush=True)
    return failed


def main(args):
    if args == ["small"]:
        sys.exit(check(*SMALL))
    if not args or args == ["check"]:
        sys.exit(check(SCENARIOS, MUTATIONS))
    acks = "all" if "all" in args else "majority"
    mutation = next((arg for arg in args[1:] if arg in MUTATIONS), "")
    found = explore(Replication(args[0], acks, mutation))
    print(args[0], acks, mutation, ":", found.states, "states;", found.what or "all hold")
    show(found)


if __name__ == "__main__":
    main(sys.argv[1:])
