"""Tests whose cluster has sessions in it before anything happens to it."""

from .case import E2E

SESSIONS = 3000


class MovingCase(E2E):
    def grown(self, nodes, started, **kwargs):
        """A cluster of some nodes more than its file lists: the first of them run."""
        cluster = self.cluster(start=False, nodes=nodes, flags=["--durability", "interval"], **kwargs)
        names = [f"n{i}" for i in range(1, started + 1)]
        cluster.write(names=names)
        cluster.start(*names)
        return cluster, names

    def fill(self, node):
        client = self.client(node)
        replies = client.pipeline([("SET", f"s{i}", f"v{i}", "EX", 5000) for i in range(SESSIONS)])
        self.assertEqual(set(replies), {"OK"})

    def expect_filled(self, node):
        client = self.client(node)
        values = client.pipeline([("GET", f"s{i}") for i in range(SESSIONS)])
        self.assertEqual(values, [b"v%d" % i for i in range(SESSIONS)])
        times = client.pipeline([("TTL", f"s{i}") for i in range(SESSIONS)])
        self.assertTrue(all(4000 < time <= 5000 for time in times), sorted(times)[:3])

    def check(self, counters, node, errors=False):
        counters.stop()
        if not errors:
            self.assertEqual(counters.errors, [])
        self.assertEqual(counters.wrong(self.client(node)), [])
