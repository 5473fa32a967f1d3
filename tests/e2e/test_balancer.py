"""`limpet haproxy` makes HAProxy's backend of the cluster file, so that the list of nodes is written once."""

import os
import unittest

from harness.case import E2E
from harness.ports import free_address
from harness.process import Process, binary, run
from harness.resp import Client
from harness.waiting import eventually

FRONTEND = """
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    retries 3
    option redispatch
frontend clients
    bind {}
    default_backend limpet
"""


class Balancer(E2E):
    def backend(self, cluster):
        done = run(binary("limpet"), "haproxy", cluster.config)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def haproxy(self, cluster, backend):
        """HAProxy with a frontend of its own and the backend that limpet printed."""
        address, files = free_address(), []
        for name, text in (("frontend", FRONTEND.format(address)), ("backend", backend)):
            files.append(os.path.join(cluster.folder, name + ".cfg"))
            with open(files[-1], "w", encoding="utf-8") as file:
                file.write(text)
        process = Process(["haproxy", "-db", "-f", files[0], "-f", files[1]],
                          os.path.join(cluster.folder, "haproxy.log"))
        self.addCleanup(process.kill)
        return address, process

    def served_by(self, address):
        """The nodes that answer new clients."""
        def one():
            with Client(address, 10.0) as client:
                return client("INFO", "server").decode().split("tcp_port:")[1].split("\r\n")[0]
        return {one() for _ in range(6)}

    def test_the_nodes_of_the_file_serve_and_one_that_drains_gets_nobody_new(self):
        cluster = self.cluster()
        address, process = self.haproxy(cluster, self.backend(cluster))
        ports = {node.name: node.client.rsplit(":", 1)[1] for node in cluster}
        def answers():
            self.assertTrue(process.running(), process.log())
            return self.served_by(address) == set(ports.values())
        eventually(answers, 20, "HAProxy passes clients on to all nodes")
        done = run(binary("limpet"), "-s", cluster["n1"].client, "cluster", "drain", "n2")
        self.assertEqual(done.returncode, 0, done.stderr)
        eventually(lambda: self.served_by(address) == {ports["n1"], ports["n3"]}, 20, "n2 gets nobody new")
        self.assertIn("n2 is stopping, reason: Layer7 check conditionally passed", process.log())

    def test_it_is_of_the_file_alone(self):
        cluster = self.cluster(start=False)
        cluster.write(epoch=4, states={"n3": "down"})
        backend = self.backend(cluster)
        self.assertIn(f"of {cluster.config}, cluster e2e, epoch 4", backend)
        node = cluster["n1"]
        self.assertIn(f"    server n1 {node.client} port {node.admin.rsplit(':', 1)[1]}\n", backend)
        self.assertRegex(backend, r"(?m)^    server n3 .* disabled$")
        self.assertIn("option httpchk GET /drainz", backend)
        with open(cluster.config, encoding="utf-8") as file:
            text = file.read()
        with open(cluster.config, "w", encoding="utf-8") as file:
            file.write("\n".join(line for line in text.split("\n") if node.admin not in line))
        self.assertIn("option redis-check", self.backend(cluster))
        done = run(binary("limpet"), "haproxy", cluster.config + ".gone")
        self.assertEqual(done.returncode, 4)


if __name__ == "__main__":
    unittest.main()
