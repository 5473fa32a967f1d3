"""Networks that lose what nodes say to each other: who holds a slot serves it, and clients are told what is wrong.

The output says what the network between the nodes is made of (harness/partitions.py).
"""

import contextlib
import itertools
import signal
import time
import unittest

from harness.filled import SESSIONS, MovingCase
from harness.load import descriptors
from harness.moving import Counters, await_settled, here
from harness.partitions import await_links, choose, link_state
from harness.resp import Error
from harness.waiting import eventually, seconds

NAMES = ["n1", "n2", "n3"]
REFUSED = {"CLUSTERDOWN", "TRYAGAIN"}  # nothing has happened
ALLOWED = {*REFUSED, "INDOUBT"}
FORWARD_SECONDS = 2  # the default of forward-timeout
WAIT_SECONDS = 1  # that a command waits first, at most, where its slot is on its way
PROBES = 4000

N1_HEAVY = {"n1": 3.0, "n2": 1.0, "n3": 1.0}
N3_HEAVY = {"n1": 1.0, "n2": 1.0, "n3": 3.0}


def setUpModule():
    global Network
    Network = choose()


class Partitioned(MovingCase):
    def begin(self, weights=None):
        stack = self.enterContext(contextlib.ExitStack())
        self.nodes = self.cluster(start=False, flags=["--durability", "interval"])
        self.network = Network(self.nodes, stack)
        self.network.write(weights=weights)
        for node in self.nodes:
            self.network.start(node)
        for node in self.nodes:
            node.await_ready()
        self.nodes.await_links()
        self.nodes.await_first_holders()
        self.fill(self.nodes["n2"])

    def cut(self, one, other):
        self.network.lose(one, other)
        self.network.lose(other, one)

    def heal(self):
        self.network.heal()
        await_links(self.nodes, itertools.combinations(NAMES, 2), up=True)

    def ask_in_time(self, node, commands, within=WAIT_SECONDS + FORWARD_SECONDS + 0.5):
        """Replies to a pipeline, all of which come within that time."""
        with node.connect(30) as client:
            began = time.monotonic()
            replies = client.pipeline(commands)
            self.assertLess(time.monotonic() - began, seconds(within))
        return replies


class Moving(Partitioned):
    """A node is cut off from both others in the middle of moving slots."""

    def probe(self, lonely):
        """Increments many keys on both sides. Returns which of them each side has counted, and which it may have."""
        counted, doubtful = [], set()
        for name in (lonely, "n2"):
            replies = self.ask_in_time(self.nodes[name], [("INCR", f"probe{i}") for i in range(PROBES)])
            self.assertLessEqual({reply.code for reply in replies if isinstance(reply, Error)}, ALLOWED)
            counted.append({i for i, reply in enumerate(replies) if not isinstance(reply, Error)})
            # A link that has been broken may not have been noticed by every shard.
            doubtful |= {i for i, reply in enumerate(replies) if isinstance(reply, Error) and reply.code == "INDOUBT"}
        return *counted, doubtful

    def check_cut_off(self, lonely):
        self.begin(N1_HEAVY)
        with Counters([node.client for node in self.nodes], clients=3) as counters:
            counters.await_more()
            self.network.write(epoch=2, weights=N3_HEAVY)
            for node in self.nodes:
                node.process.signal(signal.SIGHUP)
            eventually(lambda: here(self.nodes["n3"])["slots_received_total"] > 200, 20, "slots move")
            pairs = [(lonely, name) for name in NAMES if name != lonely]
            for pair in pairs:
                self.cut(*pair)
            self.assertGreater(here(self.nodes["n1"])["slots_to_give"], 0, "all had been moved before the cut")
            await_links(self.nodes, pairs, up=False)
            minority, majority, doubtful = self.probe(lonely)
            self.assertEqual(minority & majority, set(), "slots with two owners")
            self.assertGreater(min(len(minority), len(majority)), 100)
            self.heal()
            await_settled(self.nodes, NAMES)
            self.assertAlmostEqual(here(self.nodes["n3"])["slots"], 9830, delta=200)
            counters.await_more()
        self.assertEqual(counters.wrong(self.client(self.nodes["n2"])), [])
        self.assertLessEqual({e.code if isinstance(e, Error) else "broken" for e in counters.errors}, ALLOWED)
        self.expect_filled(self.nodes[lonely])
        values = self.ask_in_time(self.nodes["n2"], [("GET", f"probe{i}") for i in range(PROBES)])
        found = {i for i, value in enumerate(values) if value is not None}
        self.assertLessEqual(minority | majority, found)
        self.assertLessEqual(found, minority | majority | doubtful)
        self.assertLessEqual({values[i] for i in found - doubtful}, {b"1"})

    def test_the_node_that_gives_is_cut_off_and_no_slot_has_two_owners_and_nothing_is_lost(self):
        self.check_cut_off("n1")

    def test_the_node_that_receives_is_cut_off_and_no_slot_has_two_owners_and_nothing_is_lost(self):
        self.check_cut_off("n3")


class OneWay(Partitioned):
    def test_links_of_which_one_direction_is_dead_stay_down_and_come_back_once_it_works(self):
        self.begin()
        of_n2, of_n3 = self.nodes.keys_of("n2", 1, "a")[0], self.nodes.keys_of("n3", 1, "b")[0]
        self.network.lose("n1", "n2")
        await_links(self.nodes, [("n1", "n2")], up=False)
        eventually(lambda: self.is_refused_at_once(self.nodes["n1"], of_n2), 10, "both shards have noticed")
        failed = self.failures()
        over = time.monotonic() + seconds(4)
        while time.monotonic() < over:
            self.assertNotEqual(link_state(self.nodes["n1"], "n2"), "up")
            self.assertNotEqual(link_state(self.nodes["n2"], "n1"), "up")
            reply, = self.ask_in_time(self.nodes["n1"], [("SET", of_n2, "v")], within=1)
            self.assertError(reply, "CLUSTERDOWN", "n2")
            for name in ("n1", "n2"):  # nobody else is touched
                self.assertEqual(self.ask_in_time(self.nodes[name], [("SET", of_n3, "v")], within=1), ["OK"])
            self.assertEqual(self.ask_in_time(self.nodes["n3"], [("SET", of_n2, "w")], within=1), ["OK"])
        # Two nodes of two shards each, which wait longer after each failure.
        self.assertLess(self.failures() - failed, 4 * 10)
        self.heal()
        self.assertEqual(self.ask_in_time(self.nodes["n1"], [("GET", of_n2)]), [b"w"])
        self.expect_filled(self.nodes["n1"])

    def is_refused_at_once(self, node, key):
        """By both shards, to which clients are dealt in turn."""
        began = time.monotonic()
        for _ in range(2):
            with node.connect(30) as client:
                self.assertError(client("SET", key, "v"), "CLUSTERDOWN")
        return time.monotonic() - began < seconds(1)

    def failures(self):
        return sum(n["link"]["failures_total"] for node in self.nodes for n in node.status()["nodes"] if n["link"])


class HalfOpen(Partitioned):
    """A link that nobody has closed, and that carries nothing any more, with requests under way."""

    def check_requests_in_flight(self, *lost):
        """Loses these directions. Returns what the writes did of which nobody can say whether they were executed."""
        self.begin()
        sessions = self.nodes.keys_of("n2", 8, "flight")
        keys = [f"{{{session}}}{i}" for session in sessions for i in range(40)]
        before = descriptors(self.nodes["n1"].process.pid)
        with self.nodes["n1"].connect(30) as reads, self.nodes["n1"].connect(30) as writes:
            for direction in lost:
                self.network.lose(*direction)
            began = time.monotonic()
            writes.send_raw(b"".join(b"INCR %s\r\n" % key.encode() for key in keys))
            reads.send_raw(b"".join(b"GET s%d\r\n" % i for i in range(SESSIONS)))
            replies = [writes.read() for _ in keys]
            values = [reads.read() for _ in range(SESSIONS)]
            self.assertLess(time.monotonic() - began, seconds(FORWARD_SECONDS + 1))
        codes = [reply.code if isinstance(reply, Error) else "acknowledged" for reply in replies]
        self.assertIn("INDOUBT", codes)
        self.assertLessEqual(set(codes), {"INDOUBT", "CLUSTERDOWN"})
        self.assertEqual({value.code for value in values if isinstance(value, Error)}, {"CLUSTERDOWN"})
        self.assertGreater(sum(not isinstance(value, Error) for value in values), SESSIONS // 2)
        await_links(self.nodes, [("n1", "n2")], up=False)
        self.heal()
        eventually(lambda: descriptors(self.nodes["n1"].process.pid) <= before, 10, "no connection is left behind")
        counts = [int(count or 0) for count in self.ask_in_time(self.nodes["n1"], [("GET", key) for key in keys])]
        self.assertEqual({count for code, count in zip(codes, counts) if code == "CLUSTERDOWN"} - {0}, set())
        doubtful = {count for code, count in zip(codes, counts) if code == "INDOUBT"}
        self.assertLessEqual(doubtful, {0, 1})
        return doubtful

    def test_answers_that_are_lost_leave_writes_in_doubt_that_were_executed_once(self):
        self.assertIn(1, self.check_requests_in_flight(("n2", "n1")))

    def test_requests_that_are_lost_leave_writes_in_doubt_that_never_run_twice(self):
        self.check_requests_in_flight(("n1", "n2"), ("n2", "n1"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
