"""SIGTERM answers what is in flight and ends; SIGHUP takes over what it can and never breaks a running node."""

import contextlib
import os
import re
import signal
import threading
import unittest

from harness.case import E2E
from harness.resp import Error
from harness.waiting import eventually, seconds


class Stopping(E2E):
    def test_sigterm_with_nothing_to_do_ends_cleanly_at_once(self):
        nodes = self.cluster()
        idle = [self.client(node) for node in nodes]
        self.assertEqual([client("PING") for client in idle], ["PONG"] * 3)
        for node in nodes:
            self.assertEqual(node.process.terminate(within=4), 0)
        self.assertTrue(all(client.at_end() for client in idle))

    def test_commands_in_flight_are_answered_before_the_end(self):
        nodes = self.cluster()
        key = nodes.key_of("n2", "flight")
        client = self.client(nodes["n1"])
        self.assertEqual(client("SET", key, "0"), "OK")
        nodes["n2"].process.freeze()  # so that all 100 are under way when n1 is told to stop
        client.send_raw(f"INCR {key}\r\n".encode() * 100)
        eventually(lambda: self.waiting(nodes["n1"]) >= 100, 5, "100 commands wait for n2")
        nodes["n1"].process.signal(signal.SIGTERM)
        nodes["n1"].process.eventually_logs("top")
        nodes["n2"].process.thaw()
        self.assertEqual([client.read() for _ in range(100)], list(range(1, 101)))
        self.assertTrue(client.at_end())
        self.assertEqual(nodes["n1"].process.wait(), 0)

    @staticmethod
    def waiting(node):
        return sum(n["link"]["requests_in_flight"] for n in node.status()["nodes"] if n["link"])

    def test_a_stop_does_not_wait_longer_than_its_timeout(self):
        nodes = self.cluster(flags=["--stop-timeout", "500ms", "--forward-timeout", "30s"])
        key = nodes.key_of("n2", "flight")
        client = self.client(nodes["n1"])
        nodes["n2"].process.freeze()
        client.send("INCR", key)
        eventually(lambda: self.waiting(nodes["n1"]) >= 1, 5, "the command waits for n2")
        self.assertEqual(nodes["n1"].process.terminate(within=4), 0)

    def test_a_second_signal_ends_it_at_once_though_nobody_reads_its_log(self):
        nodes = self.cluster(flags=["--stop-timeout", "30s", "--forward-timeout", "30s"], start=False)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        nodes["n1"].start(stderr=writer)
        nodes["n2"].start()
        nodes["n3"].start()
        for node in nodes:
            node.await_ready()
        nodes.await_links()
        nodes.await_first_holders()
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * 4096)
        os.set_blocking(writer, True)
        os.close(writer)
        key = nodes.key_of("n2", "flight")
        client = self.client(nodes["n1"])
        nodes["n2"].process.freeze()
        client.send("INCR", key)
        eventually(lambda: self.waiting(nodes["n1"]) >= 1, 5, "the command waits for n2")
        nodes["n1"].process.signal(signal.SIGTERM)
        eventually(lambda: self.refused(nodes["n1"]), 5, "it stops")
        nodes["n1"].process.signal(signal.SIGTERM)
        self.assertEqual(nodes["n1"].process.wait(within=4), 3)

    def refused(self, node):
        try:
            with node.connect() as late:
                return late("PING") != "PONG"
        except ConnectionError:
            return True

    def test_new_connections_are_refused_while_it_stops(self):
        nodes = self.cluster()
        key = nodes.key_of("n2", "flight")
        client = self.client(nodes["n1"])
        nodes["n2"].process.freeze()
        client.send("INCR", key)
        eventually(lambda: self.waiting(nodes["n1"]) >= 1, 5, "the command waits for n2")
        nodes["n1"].process.signal(signal.SIGTERM)

        eventually(lambda: self.refused(nodes["n1"]), 3, "n1 takes no new client")
        nodes["n2"].process.thaw()
        self.assertEqual(client.read(), 1)
        self.assertEqual(nodes["n1"].process.wait(), 0)

    def test_an_owner_that_stops_under_load_leaves_nobody_in_doubt(self):
        nodes = self.cluster()
        key = nodes.key_of("n2", "load")
        replies, broken = [], []

        def work():
            try:
                with nodes["n1"].connect() as client:
                    while True:
                        batch = client.pipeline([("INCR", key)] * 10)
                        replies.extend(batch)
                        if all(isinstance(reply, Error) for reply in batch):
                            return
            except Exception as error:  # told below, on the test's own thread
                broken.append(repr(error))

        threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(replies) > 500, 10, "the load runs")
        self.assertEqual(nodes["n2"].process.terminate(), 0)
        for thread in threads:
            thread.join(seconds(20))
        self.assertEqual(broken, [])
        acked = [reply for reply in replies if isinstance(reply, int)]
        self.assertEqual(sorted(acked), list(range(1, len(acked) + 1)), "each increment acknowledged once")
        self.assertEqual({reply.code for reply in replies if isinstance(reply, Error)}, {"CLUSTERDOWN"})


class Reloading(E2E):
    def setUp(self):
        self.nodes = self.cluster(password="first", server={"max_clients": 100})
        self.node = self.nodes["n1"]

    def hang_up(self, expected):
        """SIGHUP, until the log says what a regular expression expects."""
        seen = len(self.node.process.log())
        self.node.process.signal(signal.SIGHUP)
        eventually(lambda: re.search(expected, self.node.process.log()[seen:]), 5, f"n1 logs {expected!r}")

    def authenticated(self, password):
        client = self.client(self.node)
        reply = client("AUTH", password)
        return client if reply == "OK" else None

    def check_it_still_serves(self, password="first"):
        client = self.authenticated(password)
        self.assertIsNotNone(client)
        keys = [self.nodes.key_of(name, "k") for name in ("n1", "n2", "n3")]
        self.assertEqual(client("MSET", *[part for key in keys for part in (key, "v")]), "OK")

    def test_a_broken_file_is_told_by_line_and_the_node_keeps_running(self):
        good = self.nodes.text()
        for bad in ("[[[", good.replace("epoch = 1", "epoch = 1\nepch = 2"), good.replace('"n3"', '"n2"'), ""):
            with open(self.nodes.config, "w", encoding="utf-8") as file:
                file.write(bad)
            self.hang_up(r"cluster\.toml:\d+:\d+: ")
            self.check_it_still_serves()

    def test_what_of_the_node_list_cannot_change_now_is_refused_with_a_reason(self):
        self.nodes.write(epoch=2, peers={"n1": "127.0.0.1:1"})
        self.hang_up("addresses of node n1 itself.*restart")
        self.check_it_still_serves()
        self.nodes.write(epoch=1, names=["n1", "n2"])
        self.hang_up("epoch 1 is in force with other content")
        self.check_it_still_serves()
        self.assertEqual(len(self.node.status()["nodes"]), 3)

    def test_a_new_password_counts_from_now_on(self):
        before = self.authenticated("first")
        self.nodes.write_file("password_file", "second\n")
        self.hang_up("password")
        # Each shard takes it over in a turn of its own, and a connection may land on any of them.
        eventually(lambda: all(self.authenticated("second") for _ in range(4)), 5, "the new password is accepted")
        eventually(lambda: not any(self.authenticated("first") for _ in range(4)), 5, "the old password is refused")
        self.assertEqual(before("PING"), "PONG")

    def test_a_setting_that_can_change_does(self):
        self.nodes.server["max_clients"] = 2
        self.nodes.write()
        self.hang_up("max-clients")
        eventually(lambda: self.node.status()["here"]["max_clients"] == 2, 5, "the new bound shows")
        clients = [self.client(self.node) for _ in range(3)]
        clients[2].send("PING")
        eventually(lambda: clients[2].read() == "ERR max number of clients reached", 5, "the new bound holds")

    def test_hang_ups_in_a_row_under_load_cost_no_reply(self):
        client = self.authenticated("first")
        for i in range(1, 200):
            if i % 10 == 0:
                self.node.process.signal(signal.SIGHUP)
            self.assertEqual(client("INCR", f"counter{i % 7}"), (i - i % 7) // 7 + (i % 7 > 0))
        self.check_it_still_serves()


if __name__ == "__main__":
    unittest.main(verbosity=2)
