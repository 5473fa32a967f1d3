"""Whatever is written into the cluster file under load: mistakes, second thoughts, nodes that never come."""

import random
import signal
import unittest

from harness.filled import MovingCase
from harness.moving import Counters, await_settled, edit, here, settled
from harness.waiting import SLOWNESS, eventually

# What is wrong with a good file, and what the log says to it.
MISTAKES = [
    (lambda text: text + "[[node\n", "cluster.toml:"),
    (lambda text: text.replace("epoch = 2", 'epoch = "2"'), "epoch"),
    (lambda text: text.replace("epoch = 2", "epoch = 0"), "epoch"),
    (lambda text: text.replace("epoch = 2", "epoch = -1"), "epoch"),
    (lambda text: text.replace("epoch = 2", "epoch = 1").replace("peer =", "weight = 2.0\npeer =", 1),
     "epoch 1 is in force with other content"),
    (lambda text: text.replace('name = "n2"', 'name = "n1"'), "n1"),
    (lambda text: text.replace('name = "n2"', 'name = ""'), "name"),
    (lambda text: text.replace('name = "e2e"', 'name = "other"'), "other"),
    (lambda text: text.replace("[[node]]", "[[nodes]]"), "nodes"),
    (lambda text: text.replace("peer =", "pier ="), "pier"),
    (lambda text: text.replace("peer =", "weight = -1\npeer =", 1), "weight"),
    (lambda text: text.replace("peer =", 'weight = "much"\npeer =', 1), "weight"),
    (lambda text: text.replace("peer =", "weight = 0\npeer ="), "weight 0"),
    (lambda text: text.replace("peer =", 'state = "gone"\npeer =', 1), "state"),
    (lambda text: text.replace("peer =", 'state = "down"\npeer ='), "no node is up"),
    (lambda text: text.replace("[cluster]", "[cluster]\nfollowers = 1"), "followers"),
    (lambda text: text.replace("[cluster]", "[cluster]\nfollowers = 0\nfollowers = 0"), "followers"),
    (lambda text: text.replace('durability = "none"', 'durability = "sometimes"'), "durability"),
    (lambda text: text[:len(text) // 2], "cluster.toml"),
    (lambda text: "", "cluster.toml"),
    (lambda text: "\0" * 100, "cluster.toml"),
]


class Edits(MovingCase):
    def test_a_file_with_a_mistake_is_refused_with_its_reason_and_changes_nothing(self):
        cluster, names = self.grown(3, 3)
        before = cluster["n1"].status()["cluster"]
        with Counters([cluster[name].client for name in names], clients=3) as counters:
            for spoil, word in MISTAKES:
                logged = len(cluster["n1"].process.log())
                with open(cluster.config, "w", encoding="utf-8") as file:
                    file.write(spoil(cluster.text(epoch=2, names=names)))
                cluster["n1"].process.signal(signal.SIGHUP)
                eventually(lambda: word in cluster["n1"].process.log()[logged:], 10, f"{word!r} in the log of n1")
                self.assertEqual(cluster["n1"].status()["cluster"], before)
            counters.await_more()
            edit(cluster, 2, names, reload=names, weights={"n1": 2.0, "n2": 1.0, "n3": 1.0})
            await_settled(cluster, names)
            self.check(counters, cluster["n2"])

    def test_plans_that_change_again_and_again_end_where_the_last_one_says(self):
        cluster, names = self.grown(4, 4)
        self.fill(cluster["n1"])
        rng = random.Random(5)
        # Long pipelines over keys of many slots, whose replies come in their order while the slots move.
        with Counters([cluster[name].client for name in names], depth=100, clients=4) as counters:
            epoch = 1
            for _ in range(12 if SLOWNESS == 1 else 5):
                epoch += 1
                listed = ["n1"] + [name for name in names[1:] if rng.random() < 0.7]
                weights = {name: rng.choice([0.5, 1.0, 2.0]) for name in listed}
                cluster.write(epoch=epoch, names=listed, weights=weights)
                for name in names:
                    cluster[name].process.signal(signal.SIGHUP)
                counters.await_more(rng.choice([10, 300, 1500]))
            edit(cluster, epoch + 1, names[:3], reload=names)
            await_settled(cluster, names[:3])
            counters.await_more()
            self.check(counters, cluster["n4"])
        self.expect_filled(cluster["n4"])

    def test_a_file_that_names_a_node_that_never_comes_changes_nothing_for_anybody(self):
        cluster, names = self.grown(4, 3)
        self.fill(cluster["n1"])
        with Counters([cluster[name].client for name in names]) as counters:
            edit(cluster, 2, [*names, "n4"], reload=names)
            eventually(lambda: here(cluster["n1"])["handovers_failed_total"] > 0, 20, "n1 has tried n4")
            counters.await_more()
            self.assertGreater(here(cluster["n1"])["slots_to_give"], 0)
            edit(cluster, 3, names, reload=names)
            await_settled(cluster, names)
            self.check(counters, cluster["n3"])
        self.expect_filled(cluster["n2"])

    def test_a_node_that_moves_to_another_peer_address_is_found_there_with_its_sessions(self):
        cluster, names = self.grown(4, 3)
        self.fill(cluster["n1"])
        self.assertEqual(cluster["n2"].process.terminate(), 0)
        cluster["n2"].peer = cluster["n4"].peer  # which is free
        edit(cluster, 2, names, reload=["n1", "n3"])
        cluster["n2"].start().await_ready()
        cluster.await_links()
        await_settled(cluster, names)
        for name in names:
            self.expect_filled(cluster[name])

    def test_addresses_of_a_running_node_change_with_its_next_start_and_it_says_so(self):
        cluster, names = self.grown(4, 3)
        cluster.write(epoch=2, names=names, peers={"n1": cluster["n4"].peer})
        cluster["n1"].process.signal(signal.SIGHUP)
        cluster["n1"].process.eventually_logs("restart")
        self.assertEqual(cluster["n1"].status()["cluster"]["epoch"], 1)

    def test_zones_move_nothing(self):
        cluster, names = self.grown(3, 3)
        given = [here(cluster[name])["slots"] for name in names]
        with open(cluster.config, "w", encoding="utf-8") as file:
            file.write(cluster.text(epoch=2, names=names).replace("peer =", 'zone = "a"\npeer =', 2))
        for name in names:
            cluster[name].process.signal(signal.SIGHUP)
        eventually(lambda: all(node.status()["cluster"]["epoch"] == 2 for node in
                               (cluster[name] for name in names)), 10, "epoch 2 everywhere")
        self.assertTrue(settled(cluster, names))
        self.assertEqual([here(cluster[name])["slots"] for name in names], given)


class Large(MovingCase):
    def test_a_session_of_64_mb_moves_whole_and_holds_up_nobody_else(self):
        cluster, names = self.grown(2, 2)
        client = self.client(cluster["n1"], 60)
        big = cluster.key_of("n1", "big")
        pieces = 64 if SLOWNESS == 1 else 16
        for i in range(pieces):
            self.assertEqual(client("SET", f"{{{big}}}:{i}", bytes([i]) * (1 << 20)), "OK")
        with Counters([cluster["n2"].client], clients=3) as counters:
            counters.await_more()
            edit(cluster, 2, ["n2"], reload=names)
            await_settled(cluster, ["n2"])
            # Some seconds of a frozen node would have been time-outs.
            self.check(counters, cluster["n2"])
        late = self.client(cluster["n2"], 60)
        for i in range(pieces):
            self.assertEqual(late("GET", f"{{{big}}}:{i}"), bytes([i]) * (1 << 20))

    def test_a_target_that_is_full_is_told_by_name_and_gets_its_share_once_there_is_room(self):
        cluster, names = self.grown(2, 1)
        client = self.client(cluster["n1"])
        for i in range(400):
            self.assertEqual(client("SET", f"s{i}", b"x" * 20000), "OK")
        with Counters([cluster["n1"].client], clients=2) as counters:
            edit(cluster, 2, ["n1", "n2"])
            cluster["n2"].start("--max-memory", "1mb").await_ready()
            cluster["n1"].process.signal(signal.SIGHUP)
            cluster["n1"].process.eventually_logs("its memory is full", 20)
            counters.await_more()
            self.assertEqual(counters.errors, [])
            self.assertEqual(self.client(cluster["n2"])("CONFIG", "SET", "maxmemory", "0"), "OK")
            await_settled(cluster, ["n1", "n2"])
            self.check(counters, cluster["n2"], errors=True)
        for i in range(400):
            self.assertEqual(client("GET", f"s{i}"), b"x" * 20000)


if __name__ == "__main__":
    unittest.main()
