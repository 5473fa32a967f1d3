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
    def test_clients_that_never_read_are_not_parsed_on_and_hold_a_megabyte_and_a_reply_each(self):
        node = self.cluster(nodes=1, flags=["--shards", "1"])["n1"]
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
        self.assertLess(growth.most(), allowance(3 * count * MIB))


class NeverReadingFromAfar(Watched, E2E):
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
        # As much as for replies of its own shard, once more for what is on its way.
        self.assertLess(growth.most(), allowance(4 * count * MIB))

    def test_values_of_another_shard_that_nobody_reads_harm_no_bystander(self):
        self.check(self.cluster(nodes=1), "n1", "big", 20_000)

    def test_values_of_another_node_that_nobody_reads_harm_no_bystander(self):
        nodes = self.cluster(nodes=2)
        self.check(nodes, "n1", nodes.key_of("n2", "big"), 20_000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
