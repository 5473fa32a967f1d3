"""Who may talk to a node: passwords, protected mode, browsers, and how many at a time."""

import pathlib
import re
import shutil
import unittest

from harness.case import E2E
from harness.haproxy import HAProxy
from harness.process import binary, run
from harness.waiting import eventually

PASSWORD = "open sesame"


class Passwords(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster(password=PASSWORD)
        cls.keys = [cls.nodes.key_of(name, "secret") for name in ("n1", "n2", "n3")]

    def test_without_the_password_no_node_says_or_does_anything(self):
        for node in self.nodes:
            client = self.client(node)
            for key in self.keys:
                for command in (("GET", key), ("SET", key, "x"), ("DBSIZE",), ("FLUSHALL",), ("INFO",), ("SCAN", "0")):
                    self.assertEqual(client(*command), "NOAUTH Authentication required.")
            self.assertEqual(client("AUTH", "wrong"),
                             "WRONGPASS invalid username-password pair or user is disabled.")
            self.assertEqual(client("GET", self.keys[0]), "NOAUTH Authentication required.")

    def test_a_load_balancer_needs_no_password_to_see_that_a_node_lives(self):
        haproxy = HAProxy(self.nodes)
        self.addCleanup(haproxy.close)
        haproxy.await_ready()
        client = haproxy.connect()
        self.addCleanup(client.close)
        self.assertEqual([client("PING"), client("AUTH", PASSWORD), client("GET", "none")], ["PONG", "OK", None])

    def test_with_the_password_every_node_reaches_every_session(self):
        for node in self.nodes:
            client = self.client(node)
            self.assertEqual(client("AUTH", PASSWORD), "OK")
            for key in self.keys:
                self.assertEqual(client("SET", key, node.name), "OK")
                self.assertEqual(client("GET", key), node.name.encode())
            self.assertIsInstance(client("DBSIZE"), int)

    def test_the_password_may_come_with_hello_or_a_user_name(self):
        client = self.client(self.nodes["n1"])
        self.assertEqual(client("HELLO", "3").code, "NOAUTH")
        reply = client("HELLO", "3", "AUTH", "default", PASSWORD)
        self.assertEqual(reply["proto"], 3)
        self.assertEqual(client("MSET", *[part for key in self.keys for part in (key, "v")]), "OK")
        client = self.client(self.nodes["n2"])
        self.assertEqual(client("AUTH", "default", PASSWORD), "OK")
        self.assertEqual(client("AUTH", "someone-else", PASSWORD).code, "WRONGPASS")

    def test_reset_takes_it_away_again(self):
        client = self.client(self.nodes["n1"])
        self.assertEqual(client("AUTH", PASSWORD), "OK")
        self.assertEqual(client("RESET"), "RESET")
        self.assertEqual(client("GET", self.keys[1]).code, "NOAUTH")

    def test_pipelined_commands_after_auth_are_let_in(self):
        client = self.client(self.nodes["n3"])
        replies = client.pipeline([("GET", "x"), ("AUTH", PASSWORD), ("SET", self.keys[0], "1"), ("GET", self.keys[0])])
        self.assertEqual(replies[0].code, "NOAUTH")
        self.assertEqual(replies[1:], ["OK", "OK", b"1"])

    def test_limpet_takes_the_password_from_the_environment(self):
        done = run(binary("limpet"), "-s", self.nodes["n1"].client, "GET", self.keys[0],
                   env={"LIMPET_PASSWORD": PASSWORD})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_large_request_without_the_password_ends_the_connection(self):
        client = self.client(self.nodes["n1"])
        client.send_raw(b"*2\r\n$4\r\nAUTH\r\n$1000000\r\n" + b"x" * 1000)
        reply = client.read()
        self.assertEqual(reply.code, "ERR")
        eventually(client.at_end, 5, "the connection is closed")


class Browsers(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster()

    def setUp(self):
        self.key = self.nodes.key_of("n2", "web")
        with self.nodes["n1"].connect() as client:
            self.assertEqual(client("SET", self.key, "untouched"), "OK")

    def test_a_web_page_cannot_make_a_browser_run_commands(self):
        body = f"SET {self.key} hacked\r\nFLUSHALL\r\n".encode()
        for head in (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
                     % len(body), b"post / HTTP/1.0\r\n\r\n", b"Host: 127.0.0.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
            client = self.client(self.nodes["n1"])
            try:
                client.send_raw(head + body)
            except ConnectionError:
                pass
            eventually(lambda: self.ended(client), 5, f"{head[:20]!r} ends the connection")
        with self.nodes["n3"].connect() as client:
            self.assertEqual(client("GET", self.key), b"untouched")

    @staticmethod
    def ended(client):
        try:
            client.read()
            return False
        except ConnectionError:
            return True

    def test_bytes_that_are_no_request_end_their_connection_alone(self):
        bystander = self.client(self.nodes["n1"])
        for data in (b"*3\r\n$3\r\nSET\r\n$x\r\n", b"*-5\r\n$1\r\na\r\n*9999999999\r\n", b"*1\r\n+PING\r\n",
                     b"$5\r\nhello\r\n" + b"\x00" * 70000, b"*1\r\n$99999999999\r\n"):
            client = self.client(self.nodes["n1"])
            try:
                client.send_raw(data)
            except ConnectionError:
                pass
            eventually(lambda: self.ended(client), 5, f"{data[:20]!r} ends the connection")
            self.assertEqual(bystander("GET", self.key), b"untouched")


class HowMany(E2E):
    def test_one_client_too_many_is_told_so_and_gets_in_once_another_has_left(self):
        nodes = self.cluster(nodes=1, flags=["--max-clients", "5"])
        clients = [self.client(nodes["n1"]) for _ in range(5)]
        for client in clients:
            self.assertEqual(client("PING"), "PONG")
        late = self.client(nodes["n1"])
        self.assertEqual(late.read(), "ERR max number of clients reached")
        self.assertTrue(late.at_end())
        clients[0].close()

        def let_in():
            with nodes["n1"].connect() as client:
                return client("PING") == "PONG"
        eventually(let_in, 5, "a place is free again")
        self.assertEqual(clients[1]("PING"), "PONG")

    def test_a_client_that_says_nothing_is_closed_after_the_idle_timeout(self):
        nodes = self.cluster(nodes=1, flags=["--idle-timeout", "300ms"])
        idle = self.client(nodes["n1"])
        self.assertEqual(idle("PING"), "PONG")
        idle.socket.setblocking(True)
        eventually(idle.at_end, 10, "the idle client is closed")


@unittest.skipUnless(shutil.which("unshare"), "needs unshare, to make a network of its own")
class ProtectedMode(E2E):
    """In a network namespace of its own, where a client can come from an address that is not loopback."""

    SCRIPT = pathlib.Path(__file__).with_name("protected_mode.py")

    def ask(self, *flags, files=None):
        done = run("unshare", "--user", "--map-root-user", "--net", "/usr/bin/env", "python3", "-B", str(self.SCRIPT),
                   binary("limpetd"), *flags, within=60, env=files or {})
        if done.returncode == 77:
            self.skipTest("this machine does not let a test make a network namespace")
        if "unshare:" in done.stderr:
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return dict(re.findall(r"^(\w+): (.*)$", done.stdout, re.M))

    def test_without_a_password_only_this_host_is_answered(self):
        told = self.ask()
        self.assertEqual(told["loopback"], "$-1")
        self.assertTrue(told["outside"].startswith("-DENIED"), told)
        self.assertIn("protected mode", told["outside"])
        self.assertEqual(told["own_address"], "$-1", "who comes from the address that it connects to is of this host")

    def test_told_otherwise_it_answers_everybody(self):
        told = self.ask("--protected-mode", "no")
        self.assertEqual((told["loopback"], told["outside"]), ("$-1", "$-1"))
        for order in ("reload", "drain", "claim"):
            self.assertEqual(told[f"{order}_from_outside"].split()[0], "-NOPERM", told)
            self.assertNotIn("NOPERM", told[f"{order}_from_loopback"])

    def test_with_a_password_everybody_may_authenticate(self):
        told = self.ask(files={"LIMPET_PASSWORD": PASSWORD})
        self.assertEqual(told["outside"][:7], "-NOAUTH", told)
        for order in ("reload", "drain", "claim"):
            for place in ("outside", "loopback"):
                self.assertEqual(told[f"{order}_from_{place}"][:7], "-NOAUTH", told)


if __name__ == "__main__":
    unittest.main(verbosity=2)
