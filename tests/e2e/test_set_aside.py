"""A start that ignores the journal never lets a later one take it for what the sessions are, and never loses it."""

import os
import shutil
import unittest

from harness.journal import data_of
from harness.journaled import Journal
from harness.ports import free_address
from harness.process import Process, binary, run
from harness.resp import Client
from harness.waiting import eventually


class BetweenTwoJournals(Journal):
    """A node that runs under none between two lives with a journal."""

    def setUp(self):
        super().setUp()
        self.node = self.kept("interval", start=False)
        client = self.start(self.node)
        self.assertEqual(client("MSET", "deleted", "old", "overwritten", "old", "untouched", "old"), "OK")

    def asides(self):
        folder = data_of(self.node)
        return [os.path.join(folder, name) for name in os.listdir(folder) if name.startswith("set-aside-")]

    def live_without(self, end):
        """A life under none in which one key is deleted and one overwritten."""
        client = self.stopped_and_started(self.node, "--durability", "none")
        self.assertEqual(client("DBSIZE"), 0)
        self.assertEqual(client("SET", "overwritten", "new"), "OK")
        client("DEL", "deleted")
        end(self.node.process)

    def test_what_the_journal_had_does_not_come_back(self):
        for end in (Process.terminate, Process.kill):
            with self.subTest(end=end.__name__):
                self.live_without(end)
                client = self.start(self.node)
                self.assertEqual(client("MGET", "deleted", "overwritten", "untouched"), [None] * 3)
                self.assertEqual(client("MSET", "deleted", "old", "overwritten", "old", "untouched", "old"), "OK")

    def test_it_is_set_aside_whole_named_in_the_log_and_never_removed(self):
        self.live_without(Process.terminate)
        [aside] = self.asides()
        log = self.node.process.log()
        self.assertIn(aside, log)
        self.assertIn("move the files", log)
        for mode in ("interval", "none", "none", "always"):
            self.start(self.node, "--durability", mode)("SET", "k", mode)
            self.assertEqual(self.node.process.terminate(15), 0)
        self.assertEqual(len(self.asides()), 2)
        self.assertIn(aside, self.asides())
        # A data directory by itself, for tools as for a node.
        self.assertEqual(run(binary("limpet"), "journal", "verify", aside).returncode, 0)
        self.assertIn('"untouched" "old"', run(binary("limpet"), "journal", "dump", aside, "untouched").stdout)

    def test_its_sessions_come_back_as_the_log_says(self):
        self.live_without(Process.terminate)
        [aside] = self.asides()
        for name in os.listdir(aside):
            if name != "limpet.id":
                shutil.move(os.path.join(aside, name), data_of(self.node))
        client = self.start(self.node)
        self.assertEqual(client("MGET", "deleted", "overwritten", "untouched"), [b"old"] * 3)

    def test_a_start_that_was_cut_off_meanwhile_has_lost_nothing(self):
        self.assertEqual(self.node.process.terminate(15), 0)
        folder = data_of(self.node)
        unfinished = os.path.join(folder, "set-aside-0000000002.unfinished")
        os.mkdir(unfinished)
        for name in sorted(os.listdir(folder))[::2]:
            if name.endswith((".journal", ".seals")):
                shutil.move(os.path.join(folder, name), unfinished)
        client = self.start(self.node)
        self.assertIn("taken back", self.node.process.log())
        self.assertEqual(client("MGET", "deleted", "overwritten", "untouched"), [b"old"] * 3)


class WithoutACluster(Journal):
    """The same for a node that needs no directory under none: one that is told of a directory does not ignore it."""

    def test_a_single_node_sets_aside_too(self):
        folder, address = os.path.join(self.cluster(nodes=1, start=False).folder, "single"), free_address()
        command = [binary("limpetd"), "--listen", address, "--shards", "2", "--data-dir", folder]

        def started(*flags):
            log = f"{folder}.{len(os.listdir(os.path.dirname(folder)))}.log"
            process = Process([*command, *flags], log)
            self.addCleanup(process.kill)
            eventually(lambda: "ready:" in process.log() or not process.running(), 10, "it is ready")
            return process, Client(address, 10)
        process, client = started("--durability", "none")
        self.assertFalse(os.path.exists(folder))
        process.terminate()
        for durability, found in (("interval", None), ("none", None), ("interval", None), ("interval", b"interval")):
            process, client = started("--durability", durability)
            with client:
                self.assertEqual(client("GET", "k"), found)
                client("SET", "k", durability)
            process.terminate()


if __name__ == "__main__":
    unittest.main(verbosity=2)
