"""Clients beside their node: a Unix socket, who may use it, and what becomes of its file."""

import os
import socket
import stat
import unittest

from harness.case import E2E
from harness.ports import free_address
from harness.process import binary, run
from harness.resp import encode
from harness.waiting import eventually


def connect(path):
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(10)
    stream.connect(path)
    return stream


def ask(stream, *args):
    stream.sendall(encode(*args))
    return stream.recv(4096)


class UnixSocket(E2E):
    def node(self, *flags, **kwargs):
        nodes = self.cluster(nodes=1, flags=["--socket", "here.sock", *flags], **kwargs)
        return nodes["n1"], os.path.join(nodes["n1"].folder, "here.sock")

    def test_clients_there_and_clients_over_tcp_see_the_same_sessions(self):
        node, path = self.node()
        stream = connect(path)
        self.addCleanup(stream.close)
        self.assertEqual(ask(stream, "SET", "k", "v"), b"+OK\r\n")
        self.assertEqual(self.client(node)("GET", "k"), b"v")
        self.assertIn(b"addr=" + path.encode() + b":0", ask(stream, "CLIENT", "INFO"))

    def test_redis_cli_and_limpet_speak_there(self):
        node, path = self.node()
        for command, answer in ((("SET", "k", "v"), "OK"), (("GET", "k"), "v"), (("PING",), "PONG")):
            for program in ("redis-cli", binary("limpet")):
                told = run(program, "-s", path, *command)
                self.assertEqual(told.stdout.strip().strip('"'), answer)
        told = run(binary("limpet"), "-s", path + ".not", "PING")
        self.assertEqual(told.returncode, 3, told)
        self.assertIn(path + ".not", told.stderr)

    def test_ten_thousand_commands_in_one_pipeline_come_back_in_order(self):
        _, path = self.node()
        stream = connect(path)
        self.addCleanup(stream.close)
        want = b"".join(b"+OK\r\n$%d\r\n%d\r\n" % (len(str(i)), i) for i in range(5000))
        got = b""
        data = b"".join(encode("SET", f"k{i}", str(i)) + encode("GET", f"k{i}") for i in range(5000))
        stream.setblocking(False)
        while len(got) < len(want):
            try:
                data = data[stream.send(data[:65536]):] if data else data
            except BlockingIOError:
                pass
            try:
                got += stream.recv(1 << 20)
            except BlockingIOError:
                pass
        self.assertEqual(got, want)

    def test_the_log_says_where(self):
        node, path = self.node()
        self.assertIn("answers clients on " + node.client + " and " + path, node.process.log())

    def test_only_those_may_connect_whom_the_mode_names(self):
        for flags, mode in (((), 0o600), (("--socket-mode", "0660"), 0o660), (("--socket-mode", "0666"), 0o666)):
            _, path = self.node(*flags)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode)

    def test_the_password_counts_there_too(self):
        _, path = self.node(password="pw")
        stream = connect(path)
        self.addCleanup(stream.close)
        self.assertIn(b"NOAUTH", ask(stream, "GET", "k"))
        self.assertEqual(ask(stream, "AUTH", "pw"), b"+OK\r\n")
        self.assertEqual(ask(stream, "GET", "k"), b"$-1\r\n")

    def test_the_file_goes_with_the_node_and_one_left_by_a_killed_node_is_replaced(self):
        node, path = self.node()
        node.process.kill()
        self.assertTrue(os.path.exists(path))
        node.start().await_ready()
        self.assertEqual(ask(connect(path), "PING"), b"+PONG\r\n")
        self.assertEqual(node.process.terminate(15), 0)
        self.assertFalse(os.path.exists(path))

    def test_a_socket_that_is_in_use_and_a_file_that_is_none_are_left_alone(self):
        node, path = self.node()
        other = os.path.join(node.folder, "notes.txt")
        with open(other, "w", encoding="utf-8") as file:
            file.write("mine")
        for at, words in ((path, "somebody listens there already"), (other, "there is a file that is no socket"),
                          (os.path.join(node.folder, "x" * 200), "at most 107 bytes")):
            told = run(binary("limpetd"), "--listen", free_address(), "--socket", at)
            self.assertNotEqual(told.returncode, 0)
            self.assertIn(words, told.stdout + told.stderr)
            self.assertIn("--socket", told.stdout + told.stderr)
        self.assertEqual(ask(connect(path), "PING"), b"+PONG\r\n")
        with open(other, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")


class HalfClosed(E2E):
    """printf 'GET k\\r\\n' | nc -N: whoever says that it sends no more still gets its answers."""

    def test_answers_from_other_nodes_come_before_the_connection_ends(self):
        nodes = self.cluster()
        keys = [nodes.key_of(name) for name in ("n1", "n2", "n3")]
        with nodes["n1"].connect() as client:
            for key in keys:
                self.assertEqual(client("SET", key, "x" * 1000), "OK")
        for _ in range(20):
            stream = socket.create_connection(nodes["n1"].client.rsplit(":", 1), timeout=10)
            stream.sendall(b"".join(encode("GET", key) for key in keys))
            stream.shutdown(socket.SHUT_WR)
            got = b""
            while True:
                part = stream.recv(65536)
                if not part:
                    break
                got += part
            stream.close()
            self.assertEqual(got, (b"$1000\r\n" + b"x" * 1000 + b"\r\n") * 3)
        eventually(lambda: int(self.client(nodes["n1"]).info()["connected_clients"]) == 1, 10, "all are gone")


if __name__ == "__main__":
    unittest.main(verbosity=2)
