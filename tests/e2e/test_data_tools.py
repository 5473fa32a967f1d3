"""limpet's tools around a data directory: journal verify, journal dump, backup, and moving in from Redis."""

import contextlib
import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from harness.case import E2E
from harness.journal import FAR, NoVolume, Volume, contents, data_of, dump, files_of, overwrite
from harness.ports import free_address
from harness.process import Process, binary, clean_environment, die_with_parent, run
from harness.resp import Client
from harness.waiting import eventually, seconds

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
BACKUPS = 10


def limpet(*args, **kwargs):
    return run(binary("limpet"), *args, **kwargs)


class DataTools(E2E):
    epoch = 1

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="limpet-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def kept(self, *flags, start=True):
        """The only node of a cluster, with a journal."""
        return self.cluster(nodes=1, start=start, flags=["--durability", "interval", *flags])["n1"]

    def stopped(self, *flags, count=100):
        """The data directory of a node that wrote so many keys and was stopped."""
        node = self.kept("--shards", "1", *flags)
        client = self.client(node)
        for i in range(count):  # one after the other: each is a write of its own
            self.assertEqual(client("SET", f"k{i}", f"value {i}"), "OK")
        self.assertEqual(node.process.terminate(15), 0)
        return node

    def verify(self, folder, code):
        done = limpet("journal", "verify", folder)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def refused(self, code, *args):
        done = limpet(*args)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    @staticmethod
    def raise_epoch(node):
        """Its cluster file is another than that of the node that was backed up: it has other addresses."""
        DataTools.epoch += 1
        node.cluster.write(epoch=DataTools.epoch)

    def restored(self, backup):
        """A client of a fresh node that was given this directory."""
        node = self.kept(start=False)
        self.raise_epoch(node)
        subprocess.run(["cp", "-a", backup, data_of(node)], check=True)
        node.start().await_ready()
        return self.client(node)


class Verify(DataTools):
    """It says what a start would say, file by file, and changes nothing."""

    def test_a_running_node_has_a_sound_directory_and_is_not_disturbed(self):
        node = self.kept()
        client = self.client(node)
        client("SET", "k", "v")
        before = contents(data_of(node))
        told = self.verify(data_of(node), 0)
        self.assertIn("sound", told)
        self.assertIn("node 'n1' of cluster 'e2e'", told)
        for path in files_of(node):
            self.assertIn(os.path.basename(path), told)
        self.assertEqual(contents(data_of(node)).keys(), before.keys())
        self.assertEqual(client("GET", "k"), b"v")

    def test_a_torn_end_is_named_and_is_sound(self):
        node = self.kept("--shards", "1")
        client = self.client(node)
        for i in range(10):
            client("SET", f"k{i}", "v")
        node.process.kill()
        file, = files_of(node)
        os.truncate(file, os.path.getsize(file) - 5)
        told = self.verify(data_of(node), 0)
        self.assertRegex(told, r"torn end at \d+")
        self.assertIn("sound", told)

    def test_a_flipped_bit_is_damage_of_one_slot_that_is_named(self):
        node = self.stopped()
        file, = files_of(node)
        good = contents(data_of(node))[os.path.basename(file)]
        at = good.index(b"value 50")
        overwrite(file, at, bytes([good[at] ^ 1]))
        before = contents(data_of(node))
        told = self.verify(data_of(node), 1)
        slot = int(limpet("--raw", "where", "k50", "--config", node.cluster.config).stdout.split("slot:")[1].split()[0])
        self.assertRegex(told, rf"damaged at \d+\n(.*\n)*.*a change of slot {slot} is damaged")
        self.assertIn(f"damaged: slots {slot}\n", told)
        self.assertIn("1 of 16384 slots", told)
        self.assertEqual(contents(data_of(node)), before)

    def test_whatever_bit_is_flipped_it_says_what_a_start_does(self):
        node = self.stopped(count=2)
        file, = files_of(node)
        good = contents(data_of(node))[os.path.basename(file)]
        codes = set()
        for at in (0, 8, 30, 64, 80, 95, 110, len(good) - 40, len(good) - 5):
            overwrite(file, at, bytes([good[at] ^ 4]))
            code = limpet("journal", "verify", data_of(node)).returncode
            codes.add(code)
            if code == 2:
                self.assertNotEqual(run(*node.command()).returncode, 0, at)
            else:  # 0 is its last mark: what stands there was not promised to anybody
                shutil.copytree(data_of(node), self.path("data"))
                node.start("--data-dir", self.path("data")).await_ready()
                with self.client(node) as client:
                    self.assertEqual(client.info()["limpet_slots_damaged"] != "0", code == 1, at)
                self.assertEqual(node.process.terminate(15), 0)
                shutil.rmtree(self.path("data"))
            overwrite(file, at, good[at:at + 1])
        self.assertEqual(codes, {0, 1, 2})
        self.verify(data_of(node), 0)

    def test_what_is_no_data_directory_is_refused_with_words(self):
        self.assertIn("no data directory of limpet", self.verify(self.folder, 2))
        self.assertIn("there is no such directory", self.verify(self.path("none"), 2))
        with open(self.path("file"), "w", encoding="utf-8"):
            pass
        self.assertIn("there is no such directory", self.verify(self.path("file"), 2))
        with open(self.path("limpet.id"), "w", encoding="utf-8") as file:
            file.write("limpet data directory\nformat 2\ncluster c\nnode n\n")
        self.assertIn("not of format 1", self.verify(self.folder, 2))

    def test_a_file_that_is_not_limpets_is_damage(self):
        node = self.stopped()
        with open(os.path.join(data_of(node), "0000000009-000-00000001.journal"), "wb") as file:
            file.write(b"something else entirely" * 10)
        self.assertIn("is no journal file of limpet", self.verify(data_of(node), 1))


class Dump(DataTools):
    """It shows what was done to a key, and nothing else if one is named."""

    def history(self, node, key):
        done = limpet("journal", "dump", data_of(node), key)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split(" ", 4)[4] for line in done.stdout.splitlines()]

    def test_a_keys_history_is_shown_in_order(self):
        node = self.kept()
        client = self.client(node)
        for command in [("SET", "a{u}", "one", "PXAT", FAR * 1000), ("SET", "other{u}", "x"),
                        ("APPEND", "a{u}", " two"), ("PERSIST", "a{u}"), ("RENAME", "a{u}", "b{u}"),
                        ("HSET", "a{u}", "f", b"\x00\xff"), ("HDEL", "a{u}", "f"), ("SET", "c{v}", "x")]:
            client(*command)
        self.assertEqual(node.process.terminate(15), 0)
        node.start().await_ready()
        self.client(node)("FLUSHALL")
        self.assertEqual(self.history(node, "a{u}"), [
            'put_string "a{u}" "one" until 2100-01-01T00:00:00.000Z',
            'write_string "a{u}" at 3 " two"',
            'set_expiry "a{u}" never',
            'rename "a{u}" to "b{u}"',
            'put_field "a{u}" "f" "\\x00\\xff" (new key)',
            'erase_field "a{u}" "f"',
            'clear'])
        self.assertEqual(self.history(node, "nobody's"), [])

    def test_long_values_are_cut_unless_all_is_asked_for(self):
        node = self.kept()
        self.client(node)("SET", "k", "v" * 1000)
        short = limpet("journal", "dump", data_of(node)).stdout
        self.assertIn("v" * 200 + '"... (1000 bytes)', short)
        self.assertIn('"' + "v" * 1000 + '"', limpet("journal", "dump", "--full", data_of(node)).stdout)

    def begun(self):
        """A node, and a dump of its directory that has more to say than a pipe holds."""
        node = self.kept("--shards", "1")
        self.client(node).pipeline([("SET", f"k{i}", "v" * 100) for i in range(5000)])
        self.assertEqual(node.process.terminate(15), 0)
        dumped = subprocess.Popen([binary("limpet"), "journal", "dump", data_of(node)], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, preexec_fn=die_with_parent, env=clean_environment())
        self.addCleanup(dumped.__exit__, None, None, None)
        self.assertRegex(dumped.stdout.readline(), b"term 1, number 0")
        return node, dumped

    def test_a_reader_that_leaves_early_ends_it_quietly(self):
        _, dumped = self.begun()
        dumped.stdout.close()
        self.assertEqual(dumped.wait(seconds(10)), 0)
        self.assertEqual(dumped.stderr.read(), b"")

    def test_a_file_that_cannot_be_read_to_its_end_ends_it_with_words(self):
        node, dumped = self.begun()
        os.truncate(files_of(node)[0], 100)  # what is mapped behind that is there no more
        dumped.stdout.read()
        self.assertEqual(dumped.wait(seconds(10)), 4)
        self.assertIn(b"cannot be read", dumped.stderr.read())


class Counters(threading.Thread):
    """A client that counts up keys of its own, one command at a time, until it is told to end.

    Who holds `turn` keeps it from going on, with nothing under way.
    """

    def __init__(self, address, number):
        super().__init__(daemon=True)
        self.address, self.over, self.failed = address, threading.Event(), None
        self.turn = threading.Lock()
        self.keys = [f"count{number}-{i}" for i in range(8)]
        self.acknowledged = dict.fromkeys(self.keys, 0)

    def run(self):
        try:
            with Client(self.address, 20) as client:
                for key in itertools.cycle(self.keys):
                    if self.over.is_set():
                        return
                    with self.turn:
                        self.acknowledged[key] = client("INCR", key)
        except Exception as error:  # the test shows it
            self.failed = error


class Backup(DataTools):
    """A backup has everything that was acknowledged before it was asked for, and a node starts on it."""

    def under_load(self, node, clients=4):
        counters = [Counters(node.client, i) for i in range(clients)]

        def end():
            for counter in counters:
                counter.over.set()
            for counter in counters:
                counter.join(seconds(30))
                self.assertIsNone(counter.failed)
        self.addCleanup(end)
        for counter in counters:
            counter.start()
        return counters

    @staticmethod
    def acknowledged(counters, in_flight=0):
        return {key: count + in_flight for counter in counters for key, count in counter.acknowledged.items()}

    def backup(self, node, name):
        done = limpet("backup", data_of(node), self.path(name), within=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return self.path(name)

    def check(self, client, at_least, at_most):
        found = dict(zip(at_least, map(int, client("MGET", *at_least))))
        wrong = {key: (at_least[key], found[key], at_most[key]) for key in found
                 if not at_least[key] <= found[key] <= at_most[key]}
        self.assertEqual(wrong, {}, "acknowledged before, found, acknowledged after")

    def test_ten_taken_under_a_load_have_what_was_acknowledged_before_each(self):
        node = self.kept("--shards", "3")
        counters = self.under_load(node)
        taken = []
        for number in range(BACKUPS):
            before = self.acknowledged(counters)
            eventually(lambda: all(count > before[key] for key, count in self.acknowledged(counters).items()), 20,
                       "every key was counted up again")
            # Every other time they hold still just before, and what is found must be all of it, to the last one.
            with contextlib.ExitStack() as held:
                for counter in counters if number % 2 else ():
                    held.enter_context(counter.turn)
                before = self.acknowledged(counters)
                path = self.backup(node, f"backup{number}")
                taken.append((path, before, self.acknowledged(counters, in_flight=0 if number % 2 else 1)))
        for path, before, after in taken:
            self.verify(path, 0)
            with self.restored(path) as client:
                self.check(client, before, after)

    def test_those_taken_while_snapshots_come_and_files_go_are_whole_too(self):
        node = self.kept("--shards", "2")
        counters = self.under_load(node, clients=2)
        writer = self.client(node)
        seen, taken = set(), 0
        deadline = time.monotonic() + seconds(60)
        # Few sessions that are written over and over: the journal soon has grown by half of them.
        while len(seen) < 4 or taken < 3:
            self.assertLess(time.monotonic(), deadline, (seen, taken))
            before = self.acknowledged(counters)
            for _ in range(4):
                writer.pipeline([("SET", f"page{i}", bytes(32 << 10)) for i in range(128)])
            path = self.backup(node, "backup")
            after = self.acknowledged(counters, in_flight=1)
            names = {name for name in os.listdir(path) if name.endswith(".snapshot")}
            if names - seen or taken == 0:
                seen |= names
                taken += 1
                if all(before.values()):
                    with self.restored(path) as client:
                        self.check(client, before, after)
            shutil.rmtree(path)
        self.assertTrue(any(not name.endswith("-00000001.journal") for name in map(os.path.basename, files_of(node))))

    def test_a_restored_node_goes_on_and_can_be_backed_up_again(self):
        node = self.kept()
        client = self.client(node)
        client.pipeline([("SET", f"k{i}", i) for i in range(100)] + [("HSET", "h", "f", "v"), ("EXPIREAT", "h", FAR)])
        held = dump(client)
        first = self.backup(node, "first")
        self.assertEqual(os.stat(first).st_mode & 0o777, 0o700)
        self.assertEqual({name for name in os.listdir(first) if "journal" not in name},
                         {"limpet.id", "0000000001.seals", "1.titles"})
        again = self.kept(start=False)
        self.raise_epoch(again)
        subprocess.run(["cp", "-a", first, data_of(again)], check=True)
        for number in range(2):  # the second run has to know all of the first one
            again.start().await_ready()
            with self.client(again) as client:
                self.assertEqual(dump(client), held)
                client("SET", "more", number)
                held = dump(client)
            self.assertEqual(again.process.terminate(15), 0)
        self.assertEqual(dump(self.restored(self.backup(again, "second"))), held)

    def test_another_node_refuses_it_by_name(self):
        nodes = self.cluster(nodes=2, start=False, flags=["--durability", "interval"])
        nodes.start("n1")
        subprocess.run(["cp", "-a", self.backup(nodes["n1"], "backup"), data_of(nodes["n2"])], check=True)
        done = run(*nodes["n2"].command())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("node 'n1' of cluster 'e2e'", done.stdout + done.stderr)

    def test_it_never_writes_over_anything(self):
        node = self.stopped()
        path = self.backup(node, "backup")
        before = contents(path)
        self.assertIn("is there already", self.refused(2, "backup", data_of(node), path))
        self.assertEqual(contents(path), before)
        os.mkdir(self.path("empty"))
        self.backup(node, "empty")
        self.assertIn("inside the directory", self.refused(2, "backup", data_of(node), data_of(node) + "/backup"))
        self.assertIn("make it first", self.refused(2, "backup", data_of(node), self.path("no/where")))
        self.assertIn("no data directory", self.refused(2, "backup", self.folder, self.path("other")))
        self.assertEqual(sorted(os.listdir(self.folder)), ["backup", "empty"])

    def test_of_a_damaged_directory_nothing_is_kept(self):
        node = self.stopped()
        file, = files_of(node)
        overwrite(file, 100, b"xxx")
        self.assertIn("journal verify", self.refused(1, "backup", data_of(node), self.path("backup")))
        self.assertEqual(os.listdir(self.folder), [])

    def test_on_a_full_disk_nothing_is_left(self):
        try:
            volume = Volume(self.path("volume"), 256 << 10, self.path("log"))
        except NoVolume as reason:
            self.skipTest(f"no small disk can be made: {reason}")
        self.addCleanup(volume.close)
        node = self.kept()
        self.client(node)("SET", "k", bytes(1 << 20))
        done = run(*volume.entered(binary("limpet"), "backup", data_of(node), self.path("volume/backup")))
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn("No space left", done.stderr)
        self.assertEqual(run(*volume.entered("ls", "-A", self.path("volume"))).stdout, "")


@unittest.skipUnless(shutil.which("redis-server") and shutil.which("redis-cli"), "redis-server is not installed")
class FromRedis(DataTools):
    """Strings and hashes move in from Redis with their time-outs, whatever bytes they hold."""

    def redis(self, *flags):
        self.redis_address = free_address()
        port = self.redis_address.rsplit(":", 1)[1]
        process = Process(["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", self.folder,
                           *flags], self.path("redis.log"))
        self.addCleanup(process.terminate)
        eventually(lambda: Client(self.redis_address).close() is None, 10, "redis-server answers")
        client = Client(self.redis_address)
        self.addCleanup(client.close)
        binaries = bytes(range(256)) * 3
        client.pipeline([("SET", f"k{i}", b"%d\r\n" % i + binaries) for i in range(2000)])
        client.pipeline([
            ("SET", binaries, binaries), ("SET", "empty", ""), ("SET", "timed", "v", "PXAT", FAR * 1000),
            ("SET", "big", bytes(3 << 20)), ("HSET", "hash", binaries, binaries, "", ""),
            ("PEXPIREAT", "hash", FAR * 1000 + 5),
            ("HSET", "wide", *[part for i in range(3000) for part in (b"f%d" % i, b"v%d" % i)])])
        return client

    def pipe(self, node, source):
        """Sends what a file or the output of a program holds to a node, as redis-cli does."""
        host, port = node.client.rsplit(":", 1)
        done = subprocess.run(["redis-cli", "-h", host, "-p", port, "--pipe"], stdin=source, capture_output=True,
                              timeout=seconds(60), check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(b"errors: 0", done.stdout)

    def same(self, redis, client):
        wanted, found = dump(redis), dump(client)
        self.assertEqual(found.keys(), wanted.keys())
        for key, (value, time_ms) in wanted.items():
            self.assertEqual(found[key][0], value, key)
            self.assertAlmostEqual(found[key][1], time_ms, delta=seconds(2000))  # what was left, counted from now

    def read_out(self, code=0):
        with subprocess.Popen([SCRIPTS / "from-redis", self.redis_address], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, preexec_fn=die_with_parent) as process:
            self.pipe(self.node, process.stdout)
            self.assertEqual(process.wait(seconds(20)), code)
            return process.stderr.read().decode()

    def test_read_out_by_the_script_and_piped_in(self):
        redis = self.redis()
        self.node = self.kept()
        self.read_out()
        client = self.client(self.node)
        self.same(redis, client)
        # A second run brings what has changed meanwhile, also in hashes.
        redis.pipeline([("HDEL", "wide", "f1"), ("APPEND", "k7", "more"), ("PERSIST", "hash")])
        self.read_out()
        self.same(redis, client)

    def test_other_types_are_left_out_by_name(self):
        redis = self.redis()
        redis("RPUSH", "a list", "x")
        self.node = self.kept()
        self.assertIn("1 of type list, such as b'a list'", self.read_out(code=1))
        redis("DEL", "a list")
        self.same(redis, self.client(self.node))

    def test_its_append_only_file_can_be_piped_in_as_it_is(self):
        redis = self.redis("--appendonly", "yes", "--aof-use-rdb-preamble", "no")
        redis("BGREWRITEAOF")
        eventually(lambda: b"aof_rewrite_in_progress:0" in redis("INFO", "persistence"), 20, "the file is rewritten")
        folder = self.path("appendonlydir")
        base, = [name for name in sorted(os.listdir(folder)) if name.endswith(".base.aof")]
        node = self.kept()
        with open(os.path.join(folder, base), "rb") as file:
            self.pipe(node, file)
        self.same(redis, self.client(node))


if __name__ == "__main__":
    unittest.main(verbosity=2)
