"""A client with a fixed, modest rate on a node that others attack: what it notices of them is measured.

It runs as a process of its own, so that the attacker's Python does not stand in its way. A request counts from the
moment when it was due, not from when it was sent: one that stands still for a second makes a hundred late ones.
"""

import collections
import contextlib
import json
import os
import pathlib
import select
import subprocess
import sys
import time

from .process import clean_environment, die_with_parent
from .resp import Client
from .waiting import seconds

PER_SECOND = 100
CONNECTIONS = 4  # dealt out to the shards in turn, so every shard has some

# How late the p99 may be, in seconds: there is room for neighbours, and for every attacker whose turn comes first.
# strict.py has narrower bounds. It has the figures written to LIMPET_HOSTILE_FIGURES, a file, and judges them itself;
# with LIMPET_HOSTILE_CONTROL=1 they tell what the machine alone does.
_FLOOR, _FLOOR_PER_ATTACKER = 0.100, 0.020
_FIGURES = os.environ.get("LIMPET_HOSTILE_FIGURES")
# A bound that has the floor below it needs no more than an idea of what the machine does by itself.
_BEFORE = PER_SECOND if _FIGURES else PER_SECOND // 4

Figures = collections.namedtuple("Figures", "count p50 p99 worst")


def bound(before, attackers):
    """The bystander's p99 during an attack by so many connections may be this, going by its figures before."""
    return max(3 * before.p99, seconds(_FLOOR + _FLOOR_PER_ATTACKER * attackers))


class Bystander:
    """Sends PER_SECOND requests to a node, one after the other, from its start until close()."""

    def __init__(self, node, password=None, keys=None):
        keys = keys or [f"bystander:{i}" for i in range(16)]
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", __name__, node.client, *keys], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=pathlib.Path(__file__).parents[1],
            env=clean_environment(BYSTANDER_PASSWORD=password or "", BYSTANDER_FIRST="1" if _FIGURES else ""),
            preexec_fn=die_with_parent)
        self.before = self.figures(_BEFORE)

    def served(self, count):
        """Waits until so many more of its requests were answered: the attack's clock."""
        self._ask("served", count)

    def figures(self, count=PER_SECOND):
        """What the requests since the last call took; waits until there are so many of them."""
        return Figures(**self._ask("figures", count))

    def close(self):
        if self.process.returncode is None:
            self.process.kill()
            self.process.communicate()

    def _ask(self, what, count):
        try:
            self.process.stdin.write(f"{what} {count}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, and has said why
        patience = seconds(20 + count / PER_SECOND)
        if not select.select([self.process.stdout], [], [], patience)[0]:
            raise AssertionError(f"the bystander was not served {count} times in {patience:g} s")
        told = json.loads(self.process.stdout.readline() or '{"broken": "it has died"}')
        if "broken" in told:
            raise AssertionError(f"the bystander: {told['broken']}")
        return told


class Watched:
    """For test classes: `with self.bystander(node) as bystander:` holds the attack in it to bound()."""

    @contextlib.contextmanager
    def bystander(self, node, attackers=1, **kwargs):
        if os.environ.get("LIMPET_HOSTILE_CONTROL") == "1":
            # On a node of its own: all that it notices is the machine's doing.
            node, kwargs = self.cluster(nodes=1)["n1"], {}
        bystander = Bystander(node, **kwargs)
        self.addCleanup(bystander.close)
        yield bystander
        during, limit = bystander.figures(), bound(bystander.before, attackers)
        bystander.close()
        texts = ["p50 %.1f p99 %.1f worst %.1f" % tuple(1000 * figure for figure in figures[1:])
                 for figures in (bystander.before, during)]
        print(f"    bystander, ms: before {texts[0]}; during {texts[1]}; bound {1000 * limit:.1f}", flush=True)
        if _FIGURES:
            with open(_FIGURES, "a", encoding="utf-8") as file:
                line = {"claim": self.id(), "before": bystander.before._asdict(), "during": during._asdict()}
                file.write(json.dumps(line) + "\n")
        else:
            self.assertLessEqual(during.p99, limit, "the bystander waited too long")


class _Requests:
    """The bystander's own side: its connections, and what its requests took."""

    def __init__(self, address, keys, password):
        self.clients = [Client(address) for _ in range(CONNECTIONS)]
        self.keys = keys
        self.count = 0
        self.taken = []
        for client in self.clients if password else ():
            self.expect(client("AUTH", password), "OK")

    @staticmethod
    def expect(reply, expected):
        if reply != expected:
            raise RuntimeError(f"{reply!r} instead of {expected!r}")

    def one(self, due):
        client = self.clients[self.count % CONNECTIONS]
        key, value = self.keys[self.count // 2 % len(self.keys)], str(self.count // 2).encode()
        if self.count % 2 == 0:
            self.expect(client("SET", key, value), "OK")
        else:
            self.expect(client("GET", key), value)
        self.count += 1
        self.taken.append(time.monotonic() - due)

    def figures(self):
        taken, self.taken = sorted(self.taken), []
        return {"count": len(taken), "p50": taken[len(taken) // 2], "p99": taken[int(len(taken) * 0.99) - 1],
                "worst": taken[-1]}


def _run(requests):
    due = time.monotonic()
    asked, until = None, 0
    while True:
        due += 1 / PER_SECOND
        if select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
            asked, count = sys.stdin.readline().split()
            until = int(count) + requests.count - (len(requests.taken) if asked == "figures" else 0)
            select.select([], [], [], max(0.0, due - time.monotonic()))
        requests.one(due)
        if asked and requests.count >= until:
            print(json.dumps(requests.figures() if asked == "figures" else {}), flush=True)
            asked = None


if __name__ == "__main__":
    if os.environ.get("BYSTANDER_FIRST"):
        with contextlib.suppress(PermissionError):  # what it waits for a core is none of the server's doing
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    try:
        _run(_Requests(sys.argv[1], sys.argv[2:], os.environ.get("BYSTANDER_PASSWORD")))
    except Exception as error:  # told to whoever asks next
        print(json.dumps({"broken": repr(error)}), flush=True)
