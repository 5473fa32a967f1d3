"""The base of all end-to-end tests."""

import unittest

from .cluster import Cluster
from .resp import Error


class E2E(unittest.TestCase):
    """Clusters of a class live as long as the class, those of a test as long as the test.

    When a test fails, the ends of all nodes' logs are printed with it.
    """

    clusters = ()

    @classmethod
    def class_cluster(cls, **kwargs):
        """A started cluster for all tests of the class; for setUpClass."""
        cluster = Cluster(**kwargs)
        cls.addClassCleanup(cluster.close)
        cls.clusters = (*cls.clusters, cluster)
        return cluster.start()

    def cluster(self, start=True, **kwargs):
        """A cluster for this test alone."""
        cluster = Cluster(**kwargs)
        self.addCleanup(cluster.close)
        self.clusters = (*self.clusters, cluster)
        return cluster.start() if start else cluster

    def client(self, node, timeout=10.0):
        client = node.connect(timeout)
        self.addCleanup(client.close)
        return client

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            for cluster in self.clusters:
                print(cluster.logs(), flush=True)

    def assertError(self, reply, code, *words):
        self.assertIsInstance(reply, Error)
        self.assertEqual(reply.code, code, reply)
        for word in words:
            self.assertIn(word, reply)
