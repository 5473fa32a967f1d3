"""The HTTP side of a node: for load balancers, Prometheus and people."""

import re
import socket
import unittest

from harness.case import E2E

SAMPLE = re.compile(r"^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_][a-z0-9_]*=\"(?:[^\"\\\n]|\\.)*\",?)*)\})? ([^ ]+)$", re.I)


def parse_metrics(text):
    """Prometheus' text format -> ({(name, labels): value}, {name: type}); an assertion fails on what is not."""
    samples, types, helped = {}, {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ", 3)
            assert name not in types, f"{name} has two types"
            types[name] = kind
        elif line.startswith("# HELP "):
            helped.add(line.split(" ", 3)[2])
        elif line:
            match = SAMPLE.match(line)
            assert match, line
            assert (match.group(1), match.group(2)) not in samples, f"twice: {line}"
            samples[match.group(1), match.group(2)] = float(match.group(3))
    for name, _ in samples:
        base = re.sub("_(bucket|sum|count)$", "", name)
        family = base if types.get(base) == "histogram" else name
        assert family in types and family in helped, f"{name} has no TYPE or HELP"
    return samples, types


class Admin(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster()
        cls.far = cls.nodes.key_of("n2", "far")
        with cls.nodes["n1"].connect() as client:
            client.pipeline([("SET", cls.far, "v"), ("GET", cls.far), ("GET", "no-such-key"), ("NOSUCH",)])

    def test_every_node_is_alive_and_ready(self):
        for node in self.nodes:
            for page in ("/livez", "/readyz"):
                self.assertEqual(node.get(page)[0], 200, page)

    def test_a_page_that_does_not_exist_is_not_found(self):
        self.assertEqual(self.nodes["n1"].get("/nothing")[0], 404)

    def test_status_tells_the_cluster_as_this_node_sees_it(self):
        for node in self.nodes:
            status = node.status()
            self.assertEqual(status["node"], node.name)
            self.assertEqual(status["pid"], node.process.pid)
            self.assertEqual(status["cluster"]["name"], "e2e")
            self.assertEqual(status["cluster"]["epoch"], 1)
            self.assertEqual([n["name"] for n in status["nodes"]], ["n1", "n2", "n3"])
            self.assertEqual(sum(n["slots"] for n in status["nodes"]), 16384)
            self.assertEqual([n["name"] for n in status["nodes"] if n["self"]], [node.name])
            self.assertEqual(len(status["shards"]), status["shards_expected"])

    def test_all_nodes_show_the_same_placement(self):
        self.assertEqual(len({node.status()["cluster"]["placement_digest"] for node in self.nodes}), 1)

    def test_metrics_are_what_prometheus_reads(self):
        for node in self.nodes:
            code, headers, text = node.get("/metrics")
            self.assertEqual(code, 200)
            self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers["Content-Type"])
            samples, types = parse_metrics(text)
            for (name, labels), value in samples.items():
                self.assertTrue(name.startswith(("limpet_", "process_")), name)
                if types.get(name) == "counter":
                    self.assertTrue(name.endswith("_total"), name)
                    self.assertGreaterEqual(value, 0)
                self.assertNotIn(self.far, labels or "", "a key in a label")

    def test_metrics_count_what_happened(self):
        samples, _ = parse_metrics(self.nodes["n1"].get("/metrics")[2])
        self.assertGreaterEqual(samples["limpet_forwarded_commands_total", None], 2)
        samples, _ = parse_metrics(self.nodes["n2"].get("/metrics")[2])
        self.assertGreaterEqual(samples["limpet_commands_total", 'cmd="set"'], 1)
        self.assertGreaterEqual(samples["limpet_commands_for_peers_total", None], 2)
        self.assertGreaterEqual(samples["limpet_keys", None], 1)

    def test_links_show_as_up(self):
        self.nodes.await_links()
        samples, _ = parse_metrics(self.nodes["n1"].get("/metrics")[2])
        self.assertEqual({labels for name, labels in samples if name == "limpet_peer_up"}, {'peer="n2"', 'peer="n3"'})

    def test_a_hundred_who_say_nothing_do_not_shut_out_the_health_check(self):
        host, port = self.nodes["n1"].admin.rsplit(":", 1)
        silent = [socket.create_connection((host, int(port))) for _ in range(100)]
        try:
            self.assertEqual(self.nodes["n1"].get("/readyz", within=4)[0], 200)
        finally:
            for one in silent:
                one.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
