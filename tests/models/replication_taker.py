"""Heirs that take a slot over; heirs that are out; a fenced node under a new record."""
from replication_state import (
    NAMES, PART, ROUND, WHOLE, VOID, Seen, Own, Record, USES, bits, count, place, barred, owns_or_takes, without)


class Takers:
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
                net=st.net | {("SEAL", i, j, x, t, rec.life) for j in self.nodes if j not in (i, x)},
                lease=self.let_go(st, i, x), tc=st.tc + ROUND)

    # ---- A candidate, or an owner that starts again ----

    def candidate_steps(self, st, i):
        n = st.ns[i]
        of_x = self.answers(st, i)
        if not of_x:
            return
        x, t, life = n.cand
        best, heirs = self.latest(of_x)
        heirs &= ~st.rec[x].out
        pool, enough = self.found(st, i, x, of_x, heirs)
        if pool is None:
            return
        log = self.longest(n, pool)
        lost = st.lost if enough else st.lost | (st.acked - set(log))  # all hosts lost their tails
        if i == x:
            yield from self.serve_again(st._replace(lost=lost), i, t, best, heirs, log)
        elif st.rec[x].fenced == life or self.mutation == "nolife":
            yield from self.take_over(st, i, n.cand, self.notes(of_x, best), log, lost)

    def answers(self, st, i):
        """What a candidate has heard of copies of whom it asks about, its own included: seen, void, log, note."""
        n = st.ns[i]
        if n.cand is None or n.sealed != n.cand[1]:
            return {}
        x, t, _ = n.cand
        said = {m[1]: m[4:8] for m in st.net if m[0] == "SEALED" and m[2] == i and m[3] == t}
        said[i] = (n.seen, n.void, n.log, n.note)
        return {j: s for j, s in said.items() if s[0].owner == x}

    def latest(self, of_x):
        """The highest (term, cfg) that was heard, and its heirs."""
        return max((s[0][:2], s[0].heirs) for s in of_x.values())

    def notes(self, of_x, best):
        return [s[3] for s in of_x.values() if s[3] and s[3][0] == best[0]]

    def longest(self, n, logs):
        return n.log if self.mutation == "ownlog" else max(logs, key=lambda g: (g[-1][0] if g else 0, len(g)))

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
        unsure = sum(1 << j for j in self.nodes if j != i and st.ns[j].title[0] != "O" and
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
