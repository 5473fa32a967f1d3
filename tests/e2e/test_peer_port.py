"""A peer port talks to nodes that prove the cluster's secret, and to nobody else."""

import socket
import ssl
import struct
import unittest

from harness.case import E2E
from harness.cluster import is_error
from harness.resp import encode
from harness.waiting import eventually, seconds

GREET, REQUEST = 1, 8


def frame(kind, body, bits=0, slot=0, ident=1, length=None):
    """A frame as include/limpet/peer/frame.hpp draws it; `length` lies about the body."""
    return struct.pack("<IBBHQ", len(body) if length is None else length, kind, bits, slot, ident) + body


def greeting(cluster=b"e2e", node=b"n2"):
    addresses = (b"127.0.0.1:1", b"127.0.0.1:2")
    names = b"".join(struct.pack("<B", len(name)) + name for name in (cluster, node, *addresses, b"0.2.0"))
    return struct.pack("<IHHQQQQQB", 0x54504D4C, 5, 5, 1, 0, 0, 0, 1, 1) + b"n" * 16 + names


def request(*args):
    body = struct.pack("<QBBBBI", 1, 1, 2, 1, 0, len(args))
    return body + b"".join(struct.pack("<I", len(arg)) + arg for arg in args)


def ssl_hello():
    """What a TLS client says first."""
    out = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="limpet")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


class Strangers(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster(secret="the right one")
        cls.key = cls.nodes.key_of("n1", "target")

    def say(self, data, pieces=None):
        """Sends bytes to n1's peer port; returns what comes back until n1 closes, which it must do in time."""
        host, port = self.nodes["n1"].peer.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=seconds(6)) as stream:
            answer = b""
            try:
                for piece in pieces or [data]:
                    stream.sendall(piece)
                while part := stream.recv(65536):
                    answer += part
            except ConnectionError:
                pass  # closed with our bytes unread
            return answer

    def setUp(self):
        with self.nodes["n1"].connect() as client:
            self.assertEqual(client("SET", self.key, "untouched"), "OK")

    def tearDown(self):
        for node in self.nodes:
            with node.connect() as client:
                # A node that has just been restarted is found again by each shard of the others in its own time.
                eventually(lambda: client("DBSIZE") == 1, 6, f"{node.name} counts one key")
                self.assertEqual(client("GET", self.key), b"untouched")

    def test_commands_of_clients_are_not_executed(self):
        for data in (encode("SET", self.key, "hacked"), f"SET {self.key} hacked\r\n".encode(), encode("FLUSHALL")):
            self.assertNotIn(b"+OK", self.say(data * 3))

    def test_http_is_not_answered(self):
        answer = self.say(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nSET " + self.key.encode() +
                          b" hacked\r\n\r\n")
        self.assertNotIn(b"HTTP", answer)

    def test_a_tls_hello_is_answered_in_words(self):
        hello = ssl_hello()
        self.assertEqual(self.say(hello), b"this port is for nodes of a limpet cluster, which speak no TLS\r\n")

    def test_garbage_ends_the_connection(self):
        for data in (b"\x00" * 100, b"\xff" * 100, bytes(range(256)) * 10, b"LMPT", b""):
            self.say(data)

    def test_a_frame_that_claims_to_be_huge_ends_the_connection(self):
        for length in (3000, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF):
            self.say(frame(GREET, b"x" * 2500, length=length))

    def test_a_stranger_who_stops_in_mid_frame_is_not_waited_for(self):
        self.say(frame(GREET, greeting())[:20])

    def test_a_node_of_another_cluster_is_refused_and_told_why(self):
        answer = self.say(frame(GREET, greeting(cluster=b"another")))
        self.assertIn(b"another", answer)

    def test_nobody_gets_in_without_the_proof(self):
        order = request(b"SET", self.key.encode(), b"hacked")
        self.say(None, pieces=[frame(GREET, greeting()), frame(REQUEST, order)])
        self.say(None, pieces=[frame(REQUEST, order)])
        self.say(None, pieces=[frame(GREET, greeting()), frame(2, b""), frame(REQUEST, order)])
        self.say(None, pieces=[frame(GREET, greeting()), frame(2, b"p" * 32), frame(REQUEST, order)])
        self.say(None, pieces=[frame(GREET, greeting()), frame(3, b""), frame(REQUEST, order)])

    def test_many_silent_strangers_do_not_shut_out_a_peer(self):
        host, port = self.nodes["n1"].peer.rsplit(":", 1)
        strangers = [socket.create_connection((host, int(port))) for _ in range(200)]
        try:
            self.nodes["n3"].process.kill()
            self.nodes["n3"].start().await_ready()
            client = self.client(self.nodes["n3"])
            eventually(lambda: client("GET", self.key) == b"untouched", 10, "n3 is let in")
        finally:
            for stranger in strangers:
                stranger.close()


class WrongSecrets(E2E):
    def start_with_n3_knowing(self, secret):
        nodes = self.cluster(secret="the right one")
        if secret:
            nodes.write_file("secret_file", secret + "\n")
        else:
            nodes.give_own_file("n3", epoch=2, files={})
        nodes["n3"].process.terminate()
        nodes["n3"].start()
        # It is not ready: those that it can reach refuse it.
        eventually(lambda: nodes["n3"].get("/readyz")[2].startswith("not ready: no other node takes this one"), 20,
                   "n3 says that it is refused")
        return nodes

    def check_that_n3_is_shut_out(self, nodes):
        theirs, ours = nodes.key_of("n3", "k"), nodes.key_of("n1", "k")
        client, stranger = self.client(nodes["n1"]), self.client(nodes["n3"])
        eventually(lambda: is_error(client("GET", theirs), "CLUSTERDOWN"), 8, "n1 does not talk to n3")
        eventually(lambda: is_error(stranger("GET", ours), "CLUSTERDOWN"), 8, "n3 is not let in by n1")
        self.assertError(client("GET", theirs), "CLUSTERDOWN", "n3")
        self.assertError(stranger("SET", ours, "hacked"), "CLUSTERDOWN", "n1")
        between = nodes.key_of("n2", "k")
        eventually(lambda: client("SET", between, "v") == "OK", 8, "the others go on")
        self.assertIsNone(client("GET", ours))
        logs = "".join(node.process.log() for node in nodes)
        self.assertIn("secret", logs)
        self.assertNotIn("the right one", logs)

    def test_a_node_with_another_secret_is_shut_out(self):
        self.check_that_n3_is_shut_out(self.start_with_n3_knowing("the wrong one"))

    def test_a_node_without_a_secret_is_shut_out(self):
        self.check_that_n3_is_shut_out(self.start_with_n3_knowing(None))


if __name__ == "__main__":
    unittest.main(verbosity=2)
