"""The base of the tests with hostile clients."""

from .bystander import Watched
from .case import E2E
from .load import MIB, Growth, allowance
from .waiting import eventually

_LOG_BYTES = 4096  # what a test may add to the log


class Hostile(Watched, E2E):
    """One node for all tests of the class; each test leaves it as it was."""

    FLAGS = ()
    PASSWORD = None

    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster(nodes=1, flags=cls.FLAGS, password=cls.PASSWORD)
        cls.node = cls.nodes["n1"]
        cls.pid = cls.node.process.pid

    def setUp(self):
        self.admin = self.client(self.node, 60)
        if self.PASSWORD:
            self.assertEqual(self.admin("AUTH", self.PASSWORD), "OK")
        self.wait_until_alone()
        self.log_before = len(self.node.process.log())
        self.growth = Growth(self.pid)

    def tearDown(self):
        self.admin("FLUSHALL")
        self.assertLess(len(self.node.process.log()) - self.log_before, _LOG_BYTES, "the log was flooded")

    def assertGrewByLessThan(self, mebibytes):
        grown = self.growth.most()
        print(f"    memory: {grown / MIB:.1f} MiB more at the most, of {mebibytes}", flush=True)
        self.assertLess(grown, allowance(mebibytes * MIB))

    def wait_until_alone(self):
        eventually(lambda: int(self.admin.info()["connected_clients"]) <= 1, 10, "the crowd is gone")
