"""The bound on memory: writes are refused, or idle sessions with a time-out make room; reads always go on."""

import unittest

from harness.case import E2E
from harness.resp import Error
from harness.waiting import eventually

VALUE = "x" * 1000


class MemoryFull(E2E):
    def filled(self, client, count, *options):
        return client.pipeline([("SET", f"s{i}", VALUE, *options) for i in range(count)])

    def memory(self, node):
        return sum(n.status()["here"]["bytes"] for n in node)

    def test_without_eviction_writes_are_refused_and_all_else_goes_on(self):
        nodes = self.cluster(nodes=1, flags=["--max-memory", "1mb"])
        client = self.client(nodes["n1"])
        replies = self.filled(client, 2000, "EX", 1000)
        refused = [reply for reply in replies if isinstance(reply, Error)]
        self.assertTrue(refused)
        self.assertEqual({reply.code for reply in refused}, {"OOM"})
        self.assertLessEqual(self.memory(nodes), 1 << 20)
        self.assertEqual(client("GET", "s0"), VALUE.encode())
        self.assertEqual(client("EXPIRE", "s0", 5), 1)
        self.assertGreater(client("DEL", *[f"s{i}" for i in range(500)]), 100)
        self.assertEqual(client("SET", "again", "v"), "OK")

    def test_with_eviction_memory_stays_in_bounds_and_what_is_used_stays(self):
        nodes = self.cluster(nodes=1, flags=["--max-memory", "2mb", "--when-full", "evict"])
        client = self.client(nodes["n1"])
        self.assertEqual(client("SET", "forever", VALUE), "OK")
        self.assertEqual({str(reply) for reply in self.filled(client, 10000, "EX", 1000)}, {"OK"})
        self.assertLessEqual(self.memory(nodes), 2 << 20)
        self.assertEqual(client("GET", "forever"), VALUE.encode(), "what has no time-out is never evicted")
        self.assertEqual(client("GET", "s9999"), VALUE.encode())
        self.assertEqual(int(client.info()["evicted_keys"]) + client("DBSIZE"), 10001)
        self.assertIn("limpet_evicted_keys_total", nodes["n1"].get("/metrics")[2])

    def test_config_set_changes_the_bound_on_every_shard_while_running(self):
        nodes = self.cluster(nodes=1)
        client = self.client(nodes["n1"])
        self.assertEqual(client("CONFIG", "SET", "maxmemory", "100kb", "maxmemory-policy", "noeviction"), "OK")
        self.assertEqual(client("CONFIG", "GET", "maxmemory"), [b"maxmemory", b"102400"])
        replies = self.filled(client, 500)
        self.assertTrue(any(isinstance(reply, Error) and reply.code == "OOM" for reply in replies))
        self.assertLessEqual(self.memory(nodes), 100 << 10)
        self.assertEqual(client("CONFIG", "SET", "maxmemory", "0"), "OK")
        self.assertEqual({str(reply) for reply in self.filled(client, 500)}, {"OK"})

    def test_config_set_refuses_what_it_cannot_do_and_changes_nothing(self):
        nodes = self.cluster(nodes=1)
        client = self.client(nodes["n1"])
        for pairs, words in ((("maxmemory", "much"), "must be a memory value"),
                             (("maxmemory-policy", "allkeys-lru"), "must be one of"),
                             (("timeout", "-1"), "must be between"),
                             (("port", "1"), "can't set immutable config"),
                             (("maxmemory", "1mb", "port", "1"), "can't set immutable config"),
                             (("nosuch", "1"), "Unknown option"),
                             (("maxmemory", "1mb", "timeout"), "Unknown option")):
            self.assertError(client("CONFIG", "SET", *pairs), "ERR", words)
        self.assertEqual(client("CONFIG", "GET", "maxmemory"), [b"maxmemory", b"0"])

    def test_a_reload_takes_over_a_new_bound(self):
        nodes = self.cluster(nodes=1, server={"max_memory": "0"})
        client = self.client(nodes["n1"])
        nodes.server["max_memory"] = "10mb"
        nodes.write()
        nodes["n1"].process.signal(1)
        eventually(lambda: client("CONFIG", "GET", "maxmemory") == [b"maxmemory", b"10485760"], 5, "the new bound")


if __name__ == "__main__":
    unittest.main(verbosity=2)
