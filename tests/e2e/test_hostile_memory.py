"""What hostile clients may make a node hold: what they sent, and a little more than what it owes them."""

import socket
import struct
import unittest

from harness.bystander import Watched
from harness.case import E2E
from harness.crowd import Crowd, crowd_size
from harness.hostile import Hostile
from harness.load import MIB, Growth, allowance, descriptors
from harness.resp import encode
from harness.waiting import eventually

PING = encode("PING")


class Memory(Hostile):
    def test_a_thousand_announced_lengths_take_no_memory(self):
        with self.bystander(self.node) as bystander, Crowd(self.node.client, crowd_size(1000)) as crowd:
            crowd.push(b"*1000000\r\n$33554432\r\n")
            bystander.served(50)
            crowd.push(b"the first of many bytes")
            bystander.served(50)
            self.assertEqual(crowd.closed(), 0)
        self.assertGrewByLessThan(64)

    def test_clients_that_stop_in_the_middle_of_large_requests_hold_what_they_sent(self):
        count, part = 10, 4 * MIB
        with self.bystander(self.node, count) as bystander:
            with Crowd(self.node.client, count) as crowd:
                for stream in crowd.streams:
                    self.send_all(stream, b"*2\r\n$4\r\nECHO\r\n$33554432\r\n" + b"x" * part)
                bystander.served(50)
                self.assertGrewByLessThan(2 * count * part // MIB + 16)

    def test_ten_thousand_connections_come_and_go_and_leave_nothing(self):
        before, batch = descriptors(self.pid), crowd_size(250)
        with self.bystander(self.node, batch // 10) as bystander:
            with_bystander = descriptors(self.pid)
            for i in range(10_000 // batch):
                with Crowd(self.node.client, batch) as crowd:
                    crowd.push([b"", PING, PING[:7], b"*x\r\n"][i % 4])
                    if i % 3 == 0:
                        self.hang_up_rudely(crowd)
                    bystander.served(1)
            eventually(lambda: descriptors(self.pid) <= with_bystander, 10, "all descriptors are free again")
            bystander.served(10)
        eventually(lambda: descriptors(self.pid) <= before, 10, "and those of the bystander")
        self.assertGrewByLessThan(32)

    @staticmethod
    def hang_up_rudely(crowd):
        """Lets every connection end with a reset."""
        for stream in crowd.streams:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @staticmethod
    def send_all(stream, data):
        stream.settimeout(30)
        stream.sendall(data)
        stream.setblocking(False)


class NeverReading(Watched, E2E):
    def test_clients_that_never_read_hold_no_more_than_client_memory_in_sum(self):
        node = self.cluster(nodes=1, flags=["--shards", "1", "--client-memory", "64mb"])["n1"]
        count, pipeline, size = 10, 4000, 200_000
        admin = self.client(node)
        admin("SET", "big", b"x" * size)
        growth, before = Growth(node.process.pid), int(admin.info()["total_commands_processed"])
        with self.bystander(node, count) as bystander:
            with Crowd(node.client, count, receive_buffer=4096) as crowd:
                crowd.push(encode("GET", "big") * pipeline)  # 800 MB of replies for each
                bystander.served(100)
                self.assertLess(int(admin.info()["total_commands_processed"]) - before, count * pipeline // 2)
        print(f"    memory: {growth.most() / MIB:.1f} MiB more at the most", flush=True)
        self.assertLess(growth.most(), allowance(96 * MIB))


class NeverReadingFromAfar(Watched, E2E):
    FLAGS = ("--client-memory", "64mb")

    def check(self, nodes, entry, key, size):
        count = 20
        with nodes[entry].connect() as client:
            client("SET", key, b"x" * size)
        growth = Growth(nodes[entry].process.pid)
        with self.bystander(nodes[entry], count) as bystander:
            with Crowd(nodes[entry].client, count, receive_buffer=4096) as crowd:
                crowd.push(encode("GET", key) * 2000)
                bystander.served(150)
        print(f"    memory: {growth.most() / MIB:.1f} MiB more at the most", flush=True)
        # client-memory, and once more what is on its way between shards.
        self.assertLess(growth.most(), allowance(128 * MIB))

    def test_values_of_another_shard_that_nobody_reads_harm_no_bystander(self):
        self.check(self.cluster(nodes=1, flags=self.FLAGS), "n1", "big", 20_000)

    def test_values_of_another_node_that_nobody_reads_harm_no_bystander(self):
        nodes = self.cluster(nodes=2, flags=self.FLAGS)
        self.check(nodes, "n1", nodes.key_of("n2", "big"), 20_000)


class WritingFirst(Watched, E2E):
    """A plain loop in many clients writes its whole pipeline, and only then reads."""

    TIMES = 40_000  # 20 MB of requests, 53 MB of replies

    def check(self, nodes, keys):
        with nodes["n1"].connect(60) as client:
            client.pipeline([("SET", key, b"v" * 100) for key in keys])
            with self.bystander(nodes["n1"], 1) as bystander:
                client.send_raw(b"".join(encode("GET", key) for key in keys) * self.TIMES)
                one = b"$100\r\n" + b"v" * 100 + b"\r\n"
                replies = bytearray()
                while len(replies) < len(one) * len(keys) * self.TIMES:
                    part = client.socket.recv(4 * MIB)
                    self.assertTrue(part, "closed")
                    replies += part
                bystander.served(10)
            self.assertEqual(replies, one * len(keys) * self.TIMES)

    def test_twenty_megabytes_are_taken_before_anything_is_read(self):
        self.check(self.cluster(nodes=1), [f"key:{i:010}" for i in range(12)])

    def test_also_where_the_keys_are_another_nodes(self):
        nodes = self.cluster(nodes=2)
        self.TIMES //= 4
        self.check(nodes, nodes.keys_of("n2", 12, "from afar"))


class Gathers(Watched, E2E):
    """Commands on many keys, whose parts wait for each other."""

    def test_parts_of_commands_on_many_keys_stay_within_client_memory(self):
        nodes = self.cluster(nodes=2, flags=["--client-memory", "64mb"])
        keys = [nodes.key_of(name, f"{part}") for name in ("n1", "n2") for part in range(8)]
        with nodes["n1"].connect(30) as client:
            for key in keys:
                client("SET", key, b"x" * MIB)
        growths = {name: Growth(nodes[name].process.pid) for name in ("n1", "n2")}
        # Putting 16 MiB together for one of them takes a shard its time, and thirty want that at once.
        with self.bystander(nodes["n1"], 100) as bystander:
            with Crowd(nodes["n1"].client, 30, receive_buffer=4096) as crowd:
                crowd.push(encode("MGET", *keys) * 8)  # 128 MiB for each
                bystander.served(150)
        for name, growth in growths.items():
            print(f"    memory: {growth.most() / MIB:.1f} MiB more at the most on {name}", flush=True)
            # Without an account of parts it was 900 MiB. Beside it there is what sockets hold, and one reply at a time.
            self.assertLess(growth.most(), allowance(384 * MIB))


if __name__ == "__main__":
    unittest.main(verbosity=2)
