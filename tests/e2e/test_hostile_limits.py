"""What is bounded stays bounded: clients, descriptors, and what strangers without the password may hold."""

import unittest

from harness.bystander import CONNECTIONS, Watched
from harness.case import E2E
from harness.crowd import Crowd, crowd_size, dial, push, taken
from harness.hostile import Hostile
from harness.limited import leave_descriptors, start_limited
from harness.load import core_share, descriptors
from harness.resp import encode
from harness.waiting import eventually

TOO_MANY = b"-ERR max number of clients reached\r\n"
RESERVED = 64  # kReservedDescriptors
SPINNING = 0.30  # of a core


def let_in(node):
    with node.connect(1) as client:
        return client("PING") == "PONG"


class MaxClients(Hostile):
    MAX = 40
    FLAGS = ("--max-clients", str(MAX))

    def test_those_too_many_are_told_so_and_places_that_become_free_are_given_out_again(self):
        free = self.MAX - CONNECTIONS - 1  # the bystander's, and the one that looks at the node
        with self.bystander(self.node):
            for _ in range(3):
                with Crowd(self.node.client, 200) as crowd:
                    self.check_crowd(crowd, free)
                eventually(lambda: int(self.admin.info()["connected_clients"]) <= CONNECTIONS + 1, 10, "all have gone")

    def check_crowd(self, crowd, free):
        eventually(lambda: crowd.answers().count(TOO_MANY) == len(crowd) - free, 10, f"{free} are let in")
        self.assertEqual(set(crowd.answers()), {TOO_MANY, b""})
        crowd.push(encode("PING"))
        eventually(lambda: crowd.answers().count(b"+PONG\r\n") == free, 10, "those who are in are served")


class Descriptors(Watched, E2E):
    def two_nodes(self, files):
        """n1 with room for so many open files, and n2."""
        nodes = self.cluster(nodes=2, start=False)
        start_limited(nodes["n1"], files)
        nodes["n2"].start()
        for node in nodes:
            node.await_ready()
        nodes.await_links()
        return nodes

    def test_a_node_with_few_descriptors_takes_fewer_clients_and_keeps_the_rest_for_peers_and_admin(self):
        nodes = self.two_nodes(RESERVED + 50)
        n1, n2 = nodes["n1"], nodes["n2"]
        self.assertIn("max-clients is 50 instead of 10000: the limit of open files is 114", n1.process.log())
        ours = nodes.key_of("n1")
        with self.bystander(n1, keys=nodes.keys_of("n1", 4)), Crowd(n1.client, 200) as crowd:
            eventually(lambda: crowd.answers().count(TOO_MANY) == 150 + CONNECTIONS, 10, "those too many are told so")
            self.assertLess(core_share(n1.process.pid), SPINNING)
            self.assertEqual(n1.get("/readyz")[0], 200)
            n2.process.kill()
            n2.start().await_ready()
            with n2.connect() as client:
                eventually(lambda: client("SET", ours, "v") == "OK", 10, "a new peer is let in")
        eventually(lambda: let_in(n1), 10, "new clients are let in again")

    def test_running_out_of_descriptors_all_the_same_makes_nobody_spin_and_passes(self):
        nodes = self.cluster(nodes=2)
        n1, n2 = nodes["n1"], nodes["n2"]
        pid, ours = n1.process.pid, nodes.key_of("n1")
        with self.bystander(n1), n2.connect() as through:
            before = descriptors(pid)
            lift = leave_descriptors(pid, 20)
            with Crowd(n1.client, 200) as crowd:
                n1.process.eventually_logs("cannot accept connections")
                self.assertLess(core_share(pid), SPINNING)
                self.assertEqual(through("SET", ours, "v"), "OK")
                self.assertEqual(crowd.closed(), 0)
            eventually(lambda: let_in(n1), 10, "new clients are let in again")
            eventually(lambda: descriptors(pid) <= before, 10, "all descriptors are free again")
            lift()
        self.assertLess(n1.process.log().count("cannot accept connections"), 20)

    def test_strangers_at_the_peer_port_who_take_all_descriptors_lose_them_soon(self):
        nodes = self.two_nodes(RESERVED + 36)
        n1, n2 = nodes["n1"], nodes["n2"]
        ours = nodes.key_of("n1")
        with self.bystander(n1, 10), Crowd(n1.peer, 300) as crowd:
            self.assertLess(core_share(n1.process.pid), SPINNING)
            with n2.connect() as client:
                self.assertEqual(client("SET", ours, "v"), "OK")
            eventually(lambda: crowd.closed() == 300, 15, "all strangers are closed")
            eventually(lambda: let_in(n1), 10, "new clients are let in")


class Strangers(Hostile):
    PASSWORD = "open sesame"

    def answer(self, data):
        """All that comes back to a client without the password, up to the end of its connection."""
        stream = dial(self.node.client)
        self.addCleanup(stream.close)
        push(stream, data)
        got = [b""]

        def closed():
            part, ended = taken(stream)
            got[0] += part
            return ended
        eventually(closed, 10, f"{data[:30]} ends the connection")
        return got[0]

    def test_what_a_stranger_may_announce_is_small(self):
        count, bulk = b"unauthenticated multibulk length", b"unauthenticated bulk length"
        for data, words in {
                b"*11\r\n": count, b"*1000000\r\n": count,
                b"*9223372036854775807\r\n": b"invalid multibulk length",
                b"*2\r\n$4\r\nAUTH\r\n$16385\r\n": bulk, b"*1\r\n$33554432\r\n": bulk,
                b"*1\r\n$-1\r\n": b"invalid bulk length", b"AUTH " + b"x" * 70_000: b"too big inline request",
                b"*10\r\n" + b"$16384\r\n%s\r\n" % (b"x" * 16384) * 9: b"request is too large"}.items():
            with self.subTest(data=data[:40]):
                self.assertEqual(self.answer(data), b"-ERR Protocol error: %s\r\n" % words)
        self.assertEqual(self.answer(encode("AUTH", "x" * 16384) + encode(*"123456789", "10") + b"QUIT\r\n"),
                         b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"
                         b"-NOAUTH Authentication required.\r\n+OK\r\n")

    def test_the_bounds_are_wider_behind_the_password_and_small_again_after_reset(self):
        client = self.client(self.node)
        value = b"x" * 1_000_000
        replies = client.pipeline([("AUTH", self.PASSWORD), ("ECHO", value), ("RESET",)])
        self.assertEqual(replies, ["OK", value, "RESET"])
        client.send_raw(b"*2\r\n$4\r\nECHO\r\n$1000000\r\n")
        self.assertError(client.read(), "ERR", "unauthenticated bulk length")

    def test_half_requests_of_a_thousand_strangers_hold_little(self):
        strangers = Crowd(self.node.client, crowd_size(1000))
        with strangers as crowd, self.bystander(self.node, 15, password=self.PASSWORD) as bystander:
            crowd.push(b"*2\r\n$4\r\nAUTH\r\n$16384\r\n" + b"x" * 16_000)
            bystander.served(50)
            self.assertEqual(crowd.closed(), 0)
        self.assertGrewByLessThan(64)

    def test_strangers_who_never_read_are_not_parsed_on_and_hold_a_megabyte_each_at_most(self):
        count = 30
        with self.bystander(self.node, count, password=self.PASSWORD) as bystander:
            with Crowd(self.node.client, count, receive_buffer=4096) as crowd:
                crowd.push(encode("GET", "x") * 30_000)
                bystander.served(50)
        self.assertGrewByLessThan(count + 16)

    def test_strangers_who_guess_get_nowhere(self):
        client = self.client(self.node, 60)
        replies = client.pipeline([("AUTH", f"guess {i}") for i in range(2_000)] + [("GET", "x")])
        self.assertEqual({reply.code for reply in replies[:-1]}, {"WRONGPASS"})
        self.assertError(replies[-1], "NOAUTH")

    def test_strangers_who_never_read_hold_64_kib_each_at_most(self):
        count = 200
        with Crowd(self.node.client, count, receive_buffer=4096) as crowd:
            for _ in range(3):
                crowd.push(encode("HELP") * 20_000)
                for _ in range(100):
                    self.admin("PING")
            eventually(lambda: int(self.admin.info()["connected_clients"]) > count, 5, "all are there")
        self.assertGrewByLessThan(count // 4 + 4)  # four times 64 KiB


class IdleTimeout(E2E):
    def test_a_client_that_never_reads_and_says_no_more_is_closed_after_the_idle_timeout(self):
        nodes = self.cluster(nodes=1, flags=["--idle-timeout", "500ms"])
        node = nodes["n1"]
        with Crowd(node.client, 4, receive_buffer=4096) as crowd:
            crowd.push(encode("COMMAND") * 2000)

            def alone():
                with node.connect() as client:
                    return int(client.info()["connected_clients"]) == 1
            eventually(alone, 8, "those that read nothing are closed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
