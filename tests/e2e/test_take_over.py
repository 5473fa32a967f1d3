"""A node's volume is taken over by another host: it serves what was acknowledged, and the old host harms nothing.

The hosts are network namespaces. The volume is a directory that both of them see, or a copy of it.
"""

import os
import shutil
import unittest

from harness.hosts import HERE, Host, NoHosts, enter_own_network, live_on
from harness.journal import data_of
from harness.resp import Error, encode
from harness.waiting import eventually, not_sanitized
from test_journal import MODES, Journal

MANY = 200


def setUpModule():
    try:
        enter_own_network()
    except NoHosts as error:
        raise unittest.SkipTest(f"no hosts with a network of their own: {error}") from None


class TakeOver(Journal):
    """n1 lives on a host of its own, and n2 with the clients; n1's volume is taken over by a third host."""

    def begin(self, mode):
        self.nodes = self.cluster(nodes=2, start=False, flags=["--durability", mode, "--protected-mode", "no",
                                                                   "--stop-timeout", "1s"])
        self.old, self.other = self.nodes["n1"], self.nodes["n2"]
        self.hosts = [Host(name, self.nodes.folder) for name in ("oldhost", "newhost")]
        for host in self.hosts:
            self.addCleanup(host.close)
        live_on(self.old, self.hosts[0].address)
        live_on(self.other, HERE)
        self.nodes.write()
        self.hosts[0].start(self.old)
        self.other.start()
        for node in self.nodes:
            node.await_ready()
        self.nodes.await_links()
        self.keys = self.nodes.keys_of("n1", 8, "mine")
        # Many keys of few sessions: whoever writes, writes to what the others have written to.
        self.names = [f"{{{self.keys[i % 8]}}}{i}" for i in range(MANY)]
        client = self.client(self.old)
        self.assertEqual(client.pipeline([("SET", name, "before") for name in self.names]), ["OK"] * MANY)
        return client

    def move(self, folder=None):
        """The node's next start is on the new host, on this directory or its own; the cluster file says so."""
        self.old_process, self.old_client = self.old.process, self.old.client
        self.addCleanup(self.old_process.kill)
        self.flags = ("--data-dir", folder or data_of(self.old))
        live_on(self.old, self.hosts[1].address)
        self.nodes.write(epoch=2)

    def start_there(self):
        """A client of the node on its new host, once it serves there."""
        self.hosts[1].start(self.old, *self.flags).await_ready()
        return self.client(self.old)

    def restarted(self):
        self.old.process.kill()
        return self.start_there()

    def serve_from_there(self):
        """Starts the node on its new host, and the other one anew with the new file, through which it is reached."""
        client = self.start_there()
        self.assertEqual(self.other.process.terminate(15), 0)
        self.other.start().await_ready()
        self.nodes.await_links()
        self.assertHeld(client, self.names, b"before")
        through = self.client(self.other)
        self.assertHeld(through, self.names, b"before")
        self.assertEqual(through("SET", self.names[0], "before"), "OK")
        return client

    def assertHeld(self, client, names, value):
        self.assertEqual(client.pipeline([("GET", name) for name in names]), [value] * len(names))

    def take_over_from_a_stopped_one(self, mode):
        """The old process stands still with writes in its socket; the new one serves. Returns clients of both."""
        stale = self.begin(mode)
        self.old.process.freeze()
        stale.send_raw(b"".join(b"SET %s zombie\r\n" % name.encode() for name in self.names))
        self.move()
        self.hosts[1].start(self.old, *self.flags)
        self.assertNotEqual(self.old.process.wait(), 0)
        self.assertIn("another limpetd runs on this data directory", self.old.process.log())
        os.unlink(os.path.join(data_of(self.old), "limpet.lock"))  # as the operator is told to
        return stale, self.serve_from_there()

    def wake_the_old_one(self, stale):
        """The old process goes on, and must acknowledge nothing."""
        self.old_process.thaw()
        try:
            for _ in self.names:
                self.assertIsInstance(stale.read(), Error)
        except TimeoutError:
            raise
        except OSError:
            pass  # closed
        self.nodes["n1"].client, new = self.old_client, self.nodes["n1"].client
        for name in self.names[:20]:
            with self.old.connect() as client:
                try:
                    self.assertIsInstance(client("SET", name, "zombie"), Error)
                except TimeoutError:
                    raise
                except OSError:
                    pass
        with self.old.connect() as client:
            self.assertError(client("SET", self.names[0], "zombie"), "MISCONF", "taken over by process",
                             "on host newhost", "reads go on")
        self.nodes["n1"].client = new

    def test_after_the_old_process_was_killed_the_new_host_has_everything(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                self.begin(mode)
                self.old.process.kill()
                self.move()
                client = self.serve_from_there()
                self.assertEqual(client("SET", self.names[0], "after"), "OK")
                client = self.restarted()
                self.assertEqual(client("GET", self.names[0]), b"after")
                self.assertHeld(client, self.names[1:], b"before")

    def test_an_old_process_that_goes_on_acknowledges_nothing_and_harms_nothing(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                stale, client = self.take_over_from_a_stopped_one(mode)
                half = self.names[:MANY // 2]
                self.assertEqual(client.pipeline([("SET", name, "after") for name in half]), ["OK"] * len(half))
                self.wake_the_old_one(stale)
                rest = self.names[MANY // 2:]
                self.assertHeld(client, rest, b"before")
                self.assertEqual(client.pipeline([("SET", name, "after") for name in rest]), ["OK"] * len(rest))
                for _ in range(2):
                    client = self.restarted()
                    self.assertHeld(client, self.names, b"after")
                self.old_process.terminate()  # at its end it leaves things alone, too
                client = self.restarted()
                self.assertHeld(client, self.names, b"after")
                self.assertEqual(client("DBSIZE"), MANY)

    @not_sanitized
    def test_an_old_process_that_is_copying_its_sessions_harms_nothing_either(self):
        stale = self.begin("interval")
        large = [("SET", f"{self.names[i % MANY]}/large", str(i) * 150_000) for i in range(800)]
        stale.send_raw(b"".join(encode(*command) for command in large[:400]))
        eventually(lambda: any(".snapshot" in name for name in os.listdir(data_of(self.old))), 10, "a copy begins")
        self.old.process.freeze()
        self.move()
        os.unlink(os.path.join(data_of(self.old), "limpet.lock"))
        client = self.start_there()
        self.assertHeld(client, self.names, b"before")
        self.assertEqual(client.pipeline([("SET", name, "after") for name in self.names]), ["OK"] * MANY)
        self.old_process.thaw()
        self.assertEqual(client.pipeline(large[400:]), ["OK"] * 400)  # the new one copies its sessions, too
        self.old.process.eventually_logs("taken over by")
        for _ in range(2):
            client = self.restarted()
            self.assertHeld(client, self.names, b"after")
            self.assertEqual(client.pipeline([("GET", command[1]) for command in large[600:]]),
                             [command[2].encode() for command in large[600:]])

    def test_a_copy_of_a_stopped_nodes_directory_serves_on_another_host(self):
        for end in ("terminate", "kill"):
            with self.subTest(end=end):
                self.begin("interval")
                getattr(self.old.process, end)()
                copy = os.path.join(self.nodes.folder, "copy")
                shutil.copytree(data_of(self.old), copy)
                os.chmod(copy, 0o700)
                self.move(copy)
                client = self.serve_from_there()
                self.assertEqual(client("SET", self.names[0], "after"), "OK")
                self.assertEqual(self.restarted()("GET", self.names[0]), b"after")


if __name__ == "__main__":
    unittest.main(verbosity=2)
