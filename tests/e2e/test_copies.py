"""Copies: what was acknowledged is on the disk of a follower, too, whatever happens to its owner or to the follower."""

import json
import re
import shutil
import signal
import threading
import unittest

from harness.case import E2E
from harness.journal import data_of
from harness.moving import Counters, await_settled, here
from harness.process import binary, run
from harness.resp import Client, Error, encode
from harness.waiting import eventually, not_sanitized, seconds

PUT = re.compile(r'put_string "([^"]*)" "([^"]*)"')


def on_disk(node):
    """The last value of each string that a node's journal has, its own or a copy."""
    told = run(binary("limpet"), "journal", "dump", data_of(node))
    assert told.returncode == 0, told.stderr
    return dict(PUT.findall(told.stdout))


def copies(node):
    here = node.status()["here"]
    return here["copies_in_sync"], here["copies_wanted"]


def parted(node):
    return node.status()["here"]["copies_parted"]


class Writer(threading.Thread):
    """Sets keys to rising numbers, in pipelines, until its connection ends; knows the last that was acknowledged."""

    def __init__(self, node, keys):
        super().__init__(daemon=True)
        self.address, self.keys = node.client, keys
        self.acknowledged, self.sent, self.number = {}, {}, 0
        self.over = threading.Event()

    def run(self):
        try:
            with Client(self.address, 20) as client:
                while not self.over.is_set():
                    self.round(client)
        except OSError:
            pass

    def round(self, client):
        sent = []
        for key in self.keys:
            self.number += 1
            self.sent[key] = self.number
            sent.append((key, self.number))
        client.send_raw(b"".join(encode("SET", key, number) for key, number in sent))
        for key, number in sent:
            reply = client.read()
            if reply == "OK":
                self.acknowledged[key] = number

    def stop(self):
        self.over.set()
        self.join(seconds(20))


class Copies(E2E):
    def begin(self, nodes=2, **settings):
        self.nodes = self.cluster(nodes=nodes, copies=settings)
        self.in_sync()
        return self.nodes

    def in_sync(self, *names, or_parted=False):
        def all_of(node):
            there, wanted = copies(node)
            return there + (parted(node) if or_parted else 0) == wanted > 0
        for node in self.nodes:
            if not names or node.name in names:
                eventually(lambda: all_of(node), 30, f"the copies of {node.name}'s slots are in sync")

    def edit(self, epoch, **settings):
        self.nodes.copies = settings
        self.nodes.write(epoch=epoch)
        for node in self.nodes:
            node.process.signal(signal.SIGHUP)
        for node in self.nodes:
            eventually(lambda: node.status()["cluster"]["epoch"] == epoch, 10, f"{node.name} has epoch {epoch}")

    def keys_kept(self):
        return {node.name: (node.status()["here"]["keys"], node.status()["here"]["copied_keys"])
                for node in self.nodes}


class WhatIsAcknowledged(Copies):
    def test_it_is_with_a_follower_when_its_owner_is_killed(self):
        for acks, followers in (("one", 1), ("all", 2), ("majority", 2)):
            with self.subTest(acks=acks):
                self.begin(nodes=followers + 1, followers=followers, acks=acks)
                writer = Writer(self.nodes["n1"], self.nodes.keys_of("n1", 50))
                writer.start()
                eventually(lambda: len(writer.acknowledged) == 50 and writer.number > 2000, 20, "it is written")
                self.nodes["n1"].process.kill()
                writer.stop()
                disks = [on_disk(node) for node in self.nodes if node.name != "n1"]
                for key, number in writer.acknowledged.items():
                    with_it = [disk for disk in disks if number <= int(disk.get(key, 0)) <= writer.sent[key]]
                    wanted = followers if acks == "all" else 1
                    self.assertGreaterEqual(len(with_it), wanted, (key, number, [d.get(key) for d in disks]))

    def test_all_of_it_is_there_after_all_nodes_were_killed_at_once(self):
        self.begin(nodes=3, followers=1)
        keys = [key for name in ("n1", "n2", "n3") for key in self.nodes.keys_of(name, 20)]
        writer = Writer(self.nodes["n2"], keys)
        writer.start()
        eventually(lambda: writer.number > 2000, 20, "it is written")
        for node in self.nodes:
            node.process.kill()
        writer.stop()
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.await_ready()
        self.nodes.await_links()
        # An owner may have been killed before its own disk had what a follower's has: that was not acknowledged.
        self.in_sync(or_parted=True)
        left = sum(parted(node) for node in self.nodes)
        with self.nodes["n1"].connect() as client:
            for key, number in writer.acknowledged.items():
                self.assertTrue(number <= int(client("GET", key)) <= writer.sent[key], key)
        for node in self.nodes:
            node.process.kill()
        disks = [on_disk(node) for node in self.nodes]
        odd = {}
        for key, number in writer.acknowledged.items():
            values = [int(disk[key]) for disk in disks if key in disk]
            self.assertGreaterEqual(len(values), 2, key)
            self.assertTrue(all(number <= value <= writer.sent[key] for value in values), (key, number, values))
            if len(set(values)) > 1:
                odd[key] = values
        self.assertLessEqual(len(odd), left, odd)


class Followers(Copies):
    def test_one_that_is_killed_is_not_waited_for_and_catches_up(self):
        self.begin(followers=1, acks="all")
        keys = self.nodes.keys_of("n1", 30)
        writer = Writer(self.nodes["n1"], keys)
        writer.start()
        eventually(lambda: len(writer.acknowledged) == 30, 20, "it is written")
        self.nodes["n2"].process.kill()
        before = writer.number
        eventually(lambda: writer.number > before + 1000, 20, "it goes on alone")
        self.assertGreater(self.nodes["n1"].status()["here"]["writes_alone_total"], 0)
        self.nodes["n2"].start().await_ready()
        self.in_sync()
        writer.stop()
        self.in_sync()
        self.nodes["n1"].process.kill()
        disk = on_disk(self.nodes["n2"])
        for key, number in writer.acknowledged.items():
            self.assertEqual(int(disk[key]), number, key)

    def test_one_that_stands_still_is_waited_for_a_while_and_catches_up(self):
        self.begin(followers=1, acks="one")
        key = self.nodes.key_of("n1")
        client = self.client(self.nodes["n1"], 20)
        self.assertEqual(client("SET", key, "1"), "OK")
        self.nodes["n2"].process.freeze()
        self.assertEqual(client("SET", key, "2"), "OK")
        there, wanted = copies(self.nodes["n1"])
        self.assertLess(there, wanted, "the shard that waited does not count on it")
        self.nodes["n2"].process.thaw()
        self.in_sync("n1")
        self.assertEqual(on_disk(self.nodes["n2"])[key], "2")

    def test_one_whose_disk_was_lost_gets_everything_anew(self):
        self.begin(followers=1)
        with self.nodes["n1"].connect() as client:
            client.pipeline([("SET", f"k{i}", i) for i in range(2000)])
        self.assertEqual(self.nodes["n2"].process.terminate(15), 0)
        with self.nodes["n1"].connect() as client:
            mine = [key for key in (f"k{i}" for i in range(2000)) if self.nodes["n1"].process.running()
                    and not isinstance(client("GET", key), Error)]
        self.assertGreater(len(mine), 500)
        shutil.rmtree(data_of(self.nodes["n2"]))
        self.nodes["n2"].start()
        self.in_sync("n1")
        disk = on_disk(self.nodes["n2"])
        for key in mine:
            self.assertIn(key, disk)

    def test_too_few_of_them_refuse_writes_where_the_file_says_so(self):
        self.begin(followers=1, min_followers=1)
        key = self.nodes.key_of("n1")
        client = self.client(self.nodes["n1"])
        self.assertEqual(client("SET", key, "1"), "OK")
        self.nodes["n2"].process.kill()
        reply = eventually(lambda: isinstance(reply := client("SET", key, "2"), Error) and reply, 10, "it is refused")
        self.assertError(reply, "NOREPLICAS", "0 of 1 followers of slot", "min_followers is 1", "n2 is out")
        self.assertEqual(client("GET", key), b"1")
        self.assertGreater(self.nodes["n1"].status()["here"]["noreplicas_total"], 0)
        self.nodes["n2"].start().await_ready()
        self.in_sync("n1")
        self.assertEqual(client("SET", key, "2"), "OK")

    def test_they_come_and_go_with_the_file_and_no_command_fails(self):
        self.nodes = self.cluster(nodes=3, copies={})
        keys = [key for name in ("n1", "n2", "n3") for key in self.nodes.keys_of(name, 20)]
        writer = Writer(self.nodes["n1"], keys)
        writer.start()
        eventually(lambda: writer.number > 1000, 20, "it is written")
        for epoch, settings in enumerate(({"followers": 1}, {"followers": 2, "acks": "all"}, {"followers": 1}), 2):
            self.edit(epoch, **settings)
            self.in_sync()
            due = 60 * settings["followers"]
            eventually(lambda: sum(copied for _, copied in self.keys_kept().values()) == due, 30,
                       f"there are {due} copies")
        self.edit(9)
        eventually(lambda: sum(copied for _, copied in self.keys_kept().values()) == 0, 30, "there are none")
        writer.stop()
        self.assertEqual(writer.acknowledged, writer.sent, "each command was done")


class Restarts(Copies):
    VALUE = "x" * 2000

    def moved(self, names):
        """Bytes of whole slots that these nodes have sent since their start: with slots, and to followers."""
        return sum(node.status()["here"][figure] for node in self.nodes if node.name in names
                   for figure in ("handover_bytes_total", "copied_bytes_total"))

    def stop_and_start(self, name):
        """While the clients of the two others count. Returns how much of whole slots went between nodes."""
        others = [node.name for node in self.nodes if node.name != name]
        node = self.nodes[name]
        with Counters([self.nodes[other].client for other in others], name=f"of-{name}-") as counters:
            counters.await_more()
            before = self.moved(others)
            node.process.signal(signal.SIGTERM)
            eventually(lambda: not node.process.running() or here(node)["slots"] == 0, 60, f"{name} has no slots")
            self.assertEqual(node.process.wait(60), 0)
            counters.await_more(30)
            node.start().await_ready()
            eventually(lambda: here(node)["slots"] > 5000, 60, f"{name} has its slots back")
            await_settled(self.nodes, ["n1", "n2", "n3"])
            self.in_sync()
            counters.await_more(30)
            counters.stop()
            self.assertEqual(counters.errors, [])
            self.assertEqual(counters.wrong(self.client(self.nodes[others[0]])), [])
        return self.moved(others) - before + self.moved([name])

    @not_sanitized
    def test_one_node_after_the_other_moves_what_was_changed_and_refuses_nothing(self):
        flags = ["--drain-on-stop", "--drain-timeout", f"{int(seconds(60))}s", "--drain-linger", "0"]
        self.nodes = self.cluster(nodes=3, copies={"followers": 2}, flags=flags)
        self.in_sync()
        client = self.client(self.nodes["n1"])
        keys = [f"s{i}" for i in range(3000)]
        self.assertEqual(set(client.pipeline([("SET", key, self.VALUE) for key in keys])), {"OK"})
        for name in ("n1", "n2", "n3"):
            moved = self.stop_and_start(name)
            self.assertLess(moved, len(keys) * len(self.VALUE) / 100, f"{name} was restarted")
        client = self.client(self.nodes["n2"])
        self.assertEqual(set(client.pipeline([("GET", key) for key in keys])), {self.VALUE.encode()})


class Claims(Copies):
    def begin_and_fill(self):
        self.begin(nodes=3, followers=1)
        keys = self.nodes.keys_of("n3", 200)
        with self.nodes["n1"].connect() as client:
            self.assertEqual(set(client.pipeline([("SET", key, f"{key}!") for key in keys])), {"OK"})
        return keys

    def claim(self):
        def claimed():
            done = run(binary("limpet"), "-s", self.nodes["n1"].client, "cluster", "claim", "n3", "--yes")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return True
        eventually(claimed, 20, "its slots are claimed")

    def all_there(self, keys):
        with self.nodes["n2"].connect() as client:
            self.assertEqual(client.pipeline([("GET", key) for key in keys]), [f"{key}!".encode() for key in keys])

    def test_the_slots_of_a_node_that_is_gone_go_on_with_their_copies(self):
        keys = self.begin_and_fill()
        self.nodes["n3"].process.kill()
        self.nodes.write(epoch=2, states={"n3": "down"})
        for name in ("n1", "n2"):
            self.nodes[name].process.signal(signal.SIGHUP)
            eventually(lambda: self.nodes[name].status()["cluster"]["epoch"] == 2, 10, f"{name} has read it")
        self.claim()
        self.all_there(keys)
        self.in_sync("n1", "n2")

    @not_sanitized
    def test_a_node_that_has_lost_its_disk_gets_its_slots_back_with_their_sessions(self):
        keys = self.begin_and_fill()
        held = self.nodes["n3"].status()["here"]["slots"]
        self.nodes["n3"].process.kill()
        shutil.rmtree(data_of(self.nodes["n3"]))
        self.nodes["n3"].start()
        self.nodes.await_links()
        # Whoever has a slot back is not claimed any more: all of them have to know of it before.
        eventually(lambda: self.nodes["n3"].status()["here"]["slots_forgotten"] == held, 30, "it has heard the others")
        self.claim()
        self.all_there(keys)
        eventually(lambda: self.nodes["n3"].keys_held() == len(keys), 60, "they are where they were")
        self.all_there(keys)
        self.in_sync()


class Shown(Copies):
    def test_what_there_is_of_copies_is_told_everywhere(self):
        self.begin(followers=1)
        client = self.client(self.nodes["n1"])
        key = self.nodes.key_of("n1")
        self.assertEqual(client("SET", key, "1"), "OK")
        self.assertEqual(client("WAIT", "1", "1000"), 1)
        self.assertEqual(client("DBSIZE"), 1)
        role = client("ROLE")
        host, port = self.nodes["n2"].client.split(":")
        self.assertEqual((role[0], role[2][0][:2]), (b"master", [host.encode(), port.encode()]))
        info = client("INFO", "replication").decode()
        for line in ("role:master", "connected_slaves:1", f"slave0:ip={host},port={port},state=online",
                     "limpet_followers:1", "limpet_acks:one", "limpet_copies_parted:0"):
            self.assertIn(line, info)
        _, _, metrics = self.nodes["n1"].get("/metrics")
        self.assertIn('limpet_copies_info{followers="1",acks="one",min_followers="0"} 1', metrics)
        self.assertIn('limpet_follower_copies_in_sync{peer="n2"}', metrics)
        told = run(binary("limpet"), "-s", self.nodes["n2"].client, "where", key).stdout
        self.assertRegex(told, "copies on: +n2")
        told = run(binary("limpet"), "-s", self.nodes["n2"].client, "cluster", "status").stdout
        there, wanted = copies(self.nodes["n1"])
        self.assertRegex(told, rf"n1 +{there} of {wanted} +0 B +\d+ ms +0 +{16384 - wanted}")
        told = run(binary("limpet"), "-s", self.nodes["n2"].client, "cluster", "status", "--json").stdout
        self.assertIn(f'"copies_wanted": {wanted}', json.dumps(json.loads(told)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
