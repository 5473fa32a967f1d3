"""Any node answers for any uid, and a session lives in the memory of its owner alone."""

import unittest

from harness.case import E2E
from harness.haproxy import HAProxy


class Anywhere(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster()
        cls.haproxy = HAProxy(cls.nodes)
        cls.addClassCleanup(cls.haproxy.close)
        cls.haproxy.await_ready()

    def setUp(self):
        with self.nodes["n1"].connect() as client:
            self.assertEqual(client("FLUSHALL"), "OK")

    def test_what_one_connection_wrote_through_haproxy_every_other_reads(self):
        count = 60
        for i in range(count):
            with self.haproxy.connect() as client:
                self.assertEqual(client("SET", f"cart:{{u{i}}}", f"apples {i}"), "OK")
        for i in range(count):
            with self.haproxy.connect() as client:
                self.assertEqual(client("GET", f"cart:{{u{i}}}"), f"apples {i}".encode())

    def test_haproxy_spreads_the_connections_over_all_nodes(self):
        before = {node.name: node.status()["here"]["connections_received"] for node in self.nodes}
        for _ in range(12):
            with self.haproxy.connect() as client:
                self.assertEqual(client("PING"), "PONG")
        for node in self.nodes:
            self.assertGreater(node.status()["here"]["connections_received"], before[node.name])

    def test_every_node_reads_and_writes_every_session(self):
        writers = [self.client(node) for node in self.nodes]
        for i in range(30):
            for n, writer in enumerate(writers):
                self.assertEqual(writer("HSET", f"sess:{i}", f"field{n}", f"{i}.{n}"), 1)
        for i in range(30):
            for reader in writers:
                self.assertEqual(reader("HGETALL", f"sess:{i}"),
                                 [part for n in range(3) for part in (b"field%d" % n, b"%d.%d" % (i, n))])

    def test_a_session_is_in_the_memory_of_its_owner_alone(self):
        for name in ("n1", "n2", "n3"):
            key = self.nodes.key_of(name, f"only-{name}")
            before = {node.name: node.keys_held() for node in self.nodes}
            for node in self.nodes:  # written and read through all of them
                with node.connect() as client:
                    client("APPEND", key, node.name)
                    client("GET", key)
            grown = {node.name: node.keys_held() - before[node.name] for node in self.nodes}
            self.assertEqual(grown, {node.name: int(node.name == name) for node in self.nodes})

    def test_all_keys_of_a_uid_live_together(self):
        with self.nodes["n2"].connect() as client:
            before = {node.name: node.keys_held() for node in self.nodes}
            for i in range(20):
                client("SET", f"part{i}:{{one-user}}", i)
        grown = [node.keys_held() - before[node.name] for node in self.nodes]
        self.assertEqual(sorted(grown), [0, 0, 20])

    def test_the_keyspace_line_of_info_counts_what_the_asked_node_holds(self):
        with self.haproxy.connect() as client:
            for i in range(300):
                client("SET", f"k{i}", i)
        held = []
        for node in self.nodes:
            with node.connect() as client:
                line = client.info("keyspace")["db0"]
            held.append(int(dict(part.split("=") for part in line.split(","))["keys"]))
        self.assertEqual(sum(held), 300)
        self.assertTrue(all(60 <= count <= 140 for count in held), held)

    def test_expiry_is_exact_whichever_node_is_asked(self):
        one, two, three = (self.client(node) for node in self.nodes)
        for i in range(9):
            self.assertEqual(one("SET", f"short{i}", "x", "PX", 1), "OK")
            self.assertEqual(two("SET", f"long{i}", "x", "EX", 1000), "OK")
        ttl = [three("TTL", f"long{i}") for i in range(9)]
        self.assertTrue(all(990 <= t <= 1000 for t in ttl), ttl)
        gone = [three("PTTL", f"short{i}") for i in range(9)]
        self.assertTrue(all(t in (-2, 0, 1) for t in gone), gone)


if __name__ == "__main__":
    unittest.main(verbosity=2)
