"""Crowds at the peer port that are no nodes: they are shut out in time, take next to nothing, and hold up no peer."""

import random
import struct
import unittest

from harness.bystander import Watched
from harness.case import E2E
from harness.crowd import Crowd, crowd_size, dial, push, taken
from harness.load import MIB, Growth, allowance, descriptors
from harness.resp import encode
from harness.waiting import SLOWNESS, eventually

GREET, REQUEST = 1, 8
GREETING_SECONDS = 2.0  # kGreetingMs


def header(kind, length, bits=0, slot=0, ident=1):
    """The header of a frame, as include/limpet/peer/frame.hpp draws it."""
    return struct.pack("<IBBHQ", length, kind, bits, slot, ident)


def greeting(cluster=b"e2e", node=b"n2"):
    names = b"".join(struct.pack("<B", len(name)) + name
                     for name in (cluster, node, b"127.0.0.1:1", b"127.0.0.1:2", b"0.2.0"))
    body = struct.pack("<IHHQQQQQB", 0x54504D4C, 5, 5, 1, 0, 0, 0, 1, 1) + b"n" * 16 + names
    return header(GREET, len(body)) + body


class Crowds(Watched, E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster(secret="the right one")
        cls.target = cls.nodes["n1"]
        cls.pid = cls.target.process.pid
        cls.ours = cls.nodes.keys_of("n1", 4)
        with cls.target.connect() as client:
            client("SET", "kept", "untouched")

    def setUp(self):
        self.nodes.await_links()
        self.growth = Growth(self.pid)
        self.descriptors = descriptors(self.pid)

    def tearDown(self):
        grown = self.growth.most()
        print(f"    memory: {grown / MIB:.1f} MiB more at the most", flush=True)
        self.assertLess(grown, allowance(32 * MIB))
        eventually(lambda: descriptors(self.pid) <= self.descriptors, 10, "all descriptors are free again")
        for node in self.nodes:
            with node.connect() as client:
                eventually(lambda: client("GET", "kept") == b"untouched", 10, f"{node.name} goes on")

    def forwarded(self):
        """A bystander at n2 whose requests all travel to n1."""
        return self.bystander(self.nodes["n2"], keys=self.ours)

    def check_that_all_are_closed(self, *sayings, count=200):
        """So many strangers say each of these; all are closed, and none is told that anything was done."""
        with self.forwarded():
            for data in sayings:
                with self.subTest(data=data[:40]), Crowd(self.target.peer, count) as crowd:
                    crowd.push(data)
                    eventually(lambda: crowd.closed() == count, GREETING_SECONDS + 5, f"{data[:30]}: all are closed")
                    for answer in set(crowd.answers()):
                        self.assertNotRegex(answer, rb"\+OK|HTTP|NOAUTH")

    def test_of_a_thousand_silent_strangers_a_few_may_wait_until_their_time_is_up(self):
        waiting = 2 * (16 + 2 * 3)  # of both shards: kStrangersMax, and two for each node
        with self.forwarded() as bystander, Crowd(self.target.peer, crowd_size(1000)) as crowd:
            bystander.served(20)
            if SLOWNESS == 1:
                self.assertEqual(crowd.closed(), len(crowd) - waiting)
            eventually(lambda: crowd.closed() == len(crowd), GREETING_SECONDS + 3, "all are closed")
        lines = self.target.process.log().count("peer connection from")
        self.assertLess(lines, 20 * SLOWNESS, "each stranger a line would fill the log")

    def test_a_node_that_starts_is_let_in_past_a_thousand_silent_strangers(self):
        with self.bystander(self.target, keys=self.ours), Crowd(self.target.peer, crowd_size(1000)):
            self.nodes["n3"].process.kill()
            self.nodes["n3"].start().await_ready()
            with self.nodes["n3"].connect() as client:
                eventually(lambda: client("SET", "{" + self.ours[0] + "}own", "v") == "OK", 5, "n3 is let in")

    def test_commands_of_clients_and_web_browsers_end_the_connection(self):
        self.check_that_all_are_closed(encode("SET", "kept", "hacked") * 3, b"FLUSHALL\r\n" * 100,
                                       b"POST / HTTP/1.1\r\nHost: x\r\n\r\nSET kept hacked\r\n")

    def test_random_bytes_end_the_connection(self):
        rng = random.Random(5)
        self.check_that_all_are_closed(*(rng.randbytes(size) for size in (1, 15, 16, 17, 4000)), count=100)

    def test_a_greeting_that_looks_right_and_announces_too_much_is_not_waited_for(self):
        with self.forwarded():
            for length in (2049, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF):
                with Crowd(self.target.peer, 50) as crowd:
                    crowd.push(header(GREET, length) + greeting()[16:])
                    eventually(lambda: crowd.closed() == 50, GREETING_SECONDS / 2, f"{length}: all are closed")

    def test_half_a_greeting_is_waited_for_as_long_as_none(self):
        self.check_that_all_are_closed(greeting()[:-1], count=crowd_size(1000))

    def test_strangers_who_greet_and_cannot_prove_themselves_are_closed_and_held_to_small_frames(self):
        self.check_that_all_are_closed(greeting(), greeting() + header(2, 32) + b"p" * 32,
                                       greeting() + header(2, 80 << 20) + b"p" * 1000,
                                       greeting() + header(REQUEST, 1000) + b"r" * 1000)

    def test_three_thousand_strangers_who_come_and_go_leave_nothing(self):
        with self.forwarded() as bystander:
            for i in range(15):
                with Crowd(self.target.peer, 200) as crowd:
                    crowd.push([b"", b"GET / HTTP/1.1\r\n\r\n", greeting(), greeting()[:20]][i % 4])
                    bystander.served(1)

    def test_peers_keep_talking_while_strangers_are_shut_out(self):
        with self.nodes["n2"].connect() as client, Crowd(self.target.peer, 500) as crowd:
            crowd.push(greeting()[:30])
            for i in range(500):
                self.assertEqual(client("SET", self.ours[i % 4], str(i)), "OK")
        links = {node["name"]: node["link"] for node in self.nodes["n2"].status()["nodes"] if node["link"]}
        self.assertEqual(links["n1"]["state"], "up")


class Dripping(E2E):
    def test_a_stranger_who_drips_a_greeting_has_no_more_time_than_a_silent_one(self):
        target = self.cluster(nodes=2, secret="s")["n1"]
        stream = dial(target.peer)
        self.addCleanup(stream.close)
        data, at = header(GREET, 900) + b"x" * 900, [0]

        def closed():
            at[0] += push(stream, data[at[0]:at[0] + 1])  # a byte every 20 ms
            return taken(stream)[1]
        eventually(closed, GREETING_SECONDS + 3, "it is closed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
