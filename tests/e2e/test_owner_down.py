"""An owner that is gone or stuck costs a quick, clear error and never a hang; the others go on; it comes back alone."""

import time
import unittest

from harness.case import E2E
from harness.cluster import is_error
from harness.haproxy import HAProxy
from harness.waiting import eventually, seconds

FORWARD_TIMEOUT = 2.0  # the default of the setting
MARGIN = 1.5
QUICK = 1.0


class Timed:
    def __init__(self, call):
        start = time.monotonic()
        self.reply = call()
        self.took = time.monotonic() - start


class OwnerKilled(E2E):
    def setUp(self):
        self.nodes = self.cluster()
        self.mine, self.dead, self.other = (self.nodes.key_of(n, "k") for n in ("n1", "n2", "n3"))
        self.c1 = self.client(self.nodes["n1"])
        self.c1("MSET", self.mine, "1", self.dead, "2", self.other, "3")
        self.nodes["n2"].process.kill()

    def await_known_down(self, client):
        eventually(lambda: is_error(client("GET", self.dead), "CLUSTERDOWN"), 5, "the entry node knows that n2 is down")

    def test_its_keys_fail_fast_and_name_it_and_the_others_go_on(self):
        first = Timed(lambda: self.c1("GET", self.dead))
        self.assertError(first.reply, "CLUSTERDOWN", "n2")
        self.assertLess(first.took, seconds(FORWARD_TIMEOUT + MARGIN))
        for name in ("n1", "n3"):
            client = self.client(self.nodes[name])
            self.await_known_down(client)
            for command in (("GET", self.dead), ("SET", self.dead, "x"), ("HGETALL", self.dead), ("INCR", self.dead)):
                known = Timed(lambda: client(*command))
                self.assertError(known.reply, "CLUSTERDOWN", "n2")
                self.assertLess(known.took, seconds(QUICK))
            self.assertEqual(client("GET", self.mine), b"1")
            self.assertEqual(client("GET", self.other), b"3")
            self.assertEqual(client("MGET", self.other, self.mine), [b"3", b"1"])

    def test_a_pipeline_keeps_its_order_around_the_failed_commands(self):
        self.await_known_down(self.c1)
        start = time.monotonic()
        replies = self.c1.pipeline([("GET", key) for key in (self.mine, self.dead, self.other)] * 300)
        self.assertLess(time.monotonic() - start, seconds(FORWARD_TIMEOUT + MARGIN))
        for mine, dead, other in zip(*[iter(replies)] * 3):
            self.assertEqual((mine, other), (b"1", b"3"))
            self.assertError(dead, "CLUSTERDOWN", "n2")

    def test_commands_on_all_nodes_name_the_one_that_does_not_answer(self):
        self.await_known_down(self.c1)
        for command in (("DBSIZE",), ("FLUSHALL",), ("MGET", self.mine, self.dead)):
            timed = Timed(lambda: self.c1(*command))
            self.assertError(timed.reply, "CLUSTERDOWN", "n2")
            self.assertLess(timed.took, seconds(FORWARD_TIMEOUT + MARGIN))
        cursor, reply = b"0", None
        for _ in range(100000):
            reply = self.c1("SCAN", cursor)
            if not isinstance(reply, list):
                break
            cursor = reply[0]
            self.assertNotEqual(cursor, b"0", "SCAN ended as if nothing were missing")
        self.assertError(reply, "CLUSTERDOWN", "n2")

    def test_restarted_it_serves_again_without_anyone_else_restarting(self):
        self.await_known_down(self.c1)
        others = [self.nodes[name].process.pid for name in ("n1", "n3")]
        self.nodes["n2"].start().await_ready()
        eventually(lambda: self.c1("SET", self.dead, "again") == "OK", 6, "n1 reaches n2 again")
        for name in ("n2", "n3"):
            client = self.client(self.nodes[name])
            eventually(lambda: client("GET", self.dead) == b"again", 6, f"{name} reaches n2 again")
        self.assertEqual(self.c1("GET", self.mine), b"1")
        self.assertEqual([self.nodes[name].process.pid for name in ("n1", "n3")], others)
        self.assertTrue(all(node.process.running() for node in self.nodes))

    def test_haproxy_sends_new_connections_to_the_others(self):
        haproxy = HAProxy(self.nodes)
        self.addCleanup(haproxy.close)
        haproxy.await_ready()

        def ten_in_a_row():
            for _ in range(10):
                with haproxy.connect() as client:
                    if client("GET", self.mine) != b"1":
                        return False
            return True
        eventually(ten_in_a_row, 10, "no connection goes to n2 any more")

    def test_a_cluster_may_start_one_node_after_another(self):
        self.nodes["n1"].process.kill()
        self.nodes["n3"].process.kill()
        for name in ("n1", "n2", "n3"):
            self.nodes[name].start().await_ready()
        for node in self.nodes:
            client = self.client(node)
            eventually(lambda: client("MSET", self.mine, "1", self.dead, "2", self.other, "3") == "OK", 10,
                       f"{node.name} reaches all")


class OwnerFrozen(E2E):
    def setUp(self):
        self.nodes = self.cluster()
        self.mine, self.stuck = self.nodes.key_of("n1", "k"), self.nodes.key_of("n2", "k")
        self.c1 = self.client(self.nodes["n1"])
        self.assertEqual(self.c1("MSET", self.mine, "0", self.stuck, "0"), "OK")
        self.nodes["n2"].process.freeze()

    def test_writes_in_flight_are_in_doubt_and_reads_are_refused(self):
        reader = self.client(self.nodes["n1"])
        start = time.monotonic()
        self.c1.send("INCR", self.stuck)
        reader.send("GET", self.stuck)
        self.assertError(self.c1.read(), "INDOUBT", "n2")
        self.assertError(reader.read(), "CLUSTERDOWN", "n2")
        self.assertLess(time.monotonic() - start, seconds(FORWARD_TIMEOUT + MARGIN))

    def test_once_it_is_known_to_be_stuck_commands_fail_fast(self):
        def fails_fast():
            timed = Timed(lambda: self.c1("SET", self.stuck, "1"))
            return is_error(timed.reply, "CLUSTERDOWN") and timed.took < 0.1
        eventually(fails_fast, 8, "writes to n2 are refused at once")
        for command in (("GET", self.stuck), ("INCR", self.stuck), ("DEL", self.stuck)):
            timed = Timed(lambda: self.c1(*command))
            self.assertError(timed.reply, "CLUSTERDOWN", "n2")
            self.assertLess(timed.took, seconds(QUICK))

    def test_the_other_sessions_do_not_notice(self):
        stuck = self.client(self.nodes["n1"])
        stuck.send_raw(b"".join(b"INCR %s\r\n" % self.stuck.encode() for _ in range(500)))
        slowest = max(Timed(lambda: self.c1("INCR", self.mine)).took for _ in range(500))
        self.assertLess(slowest, seconds(0.5))
        self.assertEqual(self.c1("GET", self.mine), b"500")

    def test_after_it_goes_on_everything_works_and_nothing_ran_twice(self):
        acked = doubtful = 0
        for _ in range(3):  # the first ones leave, later ones are refused
            reply = self.c1("INCR", self.stuck)
            self.assertIn(reply.code, ("INDOUBT", "CLUSTERDOWN"))
            doubtful += reply.code == "INDOUBT"
        self.assertGreaterEqual(doubtful, 1)
        self.nodes["n2"].process.thaw()
        eventually(lambda: isinstance(self.c1("GET", self.stuck), bytes), 10, "n2 answers again")
        for _ in range(50):
            reply = self.c1("INCR", self.stuck)
            acked += isinstance(reply, int)
        self.assertEqual(acked, 50)
        final = int(self.c1("GET", self.stuck))
        self.assertTrue(acked <= final <= acked + doubtful, (acked, final, doubtful))


if __name__ == "__main__":
    unittest.main(verbosity=2)
