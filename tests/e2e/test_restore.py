"""What was backed up is served again: one node, all of them, of one moment or several, on other hosts, after edits."""

import os
import shutil
import signal
import unittest

from harness.case import E2E
from harness.journal import data_of, dump, names
from harness.ports import free_address
from harness.process import binary, run
from harness.resp import Error
from harness.waiting import eventually

EVEN = {"n1": 1, "n2": 1, "n3": 1}
TO_N2 = {"n1": 1, "n2": 3, "n3": 1}


class Restoring(E2E):
    def setUp(self):
        super().setUp()
        self.nodes = self.cluster(nodes=3, flags=["--durability", "interval"])
        self.epoch = 1
        client = self.client(self.nodes["n1"])
        client.pipeline([("SET", f"k{i}", f"{i}") for i in range(300)])
        self.sessions = {f"k{i}".encode(): (b"%d" % i, -1) for i in range(300)}

    def edit(self, weights, await_moves=True):
        """Another cluster file in force; returns once all has moved."""
        self.epoch += 1
        self.nodes.write(epoch=self.epoch, weights=weights)
        for node in self.nodes:
            node.process.signal(signal.SIGHUP)
        if await_moves:
            eventually(self.settled, 60, "all slots are where the file wants them")

    def settled(self):
        here = [node.status() for node in self.nodes]
        return (all(status["cluster"]["epoch"] == self.epoch for status in here)
                and all(status["here"]["slots_to_give"] == 0 for status in here)
                and sum(status["here"]["slots"] for status in here) == 16384)

    def backed_up(self, *names):
        """Backups of these nodes as they are now: {name: folder}."""
        made = {}
        for name in names or self.nodes.nodes:
            made[name] = os.path.join(self.nodes.folder, f"backup-{name}-{self.epoch}")
            done = run(binary("limpet"), "backup", data_of(self.nodes[name]), made[name])
            self.assertEqual(done.returncode, 0, done.stderr)
            held = self.nodes[name].status()["here"]["slots"]
            self.assertIn(f"It holds {held} slots, by epoch {self.epoch} of the cluster file", done.stdout)
        return made

    def stop(self, *names):
        for name in names or self.nodes.nodes:
            self.assertEqual(self.nodes[name].process.terminate(15), 0)

    def put_back(self, backups):
        for name, folder in backups.items():
            os.rename(data_of(self.nodes[name]), f"{data_of(self.nodes[name])}.before-{self.epoch}")
            shutil.copytree(folder, data_of(self.nodes[name]))

    def start(self, *names):
        for name in names or self.nodes.nodes:
            self.nodes[name].start()
        for name in names or self.nodes.nodes:
            self.nodes[name].await_ready()
        self.nodes.await_links()

    def has(self, sessions):
        keys = list(sessions)

        def served():
            replies = self.client(self.nodes["n3"])("MGET", *keys)
            return replies if isinstance(replies, Error) else True
        eventually(lambda: served() is True, 20, "all slots are served")
        for node in self.nodes:
            client = self.client(node)
            self.assertEqual(dump(client, keys), sessions, node.name)
            self.assertEqual(sorted(names(client)), sorted(keys), node.name)

    def goes_on(self):
        """Slots can still be given away, and writes are taken."""
        self.assertEqual(self.client(self.nodes["n2"])("SET", "k0", "0"), "OK")
        self.edit(EVEN)
        self.has(self.sessions)


class AllOfThem(Restoring):
    def test_of_one_moment_after_edits_and_a_drain(self):
        self.edit(TO_N2)
        self.assertEqual(run(binary("limpet"), "-s", self.nodes["n1"].client, "cluster", "drain", "n1").returncode, 0)
        eventually(lambda: self.nodes["n1"].status()["here"]["slots"] == 0, 60, "n1 is drained")
        backups = self.backed_up()
        self.client(self.nodes["n2"])("SET", "k1", "written after the backup")
        self.stop()
        self.put_back(backups)
        self.start()
        self.has(self.sessions)
        self.goes_on()

    def test_on_other_hosts(self):
        self.edit(TO_N2)
        backups = self.backed_up()
        self.stop()
        self.put_back(backups)
        for node in self.nodes:
            node.client, node.peer, node.admin = free_address(), free_address(), free_address()
        self.epoch += 1  # the file says where they are now
        self.nodes.write(epoch=self.epoch, weights=TO_N2)
        self.start()
        self.has(self.sessions)
        self.goes_on()

    def test_of_different_moments_with_a_move_in_between(self):
        early = self.backed_up("n1", "n3")
        self.edit(TO_N2)
        late = self.backed_up("n2")
        self.stop()
        self.put_back(early | late)
        self.start()
        keys = list(self.sessions)
        client = self.client(self.nodes["n3"])

        # What moved to n2 is in both, and goes by its cessions. What moved away from it is in neither, and is named.
        def unserved():
            replies = client.pipeline([("GET", key) for key in keys])
            return [(key, reply) for key, reply in zip(keys, replies) if reply != self.sessions[key][0]]
        eventually(lambda: len(unserved()) < 15, 20, "all others are served")
        for key, reply in unserved():
            self.assertError(reply, "CLUSTERDOWN", "slot ", "held by no node")
        lacking = sum(node.status()["here"]["slots_held_by_nobody"] for node in self.nodes)
        self.assertLess(lacking, 400)
        if lacking:
            self.assertError(client("DBSIZE"), "CLUSTERDOWN", "slot ")


class OneOfThem(Restoring):
    def test_beside_the_others_as_they_are(self):
        self.edit(TO_N2)
        backups = self.backed_up("n2")
        self.nodes["n2"].process.kill()
        self.put_back(backups)
        self.start("n2")
        self.has(self.sessions)
        self.goes_on()

    def test_what_the_others_hold_by_now_stays_theirs(self):
        backups = self.backed_up("n1")
        self.edit(TO_N2)
        client = self.client(self.nodes["n2"])
        client.pipeline([("SET", f"k{i}", f"{i} anew") for i in range(300)])
        held = {name: {key for key in self.sessions if self.nodes.owner_of(key.decode()) == name}
                for name in ("n1",)}["n1"]
        self.nodes["n1"].process.kill()
        self.put_back(backups)
        self.start("n1")
        self.has({key: (value if key in held else value + b" anew", time)
                  for key, (value, time) in self.sessions.items()})


if __name__ == "__main__":
    unittest.main(verbosity=2)
