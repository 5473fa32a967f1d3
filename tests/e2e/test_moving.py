"""The cluster file is edited while clients work: sessions move, no command fails, nothing acknowledged is lost."""

import signal
import unittest

from harness.case import E2E
from harness.filled import MovingCase
from harness.moving import Counters, await_settled, edit, here
from harness.partitions import link_state
from harness.resp import Error
from harness.waiting import eventually, not_sanitized, not_under_tsan

class Moving(MovingCase):
    def test_a_node_is_added_under_load(self):
        cluster, names = self.grown(4, 3)
        self.fill(cluster["n1"])
        with Counters([cluster[name].client for name in names]) as counters:
            counters.await_more()
            everyone = [*names, "n4"]
            edit(cluster, 2, everyone)
            cluster["n4"].start().await_ready()
            for name in names:  # one after the other, and each at a time of its own
                cluster[name].process.signal(signal.SIGHUP)
                counters.await_more()
            await_settled(cluster, everyone)
            counters.await_more()
            self.assertAlmostEqual(here(cluster["n4"])["slots"], 4096, delta=100)
            self.check(counters, cluster["n4"])
        for name in everyone:
            self.expect_filled(cluster[name])

    @not_sanitized
    def test_nodes_are_removed_under_load_and_stopped(self):
        cluster, names = self.grown(4, 4)
        self.fill(cluster["n1"])
        left = ["n1", "n3"]
        with Counters([cluster[name].client for name in left]) as counters:
            counters.await_more()
            edit(cluster, 2, left, reload=names)
            await_settled(cluster, left)
            self.assertEqual(here(cluster["n4"])["keys"], 0)
            self.expect_filled(cluster["n2"])  # it goes on forwarding
            for name in ("n2", "n4"):
                self.assertEqual(cluster[name].process.terminate(), 0)
            counters.await_more()
            self.check(counters, cluster["n1"])
        self.expect_filled(cluster["n3"])

    @not_under_tsan
    def test_weights_and_a_second_edit_before_the_first_has_settled(self):
        cluster, names = self.grown(3, 3)
        self.fill(cluster["n1"])
        with Counters([cluster[name].client for name in names]) as counters:
            edit(cluster, 2, names, reload=names, weights={"n1": 4.0, "n2": 1.0, "n3": 1.0})
            counters.await_more(50)
            edit(cluster, 3, names, reload=names, weights={"n1": 1.0, "n2": 1.0, "n3": 2.0})
            eventually(lambda: all(n.status()["cluster"]["epoch"] == 3 for n in cluster), 10, "epoch 3 everywhere")
            await_settled(cluster, names)
            self.assertAlmostEqual(here(cluster["n3"])["slots"], 8192, delta=200)
            self.check(counters, cluster["n2"])
        self.expect_filled(cluster["n3"])

    def test_a_node_that_reads_the_file_late_and_skips_an_epoch(self):
        cluster, names = self.grown(4, 3)
        self.fill(cluster["n1"])
        cluster.give_own_file("n3", names=names)
        cluster["n3"].process.terminate()
        cluster["n3"].start().await_ready()
        cluster.await_links()
        with Counters([cluster[name].client for name in names]) as counters:
            everyone = [*names, "n4"]
            edit(cluster, 2, everyone, reload=["n1", "n2"])
            cluster["n4"].start().await_ready()
            edit(cluster, 3, everyone, reload=["n1", "n2", "n4"], weights={"n1": 1, "n2": 1, "n3": 1, "n4": 2})
            cluster["n1"].process.eventually_logs("node n3 runs epoch 1")
            eventually(lambda: here(cluster["n4"])["slots"] > 0 and here(cluster["n1"])["slots_to_give"] == 0, 60,
                       "n4 has what n1 had to give")
            counters.await_more()
            self.assertEqual(counters.errors, [])
            cluster.give_own_file("n3", epoch=3, names=everyone, weights={"n1": 1, "n2": 1, "n3": 1, "n4": 2})
            cluster["n3"].process.signal(signal.SIGHUP)
            await_settled(cluster, everyone)
            self.check(counters, cluster["n3"])
        self.expect_filled(cluster["n3"])


class Killed(MovingCase):
    """Nodes that end in the middle of it: what was acknowledged is found, and errors say what is the matter."""

    @not_under_tsan
    def test_source_and_target_are_killed_again_and_again(self):
        cluster, names = self.grown(4, 3)
        self.fill(cluster["n3"])
        with Counters([cluster["n3"].client, cluster["n2"].client]) as counters:
            counters.await_more(50)
            everyone = [*names, "n4"]
            edit(cluster, 2, everyone)
            cluster["n4"].start().await_ready()
            for name in names:
                cluster[name].process.signal(signal.SIGHUP)
            for number in range(6):
                node = cluster[("n4", "n1")[number % 2]]
                counters.await_more(30)
                node.process.kill()
                node.start().await_ready()
            await_settled(cluster, everyone)
            counters.stop()
            self.assertEqual(counters.wrong(self.client(cluster["n4"])), [])
        for name in everyone:
            self.expect_filled(cluster[name])

    def test_a_source_that_stands_still_keeps_what_it_has_not_given_and_goes_on_giving(self):
        cluster, names = self.grown(3, 3)
        self.fill(cluster["n2"])
        others = ["n2", "n3"]
        with Counters([cluster[name].client for name in others]) as counters:
            counters.await_more(50)
            edit(cluster, 2, names, weights={"n1": 1.0, "n2": 2.0, "n3": 2.0})
            for name in names:
                cluster[name].process.signal(signal.SIGHUP)
            eventually(lambda: here(cluster["n1"])["slots_given_total"] > 100, 20, "slots move")
            cluster["n1"].process.freeze()
            # No sign of life for so long that the others have given it up.
            for name in others:
                eventually(lambda: link_state(cluster[name], "n1") not in ("up", "quiet"), 20, f"{name} misses n1")
            counters.await_more(100)
            self.assertLess(sum(here(cluster[name])["slots"] for name in others), 16384 - 3276)
            cluster["n1"].process.thaw()
            await_settled(cluster, names)
            counters.await_more()
            counters.stop()
            self.assertLessEqual({e.code if isinstance(e, Error) else "broken" for e in counters.errors},
                                 {"CLUSTERDOWN", "TRYAGAIN", "INDOUBT"})
            self.assertEqual(counters.wrong(self.client(cluster["n2"])), [])
        self.expect_filled(cluster["n1"])

    def test_a_target_that_stands_still_delays_nobody_but_its_own(self):
        cluster, names = self.grown(4, 3)
        self.fill(cluster["n1"])
        everyone = [*names, "n4"]
        edit(cluster, 2, everyone)
        cluster["n4"].start().await_ready()
        for name in names:
            cluster[name].process.signal(signal.SIGHUP)
        eventually(lambda: here(cluster["n4"])["slots"] > 100, 20, "slots move")
        cluster["n4"].process.freeze()
        with Counters([cluster[name].client for name in names]) as counters:
            counters.await_more(100)
            cluster["n4"].process.thaw()
            await_settled(cluster, everyone)
            counters.await_more()
            counters.stop()
            self.assertEqual(counters.wrong(self.client(cluster["n4"])), [])
        self.expect_filled(cluster["n2"])


class Restarts(E2E):
    @not_under_tsan
    def test_what_a_node_holds_is_its_own_after_a_restart_and_nothing_else(self):
        cluster = self.cluster(flags=["--durability", "interval"])
        names = ["n1", "n2", "n3"]
        edit(cluster, 2, names, reload=names, weights={"n1": 3.0, "n2": 1.0, "n3": 1.0})
        await_settled(cluster, names)
        held = {name: here(cluster[name])["slots"] for name in names}
        for name in names:
            cluster[name].process.terminate()
        for name in names:
            cluster[name].start()
        for name in names:
            cluster[name].await_ready()
        await_settled(cluster, names)
        self.assertEqual({name: here(cluster[name])["slots"] for name in names}, held)

    @not_under_tsan
    def test_an_older_file_does_not_take_the_place_of_the_one_that_was_in_force(self):
        cluster = self.cluster(flags=["--durability", "interval"])
        names = ["n1", "n2", "n3"]
        weights = {"n1": 3.0, "n2": 1.0, "n3": 1.0}
        edit(cluster, 2, names, reload=names, weights=weights)
        await_settled(cluster, names)
        cluster["n1"].process.terminate()
        cluster.write(epoch=1, names=names)
        cluster["n1"].start().await_ready()
        cluster["n1"].process.eventually_logs("has epoch 1, but this node has run epoch 2")
        self.assertEqual(cluster["n1"].status()["cluster"]["epoch"], 2)
        await_settled(cluster, names)

    @not_under_tsan
    def test_other_content_at_the_same_epoch_is_refused(self):
        cluster = self.cluster()
        names = ["n1", "n2", "n3"]
        cluster.write(epoch=1, names=names, weights={"n1": 3.0, "n2": 1.0, "n3": 1.0})
        cluster["n1"].process.signal(signal.SIGHUP)
        cluster["n1"].process.eventually_logs("epoch 1 is in force with other content")
        self.assertIsInstance(self.client(cluster["n1"])("CLUSTER", "NOSUCH"), Error)

    @not_under_tsan
    def test_without_a_journal_titles_survive_and_sessions_do_not(self):
        cluster = self.cluster()
        client = self.client(cluster["n1"])
        key = cluster.key_of("n2")
        self.assertEqual(client("SET", key, "v"), "OK")
        cluster["n2"].process.kill()
        cluster["n2"].start().await_ready()
        cluster.await_links()
        eventually(lambda: client("GET", key) is None, 10, "n2 serves its slots again, empty")
        self.assertEqual(client("SET", key, "w"), "OK")


if __name__ == "__main__":
    unittest.main()
