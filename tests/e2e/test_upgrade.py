"""Data directories of 0.1.0: a start upgrades them, and wherever it is cut off nothing is lost."""

import os
import shutil
import tarfile
import unittest

from harness.case import E2E
from harness.cluster import Cluster
from harness.journal import contents, data_of, dump
from harness.ports import free_address
from harness.process import Process, binary, run
from harness.resp import Client
from harness.waiting import eventually

KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "of_0_1")
SINGLE = ("single_clean", "single_unclean", "snapshot")

SESSIONS = {f"text:{i}".encode(): (b"value %d" % i, -1) for i in range(1, 40)}
SESSIONS[b"text:1"] = (b"value 1 more", -1)
SESSIONS[b"renamed"] = (b"value 0", -1)
SESSIONS |= {f"hash:{i}".encode(): ({b"a": b"%d" % i, b"b": b"x" * 20}, -1) for i in range(10)}
SESSIONS[b"far"] = (b"v", 4102444800000)
SESSIONS[b"count"] = (b"2", -1)
OF_CLUSTER = SESSIONS | {b"after": (b"edit", -1), b"count": (b"3", -1)}


def unpack(name, folder):
    os.makedirs(folder)
    with tarfile.open(os.path.join(KEPT, name + ".tar.xz")) as archive:
        archive.extractall(folder)


class ASingleNode(E2E):
    def setUp(self):
        super().setUp()
        self.cluster_ = Cluster(nodes=1)
        self.addCleanup(self.cluster_.close)
        self.processes = 0

    def unpacked(self, name):
        folder = os.path.join(self.cluster_.folder, f"{name}{self.processes}")
        unpack(name, folder)
        return folder

    def started(self, folder, shards="2"):
        self.processes += 1
        address = free_address()
        process = Process([binary("limpetd"), "--listen", address, "--shards", shards, "--data-dir", folder],
                          os.path.join(self.cluster_.folder, f"log{self.processes}"))
        self.addCleanup(process.kill)
        eventually(lambda: "changes read" in process.log() or not process.running(), 20, "it is loaded")
        self.assertTrue(process.running(), process.log())
        return process, address

    def has_all(self, folder):
        process, address = self.started(folder)
        with Client(address, 10) as client:
            self.assertEqual(dump(client), SESSIONS)
            self.assertEqual(client("SET", "new", "v"), "OK")
            client("DEL", "new")
        process.kill()

    def test_it_has_all_sessions_of_any_directory_start_after_start(self):
        for name in SINGLE:
            with self.subTest(name=name):
                folder = self.unpacked(name)
                for _ in range(2):
                    self.has_all(folder)
                formats = {contents(folder)[file][8] for file in os.listdir(folder) if file.endswith(".journal")}
                self.assertEqual(formats, {1, 2})

    def test_tools_read_both_formats(self):
        for name in SINGLE:
            with self.subTest(name=name):
                folder = self.unpacked(name)
                for started in (False, True):
                    self.assertEqual(run(binary("limpet"), "journal", "verify", folder).returncode, 0)
                    told = run(binary("limpet"), "journal", "dump", folder, "text:1").stdout
                    self.assertIn("more", told)
                    copy = f"{folder}-copy-{started}"
                    done = run(binary("limpet"), "backup", folder, copy)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.has_all(copy)
                    if not started:
                        self.has_all(folder)

    def test_a_start_that_is_cut_off_anywhere_has_lost_nothing(self):
        old = self.unpacked("single_unclean")
        fresh = old + "-fresh"
        shutil.copytree(old, fresh)
        self.started(fresh)[0].kill()
        for at, folder in enumerate(cut_off_anywhere(old, fresh)):
            with self.subTest(step=at):
                self.has_all(folder)


def cut_off_anywhere(old, fresh):
    """Copies of a directory as a start leaves it that ends before its first write, second, and so on. `fresh`: the
    same after all of them."""
    before, after = contents(old), contents(fresh)
    new = {name: after[name] for name in after if after[name] != before.get(name) and name != "limpet.room"}
    steps = []
    for name in ("limpet.fence", *sorted(n for n in new if n.endswith(".titles")),
                 *sorted(n for n in new if n.endswith(".journal")), *sorted(n for n in new if n.endswith(".seals"))):
        if name.endswith(".journal"):
            steps += [(name, new[name][:30]), (name, new[name][:64]), (name, new[name])]
        else:
            steps += [(name + ".new", new[name][:len(new[name]) // 2]), (name + ".new", new[name]), (name, new[name])]
        steps += [(gone, None) for gone in sorted(set(before) - set(after)) if gone.endswith(name.split(".")[-1])]
    for count in range(len(steps) + 1):
        folder = f"{old}-cut-{count}"
        shutil.copytree(old, folder)
        for name, content in steps[:count]:
            path = os.path.join(folder, name)
            if content is None:
                os.unlink(path)
                continue
            with open(path, "wb") as file:
                file.write(content)
            if not name.endswith(".new") and os.path.exists(path + ".new"):
                os.unlink(path + ".new")
        yield folder


class AWholeCluster(E2E):
    """Three nodes of 0.1.0 were stopped as a whole, one of them by a crash."""

    def upgraded(self):
        nodes = self.cluster(nodes=3, start=False, flags=["--durability", "interval"])
        nodes.write(epoch=3, weights={"n1": 1, "n2": 2, "n3": 1})  # on other hosts
        for node in nodes:
            unpack("cluster_" + node.name, data_of(node))
        return nodes.start()

    def test_backups_that_0_1_0_made_which_have_no_titles_are_served_with_new_cluster(self):
        nodes = self.cluster(nodes=3, start=False, flags=["--durability", "interval", "--new-cluster"])
        nodes.write(epoch=2, weights={"n1": 1, "n2": 2, "n3": 1})  # the cluster file of their moment
        for node in nodes:
            unpack("cluster_" + node.name, data_of(node))
            for name in os.listdir(data_of(node)):
                if name.endswith(".titles") or name == "limpet.fence":
                    os.unlink(os.path.join(data_of(node), name))
        nodes.start()
        self.has_all(nodes)
        self.assertIn("has a journal, but no titles", nodes["n1"].process.log())

    def has_all(self, nodes):
        for node in nodes:
            self.assertEqual(dump(self.client(node)), OF_CLUSTER, node.name)

    def test_it_goes_on_with_all_sessions_also_after_restarts_and_moves(self):
        nodes = self.upgraded()
        self.has_all(nodes)
        held = [node.status()["here"]["slots"] for node in nodes]
        self.assertEqual(sum(held), 16384)
        self.assertGreater(held[1], held[0] + 2000)
        nodes["n1"].process.kill()
        nodes["n1"].start().await_ready()
        nodes.await_links()
        nodes.write(epoch=4, weights={"n1": 2, "n2": 1, "n3": 1})
        for node in nodes:
            node.process.signal(1)
        eventually(lambda: nodes["n1"].status()["here"]["slots"] > 7000, 40, "slots have moved")
        self.has_all(nodes)
        for node in nodes:
            node.process.kill()
        nodes.start()
        # What was on its way is where it belongs once those who gave it have answered.
        for node in nodes:
            eventually(lambda node=node: isinstance(self.client(node)("KEYS", "*"), list), 10, "all slots are served")
        self.has_all(nodes)

    def test_a_start_that_is_cut_off_anywhere_has_lost_nothing(self):
        nodes = self.upgraded()
        self.has_all(nodes)
        for node in nodes:
            node.process.kill()
        old = os.path.join(nodes.folder, "old")
        unpack("cluster_n1", old)
        for at, folder in enumerate(cut_off_anywhere(old, data_of(nodes["n1"]))):
            if at % 3 != 1:  # every third, beside the other nodes as they are
                continue
            with self.subTest(step=at):
                shutil.rmtree(data_of(nodes["n1"]))
                shutil.copytree(folder, data_of(nodes["n1"]))
                for node in nodes:
                    node.start()
                for node in nodes:
                    node.await_ready()
                nodes.await_links()
                eventually(lambda: self.client(nodes["n2"])("DBSIZE") == len(OF_CLUSTER), 20, "all are served")
                self.has_all(nodes)
                for node in nodes:
                    node.process.kill()


if __name__ == "__main__":
    unittest.main(verbosity=2)
