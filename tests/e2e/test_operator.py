"""What an operator trips over: nodes stopped too early, secrets that differ, lost disks, ended drains, what is said."""

import json
import os
import re
import shutil
import time
import unittest

from harness.filled import SESSIONS, MovingCase
from harness.moving import await_settled, edit, here
from harness.process import binary, run
from harness.resp import Error
from harness.waiting import eventually, seconds

ALL = ["n1", "n2", "n3"]
NOT_WHOLE = 5


class OperatorCase(MovingCase):
    def limpet(self, node, *words, within=60, stdin=""):
        done = run(binary("limpet"), "-s", node.client, *words, within=within, stdin=stdin)
        return done.returncode, done.stdout, done.stderr

    def metric(self, node, name):
        return re.findall(rf"(?m)^{name}(?:{{([^}}]*)}})? (\S+)$", node.get("/metrics")[2])

    def stopped_too_early(self):
        """n3 has left the file, and was stopped with slots that nobody else has."""
        cluster, _ = self.grown(3, 3, server={"handover_rate": "1k"})
        self.fill(cluster["n1"])
        edit(cluster, 2, ["n1", "n2"], reload=ALL)
        eventually(lambda: here(cluster["n3"])["slots_given_now"] > 0, 20, "n3 gives slots away")
        cluster["n3"].process.terminate()
        return cluster


class StoppedTooEarly(OperatorCase):
    def test_its_slots_are_out_of_reach_and_it_starts_with_the_current_file_to_give_them_away(self):
        cluster = self.stopped_too_early()
        code, out, _ = self.limpet(cluster["n1"], "cluster", "status")
        self.assertEqual(code, NOT_WHOLE, out)
        left = int(re.search(r"(?m)^n3 +unreachable .*\((\d+)\) +\(\d+\)", out)[1])
        self.assertGreater(left, 0)
        self.assertRegex(out, rf"(?m)^OUT OF REACH: {left} slots with \d+ sessions of node n3, when it was last heard")
        self.assertIn("start it again", out)
        for name in ("n1", "n2"):
            self.assertEqual(here(cluster[name])["slots_unreachable"], left)
            self.assertEqual(self.metric(cluster[name], "limpet_slots_unreachable"), [("", str(left))])
        self.assertIn(f"limpet_slots_unreachable:{left}".encode(), self.client(cluster["n2"])("INFO", "cluster"))
        # Which of the sessions are affected?
        keys = "".join(f"s{i}\n" for i in range(300))
        code, out, _ = self.limpet(cluster["n1"], "where", "-", stdin=keys)
        lines = [line.split("\t") for line in out.splitlines()]
        self.assertEqual((code, [line[3] for line in lines]), (0, keys.split()))
        client = self.client(cluster["n1"])
        for owner, state, _, key in lines:
            self.assertEqual(state, "unreachable" if owner == "n3" else "up")
            self.assertEqual(client("GET", key) == b"v" + key[1:].encode(), owner != "n3", key)
        self.assertIn("n3", {line[0] for line in lines})
        # With the file of the others.
        cluster.server = {}
        cluster.write(epoch=2, names=["n1", "n2"])
        cluster["n3"].start("--handover-rate", "0")
        cluster["n3"].process.eventually_logs("does not name node n3, but its data directory")
        await_settled(cluster, ["n1", "n2"])
        self.expect_filled(cluster["n1"])
        self.assertEqual(cluster["n3"].get("/drainz")[0], 404)
        self.assertEqual(cluster["n3"].process.terminate(), 0)
        # Nothing is said of it any more, and it has no reason to start.
        for name in ("n1", "n2"):
            eventually(lambda: "n3" not in [n["name"] for n in cluster[name].status()["nodes"]], 20, "n3 is forgotten")
            self.assertNotIn("n3", cluster[name].get("/metrics")[2])
        code, out, _ = self.limpet(cluster["n1"], "cluster", "status")
        self.assertEqual((code, "n3" in out), (0, False), out)
        refused = cluster["n3"].start()
        self.assertEqual(refused.process.wait(10), 1)
        self.assertRegex(refused.process.log(), r"no node 'n3' in .*holds no slots, so it has nothing to give away")

    def test_what_is_there_can_be_listed_and_the_rest_is_named(self):
        cluster = self.cluster()
        self.fill(cluster["n1"])
        cluster["n3"].process.kill()
        lost = None

        def silent():
            nonlocal lost
            lost = self.limpet(cluster["n1"], "DBSIZE")
            return lost[0] == 1
        eventually(silent, 10, "n3 is missed")
        code, out, err = self.limpet(cluster["n1"], "--partial", "DBSIZE")
        self.assertEqual(code, NOT_WHOLE)
        self.assertTrue(0 < int(out) < SESSIONS, out)
        self.assertRegex(err, r"^limpet: without node n3: CLUSTERDOWN node n3")
        code, keys, err = self.limpet(cluster["n1"], "--partial", "KEYS", "s*")
        self.assertEqual((code, len(keys.split())), (NOT_WHOLE, int(out)))
        self.assertIn("n3", err)


class LostDisk(OperatorCase):
    def test_one_command_that_the_error_names_lets_a_node_begin_anew(self):
        cluster, _ = self.grown(3, 3)
        edit(cluster, 2, ALL, reload=ALL, weights={"n1": 1.5, "n2": 1, "n3": 1})
        await_settled(cluster, ALL)
        self.fill(cluster["n1"])
        cluster["n2"].process.kill()
        shutil.rmtree(os.path.join(cluster["n2"].folder, "data"))
        cluster["n2"].start().await_ready()
        client = self.client(cluster["n1"])

        def named():
            errors = [r for r in client.pipeline([("GET", f"s{i}") for i in range(SESSIONS)]) if isinstance(r, Error)]
            return errors and all("limpet cluster claim n2" in error for error in errors) and errors
        lost = eventually(named, 20, "the command is named")
        code, out, _ = self.limpet(cluster["n1"], "cluster", "status")
        self.assertEqual(code, NOT_WHOLE, out)
        self.assertRegex(out, r"(?m)^waits: node n2 held \d+ slots and has a data directory that knows of no slot, "
                              r".*claim n2`$")
        code, out, err = self.limpet(cluster["n1"], "cluster", "claim", "n2", "--yes")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^\d+ slots of node n2 ")
        await_settled(cluster, ALL)
        values = client.pipeline([("GET", f"s{i}") for i in range(SESSIONS)])
        self.assertEqual(values.count(None), len(lost))
        self.assertEqual({value for i, value in enumerate(values) if value is not None and value != b"v%d" % i}, set())
        self.assertEqual(self.limpet(cluster["n1"], "cluster", "status")[0], 0)


class Ready(OperatorCase):
    def test_a_node_that_all_others_refuse_gets_no_clients(self):
        cluster = self.cluster(start=False, secret="right")
        cluster.start("n1", "n2")
        wrong = cluster["n3"]
        wrong.start(env={"LIMPET_SECRET": "wrong"})

        def told():
            code, _, text = wrong.get("/readyz") if wrong.process.log().count("ready:") else (0, "", "")
            return code == 503 and "takes this one for one of its cluster" in text
        eventually(told, 20, "n3 says that it is refused")
        self.assertEqual(wrong.get("/drainz")[0], 503)
        for name in ("n1", "n2"):
            self.assertEqual(cluster[name].get("/readyz")[0], 200)
        log = wrong.process.log()
        self.assertLessEqual(log.count("link to node n1 is down"), 2, "not for each shard and try")
        wrong.process.terminate()
        cluster["n3"].start().await_ready()

    def test_the_last_one_alive_goes_on(self):
        cluster = self.cluster()
        for name in ("n2", "n3"):
            cluster[name].process.kill()
        key = cluster.key_of("n1")
        client = self.client(cluster["n1"])
        end = seconds(2.5)
        began = time.monotonic()
        while time.monotonic() - began < end:
            self.assertEqual(cluster["n1"].get("/readyz")[0], 200)
            self.assertEqual(client("SET", key, "x"), "OK")

    def test_a_node_that_is_draining_by_the_file_gets_no_new_clients(self):
        cluster, _ = self.grown(3, 3)
        edit(cluster, 2, ALL, reload=ALL, states={"n2": "draining"})
        self.assertEqual(cluster["n2"].get("/drainz")[0], 404)
        code, _, text = cluster["n2"].get("/readyz")
        self.assertEqual(code, 200, "it serves as any other")
        self.assertIn("draining", text)
        self.assertEqual(cluster["n1"].get("/drainz")[0], 200)


class Undrained(OperatorCase):
    def test_a_drain_is_ended_and_the_node_gets_its_sessions_back(self):
        cluster, _ = self.grown(3, 3)
        self.fill(cluster["n1"])
        self.assertEqual(self.limpet(cluster["n1"], "cluster", "drain", "n2")[0], 0)
        self.assertEqual(here(cluster["n2"])["slots"], 0)
        self.assertEqual(cluster["n2"].get("/drainz")[0], 404)
        code, out, err = self.limpet(cluster["n3"], "cluster", "undrain", "n2")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("back", out)
        eventually(lambda: here(cluster["n2"])["slots"] > 5000, 60, "n2 has its slots back")
        await_settled(cluster, ALL)
        self.assertEqual(cluster["n2"].get("/readyz")[0], 200)
        self.expect_filled(cluster["n2"])
        self.assertIn("does not leave", self.limpet(cluster["n2"], "cluster", "undrain")[1])


class Said(OperatorCase):
    def test_a_move_is_a_line_for_each_node_and_second(self):
        cluster, _ = self.grown(3, 2)
        self.fill(cluster["n1"])
        edit(cluster, 2, ALL)
        cluster["n3"].start().await_ready()
        edit(cluster, 2, ALL, reload=["n1", "n2"])
        await_settled(cluster, ALL)
        eventually(lambda: self.told(cluster["n1"], "handed over to n3") == here(cluster["n1"])["slots_given_total"], 5,
                   "every slot that n1 gave is in the sums of its log")
        n3 = cluster["n3"]
        eventually(lambda: self.told(n3, "received from n[12]") == here(n3)["slots_received_total"], 5,
                   "every slot that n3 received is in the sums of its log")
        for node in cluster:
            lines = [line for line in node.process.log().splitlines() if re.search("handed over|received from", line)]
            self.assertLess(len(lines), 60)
            self.assertFalse(re.search(r"(?m)^\S+ critical", node.process.log()))

    def told(self, node, what):
        return sum(int(n) for n in re.findall(rf"info (\d+) slots? w\w+ {what}", node.process.log()))

    def test_both_digests_have_their_names_everywhere(self):
        cluster = self.cluster()
        digests = cluster["n1"].status()["cluster"]
        content, placement = digests["content_digest"], digests["placement_digest"]
        both = f"content {content}, placement {placement}"
        self.assertIn(f"cluster file: epoch 1, {both}, the same", self.limpet(cluster["n2"], "cluster", "status")[1])
        self.assertIn(both, cluster["n1"].process.log())
        done = run(binary("limpet"), "plan", cluster.config, cluster.config)
        self.assertEqual(done.stdout.count(both), 2, done.stdout)
        info = self.client(cluster["n3"])("INFO", "cluster").decode()
        self.assertIn(f"limpet_content_digest:{content}\r\nlimpet_placement_digest:{placement}\r\n", info)
        self.assertEqual(self.metric(cluster["n1"], "limpet_cluster_file_info"),
                         [(f'content="{content}",placement="{placement}",cluster="e2e",node="n1"', "1")])
        plan = json.loads(run(binary("limpet"), "plan", cluster.config, cluster.config, "--json").stdout)
        self.assertEqual(plan.keys(), {"moved_slots", "before", "after"})

    def test_memory_figures_mean_something(self):
        cluster = self.cluster(nodes=1, flags=["--max-memory", "200mb"])
        client = self.client(cluster["n1"])
        self.assertNotIn(b"mem_fragmentation_ratio", client("INFO", "memory"))
        self.assertEqual(float(self.metric(cluster["n1"], "limpet_memory_max_bytes")[0][1]), 200 * 2**20)
        client.pipeline([("SET", f"k{i}", "x" * 100_000) for i in range(800)])
        ratio = float(re.search(rb"mem_fragmentation_ratio:(\S+)", client("INFO", "memory"))[1])
        self.assertTrue(0.5 < ratio < 3, ratio)
        buckets = dict(self.metric(cluster["n1"], "limpet_command_duration_seconds_bucket"))
        count = float(self.metric(cluster["n1"], "limpet_command_duration_seconds_count")[0][1])
        self.assertGreater(count, 700)
        self.assertEqual(float(buckets['le="+Inf"']), count)
        self.assertEqual([float(n) for n in buckets.values()], sorted(float(n) for n in buckets.values()))


if __name__ == "__main__":
    unittest.main()
