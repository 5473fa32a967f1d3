"""Replies are those of redis-server 7, byte for byte, but for what tests/differential/rules.py names.

A small run of tests/differential, which compares as many commands as one likes: tests/differential/run --help.
"""

import pathlib
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

from differential.report import compare  # noqa: E402
from differential.rules import parting_rule_for, rule_for  # noqa: E402
from differential.servers import NO_REDIS, redis_installed  # noqa: E402
from differential.stream import DATA_COMMANDS, Item, Stream  # noqa: E402
from differential.wire import count_whole, encode, split  # noqa: E402

COMMANDS = 4000
SEEDS = (1, 2)


@unittest.skipUnless(redis_installed(), NO_REDIS)
class Differential(unittest.TestCase):
    def check(self, mode):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                told = []
                compared, differences = compare(mode, seed, COMMANDS, told.append, patience=10)
                self.assertEqual(differences, 0, "\n".join(told))
                self.assertGreaterEqual(compared, COMMANDS)

    def test_one_node_replies_as_redis_does(self):
        self.check("single")

    def test_three_nodes_reply_as_one_redis_does_through_a_node_that_does_not_hold_the_keys(self):
        self.check("cluster")


class TheComparisonItself(unittest.TestCase):
    def rule(self, redis, limpet, *args):
        item = Item(list(args))
        rule = rule_for(item, redis, limpet) or parting_rule_for(item, redis, limpet)
        return rule.__name__ if rule else None

    def test_the_commands_of_a_seed_are_always_the_same(self):
        first, second = (Stream(7, DATA_COMMANDS) for _ in range(2))
        for _ in range(20):
            self.assertEqual([i.payload for i in first.batch(99)], [i.payload for i in second.batch(99)])

    def test_a_command_that_the_server_lacks_is_left_out_and_the_others_stay(self):
        whole, less = Stream(7, DATA_COMMANDS), Stream(7, DATA_COMMANDS - {b"GET"})
        wanted = [i.payload for _ in range(50) for i in whole.batch(99) if b"GET" not in map(bytes.upper, i.args[:4])]
        found = [i.payload for _ in range(60) for i in less.batch(99) if b"GET" not in map(bytes.upper, i.args[:4])]
        self.assertEqual(found[:len(wanted)], wanted)
        self.assertEqual(less.left_out, {b"GET"})

    def test_replies_are_cut_where_they_end(self):
        replies = [
            b"+OK\r\n", b"$4\r\n\r\n+x\r\n", b"$-1\r\n", b"*2\r\n*1\r\n:1\r\n$0\r\n\r\n", b"*-1\r\n",
            b"%1\r\n+a\r\n~1\r\n_\r\n"]
        self.assertEqual(split(b"".join(replies)), replies)
        self.assertEqual(count_whole(b"".join(replies)[:-1]), len(replies) - 1)
        self.assertEqual(encode([b"GET", b""]), b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n")

    def test_fields_may_come_in_any_order_but_stay_with_their_values(self):
        a, b, c, d = b"$1\r\na\r\n", b"$1\r\n1\r\n", b"$1\r\nc\r\n", b"$1\r\n2\r\n"
        redis = b"*4\r\n" + a + b + c + d
        self.assertEqual(self.rule(redis, b"*4\r\n" + c + d + a + b, b"HGETALL", b"k"), "order_of_pairs")
        self.assertIsNone(self.rule(redis, b"*4\r\n" + c + b + a + d, b"HGETALL", b"k"))
        self.assertIsNone(self.rule(redis, b"%2\r\n" + a + b + c + d, b"HGETALL", b"k"))
        self.assertIsNone(self.rule(redis, b"*4\r\n" + c + d + a + b, b"MGET", b"k"))

    def test_clocks_may_differ_a_little_and_given_times_not_at_all(self):
        self.assertEqual(self.rule(b":100000\r\n", b":99990\r\n", b"PTTL", b"k"), "clocks")
        self.assertIsNone(self.rule(b":100000\r\n", b":90000\r\n", b"PTTL", b"k"))
        self.assertIsNone(self.rule(b":-1\r\n", b":-2\r\n", b"TTL", b"k"))
        self.assertIsNone(self.rule(b":5000000000000\r\n", b":5000000000001\r\n", b"PEXPIRETIME", b"k"))

    def test_errors_may_differ_in_control_bytes_alone(self):
        self.assertEqual(self.rule(b"-ERR a\x07b\r\n", b"-ERR a b\r\n", b"x"), "control_bytes_in_errors")
        self.assertIsNone(self.rule(b"-ERR a\x07b\r\n", b"-ERR a c\r\n", b"x"))
        self.assertIsNone(self.rule(b"-ERR a\r\n", b"+OK\r\n", b"x"))
        self.assertIsNone(self.rule(b"-WRONGTYPE a\r\n", b"-ERR a\r\n", b"x"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
