#!/usr/bin/env python3
"""Explicit-state check of copies without an arbiter (docs/replication.md): one slot, three to five nodes, A owns it.

Whoever is told to (a claim) takes over, by seals alone: nobody else knows of it, and the owner may run and be cut
off. So there are no leases, and a read at an owner that has been claimed is stale until it hears of it; what holds is
that no acknowledged write is lost. For that each mark holds how many heirs a write needs at the least (m,
`min_followers`), an owner never has fewer that count, changes of the heirs are by a new cfg alone, and a claim needs
seals of so many whole heirs that they meet every m of them, and every other claim. With m = 0 no claim is without
loss, so none is in the model.

Of the other model: nodes, net, disks, the owner's stream, hand-over and its notes. Instead of it: heirs that go out,
claims, notes that are found by a claim, starts.

Checked in every state: the owner of the highest term that any disk knows has, if it serves, every acknowledged write.
Lost on purpose: what no copy has after the owner and all its heirs have lost their tails; what only a forgotten life
had.

usage: nice -n 19 python3 claims_model.py SCENARIO [all] [MUTATION] | check | small
"""
from explore import command_line
from replication_model import Replication
from replication_state import ACKS, NAMES, PART, ROUND, WHOLE, VOID, Seen, Own, A, B, bits, count, owns_or_takes

# As there; m: min_followers, cand: claims, and starts of an owner that asks, n: nodes, gone: A is, for good.
SCENARIOS = {
    "claim": {"w": 2, "crash": 1, "cand": 2},
    "tail": {"w": 2, "crash": 1, "tail": 1, "cand": 2},
    "shrink": {"w": 2, "out": 1, "into": 1, "cand": 1},
    "shrinkcrash": {"w": 1, "crash": 1, "out": 1, "into": 1, "cand": 2},
    "shrinktail": {"w": 2, "crash": 1, "tail": 1, "out": 1, "cand": 2},
    "regrowtail": {"w": 1, "crash": 1, "tail": 1, "out": 1, "into": 1, "cand": 1},
    "grow": {"w": 1, "crash": 1, "into": 1, "cand": 2, "heirs": 0b010},
    "growtail": {"w": 2, "crash": 1, "tail": 1, "into": 1, "cand": 1, "heirs": 0b010},
    "both": {"w": 2, "crash": 1, "tail": 1, "cand": 2, "m": 2},
    # With three heirs, and where there are more nodes than these to go on with.
    "three": {"w": 1, "crash": 1, "cand": 2, "m": 2, "n": 4, "heirs": 0b1110},
    "threeout": {"w": 1, "out": 1, "cand": 2, "m": 2, "n": 4, "heirs": 0b1110},
    "threeshrink": {"w": 1, "out": 2, "cand": 1, "n": 4, "heirs": 0b1110},
    "threeclaim": {"w": 1, "crash": 1, "out": 1, "cand": 2, "n": 4, "heirs": 0b1110},
    "handaway": {"w": 1, "hand": 1, "into": 1, "cand": 1, "n": 4},
    "replace": {"w": 1, "out": 2, "into": 1, "cand": 1, "n": 4},
    "rivals": {"w": 1, "into": 2, "cand": 2, "m": 2, "n": 5, "gone": 1},
    "alone": {"w": 2, "crash": 1, "out": 2, "cand": 1, "m": 0},
    "hand": {"w": 1, "hand": 1, "into": 1, "cand": 2},
    "handcrash": {"w": 1, "crash": 1, "hand": 1, "cand": 2},
    "handout": {"w": 1, "out": 1, "hand": 1, "cand": 2},
    "blackout": {"w": 1, "crash": 3, "tail": 3, "cand": 2},
    "oldowner": {"w": 2, "crash": 1, "cand": 2, "old": 1, "whose": (A,)},
    "oldheir": {"w": 2, "crash": 1, "cand": 2, "old": 1, "whose": (B,)},
    "backowner": {"w": 2, "crash": 1, "cand": 2, "back": 1, "whose": (A,)},
    "backgrow": {"w": 1, "into": 1, "cand": 1, "back": 1, "whose": (A,), "heirs": 0b010},
    "backheir": {"w": 2, "cand": 2, "back": 1, "whose": (B,)},
    "backhand": {"w": 1, "hand": 1, "cand": 1, "back": 1, "whose": (A, B)},
}
MUTATIONS = {
    "noseal": ("who claims asks no other heir", "claim", "majority"),
    "byacks": ("a claim needs as many seals as meet what `acks` waits for, not `min_followers`", "threeshrink", "all"),
    "below": ("an owner takes out more heirs than `min_followers` allows", "replace", "majority"),
    "twice": ("an owner that takes out one of those before has done with them, while others come in", "replace",
              "majority"),
    "ownlog": ("who claims goes on with its own copy, not with the longest of the sealed", "claim", "majority"),
    "staleok": ("a sealed heir goes on taking the old owner's stream", "claim", "majority"),
    "keepmark": ("an heir that lost the tail of its copy keeps its mark", "tail", "majority"),
    "noask": ("an owner that lost its tail serves again without asking its heirs", "tail", "majority"),
    "shortwhole": ("a copy is whole again by a stream of before its loss", "blackout", "majority"),
    "nocover": ("an heir is taken out though only it has some acknowledged write", "shrinktail", "majority"),
    "novoid": ("an heir comes in again with the mark it had before it was out", "regrowtail", "all"),
    "nojoint": ("new heirs count before all know of them", "grow", "majority"),
    "oldgone": ("an owner forgets in a crash that a change of its heirs was under way", "grow", "majority"),
    "rival": ("two claims need not have heard of each other", "rivals", "all"),
    "ownhigh": ("an owner outranks a claim by a seal of fewer heirs than a claim needs", "threeclaim", "all"),
    "nonote": ("a slot is granted before its heirs know that it is ceded", "handaway", "majority"),
    "noteblind": ("who claims does not look at the notes of the sealed", "handaway", "majority"),
    "oldwhole": ("what an old disk holds counts as whole", "oldheir", "majority"),
    "backmore": ("an owner serves though an heir has more than it", "backowner", "majority"),
    "backless": ("an heir that has less than it has confirmed counts as whole", "backheir", "majority"),
    "backdeaf": ("who starts does not ask who owns the slot by now", "backhand", "majority"),
    "backseal": ("who starts does not ask whom others have sealed", "backheir", "majority"),
}
SMALL = (["claim", "hand"], ["noseal", "ownlog", "novoid"])


class Claims(Replication):
    def __init__(self, scenario, acks="majority", mutation=""):
        self.limits, self.all, self.mutation = SCENARIOS[scenario], acks == "all", mutation
        self.least = self.limits.get("m", 1)
        self.nodes = range(self.limits.get("n", 3))
        self.gone = {A} if self.limits.get("gone") else set()
        self.first = self.first_state()
        for i in self.gone:
            self.first = self.with_node(self.first, i, self.first.ns[i]._replace(own=None))

    # ---- Who counts ----

    def quorum(self, h):
        return max(self.least, super().quorum(h))

    def seals(self, h):
        """Of a claim: they meet every `least` of the heirs, and every other claim."""
        least = self.quorum(h) if self.mutation == "byacks" else self.least
        return h - least + 1 if self.mutation == "rival" else max(h - least + 1, h // 2 + 1)

    def sets_of(self, own):
        return [own.heirs] + ([own.old] if own.old >= 0 and self.mutation != "nojoint" else [])

    def serves(self, st, i):
        n = st.ns[i]
        return n.own is not None and not n.own.frozen and not n.own.ceding and n.title[0] == "O"

    def check(self, st):
        """The owner of the highest term that any disk knows: others are stale if they serve."""
        who = [i for i in self.nodes if st.ns[i].title[0] == "O"]
        top = max(who, key=lambda i: st.ns[i].title[1], default=None)
        known = max(n.seen.t for n in st.ns if n.void != VOID)
        if top is not None and st.ns[top].title[1] >= known and self.serves(st, top):
            self.must_have_all(st, top)
        return True

    def kinds(self):
        return (self.owner_steps, self.start_steps, self.cession_steps, self.void_steps, self.claim_steps,
                self.candidate_steps, self.spread_steps, self.raise_steps, self.crash_steps, self.disk_steps)

    def is_useful(self, m, dst):
        return m[2] not in self.gone and super().is_useful(m, dst)

    # ---- An owner ----

    def lease_steps(self, st, i, n, own, heard):
        return ()

    def out_of_owner(self, st, i, n, own, heard):
        """By a new cfg alone, also while another is under way; but so many stay of those before that every claim
        that knows no more than these meets one that knows the new cfg."""
        if own.frozen or own.ceding or not self.allows(st, "out"):
            return
        for j in bits(own.heirs):
            rest = own.heirs & ~(1 << j)
            before = own.heirs if own.old < 0 or self.mutation == "twice" else own.old
            allowed = count(rest & before) >= self.least or self.mutation == "below"
            if allowed and self.covered(st, n, rest, heard):
                yield f"{NAMES[i]} takes {NAMES[j]} out", self.with_cfg(st, i, rest, own, "out")

    def with_cfg(self, st, i, heirs, own, what):
        n = st.ns[i]
        old = own.heirs if own.old < 0 else own.old
        new = Own(own.t, own.cfg + 1, heirs, old)
        return self.with_node(
            st, i, n._replace(own=new, seen=Seen(own.t, new.cfg, i, heirs, old)),
            net=st.net | self.stream(i, new, n.log, 0), use=self.used(st, what))

    def into_owner(self, st, i, n, own, heard):
        if own.old >= 0:
            if all(heard[j][0] >= own.cfg for j in bits(own.heirs)):
                yield f"{NAMES[i]}: all know cfg {own.cfg}", self.with_node(
                    st, i, n._replace(own=own._replace(old=-1), seen=n.seen._replace(old=-1)))
            return
        if own.frozen or own.ceding or not self.allows(st, "into"):
            return
        for j in self.nodes:
            m = st.ns[j]
            if j == i or own.heirs >> j & 1 or owns_or_takes(m):
                continue
            if m.seen.owner != i or m.void == VOID or self.mutation == "novoid":
                yield f"{NAMES[i]} takes {NAMES[j]} in", self.with_cfg(st, i, own.heirs | 1 << j, own, "into")

    def void_steps(self, st, j):
        """One that is out, at the asking of its owner."""
        m, x = st.ns[j], st.ns[j].seen.owner
        own = st.ns[x].own
        if x != j and own and own.old < 0 and not own.heirs >> j & 1 and m.void != VOID and m.cand is None:
            if not owns_or_takes(m):
                yield f"{NAMES[j]} is out, voids its mark", self.with_node(st, j, m._replace(void=VOID))

    def raise_steps(self, st, i):
        """An owner that has had no heirs yet, and is refused: it sets its term above all."""
        n = st.ns[i]
        fresh = n.own and n.own.heirs == 0 and n.own.cfg == 0 and not n.own.frozen and not n.own.ceding
        if fresh and self.may_stand(st) and any(m.sealed > n.own.t for m in st.ns):
            t = st.tc * PART
            yield f"{NAMES[i]} raises its term to {t}", self.with_node(
                st, i, n._replace(title=("O", t), sealed=t, own=n.own._replace(t=t), seen=n.seen._replace(t=t)),
                tc=st.tc + ROUND)

    # ---- A start ----

    def start_steps(self, st, i):
        n, N = st.ns[i], NAMES[i]
        if n.own is not None or n.cand is not None or n.title[0] != "O" or not self.may_stand(st):
            return
        t, high = self.raised(n.title[1], st.tc), st.tc * PART
        if not n.void or self.mutation == "noask":
            own, seen = self.own_again(n, i, t, n.seen.cfg + 1, n.seen.heirs, st.rec[i], self.mutation == "oldgone")
            yield f"{N} starts, is whole, serves at {t}", self.with_node(
                st, i, n._replace(title=("O", t), own=own, seen=seen, void=WHOLE, sealed=max(n.sealed, t)),
                net=st.net | self.stream(i, own, n.log, 0), tc=st.tc + ROUND)
        else:
            yield f"{N} starts, asks its heirs", self.with_node(
                st, i, n._replace(title=("O", t), cand=(i, t, 0), sealed=t), net=self.asking(st, i, t),
                tc=st.tc + ROUND)
        if any(m.sealed > n.title[1] for m in st.ns):
            yield f"{N} is refused, claims its own at {high}", self.with_node(
                st, i, n._replace(cand=(i, high, 0), sealed=high), net=self.asking(st, i, high), tc=st.tc + ROUND)

    # ---- A claim ----

    def claim_steps(self, st, i):
        n, x = st.ns[i], st.ns[i].seen.owner
        if x == i or n.void or owns_or_takes(n) or n.cand is not None or n.seen.t == 0 or not self.may_stand(st):
            return
        t = st.tc * PART
        yield f"{NAMES[i]} claims what {NAMES[x]} has, at {t}", self.with_node(
            st, i, n._replace(cand=(x, t, 0), sealed=t),
            net=st.net | {("SEAL", i, j, x, t, -1) for j in self.nodes if j not in (i, x)}, tc=st.tc + ROUND)

    def needed(self, i, x, t, n, heirs):
        """Whole heirs. Who starts at its own cessions asks those alone that may have confirmed: nobody else can
        acknowledge at a later restart of its."""
        h = count(heirs)
        if self.mutation == "noseal" and i != x:
            return 1
        restart = i == x and (t // PART == n.title[1] // PART or self.mutation == "ownhigh")
        return h - self.quorum(h) + 1 if restart and h else 0 if restart else self.seals(h)

    def candidate_steps(self, st, i):
        n = st.ns[i]
        of_x = self.answers(st, i)
        if not of_x:
            return
        x, t, _ = n.cand
        best, heirs = self.latest(of_x)
        good = {j for j, s in of_x.items() if heirs >> j & 1 and s[1] == WHOLE}
        enough = len(good) >= self.needed(i, x, t, n, heirs)
        # The owner and all its heirs, short or not: nobody has more.
        every = i == x and all(j in of_x and of_x[j][1] != VOID for j in bits(heirs))
        if not enough and not every or i != x and i not in good:
            return
        asked = set(bits(heirs)) if every else good
        logs = [of_x[j][2] for j in sorted(asked)] + ([n.log] if i == x else [])
        log = self.longest(n, logs)
        st = st if enough else st._replace(lost=st.lost | (st.acked - set(log)))
        notes = self.notes(of_x, best)
        if i == x:
            yield self.goes_on(st, i, t, best, heirs, log)
        elif notes and self.mutation != "noteblind":
            after = n._replace(title=("P", t, x, heirs, notes[0]), cand=None, note=notes[0])
            yield f"{NAMES[i]} finds a note, spreads it", self.with_node(
                st, i, after, net=st.net | {("SPREAD", i, j, t, notes[0]) for j in bits(heirs & ~(1 << i))})
        else:
            yield self.has_claimed(st, i, x, t, sum(1 << j for j in good if j != i), log)

    def goes_on(self, st, i, t, best, heirs, log):
        n = st.ns[i]
        own, seen = self.own_again(n, i, t, best[1] + 1, heirs, st.rec[i], self.mutation == "oldgone")
        return f"{NAMES[i]} serves again at {t}", self.with_node(
            st, i, n._replace(title=("O", t), log=log, void=WHOLE, synced=len(log), cand=None, seen=seen, own=own),
            net=st.net | self.stream(i, own, log, 0))

    def has_claimed(self, st, i, x, t, heirs, log):
        own = Own(t, 0, heirs)
        after = st.ns[i]._replace(title=("O", t), log=log, seen=Seen(t, 0, i, heirs, -1), void=WHOLE,
                                  synced=len(log), cand=None, note=None, own=own)
        return f"{NAMES[i]} has claimed from {NAMES[x]} at {t}", self.with_node(
            st, i, after, net=st.net | self.stream(i, own, log, 0))

    # ---- A note that a claim has found ----

    def spread_steps(self, st, i):
        """Before it grants: so that whoever claims later finds it, too. It takes three heirs and two more nodes to
        see what happens without it, which are too many to explore."""
        n = st.ns[i]
        if n.title[0] != "P":
            return
        _, t, x, heirs, note = n.title
        have = {m[1] for m in st.net if m[0] == "SPREAD_OK" and m[2] == i and m[3] == t} | {i}
        if len(have) >= self.seals(count(heirs)):
            t0, to, _, mig = note
            yield f"{NAMES[i]} grants for {NAMES[x]}", self.with_node(
                st, i, n._replace(title=("N",), void=VOID), net=st.net | {("GRANT", x, to, t0, mig)})

    def take_spread(self, st, m, src, dst):
        n = st.ns[dst]
        answer = ("SPREAD_OK", dst, src, m[3])
        if n.sealed != m[3] or owns_or_takes(n) or answer in st.net:
            return None
        return f"{NAMES[dst]} notes what {NAMES[src]} has found", self.with_node(
            st, dst, n._replace(note=m[4]), net=st.net | {answer})

    def take_spread_ok(self, st, m, src, dst):
        """It is looked at where it lies."""

    # ---- Disks ----

    def known_as_old(self, st, i, was):
        return self.hears_seals(st, i, super().known_as_old(st, i, was))

    def stays(self, known):
        return ("SEALED", "NOTED", "SPREAD_OK")


if __name__ == "__main__":
    command_line(Claims, SCENARIOS, MUTATIONS, SMALL, ACKS)
