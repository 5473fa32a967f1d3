"""Sessions that move can be watched, and slowed down: a rate, a table, a bar, figures, and why it does not go on."""

import re
import signal
import subprocess
import time
import unittest

from harness.filled import MovingCase
from harness.moving import Counters, await_settled, edit, here
from harness.process import binary, clean_environment, die_with_parent, run
from harness.waiting import eventually

VALUE = "v" * 500
SESSIONS = 4000


class SeenCase(MovingCase):
    def limpet(self, node, *words, within=90):
        return run(binary("limpet"), "-s", node.client, *words, within=within)

    def follow(self, node):
        """`limpet cluster follow` as it runs."""
        child = subprocess.Popen([binary("limpet"), "-s", node.client, "cluster", "follow"], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean_environment(),
                                 preexec_fn=die_with_parent)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.kill)
        return child

    def fill_much(self, node):
        replies = self.client(node).pipeline([("SET", f"s{i}", VALUE) for i in range(SESSIONS)])
        self.assertEqual(set(replies), {"OK"})

    def expect_much(self, node):
        values = self.client(node).pipeline([("GET", f"s{i}") for i in range(SESSIONS)])
        self.assertEqual(values, [VALUE.encode()] * SESSIONS)

    def add(self, cluster, names, name):
        edit(cluster, 2, [*names, name])
        cluster[name].start().await_ready()
        edit(cluster, 2, [*names, name], reload=names)


class Rate(SeenCase):
    def test_a_move_takes_as_long_as_its_rate_wants_and_no_client_has_an_error(self):
        rate = 100_000
        cluster, names = self.grown(3, 2, server={"handover_rate": str(rate)})
        self.fill_much(cluster["n1"])
        with Counters([cluster[name].client for name in names], clients=2, keys=20) as counters:
            counters.await_more()
            began = time.monotonic()
            self.add(cluster, names, "n3")
            seen = eventually(lambda: self.status_of_a_move(cluster["n2"]), 20, "the status shows what goes")
            self.assertRegex(seen, r"(?m)^NODE +SLOTS_TO_GIVE +GIVING +RECEIVING +SESSIONS_TO_GIVE +SESSIONS/S +"
                                   r"BYTES/S +TIME_LEFT$")
            self.assertRegex(seen, r"(?m)^n1 +\d+ +\d+ +0 +\d+ +\d+ +[\d.]+ k?B +\d+ s$")
            self.assertRegex(seen, r"(?m)^\d+ slots with \d+ sessions to go; \d+ sessions/s, [\d.]+ k?B/s, \d+ s left$")
            figures = here(cluster["n1"])
            self.assertEqual(figures["handover_rate_max"], rate)
            self.assertGreater(figures["sessions_to_give"], 0)
            self.assertGreater(figures["handover_seconds_left"], 0)
            await_settled(cluster, [*names, "n3"], within=120)
            took = time.monotonic() - began
            self.check(counters, cluster["n3"])
        for name in names:
            sent = here(cluster[name])["handover_sent_bytes_total"]
            self.assertGreater(sent, SESSIONS / 6 * 500 * 0.8)
            # What clients have changed meanwhile is sent in any case, and is little.
            self.assertGreaterEqual(took, 0.8 * (sent - 60_000) / rate, sent)
        self.expect_much(cluster["n3"])

    def status_of_a_move(self, node):
        text = self.limpet(node, "cluster", "status").stdout
        return text if re.search(r"(?m)^n1 .* s$", text) and re.search("to go; .* s left", text) else None

    def test_a_reload_changes_the_rate_at_once(self):
        cluster, names = self.grown(3, 2, server={"handover_rate": "1k"})
        self.fill_much(cluster["n1"])
        self.add(cluster, names, "n3")
        eventually(lambda: here(cluster["n1"])["slots_given_now"] > 0, 20, "slots move")
        time.sleep(2)
        self.assertGreater(here(cluster["n1"])["sessions_to_give"], SESSIONS / 10)
        cluster.server = {}
        edit(cluster, 2, [*names, "n3"], reload=names)
        cluster["n1"].process.eventually_logs("handover-rate 1k to 0: in force")
        await_settled(cluster, [*names, "n3"], within=30)
        self.expect_much(cluster["n2"])


class Followed(SeenCase):
    def test_follow_shows_the_plan_and_the_move_until_it_has_settled(self):
        cluster, names = self.grown(3, 2, server={"handover_rate": "100k"})
        self.fill_much(cluster["n1"])
        self.add(cluster, names, "n3")
        done = self.limpet(cluster["n1"], "cluster", "follow")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?m)^NODE +SLOTS +AFTER +CHANGE$")
        self.assertRegex(done.stdout, r"(?m)^n3 +\d+ +5\d\d\d +\+\d+$")
        self.assertRegex(done.stdout, r"(?m)^epoch 2 of the cluster file: \d+ slots with \d+ sessions move$")
        self.assertRegex(done.stdout, r"\d+ of \d+ sessions and \d+ of \d+ slots to go; \d+ sessions/s, [\d.]+ k?B/s")
        self.assertRegex(done.stdout.splitlines()[-1], r"^settled: \d+ slots with \d+ sessions have moved$")

    def test_who_holds_it_up_is_named_and_it_goes_on_once_that_is_over(self):
        cluster, names = self.grown(3, 3)
        cluster.give_own_file("n2", names=names)
        cluster["n2"].process.terminate()
        cluster["n2"].start().await_ready()
        edit(cluster, 2, names, reload=["n1"], weights={"n1": 1, "n2": 1, "n3": 2})
        cluster["n3"].process.kill()
        child = self.follow(cluster["n1"])
        seen = []

        def says(*words):
            for line in child.stdout:
                seen.append(line)
                if all(word in line for word in words):
                    return
            self.fail(f"it has ended without {words}: {''.join(seen)}")
        says("node n3 does not answer", "node n2 has read epoch 1 of the cluster file, not 2 yet")
        self.assertIsNone(child.poll())
        cluster["n3"].start().await_ready()
        cluster.give_own_file("n2", epoch=2, names=names, weights={"n1": 1, "n2": 1, "n3": 2})
        cluster["n2"].process.signal(signal.SIGHUP)
        says("settled: ")
        self.assertEqual(child.wait(10), 0)
        # Slots that change hands are added up for a second before a line of the log tells of them.
        told = re.compile(r"\d+ slots were handed over to n3 \(epoch 2 of the cluster file\): \d+ sessions")
        eventually(lambda: told.search(cluster["n1"].process.log()), 10, "the log of n1 tells what was handed over")


class Figures(SeenCase):
    def test_status_and_metrics_tell_operations_and_moves(self):
        cluster, names = self.grown(2, 2)
        self.fill(cluster["n1"])
        with Counters([cluster["n1"].client]) as counters:
            counters.await_more()
            eventually(lambda: all(here(cluster[name])["ops_per_second"] > 0 for name in names), 20,
                       "both nodes have operations")
            info = self.client(cluster["n2"])("INFO", "stats").decode()
            self.assertGreater(int(re.search(r"instantaneous_ops_per_sec:(\d+)", info)[1]), 0)
            status = self.limpet(cluster["n1"], "cluster", "status").stdout
            self.assertRegex(status, r"(?m)^NAME +STATE +CLIENT +PEER +SLOTS +SESSIONS +KEYS +BYTES +OPS/S +CLIENTS "
                                     r"+EPOCH$")
            self.assertRegex(status, r"(?m)^skew \(max/mean, by weight\): sessions 1\.\d\d, bytes 1\.\d\d, "
                                     r"ops/s 1\.\d\d$")
            self.assertRegex(status, r"(?m)^cluster file: epoch 1, content [0-9a-f]{16}, placement [0-9a-f]{16}, the "
                                     r"same on all nodes that answer$")
            self.assertNotIn("SLOTS_TO_GIVE", status)
        edit(cluster, 2, names, reload=names, weights={"n1": 1, "n2": 3})
        await_settled(cluster, names)
        page = cluster["n1"].get("/metrics")[2]
        value = {name: float(number) for name, number in re.findall(r"(?m)^(limpet_\w+) ([\d.e+]+)$", page)}
        self.assertEqual(value["limpet_sessions_to_give"], 0)
        self.assertGreater(value["limpet_handover_sessions_total"], 500)
        self.assertGreaterEqual(value["limpet_handover_sent_bytes_total"], value["limpet_handover_bytes_total"])
        self.assertGreater(value["limpet_handover_seconds_total"], 0)
        self.assertEqual(value["limpet_handover_rate_max_bytes"], 0)
        self.assertIn("limpet_operations_per_second", value)


if __name__ == "__main__":
    unittest.main()
