"""Commands on several keys, and on all keys, work across nodes through any of them."""

import unittest

from harness.case import E2E
from harness.resp import Error
from harness.waiting import eventually


class Keyspace(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster()
        cls.far = [cls.nodes.key_of(name, f"multi-{name}") for name in ("n1", "n2", "n3")]

    def setUp(self):
        self.clients = [self.client(node) for node in self.nodes]
        self.assertEqual(self.clients[0]("FLUSHALL"), "OK")

    def fill(self, count):
        names = [f"user:{{{i}}}:name" for i in range(count)]
        self.clients[0].pipeline([("SET", name, i) for i, name in enumerate(names)])
        return {name.encode() for name in names}

    def scan(self, client, *options):
        """All keys of a SCAN from start to end, in the order in which they came."""
        keys, cursor = [], b"0"
        for _ in range(100000):
            reply = client("SCAN", cursor, *options)
            self.assertIsInstance(reply, list, reply)
            cursor, part = reply
            keys += part
            self.assertLess(int(cursor), 1 << 53)
            if cursor == b"0":
                return keys
        self.fail("SCAN does not end")

    def test_mset_and_mget_put_parts_of_all_owners_back_in_order(self):
        a, b, c = self.far
        for client in self.clients:
            self.assertEqual(client("MSET", c, "3", a, "1", b, "2"), "OK")
            self.assertEqual(client("MGET", a, "nothing-here", b, c, a), [b"1", None, b"2", b"3", b"1"])

    def test_counts_of_several_keys_add_up(self):
        for client in self.clients:
            client("MSET", *[part for key in self.far for part in (key, "v")])
            self.assertEqual(client("EXISTS", *self.far, "nothing-here", self.far[0]), 4)
            self.assertEqual(client("TOUCH", *self.far, "nothing-here"), 3)
            self.assertEqual(client("DEL", self.far[0], "nothing-here"), 1)
            self.assertEqual(client("UNLINK", *self.far), 2)
            self.assertEqual(client("EXISTS", *self.far), 0)

    def test_an_error_of_one_part_is_the_error_of_the_whole(self):
        self.assertError(self.clients[0]("MSET", self.far[0], "1", self.far[1]), "ERR", "wrong number of arguments")
        self.assertEqual(self.clients[0]("EXISTS", *self.far), 0)

    def test_dbsize_counts_the_cluster_through_any_node(self):
        self.fill(500)
        self.assertEqual([client("DBSIZE") for client in self.clients], [500] * 3)
        self.assertEqual(sum(node.keys_held() for node in self.nodes), 500)

    def test_scan_gives_each_key_of_all_nodes_once_through_any_node(self):
        names = self.fill(1500)
        for client in self.clients:
            found = self.scan(client)
            self.assertEqual(len(found), len(set(found)), "a key came twice")
            self.assertEqual(set(found), names)

    def test_scan_knows_match_count_and_type(self):
        names = self.fill(300)
        self.clients[1]("HSET", "a-hash", "f", "v")
        client = self.clients[2]
        matching = {name for name in names if name.startswith(b"user:{1")}
        self.assertEqual(set(self.scan(client, "MATCH", "user:{1*")), matching)
        for count in (1, 7, 1000, 100000):
            self.assertEqual(set(self.scan(client, "COUNT", count)), names | {b"a-hash"})
        self.assertEqual(self.scan(client, "TYPE", "hash"), [b"a-hash"])
        self.assertEqual(self.scan(client, "MATCH", "none*"), [])

    def test_a_scan_may_go_on_at_another_node(self):
        names = self.fill(800)
        keys, cursor = [], b"0"
        for turn in range(100000):
            cursor, part = self.clients[turn % 3]("SCAN", cursor, "COUNT", 5)
            keys += part
            if cursor == b"0":
                break
        self.assertEqual(sorted(keys), sorted(names))

    def test_scan_returns_keys_that_stay_while_others_come_and_go(self):
        staying = self.fill(400)
        found, cursor, turn = set(), b"0", 0
        while True:
            cursor, part = self.clients[0]("SCAN", cursor, "COUNT", 20)
            found.update(part)
            turn += 1
            self.clients[1].pipeline([("SET", f"new:{turn}:{i}", i) for i in range(20)])
            self.clients[2].pipeline([("DEL", f"new:{turn - 1}:{i}") for i in range(20)])
            if cursor == b"0":
                break
        self.assertLessEqual(staying, found)

    def test_flushall_empties_every_node_through_any_node(self):
        for i, command in enumerate(("FLUSHALL", "FLUSHDB", "FLUSHALL")):
            self.fill(200)
            self.assertEqual(self.clients[i](command), "OK")
            self.assertEqual([node.keys_held() for node in self.nodes], [0, 0, 0])

    def test_time_outs_are_reclaimed_without_being_read(self):
        self.clients[0].pipeline([("SET", f"soon:{i}", "x", "PX", 50) for i in range(300)])
        eventually(lambda: sum(node.keys_held() for node in self.nodes) == 0, 5, "all keys expired")


class ScanInsideASession(E2E):
    def test_a_session_of_many_keys_is_scanned_through_every_node_and_shard(self):
        nodes = self.cluster(nodes=2)
        with nodes["n1"].connect() as client:
            client("MSET", *[part for i in range(200) for part in (f"{{user}}:{i}", "v")])
        for node in list(nodes) * 2:  # connections are dealt out to the shards in turn
            client, cursor, found = self.client(node), b"0", set()
            while True:
                reply = client("SCAN", cursor, "COUNT", "10")
                self.assertNotIsInstance(reply, Error, f"{node.name}: {reply}")
                cursor, keys = reply
                found.update(keys)
                if cursor == b"0":
                    break
            self.assertEqual(len(found), 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
