"""The state of the model of copies: nodes, the arbiter's records, and what is small and common to all rules."""
from typing import NamedTuple

A, B = 0, 1
NAMES = "ABCDE"
ACKS = ("majority", "all")
PART = 1000  # a term is cessions * PART + restarts: compared as the pair is
ROUND = 10  # terms apart of two that set it above all there are
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
    bar: tuple = (0,) * len(NAMES)


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
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


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
