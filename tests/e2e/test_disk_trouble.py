"""A disk that fails or hangs costs what was not acknowledged, and holds up nobody who does not need it."""

import os
import random
import signal
import time
import unittest

from harness.bad_disk import BadDisk, NoBadDisk
from harness.cluster import is_error
from harness.journal import Load, data_of, files_of
from harness.journaled import Journal
from harness.waiting import eventually, not_sanitized, seconds
from test_journal import IN_DOUBT, MODES, shard_of

MANY = 100
BOUND = 64 << 20  # of what is on its way to the disk: above it no large write is taken, above twice as much none
LARGE = bytes((32 << 20) - (64 << 10))  # two are just below it, four just below that
SMALL = bytes(15 << 10)


class OnABadDisk(Journal):
    def on_bad_disk(self, mode, *flags):
        """A client of a node with two shards whose disk does what self.disk is told."""
        self.node = self.kept(mode, start=False, flags=("--stop-timeout", f"{int(seconds(500))}ms", *flags))
        try:
            self.disk = BadDisk(self.node)
        except NoBadDisk as error:
            self.skipTest(f"no disk that fails: {error}")
        self.disk.start().await_ready()
        self.addCleanup(self.disk.heal)  # before the node is told to end
        return self.client(self.node)

    def attempt_here(self, *args):
        return self.attempt(self.node, *args, within=3)

    def sent(self, *args):
        """A client that has sent a command and has not read the reply."""
        client = self.client(self.node)
        client.send(*args)
        return client

    def waits(self, client):
        """Whether there is no reply within a moment."""
        client.socket.settimeout(0.05)
        try:
            client.read()
            return False
        except TimeoutError:
            return True
        finally:
            client.socket.settimeout(seconds(10))

    def read_quickly(self, client, keys, value):
        """Reads keys, and holds half of them to 20 ms and all to a second."""
        took = []
        for key in keys:
            began = time.monotonic()
            self.assertEqual(client("GET", key), value)
            took.append(time.monotonic() - began)
        self.assertLess(sorted(took)[len(took) // 2], seconds(0.02))
        self.assertLess(max(took), seconds(1))

    def refused_on_both_shards(self):
        """Waits until neither shard takes a write."""
        keys = [next(key for key in (f"refused{i}" for i in range(99)) if shard_of(key, 2) == shard)
                for shard in range(2)]
        eventually(lambda: all(is_error(self.attempt_here("SET", key, "v"), "MISCONF") for key in keys), 10,
                   "no shard takes a write")

    def restarted(self):
        """A client of the node after a clean end and a start on a good disk."""
        return self.stopped_and_started(self.node)


class Failing(OnABadDisk):
    """After a write or sync that failed nothing more is acknowledged, and nothing that was is lost."""

    def test_a_failed_sync_is_never_tried_again(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                client = self.on_bad_disk(mode)
                client("MSET", *[part for i in range(MANY) for part in (f"k{i}", "v")])
                self.disk.order("sync .journal EIO")
                self.refused_on_both_shards()
                self.disk.heal()  # who tried again would succeed
                for i in range(20):
                    self.assertTrue(is_error(self.attempt_here("SET", f"k{i}", "w"), "MISCONF"))
                self.assertEqual(self.node.process.terminate(), 0)
                syncs = {name: deeds for name, deeds in self.disk.syncs().items() if name.endswith(".journal")}
                self.assertEqual(len(syncs), 2)
                for name, deeds in syncs.items():
                    self.assertEqual((name, deeds.index("EIO")), (name, len(deeds) - 1), deeds)
                self.assertIn("the journal cannot be synced", self.node.process.log())

    def test_writes_are_refused_with_words_and_reads_go_on(self):
        for mode in MODES:
            for order in ("sync .journal EIO", "write .journal EIO"):
                with self.subTest(mode=mode, order=order):
                    client = self.on_bad_disk(mode)
                    keys = [f"k{i}" for i in range(MANY)]
                    client("MSET", *[part for key in keys for part in (key, "v")])
                    self.disk.order(order)
                    self.refused_on_both_shards()
                    client = self.client(self.node)
                    self.assertError(client("SET", "new", "v"), "MISCONF", "Input/output error", "reads go on")
                    self.read_quickly(client, keys, b"v")
                    self.assertEqual(client("EXISTS", "new"), 0)
                    self.disk.heal()
                    self.assertError(client("SET", "new", "v"), "MISCONF")
                    client = self.restarted()
                    self.assertEqual(client("MGET", *keys, "new"), [b"v"] * MANY + [None])
                    self.assertEqual(client("SET", "new", "v"), "OK")

    def test_writes_under_way_are_not_acknowledged(self):
        for order in ("sync", "write"):
            with self.subTest(order=order):
                self.on_bad_disk("always")
                self.disk.order(f"{order} .journal hang")
                writers = [self.sent("SET", f"k{i}", "v") for i in range(20)]
                self.assertTrue(all(self.waits(writer) for writer in writers))
                self.disk.order(f"{order} .journal EIO")
                for writer in writers:
                    try:
                        self.assertError(writer.read(), "INDOUBT", "may be lost")
                    except TimeoutError:
                        raise
                    except OSError:
                        pass  # closed
                self.disk.heal()
                found = self.restarted()("MGET", *[f"k{i}" for i in range(20)])
                self.assertLessEqual(set(found), {b"v", None})

    def test_what_was_acknowledged_under_always_is_there_though_the_failed_sync_lost_the_rest(self):
        seed = random.randrange(1 << 32)
        for deed in ("sync .journal lose", "write .journal EIO", "sync .journal EIO"):
            with self.subTest(deed=deed, seed=seed):
                self.on_bad_disk("always")
                load = Load(seed, doubts=(*IN_DOUBT, "MISCONF"))
                load.start(self.node.client)
                eventually(lambda: min(load.acknowledged()) > 100, 10, "every client has written something")
                self.disk.order(deed)
                self.refused_on_both_shards()
                load.join()
                self.disk.heal()
                self.node.process.kill()
                self.assertEqual(load.wrong_keys(self.start(self.node)), [])

    def test_a_write_that_finds_no_room_waits_and_is_answered_once_there_is(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                client = self.on_bad_disk(mode)
                client("SET", "calm", "v")
                self.disk.order("write .journal ENOSPC")
                key = next(key for key in (f"k{i}" for i in range(99)) if shard_of(key, 2) != shard_of("calm", 2))
                writer = self.sent("SET", key, "v")
                self.node.process.eventually_logs("No space left")
                eventually(lambda: is_error(self.attempt_here("SET", f"{{{key}}}", "w"), "MISCONF"), 10, "it is full")
                self.assertTrue(self.waits(writer))
                self.assertEqual(client("GET", "calm"), b"v")
                self.disk.heal()
                self.assertEqual(writer.read(), "OK")
                eventually(lambda: self.attempt_here("SET", "calm", "w") == "OK", 10, "writes are taken again")
                self.assertEqual(self.restarted()("MGET", "calm", key), [b"w", b"v"])

    def test_a_new_file_whose_name_cannot_be_synced_ends_the_journal_and_damages_nothing(self):
        client = self.on_bad_disk("interval", "--shards", "1")
        value = bytes(1 << 20)
        for i in range(10):
            self.assertEqual(client("SET", f"k{i}", value), "OK")
        self.disk.order("sync /data EIO", "sync .journal good")
        acknowledged = 10
        while acknowledged < 40 and self.attempt_here("SET", f"k{acknowledged}", value) == "OK":
            acknowledged += 1
        self.assertError(self.attempt_here("SET", "k", "v"), "MISCONF", "data: cannot be synced")
        self.disk.heal()
        client = self.restarted()
        self.assertEqual(client("EXISTS", *[f"k{i}" for i in range(acknowledged)]), acknowledged)


class Hanging(OnABadDisk):
    """While the disk hangs, those wait who have to, and everybody else is served."""

    def hang(self, call):
        """A hanging disk with a writer that waits for it, on each shard."""
        self.disk.order(f"{call} .journal hang")
        writers = [self.sent("SET", f"new{i}", "v") for i in range(8)]
        self.assertTrue(all(self.waits(writer) for writer in writers))
        return writers

    def unwritten(self):
        return self.node.status()["here"]["journal_unwritten_bytes"]

    def test_replies_wait_and_reads_of_other_sessions_do_not(self):
        for mode, call in (("always", "sync"), ("always", "write"), ("interval", "write")):
            with self.subTest(mode=mode, call=call):
                client = self.on_bad_disk(mode)
                keys = [f"k{i}" for i in range(MANY)]
                client("MSET", *[part for key in keys for part in (key, "v")])
                writers = self.hang(call)
                self.read_quickly(client, keys * 3, b"v")
                self.assertTrue(self.waits(self.sent("GET", "new0")), "a read shows no change that may be lost")
                self.assertTrue(all(self.waits(writer) for writer in writers))
                self.disk.heal()
                self.assertEqual([writer.read() for writer in writers], ["OK"] * len(writers))
                self.assertEqual(client("SET", "new", "v"), "OK")
                self.node.process.kill()
                client = self.start(self.node)
                self.assertEqual(client("MGET", "new", *keys, *[f"new{i}" for i in range(8)]), [b"v"] * (MANY + 9))

    def test_above_the_bound_writes_are_refused_as_busy_until_the_disk_goes_on(self):
        for mode, call in (("always", "sync"), ("interval", "write")):
            with self.subTest(mode=mode, call=call):
                client = self.on_bad_disk(mode, "--shards", "1")
                client("SET", "calm", "v")
                self.disk.order(f"{call} .journal hang")
                # The last one is taken below the bound, and leaves room for some small ones above it.
                writers = []
                for names in ("a",), ("b",), ("c", "d"):
                    writers.append(self.sent("MSET", *[part for name in names for part in (f"{{large}}{name}", LARGE)]))
                    eventually(lambda: self.node.keys_held() == " abcd".index(names[-1]) + 1, 20, "it is taken")
                self.assertGreater(self.unwritten(), BOUND)
                self.assertError(client("SET", "calm", LARGE), "BUSY", "does not keep up")
                small = []
                while self.unwritten() <= 2 * BOUND:
                    small.append(self.sent("SET", f"small{len(small)}", SMALL))
                    self.assertTrue(self.waits(small[-1]), "a small one is taken for as long as there is room for it")
                self.assertGreater(len(small), 10)
                self.assertError(client("SET", "calm", "w"), "BUSY", "does not keep up")
                self.assertEqual(client("GET", "calm"), b"v")
                self.disk.heal()
                self.assertEqual([writer.read() for writer in writers + small], ["OK"] * len(writers + small))
                self.assertEqual(client("SET", "calm", "w"), "OK")
                self.assertEqual(client("SET", "{large}e", LARGE), "OK")
                client = self.restarted()
                self.assertEqual(client("GET", "calm"), b"w")
                self.assertEqual([client("STRLEN", f"{{large}}{name}") for name in "abcde"], [len(LARGE)] * 5)
                self.assertEqual(client("EXISTS", *[f"small{i}" for i in range(len(small))]), len(small))

    def test_a_sync_that_hangs_under_interval_holds_up_nobody(self):
        client = self.on_bad_disk("interval")
        client("SET", "k", "v")
        self.disk.order("sync .journal hang")
        began = time.monotonic()
        # Long enough for a sync to be due.
        eventually(lambda: client("INCR", "count") and time.monotonic() - began > 1.2, 5, "a sync hangs")
        count = client("INCR", "count")
        self.node.process.kill()
        self.assertEqual(self.start(self.node)("INCR", "count"), count + 1)

    def test_an_end_is_not_held_up_by_a_disk_that_hangs(self):
        for mode, order in (("always", "sync .journal hang"), ("interval", "write .journal hang"),
                            ("interval", "sync .journal hang")):
            with self.subTest(mode=mode, order=order):
                client = self.on_bad_disk(mode)
                keys = [f"k{i}" for i in range(MANY)]
                client("MSET", *[part for key in keys for part in (key, "v")])
                self.disk.order(order)
                waiting = [self.sent("SET", f"new{i}", "v") for i in range(8)]
                eventually(lambda: self.node.status()["here"]["keys"] == MANY + 8, 10, "they have arrived")
                self.node.process.signal(signal.SIGTERM)
                self.assertEqual(self.node.process.wait(within=6), 3)
                self.assertRegex(self.node.process.log(), "warning .*data: the disk has not answered .*may be lost")
                answered = [f"new{i}" for i, client in enumerate(waiting) if self.answer(client) == "OK"]
                self.assertEqual(len(answered), 0 if order != "sync .journal hang" or mode == "always" else 8)
                self.assertEqual(self.start(self.node)("MGET", *keys, *answered), [b"v"] * (MANY + len(answered)))

    @staticmethod
    def answer(client):
        try:
            return client.read()
        except OSError:
            return None

    def test_a_second_signal_ends_it_at_once(self):
        client = self.on_bad_disk("interval", "--stop-timeout", "60s")
        client("SET", "k", "v")
        self.disk.order("sync .journal hang")
        self.node.process.signal(signal.SIGTERM)
        self.node.process.eventually_logs("SIGTERM")
        self.node.process.signal(signal.SIGTERM)
        self.assertEqual(self.node.process.wait(within=6), 3)
        self.assertEqual(self.start(self.node)("GET", "k"), b"v")


class DuringASnapshot(OnABadDisk):
    """A snapshot is work for later: trouble with it is no trouble for clients."""

    def setUp(self):
        self.begin()

    def begin(self, *flags):
        self.client_ = self.on_bad_disk("interval", "--shards", "1", *flags)
        self.value = bytes(300_000)

    def write_much(self):
        """More than a journal may grow by before its sessions are copied."""
        for i in range(180):
            self.assertEqual(self.client_("SET", f"k{i % 8}", b"%d " % i + self.value), "OK")

    def snapshots(self, extension=".snapshot"):
        return [name for name in os.listdir(data_of(self.node)) if name.endswith(extension)]

    def same_after_restart(self):
        before = self.client_("MGET", *[f"k{i}" for i in range(8)])
        self.assertEqual(self.restarted()("MGET", *[f"k{i}" for i in range(8)]), before)

    @not_sanitized
    def test_one_that_fails_is_left_out_and_nothing_else_is(self):
        for order in ("sync .snapshot EIO", "write .snapshot EIO", "write .snapshot ENOSPC", "sync .snapshot lose"):
            with self.subTest(order=order):
                self.begin("--stop-timeout", "10s")  # what was written has to get to a disk that may be slow
                self.disk.order(order)
                self.write_much()
                self.node.process.eventually_logs("the snapshot is tried again later")
                self.write_much()
                self.assertEqual(self.snapshots() + self.snapshots(".new"), [])
                self.assertGreater(len(files_of(self.node)), 2)
                self.disk.heal()
                self.same_after_restart()

    def test_one_that_hangs_holds_up_nobody_and_goes_on_later(self):
        for call in ("write", "sync"):
            with self.subTest(call=call):
                self.disk.order(f"{call} .snapshot hang")
                self.write_much()
                eventually(lambda: self.snapshots(".new"), 10, "a snapshot is being written")
                self.write_much()
                self.assertEqual(self.snapshots(), [])
                self.disk.heal()
                eventually(self.snapshots, 10, "the snapshot has its name")
                self.same_after_restart()
                self.setUp()

    def test_one_that_hangs_does_not_hold_up_the_end(self):
        self.disk.order("write .snapshot hang")
        self.write_much()
        eventually(lambda: self.snapshots(".new"), 10, "a snapshot is being written")
        before = self.client_("MGET", *[f"k{i}" for i in range(8)])
        self.node.process.signal(signal.SIGTERM)
        self.assertEqual(self.node.process.wait(within=6), 3)
        self.assertIn("the disk has not answered", self.node.process.log())
        self.assertEqual(self.start(self.node)("MGET", *[f"k{i}" for i in range(8)]), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
