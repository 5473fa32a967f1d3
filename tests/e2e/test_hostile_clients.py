"""Clients that mean harm: a bystander on the same node hardly notices them."""

import threading
import unittest

from harness.crowd import Crowd, crowd_size, dial, push, taken
from harness.hostile import Hostile
from harness.resp import Error, encode
from harness.waiting import eventually


class Time(Hostile):
    def test_five_hundred_clients_that_send_byte_by_byte_are_all_served_and_hold_up_nobody(self):
        request = encode("ECHO", "late")
        with self.bystander(self.node) as bystander, Crowd(self.node.client, crowd_size(500)) as crowd:
            for at in range(len(request)):
                crowd.push(request[at:at + 1])
                bystander.served(5)
            eventually(lambda: set(crowd.answers()) == {b"$4\r\nlate\r\n"}, 10, "every slow client has its answer")
        self.assertGrewByLessThan(16)

    def test_a_pipeline_of_a_hundred_thousand_commands_does_not_starve_others(self):
        count = 100_000
        attacker = self.client(self.node, 60)
        with self.bystander(self.node) as bystander:
            sender = threading.Thread(target=attacker.send_raw, args=(encode("SET", "k", "v") * count,), daemon=True)
            sender.start()
            bystander.served(10)
            self.assertEqual({attacker.read() for _ in range(count)}, {"OK"})
            sender.join()

    def test_storms_of_rubbish_end_their_connections_or_are_answered_and_fill_no_log(self):
        endless = [b"rubbish of some kind\r\n", encode("SET", "k"), encode("HGET", "s", "f")]
        ending = [b"\0" * 70_000, b"*" * 70_000, b"*1\r\n$-5\r\n", b"POST / HTTP/1.1\r\n"]
        self.admin("SET", "s", "a string")
        with self.bystander(self.node) as bystander:
            for line in endless + ending:
                stream = dial(self.node.client, receive_buffer=4096)
                self.addCleanup(stream.close)
                push(stream, line * (1_000_000 // len(line)))
                bystander.served(30)
                if line in ending:
                    eventually(lambda: taken(stream)[1], 5, f"{line[:20]} ends the connection")
        self.assertGrewByLessThan(32)

    def test_two_thousand_connections_of_garbage_are_turned_away_one_by_one(self):
        before = int(self.admin.info()["protocol_errors"])
        with self.bystander(self.node) as bystander:
            for _ in range(8):
                with Crowd(self.node.client, 250) as crowd:
                    crowd.push(b"*1\r\n$x\r\n")
                    bystander.served(1)
                    eventually(lambda: crowd.closed() == 250, 10, "all are closed")
        self.assertEqual(int(self.admin.info()["protocol_errors"]) - before, 2000)

    def test_patterns_made_to_explode_do_not(self):
        for i in range(20):
            self.admin("SET", b"a" * 50_000 + b"%d" % i, "v")
        bombs = ["a*" * 64 + "b", "*a" * 64 + "b", "a*" * 500 + "b", "?*" * 300 + "b", "[a-z]*" * 100 + "b",
                 "*" * 1000 + "b"]
        commands = [("SCAN", "0", "COUNT", "1000", "MATCH")]
        if self.admin("COMMAND", "INFO", "KEYS") != [None]:
            commands.append(("KEYS",))
        with self.bystander(self.node):
            for bomb in bombs:
                for command in commands:
                    reply = self.admin(*command, bomb)
                    if isinstance(reply, Error):
                        self.assertError(reply, "ERR", "takes too long")
                    else:
                        self.assertEqual(reply if command == ("KEYS",) else reply[1], [])
        self.assertError(self.admin("SCAN", "0", "MATCH", "a*" * 1000), "ERR")

    def test_commands_that_want_no_reply_hold_up_nobody(self):
        flood = encode("CLIENT", "REPLY", "OFF") + encode("INCR", "count") * 200_000 + encode("GET", "count") * 50_000
        attacker = self.client(self.node, 60)
        with self.bystander(self.node):
            attacker.send_raw(flood)
            attacker.send_raw(encode("CLIENT", "REPLY", "ON") + encode("GET", "count"))
            self.assertEqual([attacker.read(), attacker.read()], ["OK", b"200000"])
        self.assertGrewByLessThan(16)

    def test_commands_without_replies_that_cost_much_hold_up_nobody(self):
        for start in range(0, 10_000, 1000):
            self.admin("HSET", "h", *[part for i in range(start, start + 1000) for part in (f"f{i}", "v")])
        attacker = self.client(self.node, 60)
        with self.bystander(self.node):
            attacker.send_raw(encode("CLIENT", "REPLY", "OFF") + b"HGETALL h\r\n" * 5000 + b"CLIENT REPLY ON\r\n")
            self.assertEqual(attacker.read(), "OK")

    def test_no_command_writes_replies_without_bounds(self):
        client = self.client(self.node, 60)
        with self.bystander(self.node, 10):
            for command in (("COMMAND", "INFO"), ("COMMAND", "DOCS")):
                client.send(*command, *["get"] * 400_000)
                try:
                    self.assertError(client.read(), "ERR")
                except ConnectionError:
                    client = self.client(self.node, 60)
        self.assertGrewByLessThan(192)


if __name__ == "__main__":
    unittest.main(verbosity=2)
