"""Nodes that are drained, restarted one after the other, or gone for good; and the tools that say so."""

import signal
import unittest

from harness.haproxy import HAProxy
from harness.moving import Counters, await_settled, edit, here
from harness.process import binary, run
from harness.waiting import eventually, not_sanitized, not_under_tsan, seconds
from harness.filled import MovingCase

ALL = ["n1", "n2", "n3"]


class LeavingCase(MovingCase):
    def limpet(self, node, *words, within=60):
        done = run(binary("limpet"), "-s", node.client, *words, within=within)
        return done.returncode, done.stdout, done.stderr

    def await_back(self, cluster, name):
        """A node of three has its share again."""
        eventually(lambda: here(cluster[name])["slots"] > 5000, 90, f"{name} has its slots back")
        await_settled(cluster, ALL)

    def write_states(self, cluster, epoch, **states):
        """The file of a new epoch that says these states."""
        cluster.write(epoch=epoch, states=states)


class Restarts(LeavingCase):
    @not_sanitized
    def test_a_rolling_restart_under_load_costs_no_client_an_error(self):
        flags = ["--durability", "interval", "--drain-on-stop", "--drain-timeout", f"{int(seconds(120))}s",
                 "--drain-linger", f"{int(seconds(1500))}ms"]
        cluster = self.cluster(flags=flags)
        self.fill(cluster["n1"])
        haproxy = HAProxy(cluster, drains=True)
        self.addCleanup(haproxy.close)
        haproxy.await_ready()
        with Counters([haproxy.address], batches=5) as counters:
            counters.await_more()
            for name in ALL:
                node = cluster[name]
                node.process.signal(signal.SIGTERM)
                eventually(lambda: node.get("/readyz")[0] == 503, 5, f"{name} is not ready any more")
                self.assertEqual(node.process.wait(150), 0)
                self.assertIn("other nodes hold all sessions", node.process.log()[-2000:])
                counters.await_more(50)
                node.start().await_ready()
                self.await_back(cluster, name)
                counters.await_more(50)
            self.check(counters, cluster["n2"])
        for name in ALL:
            self.expect_filled(cluster[name])

    def test_whoever_stops_last_keeps_its_sessions_on_its_disk(self):
        flags = ["--durability", "interval", "--drain-on-stop", "--drain-linger", "0"]
        cluster = self.cluster(start=False, nodes=2, flags=flags)
        cluster.write(weights={"n1": 0.2, "n2": 1.0})
        cluster.start()
        self.fill(cluster["n1"])
        self.assertEqual(cluster["n1"].process.terminate(60), 0)
        self.assertEqual(here(cluster["n2"])["slots"], 16384)
        self.assertEqual(cluster["n2"].process.terminate(60), 0)
        self.assertIn("no other node can take the 16384 slots", cluster["n2"].process.log())
        for name in ("n2", "n1"):
            cluster[name].start().await_ready()
        await_settled(cluster, ["n1", "n2"])
        self.expect_filled(cluster["n1"])

    def test_a_drain_that_cannot_end_is_over_with_its_time_out(self):
        flags = ["--durability", "interval", "--drain-on-stop", "--drain-timeout", "1s", "--stop-timeout", "300ms"]
        cluster = self.cluster(nodes=2, flags=flags)
        cluster["n2"].process.freeze()
        self.addCleanup(cluster["n2"].process.thaw)
        self.assertEqual(cluster["n1"].process.terminate(30), 0)
        self.assertRegex(cluster["n1"].process.log(), r"not drained within \d+ ms: \d+ slots .* are left")


class Tools(LeavingCase):
    def test_a_node_is_drained_through_any_other_and_comes_back_with_its_next_start(self):
        cluster, names = self.grown(3, 3)
        self.fill(cluster["n1"])
        with Counters([cluster["n1"].client, cluster["n2"].client]) as counters:
            code, out, err = self.limpet(cluster["n1"], "cluster", "drain", "n2")
            self.assertEqual((code, err), (0, ""))
            self.assertRegex(out.splitlines()[-1], r"settled")
            self.assertEqual(here(cluster["n2"])["slots"], 0)
            self.assertEqual(cluster["n2"].get("/readyz")[0], 503)
            self.assertEqual(cluster["n2"].get("/drainz")[0], 404)
            self.assertRegex(self.limpet(cluster["n3"], "cluster", "status")[1], r"n2 +leaving")
            counters.await_more()
            self.check(counters, cluster["n1"])
        cluster["n2"].process.terminate()
        self.assertRegex(self.limpet(cluster["n3"], "cluster", "status")[1], r"n2 +left")
        self.expect_filled(cluster["n3"])
        cluster["n2"].start().await_ready()
        self.await_back(cluster, "n2")
        self.expect_filled(cluster["n2"])

    @not_under_tsan
    def test_reload_on_all_nodes_and_follow_until_it_has_settled(self):
        cluster, names = self.grown(3, 3)
        self.fill(cluster["n1"])
        self.write_states(cluster, 2, n3="draining")
        code, out, _ = self.limpet(cluster["n2"], "cluster", "reload", "--all")
        self.assertEqual(code, 0, out)
        self.assertEqual([line.split(":")[0] for line in out.splitlines()], ALL)
        self.assertIn("epoch 1 to 2", out)
        code, out, err = self.limpet(cluster["n1"], "cluster", "follow")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("settled", out.splitlines()[-1])
        await_settled(cluster, ["n1", "n2"])
        self.assertRegex(self.limpet(cluster["n1"], "cluster", "status")[1], r"n3 +draining")

    def test_a_file_with_a_mistake_is_refused_with_its_place(self):
        cluster, _ = self.grown(3, 3)
        self.write_states(cluster, 2, n3="asleep")
        code, out, err = self.limpet(cluster["n2"], "cluster", "reload")
        self.assertEqual((code, out), (1, ""))
        self.assertRegex(err, r"cluster\.toml:\d+:9: unknown state 'asleep'")
        self.assertEqual(cluster["n2"].status()["cluster"]["epoch"], 1)

    @not_under_tsan
    def test_the_slots_of_a_node_that_is_gone_are_claimed_and_it_may_come_back(self):
        cluster, names = self.grown(3, 3)
        self.fill(cluster["n1"])
        client = self.client(cluster["n1"])
        code, _, err = self.limpet(cluster["n1"], "cluster", "claim", "n3", "--yes")
        self.assertEqual(code, 1)
        self.assertIn('write state = "down"', err)
        cluster["n3"].process.kill()
        self.write_states(cluster, 2, n3="down")
        code, out, _ = self.limpet(cluster["n1"], "cluster", "reload", "--all")
        self.assertEqual(code, 0, "n3 need not be up")
        self.assertRegex(out, r"(?m)^n2: .*epoch 1 to 2")
        self.assertRegex(out, r"(?m)^n3: .*CLUSTERDOWN")
        code, out, err = eventually(
            lambda: (done := self.limpet(cluster["n1"], "cluster", "claim", "n3", "--yes"))[0] == 0 and done, 10,
            "n3's slots are claimed")
        self.assertRegex(out, r"^5\d\d\d slots of node n3 are with others now")
        await_settled(cluster, ["n1", "n2"])
        values = client.pipeline([("GET", f"s{i}") for i in range(3000)])
        lost = [i for i, value in enumerate(values) if value is None]
        self.assertTrue(900 < len(lost) < 1100, len(lost))
        self.assertEqual({client("SET", f"s{i}", "new") for i in lost}, {"OK"})
        # It comes back, with what it had, and believes that all is as it was.
        cluster["n3"].start().await_ready()
        back = self.client(cluster["n3"])
        self.assertEqual({back("GET", f"s{i}") for i in lost}, {b"new"})
        self.write_states(cluster, 3)
        eventually(lambda: self.limpet(cluster["n1"], "cluster", "reload", "--all")[0] == 0, 10, "all read the file")
        await_settled(cluster, names)
        self.await_back(cluster, "n3")
        self.assertEqual({back("GET", f"s{i}") for i in lost}, {b"new"})


if __name__ == "__main__":
    unittest.main()
