"""Crashes, and disks of some time ago that are put back."""
from replication_state import NAMES, PART, SHORT, VOID, count, barred, owns_or_takes


class Disks:
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
            others = [st.ns[j].log for j in self.nodes if j != i]
            stays = self.stays(known)
            yield f"{N}'s old disk is put back", self.with_node(
                st, i, back, net=frozenset(m for m in st.net if i not in m[1:3] or m[0] in stays),
                lease=frozenset(p for p in st.lease if p[1] != i),
                lost=st.lost | {w for w in st.acked if w in n.log and not any(w in log for log in others)},
                use=self.used(st, "old" if known else "back"), forgot=st.forgot - {copies[0]})

    def stays(self, known):
        """What others have heard already."""
        return ("CAS",) if known else ("CAS", "SEALED", "NOTED")

    def known_as_old(self, st, i, was):
        """What it goes by: nothing that it has counts, and it may have forgotten seals, so it asks who is fenced."""
        if self.mutation != "oldwhole":
            was = was._replace(void=VOID, title=("N",) if owns_or_takes(was) else was.title, prep=None)
        if self.mutation != "oldseal":
            for x in self.nodes:
                if st.rec[x].is_fenced and x != i:
                    was = was._replace(bar=barred(was.bar, x, st.rec[x].life))
        return was

    # Of a volume that went back: what it goes by once it has heard all others.

    def not_known_as_old(self, st, i, was):
        others = [st.ns[j] for j in self.nodes if j != i]
        was = self.hears_seals(st, i, was)
        if self.has_gone_on(st, i, was) and self.mutation != "backdeaf":
            return was._replace(title=("N",), void=VOID, prep=None)
        if was.title[0] == "O" and any(self.has_more(m, i, was) for m in others):
            return was._replace(void=max(was.void, SHORT))
        if was.title[0] == "N" and self.has_confirmed_more(st, i, was):
            return was._replace(void=VOID)
        return was

    def hears_seals(self, st, i, was):
        if self.mutation == "backseal":
            return was
        others = [st.ns[j] for j in self.nodes if j != i]
        return was._replace(sealed=max(was.sealed, *(m.sealed for m in others)),
                            bar=tuple(max(bars) for bars in zip(was.bar, *(m.bar for m in others))))

    def has_gone_on(self, st, i, was):
        """Whether the slot is another's by now, or its own by a title that it has forgotten."""
        mine = was.title[1] if owns_or_takes(was) else was.title[2] if was.title[0] == "C" else was.seen.t
        for j in self.nodes:
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
        # A later mark alone tells of nothing that others do not have, too, where all are reached.
        return more and self.mutation != "backmore" or m.seen[:2] > was.seen[:2]

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
