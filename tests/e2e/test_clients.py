"""The programs that people have: nc, redis-cli, redis-benchmark, Debian's Redis library for Python, and limpet."""

import subprocess
import textwrap
import unittest

from harness.case import E2E
from harness.haproxy import HAProxy
from harness.process import binary, die_with_parent, run
from harness.waiting import seconds


class Clients(E2E):
    @classmethod
    def setUpClass(cls):
        cls.nodes = cls.class_cluster()
        cls.haproxy = HAProxy(cls.nodes)
        cls.addClassCleanup(cls.haproxy.close)
        cls.haproxy.await_ready()
        cls.host, cls.port = cls.haproxy.address.rsplit(":", 1)

    def setUp(self):
        with self.nodes["n1"].connect() as client:
            self.assertEqual(client("FLUSHALL"), "OK")

    def nc(self, text):
        """What a person gets who types `text` into nc; the last line should be QUIT."""
        done = subprocess.run(["nc", self.host, self.port], input=text.encode(), capture_output=True,
                              timeout=seconds(15), preexec_fn=die_with_parent, check=True)
        return done.stdout.decode()

    def redis_cli(self, *args, stdin=""):
        done = run("redis-cli", "-h", self.host, "-p", self.port, *args, stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def limpet(self, *args, stdin=""):
        return run(binary("limpet"), "-s", self.haproxy.address, *args, stdin=stdin)

    def test_lines_typed_into_nc_are_answered(self):
        self.assertEqual(self.nc("set u1 hello\r\nget u1\r\nDEL u1\r\nexists u1\r\nQUIT\r\n"),
                         "+OK\r\n$5\r\nhello\r\n:1\r\n:0\r\n+OK\r\n")
        self.assertEqual(self.nc("PING\nSET n 41\nINCR n\nQUIT\n"), "+PONG\r\n+OK\r\n:42\r\n+OK\r\n")

    def test_lines_are_quoted_as_redis_quotes_them(self):
        self.assertEqual(self.nc('SET q "two words \\"and\\" \\x41\\n"\r\nGET q\r\nQUIT\r\n'),
                         '+OK\r\n$18\r\ntwo words "and" A\n\r\n+OK\r\n')
        self.assertEqual(self.nc("SET q 'it\\'s \\n'\r\nGET q\r\nSET e ''\r\nGET e\r\nQUIT\r\n"),
                         "+OK\r\n$7\r\nit's \\n\r\n+OK\r\n$0\r\n\r\n+OK\r\n")
        self.assertIn("Protocol error: unbalanced quotes in request", self.nc('SET q "open\r\n'))

    def test_redis_cli_works_in_both_protocols(self):
        for protocol in ("-2", "-3"):
            with self.subTest(protocol=protocol):
                self.assertEqual(self.redis_cli(protocol, "SET", "k", "v", "EX", "100"), "OK\n")
                self.assertEqual(self.redis_cli(protocol, "GET", "k"), "v\n")
                self.redis_cli(protocol, "DEL", "h")
                self.assertEqual(self.redis_cli(protocol, "HSET", "h", "f1", "a", "f2", "b"), "2\n")
                self.assertEqual(self.redis_cli(protocol, "--no-raw", "HGETALL", "h"),
                                 '1# "f1" => "a"\n2# "f2" => "b"\n' if protocol == "-3" else
                                 '1) "f1"\n2) "a"\n3) "f2"\n4) "b"\n')
                self.assertEqual(self.redis_cli(protocol, "--no-raw", "GET", "nothing"), "(nil)\n")
                self.assertIn("unknown command", self.redis_cli(protocol, "NOSUCH"))

    def test_redis_cli_takes_commands_from_a_pipe(self):
        lines = "".join(f"SET piped:{i} {i}\nGET piped:{i}\n" for i in range(200))
        self.assertEqual(self.redis_cli(stdin=lines).split(), [w for i in range(200) for w in ("OK", str(i))])

    def test_redis_cli_scans_all_keys(self):
        with self.nodes["n3"].connect() as client:
            client.pipeline([("SET", f"sess:{i}", i) for i in range(100)])
        self.assertEqual(len(self.redis_cli("--scan", "--pattern", "sess:*").split()), 100)

    def test_limpet_answers_like_redis_cli(self):
        done = self.limpet("SET", "k", "two words")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "OK"))
        done = self.limpet("GET", "k")
        self.assertEqual(done.returncode, 0)
        self.assertIn("two words", done.stdout)
        done = self.limpet(stdin="SET a 1\nINCR a\nGET a\n")
        self.assertEqual(done.returncode, 0)
        self.assertEqual([line.split()[-1].strip('"') for line in done.stdout.split("\n")[:3]], ["OK", "2", "2"])

    def test_limpet_tells_errors_and_deaf_servers_by_its_exit_code(self):
        self.assertNotEqual(self.limpet("NOSUCH").returncode, 0)
        nobody = run(binary("limpet"), "-s", "127.0.0.1:1", "PING")
        self.assertNotEqual(nobody.returncode, 0)
        self.assertIn("127.0.0.1:1", nobody.stdout + nobody.stderr)

    def test_limpet_where_names_the_node_that_holds_the_session(self):
        for key in ("cart:{u42}", "sess:abc", "x", "{}y"):
            owner = self.nodes.owner_of(key)
            before = self.nodes[owner].keys_held()
            with self.haproxy.connect() as client:
                client("SET", key, "v")
            self.assertEqual(self.nodes[owner].keys_held(), before + 1, key)
        told = self.limpet("where", "cart:{u42}").stdout
        with self.haproxy.connect() as client:
            self.assertIn(str(client("CLUSTER", "KEYSLOT", "cart:{u42}")), told)
        self.assertIn("u42", told)

    def test_limpet_cluster_status_shows_every_node(self):
        done = self.limpet("cluster", "status")
        self.assertEqual(done.returncode, 0, done.stderr)
        for node in self.nodes:
            self.assertIn(node.name, done.stdout)

    def test_redis_benchmark_runs_through_haproxy_without_an_error(self):
        done = run("redis-benchmark", "-h", self.host, "-p", self.port, "-t", "ping,set,get,incr,hset,mset",
                   "-n", "20000", "-P", "16", "-q", within=100)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        text = done.stdout + done.stderr
        self.assertNotIn("rror", text)
        for test in ("PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "HSET", "MSET (10 keys)"):
            self.assertIn(f"{test}: ", text)
        self.assertEqual(text.count("requests per second"), 7)

    def test_debians_redis_library_for_python_works(self):
        script = textwrap.dedent("""
            import sys
            try:
                import redis
            except ImportError:
                sys.exit(77)
            r = redis.Redis(host=sys.argv[1], port=int(sys.argv[2]))
            assert r.ping() and r.set("py", "1", ex=50) and r.get("py") == b"1" and 0 < r.ttl("py") <= 50
            assert r.incr("py") == 2 and r.mset({"a": 1, "b": 2}) and r.mget("a", "b", "c") == [b"1", b"2", None]
            assert r.hset("h", mapping={"x": "1", "y": "2"}) == 2 and r.hgetall("h") == {b"x": b"1", b"y": b"2"}
            assert r.set("py", "3", nx=True) is None and sorted(r.scan_iter("?")) == [b"a", b"b", b"h"]
            with r.pipeline(transaction=False) as p:
                for i in range(100):
                    p.set(f"p{i}", i)
                    p.get(f"p{i}")
                assert p.execute() == [x for i in range(100) for x in (True, str(i).encode())]
            assert r.info()["redis_version"] and r.dbsize() == 104 and r.delete("a", "b") == 2
            try:
                r.execute_command("NOSUCH")
                sys.exit("no error was raised")
            except redis.ResponseError as error:
                assert "unknown command" in str(error)
        """)
        done = run("/usr/bin/python3", "-c", script, self.host, self.port)
        if done.returncode == 77:
            self.skipTest("python3-redis is not installed")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
