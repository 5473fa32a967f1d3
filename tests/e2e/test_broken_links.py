"""Links that lose what they carry, and nodes that do not agree: nothing runs twice, nobody waits for ever."""

import collections
import random
import threading
import time
import unittest

from harness.case import E2E
from harness.moving import edit
from harness.process import binary, run
from harness.proxy import Proxy
from harness.resp import Error
from harness.waiting import eventually, seconds

NOT_EXECUTED = {"CLUSTERDOWN", "TRYAGAIN", "BUSY", "LOADING"}


class BrokenLinks(E2E):
    def setUp(self):
        """Three nodes; whatever one says to another goes through a proxy of that pair."""
        self.nodes = self.cluster(start=False)
        self.proxies = {}
        for node in self.nodes:
            peers = {}
            for other in self.nodes:
                if other is not node:
                    proxy = self.proxies[node.name, other.name] = Proxy(other.peer)
                    self.addCleanup(proxy.close)
                    peers[other.name] = proxy.address
            self.nodes.give_own_file(node.name, peers=peers)
        self.nodes.start()

    def count(self, node, keys, until, tally):
        """Increments counters through a node until told to stop; tallies what became of it."""
        rng = random.Random(node.name)
        client = node.connect(20)
        while not until.is_set():
            batch = [rng.choice(keys) for _ in range(8)]
            for key, reply in zip(batch, client.pipeline([("INCR", key) for key in batch])):
                tally[key, reply.code if isinstance(reply, Error) else "acked"] += 1
        client.close()

    def run_counters(self, keys, mischief, workers=2):
        until, tallies, threads, broken = threading.Event(), [], [], []

        def work(node, tally):
            try:
                self.count(node, keys, until, tally)
            except Exception as error:  # told below, on the test's own thread
                broken.append(repr(error))

        for node in list(self.nodes) * workers:
            tallies.append(collections.Counter())
            threads.append(threading.Thread(target=work, args=(node, tallies[-1]), daemon=True))
        for thread in threads:
            thread.start()
        mischief()
        until.set()
        for thread in threads:
            thread.join(seconds(30))
        self.assertEqual(broken, [])
        self.assertFalse(any(thread.is_alive() for thread in threads), "a client hangs")
        return sum(tallies, collections.Counter())

    def check_counters(self, keys, tally):
        """Every acknowledged increment counted once; of the rest only those that were told to be in doubt may have."""
        unknown = {code for _, code in tally} - NOT_EXECUTED - {"acked", "INDOUBT"}
        self.assertEqual(unknown, set())
        for name in ("n1", "n2", "n3"):
            client = self.client(self.nodes[name])
            for key in keys:
                final = int(eventually(lambda: self.value(client, key), 10, f"{name} answers for {key}"))
                acked, doubtful = tally[key, "acked"], tally[key, "INDOUBT"]
                self.assertTrue(acked <= final <= acked + doubtful,
                                f"{key}: {acked} acknowledged, {doubtful} in doubt, {final} counted")

    def value(self, client, key):
        reply = client("GET", key)
        self.assertNotIsInstance(reply, Error)  # not yet, for who waits
        return reply

    def heal(self):
        for proxy in self.proxies.values():
            proxy.heal()
        self.nodes.await_links()

    def test_links_that_break_lose_no_acknowledged_increment_and_repeat_none(self):
        keys = [key for name in ("n1", "n2", "n3") for key in self.nodes.keys_of(name, 2, "cut")]
        rng = random.Random(5)

        def cut_often():
            for _ in range(25):
                rng.choice(list(self.proxies.values())).cut()
                threading.Event().wait(0.08)

        tally = self.run_counters(keys, cut_often)
        self.heal()
        self.check_counters(keys, tally)
        self.assertGreater(sum(count for (_, code), count in tally.items() if code == "acked"), 100)

    def test_replies_that_get_lost_leave_writes_in_doubt_and_never_repeated(self):
        keys = self.nodes.keys_of("n2", 3, "lost")

        def swallow_replies():
            for _ in range(3):
                proxy = self.proxies["n1", "n2"]
                proxy.swallow()
                threading.Event().wait(0.3)
                proxy.cut()  # first: no link may go on behind a hole in its bytes
                proxy.heal()
                threading.Event().wait(0.3)

        tally = self.run_counters(keys, swallow_replies)
        self.heal()
        self.check_counters(keys, tally)
        self.assertGreater(sum(count for (_, code), count in tally.items() if code == "INDOUBT"), 0)

    def test_one_broken_direction_leaves_the_other_and_the_third_node_alone(self):
        key, mine = self.nodes.key_of("n2", "one-way"), self.nodes.key_of("n1", "one-way")
        one, two, three = (self.client(node) for node in self.nodes)
        self.proxies["n1", "n2"].refuse()

        def refused():
            reply = one("GET", key)
            return isinstance(reply, Error) and reply.code == "CLUSTERDOWN" and "n2" in reply
        eventually(refused, 5, "n1 cannot reach n2")
        self.assertEqual(three("SET", key, "v"), "OK")
        self.assertEqual(two("SET", mine, "v"), "OK")
        self.heal()
        eventually(lambda: one("GET", key) == b"v", 6, "n1 reaches n2 again")

    def test_a_value_cut_in_half_on_the_way_changes_nothing(self):
        key = self.nodes.key_of("n2", "half")
        one, two = self.client(self.nodes["n1"], 20), self.client(self.nodes["n2"])
        self.assertEqual(one("SET", key, "whole"), "OK")
        big = b"x" * (8 << 20)
        for _ in range(5):
            cutter = threading.Timer(0.01, self.proxies["n1", "n2"].cut)
            cutter.start()
            reply = one("SET", key, big)
            cutter.join()
            got = two("GET", key)
            self.assertIn(len(got), (len("whole"), len(big)))
            if reply == "OK":
                self.assertEqual(got, big)
            elif reply.code in NOT_EXECUTED:
                self.assertEqual(got, b"whole")
            else:
                self.assertEqual(reply.code, "INDOUBT")
            eventually(lambda: one("SET", key, "whole") == "OK", 6, "n1 reaches n2 again")


class Disagreement(E2E):
    """Nodes whose files say something else of who owns what."""

    def test_nodes_that_name_each_other_as_owner_take_no_slot_and_say_why(self):
        nodes = self.cluster(nodes=2, start=False)
        nodes.give_own_file("n1", weights={"n1": 1, "n2": 9})
        nodes.give_own_file("n2", weights={"n1": 9, "n2": 1})
        for node in nodes:
            node.start().await_ready()
        nodes.await_links()
        for node in nodes:
            with node.connect(20) as client:
                start = time.monotonic()
                replies = client.pipeline([("SET", f"k{i}", "v") for i in range(50)])
                self.assertLess(time.monotonic() - start, seconds(10))
                for reply in replies:
                    # Either the node waits for slots that are to be its own, or the two point at each other.
                    word = "held by no node yet" if reply.code == "CLUSTERDOWN" else "different cluster files"
                    self.assertIn(word, reply)
                    self.assertIn(reply.code, ("CLUSTERDOWN", "TRYAGAIN"))
                self.assertTrue(any("runs another cluster file" in reply for reply in replies), replies[0])
                self.assertEqual(client("PING"), "PONG")
        # One file for both, and all is well.
        nodes.give_own_file("n2", epoch=2, weights={"n1": 1, "n2": 9})
        nodes.give_own_file("n1", epoch=2, weights={"n1": 1, "n2": 9})
        for node in nodes:
            node.process.terminate()
            node.start("--new-cluster").await_ready()
        nodes.await_links()
        nodes.await_first_holders()

    def test_a_session_of_a_node_that_the_entry_has_not_read_about_is_found(self):
        nodes = self.cluster(nodes=3, start=False)
        nodes.write(names=["n1", "n2"])
        nodes.give_own_file("n1", names=["n1", "n2"])
        nodes.start("n1", "n2")
        keys = [f"k{i}" for i in range(60)]
        with nodes["n1"].connect() as client:
            client.pipeline([("SET", key, key) for key in keys])
        edit(nodes, 2, ["n1", "n2", "n3"], reload=["n2"])
        nodes["n3"].start().await_ready()
        eventually(lambda: nodes["n2"].status()["here"]["slots_given_total"] > 1000, 20, "n2 gives slots to n3")
        eventually(lambda: nodes["n2"].status()["here"]["slots_to_give"] == 0, 20, "n2 has given all")
        theirs = [key for key in keys if "owner: n3" in self.where(nodes["n3"], key)]
        self.assertGreater(len(theirs), 3)
        with nodes["n1"].connect() as client:
            self.assertEqual(client.pipeline([("GET", key) for key in keys]), [key.encode() for key in keys])

    @staticmethod
    def where(node, key):
        return run(binary("limpet"), "-s", node.client, "where", key).stdout


if __name__ == "__main__":
    unittest.main(verbosity=2)
