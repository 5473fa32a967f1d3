"""Replies come in the order of their commands, whatever path each command took, however its bytes arrived."""

import random
import threading
import time
import unittest

from harness.case import E2E
from harness.model import Model
from harness.resp import encode
from harness.waiting import not_under_tsan, seconds


class Pipeline(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster()
        cls.keys = [key for name in ("n1", "n2", "n3") for key in cls.nodes.keys_of(name, 4, f"pipe-{name}")]

    def setUp(self):
        with self.nodes["n1"].connect() as client:
            self.assertEqual(client("FLUSHALL"), "OK")

    def random_commands(self, seed, count):
        rng = random.Random(seed)
        model = Model()
        commands = [Model.random_command(rng, self.keys) for _ in range(count)]
        return commands, [model.run(command) for command in commands]

    def check(self, commands, replies, due):
        for i, (command, reply, wanted) in enumerate(zip(commands, replies, due)):
            self.assertEqual((reply, type(reply)), (wanted, type(wanted)), f"command {i}: {command}")

    def test_a_thousand_mixed_commands_over_keys_of_all_owners_are_answered_in_order(self):
        for seed, node in enumerate(self.nodes):
            with self.subTest(node=node.name), node.connect() as client:
                self.assertEqual(client("FLUSHALL"), "OK")
                commands, due = self.random_commands(seed, 1000)
                self.check(commands, client.pipeline(commands), due)

    def test_the_same_holds_when_the_bytes_arrive_in_random_pieces(self):
        rng = random.Random(99)
        commands, due = self.random_commands(7, 1000)
        data = b"".join(encode(*command) for command in commands)
        client = self.client(self.nodes["n2"])

        def send():
            rest = data
            while rest:
                cut = rng.choice([1, 2, 3, 7, 50, 700, 5000])
                client.send_raw(rest[:cut])
                rest = rest[cut:]

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        self.check(commands, [client.read() for _ in commands], due)
        sender.join()

    def test_forwarded_and_refused_commands_keep_their_places(self):
        client = self.client(self.nodes["n1"])
        far = self.nodes.key_of("n3", "far")
        replies = client.pipeline([("SET", far, "1"), ("NOSUCH",), ("GET", far), ("GET",), ("PING", "hi"),
                                   ("INCR", far), ("HGET", far, "f"), ("GET", far)])
        self.assertEqual(replies[0], "OK")
        self.assertError(replies[1], "ERR", "unknown command 'NOSUCH'")
        self.assertEqual(replies[2], b"1")
        self.assertError(replies[3], "ERR", "wrong number of arguments for 'get' command")
        self.assertEqual(replies[4], b"hi")
        self.assertEqual(replies[5], 2)
        self.assertError(replies[6], "WRONGTYPE")
        self.assertEqual(replies[7], b"2")

    def test_many_pipelines_at_once_do_not_mix(self):
        failures = []

        def work(number, node):
            try:
                rng = random.Random(number)
                with node.connect() as client:
                    for _ in range(20):
                        tags = [f"{number}-{rng.randrange(10**9)}" for _ in range(50)]
                        keys = [rng.choice(self.keys) + f":{number}" for _ in tags]
                        sent = [c for k, t in zip(keys, tags) for c in (("SET", k, t), ("GET", k))]
                        replies = client.pipeline(sent)
                        if replies[1::2] != [tag.encode() for tag in tags]:
                            failures.append((number, replies))
            except Exception as error:  # told by the assertion below, on the test's own thread
                failures.append((number, repr(error)))

        threads = [threading.Thread(target=work, args=(i, node), daemon=True)
                   for i, node in enumerate(list(self.nodes) * 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_more_commands_than_places_wait_for_their_turn(self):
        client = self.client(self.nodes["n1"])
        key = self.nodes.key_of("n2", "long")
        count = 20000
        data = encode("INCR", key) * count
        sender = threading.Thread(target=client.send_raw, args=(data,), daemon=True)
        sender.start()
        self.assertEqual([client.read() for _ in range(count)], list(range(1, count + 1)))
        sender.join()


class LargeValues(E2E):
    def test_values_of_ten_megabytes_travel_whole_and_hold_up_nobody(self):
        nodes = self.cluster()
        big, small = nodes.key_of("n2", "big"), nodes.key_of("n2", "small")
        value = random.Random(1).randbytes(10 * 1000 * 1000)
        slowest, stop, broken = [0.0], threading.Event(), []

        def small_requests():
            try:
                with nodes["n1"].connect() as client:
                    client("SET", small, "s")
                    while not stop.is_set():
                        start = time.monotonic()
                        if client("GET", small) != b"s":
                            broken.append("wrong reply")
                        slowest[0] = max(slowest[0], time.monotonic() - start)
            except Exception as error:  # told below
                broken.append(repr(error))

        others = threading.Thread(target=small_requests, daemon=True)
        others.start()
        with nodes["n1"].connect(30) as client:
            for _ in range(5):
                self.assertEqual(client("SET", big, value), "OK")
                self.assertEqual(client("STRLEN", big), len(value))
                self.assertEqual(client("GET", big), value)
        stop.set()
        others.join()
        self.assertEqual(broken, [])
        self.assertLess(slowest[0], seconds(1), "a small request on the same link waited")

    @not_under_tsan
    def test_large_values_both_ways_between_two_nodes_at_once_all_arrive(self):
        # None may get stuck; how long 200 MB take on a busy machine is another matter.
        nodes = self.cluster(flags=["--forward-timeout", "60s"])
        value = random.Random(2).randbytes(4 << 20)
        broken = []

        def work(through, owner, number):
            key = nodes.key_of(owner, f"both-{number}")
            try:
                with nodes[through].connect(30) as client:
                    for _ in range(4):
                        sender = threading.Thread(target=client.send_raw, daemon=True, args=(
                            (encode("SET", key, value) + encode("GET", key)) * 4,))
                        sender.start()
                        for i in range(8):
                            reply = client.read()
                            if reply != (value if i % 2 else "OK"):
                                broken.append(f"{key}: wrong reply {i}: {reply[:200]!r}")
                        sender.join()
            except Exception as error:  # told below
                broken.append(f"{key}: {error!r}")

        threads = [threading.Thread(target=work, args=(*pair, number), daemon=True)
                   for number in range(3) for pair in (("n1", "n2"), ("n2", "n1"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(broken, [])
        for node in nodes:
            self.assertNotIn("it has not answered", node.process.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
