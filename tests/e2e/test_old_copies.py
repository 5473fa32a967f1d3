"""A data directory of the past is put back: it never wins over what others hold by now."""

import os
import shutil
import unittest

from harness.case import E2E
from harness.moving import await_settled, edit
from harness.process import Process, binary, run
from harness.resp import Error
from harness.waiting import eventually

ALL = ["n1", "n2", "n3"]
# What moves is a part of n1's share alone, and little of it: so it is over soon.
WEIGHTS = {"n1": 0.06, "n2": 1.0, "n3": 1.0}
LESS = {"n1": 0.01, "n2": 1.0, "n3": 1.0}
KEYS = 2000


class OldCopies(E2E):
    def set_all(self, node, value):
        replies = self.client(node).pipeline([("SET", f"k{i}", value) for i in range(KEYS)])
        self.assertEqual(set(replies), {"OK"})

    def replies(self, node):
        client = self.client(node)
        return client.pipeline([("GET", f"k{i}") for i in range(KEYS)])

    def begin(self):
        cluster = self.cluster(start=False, flags=["--durability", "always"])
        cluster.write(weights=WEIGHTS)
        cluster.start()
        self.set_all(cluster["n2"], "old")
        data = os.path.join(cluster["n1"].folder, "data")
        cluster["n1"].process.freeze()
        shutil.copytree(data, data + ".copy")
        cluster["n1"].process.thaw()
        return cluster, data

    def put_back(self, cluster, data):
        self.assertEqual(cluster["n1"].process.terminate(), 0)
        shutil.rmtree(data)
        shutil.copytree(data + ".copy", data)

    def test_what_others_hold_by_now_stays_theirs_though_the_node_is_killed_twice(self):
        cluster, data = self.begin()
        held = cluster["n1"].status()["here"]["slots"]
        edit(cluster, 2, ALL, reload=ALL, weights=LESS)
        await_settled(cluster, ALL)
        moved = held - cluster["n1"].status()["here"]["slots"]
        self.assertGreater(moved, 200)
        self.set_all(cluster["n2"], "new")
        self.put_back(cluster, data)
        for kill in (True, True, False):
            cluster["n1"].start().await_ready()
            cluster.await_links()
            await_settled(cluster, ALL)
            for name in ALL:
                values = self.replies(cluster[name])
                self.assertEqual([v for v in values if isinstance(v, Error)], [], f"by {name}")
                # What n1 has held all along was written after the copy, on that disk alone.
                old = sum(v == b"old" for v in values)
                self.assertLess(old, KEYS * 0.02, f"by {name}: what moved away is read as it was written since")
                self.assertEqual(old + sum(v == b"new" for v in values), KEYS)
            if kill:
                cluster["n1"].process.kill()
        self.assertIn("old copy", cluster["n1"].process.log())
        # They are given back, and away again, as if nothing had been.
        edit(cluster, 3, ALL, reload=ALL, weights=WEIGHTS)
        await_settled(cluster, ALL)
        self.assertEqual(cluster["n1"].status()["here"]["slots"], held)

    def test_slots_that_the_node_has_held_later_are_not_served_and_named(self):
        cluster, data = self.begin()
        held = cluster["n1"].status()["here"]["slots"]
        edit(cluster, 2, ALL, reload=ALL, weights=LESS)
        await_settled(cluster, ALL)
        kept = cluster["n1"].status()["here"]["slots"]
        edit(cluster, 3, ALL, reload=ALL, weights=WEIGHTS)
        await_settled(cluster, ALL)
        self.set_all(cluster["n2"], "new")
        self.put_back(cluster, data)
        cluster["n1"].start()
        here = lambda: cluster["n1"].status()["here"]
        eventually(lambda: here()["slots_forgotten"] == held - kept, 20, "the node says what its disk has forgotten")
        eventually(lambda: here()["slots"] == kept, 20, "it has written that they are not its own")
        values = self.replies(cluster["n3"])
        refused = [v for v in values if isinstance(v, Error)]
        self.assertTrue(refused)
        self.assertEqual({v.code for v in refused}, {"CLUSTERDOWN"})
        self.assertIn("held by this node later than its data directory knows of", cluster["n1"].process.log())
        status = run(binary("limpet"), "-s", cluster["n3"].client, "cluster", "status")
        self.assertEqual(status.returncode, 5, status.stdout)
        self.assertIn(f"node n1 is an old copy, from before it held {held - kept} slots last", status.stdout)
        self.follow_the_advice(cluster, held - kept, len(refused))

    def limpet(self, node, *args):
        return run(binary("limpet"), "-s", node.client, "cluster", *args)

    def follow_the_advice(self, cluster, forgotten, lost):
        """What the node serves is kept, and what it has forgotten begins empty."""
        drained = self.limpet(cluster["n3"], "drain", "n1")
        self.assertEqual(drained.returncode, 1, drained.stdout)
        self.assertIn(f"from before it held {forgotten} slots last", drained.stdout.splitlines()[-1])
        self.assertEqual(cluster["n1"].status()["here"]["slots"], 0)
        self.assertEqual(cluster["n1"].process.terminate(), 0)
        edit(cluster, 4, ALL, reload=["n2", "n3"], weights=WEIGHTS, states={"n1": "down"})
        claimed = self.limpet(cluster["n3"], "claim", "n1", "--yes")
        self.assertEqual(claimed.returncode, 0, claimed.stdout + claimed.stderr)
        await_settled(cluster, ["n2", "n3"])
        values = self.replies(cluster["n2"])
        self.assertEqual(values.count(None), lost)
        self.assertEqual(set(values), {None, b"old", b"new"}, "what it has held all along was written to it alone")
        cluster["n1"].start().await_ready()
        edit(cluster, 5, ALL, reload=ALL, weights=WEIGHTS)
        await_settled(cluster, ALL)
        self.assertEqual(self.replies(cluster["n1"]), values)

    def test_a_directory_with_a_journal_and_no_titles_is_told(self):
        cluster, data = self.begin()
        self.assertEqual(cluster["n1"].process.terminate(), 0)
        for name in os.listdir(data):
            if name.endswith(".titles"):
                os.remove(os.path.join(data, name))
        cluster["n1"].start().await_ready()
        cluster["n1"].process.eventually_logs("its data directory knows of no slot: it was empty, or without titles")
        self.assertIn("has a journal, but no titles", cluster["n1"].process.log())
        self.assertNotIn("has a journal, but no titles", cluster["n2"].process.log())


class Alone(E2E):
    """The directory of a node of a cluster, whose `peer` somebody has taken out of its file."""

    def test_what_others_hold_too_is_not_served_alone_and_all_of_it_is(self):
        cluster = self.cluster(start=False, flags=["--durability", "always"])
        cluster.write()
        cluster.start()
        node = cluster["n1"]
        self.assertEqual(self.client(node)("SET", "k", "v"), "OK")
        self.assertEqual(node.process.terminate(), 0)
        alone = os.path.join(node.folder, "alone.toml")
        with open(alone, "w", encoding="utf-8") as file:
            file.write(f'epoch = 9\n[cluster]\nname = "e2e"\n[[node]]\nname = "n1"\nclient = "{node.client}"\n')
        command = [binary("limpetd"), "--config", alone, "--node", "n1", "--data-dir",
                   os.path.join(node.folder, "data"), "--durability", "always"]
        done = run(*command)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertRegex(done.stdout + done.stderr, r"holds \d+ of 16384 slots.*`peer`")
        # One that holds all may go on alone.
        node.start().await_ready()
        cluster.await_links()
        edit(cluster, 2, ALL, reload=ALL, states={"n2": "draining", "n3": "draining"})
        await_settled(cluster, ALL)
        for name in ALL:
            self.assertEqual(cluster[name].process.terminate(), 0)
        process = Process(command, os.path.join(node.folder, "alone.log"))
        self.addCleanup(process.kill)
        process.eventually_logs("eady")
        self.assertEqual(self.client(node)("GET", "k"), b"v")
        self.assertEqual(process.terminate(), 0)


if __name__ == "__main__":
    unittest.main()
