"""What becomes of each message where it is taken."""
from replication_state import (
    NAMES, PART, ROUND, WHOLE, SHORT, VOID, Seen, Own, bits, place, barred, ceded, owns_or_takes)


class Messages:
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
