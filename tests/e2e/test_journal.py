"""A node with a journal has after any end what it acknowledged, and refuses what it cannot trust.

LIMPET_CRASH_ROUNDS: how often each crash test kills its node [12]; LIMPET_CRASH_SEED: the seed of the dice.
"""

import binascii
import os
import pathlib
import random
import re
import signal
import stat
import subprocess
import sys
import time
import unittest

from harness.cluster import is_error
from harness.journal import FAR, Load, NoVolume, Volume, contents, data_of, dump, files_of, overwrite
from harness.journaled import Journal
from harness.ports import free_address
from harness.process import Process, binary, run
from harness.resp import Error, encode
from harness.waiting import SLOWNESS, eventually, not_sanitized, seconds

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

from differential.edges import ALL_KEYS  # noqa: E402
from differential.stream import DATA_COMMANDS, Stream  # noqa: E402

ROUNDS = int(os.environ.get("LIMPET_CRASH_ROUNDS", "12"))
MODES = ("interval", "always")
SHARDS = (1, 2, 3, 4, 5, 7)
IN_DOUBT = ("INDOUBT", "CLUSTERDOWN")  # what is answered for a shard or node that does not


def shard_of(key, shards):
    """The shard of a key without braces, on a node with so many."""
    return binascii.crc_hqx(key.encode(), 0) % 16384 % shards


def send_random(client, stream):
    for _ in range(40):
        client.pipeline([item.args for item in stream.batch(100) if item.name in DATA_COMMANDS])


class Killed(Journal):
    """kill -9 loses nothing that was acknowledged: what the kernel has been given stays."""

    maxDiff = None

    def setUp(self):
        seed = int(os.environ.get("LIMPET_CRASH_SEED", random.randrange(1 << 32)))
        print(f"LIMPET_CRASH_SEED={seed}", file=sys.stderr)
        self.seed, self.rng = seed, random.Random(seed)

    def kill_after(self, node, time_left, stop_first=False):
        """Kills a node after so many seconds, perhaps while it stops. It must not have ended by itself."""
        self.assertIsNone(self.end_of(node, time_left * SLOWNESS), "ended by itself")
        if stop_first:
            node.process.signal(signal.SIGTERM)
            self.assertIn(self.end_of(node, self.rng.uniform(0, 0.02)), (None, 0))
        node.process.kill()

    @staticmethod
    def end_of(node, time_left):
        """The code with which a node ends by itself within so many seconds; None if it does not."""
        try:
            return node.process.popen.wait(time_left)
        except subprocess.TimeoutExpired:
            return None

    def crash(self, mode):
        node = self.kept(mode, start=False)
        load = Load(self.seed, doubts=IN_DOUBT)
        shards = self.rng.sample(SHARDS, len(SHARDS))
        acknowledged = 0
        for number in range(ROUNDS):
            flags = ["--shards", str(shards[number % len(shards)])]
            if self.rng.random() < 0.3:  # a start is no better a moment to be killed at
                node.start(*flags)
                self.kill_after(node, self.rng.uniform(0, 0.08))
            self.check([load], node, number, *flags)
            load.start(node.client)
            # The longer ones have syncs between the writes.
            self.kill_after(node, self.rng.uniform(0, 1.5 if self.rng.random() < 0.15 else 0.2),
                            stop_first=self.rng.random() < 0.2)
            load.join()
            acknowledged += sum(load.acknowledged())
        self.check([load], node, "at the end")
        self.assertGreater(acknowledged, 20 * ROUNDS)

    def check(self, loads, node, number, *flags):
        client = self.start(node, *flags)
        self.assertEqual([load.wrong_keys(client) for load in loads], [[]] * len(loads), (self.seed, number))

    @not_sanitized
    def test_whatever_was_acknowledged_under_interval_is_there_at_the_next_start(self):
        self.crash("interval")

    def test_whatever_was_acknowledged_under_always_is_there_at_the_next_start(self):
        self.crash("always")

    def test_whatever_was_acknowledged_of_large_values_is_there_at_the_next_start(self):
        node = self.kept(start=False)
        load = Load(self.seed, pages=200, doubts=IN_DOUBT)
        for number in range(max(1, ROUNDS // 4)):
            self.check([load], node, number, "--shards", str(1 + number % 3))
            load.start(node.client)
            self.kill_after(node, self.rng.uniform(0, 0.8))
            load.join()
        self.check([load], node, "at the end")

    def test_what_waits_behind_a_slow_write_is_not_acknowledged_before_it_is_safe(self):
        node = self.kept("always", start=False)
        loads = (Load(self.seed, doubts=IN_DOUBT),
                 Load(self.seed, clients=1, keys=4, name="{{large{}}}".format, pages=4096, doubts=IN_DOUBT))
        for number in range(max(1, ROUNDS // 3)):
            self.check(loads, node, number, "--shards", "1")
            for load in loads:
                load.start(node.client)
            self.kill_after(node, self.rng.uniform(0.2, 0.4))
            for load in loads:
                load.join()
        self.check(loads, node, "at the end")

    def test_whatever_another_node_acknowledged_for_the_killed_one_is_there_too(self):
        nodes = self.cluster(nodes=2, flags=["--durability", "always"])
        tags = [f"{{{tag}}}" for tag in nodes.keys_of("n2", 6)]
        load = Load(self.seed, keys=12, name=lambda word: self.rng.choice(tags) + word, doubts=IN_DOUBT)
        for number in range(max(1, ROUNDS // 4)):
            load.start(nodes["n1"].client)
            self.kill_after(nodes["n2"], self.rng.uniform(0.05, 0.4))
            load.join()
            self.check([load], nodes["n2"], number)
            nodes.await_links()

    def test_a_key_on_its_way_to_another_shard_is_always_under_one_of_its_names(self):
        node = self.kept("always", flags=("--shards", "2"))
        client = self.client(node)
        old, new, (big, *_) = ([key for key in (f"{word}{i}" for i in range(100)) if shard_of(key, 2) == shard][:32]
                               for word, shard in (("old", 0), ("new", 1), ("big", 1)))
        for number in range(2):
            client("MSET", *[part for key in old for part in (key, "v")])
            movers = [self.client(node) for _ in old]  # on both shards in turn
            # The shard that the keys go to has much to write just then, and the other one little.
            self.client(node).send("HSET", big, *[part for i in range(6) for part in (i, bytes(8 << 20))])
            eventually(lambda: client("DBSIZE") == len(old) + 1, 10, "that is on its way to the disk")
            for mover, *names in zip(movers, old, new):
                mover.send("RENAME", *names)
            self.kill_after(node, 0.01 * (1 + number))
            client = self.start(node, "--shards", "2")
            values = zip(old, client("MGET", *old), client("MGET", *new))
            self.assertEqual([name for name, *both in values if both == [None, None]], [], "neither name is there")
            client("DEL", *old, *new, big)


class Restarted(Journal):
    """What is there after a restart is what was there before, on any number of shards."""

    def same_after(self, restart, node, *flags):
        """Restarts a node, and returns a client. All keys are as they were."""
        before = dump(self.client(node))
        client = restart(node, *flags)
        self.assertEqual(dump(client), before)
        return client

    def test_a_clean_stop_keeps_strings_hashes_and_timeouts_and_starts_without_a_warning(self):
        node = self.kept()
        client = self.client(node)
        client.pipeline([("SET", "text", "hello"), ("SET", "empty", ""), ("SET", b"\r\n\x00\xff", bytes(range(256))),
                         ("SETRANGE", "gap", 100, "x"), ("SET", "number", 41), ("INCR", "number"),
                         ("SET", "soon", "v", "EX", 1000), ("SET", "kept", "v", "PXAT", FAR * 1000 + 1),
                         ("APPEND", "kept", "w"), ("SET", "persisted", "v", "EX", 5), ("PERSIST", "persisted"),
                         ("HSET", "hash", "a", 1, "b", 2, "", 3), ("HDEL", "hash", "b"), ("HINCRBY", "hash", "a", 5),
                         ("EXPIRE", "hash", 2000), ("HSET", "left", "f", 1), ("HDEL", "left", "f"),
                         ("SET", "gone", "v"), ("DEL", "gone")])
        for number, restart in enumerate((self.stopped_and_started, self.killed_and_started)):
            client = self.same_after(restart, node, "--shards", str(3 - number))
            self.assertEqual(client("MGET", "text", "empty", "number", "kept", "gone"),
                             [b"hello", b"", b"42", b"vw", None])
            self.assertTrue(900 < client("TTL", "soon") <= 1000)
            self.assertTrue(1900 < client("TTL", "hash") <= 2000)
            self.assertEqual(client("PEXPIRETIME", "kept"), FAR * 1000 + 1)
            self.assertEqual(client("HGETALL", "left"), [])
        self.assertNotRegex(node.process.log(), "warning|error|cut off")

    def test_a_key_whose_time_passes_while_the_node_is_down_is_not_back(self):
        node = self.kept()
        client = self.client(node)
        client.pipeline([("SET", "string", "v"), ("HSET", "hash", "old", 1), ("SET", "stays", "v")])
        at = int(time.time() * 1000) + int(seconds(500))
        self.assertEqual(client.pipeline([("PEXPIREAT", key, at) for key in ("string", "hash")]), [1, 1])
        node.process.kill()
        eventually(lambda: time.time() * 1000 > at, 10, "the time has passed")
        client = self.start(node)
        self.assertEqual(client("EXISTS", "string", "hash"), 0)
        self.assertEqual(dump(client), {b"stays": (b"v", -1)})
        # Nor does what it held come back with a new key of that name.
        client("HSET", "hash", "new", 2)
        self.assertEqual(client("APPEND", "string", "w"), 1)
        client = self.same_after(self.killed_and_started, node)
        self.assertEqual(client("HGETALL", "hash"), [b"new", b"2"])

    def test_commands_on_many_slots_survive_as_they_were(self):
        node = self.kept(flags=("--shards", "3"))
        client = self.client(node)
        many = [part for i in range(1000) for part in (f"user:{i}", f"value {i}")]
        self.assertEqual(client("MSET", *many), "OK")
        self.assertEqual(client("DEL", *many[0:400:2]), 200)
        self.assertEqual(client("RENAME", "user:500", "user:501"), "OK")  # over one of another slot
        self.assertEqual(client("RENAME", "user:502", "{user:502}/new"), "OK")  # within a slot
        self.assertEqual(client("COPY", "user:503", "copied"), 1)
        self.assertEqual(client("MSETNX", "user:600", "no", "{user:600}/new", "no"), 0)
        client("HSET", "h", "f", 1)
        client("EXPIREAT", "h", FAR)
        self.assertEqual(client("RENAME", "h", "moved"), "OK")
        client = self.same_after(self.killed_and_started, node, "--shards", "2")
        self.assertEqual(client("DBSIZE"), 801)
        self.assertEqual(client("MGET", "user:500", "user:501", "copied", "{user:600}/new"),
                         [None, b"value 500", b"value 503", None])
        self.assertEqual(client("MGET", "user:502", "{user:502}/new"), [None, b"value 502"])
        self.assertEqual((client("HGETALL", "moved"), client("EXPIRETIME", "moved")), ([b"f", b"1"], FAR))
        self.same_after(self.stopped_and_started, node, "--shards", "5")

    def test_a_key_may_be_renamed_to_any_slot_of_its_shard(self):
        node = self.kept(flags=("--shards", "1"))
        client = self.client(node)
        client("HSET", "h0", "f", 1)
        client("SET", "s0", "v", "PXAT", FAR * 1000)
        for i in range(20):
            self.assertEqual(client("RENAME", f"h{i}", f"h{i + 1}"), "OK")
            self.assertEqual(client("RENAMENX", f"s{i}", f"s{i + 1}"), 1)
        client = self.same_after(self.killed_and_started, node, "--shards", "2")
        self.assertEqual(dump(client), {b"h20": ({b"f": b"1"}, -1), b"s20": (b"v", FAR * 1000)})

    def test_flushall_survives_and_so_does_what_came_after_it(self):
        node = self.kept(flags=("--shards", "3"))
        client = self.client(node)
        client("MSET", *[part for i in range(300) for part in (f"old:{i}", "v")])
        client("HSET", "hash", "old", 1)
        self.assertEqual(client("FLUSHALL"), "OK")
        client("HSET", "hash", "new", 1)
        client = self.killed_and_started(node, "--shards", "4")
        self.assertEqual(dump(client), {b"hash": ({b"new": b"1"}, -1)})
        self.assertEqual(client("FLUSHALL"), "OK")
        self.assertEqual(dump(self.killed_and_started(node)), {})

    def test_what_a_random_run_of_all_commands_made_is_there_after_a_kill(self):
        node = self.kept(start=False)
        stream = Stream(7, DATA_COMMANDS)
        for number, restart in enumerate((self.killed_and_started, self.stopped_and_started) * 2):
            client = self.client(node) if node.process else self.start(node)
            send_random(client, stream)
            with self.subTest(restart=number):
                self.same_after(restart, node, "--shards", str(1 + number))

    def test_a_journal_of_many_megabytes_is_read_back(self):
        node = self.kept(flags=("--shards", "1"))
        client = self.client(node)
        for i in range(80):
            self.assertEqual(client("SET", f"k{i % 8}", b"%d " % i * 300_000), "OK")
        self.same_after(self.killed_and_started, node)

    def test_many_fields_of_a_key_with_a_long_name_do_not_make_a_journal_that_cannot_be_read(self):
        node = self.kept(flags=("--shards", "1"))
        client = self.client(node, timeout=30)
        client("SET", "other", "v")
        reply = client("HSET", "k" * (1 << 20), *[part for i in range(140) for part in (f"f{i}", "v")])
        node.process.terminate()
        client = self.start(node)
        self.assertEqual(client("GET", "other"), b"v")
        if reply == 140:  # it may as well be refused
            self.assertEqual(client("HLEN", "k" * (1 << 20)), 140)


class DataDirectory(Journal):
    """A data directory belongs to one node of one cluster, and to one process at a time."""

    def test_a_second_process_is_refused_and_told_what_to_do(self):
        node = self.kept()
        client = self.client(node)
        self.assertEqual(client("SET", "k", "1"), "OK")
        twin = self.kept(start=False)  # the same name, other addresses
        self.refused(twin, data_of(node), "another limpetd runs on this data directory", "--data-dir",
                     flags=("--data-dir", data_of(node)))
        self.assertEqual(client("INCR", "k"), 2)
        self.assertEqual(self.killed_and_started(node)("GET", "k"), b"2")

    def test_the_directory_of_another_node_or_cluster_is_refused_by_name(self):
        nodes = self.cluster(nodes=2, start=False, flags=["--durability", "interval"])
        nodes.start("n1")
        mine = data_of(nodes["n1"])
        self.assertEqual(nodes["n1"].process.terminate(15), 0)
        self.refused(nodes["n2"], mine, "node 'n1' of cluster 'e2e'", "not to node 'n2'", "--data-dir",
                     flags=("--data-dir", mine))
        nodes["n1"].config = nodes.write_file("other.toml", nodes.text().replace('"e2e"', '"staging"'))
        self.refused(nodes["n1"], mine, "cluster 'e2e'", "'staging'", "--data-dir")

    def test_nobody_else_may_look_into_it(self):
        node = self.kept(start=False)
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        client = self.start(node)
        os.umask(before)
        client("SET", "k", "v")
        self.stopped_and_started(node)
        self.assertEqual(stat.S_IMODE(os.stat(data_of(node)).st_mode), 0o700)
        for name in os.listdir(data_of(node)):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(data_of(node), name)).st_mode), 0o600, name)

    def test_journal_files_without_the_file_that_says_whose_they_are_are_refused(self):
        node = self.kept()
        self.assertEqual(node.process.terminate(15), 0)
        path = os.path.join(data_of(node), "limpet.id")
        os.rename(path, path + ".away")
        self.refused(node, path, "is missing", "put it back")
        os.rename(path + ".away", path)
        self.start(node)

    def test_a_newer_format_is_refused_and_left_alone(self):
        node = self.kept()
        self.client(node)("SET", "k", "v")
        self.assertEqual(node.process.terminate(15), 0)
        file = files_of(node)[0]
        overwrite(file, 8, b"\x03")
        self.refused(node, os.path.basename(file), "format 3", "up to 2", "newer limpetd")
        overwrite(file, 8, b"\x02")
        identity = os.path.join(data_of(node), "limpet.id")
        text = contents(data_of(node))["limpet.id"]
        overwrite(identity, 0, text.replace(b"format 1", b"format 2"))
        self.refused(node, identity, "format", "newer limpetd")
        overwrite(identity, 0, text)
        self.assertEqual(self.start(node)("GET", "k"), b"v")


class TakenOver(Journal):
    """Another host runs on the same directory, where a lock does not hold: who was there before must stop."""

    def take_over(self, node):
        path = os.path.join(data_of(node), "limpet.fence")
        with open(path, "w", encoding="utf-8") as file:  # in place, as another host's file system would show it
            file.write("generation 99\nnonce 0123456789abcdef\nhost elsewhere\npid 4711\n")

    def taken_over(self, mode):
        """A node that has lost its directory, and as many keys that it was asked to write since."""
        node = self.kept(mode)
        client = self.client(node)
        self.keys = [f"k{i}" for i in range(20)]
        self.assertEqual(client("MSET", *[part for key in self.keys for part in (key, "before")]), "OK")
        self.take_over(node)
        return node

    def test_nothing_more_is_acknowledged_under_always(self):
        node = self.taken_over("always")
        for key in self.keys:
            reply = self.attempt(node, "SET", f"{{{key}}}", "after")
            self.assertTrue(reply is None or isinstance(reply, Error), reply)
        node.process.eventually_logs("taken over by process 4711 on host elsewhere")

    def test_later_writes_are_refused_with_words_and_reads_go_on(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                node = self.taken_over(mode)
                for number in range(8):  # on both shards; the first ones find out
                    self.attempt(node, "SET", f"lost{number}", "v")
                eventually(lambda: all(is_error(self.attempt(node, "SET", f"{time.time()}", "v"), "MISCONF")
                                       for _ in range(8)), 10, "both shards know")
                client = self.client(node)
                for key in self.keys:
                    self.assertError(client("SET", f"new:{key}", "after"), "MISCONF", data_of(node),
                                     "taken over by process 4711 on host elsewhere", "reads go on")
                    self.assertEqual(client("GET", key), b"before")

    def test_what_the_failed_write_was_about_can_be_read_and_is_refused_as_all_else(self):
        node = self.taken_over("always")
        for key in self.keys:
            self.attempt(node, "SET", key, "after")
        node.process.eventually_logs("taken over")
        with node.connect(3) as client:
            for key in self.keys:
                self.assertIn(client("GET", key), (b"before", b"after"))
                self.assertError(client("SET", key, "more"), "MISCONF")

    def test_a_restart_takes_the_directory_back(self):
        node = self.taken_over("always")
        self.attempt(node, "SET", self.keys[0], "after")
        client = self.stopped_and_started(node)
        self.assertEqual(client("MGET", *self.keys[1:]), [b"before"] * 19)
        self.assertIn(client("GET", self.keys[0]), (b"before", b"after"))
        self.assertEqual(client("SET", self.keys[0], "again"), "OK")
        self.assertIn("this is run 100", node.process.log())


class Full(Journal):
    """A full disk refuses writes and nothing else; it is no reason to stop, and none to lose anything."""

    def on_volume(self, mode):
        """A client of a node whose data directory is a small disk of its own."""
        self.node = self.kept(mode, start=False)
        try:
            self.volume = Volume(data_of(self.node), 24 << 20, os.path.join(self.node.folder, "volume.log"))
        except NoVolume as error:
            self.skipTest(f"no file system of its own: {error}")
        self.addCleanup(self.volume.close)
        return self.start_there()

    def start_there(self):
        self.volume.start(self.node).await_ready()
        return self.client(self.node, timeout=5)

    def under_load(self):
        self.load = Load(1, keys=6, pages=2, refusals=("MISCONF", "BUSY"), doubts=IN_DOUBT)
        self.load.start(self.node.client)
        eventually(lambda: min(self.load.acknowledged()) > 50, 10, "every client has written something")

    def fill(self):
        """Fills the disk, and waits until all shards know."""
        self.volume.fill()
        eventually(lambda: all(is_error(reply, "MISCONF") for reply in self.new_writes()), 20, "no write is taken")

    def new_writes(self):
        """The replies to writes on eight new keys. A write that waits for the disk gets none: TimeoutError."""
        with self.node.connect(1) as client:
            return [client("SET", f"{{{time.time()}}}", "x" * 5000) for _ in range(8)]

    def test_writes_are_refused_and_reads_go_on_until_there_is_room_again(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                client = self.on_volume(mode)
                calm = [f"calm:{i}" for i in range(20)]
                client("MSET", *[part for key in calm for part in (key, "v")])
                self.under_load()
                self.fill()
                self.assertEqual([client("GET", key) for key in calm], [b"v"] * 20)
                self.assertError(client("SET", "calm:new", "v"), "MISCONF", "No space left", "reads go on")
                self.volume.empty()
                eventually(lambda: all(reply == "OK" for reply in self.new_writes()), 10, "writes are taken again")
                before = self.load.acknowledged()
                eventually(lambda: all(now > then for now, then in zip(self.load.acknowledged(), before)), 10,
                           "every client goes on")
                self.node.process.kill()
                self.load.join()
                client = self.start_there()
                self.assertEqual(self.load.wrong_keys(client), [])
                self.assertEqual(client("MGET", *calm, "calm:new"), [b"v"] * 20 + [None])

    def test_no_command_changes_anything_meanwhile(self):
        client = self.on_volume("interval")
        stream = Stream(5, DATA_COMMANDS)
        send_random(client, stream)
        client("SET", "brief", "v", "PX", int(seconds(2000)))
        before = dump(client, ALL_KEYS)
        self.fill()
        send_random(client, stream)
        self.assertEqual(dump(client, ALL_KEYS), before)
        # Time goes on: a key whose time-out passes is gone, and can be asked for.
        eventually(lambda: client("GET", "brief") is None, 10, "the key is gone")
        self.assertError(client("SET", "brief", "v"), "MISCONF")
        self.volume.empty()
        eventually(lambda: client("SET", "after", "v") == "OK", 10, "writes are taken again")
        self.node.process.kill()
        self.assertEqual(dump(self.start_there(), ALL_KEYS), before)

    def test_killed_while_it_was_full_it_starts_serves_reads_and_refuses_writes(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                client = self.on_volume(mode)
                self.assertEqual(client("SET", "calm", "v"), "OK")
                self.under_load()
                self.fill()
                self.node.process.kill()
                self.load.join()
                for _ in range(3):  # each start leaves room for the next
                    client = self.start_there()
                    self.assertEqual(client("GET", "calm"), b"v")
                    self.assertEqual(self.load.wrong_keys(client), [])
                    replies = self.new_writes()
                    self.assertTrue(all(is_error(reply, "MISCONF") for reply in replies), replies)
                    self.assertIn("writes are refused", self.node.get("/readyz")[2])
                    self.node.process.kill()
                client = self.start_there()
                self.volume.empty()
                eventually(lambda: all(reply == "OK" for reply in self.new_writes()), 10, "writes are taken again")
                self.assertEqual(self.node.process.terminate(15), 0)
                self.assertEqual(self.load.wrong_keys(self.start_there()), [])

    def test_a_pid_file_for_which_there_is_no_room_still_keeps_a_second_process_out(self):
        self.on_volume("interval")
        self.fill()
        pid_file = os.path.join(data_of(self.node), "other.pid")
        command = self.volume.entered(binary("limpetd"), "--listen", free_address(), "--pid-file", pid_file)
        other = Process(command, os.path.join(self.node.folder, "other.log"))
        self.addCleanup(other.kill)
        other.eventually_logs(pid_file + ": no space left")
        other.eventually_logs("eady")
        second = run(*command)
        self.assertEqual(second.returncode, 3, second.stderr)
        self.assertIn("already runs", second.stdout + second.stderr)
        self.assertEqual(other.terminate(), 0)

    def test_without_any_room_for_a_start_it_says_how_much_it_needs(self):
        self.on_volume("interval")
        self.under_load()
        self.fill()
        self.node.process.kill()
        self.load.join()
        self.volume.remove("limpet.room")  # as of a release that kept none
        self.volume.fill()
        self.volume.start(self.node)
        self.assertEqual(self.node.process.wait(), 4)
        self.assertRegex(self.node.process.log(), re.escape(data_of(self.node)) + ".*No space left.*make room")
        self.volume.empty()
        self.assertEqual(self.load.wrong_keys(self.start_there()), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
