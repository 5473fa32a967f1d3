"""Strangers at the admin port: health is answered all the same, and memory stays bounded."""

import contextlib
import socket
import threading
import time
import unittest

from harness.hostile import Hostile
from harness.waiting import seconds

ATTACKERS = 16
HEALTH_SECONDS = 1.0


class AdminPort(Hostile):
    def address(self):
        host, port = self.node.admin.rsplit(":", 1)
        return host, int(port)

    def attack(self, work):
        """Has sixteen threads do that until the end of the with-block."""
        over = threading.Event()

        def run():
            while not over.is_set():
                with contextlib.suppress(OSError):
                    work()
        threads = [threading.Thread(target=run, daemon=True) for _ in range(ATTACKERS)]

        @contextlib.contextmanager
        def running():
            for thread in threads:
                thread.start()
            try:
                yield
            finally:
                over.set()
                for thread in threads:
                    thread.join(seconds(20))
        return running()

    def check_health(self, times=10):
        """A balancer's checks all find the node healthy, each in time."""
        worst = 0.0
        for _ in range(times):
            for page in ("/livez", "/readyz", "/drainz"):
                began = time.monotonic()
                self.assertEqual(self.node.get(page, within=10)[0], 200)
                worst = max(worst, time.monotonic() - began)
            time.sleep(0.05)
        print(f"    health: {worst * 1000:.0f} ms at the most", flush=True)
        self.assertLess(worst, seconds(HEALTH_SECONDS))

    def test_a_thousand_half_requests_do_not_keep_health_from_being_answered(self):
        with contextlib.ExitStack() as stack:
            for _ in range(1000):
                half = stack.enter_context(socket.create_connection(self.address(), seconds(10)))
                with contextlib.suppress(OSError):
                    half.sendall(b"GET /readyz HTTP/1.1\r\n")
            self.check_health(times=3)
        self.assertGrewByLessThan(4)

    def test_sixteen_who_go_on_opening_half_requests_do_not_either(self):
        def half():
            one = socket.create_connection(self.address(), seconds(5))
            one.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
            one.recv(1)  # until it is closed
            one.close()
        with self.attack(half):
            self.check_health()
        self.assertGrewByLessThan(4)

    def test_ranges_do_not_make_a_reply_longer(self):
        plain = len(self.node.get("/metrics")[2])
        request = b"GET /metrics HTTP/1.1\r\nRange: bytes=0-" + b",0-" * 2399 + b"\r\n\r\n"
        self.assertLess(len(request), 8192)

        def ask():
            with socket.create_connection(self.address(), seconds(10)) as one:
                one.sendall(request)
                got = 0
                while data := one.recv(65536):
                    got += len(data)
                longest.append(got)
        longest = []
        with self.attack(ask):
            self.check_health()
        self.assertGreater(len(longest), 0)
        self.assertLess(max(longest), 2 * plain)
        self.assertGrewByLessThan(8)

    def test_sixteen_who_ask_for_pages_and_read_nothing_cost_little(self):
        def ask():
            with socket.socket() as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
                one.connect(self.address())
                one.sendall(b"GET /status HTTP/1.1\r\n\r\n")
                time.sleep(1)
        with self.attack(ask):
            self.check_health()
        self.assertGrewByLessThan(8)


if __name__ == "__main__":
    unittest.main(verbosity=2)
