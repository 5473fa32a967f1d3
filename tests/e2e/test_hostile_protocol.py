"""Bytes that are no proper requests: each gets the answer that Redis gives, or a stricter one, and harms nobody.

Every line of the tables was compared with Redis 7.0.15.
"""

import itertools
import random
import unittest

from harness.case import E2E
from harness.resp import Client, Error, encode

PING = b"*1\r\n$4\r\nPING\r\n"
COUNT = b"-ERR Protocol error: invalid multibulk length\r\n"
BULK = b"-ERR Protocol error: invalid bulk length\r\n"
LONG_LINE = b"-ERR Protocol error: too big inline request\r\n"
QUOTES = b"-ERR Protocol error: unbalanced quotes in request\r\n"
HTTP = b"-ERR Protocol error: this is not an HTTP port\r\n"
TLS = b"-ERR Protocol error: this port speaks RESP without TLS\r\n"
CRLF = b"-ERR Protocol error: expected CRLF behind a bulk string\r\n"
PONG = b"+PONG\r\n"


def unknown(name, *args):
    told = b" ".join(b"'%s'" % arg for arg in args) + (b" " if args else b"")
    return b"-ERR unknown command '%s', with args beginning with: %s\r\n" % (name, told)


def expected_dollar(got):
    return b"-ERR Protocol error: expected '$', got '%s'\r\n" % got


# These end the connection: whatever follows is not looked at.
REFUSED = {
    b"*9223372036854775807\r\n": COUNT, b"*9223372036854775808\r\n": COUNT, b"*-9223372036854775809\r\n": COUNT,
    b"*18446744073709551617\r\n" + PING[4:]: COUNT, b"*4294967297\r\n" + PING[4:]: COUNT, b"*2147483648\r\n": COUNT,
    b"*+1\r\n" + PING[4:]: COUNT, b"*01\r\n" + PING[4:]: COUNT, b"*1 \r\n" + PING[4:]: COUNT,
    b"* 1\r\n" + PING[4:]: COUNT, b"*-0\r\n": COUNT, b"*\r\n": COUNT, b"*x\r\n": COUNT, b"*1x\r\n": COUNT,
    b"*1\0\r\n": COUNT, b"*" + b"1" * 200 + b"\r\n": COUNT, b"*" + b"0" * 30 + b"1\r\n": COUNT,
    b"*1\r\n$-1\r\n": BULK, b"*1\r\n$-10\r\n": BULK, b"*2\r\n$4\r\nPING\r\n$-1\r\n": BULK,
    b"*1\r\n$+4\r\nPING\r\n": BULK, b"*1\r\n$04\r\nPING\r\n": BULK, b"*1\r\n$4 \r\nPING\r\n": BULK,
    b"*1\r\n$ 4\r\nPING\r\n": BULK, b"*1\r\n$-0\r\n\r\n": BULK, b"*1\r\n$\r\n": BULK, b"*1\r\n$blabla\r\n": BULK,
    b"*1\r\n$2000000000\r\n": BULK, b"*1\r\n$9223372036854775807\r\n": BULK,
    b"*1\r\n$18446744073709551620\r\nPING\r\n": BULK, b"*1\r\n$4294967300\r\nPING\r\n": BULK,
    b"*1\r\nfoo\r\n": expected_dollar(b"f"), b"*1\r\n+PING\r\n": expected_dollar(b"+"),
    b"*1\r\n:4\r\nPING\r\n": expected_dollar(b":"), b"*1\r\n*1\r\n$4\r\nPING\r\n": expected_dollar(b"*"),
    b"*1\r\n" * 10000: expected_dollar(b"*"), b"*3\r\n$3\r\nGET\r\n$1\r\nx\r\n" + PING: expected_dollar(b"*"),
    b"*" + b"1" * 70000: b"-ERR Protocol error: too big mbulk count string\r\n",
    b"*1\r\n$" + b"1" * 70000: b"-ERR Protocol error: too big bulk count string\r\n",
    b"*\0" + b"x" * 70000: b"-ERR Protocol error: too big mbulk count string\r\n",
    b"\0" * 70000: LONG_LINE, b"$\0" + b"x" * 70000: LONG_LINE, b"PING " + b"a" * 70000 + b"\r\n": LONG_LINE,
    b" " * 70000 + b"PING\r\n": LONG_LINE,
    b'PING "a\r\n': QUOTES, b"PING 'a\r\n": QUOTES, b'PING "a"b\r\n': QUOTES, b'PING "a\\"\r\n': QUOTES,
    b"PING 'a\"\r\n": QUOTES, b'"\r\n': QUOTES, b"PING " + b'"' * 9999 + b"\r\n": QUOTES,
}

# These are stricter than Redis, which reads on behind the bytes that ought to be CR and LF, closes on HTTP without a
# word, and takes 2147483647 arguments.
STRICTER = {
    b"*1\r\n$4\r\nPINGxx": CRLF, b"*1\r\n$4\r\nPING\n\n": CRLF, b"*1\r\n$3\r\nPING\r\n": CRLF,
    b"*1\r\n$5\r\nPING\r\n": CRLF, b"*1\r\r\n": COUNT, b"*1000001\r\n": COUNT, b"*2147483647\r\n": COUNT,
    b"*1\r\n$33554433\r\n": BULK,
    b"POST / HTTP/1.1\r\n": HTTP, b"post / HTTP/1.1\r\n": HTTP, b"GET / HTTP/1.1\r\n": HTTP, b"Host: x\r\n": HTTP,
    b"hOST: x\r\n": HTTP, b"PUT / HTTP/1.1\r\n": HTTP, b"OPTIONS * HTTP/1.1\r\n": HTTP,
    b"HEAD / HTTP/1.0\r\n": HTTP, b"DELETE /x HTTP/1.1\r\n": HTTP, b"CONNECT x:80 HTTP/1.1\r\n": HTTP,
    b"\x16\x03\x01\0\r\n": TLS, b"\x16\x03": TLS,
    b"PATCH / HTTP/1.1\r\nHost: x\r\n": unknown(b"PATCH", b"/", b"HTTP/1.1") + HTTP,
}

# These do no harm, and the connection goes on.
TAKEN = {
    b"*-1\r\n": b"", b"*0\r\n": b"", b"*-10\r\n": b"", b"*-9223372036854775808\r\n": b"", b"\r\n": b"", b"\n": b"",
    b"   \r\n": b"", b"\r\n" * 5000: b"", b"*0\r\n" * 5000: b"",
    b"PING\n": PONG, b"   PING   \r\n": PONG, b"PING" + b" " * 60000 + b"\r\n": PONG, PING + b"\r\n\r\n": PONG,
    b'PING "\\x41\\n"\r\n': b"$2\r\nA\n\r\n", b'PING ""\r\n': b"$0\r\n\r\n", b"PING '\\''\r\n": b"$1\r\n'\r\n",
    b"*1\r\n$0\r\n\r\n": unknown(b""), b"*1\r\n$4\r\nPI\r\n\r\n": unknown(b"PI  "), b"$4\r\n": unknown(b"$4"),
    b"+OK\r\n": unknown(b"+OK"), b"-ERR x\r\n": unknown(b"-ERR", b"x"), b":1\r\n": unknown(b":1"),
    b"%1\r\n": unknown(b"%1"), b"_\r\n": unknown(b"_"), b"\xff\xfe\r\n": unknown(b"\xff\xfe"),
    b"PRI * HTTP/2.0\r\n": unknown(b"PRI", b"*", b"HTTP/2.0"),
    # Redis never answers a line with a NUL in it; limpet takes it for what it is, and hides it in the error.
    b"\0PING\r\n": unknown(b" PING"),
    # Headers of RESP may end in LF alone, as lines of text do; Redis refuses that.
    b"*1\n$4\nPING\r\n": PONG,
}

NUMBERS = [0, 1, -1, 2**31 - 1, 2**31, -2**31, 2**32, 2**53, 2**63 - 1, 2**63, -2**63, -2**63 - 1, 2**64, 10**30,
           "", " 1", "1 ", "+1", "01", "-0", "0x10", "1e3", "1.5", "nan", "inf", "\0", "1\0"]


class Requests(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster(nodes=1)
        cls.node = cls.nodes["n1"]

    @classmethod
    def tearDownClass(cls):
        with cls.node.connect() as client:
            assert client("PING") == "PONG"

    def all_of(self, *pieces):
        """What comes back for these pieces, up to the end of the connection."""
        client = self.client(self.node)
        answer = b""
        try:
            for piece in pieces:
                client.send_raw(piece)
            while part := client.socket.recv(1 << 20):
                answer += part
        except ConnectionError:
            pass  # it ended while there was more to be said
        client.close()
        return answer

    def check(self, table, then):
        for data, answer in table.items():
            with self.subTest(data=data[:80], length=len(data)):
                self.assertEqual(self.all_of(data + b"PING\r\nQUIT\r\n"), answer + then)

    def test_what_is_no_request_gets_one_error_and_ends_its_connection(self):
        self.check(REFUSED, b"")

    def test_where_limpet_is_stricter_than_redis_it_says_so_and_ends_the_connection(self):
        self.check(STRICTER, b"")

    def test_what_is_odd_but_harmless_is_answered_and_the_connection_goes_on(self):
        self.check(TAKEN, PONG + b"+OK\r\n")

    def test_the_largest_sizes_that_may_be_announced_are_taken_when_they_come_true(self):
        client = self.client(self.node, 30)
        client.send_raw(b"*1000000\r\n$4\r\nPING\r\n" + b"$0\r\n\r\n" * 999999)
        self.assertEqual(client.read(), "ERR wrong number of arguments for 'ping' command")
        value = b"x" * (32 << 20)
        self.assertEqual(client("ECHO", value), value)

    def test_whatever_came_before_a_request_is_read_alike(self):
        kinds = {b"\r\n": b"", b"*0\r\n": b"", b"*-1\r\n": b"", b"ECHO line\r\n": b"$4\r\nline\r\n",
                 encode("ECHO", "array"): b"$5\r\narray\r\n"}
        for (first, told), (second, then) in itertools.product(kinds.items(), repeat=2):
            for cut in (0, 1, len(first) - 1, len(first), len(first) + 1):
                whole = first + second
                with self.subTest(first=first, second=second, cut=cut):
                    self.assertEqual(self.all_of(whole[:cut], whole[cut:] + b"QUIT\r\n"), told + then + b"+OK\r\n")

    def test_random_bytes_end_in_an_error_or_an_answer_and_nothing_else(self):
        rng = random.Random(7)
        alphabet = [b"*", b"$", b"\r\n", b"\n", b"1", b"-", b"9" * 20, b"\0", b'"', b"GET", b" ", b"x", b"\xff"]
        for i in range(200):
            data = rng.randbytes(300) if i % 2 else b"".join(rng.choices(alphabet, k=200))
            self.all_of(data + b"\r\n", b"QUIT\r\nQUIT\r\n", b"\r\n" + b"x" * 70000)
        with self.node.connect() as client:
            self.assertEqual(client("DBSIZE"), 0)

    def test_numbers_at_the_edges_are_refused_or_right(self):
        commands = [("INCRBY", "n", "?"), ("DECRBY", "n", "?"), ("HINCRBY", "h", "f", "?"), ("EXPIRE", "n", "?"),
                    ("PEXPIRE", "n", "?"), ("EXPIREAT", "n", "?"), ("PEXPIREAT", "n", "?"), ("SETEX", "n", "?", "1"),
                    ("PSETEX", "n", "?", "1"), ("SET", "n", "1", "EX", "?"), ("SET", "n", "1", "PXAT", "?"),
                    ("GETEX", "n", "EX", "?"), ("SCAN", "?"), ("SCAN", "0", "COUNT", "?"), ("SELECT", "?"),
                    ("HELLO", "?"), ("CLIENT", "KILL", "ID", "?"), ("CLUSTER", "COUNTKEYSINSLOT", "?"),
                    ("INCRBYFLOAT", "n", "?"), ("HINCRBYFLOAT", "h", "f", "?"), ("HSCAN", "h", "?"),
                    ("HSCAN", "h", "0", "COUNT", "?"), ("SETRANGE", "n", "?", "x"), ("SETRANGE", "n", "?", ""),
                    ("GETRANGE", "n", "?", "-1"), ("GETRANGE", "n", "0", "?"), ("COPY", "n", "m", "DB", "?")]
        client = self.client(self.node)
        for command, number in itertools.product(commands, NUMBERS):
            with self.subTest(command=command, number=number):
                client("SET", "n", "10")
                client("HSET", "h", "f", "10")
                reply = client(*[number if part == "?" else part for part in command])
                self.assertIsNotNone(reply)
                if isinstance(reply, Error):
                    self.assertIn(reply.code, ("ERR", "NOPROTO"))
                for value in (client("GET", "n") or b"", client("HGET", "h", "f")):
                    self.assertNotRegex(value.lower(), b"nan|inf")
        client("FLUSHALL")

    def test_cursors_that_were_never_given_out_are_refused_or_end(self):
        client, rng = self.client(self.node), random.Random(9)
        client("MSET", *[part for i in range(1000) for part in (f"key:{i}", "v")])
        guesses = (rng.getrandbits(rng.randrange(1, 70)) for _ in range(300))
        for cursor in [2**39 - 1, 2**39, 2**53 - 1, 2**53, *guesses]:
            reply = client("SCAN", cursor, "MATCH", "*1*", "COUNT", "100")
            if isinstance(reply, Error):
                self.assertEqual(reply, "ERR invalid cursor")
            else:
                self.assertLess(int(reply[0]), 2**53)
        client("FLUSHALL")

    def test_the_log_says_nothing_about_bad_requests(self):
        before = len(self.node.process.log())
        for _ in range(50):
            self.all_of(b"*x\r\n", b"\r\n")
            self.all_of(b"POST / HTTP/1.1\r\n\r\n")
        self.assertEqual(len(self.node.process.log()), before)


class Forwarded(E2E):
    LINES = [b"SET %s a\n", b"SET %s a\r\n", b"  SET   %s\ta  \r\n", b'SET %s "a\\r\\n+OK\\r\\n"\r\n', b"GET %s\n",
             b'SET %s "\\x00\\xff"\r\n', b"GET %s\r\n", b"SET %s ''\r\n", b"STRLEN %s\r\n", b"SET %s a EX\r\n",
             b"SET %s a \"b\\r\\n-ERR c\"\r\n", b"HGET %s f\r\n", b"SET %s \0\r\n", b"GET %s\r\n", b"INCR %s\r\n",
             b"APPEND %s " + b" " * 60000 + b"b\r\n", b'GET "%s"\r\n', b"DEL '%s' '%s'\r\n", b"GET %s extra\r\n"]

    def test_lines_mean_the_same_at_the_owner_and_through_another_node(self):
        nodes = self.cluster(nodes=2)
        near, far = (nodes.key_of(name).encode() for name in ("n1", "n2"))
        client = self.client(nodes["n1"])
        for line in self.LINES:
            replies = []
            for key in (near, far):
                client.send_raw(line.replace(b"%s", key))
                replies.append(client.read())
            with self.subTest(line=line[:40]):
                self.assertEqual(*replies)
        self.assertEqual(client("PING", "in step"), b"in step")

    def test_no_name_of_a_command_or_key_can_forge_a_reply(self):
        nodes = self.cluster(nodes=2)
        far = nodes.key_of("n2")
        client = Client(nodes["n1"].client)
        self.addCleanup(client.close)
        forged = "\r\n+OK\r\n$-1\r\n"
        replies = client.pipeline([("x" + forged, forged), ("SET", far, "1", forged), ("HELLO", "3", forged),
                                   ("CONFIG", "GET" + forged), ("EXPIRE", far, "9" + forged), ("PING", "end")])
        for reply in replies[:-1]:
            self.assertError(reply, "ERR")
            self.assertNotIn("\n", reply)
        self.assertEqual(replies[-1], b"end")


if __name__ == "__main__":
    unittest.main(verbosity=2)
