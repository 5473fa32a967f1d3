"""The changes of a slot are numbered over all nodes that hold it, and over their restarts."""

import re
import unittest

from harness.case import E2E
from harness.journal import data_of
from harness.process import binary, run
from harness.waiting import eventually


def terms(said):
    return [(cessions, restarts, number) for cessions, restarts, number, _ in said]


class Numbers(E2E):
    def said_of(self, node, key):
        """What the journal of a node says of the slot of a key, in its order: [(cessions, restarts, number, boot)]."""
        slot = re.search(r"slot:\s+(\d+)", run(binary("limpet"), "-s", node.client, "where", key).stdout).group(1)
        told = run(binary("limpet"), "journal", "dump", data_of(node)).stdout
        found = re.findall(rf"^\S+ \d+ {slot} \d+ term (\d+)(?: \((\d+) restarts?\))?, number (\d+)"
                           r"(?:, boot ([0-9a-f]{8}))?$", told, re.M)
        return [(int(cessions), int(restarts or 0), int(number), boot) for cessions, restarts, number, boot in found]

    def test_go_on_over_a_restart_and_a_hand_over(self):
        nodes = self.cluster(nodes=2, flags=["--durability", "interval"])
        key = nodes.key_of("n1")
        for _ in range(5):
            self.client(nodes["n1"])("INCR", key)
        self.assertEqual(terms(self.said_of(nodes["n1"], key)), [(1, 0, 0)])
        nodes["n1"].process.kill()
        nodes["n1"].start().await_ready()
        nodes.await_links()
        for _ in range(3):
            self.client(nodes["n1"])("INCR", key)
        first, second = self.said_of(nodes["n1"], key)
        self.assertEqual(terms([first, second]), [(1, 0, 0), (1, 1, 5)])
        self.assertEqual(len({first[-1], second[-1], ""}), 3, "both boots are named, and differ")
        self.assertEqual(run(binary("limpet"), "-s", nodes["n2"].client, "cluster", "drain", "n1").returncode, 0)
        eventually(lambda: nodes.owner_of(key) == "n2", 60, "the slot has moved")
        copied = self.said_of(nodes["n2"], key)
        self.assertEqual(copied[-1], (1, 1, 8, second[-1]),
                         "it has all eight changes, the last of which was made at (1, 1), in that boot of n1")
        self.assertEqual(copied[0][:2], (2, 0), "it was begun for who is to own it at two cessions")
        self.assertEqual(self.client(nodes["n2"])("INCR", key), 9)
        self.assertEqual(terms(self.said_of(nodes["n2"], key))[len(copied):], [(2, 0, 8)])
        nodes["n2"].process.kill()
        nodes["n2"].start().await_ready()
        nodes.await_links()
        eventually(lambda: self.client(nodes["n2"])("INCR", key) == 10, 10, "it is served again")
        self.assertEqual(terms(self.said_of(nodes["n2"], key))[-1], (2, 1, 9))


if __name__ == "__main__":
    unittest.main(verbosity=2)
