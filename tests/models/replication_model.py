#!/usr/bin/env python3
"""Explicit-state check of copies (docs/replication.md): one slot, nodes A B C, A owns it, B and C are its heirs.

The net loses (a message need never be taken), repeats (it stays) and reorders. Nodes crash, with or without the last
write of their log; an owner that is cut off, slow or stopped knows nothing of what the others decide. The arbiter is
one register for each node, changed by compare-and-swap. A swap that takes an heir out may come late, after a crash,
too. Leases are exact: an owner counts on one for as long as its giver keeps it, which is what the margin between
lease and grace is for; nothing else about clocks is assumed. A write is acknowledged without a look at the lease, so
what is shown of writes does not rest on clocks at all. A term is (cessions, restarts): an unclean start adds to the
second part alone; takers and new records set the first above all there are.

Old disks. One of which a peer knows a later boot, or whose title file is not where it says that it is (a copy of
files: another inode), is known as old: its titles, copies and promises are void, and it is sealed against whoever is
fenced. Of a volume that went back as a whole (a snapshot of a disk) nothing tells. It is up to those that it talks
to: an owner of whose heirs one has more than it, or knows that it has ceded the slot, is short; an heir that has less
than it has confirmed is void. They have to be reached for that ('back': whoever starts reaches all).

Checked in every state: at most one node serves; whoever serves has every acknowledged write. Lost on purpose: a write
that an owner without heirs acknowledged alone, and then lost with its disk's tail; what no copy has after the owner
and all its heirs have lost their tails; what only a forgotten life had.

usage: nice -n 19 python3 replication_model.py SCENARIO [all] [MUTATION]   one run; all: acks = all, else majority
       nice -n 19 python3 replication_model.py check                       all scenarios, then all mutations
       python3 replication_model.py small                                  those of both that take seconds
"""
from explore import Bad, command_line
from replication_disks import Disks
from replication_messages import Messages
from replication_owner import Owners
from replication_state import (
    ACKS, NAMES, PART, ROUND, WHOLE, VOID, Seen, Own, Node, Record, State, USES, A, B, bits, count, place)
from replication_taker import Takers

# At most so many: w writes, crash, tail (of them with a lost tail), fence, out (an heir goes out), into (comes in),
# hand (hand-overs), rejoin (a fenced node under a new record), old (disks put back that are known as old), back
# (volumes that went back), cand (take-overs). heirs: at first. last: a fenced node may go on where nobody takes over.
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
    "backless": ("an heir that has less than it has confirmed counts as whole", "backheir", "majority"),
    "backdeaf": ("who starts does not ask who owns the slot by now", "backhand", "all"),
    "backseal": ("who starts does not ask whom others have sealed", "backheir", "majority"),
    "nonote": ("a slot is granted before its heirs know that it is ceded", "handover", "all"),
    "onenote": ("one heir's note is enough though all have to confirm", "handover", "all"),
    "anynote": ("a cession of which there is a note is completed without the arbiter's word", "handover", "all"),
    "noteblind": ("a taker does not look at the notes of the sealed", "handover", "majority"),
}
SMALL = (["failover", "first", "backheir"], ["noseal", "ownlog", "nolease", "nodone", "backless", "backseal"])


class Replication(Owners, Takers, Disks, Messages):
    nodes, gone = range(3), frozenset()

    def __init__(self, scenario, acks="majority", mutation=""):
        self.limits, self.all, self.mutation = SCENARIOS[scenario], acks == "all", mutation
        self.first = self.first_state()

    def first_state(self):
        heirs = self.limits.get("heirs", 0b110)
        owner = Node(("O", PART), (), Seen(PART, 0, A, heirs, -1), WHOLE, PART, own=Own(PART, 0, heirs))
        heir = owner._replace(title=("N",), own=None)
        none = Node(("N",), (), Seen(0, 0, A, 0, -1), VOID, 0)
        others = tuple(heir if heirs >> j & 1 else none for j in self.nodes[1:])
        return State((owner, *others), frozenset(), (Record(),) * len(self.nodes),
                     frozenset((j, A) for j in bits(heirs)), frozenset(), frozenset(), (0,) * len(USES), ROUND,
                     frozenset())

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
        return self.satisfied(n.own, sum(1 << j for j in self.nodes if (j, i) in st.lease))

    def raised(self, t, tc):
        """An unclean start: restarts and one more."""
        return tc * PART if self.mutation == "restartup" else t + 1

    # ---- What may be ----

    def check(self, st):
        who = [i for i in self.nodes if self.serves(st, i)]
        if len(who) > 1:
            raise Bad("TWO SERVE: " + " ".join(NAMES[i] for i in who))
        for i in who:
            self.must_have_all(st, i)
        return True

    def must_have_all(self, st, i):
        missing = st.acked - st.lost - set(st.ns[i].log)
        if missing:
            raise Bad(f"{NAMES[i]} SERVES WITHOUT ACKNOWLEDGED " + " ".join(f"w{w[1]}" for w in sorted(missing)))

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

    def kinds(self):
        return (self.owner_steps, self.start_steps, self.cession_steps, self.heir_steps, self.candidate_steps,
                self.taker_steps, self.out_steps, self.crash_steps, self.disk_steps, self.record_steps)

    def steps(self, st):
        for i in self.nodes:
            for kind in self.kinds() if i not in self.gone else ():
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
        heard = [(0, 0)] * len(self.nodes)
        for m in st.net:
            if m[0] == "K" and m[2] == i and m[3] == st.ns[i].own.t:
                heard[m[1]] = (max(heard[m[1]][0], m[4]), max(heard[m[1]][1], m[5]))
        return heard


if __name__ == "__main__":
    command_line(Replication, SCENARIOS, MUTATIONS, SMALL, ACKS)
