"""Slots move also where that is hard: large values, a disk that is full or slow, a node that dies while it is granted
slots and whose disk is lost."""

import shutil
import signal
import time
import unittest

from harness.bad_disk import BadDisk, NoBadDisk
from harness.filled import MovingCase
from harness.journal import data_of
from harness.moving import await_settled, edit, here
from harness.process import binary, run
from harness.waiting import eventually, not_sanitized

BOTH = ["n1", "n2"]
# Few slots are n2's, so that a move is over soon.
WEIGHTS = {"n1": 1.0, "n2": 0.02}
LARGE = 30 << 20


class HardMoves(MovingCase):
    def two(self, *flags):
        """A cluster of two, of which n1 has what n2 is to get; n2's disk is what self.disk is told."""
        self.nodes = self.cluster(start=False, nodes=2, flags=["--durability", "interval", *flags])
        self.nodes.write(weights=WEIGHTS, states={"n2": "draining"})
        try:
            disks = [BadDisk(node) for node in self.nodes]
        except NoBadDisk as error:
            self.skipTest(f"no disk that fails: {error}")
        for disk in disks:
            disk.start()
            self.addCleanup(disk.heal)
        for node in self.nodes:
            node.await_ready()
        self.nodes.await_links()
        self.nodes.await_first_holders()
        self.fill(self.nodes["n1"])
        return disks

    def give(self, epoch, states=None):
        edit(self.nodes, epoch, BOTH, reload=BOTH, weights=WEIGHTS, states=states or {})

    def test_a_disk_that_is_full_for_a_while_holds_moves_up_and_nothing_else(self):
        for giver in (0, 1):
            with self.subTest(full=BOTH[giver]):
                disks = self.two()
                bad, node = disks[giver], self.nodes[BOTH[giver]]
                bad.order("write .titles ENOSPC")
                self.give(2)
                node.process.eventually_logs("no slot changes hands until there is room")
                eventually(lambda: "no slot changes hands" in node.get("/readyz")[2], 5, "it is said")
                self.assertEqual(node.status()["here"]["titles"], "full")
                self.assertIn("limpet_titles_full 1", node.get("/metrics")[2])
                self.expect_filled(self.nodes["n1"])
                self.expect_filled(self.nodes["n2"])
                bad.heal()
                await_settled(self.nodes, BOTH)
                self.assertGreater(here(self.nodes["n2"])["slots"], 100)
                eventually(lambda: node.status()["here"]["titles"] == "ok", 5, "it is over")
                self.expect_filled(self.nodes["n2"])

    @not_sanitized
    def test_on_a_disk_that_syncs_slowly_slots_move_all_the_same(self):
        disks = self.two()
        disks[1].order("sync . slow")
        self.give(2)
        eventually(lambda: here(self.nodes["n2"])["slots"] >= 8, 30, "slots are there")
        disks[1].heal()
        await_settled(self.nodes, BOTH)
        self.expect_filled(self.nodes["n2"])

    @not_sanitized
    def test_a_hash_of_three_fields_of_30_mib_moves_and_nobody_waits_for_it(self):
        self.two()
        client = self.client(self.nodes["n1"], 60)
        before = here(self.nodes["n1"])["slots"]
        for i in range(3):
            self.assertEqual(client("HSET", "large", f"f{i}", bytes([65 + i]) * LARGE), 1)
        # One after the other: n2 would refuse, and n1 count, slots that are offered by a file that n2 has not read.
        for name in ("n2", "n1"):
            edit(self.nodes, 2, BOTH, reload=[name], weights=WEIGHTS, states={"n1": "draining"})
        eventually(lambda: here(self.nodes["n1"])["slots"] == 0, 60, "n1 has given everything away")
        self.assertGreater(before, 0)
        there = self.client(self.nodes["n2"], 60)
        for i in range(3):
            self.assertEqual(there("HSTRLEN", "large", f"f{i}"), LARGE)
        self.assertNotIn("too long", self.nodes["n1"].process.log())
        self.assertEqual(here(self.nodes["n1"])["handovers_failed_total"], 0)
        self.expect_filled(self.nodes["n1"])


class Granted(MovingCase):
    def test_slots_that_were_being_granted_to_a_node_that_is_lost_are_kept_by_who_gave_them(self):
        self.nodes = self.cluster(start=False, nodes=3, flags=["--durability", "interval"])
        weights = {"n1": 1.0, "n2": 0.05, "n3": 1.0}
        self.nodes.write(weights=weights, states={"n2": "draining"})
        self.nodes["n1"].start()
        self.nodes["n3"].start()
        self.nodes["n2"].start(env={"LIMPET_KILL_AT": "hears-grant:1"})
        for node in self.nodes:
            node.await_ready()
        self.nodes.await_links()
        self.nodes.await_first_holders()
        self.fill(self.nodes["n1"])
        rest = [self.nodes["n1"], self.nodes["n3"]]
        self.nodes.write(epoch=2, weights=weights)
        for node in self.nodes:
            node.process.signal(signal.SIGHUP)
        eventually(lambda: not self.nodes["n2"].process.running(), 20, "n2 dies")
        shutil.rmtree(data_of(self.nodes["n2"]))
        self.nodes.write(epoch=3, weights=weights, states={"n2": "down"})
        for node in rest:
            node.process.signal(signal.SIGHUP)
        eventually(lambda: all(n.status()["cluster"]["epoch"] == 3 for n in rest), 10, "one file")
        self.claim(rest[0])
        eventually(lambda: sum(here(node)["slots"] for node in rest) == 16384, 20, "all slots are held")
        self.expect_filled(rest[0])
        self.expect_filled(rest[1])

    def claim(self, node):
        """Asks until nothing is left to take."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            done = run(binary("limpet"), "-s", node.client, "cluster", "claim", "n2", "--yes")
            if done.returncode == 0:
                return
            time.sleep(0.2)
        self.fail(done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
