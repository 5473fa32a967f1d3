"""An owner of a slot with copies: it writes, takes heirs out and in, hands over, and starts again."""
from replication_state import NAMES, PART, ROUND, WHOLE, VOID, Seen, Own, USES, bits, count, place, owns_or_takes


class Owners:
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
            if self.satisfied(own, sum(1 << j for j in self.nodes if heard[j][1] > at)):
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
                have = sum(1 << k for k in self.nodes if heard[k][1] > at)
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
            for j in self.nodes:
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
            for y in self.nodes:
                if y == i:
                    continue
                move = (y, st.use[USES.index("hand")])
                yield f"{N} freezes for {NAMES[y]}", self.with_node(
                    st, i, n._replace(own=own._replace(frozen=move)),
                    net=st.net | {("FIN", i, y, own.t, move[1], n.log)}, use=self.used(st, "hand"))

    def grant_steps(self, st, i, own):
        y, mig = own.ceding
        noted = sum(1 << j for j in self.nodes if ("NOTED", j, i, own.t, mig) in st.net)
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
        return st.net | {("SEAL", i, j, i, t, -1) for j in self.nodes if j != i}

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
